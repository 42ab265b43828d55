//! What stands in a fence, and what is computed of it once.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

/// The content of a fence, lines joined by newlines.
#[derive(Clone, Default)]
pub struct FenceText {
    text: String,
    digest: OnceLock<[u8; 32]>,
}

impl FenceText {
    /// Its SHA-256.
    pub fn digest(&self) -> &[u8; 32] {
        self.digest.get_or_init(|| Sha256::digest(self.text.as_bytes()).into())
    }
}

impl From<String> for FenceText {
    fn from(text: String) -> Self {
        Self { text, digest: OnceLock::new() }
    }
}

impl Deref for FenceText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl PartialEq for FenceText {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for FenceText {}

impl PartialEq<str> for FenceText {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl PartialEq<&str> for FenceText {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

impl fmt::Debug for FenceText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

impl fmt::Display for FenceText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}
