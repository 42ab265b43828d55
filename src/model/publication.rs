//! What pages publish: the texts of their files, and the secrets in them.

use std::ops::Range;

use super::{FileId, Place};

/// How a text is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TextForm {
    /// Written by people for people.
    Prose,
    /// Shown as it is: a log, what a command printed, a configuration.
    Shown,
}

/// A secret that is published. Does not hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Where it stands.
    pub place: Place,
    /// What to call it, such as `token`.
    pub kind: String,
    /// The same number for the same value.
    pub value: usize,
}

/// Bytes of a file that are to be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub file: FileId,
    /// The bytes to be replaced.
    pub span: Range<usize>,
    /// What is to stand there.
    pub text: String,
}
