//! Locks that the system takes away with the process, however that ends.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Locks a folder; none when another process has. The folder itself is locked, so nothing is left lying
/// about.
pub(crate) fn lock_folder(folder: &Path) -> io::Result<Option<File>> {
    let file = File::open(folder)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Ok(None),
        // Some network file systems know no locks on folders.
        Ok(()) | Err(Errno::BADF | Errno::NOSYS | Errno::OPNOTSUPP | Errno::NOLCK) => {
            Ok(Some(file))
        }
        Err(cause) => Err(cause.into()),
    }
}

/// Holds off other doctools that ask for a turn at the same file, until the turn is dropped. Says before it
/// has to wait for one. None where there is no file.
pub(crate) fn take_turn(path: &Path, waits: impl FnOnce()) -> io::Result<Option<File>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        waits();
        flock(&file, FlockOperation::LockExclusive)?;
    }
    Ok(Some(file))
}
