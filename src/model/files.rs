//! The files of a site, each read once: paths in, bytes out, and a small id for each to pass around.
//!
//! Several threads may share a cache. Bytes are handed out as they are on disk, because every
//! place in a page is a byte range of the file it came from. A cache may be given room for so many
//! bytes only; then it lets go of the files that nobody has asked for longest, but never of bytes
//! that somebody holds: while a page is looked at, its files are what they were.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use foldhash::HashMap;

use super::FileText;
use super::confined::Confined;
use super::file_text::Handle;
use crate::system;

/// Files of which it is remembered what was made of them. Who includes a file mostly lies beside it.
const REMEMBERED: usize = 64;

/// A file that a [`FileCache`] has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// Files read so far, by path.
#[derive(Debug)]
pub struct FileCache {
    root: PathBuf,
    /// Bytes to keep, those that are held elsewhere too not counted.
    room: usize,
    table: Mutex<Table>,
    /// Where files may be, if that is restricted.
    confined: Option<Confined>,
    /// Texts of which something is remembered, the oldest first.
    remembered: Mutex<VecDeque<Handle>>,
    /// For each path that was asked about, whether it leads to a folder; none where nothing is there.
    folders: Mutex<HashMap<OsString, Option<bool>>>,
}

#[derive(Debug, Default)]
struct Table {
    /// By the names of the paths, which are all written the same way and quicker told apart.
    ids: HashMap<OsString, FileId>,
    entries: Vec<Arc<Entry>>,
    /// The files in the order in which they were asked for; only the last time of each counts.
    asked: VecDeque<(FileId, u64)>,
    /// The last time that each was asked for.
    times: Vec<u64>,
    /// How often anything was asked for.
    now: u64,
    /// Bytes that are kept.
    size: usize,
}

#[derive(Debug)]
struct Entry {
    path: Arc<Path>,
    /// The path as people see it.
    shown: PathBuf,
    /// Locked while the file is read, so that whoever wants it meanwhile waits and does not read
    /// it too. None before that, and when it was let go.
    bytes: Mutex<Option<FileText>>,
}

impl FileCache {
    /// A cache for files seen from a working directory, which must be absolute. Keeps all.
    pub fn new(working_directory: impl Into<PathBuf>) -> Self {
        Self::with_room(working_directory, usize::MAX)
    }

    /// A cache that keeps so many bytes, and beyond them only what somebody holds. A file that was
    /// let go is read again when it is asked for.
    pub fn with_room(working_directory: impl Into<PathBuf>, room: usize) -> Self {
        let root = working_directory.into();
        let (table, remembered, folders) = Default::default();
        Self { root, room, table, confined: None, remembered, folders }
    }

    /// Reads only files that lie in these folders, which must not be links; a link that leads
    /// elsewhere cannot be read.
    #[must_use]
    pub fn confined_to(mut self, roots: Vec<PathBuf>) -> Self {
        self.confined = Some(Confined::to(roots));
        self
    }

    /// Reads a file unless it has been read already. Relative paths start at the working directory.
    pub fn read(&self, path: &Path) -> io::Result<FileId> {
        self.hold(path).map(|(file, _)| file)
    }

    /// Reads a file unless it has been read already, and gives its bytes too. As long as they are
    /// held, [`bytes`](Self::bytes) gives the same.
    pub fn hold(&self, path: &Path) -> io::Result<(FileId, FileText)> {
        let (file, entry) = self.entry(&self.absolute(path));
        // Read without a lock on the table: other threads need not wait for this disk.
        Ok((file, self.filled(file, &entry)?))
    }

    /// Whether a path leads to a folder; none where nothing is there. Links are followed. What the
    /// answer was once it stays.
    pub fn is_folder(&self, path: &Path) -> Option<bool> {
        let folders = || self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = folders().get(path.as_os_str()) {
            return *known;
        }
        if self.is_read(path) {
            return Some(false);
        }
        let is_folder = path.metadata().ok().map(|found| found.is_dir());
        folders().insert(path.into(), is_folder);
        is_folder
    }

    /// Whether the bytes of a file at this path are there.
    fn is_read(&self, path: &Path) -> bool {
        let table = self.table();
        let entry = table.ids.get(path.as_os_str()).map(|file| &table.entries[file.0 as usize]);
        entry.is_some_and(|entry| entry.bytes.try_lock().is_ok_and(|bytes| bytes.is_some()))
    }

    /// Keeps what was made of a file for the next ones who need that, until much else was made.
    pub(crate) fn remember<T: Send + Sync + 'static>(&self, text: &FileText, made: T) {
        if !text.remember(Arc::new(made)) {
            return;
        }
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.push_back(text.handle());
        // Each gets another chance as often as somebody asks for it.
        while remembered.len() > REMEMBERED
            && let Some(oldest) = remembered.pop_front()
        {
            if oldest.forget() {
                remembered.push_back(oldest);
            }
        }
    }

    /// The file's bytes as they were when it was read.
    pub fn bytes(&self, file: FileId) -> FileText {
        let entry = Arc::clone(&self.table().entries[file.0 as usize]);
        self.filled(file, &entry).unwrap_or_default()
    }

    /// The file's absolute path.
    pub fn path(&self, file: FileId) -> Arc<Path> {
        Arc::clone(&self.table().entries[file.0 as usize].path)
    }

    /// The path as people see it: relative to the working directory where it lies below that.
    pub fn shown(&self, file: FileId) -> PathBuf {
        self.table().entries[file.0 as usize].shown.clone()
    }

    /// Any path as people see it: relative to the working directory where it lies below that.
    pub fn shown_path(&self, path: &Path) -> PathBuf {
        system::with_slashes(match path.strip_prefix(&self.root) {
            Ok(below) if !below.as_os_str().is_empty() => below.to_path_buf(),
            _ => path.to_path_buf(),
        })
    }

    /// The path from the root of the file system, without `.` and `..`; links are not followed.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        absolute(&self.root, path)
    }

    fn entry(&self, path: &Path) -> (FileId, Arc<Entry>) {
        let mut table = self.table();
        let file = match table.ids.get(path.as_os_str()) {
            Some(file) => *file,
            None => {
                let file = FileId(u32::try_from(table.entries.len()).expect("fewer than 2^32"));
                table.ids.insert(path.into(), file);
                let shown = self.shown_path(path);
                let entry = Entry { path: path.into(), shown, bytes: Mutex::default() };
                table.entries.push(Arc::new(entry));
                table.times.push(0);
                file
            }
        };
        if self.room < usize::MAX {
            table.ask(file);
        }
        (file, Arc::clone(&table.entries[file.0 as usize]))
    }

    /// The bytes of an entry, which are read if they are not there.
    fn filled(&self, file: FileId, entry: &Entry) -> io::Result<FileText> {
        let mut bytes = entry.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = &*bytes {
            return Ok(bytes.clone());
        }
        let read = FileText::from(match &self.confined {
            Some(confined) => confined.read(&entry.path)?,
            None => std::fs::read(&entry.path)?,
        });
        if read.len() > u32::MAX as usize {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than 4 GiB"));
        }
        *bytes = Some(read.clone());
        drop(bytes);
        self.make_room(file, read.len());
        Ok(read)
    }

    /// Counts bytes that were read, and lets go of what there is no room for.
    fn make_room(&self, file: FileId, length: usize) {
        if self.room == usize::MAX {
            return;
        }
        let mut table = self.table();
        table.size += length;
        table.ask(file);
        // Each file gets one chance: what is held now has to wait for the next time.
        for _ in 0..table.asked.len() {
            if table.size <= self.room {
                return;
            }
            let Some((oldest, time)) = table.asked.pop_front() else { return };
            if table.times[oldest.0 as usize] != time {
                continue;
            }
            let entry = Arc::clone(&table.entries[oldest.0 as usize]);
            // A lock that somebody has means that the file is being read or asked for.
            let mut bytes = entry.bytes.try_lock().ok();
            match bytes.as_deref_mut() {
                Some(bytes) if oldest != file && bytes.as_ref().is_none_or(FileText::is_unique) => {
                    table.size -= bytes.take().map_or(0, |bytes| bytes.len());
                }
                _ => table.asked.push_back((oldest, time)),
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // A panic elsewhere leaves the table usable: at worst it keeps a file longer.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Notes that a file was asked for.
    fn ask(&mut self, file: FileId) {
        self.now += 1;
        self.times[file.0 as usize] = self.now;
        self.asked.push_back((file, self.now));
    }
}

fn absolute(root: &Path, path: &Path) -> PathBuf {
    if is_plain(path) {
        return path.to_path_buf();
    }
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

/// Whether a path is what [`absolute`] would make of it, as most are: this is quick to see.
fn is_plain(path: &Path) -> bool {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut pairs = bytes.windows(2);
    path.is_absolute()
        && bytes.starts_with(b"/")
        && !bytes.ends_with(b"/")
        && !pairs.any(|pair| matches!(pair, b"//" | b"/."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_in_one_way() {
        for (path, expected) in [
            ("a", "/site/a"),
            ("./a//b/", "/site/a/b"),
            ("../a/../b", "/b"),
            ("/a/b", "/a/b"),
            ("/a/./b", "/a/b"),
            ("/a/.", "/a"),
            ("/a//b", "/a/b"),
            ("/a/b/", "/a/b"),
            ("/a/../../b", "/b"),
            ("/a/.b", "/a/.b"),
            ("/a/b..", "/a/b.."),
            ("/", "/"),
        ] {
            let is = absolute(Path::new("/site"), Path::new(path));
            assert_eq!(is.as_os_str(), expected, "{path}");
        }
    }

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).expect("the file can be written");
        }
        folder
    }

    #[test]
    fn a_file_is_read_once_while_there_is_room() {
        let folder = folder(&[("a", "one")]);
        let files = FileCache::with_room(folder.path(), 100);
        let file = files.read(Path::new("a")).expect("it is there");
        std::fs::write(folder.path().join("a"), "two").expect("the file can be written");
        assert_eq!(files.read(Path::new("./a")).expect("it was read"), file);
        assert_eq!(&*files.bytes(file), b"one");
    }

    #[test]
    fn what_stands_at_a_path_is_asked_once() {
        let folder = folder(&[("a", "one")]);
        let files = FileCache::new(folder.path());
        let file = folder.path().join("a");
        for path in [folder.path(), &file, &folder.path().join("b")] {
            let there = path.metadata().ok().map(|found| found.is_dir());
            assert_eq!(files.is_folder(path), there);
        }
        std::fs::remove_file(&file).expect("the file is there");
        assert_eq!(files.is_folder(&file), Some(false));
    }

    #[test]
    fn what_was_asked_for_longest_ago_goes_first_and_what_is_held_stays() {
        let folder = folder(&[("a", "1234"), ("b", "1234"), ("c", "1234"), ("d", "1234")]);
        let files = FileCache::with_room(folder.path(), 12);
        let read = |name: &str| files.read(Path::new(name)).expect("it is there");
        let held = files.hold(Path::new("a")).expect("it is there");
        for name in ["b", "c", "b", "d"] {
            read(name);
        }
        for name in ["a", "b", "c", "d"] {
            std::fs::write(folder.path().join(name), "new!").expect("the file can be written");
        }
        let now = ["a", "b", "d", "c"].map(|name| files.bytes(read(name)).to_vec());
        assert_eq!(now, [b"1234", b"1234", b"1234", b"new!"]);
        assert_eq!(&*held.1, b"1234");
    }
}
