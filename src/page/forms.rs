//! Which lines of a page's files show something as it is, and which are people's prose.
//!
//! In: a page. Out: the form of each line of each of its files. Files outside the folders of the
//! site are none of them: whatever an include leads to there is somebody else's.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::{FileCache, FileId, Page, TextForm};
use crate::settings::{BasePath, Site};

/// The form of each line of the page's own file and of those that it includes. A line that is not
/// on the page, as the rest of a file of which a section is included, is like the one before it.
pub fn forms(site: &Site, files: &FileCache, page: &Page) -> BTreeMap<FileId, Vec<TextForm>> {
    let included = page.includes.iter().filter_map(|include| include.file);
    let own = [page.file].into_iter().chain(included);
    let mut known: BTreeMap<FileId, BTreeMap<usize, TextForm>> = own
        .filter(|&file| belongs(site, &files.path(page.file), &files.path(file)))
        .map(|file| (file, BTreeMap::new()))
        .collect();
    let mut note = |index: usize, form: TextForm| {
        if let Some(origin) = page.origin(index)
            && let Some(lines) = known.get_mut(&origin.file)
        {
            let noted = lines.entry(origin.line).or_insert(form);
            *noted = form.max(*noted);
        }
    };
    (0..page.lines.len()).for_each(|index| note(index, TextForm::Prose));
    let shown = page.fences.iter().flat_map(|fence| fence.content());
    shown.for_each(|index| note(index, TextForm::Shown));
    let whole = |(file, known): (FileId, BTreeMap<usize, TextForm>)| {
        let mut form = TextForm::Prose;
        let count = lines(&files.bytes(file)).count();
        let of_line = (1..=count).map(|line| {
            form = known.get(&line).copied().unwrap_or(form);
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

/// The lines with their endings: `\n`, `\r\n` or a lone `\r`, as Python's universal newlines.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let ends = |(index, byte): (usize, &u8)| match byte {
            b'\n' => Some(index + 1),
            b'\r' if rest.get(index + 1) != Some(&b'\n') => Some(index + 1),
            _ => None,
        };
        let end = rest.iter().enumerate().find_map(ends).unwrap_or(rest.len());
        let (line, behind) = rest.split_at(end);
        rest = behind;
        (!line.is_empty()).then_some(line)
    })
}
