//! All changes of a page, or none.
//!
//! In: [`Change`]s or [`Edit`]s. Out: the files with them, every other byte as it was. New files are
//! written whole beside the old ones, and then all of them take their places.

mod journal;
mod lock;
mod splice;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Change, Edit, FileCache, FileId, FileText, LeavesSite, Place};
use crate::settings::Site;
use crate::system;

use journal::Journal;

pub use splice::spliced;

/// A file as it was when the page was read; none when it was not there.
type Original = Option<FileText>;

/// A file and what takes its place.
struct Prepared {
    /// Without links.
    file: PathBuf,
    /// As people know it.
    shown: PathBuf,
    original: Original,
    content: Vec<u8>,
}

/// The only doctool that works on a site, as long as it lives.
#[derive(Debug)]
pub struct Writer {
    folder: PathBuf,
    roots: Vec<PathBuf>,
    journal: Journal,
    _lock: File,
}

impl Writer {
    /// Keeps other doctools away from the site, and brings to its end what one that was killed had
    /// begun to write.
    ///
    /// # Errors
    ///
    /// When another one is at work, or what is half done can neither be finished nor taken back.
    pub fn open(site: &Site) -> Result<Self> {
        let lock = lock::lock(&site.folder)?;
        let journal = Journal::below(&site.folder.join(".doctool"));
        let changed = journal.recover(&site.roots()).map_err(|cause| {
            Error::new(ErrorKind::File, "cannot finish what a doctool that was ended had begun")
                .because(cause)
                .hint("see whether the site's folder can be written, and has room")
        })?;
        if let Some(file) = changed.first() {
            let message = "this file was changed after a doctool had been ended while it wrote";
            return Err(Error::new(ErrorKind::File, message)
                .at(Place::file(file))
                .hint("look at the page, which may be new in part, and run doctool again"));
        }
        Ok(Self { folder: site.folder.clone(), roots: site.roots(), journal, _lock: lock })
    }

    /// Writes the changes of a page, and its log if no view shows that. `original` gives a file's
    /// bytes as they were when its page was read.
    ///
    /// # Errors
    ///
    /// When a file changed meanwhile or cannot be written; then none is changed.
    pub fn write(
        &self,
        changes: &[&Change],
        log: Option<(&Path, &str)>,
        original: impl Fn(&Path) -> Option<FileText>,
    ) -> Result<()> {
        let mut by_file: BTreeMap<&Path, Vec<&Change>> = BTreeMap::new();
        for change in changes.iter().filter(|change| change.region.text != change.text) {
            by_file.entry(&change.region.file).or_default().push(change);
        }
        let mut prepared = Vec::with_capacity(by_file.len());
        for (file, changes) in by_file {
            let original = original(file);
            let content = spliced(original.as_deref().unwrap_or_default(), &changes);
            prepared.push(self.prepare(file, original, content)?);
        }
        if let Some((file, content)) = log {
            prepared.push(self.prepare(file, now(file), content.as_bytes().to_vec())?);
        }
        self.journal.exchange(&prepared)
    }

    /// Replaces bytes of files that have been read, of all files or of none. The edits of a file must
    /// not overlap. One that several paths lead to is replaced once.
    ///
    /// # Errors
    ///
    /// When a file changed since it was read or cannot be written; then none is changed.
    pub fn edit(&self, edits: &[Edit], files: &FileCache) -> Result<()> {
        let mut by_path: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        for edit in edits {
            by_path.entry(edit.file).or_default().push(edit);
        }
        let mut by_file: BTreeMap<PathBuf, (FileId, Vec<&Edit>)> = BTreeMap::new();
        for (file, edits) in by_path {
            let path = files.path(file);
            let target = target(&path).map_err(|cause| unwritable(&path, cause))?;
            by_file.entry(target).or_insert((file, Vec::new())).1.extend(edits);
        }
        let mut prepared = Vec::with_capacity(by_file.len());
        for (file, mut edits) in by_file.into_values() {
            let original = files.bytes(file);
            edits.sort_by_key(|edit| edit.span.start);
            edits.dedup_by(|one, other| one.span == other.span);
            let mut content = Vec::with_capacity(original.len());
            let mut done = 0;
            for edit in edits {
                content.extend_from_slice(&original[done..edit.span.start]);
                content.extend_from_slice(edit.text.as_bytes());
                done = edit.span.end;
            }
            content.extend_from_slice(&original[done..]);
            prepared.push(self.prepare(&files.path(file), Some(original), content)?);
        }
        self.journal.exchange(&prepared)
    }

    /// Writes a file that no page shows, whatever stands there.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn keep(&self, file: &Path, content: &str) -> Result<()> {
        let prepared = self.prepare(file, now(file), content.as_bytes().to_vec())?;
        self.journal.exchange(&[prepared])
    }

    /// Removes a file that no page shows any more, unless somebody has put something into it.
    ///
    /// # Errors
    ///
    /// When the file cannot be removed.
    pub fn remove(&self, file: &Path) -> Result<()> {
        match fs::symlink_metadata(file) {
            Ok(data) if data.is_file() && data.len() == 0 => {
                fs::remove_file(file).map_err(|cause| {
                    Error::new(ErrorKind::File, "cannot remove this file")
                        .because(cause)
                        .at(Place::file(file))
                })
            }
            _ => Ok(()),
        }
    }

    /// Sees whether the file may be replaced.
    fn prepare(&self, file: &Path, original: Original, content: Vec<u8>) -> Result<Prepared> {
        let failed = |cause: io::Error| unwritable(file, cause);
        // A link stays a link: what it leads to is replaced.
        let target = target(file).map_err(failed)?;
        // One that was named on the command line may lie beside the site.
        let is_inside = self.roots.iter().any(|root| target.starts_with(root));
        if !is_inside && file.starts_with(&self.folder) {
            let hint = "name the folder that it leads to as a `base_path` of pymdownx.snippets";
            return Err(failed(io::Error::other(LeavesSite)).hint(hint));
        }
        let folder = target.parent().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        fs::create_dir_all(folder).map_err(failed)?;
        let now = match fs::read(&target) {
            Ok(bytes) => Some(bytes),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => None,
            Err(cause) => return Err(failed(cause)),
        };
        if now.as_deref() != original.as_deref() {
            return Err(Error::new(ErrorKind::File, "this file changed meanwhile")
                .at(Place::file(file))
                .hint("run doctool again; nothing of this page was written"));
        }
        // Whoever may write in the folder could replace it all the same; it is meant to stay.
        if fs::metadata(&target).is_ok_and(|data| data.permissions().readonly()) {
            return Err(failed(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"))
                .hint("make it writable; nothing of this page was written"));
        }
        Ok(Prepared { file: target, shown: file.to_owned(), original, content })
    }
}

fn unwritable(file: &Path, cause: io::Error) -> Error {
    Error::new(ErrorKind::File, "cannot write this file").because(cause).at(Place::file(file))
}

fn now(file: &Path) -> Original {
    fs::read(file).ok().map(FileText::from)
}

/// Where a file is or will be, without links.
fn target(file: &Path) -> io::Result<PathBuf> {
    if let Ok(real) = system::canonical(file) {
        return Ok(real);
    }
    if file.is_symlink() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "it is a link that leads nowhere"));
    }
    let (Some(folder), Some(name)) = (file.parent(), file.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // The folders above that are not there yet are no links.
    Ok(match folder.as_os_str().is_empty() {
        true => file.to_owned(),
        false => target(folder)?.join(name),
    })
}
