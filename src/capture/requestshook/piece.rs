//! A part of a log whose entries are known by their places, to be read by somebody else than who
//! found them.
//!
//! In: the bytes of entries. Out: an [`Entry`] for each, with its bytes.

use std::ops::Range;

use memchr::memmem;

use crate::model::{Body, Entry, Header};

use super::content;
use super::entries::header_end;
use super::heading::Heading;

/// Whole entries of a log, one behind the other.
#[derive(Debug, Default)]
pub struct Piece {
    bytes: Vec<u8>,
    places: Vec<Place>,
}

/// Where an entry stands.
#[derive(Debug)]
struct Place {
    /// Line of its heading in the log.
    line: usize,
    bytes: Range<usize>,
    /// How many bytes follow in the log that are not kept.
    more: Option<u64>,
}

/// An entry's bytes: the heading with the header lines, and what is behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written<'a> {
    /// The heading and the header lines.
    pub head: &'a [u8],
    /// The content.
    pub body: &'a [u8],
}

impl Piece {
    pub(super) fn add(&mut self, text: &[u8], line: usize, more: Option<u64>) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(text);
        self.places.push(Place { line, bytes: start..self.bytes.len(), more });
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The entries, each with its bytes where those are what it says, letter by letter.
    pub fn entries(&self) -> impl Iterator<Item = (Entry, Option<Written<'_>>)> + '_ {
        self.read().map(|(entry, Written { head, body })| {
            let is_as_written = !matches!(entry.body, Body::Bytes { .. })
                && is_as_written(head)
                && is_as_written(body);
            (entry, is_as_written.then_some(Written { head, body }))
        })
    }

    /// The first entry.
    pub(super) fn first(&self) -> Option<Entry> {
        self.read().next().map(|(entry, _)| entry)
    }

    /// The entries with the bytes that they were read from.
    fn read(&self) -> impl Iterator<Item = (Entry, Written<'_>)> + '_ {
        self.places.iter().map(|Place { line, bytes, more }| {
            let text = &self.bytes[bytes.clone()];
            let (mut entry, behind) = entry(text, *line);
            if let Some(more) = more
                && let Body::Text(text_kept) = entry.body
            {
                let length = (text.len() - behind) as u64 + more;
                entry.body = Body::Cut { text: text_kept, length };
            }
            let (head, body) = text.split_at(behind);
            (entry, Written { head, body })
        })
    }
}

/// Whether nothing of a part of an entry's text, which ends with a line, was changed when it was read.
fn is_as_written(text: &[u8]) -> bool {
    memchr::memchr(b'\r', text).is_none()
        && memmem::find(text, b"8<-").is_none()
        && std::str::from_utf8(text).is_ok()
}

fn entry(text: &[u8], line: usize) -> (Entry, usize) {
    let end = header_end(text).unwrap_or(text.len());
    let mut lines = text[..end].split(|byte| *byte == b'\n');
    let heading = line_text(lines.next().unwrap_or_default());
    let Heading { from, to, status, method, url } =
        Heading::read(&heading).expect("an entry begins where a heading was read");
    let headers = lines.filter(|line| !line.is_empty()).map(|line| header(&line_text(line)));
    let behind = memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at + 1);
    let entry = Entry {
        line,
        from: from.to_owned(),
        to: to.to_owned(),
        status: status.map(str::to_owned),
        method: method.to_owned(),
        url: url.to_owned(),
        headers: headers.collect(),
        body: content::body(&text[behind..]),
    };
    (entry, behind)
}

/// A line without its end. What is no UTF-8 is read as Latin-1, as the proxy reads headers.
fn line_text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) => text.to_owned(),
        Err(_) => line.iter().copied().map(char::from).collect(),
    }
}

fn header(line: &str) -> Header {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    Header { name: name.to_owned(), value: value.trim().to_owned() }
}
