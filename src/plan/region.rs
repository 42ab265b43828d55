//! Where a view stands: whole lines of one file, with their bytes.

use std::ops::Range;
use std::path::{Path, PathBuf};

use memchr::memchr_iter;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Excerpt, Fence, FileCache, FileId, Include, Page, Place, Region};
use crate::settings::{BasePath, Site};

/// The lines of a fence's content with these numbers, counted from 0; none when they come from
/// several places, so that there is no one place to edit. An empty range stands behind the line
/// before it.
pub(super) fn of_content(
    page: &Page,
    files: &FileCache,
    fence: &Fence,
    lines: Range<usize>,
) -> Option<Region> {
    let start = fence.content().start + lines.start;
    let indices = start..start + lines.len();
    let is_empty = indices.is_empty();
    // An empty region goes by the line before it, which may be the fence's opening one.
    let guide = if is_empty { start - 1 } else { start };
    let first = page.origin(guide)?;
    let bytes = files.bytes(first.file);
    let mut span = first.span;
    if is_empty {
        span.start = end_of_line(&bytes, span.end);
        span.end = span.start;
    }
    for (index, line) in indices.zip(first.line..) {
        let origin = page.origin(index)?;
        if origin.file != first.file || origin.line != line {
            return None;
        }
        span.end = end_of_line(&bytes, origin.span.end);
    }
    let mut text = String::new();
    for line in fence.text.split('\n').skip(lines.start).take(lines.len()) {
        text.push_str(line);
        text.push('\n');
    }
    Some(Region {
        file: files.path(first.file).to_path_buf(),
        place: Place::line(files.shown(first.file), first.line + usize::from(is_empty)),
        span,
        prefix: page.prefix(fence, guide).to_owned(),
        text: text.into(),
    })
}

/// What an include brings in: the whole file, or the lines of it that it names.
///
/// # Errors
///
/// When the file is not UTF-8, or there is no base path below which a new file could be made.
pub(super) fn of_include(
    site: &Site,
    page: &Page,
    files: &FileCache,
    include: &Include,
) -> Result<Option<Region>> {
    let target = include.target.as_deref().unwrap_or_default().trim();
    let (Some(file), Some(resolved)) = (include.file, &include.resolved) else {
        return Ok(new_file(site, page, files, target).map(|file| Region {
            place: Place::line(files.shown_path(&file), 1),
            file,
            span: 0..0,
            prefix: String::new(),
            text: Excerpt::default(),
        }));
    };
    if resolved.ends_with(Path::new(target)) {
        return whole_file(files, file).map(Some);
    }
    Ok(selected_lines(page, files, file, include.lines.clone()))
}

fn new_file(site: &Site, page: &Page, files: &FileCache, target: &str) -> Option<PathBuf> {
    let folder = site.snippets.as_ref()?.base_paths.iter().find_map(|base| match base {
        BasePath::Path(path) if path.is_dir() => Some(path.clone()),
        BasePath::Path(_) => None,
        BasePath::PageFolder => files.path(page.file).parent().map(Path::to_owned),
    })?;
    let file = files.absolute(&folder.join(target));
    file.starts_with(&folder).then_some(file)
}

fn whole_file(files: &FileCache, file: FileId) -> Result<Region> {
    let bytes = files.bytes(file);
    let place = Place::line(files.shown(file), 1);
    let start = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let Some(mut text) = Excerpt::of(&bytes, start..bytes.len()) else {
        let valid = bytes.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
        let line = memchr_iter(b'\n', &bytes[..valid]).count() + 1;
        return Err(Error::new(ErrorKind::Page, "this file is not UTF-8")
            .at(Place::line(&place.file, line))
            .hint("save it as UTF-8, or delete it and let `doctool refresh` write it"));
    };
    if bytes.has_carriage_returns() {
        text = text.replace("\r\n", "\n").replace('\r', "\n").into();
    }
    if !text.is_empty() && !text.ends_with('\n') {
        text.to_mut().push('\n');
    }
    Ok(Region {
        file: files.path(file).to_path_buf(),
        place,
        span: start..bytes.len(),
        prefix: String::new(),
        text,
    })
}

fn selected_lines(
    page: &Page,
    files: &FileCache,
    file: FileId,
    lines: Range<usize>,
) -> Option<Region> {
    let bytes = files.bytes(file);
    let first = page.origin(lines.start).filter(|_| !lines.is_empty())?;
    let (mut span, mut text) = (first.span.clone(), String::new());
    for (offset, index) in lines.enumerate() {
        let origin = page.origin(index)?;
        if origin.file != file || origin.line != first.line + offset {
            return None;
        }
        span.end = end_of_line(&bytes, origin.span.end);
        text.push_str(&String::from_utf8_lossy(&bytes[origin.span]));
        text.push('\n');
    }
    let place = Place::line(files.shown(file), first.line);
    let (file, text) = (files.path(file).to_path_buf(), text.into());
    Some(Region { file, place, span, prefix: String::new(), text })
}

/// Where the line ends, ending included, whose text ends at `end`.
pub(super) fn end_of_line(bytes: &[u8], end: usize) -> usize {
    match &bytes[end..] {
        [b'\r', b'\n', ..] => end + 2,
        [b'\r' | b'\n', ..] => end + 1,
        _ => end,
    }
}
