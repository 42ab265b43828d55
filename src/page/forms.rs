//! Which lines of a page's files show something as it is, and which are people's prose.
//!
//! In: a page. Out: the form of each line of each of its files. Files outside the folders of the
//! site are none of them: whatever an include leads to there is somebody else's.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use crate::model::{FileCache, FileId, Page, TextForm};
use crate::settings::{BasePath, Site};

/// The form of each line of the page's own file and of those that it includes. A line that is not
/// on the page, as the rest of a file of which a section is included, is like the one before it.
pub fn forms(site: &Site, files: &FileCache, page: &Page) -> BTreeMap<FileId, Vec<TextForm>> {
    let included = page.includes.iter().filter_map(|include| include.file);
    let own = [page.file].into_iter().chain(included);
    let mut known: BTreeMap<FileId, Vec<Option<TextForm>>> = own
        .filter(|&file| belongs(site, &files.path(page.file), &files.path(file)))
        .map(|file| (file, vec![None; files.bytes(file).line_count()]))
        .collect();
    let mut note = |indices: Range<usize>, form: TextForm| {
        for (file, first, count) in page.lines.stretches(indices) {
            let Some(lines) = known.get_mut(&file) else { continue };
            let first = first.saturating_sub(1).min(lines.len());
            let behind = (first + count).min(lines.len());
            for noted in &mut lines[first..behind] {
                *noted = Some(form).max(*noted);
            }
        }
    };
    note(0..page.lines.len(), TextForm::Prose);
    for fence in &page.fences {
        note(fence.content(), TextForm::Shown);
    }
    let whole = |(file, known): (FileId, Vec<Option<TextForm>>)| {
        let mut form = TextForm::Prose;
        let of_line = known.into_iter().map(|noted| {
            form = noted.unwrap_or(form);
            form
        });
        (file, of_line.collect())
    };
    known.into_iter().map(whole).collect()
}

/// Whether a file lies in the folder of the pages or in one that includes come from.
fn belongs(site: &Site, page: &Path, file: &Path) -> bool {
    let bases = site.snippets.iter().flat_map(|snippets| &snippets.base_paths);
    let mut bases = bases.map(|base| match base {
        BasePath::Path(path) => Some(path.as_path()),
        BasePath::PageFolder => page.parent(),
    });
    file.starts_with(&site.docs_dir)
        || bases.any(|base| base.is_some_and(|base| file.starts_with(base)))
}
