//! HTTP/1.1 as the two ends of the load speak it.

use std::io::{self, ErrorKind};

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::sleep;

use super::content::Content;
use super::plan::{How, Pace};

/// One end of a connection.
pub struct End {
    pub incoming: Incoming,
    pub outgoing: OwnedWriteHalf,
}

/// What arrives.
pub struct Incoming {
    half: OwnedReadHalf,
    buffer: BytesMut,
}

/// What a head says.
pub struct Head {
    pub line: String,
    pub length: Length,
    pub closes: bool,
}

/// Where a body ends.
#[derive(Debug, Clone, Copy)]
pub enum Length {
    Exactly(u64),
    Chunked,
}

impl End {
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        let (half, outgoing) = stream.into_split();
        Ok(Self { incoming: Incoming { half, buffer: BytesMut::new() }, outgoing })
    }

    /// Ends the connection.
    pub fn leave(self, how: How) {
        if how == How::Reset {
            let _ = self.outgoing.as_ref().set_zero_linger();
        }
    }
}

fn bad(reason: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, reason.to_owned())
}

impl Incoming {
    async fn fill(&mut self) -> io::Result<()> {
        self.buffer.reserve(64 * 1024);
        match self.half.read_buf(&mut self.buffer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// The next head; none where the connection ended before it.
    pub async fn head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.buffer.split_to(at + 4);
                let head = std::str::from_utf8(&head).map_err(|_| bad("the head is no text"))?;
                return Self::read(head).map(Some).ok_or_else(|| bad(head));
            }
            match self.fill().await {
                Err(_) if self.buffer.is_empty() => return Ok(None),
                done => done?,
            }
        }
    }

    fn read(head: &str) -> Option<Head> {
        let mut lines = head.split("\r\n");
        let line = lines.next()?.to_owned();
        let (mut length, mut closes) = (Length::Exactly(0), false);
        for field in lines {
            let field = field.to_ascii_lowercase();
            match field.split_once(": ") {
                Some(("content-length", value)) => length = Length::Exactly(value.parse().ok()?),
                Some(("transfer-encoding", "chunked")) => length = Length::Chunked,
                Some(("connection", "close")) => closes = true,
                _ => {}
            }
        }
        Some(Head { line, length, closes })
    }

    /// Reads a body and compares it, up to so many bytes if it is not to be read to its end.
    pub async fn body(
        &mut self,
        length: Length,
        pace: Pace,
        mut content: Content,
        end: Option<u64>,
    ) -> io::Result<()> {
        sleep(pace.delay()).await;
        let mut seen = 0;
        let mut left = match length {
            Length::Exactly(left) => left,
            Length::Chunked => self.chunk().await?,
        };
        while left > 0 {
            if self.buffer.is_empty() {
                self.fill().await?;
            }
            let (most, rest) = pace.portion();
            let most = usize::try_from(left).unwrap_or(most).min(most).min(self.buffer.len());
            if !content.expects(&self.buffer[..most]) {
                return Err(bad("the content was changed"));
            }
            self.buffer.advance(most);
            left -= most as u64;
            seen += most as u64;
            if end.is_some_and(|end| seen >= end) {
                return Ok(());
            }
            if !rest.is_zero() {
                sleep(rest).await;
            }
            if left == 0 && matches!(length, Length::Chunked) {
                self.line().await?;
                left = self.chunk().await?;
            }
        }
        if matches!(length, Length::Chunked) {
            self.line().await?;
        }
        if content.is_over() { Ok(()) } else { Err(bad("the content was cut")) }
    }

    async fn chunk(&mut self) -> io::Result<u64> {
        let line = self.line().await?;
        u64::from_str_radix(&line, 16).map_err(|_| bad("this is no chunk"))
    }

    async fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(at) = self.buffer.windows(2).position(|two| two == b"\r\n") {
                let line = self.buffer.split_to(at + 2);
                return String::from_utf8(line[..at].to_vec()).map_err(|_| bad("no text"));
            }
            self.fill().await?;
        }
    }

    /// The short text that goes on to the end of the connection.
    pub async fn rest(&mut self) -> String {
        // What came before it broke off is all that there is.
        while self.fill().await.is_ok() {}
        String::from_utf8_lossy(&self.buffer.split()).trim_end().to_owned()
    }
}

/// The line that tells a body's length; none for one that is not there.
pub fn length_line(length: u64, chunked: bool) -> String {
    match (length, chunked) {
        (_, true) => "Transfer-Encoding: chunked\r\n".to_owned(),
        (length, false) => format!("Content-Length: {length}\r\n"),
    }
}

/// Sends a body, up to so many bytes if it is not to be sent to its end.
pub async fn send_body(
    out: &mut OwnedWriteHalf,
    chunked: bool,
    pace: Pace,
    mut content: Content,
    end: Option<u64>,
) -> io::Result<()> {
    sleep(pace.delay()).await;
    let mut sent = 0;
    let (most, rest) = pace.portion();
    loop {
        let bytes = content.next(most);
        if bytes.is_empty() {
            break;
        }
        if chunked {
            out.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
            out.write_all(bytes).await?;
            out.write_all(b"\r\n").await?;
        } else {
            out.write_all(bytes).await?;
        }
        sent += bytes.len() as u64;
        if end.is_some_and(|end| sent >= end) {
            return Ok(());
        }
        if !rest.is_zero() {
            sleep(rest).await;
        }
    }
    if chunked { out.write_all(b"0\r\n\r\n").await } else { Ok(()) }
}
