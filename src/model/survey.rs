//! What a site documents, at a glance: what first settings for it are made from.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a site documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    /// The site's folder below the root of its repository; empty where they are the same.
    pub folder: PathBuf,
    /// How many pages there are.
    pub pages: usize,
    /// How many commands run without further settings.
    pub commands: usize,
    /// Programs that documented commands would start and nothing allows, with the number of commands.
    pub programs: BTreeMap<String, usize>,
}

/// A file for a site to begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarterFile {
    /// Absolute.
    pub path: PathBuf,
    /// What stands in it.
    pub text: String,
    /// Whether it was there already, and so is left as it is.
    pub is_there: bool,
    /// What a file that was there has to say for the others to count, where it does not.
    pub lacks: Option<String>,
}
