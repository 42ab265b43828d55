//! What a page contains and exactly where, in the dialect of MkDocs and PyMdown.

use std::path::Path;

use crate::error::Result;
use crate::model::{FileCache, Page};
use crate::settings::Site;

/// Reads a page and all it includes. The path may be relative to the working directory.
///
/// Fails with [`crate::error::ErrorKind::Page`] when the file cannot be read. Whatever is wrong
/// in a page that can be read is a diagnostic.
pub fn read(site: &Site, files: &FileCache, path: &Path) -> Result<Page> {
    let _ = site;
    Err(crate::error::Error::new(crate::error::ErrorKind::Page, "not read yet")
        .at(crate::model::Place::file(files.shown_path(path))))
}
