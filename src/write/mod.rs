//! All changes of a page, or none.
//!
//! In: [`Change`]s or [`Edit`]s. Out: the files with them, every other byte as it was. Files are made whole
//! beside the old ones and then renamed; when one cannot be, those that were are put back.

mod splice;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::{NamedTempFile, TempPath};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Change, Edit, FileCache, FileId, Place};

pub use splice::spliced;

/// A file as it was when the page was read; none when it was not there.
type Original = Option<Bytes>;

/// A file that is ready to take the place of another.
struct Prepared {
    file: PathBuf,
    original: Original,
    replacement: TempPath,
}

/// Writes the changes. `original` gives a file's bytes as they were when its page was read.
///
/// # Errors
///
/// When a file changed meanwhile or cannot be written; then none is changed.
pub fn write(changes: &[&Change], original: impl Fn(&Path) -> Option<Bytes>) -> Result<()> {
    let mut by_file: BTreeMap<&Path, Vec<&Change>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.region.text != change.text) {
        by_file.entry(&change.region.file).or_default().push(change);
    }
    let mut prepared = Vec::with_capacity(by_file.len());
    for (file, changes) in by_file {
        let original = original(file);
        let content = spliced(original.as_deref().unwrap_or_default(), &changes);
        prepared.push(prepare(file, original, &content)?);
    }
    exchange(prepared)
}

/// Replaces bytes of files that have been read, of all files or of none. The edits of a file must not
/// overlap.
///
/// # Errors
///
/// When a file changed since it was read or cannot be written; then none is changed.
pub fn edit(edits: &[Edit], files: &FileCache) -> Result<()> {
    let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        by_file.entry(edit.file).or_default().push(edit);
    }
    let mut prepared = Vec::with_capacity(by_file.len());
    for (file, mut edits) in by_file {
        let original = files.bytes(file);
        edits.sort_by_key(|edit| edit.span.start);
        let mut content = Vec::with_capacity(original.len());
        let mut done = 0;
        for edit in edits {
            content.extend_from_slice(&original[done..edit.span.start]);
            content.extend_from_slice(edit.text.as_bytes());
            done = edit.span.end;
        }
        content.extend_from_slice(&original[done..]);
        prepared.push(prepare(&files.path(file), Some(original), &content)?);
    }
    exchange(prepared)
}

/// Writes a file that no page shows, whatever stands there.
///
/// # Errors
///
/// When the file cannot be written.
pub fn keep(file: &Path, content: &str) -> Result<()> {
    let original = fs::read(file).ok().map(Bytes::from);
    exchange(vec![prepare(file, original, content.as_bytes())?])
}

/// Removes a file that no page shows any more, unless somebody has put something into it.
///
/// # Errors
///
/// When the file cannot be removed.
pub fn remove(file: &Path) -> Result<()> {
    match fs::metadata(file) {
        Ok(data) if data.len() == 0 => fs::remove_file(file).map_err(|cause| {
            Error::new(ErrorKind::File, "cannot remove this file")
                .because(cause)
                .at(Place::file(file))
        }),
        _ => Ok(()),
    }
}

/// Writes the content beside the file.
fn prepare(file: &Path, original: Original, content: &[u8]) -> Result<Prepared> {
    let failed = |cause: io::Error| {
        Error::new(ErrorKind::File, "cannot write this file").because(cause).at(Place::file(file))
    };
    // A link stays a link: what it leads to is replaced.
    let target = file.canonicalize().unwrap_or_else(|_| file.to_owned());
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
    let mut beside = NamedTempFile::new_in(folder).map_err(failed)?;
    beside.write_all(content).map_err(failed)?;
    let permissions = fs::metadata(&target).map(|data| data.permissions());
    beside.as_file().set_permissions(permissions.unwrap_or_else(|_| ordinary())).map_err(failed)?;
    beside.as_file().sync_all().map_err(failed)?;
    Ok(Prepared { file: target, original, replacement: beside.into_temp_path() })
}

/// The permissions of a new file; temporary ones are for their owner only.
fn ordinary() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o644)
}

fn exchange(prepared: Vec<Prepared>) -> Result<()> {
    let mut done: Vec<(PathBuf, Original)> = Vec::new();
    for Prepared { file, original, replacement } in prepared {
        if let Err(error) = replacement.persist(&file) {
            let cause = Error::new(ErrorKind::File, "cannot replace this file")
                .because(error.error)
                .at(Place::file(&file));
            return Err(match put_back(&done) {
                Ok(()) => cause.hint("nothing of this page was written"),
                Err(path) => {
                    cause.hint(format!("look at `{}`, which could not be put back", path.display()))
                }
            });
        }
        done.push((file, original));
    }
    Ok(())
}

fn put_back(done: &[(PathBuf, Original)]) -> std::result::Result<(), PathBuf> {
    for (file, original) in done {
        let put = match original {
            Some(bytes) => fs::write(file, bytes),
            None => fs::remove_file(file),
        };
        put.map_err(|_| file.clone())?;
    }
    Ok(())
}
