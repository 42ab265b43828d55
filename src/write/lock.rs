//! One doctool at a time works on a site.
//!
//! In: the site's folder. Out: a lock on it that the system takes away with the process, however
//! that ends. The folder itself is locked, so nothing is left lying about.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::{Error, ErrorKind, Result};

/// Locks the folder, unless another process has.
pub(super) fn lock(folder: &Path) -> Result<File> {
    let failed = |cause: std::io::Error| {
        let message = format!("cannot lock `{}`", folder.display());
        Error::new(ErrorKind::File, message).because(cause)
    };
    let file = File::open(folder).map_err(failed)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => {
            let message = format!("another doctool is at work in `{}`", folder.display());
            Err(Error::new(ErrorKind::File, message)
                .hint("wait until it is done; nothing was run or written"))
        }
        // Some network file systems know no locks on folders.
        Err(Errno::BADF | Errno::NOSYS | Errno::OPNOTSUPP | Errno::NOLCK) => Ok(file),
        Err(cause) => Err(failed(cause.into())),
    }
}
