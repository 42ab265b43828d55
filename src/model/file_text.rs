//! A file's bytes as they were read, and what is found out about them only once, however many pages
//! include the file.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use memchr::{memchr, memchr_iter, memmem};

/// The bytes of a file. Whoever has them shares them.
#[derive(Clone, Default)]
pub struct FileText(Arc<Shared>);

#[derive(Default)]
struct Shared {
    content: Content,
    newlines: OnceLock<Vec<u32>>,
    has_carriage_returns: OnceLock<bool>,
    names_doctool: OnceLock<bool>,
    remembered: OnceLock<Box<dyn Any + Send + Sync>>,
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

    /// Whether it has what every comment for doctool begins with.
    pub(crate) fn names_doctool(&self) -> bool {
        *self.0.names_doctool.get_or_init(|| memmem::find(self, b"doctool:").is_some())
    }

    /// Keeps what was made of it for the next one who needs that; the first to do so is heard.
    pub(crate) fn remember<T: Send + Sync + 'static>(&self, made: impl FnOnce() -> T) {
        self.0.remembered.get_or_init(|| Box::new(made()));
    }

    /// What was made of it before.
    pub(crate) fn remembered<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.remembered.get()?.downcast_ref()
    }

    /// Whether nobody else has it.
    pub(super) fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

/// Bytes that a line has, its end included, in most files.
const LIKELY_LINE: usize = 24;

/// Where the newlines of a text of less than 4 GiB are.
pub(crate) fn newlines(text: &[u8]) -> Vec<u32> {
    let mut offsets = Vec::with_capacity(text.len() / LIKELY_LINE);
    offsets.extend(memchr_iter(b'\n', text).map(|at| at as u32));
    offsets
}
