//! Locks that the system takes away with the process, however that ends.
//!
//! A lock is a file that nobody else may open, and that the system removes when it is closed. Files that are
//! meant are not locked themselves: on Windows that would keep others from writing to them.

use std::env;
use std::fs::{File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Removes a file when it is closed (`FILE_FLAG_DELETE_ON_CLOSE`).
const PASSING: u32 = 0x0400_0000;

/// What is said of a file that somebody has for himself (`ERROR_SHARING_VIOLATION`), or that is just being
/// removed (`ERROR_ACCESS_DENIED`, `ERROR_DELETE_PENDING`).
const TAKEN: [i32; 3] = [32, 5, 303];

/// How often somebody who waits for a turn looks.
const LOOK: Duration = Duration::from_millis(50);

/// Locks a folder; none when another process has.
pub(crate) fn lock_folder(folder: &Path) -> io::Result<Option<File>> {
    lock(&folder.join(".doctool-lock"))
}

/// Holds off other doctools that ask for a turn at the same file, until the turn is dropped. Says before it
/// has to wait for one. None where there is no file.
pub(crate) fn take_turn(path: &Path, waits: impl FnOnce()) -> io::Result<Option<File>> {
    let real = match super::canonical(path) {
        Ok(real) => real,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut hasher = DefaultHasher::new();
    real.hash(&mut hasher);
    let place = env::temp_dir().join(format!("doctool-{:016x}.lock", hasher.finish()));
    if let Some(turn) = lock(&place)? {
        return Ok(Some(turn));
    }
    waits();
    loop {
        thread::sleep(LOOK);
        if let Some(turn) = lock(&place)? {
            return Ok(Some(turn));
        }
    }
}

fn lock(place: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).share_mode(0).custom_flags(PASSING);
    match options.open(place) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.raw_os_error().is_some_and(|code| TAKEN.contains(&code)) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::lock_folder;

    #[test]
    fn a_lock_is_for_one_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let first = lock_folder(folder.path()).expect("it can be locked");
        assert!(first.is_some());
        assert!(lock_folder(folder.path()).expect("it can be asked").is_none());
        drop(first);
        assert!(lock_folder(folder.path()).expect("it can be locked").is_some());
        assert_eq!(folder.path().read_dir().expect("it is there").count(), 0);
    }
}
