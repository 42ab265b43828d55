//! A file's bytes as the text that Python reads from them, line by line: text in, lines with their
//! bytes out. Lines end with `\n`, `\r\n` or `\r`; what follows the last one is a line too.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memrchr};

use crate::model::{FileId, FileText, newlines};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A file's text, and where its lines stand in its bytes.
pub(super) struct Source<'a> {
    pub(super) file: Option<FileId>,
    pub(super) text: Cow<'a, str>,
    places: Places<'a>,
    carriage_returns: bool,
}

enum Places<'a> {
    /// The text is the bytes from this offset on; newlines are counted from their beginning.
    Verbatim { offset: usize, newlines: Cow<'a, [u32]> },
    /// The text was made from the bytes, which have these lines.
    Lines(Vec<(usize, usize)>),
    /// There is no file; the text has these newlines.
    Nowhere(Vec<u32>),
}

/// How a file's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// `utf-8`; a byte order mark stays in the text.
    Utf8,
    /// `utf-8-sig`; a byte order mark is dropped.
    Utf8Sig,
    /// `latin-1`: every byte is the character of that number.
    Latin1,
    /// `ascii`
    Ascii,
}

impl Encoding {
    /// The encoding of this name, as Python spells names; none if it is another one.
    pub(super) fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace(['_', ' '], "-");
        match name.as_str() {
            "utf-8" | "utf8" | "u8" | "cp65001" => Some(Self::Utf8),
            "utf-8-sig" | "utf8-sig" => Some(Self::Utf8Sig),
            "latin-1" | "latin1" | "l1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" => {
                Some(Self::Latin1)
            }
            "ascii" | "us-ascii" | "646" => Some(Self::Ascii),
            _ => None,
        }
    }
}

/// One line of a [`Source`]: its range in the text, and its 1-based number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) number: usize,
}

impl<'a> Source<'a> {
    /// Reads a file; none when it is not in this encoding.
    pub(super) fn decode(file: FileId, bytes: &'a FileText, encoding: Encoding) -> Option<Self> {
        match encoding {
            Encoding::Latin1 => {
                return Some(Self::made(
                    file,
                    bytes.iter().copied().map(char::from).collect(),
                    bytes,
                ));
            }
            Encoding::Ascii if !bytes.is_ascii() => return None,
            _ => {}
        }
        let offset = match encoding {
            Encoding::Utf8Sig if bytes.starts_with(BYTE_ORDER_MARK) => BYTE_ORDER_MARK.len(),
            _ => 0,
        };
        let text = Cow::Borrowed(&bytes.text()?[offset..]);
        let newlines = Cow::Borrowed(bytes.newlines());
        let places = Places::Verbatim { offset, newlines };
        let carriage_returns = bytes.has_carriage_returns();
        Some(Self { file: Some(file), text, places, carriage_returns })
    }

    /// Reads a file as UTF-8 without a byte order mark; what is not UTF-8 becomes U+FFFD.
    pub(super) fn decode_lossy(file: FileId, bytes: &'a FileText) -> Self {
        Self::decode(file, bytes, Encoding::Utf8Sig).unwrap_or_else(|| {
            let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
            Self::made(file, String::from_utf8_lossy(text).into_owned(), bytes)
        })
    }

    /// Text that was made from a file's bytes.
    fn made(file: FileId, text: String, bytes: &[u8]) -> Self {
        let carriage_returns = memchr(b'\r', text.as_bytes()).is_some();
        let (text, places) = (Cow::Owned(text), Places::Lines(lines_of(bytes)));
        Self { file: Some(file), text, places, carriage_returns }
    }

    /// The same with a copy of the text.
    pub(super) fn into_owned(self) -> Source<'static> {
        let Self { file, text, places, carriage_returns } = self;
        let places = match places {
            Places::Verbatim { offset, newlines } => {
                Places::Verbatim { offset, newlines: Cow::Owned(newlines.into_owned()) }
            }
            Places::Lines(lines) => Places::Lines(lines),
            Places::Nowhere(newlines) => Places::Nowhere(newlines),
        };
        Source { file, text: Cow::Owned(text.into_owned()), places, carriage_returns }
    }

    /// Reads bytes that stand in no file; none when they are not in this encoding.
    pub(super) fn decode_remote(bytes: &[u8], encoding: Encoding) -> Option<Source<'static>> {
        let text = match encoding {
            Encoding::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Encoding::Ascii if !bytes.is_ascii() => return None,
            Encoding::Utf8Sig => {
                let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
                std::str::from_utf8(text).ok()?.to_owned()
            }
            _ => std::str::from_utf8(bytes).ok()?.to_owned(),
        };
        Some(Source::without_file(text))
    }

    /// Whether the text is the file's bytes, none of them replaced.
    pub(super) fn is_verbatim(&self) -> bool {
        matches!(self.places, Places::Verbatim { .. })
    }

    /// Whether offsets in the text are offsets in the file.
    pub(super) fn begins_with_file(&self) -> bool {
        matches!(self.places, Places::Verbatim { offset: 0, .. })
    }

    /// Text that stands in no file.
    pub(super) fn without_file(text: String) -> Self {
        let carriage_returns = memchr(b'\r', text.as_bytes()).is_some();
        let places = Places::Nowhere(newlines(text.as_bytes()));
        Self { file: None, text: Cow::Owned(text), places, carriage_returns }
    }

    /// All lines from an offset on, which must be the start of the line with this number.
    pub(super) fn rows(&self, offset: usize, number: usize) -> Rows<'_> {
        let carriage_returns = self.carriage_returns;
        Rows { text: &self.text, next: Some(offset), number, carriage_returns }
    }

    /// How many lines it has at most.
    pub(super) fn count(&self) -> usize {
        let newlines = match &self.places {
            Places::Verbatim { newlines, .. } => newlines.len(),
            Places::Nowhere(newlines) => newlines.len(),
            Places::Lines(lines) => lines.len(),
        };
        let returns = match self.carriage_returns {
            true => memchr_iter(b'\r', self.text.as_bytes()).count(),
            false => 0,
        };
        newlines + returns + 1
    }

    /// The lines ahead that end before an offset, or all of them, as one stretch that stands in the
    /// file as it stands in the text, with newlines between its lines; none where there is no such
    /// stretch. They are passed by; how many they were has yet to be counted.
    pub(super) fn verbatim(&self, rows: &mut Rows<'_>, limit: Option<usize>) -> Option<Row> {
        if rows.carriage_returns || matches!(self.places, Places::Lines(_)) {
            return None;
        }
        let start = rows.next?;
        let (end, next) = match limit {
            None => (self.text.len(), None),
            Some(limit) => {
                let end = start + memrchr(b'\n', &self.text.as_bytes()[start..limit])?;
                (end, Some(end + 1))
            }
        };
        rows.next = next;
        Some(Row { start, end, number: rows.number })
    }

    /// Where the newlines of such a stretch are, counted from its beginning.
    pub(super) fn newlines(
        &self,
        stretch: Row,
    ) -> impl ExactSizeIterator<Item = usize> + Clone + '_ {
        let (base, newlines) = match &self.places {
            Places::Verbatim { offset, newlines } => (*offset, &**newlines),
            Places::Nowhere(newlines) => (0, &**newlines),
            Places::Lines(_) => (0, &[][..]),
        };
        let (start, end) = (stretch.start + base, stretch.end + base);
        let from = newlines.partition_point(|newline| (*newline as usize) < start);
        let length = newlines[from..].partition_point(|newline| (*newline as usize) < end);
        newlines[from..from + length].iter().map(move |newline| *newline as usize - start)
    }

    /// The text of a line.
    pub(super) fn row(&self, row: Row) -> &str {
        &self.text[row.start..row.end]
    }

    /// The bytes of a line.
    pub(super) fn span(&self, row: Row) -> (usize, usize) {
        match &self.places {
            Places::Verbatim { offset, .. } => (row.start + offset, row.end + offset),
            Places::Lines(lines) => lines.get(row.number - 1).copied().unwrap_or_default(),
            Places::Nowhere(_) => (0, 0),
        }
    }
}

/// An offset in a file, of which none is larger than 4 GiB.
pub(super) fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn lines_of(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut lines = Vec::new();
    let mut start = 0;
    loop {
        let (end, next) = line_end(bytes, start, true);
        lines.push((start, end));
        match next {
            Some(next) => start = next,
            None => return lines,
        }
    }
}

/// Where the line that starts here ends, and where the next one starts.
fn line_end(bytes: &[u8], start: usize, carriage_returns: bool) -> (usize, Option<usize>) {
    let rest = &bytes[start..];
    let found = if carriage_returns { memchr2(b'\r', b'\n', rest) } else { memchr(b'\n', rest) };
    let Some(length) = found else {
        return (bytes.len(), None);
    };
    let both = rest[length..].starts_with(b"\r\n");
    (start + length, Some(start + length + if both { 2 } else { 1 }))
}

/// The lines of a [`Source`].
pub(super) struct Rows<'a> {
    text: &'a str,
    next: Option<usize>,
    number: usize,
    carriage_returns: bool,
}

impl Rows<'_> {
    /// Where the next line starts; none behind the last one.
    pub(super) fn offset(&self) -> Option<usize> {
        self.next
    }

    /// Counts lines that were passed by.
    pub(super) fn count(&mut self, lines: usize) {
        self.number += lines;
    }

    /// The next line, if it ends before an offset.
    pub(super) fn next_before(&mut self, limit: Option<usize>) -> Option<Row> {
        let (end, _) = line_end(self.text.as_bytes(), self.next?, self.carriage_returns);
        if limit.is_some_and(|limit| limit < end) {
            return None;
        }
        self.next()
    }
}

impl Iterator for Rows<'_> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let start = self.next?;
        let (end, next) = line_end(self.text.as_bytes(), start, self.carriage_returns);
        let row = Row { start, end, number: self.number };
        self.next = next;
        self.number += 1;
        Some(row)
    }
}
