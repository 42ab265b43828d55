//! The folder that a page's commands run in: new, empty but for what the page asks for, gone
//! afterwards. So a command that writes a file does not write it into somebody's docs.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, ErrorKind, Result};
use crate::model::Place;

/// A folder that is removed when it is dropped.
pub struct Scratch(TempDir);

impl Scratch {
    /// A new folder with copies of the files.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made, or one of the files is not there.
    pub fn new(files: &[PathBuf], page: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("doctool-").tempdir().map_err(|cause| {
            Error::new(ErrorKind::File, "cannot make a folder to run commands in").because(cause)
        })?;
        for file in files {
            let name = file.file_name().unwrap_or_default();
            fs::copy(file, folder.path().join(name)).map_err(|cause| {
                let message = format!("cannot copy `{}`", file.display());
                Error::new(ErrorKind::Page, message)
                    .because(cause)
                    .at(Place::file(page))
                    .hint("correct `files` in the page's front matter; paths start at the page")
            })?;
        }
        Ok(Self(folder))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}
