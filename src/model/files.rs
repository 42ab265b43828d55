//! The files of a site, each read once: paths in, bytes out, and a small id for each to pass around.
//!
//! Several threads may share a cache. Bytes are handed out as they are on disk, because every
//! place in a page is a byte range of the file it came from.

use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file that a [`FileCache`] has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// Files read so far, by path.
#[derive(Debug)]
pub struct FileCache {
    root: PathBuf,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    ids: HashMap<PathBuf, FileId>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    path: PathBuf,
    bytes: Arc<[u8]>,
}

impl FileCache {
    /// A cache for files seen from a working directory, which must be absolute.
    pub fn new(working_directory: impl Into<PathBuf>) -> Self {
        Self { root: working_directory.into(), inner: Mutex::default() }
    }

    /// Reads a file unless it has been read already. Relative paths start at the working directory.
    pub fn read(&self, path: &Path) -> io::Result<FileId> {
        let path = self.absolute(path);
        if let Some(id) = self.inner().ids.get(&path) {
            return Ok(*id);
        }
        // Read without the lock: other threads need not wait for this disk.
        let bytes: Arc<[u8]> = std::fs::read(&path)?.into();
        if bytes.len() > u32::MAX as usize {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than 4 GiB"));
        }
        let mut inner = self.inner();
        if let Some(id) = inner.ids.get(&path) {
            return Ok(*id);
        }
        let id = FileId(u32::try_from(inner.entries.len()).expect("fewer than 2^32 files"));
        inner.ids.insert(path.clone(), id);
        inner.entries.push(Entry { path, bytes });
        Ok(id)
    }

    /// The file's bytes as they were when it was read.
    pub fn bytes(&self, file: FileId) -> Arc<[u8]> {
        Arc::clone(&self.inner().entries[file.0 as usize].bytes)
    }

    /// The file's absolute path.
    pub fn path(&self, file: FileId) -> PathBuf {
        self.inner().entries[file.0 as usize].path.clone()
    }

    /// The path as people see it: relative to the working directory where it lies below that.
    pub fn shown(&self, file: FileId) -> PathBuf {
        self.shown_path(&self.path(file))
    }

    /// Any path as people see it: relative to the working directory where it lies below that.
    pub fn shown_path(&self, path: &Path) -> PathBuf {
        match path.strip_prefix(&self.root) {
            Ok(below) if !below.as_os_str().is_empty() => below.to_path_buf(),
            _ => path.to_path_buf(),
        }
    }

    /// The path from the root of the file system, without `.` and `..`; links are not followed.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        absolute(&self.root, path)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the table whole: every change to it is a single insertion.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn absolute(root: &Path, path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in root.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}
