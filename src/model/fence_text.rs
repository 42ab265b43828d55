//! What stands in a fence. Pages that include the same file share it, and what is computed of it.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use sha2::{Digest, Sha256};

/// The content of a fence, lines joined by newlines.
#[derive(Clone, Default)]
pub struct FenceText(Arc<Shared>);

#[derive(Default)]
struct Shared {
    text: String,
    digest: OnceLock<[u8; 32]>,
}

impl FenceText {
    /// Its SHA-256.
    pub fn digest(&self) -> &[u8; 32] {
        self.0.digest.get_or_init(|| Sha256::digest(self.0.text.as_bytes()).into())
    }
}

impl From<String> for FenceText {
    fn from(text: String) -> Self {
        Self(Arc::new(Shared { text, digest: OnceLock::new() }))
    }
}

impl Deref for FenceText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0.text
    }
}

impl PartialEq for FenceText {
    fn eq(&self, other: &Self) -> bool {
        self.0.text == other.0.text
    }
}

impl Eq for FenceText {}

impl PartialEq<str> for FenceText {
    fn eq(&self, other: &str) -> bool {
        self.0.text == other
    }
}

impl PartialEq<&str> for FenceText {
    fn eq(&self, other: &&str) -> bool {
        self.0.text == *other
    }
}

impl fmt::Debug for FenceText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.text.fmt(formatter)
    }
}

impl fmt::Display for FenceText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.text.fmt(formatter)
    }
}
