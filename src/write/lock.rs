//! One doctool at a time works on a site.
//!
//! In: the site's folder. Out: a lock on it that the system takes away with the process, however
//! that ends.

use std::fs::File;
use std::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::system;

/// Locks the folder, unless another process has.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let file = system::lock_folder(folder).map_err(|cause| {
        let message = format!("cannot lock `{}`", folder.display());
        Error::new(ErrorKind::File, message).because(cause)
    })?;
    file.ok_or_else(|| {
        let message = format!("another doctool is at work in `{}`", folder.display());
        Error::new(ErrorKind::File, message)
            .hint("wait until it is done; nothing was run or written")
    })
}
