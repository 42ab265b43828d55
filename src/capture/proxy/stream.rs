//! The two directions of a connection, plain or inside TLS.
//!
//! In: a TCP stream, or a TLS session on one. Out: halves that are read and written at the same
//! time, and that know how to end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BytesMut};
use tokio::io::{
    AsyncRead as _, AsyncReadExt as _, AsyncWriteExt as _, ReadBuf, ReadHalf, WriteHalf, split,
};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio_rustls::TlsStream;

/// What arrives.
pub(super) enum Source {
    Plain(OwnedReadHalf),
    Secure(ReadHalf<TlsStream<TcpStream>>),
}

/// What is sent.
pub(super) enum Sink {
    Plain(OwnedWriteHalf),
    Secure(WriteHalf<TlsStream<TcpStream>>),
}

/// Both directions of a TCP stream.
pub(super) fn plain(stream: TcpStream) -> (Source, Sink) {
    let (read, write) = stream.into_split();
    (Source::Plain(read), Sink::Plain(write))
}

/// Both directions inside TLS.
pub(super) fn secure(stream: TlsStream<TcpStream>) -> (Source, Sink) {
    let (read, write) = split(stream);
    (Source::Secure(read), Sink::Secure(write))
}

/// The stream of both directions again; none for one inside TLS.
pub(super) fn whole(source: Source, sink: Sink) -> Option<TcpStream> {
    match (source, sink) {
        (Source::Plain(read), Sink::Plain(write)) => read.reunite(write).ok(),
        _ => None,
    }
}

impl Source {
    /// Adds what arrives next; 0 is the end.
    pub(super) async fn read(&mut self, buffer: &mut BytesMut) -> io::Result<usize> {
        match self {
            Self::Plain(half) => half.read_buf(buffer).await,
            Self::Secure(half) => half.read_buf(buffer).await,
        }
    }

    /// Whether neither a byte nor the end has arrived.
    pub(super) fn is_silent(&mut self) -> bool {
        match self {
            Self::Plain(half) => matches!(
                half.try_read(&mut [0]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock
            ),
            Self::Secure(half) => {
                let (mut byte, mut context) = ([0], Context::from_waker(Waker::noop()));
                let mut byte = ReadBuf::new(&mut byte);
                matches!(Pin::new(half).poll_read(&mut context, &mut byte), Poll::Pending)
            }
        }
    }
}

impl Sink {
    /// Sends all of it.
    pub(super) async fn write(&mut self, buffer: &mut impl Buf) -> io::Result<()> {
        match self {
            Self::Plain(half) => half.write_all_buf(buffer).await,
            Self::Secure(half) => {
                half.write_all_buf(buffer).await?;
                // TLS keeps what the system did not take at once.
                half.flush().await
            }
        }
    }

    /// Says that nothing more comes.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(half) => half.shutdown().await,
            Self::Secure(half) => half.shutdown().await,
        }
    }

    /// Makes the close that follows look like a breakdown. Inside TLS it does so by itself, because
    /// nobody says goodbye.
    pub(super) fn reset_on_close(&self) {
        if let Self::Plain(half) = self {
            // Where it fails the other side sees an ordinary close.
            let _ = half.as_ref().set_zero_linger();
        }
    }
}
