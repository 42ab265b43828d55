//! The entries of a log, one after another, in memory that does not grow with the log.
//!
//! In: the bytes of a log, as they come. Out: an [`Entry`] for each heading.

use std::io::{self, Read};
use std::sync::LazyLock;

use memchr::memmem;

use crate::model::Entry;

use super::heading::{MARK, sides};
use super::piece::{Piece, Place};

/// The header by which requestshook itself pairs requests and responses.
pub(super) const PAIRING_HEADER: &str = "x-requestshook-request-id";

/// Bytes that are read at once.
const PORTION: usize = 256 * 1024;
/// Bytes of an entry that are kept; the rest of its body is counted.
const LONGEST_ENTRY: usize = 16 * 1024 * 1024;
/// Bytes in which a heading with its header lines is looked for.
const LONGEST_HEADER: usize = 64 * 1024;

/// Bytes in which most headers end.
const NEAR: usize = 4 * 1024;

/// Finds the end of a line with a blank one behind it.
static BLANK_LINE: LazyLock<memmem::Finder<'static>> =
    LazyLock::new(|| memmem::Finder::new("\n\n"));

/// Finds what looks like the beginning of a heading.
static HEADINGS: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(MARK));

/// Reads the entries of a log.
///
/// A heading counts only behind two blank lines, because a body may hold a line that looks like one.
/// The middleware gives every entry an id: in the text of such an entry, only a heading counts that
/// has one, too. What stands before the first heading is passed over, and so is the beginning of a
/// heading at the end, which is still being written.
#[derive(Debug)]
pub struct Entries<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Where in the buffer what has not been told begins: at a heading, once one was found.
    start: usize,
    /// Where the search for the next heading goes on.
    searched: usize,
    /// The current entry, once its heading was found.
    entry: Option<Current>,
    /// Line of `start` in the log, from 1.
    line: usize,
    is_first_portion: bool,
    has_ended: bool,
}

/// The entry whose end is being looked for.
#[derive(Debug)]
struct Current {
    /// Line of its heading.
    line: usize,
    /// Where the blank line behind its header lines begins, if that was there to be seen.
    header: Option<usize>,
    /// Its beginning and how much follows that, once it is longer than is kept.
    cut: Option<(Vec<u8>, u64)>,
}

/// The places of entries in the buffer.
#[derive(Default)]
struct Found {
    places: Vec<Place>,
    /// What is kept of the first one, where it began before the buffer.
    kept: Vec<u8>,
}

/// What a place that looks like a heading is.
enum Candidate {
    /// With the place of the blank line behind it and its header lines.
    Heading(Option<usize>),
    Text,
    /// Its lines are not all there yet.
    Unfinished,
}

impl Entries<&'static [u8]> {
    /// The entries of a log that is all there, and not so long that any of them is cut.
    pub(super) fn of_short(text: &str) -> Option<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        (text.len() <= LONGEST_ENTRY).then(|| Self {
            buffer: text.as_bytes().to_vec(),
            is_first_portion: false,
            has_ended: true,
            ..Self::new(&[])
        })
    }
}

impl<R: Read> Entries<R> {
    /// The entries of the log that the reader gives.
    pub fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            entry: None,
            line: 1,
            is_first_portion: true,
            has_ended: false,
        }
    }

    /// All entries that have been read as a whole, to be told apart by somebody else; there may be
    /// none until more is [read](Self::read_on). What is still to be told goes on in `spare`.
    pub fn piece(&mut self, spare: Vec<u8>) -> Piece {
        let mut found = Found::default();
        while self.take_next(&mut found) {}
        self.handed_over(found, spare)
    }

    /// The next entry of those that have been read as a whole, by itself.
    fn next_read(&mut self) -> Option<Entry<'static>> {
        let mut found = Found::default();
        if !self.take_next(&mut found) {
            return None;
        }
        let is_cut = !found.kept.is_empty();
        let bytes = &found.places[0].bytes;
        let bytes = if is_cut { found.kept } else { self.buffer[bytes.clone()].to_vec() };
        found.places[0].bytes = 0..bytes.len();
        let piece = Piece::new(bytes, found.places);
        piece.entries().next().map(|(entry, _)| entry.into_owned())
    }

    /// The buffer with what was found in it.
    fn handed_over(&mut self, Found { mut places, kept }: Found, mut spare: Vec<u8>) -> Piece {
        if places.is_empty() {
            return Piece::default();
        }
        let told = self.told();
        spare.clear();
        spare.extend_from_slice(&self.buffer[told..]);
        let mut bytes = std::mem::replace(&mut self.buffer, spare);
        self.passed(told);
        // Only the first can have begun in an earlier portion.
        if !kept.is_empty() {
            places[0].bytes = bytes.len()..bytes.len() + kept.len();
            bytes.extend_from_slice(&kept);
        }
        Piece::new(bytes, places)
    }

    /// Adds the next entry that has been read as a whole, if there is one.
    fn take_next(&mut self, found: &mut Found) -> bool {
        loop {
            let Some((at, header)) = self.next_heading() else {
                if !self.has_ended {
                    return false;
                }
                let end = self.without_half_a_heading();
                return self.take(end, found);
            };
            let is_there = self.take(at, found);
            self.entry = Some(Current { line: self.line, header, cut: None });
            self.searched = at + 1;
            if is_there {
                return true;
            }
        }
    }

    /// Whether there is nothing more to read.
    pub fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Where the next heading stands, if it is in the buffer with its header lines, and the end of
    /// these.
    fn next_heading(&mut self) -> Option<(usize, Option<usize>)> {
        loop {
            let rest = &self.buffer[self.searched..];
            let Some(found) = HEADINGS.find(rest) else {
                let overlap = MARK.len() - 1;
                self.searched = self.searched.max(self.buffer.len().saturating_sub(overlap));
                return None;
            };
            let at = self.searched + found;
            self.searched = at;
            match self.candidate(at) {
                Candidate::Heading(header) => return Some((at, header)),
                Candidate::Text => self.searched = at + 1,
                Candidate::Unfinished => return None,
            }
        }
    }

    fn candidate(&self, at: usize) -> Candidate {
        if !self.is_behind_blank_lines(at) {
            return Candidate::Text;
        }
        let rest = &self.buffer[at..];
        let header = header_end(rest);
        if header.is_none() && !self.has_ended && rest.len() < LONGEST_HEADER {
            return Candidate::Unfinished;
        }
        let lines = &rest[..header.unwrap_or(rest.len())];
        let first = &lines[..memchr::memchr(b'\n', lines).unwrap_or(lines.len())];
        if !is_heading(first) {
            return Candidate::Text;
        }
        let is_text = self.entry.is_some() && self.is_in_open_text(at) && !has_id(lines);
        if is_text { Candidate::Text } else { Candidate::Heading(header) }
    }

    /// Whether this place is behind an entry with an id, in a body of which nobody knows where it
    /// ends. JSON holds no line that begins with `#`, and the other forms have one line.
    fn is_in_open_text(&self, at: usize) -> bool {
        let before = &self.buffer[self.start..at];
        let entry = match &self.entry {
            Some(Current { cut: Some((kept, _)), .. }) => kept,
            _ => before,
        };
        let header = self.entry.as_ref().and_then(|entry| entry.header);
        let Some(header) = header.or_else(|| header_end(entry)) else { return false };
        let (begin, end) = (entry[header..].trim_ascii_start(), before.trim_ascii_end());
        let is_bounded = match begin.first() {
            None => true,
            Some(b'{') => end.ends_with(b"}"),
            Some(b'[') => end.ends_with(b"]"),
            Some(_) => begin.trim_ascii_end() == b"none",
        };
        !is_bounded && !end.ends_with(b" bytes)") && has_id(&entry[..header])
    }

    fn is_behind_blank_lines(&self, at: usize) -> bool {
        let mut before = &self.buffer[..at];
        for _ in 0..3 {
            let Some(line) = before.strip_suffix(b"\n") else {
                return before.is_empty() && self.line == 1 && self.start == 0;
            };
            before = line.strip_suffix(b"\r").unwrap_or(line);
        }
        true
    }

    /// Ends the current entry at this place in the buffer. No where there is no current one.
    fn take(&mut self, end: usize, found: &mut Found) -> bool {
        let told = &self.buffer[self.start..end];
        let current = self.entry.take();
        let is_there = current.is_some();
        match current {
            None => {}
            Some(Current { line, header, cut: None }) => {
                let bytes = self.start..end;
                found.places.push(Place { line, bytes, header, more: None });
            }
            Some(Current { line, header, cut: Some((kept, more)) }) => {
                let more = Some(more + told.len() as u64);
                found.places.push(Place { line, bytes: 0..0, header, more });
                found.kept = kept;
            }
        }
        self.line += memchr::memchr_iter(b'\n', told).count();
        self.start = end;
        is_there
    }

    /// Reads the next portion of the log.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn read_on(&mut self) -> io::Result<()> {
        self.make_room();
        let length = self.buffer.len();
        self.buffer.resize(length + PORTION, 0);
        let read = loop {
            match self.reader.read(&mut self.buffer[length..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(length + *read.as_ref().unwrap_or(&0));
        self.has_ended = read? == 0;
        if self.is_first_portion && (self.buffer.len() >= 3 || self.has_ended) {
            self.is_first_portion = false;
            if self.buffer.starts_with("\u{feff}".as_bytes()) {
                self.buffer.drain(..3);
                self.searched = 0;
            }
        }
        Ok(())
    }

    /// How much of the buffer is no longer needed.
    fn told(&self) -> usize {
        // What may be the blank lines before a heading stays.
        if self.entry.is_some() {
            self.start
        } else {
            self.searched.saturating_sub(8).max(self.start)
        }
    }

    /// Forgets what was told, and what of a long entry is not kept.
    fn make_room(&mut self) {
        let told = self.told();
        self.line += memchr::memchr_iter(b'\n', &self.buffer[self.start..told]).count();
        self.forget(told);
        let Some(current) = &mut self.entry else { return };
        if self.buffer.len() <= LONGEST_ENTRY {
            return;
        }
        let passed = self.searched.saturating_sub(8);
        self.line += memchr::memchr_iter(b'\n', &self.buffer[..passed]).count();
        match &mut current.cut {
            None => current.cut = Some((self.buffer[..passed].to_vec(), 0)),
            Some((_, more)) => *more += passed as u64,
        }
        self.forget(passed);
    }

    fn forget(&mut self, bytes: usize) {
        self.buffer.drain(..bytes);
        self.passed(bytes);
    }

    fn passed(&mut self, bytes: usize) {
        // Behind the last entry nothing is searched.
        self.searched = self.searched.saturating_sub(bytes);
        self.start = self.start.saturating_sub(bytes);
    }

    /// The end of the log, but for a last line that is the beginning of a heading.
    fn without_half_a_heading(&self) -> usize {
        let end = self.buffer.len();
        let line = memchr::memrchr(b'\n', &self.buffer).map_or(0, |at| at + 1);
        let last = &self.buffer[line.max(self.start)..];
        let is_half = last.starts_with(MARK.as_bytes())
            || (!last.is_empty() && MARK.as_bytes().starts_with(last));
        let is_behind = line > self.start && self.is_behind_blank_lines(line);
        if is_half && is_behind && !is_heading(last) { line } else { end }
    }
}

impl<R: Read> Iterator for Entries<R> {
    type Item = io::Result<Entry<'static>>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.next_read() {
                return Some(Ok(entry));
            }
            if self.has_ended {
                return None;
            }
            if let Err(error) = self.read_on() {
                self.has_ended = true;
                self.entry = None;
                self.start = self.buffer.len();
                self.searched = self.start;
                return Some(Err(error));
            }
        }
    }
}

fn is_heading(line: &[u8]) -> bool {
    match std::str::from_utf8(line) {
        Ok(line) => sides(line).is_some(),
        Err(_) => sides(&String::from_utf8_lossy(line)).is_some(),
    }
}

/// Where the blank line behind the header lines begins.
pub(super) fn header_end(lines: &[u8]) -> Option<usize> {
    // As a rule it is near, and no line ends with a carriage return.
    let near = &lines[..lines.len().min(NEAR)];
    if let Some(end) = BLANK_LINE.find(near)
        && memchr::memchr(b'\r', &near[..end]).is_none()
    {
        return Some(end + 1);
    }
    let mut begins = memchr::memchr_iter(b'\n', lines).map(|end| end + 1);
    begins.find(|at| matches!(lines[*at..], [b'\n', ..] | [b'\r', b'\n', ..]))
}

fn has_id(lines: &[u8]) -> bool {
    lines.split(|byte| *byte == b'\n').any(|line| {
        let name = line.get(..PAIRING_HEADER.len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(PAIRING_HEADER.as_bytes()))
            && line[PAIRING_HEADER.len()..].starts_with(b":")
    })
}
