//! A diff from what stands in a file to what should stand there: a change in, a unified diff out.

use similar::{DiffTag, TextDiff};

use crate::model::{Change, FileCache, Place};
use crate::write;

/// What a change makes of its file.
pub(super) struct Diff {
    /// The first line that differs.
    pub(super) place: Place,
    /// The unified diff, with the file's line numbers and without secrets.
    pub(super) text: String,
}

impl Diff {
    /// The diff of this change. `hide` takes secrets out.
    pub(super) fn of(change: &Change, files: &FileCache, hide: &dyn Fn(&str) -> String) -> Self {
        let bytes = files.read(&change.region.file);
        let bytes = bytes.map(|file| files.bytes(file)).unwrap_or_default();
        let new = write::spliced(&bytes, &[change]);
        let (old, new) = (String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&new));
        let diff = TextDiff::from_lines(&*old, &*new);
        let first = diff.ops().iter().find(|op| op.tag() != DiffTag::Equal);
        let line = first.map_or(change.region.place.line, |op| op.old_range().start + 1);
        let (file, kind) = (change.region.place.file.display(), change.kind);
        let mut unified = diff.unified_diff();
        let unified = unified.header(
            &format!("{file} ({kind} as documented)"),
            &format!("{file} ({kind} of this run)"),
        );
        Self {
            place: Place::line(change.region.place.file.clone(), line),
            text: hide(&unified.context_radius(2).to_string()),
        }
    }
}
