//! What is kept of a body while it passes.
//!
//! In: the content in portions, and what the head says about it. Out: a [`Body`]. Text is kept up
//! to a limit; of anything else the first bytes, because nobody reads more of them on a page. What is
//! kept of all bodies together has a limit, too: many large ones may pass at once.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use brotli_decompressor::Decompressor;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use ruzstd::decoding::StreamingDecoder;

use super::head::{Fields, text};
use crate::model::Body;

/// Bytes that are shown of what is no text.
const HEAD: usize = 32;
/// Bytes that are unpacked at a time.
const BUFFER: usize = 4096;
/// Bytes that a body may be after it was unpacked. A little of what packs well makes hours of work.
const MOST_UNPACKED: u64 = 256 * 1024 * 1024;
/// Bytes of all bodies together.
const MOST_TOGETHER: usize = 256 * 1024 * 1024;

/// How much is kept of all bodies that share it.
#[derive(Debug)]
pub(super) struct Together {
    kept: AtomicUsize,
    most: usize,
}

impl Default for Together {
    fn default() -> Self {
        Self { kept: AtomicUsize::new(0), most: MOST_TOGETHER }
    }
}

impl Together {
    /// Whether half of what may be kept is.
    pub(super) fn is_half_full(&self) -> bool {
        self.kept.load(Ordering::Relaxed) > self.most / 2
    }

    /// How many of so many bytes may be kept; the others count as passed by.
    fn take(&self, wanted: usize) -> usize {
        let before = self.kept.fetch_add(wanted, Ordering::Relaxed);
        let taken = wanted.min(self.most.saturating_sub(before));
        self.kept.fetch_sub(wanted - taken, Ordering::Relaxed);
        taken
    }
}

/// A body as far as it has passed.
#[derive(Debug)]
pub(super) struct Kept {
    limit: usize,
    coding: Coding,
    content_type: String,
    bytes: Vec<u8>,
    length: u64,
    together: Arc<Together>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.together.kept.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

/// What the content is packed in (RFC 9110, section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Plain,
    Gzip,
    Deflate,
    Brotli,
    Zstandard,
    Unknown,
}

impl Kept {
    /// Nothing yet of a body that this head announces.
    pub(super) fn new(fields: &Fields, limit: usize, together: Arc<Together>) -> Self {
        let last = |name| fields.all(name).last().map(|value| text(value).to_ascii_lowercase());
        let coding = match last("content-encoding").as_deref() {
            None | Some("" | "identity") => Coding::Plain,
            Some("gzip" | "x-gzip") => Coding::Gzip,
            Some("deflate") => Coding::Deflate,
            Some("br") => Coding::Brotli,
            Some("zstd") => Coding::Zstandard,
            Some(_) => Coding::Unknown,
        };
        let content_type = last("content-type").unwrap_or_default();
        Self { limit, coding, content_type, bytes: Vec::new(), length: 0, together }
    }

    /// Takes the next portion.
    pub(super) fn push(&mut self, data: &[u8]) {
        let has_gap = self.length > self.bytes.len() as u64;
        self.length += data.len() as u64;
        if has_gap {
            return;
        }
        let limit = if self.may_be_text() { self.limit.max(HEAD) } else { HEAD };
        let room = limit.saturating_sub(self.bytes.len()).min(data.len());
        if room > 0 {
            let room = self.together.take(room);
            self.bytes.extend_from_slice(&data[..room]);
        }
    }

    /// How many bytes are kept.
    pub(super) fn kept(&self) -> usize {
        self.bytes.len()
    }

    /// What there is to show.
    pub(super) fn body(&self) -> Body {
        if self.length == 0 {
            return Body::Empty;
        }
        if self.coding == Coding::Plain {
            return self.as_text(&self.bytes, self.length).unwrap_or_else(|| self.as_bytes());
        }
        let complete = self.length == self.bytes.len() as u64;
        let unpacked = complete.then(|| self.unpack()).flatten();
        unpacked
            .and_then(|(bytes, length)| self.as_text(&bytes, length))
            .unwrap_or_else(|| self.as_bytes())
    }

    /// Whether more than the first bytes can turn out to be shown.
    fn may_be_text(&self) -> bool {
        match self.coding {
            Coding::Plain => {
                self.bytes.len() < HEAD || is_textual(&self.content_type) || opens_json(&self.bytes)
            }
            Coding::Unknown => false,
            _ => true,
        }
    }

    fn as_text(&self, bytes: &[u8], length: u64) -> Option<Body> {
        if length == 0 {
            return Some(Body::Empty);
        }
        let limit = self.limit.min(bytes.len());
        let complete = length == limit as u64;
        let text =
            if complete { std::str::from_utf8(bytes).ok() } else { valid_start(&bytes[..limit]) };
        let text = text.filter(|_| is_textual(&self.content_type) || opens_json(bytes))?.to_owned();
        Some(if complete { Body::Text(text) } else { Body::Cut { text, length } })
    }

    fn as_bytes(&self) -> Body {
        let head = self.bytes[..HEAD.min(self.bytes.len())].to_vec();
        Body::Bytes { head, length: Some(self.length) }
    }

    /// The content out of its packing, up to the limit, and its whole length.
    fn unpack(&self) -> Option<(Vec<u8>, u64)> {
        let packed = self.bytes.as_slice();
        match self.coding {
            Coding::Gzip => self.unpack_from(MultiGzDecoder::new(packed)),
            // The coding's name means zlib's format; some send it without zlib's frame.
            Coding::Deflate => self
                .unpack_from(ZlibDecoder::new(packed))
                .or_else(|| self.unpack_from(DeflateDecoder::new(packed))),
            Coding::Brotli => self.unpack_from(Decompressor::new(packed, BUFFER)),
            Coding::Zstandard => self.unpack_frames(packed),
            Coding::Plain | Coding::Unknown => None,
        }
    }

    /// Zstandard may come in several frames, one behind the other (RFC 8878, section 3.1).
    fn unpack_frames(&self, mut packed: &[u8]) -> Option<(Vec<u8>, u64)> {
        let (mut bytes, mut length) = (Vec::new(), 0);
        while !packed.is_empty() && length <= MOST_UNPACKED {
            let (start, of_frame) = self.unpack_from(StreamingDecoder::new(&mut packed).ok()?)?;
            bytes.extend(start);
            bytes.truncate(self.limit);
            length += of_frame;
        }
        Some((bytes, length))
    }

    fn unpack_from(&self, mut reader: impl Read) -> Option<(Vec<u8>, u64)> {
        let mut bytes = Vec::new();
        let start = reader.by_ref().take(self.limit as u64).read_to_end(&mut bytes).ok()?;
        let mut rest = reader.take(MOST_UNPACKED);
        let length = start as u64 + std::io::copy(&mut rest, &mut std::io::sink()).ok()?;
        (length <= MOST_UNPACKED).then_some((bytes, length))
    }
}

/// Whether a type, in lower case, is one that people read.
fn is_textual(content_type: &str) -> bool {
    let name = content_type.split(';').next().unwrap_or_default().trim();
    name.starts_with("text/")
        || name.ends_with("+json")
        || name.ends_with("+xml")
        || name.ends_with("json-patch")
        || matches!(
            name,
            "application/json"
                | "application/xml"
                | "application/yaml"
                | "application/x-yaml"
                | "application/javascript"
                | "application/ndjson"
                | "application/x-ndjson"
                | "application/x-www-form-urlencoded"
        )
}

fn opens_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// The text up to a character that the limit cut in two; none if anything else is wrong with it.
fn valid_start(bytes: &[u8]) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;

    use bytes::Bytes;

    use super::super::head::ResponseHead;
    use super::{Body, Kept, Together};

    fn kept(fields: &str, limit: usize, together: &Arc<Together>) -> Kept {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{fields}\r\n");
        let head = ResponseHead::read(Bytes::from(head)).expect("a head");
        Kept::new(&head.fields, limit, Arc::clone(together))
    }

    #[test]
    fn all_bodies_together_have_a_limit() {
        let together = Arc::new(Together { kept: AtomicUsize::new(0), most: 10 });
        let mut first = kept("", 100, &together);
        first.push(b"sixsix");
        assert!(together.is_half_full());
        let mut second = kept("", 100, &together);
        second.push(b"fourmore");
        second.push(b"x");
        assert_eq!(first.body(), Body::Text("sixsix".into()));
        assert_eq!(second.body(), Body::Cut { text: "four".into(), length: 9 });
        drop(first);
        // What comes behind a gap is not kept.
        second.push(b"y");
        assert_eq!(second.body(), Body::Cut { text: "four".into(), length: 10 });
        assert_eq!(kept("", 100, &together).body(), Body::Empty);
        drop(second);
        assert!(!together.is_half_full());
    }

    #[test]
    fn a_little_that_unpacks_to_very_much_is_shown_as_it_came() {
        // Blocks of 128 KiB, each of one byte (RFC 8878, section 3.1.1.2).
        let mut packed = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38];
        for block in 0..2100 {
            packed.extend([if block == 2099 { 3 } else { 2 }, 0x00, 0x10, b'x']);
        }
        let mut bomb = kept("Content-Encoding: zstd\r\n", 1 << 20, &Arc::default());
        bomb.push(&packed);
        let head = packed[..32].to_vec();
        assert_eq!(bomb.body(), Body::Bytes { head, length: Some(packed.len() as u64) });
        packed.truncate(6 + 4 * 16);
        packed[6 + 4 * 15] = 3;
        let mut much = kept("Content-Encoding: zstd\r\n", 100, &Arc::default());
        much.push(&packed);
        assert_eq!(much.body(), Body::Cut { text: "x".repeat(100), length: 2 << 20 });
    }
}
