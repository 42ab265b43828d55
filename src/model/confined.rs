//! Reading files so that links do not lead out of a site.
//!
//! In: a path that lies in one of the folders as it is spelt. Out: its bytes, unless the file
//! itself lies elsewhere. Costs nothing per file but a look at what is known of its folder.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::system;

/// The folders that files may be in.
#[derive(Debug)]
pub(super) struct Confined {
    /// Without links.
    roots: Vec<PathBuf>,
    /// Folders as they are spelt, and whether they lie in one of the roots.
    folders: Mutex<HashMap<PathBuf, bool>>,
}

/// A link leads out of the site.
#[derive(Debug)]
pub struct LeavesSite;

impl fmt::Display for LeavesSite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a link leads out of the site")
    }
}

impl Error for LeavesSite {}

impl LeavesSite {
    /// Whether this is why a file was not read.
    pub fn is_cause_of(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|cause| cause.is::<Self>())
    }
}

impl Confined {
    pub(super) fn to(roots: Vec<PathBuf>) -> Self {
        Self { roots, folders: Mutex::default() }
    }

    /// The file's bytes.
    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let folder = path.parent().unwrap_or(path);
        if !self.is_inside(folder) {
            return Err(leaves());
        }
        match system::open_no_link(path) {
            Ok(mut file) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            Err(error) if fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink()) => {
                let real = system::canonical(path).map_err(|_| error)?;
                if self.contains(&real) { fs::read(real) } else { Err(leaves()) }
            }
            Err(error) => Err(error),
        }
    }

    fn is_inside(&self, folder: &Path) -> bool {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        self.leads_inside(folder, &mut folders)
    }

    fn leads_inside(&self, folder: &Path, folders: &mut HashMap<PathBuf, bool>) -> bool {
        if let Some(known) = folders.get(folder) {
            return *known;
        }
        // What is no link lies where the folder above it lies, which is asked once for all in it.
        let is_below = folder.parent().is_some_and(|above| self.leads_inside(above, folders))
            && fs::symlink_metadata(folder).is_ok_and(|data| data.is_dir());
        // A folder that is not there holds nothing, which the reading will say.
        let is_inside =
            is_below || system::canonical(folder).map_or(true, |real| self.contains(&real));
        folders.insert(folder.to_owned(), is_inside);
        is_inside
    }

    fn contains(&self, real: &Path) -> bool {
        self.roots.iter().any(|root| real.starts_with(root))
    }
}

fn leaves() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, LeavesSite)
}
