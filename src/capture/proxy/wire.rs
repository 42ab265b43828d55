//! A connection's two directions, each with the bytes that are on their way.
//!
//! In: a stream, plain or inside TLS. Out: heads, bodies passed from one connection to another with bounded memory,
//! and what each failure means for the other side. Reading stops while writing waits, so a slow
//! reader slows its writer, not the recorder.

use std::io;
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsStream;

use super::body::{Decoder, Length, Step};
use super::entries::Keep;
use super::head::trailers;
use super::stream::{self, Sink, Source};

/// A head longer than this is refused.
const LONGEST_HEAD: usize = 64 * 1024;
/// Room for the first bytes of a message; most fit.
const HEAD_ROOM: usize = 8 * 1024;
/// Room for a portion of a body that comes faster than it is taken.
const BODY_ROOM: usize = 128 * 1024;

/// A connection.
pub(super) struct Connection {
    pub(super) incoming: Incoming,
    pub(super) outgoing: Outgoing,
}

/// What arrives, and what of it has not been used.
pub(super) struct Incoming {
    source: Source,
    buffer: BytesMut,
}

/// What is to be sent.
pub(super) struct Outgoing {
    sink: Sink,
    buffer: BytesMut,
    /// What follows on that, as it arrived.
    behind: Bytes,
    discards: bool,
}

/// Why no head was read.
#[derive(Debug)]
pub(super) enum NoHead {
    /// The sender closed or reset the connection, and had sent nothing.
    Closed,
    /// The same, in the middle of it.
    Cut,
    /// There was no end to it.
    TooLarge,
}

/// Which side kept a body from being passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// It did not arrive in full, or not as a body.
    From,
    /// It could not be sent.
    To,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Without this a head and a body that come apart wait for each other's acknowledgement.
        // Where it fails the connection is slow, not wrong.
        let _ = stream.set_nodelay(true);
        Self::of(stream::plain(stream))
    }

    pub(super) fn secure(stream: TlsStream<TcpStream>) -> Self {
        Self::of(stream::secure(stream))
    }

    fn of((source, sink): (Source, Sink)) -> Self {
        Self {
            incoming: Incoming { source, buffer: BytesMut::new() },
            outgoing: Outgoing {
                sink,
                buffer: BytesMut::new(),
                behind: Bytes::new(),
                discards: false,
            },
        }
    }

    /// The stream, with what arrived on it and has not been used; none inside TLS.
    pub(super) fn into_stream(self) -> Option<(TcpStream, BytesMut)> {
        let stream = stream::whole(self.incoming.source, self.outgoing.sink)?;
        Some((stream, self.incoming.buffer))
    }

    /// Whether the other side can be expected to take another request: it has neither closed nor
    /// said anything that nobody asked for.
    pub(super) fn is_fresh(&mut self) -> bool {
        self.incoming.source.is_silent()
            && self.incoming.buffer.is_empty()
            && !self.outgoing.discards
    }

    /// Says that nothing more comes, and reads what still arrives, so that what was said before is
    /// not lost: a system that gets bytes for a closed connection tells the sender to forget all.
    pub(super) async fn linger(&mut self, patience: Duration) {
        let _ = self.outgoing.shutdown().await;
        let deadline = Instant::now() + patience;
        while let Ok(Ok(1..)) = timeout_at(deadline, self.incoming.fill(HEAD_ROOM)).await {
            self.incoming.buffer.clear();
        }
    }

    /// Makes the close that follows look like the breakdown that it is.
    pub(super) fn reset_on_close(&self) {
        self.outgoing.sink.reset_on_close();
    }
}

impl Incoming {
    /// The next head with its empty line.
    pub(super) async fn head(&mut self) -> Result<Bytes, NoHead> {
        let mut seen = 0;
        self.let_go();
        loop {
            // Some clients end a body with a line that does not belong to it (RFC 9112, 2.2).
            while seen == 0 && self.buffer.starts_with(b"\r\n") {
                self.buffer.advance(2);
            }
            let length = head_length(&self.buffer, seen);
            if length.unwrap_or(self.buffer.len()) > LONGEST_HEAD {
                return Err(NoHead::TooLarge);
            }
            if let Some(length) = length {
                // A copy, so that a head that is kept does not keep the whole buffer.
                let head = Bytes::copy_from_slice(&self.buffer[..length]);
                self.buffer.advance(length);
                return Ok(head);
            }
            seen = self.buffer.len().saturating_sub(2);
            match self.fill(HEAD_ROOM).await {
                Ok(1..) => {}
                Ok(0) | Err(_) if self.buffer.is_empty() => return Err(NoHead::Closed),
                Ok(0) | Err(_) => return Err(NoHead::Cut),
            }
        }
    }

    /// Whether nothing is there that was not used.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Waits until the sender closes or resets, reading ahead a little of what it says.
    pub(super) async fn closed(&mut self) -> io::Result<()> {
        loop {
            if self.buffer.len() >= LONGEST_HEAD {
                std::future::pending::<()>().await;
            }
            if self.fill(HEAD_ROOM).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Gives up the room that a body took: most connections wait most of the time.
    fn let_go(&mut self) {
        if self.buffer.is_empty() && self.buffer.capacity() > HEAD_ROOM {
            self.buffer = BytesMut::new();
        }
    }

    async fn fill(&mut self, room: usize) -> io::Result<usize> {
        self.buffer.reserve(room);
        self.source.read(&mut self.buffer).await
    }
}

impl Outgoing {
    /// The bytes that the next flush sends.
    pub(super) fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// From now on, takes everything and sends nothing.
    pub(super) fn discard(&mut self) {
        self.discards = true;
        self.clear();
    }

    fn clear(&mut self) {
        self.buffer.clear();
        self.behind.clear();
    }

    /// Sends what there is.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        if self.discards {
            self.clear();
            return Ok(());
        }
        self.sink.write(&mut self.buffer).await?;
        if !self.behind.is_empty() {
            self.sink.write(&mut self.behind).await?;
        }
        if self.buffer.capacity() > HEAD_ROOM {
            self.buffer = BytesMut::new();
        }
        Ok(())
    }

    /// Says that nothing more comes. What is put here later goes nowhere.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        self.discard();
        self.sink.shutdown().await
    }

    fn put_chunk(&mut self, data: &[u8]) {
        self.buffer.put_slice(format!("{:x}\r\n", data.len()).as_bytes());
        self.buffer.put_slice(data);
        self.buffer.put_slice(b"\r\n");
    }

    fn put_end(&mut self, lines: &[u8], chunked: bool) -> Result<(), Broken> {
        if chunked {
            self.buffer.put_slice(b"0\r\n");
            if !lines.is_empty() {
                for field in trailers(lines).ok_or(Broken::From)? {
                    field.write(&mut self.buffer);
                }
            }
            self.buffer.put_slice(b"\r\n");
        }
        Ok(())
    }
}

/// One body on its way from one connection to another. May be stopped and taken up again.
pub(super) struct Passage {
    decoder: Decoder,
    chunked: bool,
    keep: Option<Keep>,
    ended: bool,
    /// How much is read at once.
    room: usize,
}

impl Passage {
    /// A body of this length, sent on in chunks or as it is.
    pub(super) fn new(length: Length, chunked: bool, keep: Option<Keep>) -> Self {
        Self { decoder: Decoder::new(length), chunked, keep, ended: false, room: HEAD_ROOM }
    }

    /// Sends what waits to be sent, then the body to its end.
    pub(super) async fn run(
        &mut self,
        from: &mut Incoming,
        to: &mut Outgoing,
    ) -> Result<(), Broken> {
        while !self.run_once(from, to, &mut None::<fn()>).await? {}
        Ok(())
    }

    /// Does as much as one read allows, and calls somebody before the last of it is sent; says whether
    /// that was all.
    pub(super) async fn run_once(
        &mut self,
        from: &mut Incoming,
        to: &mut Outgoing,
        before_end: &mut Option<impl FnOnce()>,
    ) -> Result<bool, Broken> {
        loop {
            let done = self.pass(&mut from.buffer, to)?;
            if (done || self.decoder.may_end())
                && let Some(before_end) = before_end.take()
            {
                before_end();
            }
            let is_all = to.behind.is_empty();
            to.flush().await.map_err(|_| Broken::To)?;
            if done {
                return Ok(true);
            }
            if is_all {
                break;
            }
        }
        match from.fill(self.room).await {
            Ok(read @ 1..) => {
                if read >= self.room {
                    self.room = BODY_ROOM.min(2 * self.room);
                }
                Ok(false)
            }
            Ok(0) if self.decoder.may_end() => Ok(true),
            Ok(0) | Err(_) => Err(Broken::From),
        }
    }

    /// Moves the body's bytes that are there, or those that can be sent as they are; says whether its
    /// end was among them.
    fn pass(&mut self, from: &mut BytesMut, to: &mut Outgoing) -> Result<bool, Broken> {
        while !self.ended && to.behind.is_empty() {
            let (used, step) = self.decoder.step(from).map_err(|_| Broken::From)?;
            let more = match step {
                Step::Data(data) => {
                    if let Some(keep) = &self.keep {
                        keep.push(data);
                    }
                    if self.chunked {
                        to.put_chunk(data);
                        false
                    } else {
                        let start = used - data.len();
                        from.advance(start);
                        to.behind = from.split_to(used - start).freeze();
                        continue;
                    }
                }
                Step::More => true,
                Step::End(lines) => {
                    to.put_end(lines, self.chunked)?;
                    self.ended = true;
                    false
                }
            };
            from.advance(used);
            if more {
                return Ok(false);
            }
        }
        Ok(self.ended)
    }
}

/// The length of the head with its empty line; what was seen before is not looked at again.
pub(super) fn head_length(bytes: &[u8], seen: usize) -> Option<usize> {
    let mut at = seen;
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'\n') {
        at += found + 1;
        match &bytes[at..] {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
    None
}
