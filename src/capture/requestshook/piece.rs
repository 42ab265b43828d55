//! A part of a log whose entries are known by their places, to be read by somebody else than who
//! found them.
//!
//! In: the bytes of entries. Out: an [`Entry`] for each, with its text.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use crate::model::{Content, Entry, Line};

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
pub(super) struct Place {
    /// Line of its heading in the log.
    pub(super) line: usize,
    pub(super) bytes: Range<usize>,
    /// Where in it the blank line behind its header lines begins, if that is known.
    pub(super) header: Option<usize>,
    /// How many bytes follow in the log that are not kept.
    pub(super) more: Option<u64>,
}

impl Piece {
    pub(super) fn new(bytes: Vec<u8>, places: Vec<Place>) -> Self {
        Self { bytes, places }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What it is kept in, to be used again.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The entries, each with its text where that is what it says, letter by letter.
    pub fn entries(&self) -> impl Iterator<Item = (Entry<'_>, Option<&str>)> {
        let start = self.places.iter().map(|place| place.bytes.start).min().unwrap_or_default();
        let end = self.places.iter().map(|place| place.bytes.end).max().unwrap_or_default();
        // As a rule all are plain, which is told faster of all at once than of one after another.
        let all = plain(&self.bytes[start..end]);
        self.places.iter().map(move |Place { line, bytes, header, more }| {
            let text = all.map(|all| &all[bytes.start - start..bytes.end - start]);
            let text = text.or_else(|| plain(&self.bytes[bytes.clone()]));
            let (mut entry, length) = match text {
                Some(text) => plain_entry(text, *header, *line),
                None => entry(&self.bytes[bytes.clone()], *header, *line),
            };
            if let Some(more) = more {
                entry.body = match entry.body {
                    Content::Text(kept) => Content::Cut(kept, length as u64 + more),
                    other => other,
                };
            }
            let is_said = !matches!(entry.body, Content::Bytes(..));
            (entry, text.filter(|_| is_said))
        })
    }
}

/// A text in which nothing is written otherwise than it is meant.
fn plain(text: &[u8]) -> Option<&str> {
    let is_plain = memchr::memchr(b'\r', text).is_none() && memmem::find(text, b"8<-").is_none();
    if is_plain { std::str::from_utf8(text).ok() } else { None }
}

/// The entry with the length of what is behind its header.
fn plain_entry(text: &str, header_end: Option<usize>, line: usize) -> (Entry<'_>, usize) {
    let (end, behind) = parts(text.as_bytes(), header_end);
    let head = &text[..end];
    let first = memchr::memchr(b'\n', head.as_bytes()).unwrap_or(end);
    let (heading, mut rest) = (&head[..first], head.get(first + 1..).unwrap_or_default());
    let mut headers = Vec::with_capacity(16);
    while !rest.is_empty() {
        let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        if end > 0 {
            headers.push(header(&rest[..end]));
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    let body = content::plain(&text[behind..]);
    (headed(heading, headers, body, line), text.len() - behind)
}

/// The same of a text that may be anything.
fn entry(text: &[u8], header_end: Option<usize>, line: usize) -> (Entry<'_>, usize) {
    let (end, behind) = parts(text, header_end);
    let mut lines = text[..end].split(|byte| *byte == b'\n').map(line_text);
    let heading = lines.next().unwrap_or_default();
    let lines = lines.filter(|line| !line.is_empty());
    let headers = lines.map(|line| match line {
        Cow::Borrowed(line) => header(line),
        Cow::Owned(line) => header(&line).into_owned(),
    });
    let (headers, body) = (headers.collect(), content::content(&text[behind..]));
    let entry = match heading {
        Cow::Borrowed(heading) => headed(heading, headers, body, line),
        Cow::Owned(heading) => {
            let headed = headed(&heading, Vec::new(), Content::Empty, line).into_owned();
            Entry { headers, body, ..headed }
        }
    };
    (entry, text.len() - behind)
}

/// Where the blank line behind the header lines begins, and where the content does.
fn parts(text: &[u8], known: Option<usize>) -> (usize, usize) {
    let end = known.or_else(|| header_end(text)).unwrap_or(text.len());
    (end, memchr::memchr(b'\n', &text[end..]).map_or(text.len(), |at| end + at + 1))
}

fn headed<'a>(
    heading: &'a str,
    headers: Vec<Line<'a>>,
    body: Content<'a>,
    line: usize,
) -> Entry<'a> {
    let Heading { from, to, status, method, url } =
        Heading::read(heading).expect("an entry begins where a heading was read");
    Entry {
        line,
        from: from.into(),
        to: to.into(),
        status: status.map(Cow::Borrowed),
        method: method.into(),
        url: url.into(),
        headers,
        body,
    }
}

/// A line without its end. What is no UTF-8 is read as Latin-1, as the proxy reads headers.
fn line_text(line: &[u8]) -> Cow<'_, str> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match std::str::from_utf8(line) {
        Ok(text) => text.into(),
        Err(_) => line.iter().copied().map(char::from).collect(),
    }
}

fn header(line: &str) -> Line<'_> {
    let colon = memchr::memchr(b':', line.as_bytes());
    let (name, value) = colon.map_or((line, ""), |at| (&line[..at], &line[at + 1..]));
    Line { name: name.into(), value: value.trim().into() }
}
