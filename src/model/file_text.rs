//! A file's bytes as they were read, and what is found out about them only once, however many pages
//! include the file.

use std::any::Any;
use std::fmt;
use std::iter;
use std::ops::{Deref, Range};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use memchr::{memchr, memchr2_iter, memmem};

/// The bytes of a file. Whoever has them shares them.
#[derive(Clone, Default)]
pub struct FileText(Arc<Shared>);

#[derive(Default)]
struct Shared {
    content: Content,
    newlines: OnceLock<Vec<u32>>,
    has_carriage_returns: OnceLock<bool>,
    line_ends: OnceLock<Vec<u32>>,
    names_doctool: OnceLock<bool>,
    remembered: Mutex<Option<Arc<dyn Any + Send + Sync>>>,
    is_recalled: AtomicBool,
}

enum Content {
    Utf8(String),
    Other(Vec<u8>),
}

impl Default for Content {
    fn default() -> Self {
        Self::Utf8(String::new())
    }
}

impl From<Vec<u8>> for FileText {
    fn from(bytes: Vec<u8>) -> Self {
        let content = match String::from_utf8(bytes) {
            Ok(text) => Content::Utf8(text),
            Err(error) => Content::Other(error.into_bytes()),
        };
        Self(Arc::new(Shared { content, ..Shared::default() }))
    }
}

impl Deref for FileText {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0.content {
            Content::Utf8(text) => text.as_bytes(),
            Content::Other(bytes) => bytes,
        }
    }
}

impl fmt::Debug for FileText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "FileText({} bytes)", self.len())
    }
}

impl FileText {
    /// All of it as text; none where a byte is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        match &self.0.content {
            Content::Utf8(text) => Some(text),
            Content::Other(_) => None,
        }
    }

    /// Where its newlines are. A file has less than 4 GiB.
    pub(crate) fn newlines(&self) -> &[u32] {
        self.0.newlines.get_or_init(|| newlines(self))
    }

    /// Whether there is a carriage return in it.
    pub(crate) fn has_carriage_returns(&self) -> bool {
        *self.0.has_carriage_returns.get_or_init(|| memchr(b'\r', self).is_some())
    }

    /// How many [lines] it has.
    pub(crate) fn line_count(&self) -> usize {
        let ends = self.line_ends();
        ends.len() + usize::from(ends.last().map_or(0, |end| *end as usize + 1) < self.len())
    }

    /// The bytes of one of its [lines], with what ends it; none behind the last.
    pub(crate) fn line(&self, index: usize) -> Option<Range<usize>> {
        let ends = self.line_ends();
        let behind = |index: usize| ends.get(index).map(|end| *end as usize + 1);
        let start = index.checked_sub(1).map_or(Some(0), behind)?;
        let end = behind(index).unwrap_or(self.len());
        (start < end).then_some(start..end)
    }

    /// The index of the line that a byte belongs to.
    pub(crate) fn line_of(&self, byte: usize) -> usize {
        self.line_ends().partition_point(|end| (*end as usize) < byte)
    }

    /// The last byte of each line that is ended.
    fn line_ends(&self) -> &[u32] {
        if !self.has_carriage_returns() {
            return self.newlines();
        }
        self.0.line_ends.get_or_init(|| {
            let mut behind = 0;
            let ended = lines(self).filter(|line| line.ends_with(b"\n") || line.ends_with(b"\r"));
            let ends = ended.map(|line| {
                behind += line.len();
                behind as u32 - 1
            });
            ends.collect()
        })
    }

    /// Whether it has what every comment for doctool begins with.
    pub(crate) fn names_doctool(&self) -> bool {
        *self.0.names_doctool.get_or_init(|| memmem::find(self, b"doctool:").is_some())
    }

    /// Keeps what was made of it for the next one who needs that; the first to do so is heard. Says
    /// whether that was this one.
    pub(super) fn remember(&self, made: Arc<dyn Any + Send + Sync>) -> bool {
        let mut remembered = self.made();
        let is_first = remembered.is_none();
        if is_first {
            *remembered = Some(made);
        }
        is_first
    }

    /// What was made of it before.
    pub(crate) fn remembered<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let made = self.made().clone()?.downcast().ok()?;
        self.0.is_recalled.store(true, Ordering::Relaxed);
        Some(made)
    }

    fn made(&self) -> MutexGuard<'_, Option<Arc<dyn Any + Send + Sync>>> {
        self.0.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same text, which may be gone when it is wanted.
    pub(super) fn handle(&self) -> Handle {
        Handle(Arc::downgrade(&self.0))
    }

    /// Whether nobody else has it.
    pub(super) fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// A text that is held elsewhere, or gone.
#[derive(Debug)]
pub(super) struct Handle(Weak<Shared>);

impl Handle {
    /// Lets go of what was made of it, unless that was asked for since this was asked last. Says whether
    /// it was.
    pub(super) fn forget(&self) -> bool {
        let Some(text) = self.0.upgrade().map(FileText) else { return false };
        let is_recalled = text.0.is_recalled.swap(false, Ordering::Relaxed);
        if !is_recalled {
            *text.made() = None;
        }
        is_recalled
    }
}

/// Bytes that a line has, its end included, in most files.
const LIKELY_LINE: usize = 24;

/// Where the newlines of a text of less than 4 GiB are. Most lines are short, so bytes are looked at
/// eight at a time, however many newlines are among them.
pub(crate) fn newlines(text: &[u8]) -> Vec<u32> {
    const LOW: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    const NEWLINES: u64 = 0x0A0A_0A0A_0A0A_0A0A;
    let mut offsets = Vec::with_capacity(text.len() / LIKELY_LINE);
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        // The bytes that are zero then are newlines. Each of them, and no other, keeps its upper bit.
        let word = u64::from_le_bytes(*word) ^ NEWLINES;
        let mut found = !(((word & LOW) + LOW) | word | LOW);
        while found != 0 {
            offsets.push((8 * index) as u32 + found.trailing_zeros() / 8);
            found &= found - 1;
        }
    }
    let behind = 8 * words.len();
    let rest = rest.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    offsets.extend(rest.map(|(index, _)| (behind + index) as u32));
    offsets
}

/// The lines with their endings: `\n`, `\r\n` or a lone `\r`, as Python's universal newlines.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    iter::from_fn(move || {
        // A carriage return before a newline ends nothing by itself.
        let is_end = |at: &usize| rest[*at] == b'\n' || rest.get(at + 1) != Some(&b'\n');
        let end = memchr2_iter(b'\n', b'\r', rest).find(is_end).map_or(rest.len(), |at| at + 1);
        let (line, behind) = rest.split_at(end);
        rest = behind;
        (!line.is_empty()).then_some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::{FileText, lines, newlines};

    #[test]
    fn newlines_are_found_between_all_bytes() {
        let bytes: Vec<u8> = (0..=255).flat_map(|byte| [byte, b'\n', byte, byte]).collect();
        for start in 0..9 {
            let text = &bytes[start..];
            let expected = (0_u32..).zip(text).filter(|(_, byte)| **byte == b'\n');
            assert_eq!(newlines(text), expected.map(|(at, _)| at).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_line_is_found_by_its_index_and_by_its_bytes() {
        for text in ["", "a", "a\n", "\n\nb", "a\r\nbb\rc\n\r", "a\r\r\nb", "a\nb\r"] {
            let file = FileText::from(text.as_bytes().to_vec());
            let mut start = 0;
            for (index, line) in lines(text.as_bytes()).enumerate() {
                let span = start..start + line.len();
                assert_eq!(file.line(index), Some(span.clone()), "line {index} of {text:?}");
                span.clone().for_each(|byte| assert_eq!(file.line_of(byte), index, "{text:?}"));
                start = span.end;
            }
            let count = lines(text.as_bytes()).count();
            assert_eq!((file.line_count(), file.line(count)), (count, None), "{text:?}");
        }
    }
}
