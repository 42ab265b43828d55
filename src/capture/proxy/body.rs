//! Where a body ends, and what in between belongs to it.
//!
//! In: bytes as they arrive, in any portions. Out: the content without its transfer coding, and the
//! end. Nothing is collected here: a body may be of any size.

/// How the end of a body is found (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// After so many bytes; none means that there is no body.
    Exactly(u64),
    /// After the last chunk and the trailers.
    Chunked,
    /// When the sender closes.
    UntilClose,
}

/// Reads one body.
#[derive(Debug)]
pub(super) struct Decoder {
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Plain { left: u64 },
    UntilClose,
    ChunkSize,
    Chunk { left: u64 },
    ChunkEnd,
    Trailers,
    Done,
}

/// What the bytes at hand are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Content.
    Data(&'a [u8]),
    /// Nothing more can be said without more bytes.
    More,
    /// The body has ended; the lines of the trailers, with their empty line, if there are any.
    End(&'a [u8]),
}

/// The bytes are no chunked body.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Chunk extensions or trailers longer than this are no honest ones.
const LONGEST_LINES: usize = 16 * 1024;

impl Decoder {
    /// A reader for a body of this length.
    pub(super) fn new(length: Length) -> Self {
        let state = match length {
            Length::Exactly(left) => State::Plain { left },
            Length::Chunked => State::ChunkSize,
            Length::UntilClose => State::UntilClose,
        };
        Self { state }
    }

    /// Says what the first of the bytes are, and how many of them are so used up.
    pub(super) fn step<'a>(&mut self, input: &'a [u8]) -> Result<(usize, Step<'a>), Malformed> {
        let mut used = 0;
        loop {
            let rest = &input[used..];
            let step = match self.state {
                State::Done | State::Plain { left: 0 } => {
                    self.state = State::Done;
                    Some((0, Step::End(&[])))
                }
                State::Plain { left } => data(rest, left).map(|(data, left)| {
                    self.state = State::Plain { left };
                    (data.len(), Step::Data(data))
                }),
                State::UntilClose => (!rest.is_empty()).then_some((rest.len(), Step::Data(rest))),
                State::Chunk { left } => data(rest, left).map(|(data, left)| {
                    self.state = if left == 0 { State::ChunkEnd } else { State::Chunk { left } };
                    (data.len(), Step::Data(data))
                }),
                State::Trailers => self.trailers(rest)?,
                State::ChunkSize | State::ChunkEnd => match self.between_chunks(rest)? {
                    0 => None,
                    length => {
                        used += length;
                        continue;
                    }
                },
            };
            return Ok(match step {
                Some((length, step)) => (used + length, step),
                None => (used, Step::More),
            });
        }
    }

    /// Whether the body is complete if the sender closes now.
    pub(super) fn may_end(&self) -> bool {
        matches!(self.state, State::UntilClose | State::Done | State::Plain { left: 0 })
    }

    /// Reads a chunk's first line or the line end after its data; 0 when it is not all there.
    fn between_chunks(&mut self, input: &[u8]) -> Result<usize, Malformed> {
        if self.state == State::ChunkEnd {
            return match input {
                [b'\r', b'\n', ..] => {
                    self.state = State::ChunkSize;
                    Ok(2)
                }
                [] | [b'\r'] => Ok(0),
                _ => Err(Malformed),
            };
        }
        match httparse::parse_chunk_size(input) {
            Ok(httparse::Status::Complete((length, size))) => {
                self.state = if size == 0 { State::Trailers } else { State::Chunk { left: size } };
                Ok(length)
            }
            Ok(httparse::Status::Partial) if input.len() < LONGEST_LINES => Ok(0),
            _ => Err(Malformed),
        }
    }

    fn trailers<'a>(&mut self, input: &'a [u8]) -> Result<Option<(usize, Step<'a>)>, Malformed> {
        let (length, lines) = if input.starts_with(b"\r\n") {
            (2, &input[..0])
        } else if let Some(at) = input.windows(4).position(|four| four == b"\r\n\r\n") {
            (at + 4, &input[..at + 4])
        } else if input.len() < LONGEST_LINES {
            return Ok(None);
        } else {
            return Err(Malformed);
        };
        self.state = State::Done;
        Ok(Some((length, Step::End(lines))))
    }
}

fn data(input: &[u8], left: u64) -> Option<(&[u8], u64)> {
    let length = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
    (length > 0).then(|| (&input[..length], left - length as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds the input in portions; gives the content, the trailers, and what is left over.
    fn decode(
        length: Length,
        input: &[u8],
        portion: usize,
    ) -> Result<(Vec<u8>, Vec<u8>, usize), Malformed> {
        let mut decoder = Decoder::new(length);
        let (mut content, mut from, mut to) = (Vec::new(), 0, 0);
        loop {
            let (used, step) = decoder.step(&input[from..to])?;
            match step {
                Step::Data(data) => content.extend_from_slice(data),
                Step::End(lines) => {
                    return Ok((content, lines.to_vec(), input.len() - from - used));
                }
                Step::More if to == input.len() => return Err(Malformed),
                Step::More => to = input.len().min(to + portion),
            }
            from += used;
        }
    }

    #[test]
    fn chunks_are_joined_however_they_arrive() {
        let input = b"4\r\nWiki\r\n6;ext=1\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\nGET";
        for portion in 1..=input.len() {
            let (content, trailers, left) = decode(Length::Chunked, input, portion).unwrap();
            assert_eq!(content, b"Wikipedia in \r\n\r\nchunks.");
            assert_eq!((trailers.len(), left <= 3), (0, true));
        }
    }

    #[test]
    fn trailers_follow_the_last_chunk() {
        let input = b"1\r\na\r\n0\r\nX-Sum: 1\r\nY: 2\r\n\r\n";
        for portion in 1..=input.len() {
            let (content, trailers, _) = decode(Length::Chunked, input, portion).unwrap();
            assert_eq!(content, b"a");
            assert_eq!(trailers, b"X-Sum: 1\r\nY: 2\r\n\r\n");
        }
    }

    #[test]
    fn a_length_ends_the_body_before_what_follows() {
        let (content, _, left) = decode(Length::Exactly(3), b"abcdef", 6).unwrap();
        assert_eq!((content.as_slice(), left), (b"abc".as_slice(), 3));
        assert_eq!(decode(Length::Exactly(0), b"", 1).unwrap().0, b"");
    }

    #[test]
    fn what_is_no_chunk_is_refused() {
        for input in
            ["x\r\n", "-1\r\n\r\n", "1\r\nab\r\n", "1\nab\n", "ffffffffffffffffff\r\n", "\r\n"]
        {
            assert!(decode(Length::Chunked, input.as_bytes(), 64).is_err(), "{input:?}");
        }
    }
}
