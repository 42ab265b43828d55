//! Where a view stands: whole lines of one file, with their bytes.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Fence, FileCache, FileId, Include, Page, Place, Region};
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
    let content: Vec<&str> = fence.text.split('\n').collect();
    Some(Region {
        file: files.path(first.file),
        place: Place::line(files.shown(first.file), first.line + usize::from(is_empty)),
        span,
        prefix: page.prefix(fence, guide).to_owned(),
        text: content[lines].iter().map(|line| format!("{line}\n")).collect(),
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
            text: String::new(),
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
    let text = std::str::from_utf8(&bytes[start..]).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        Error::new(ErrorKind::Page, "this file is not UTF-8")
            .at(Place::line(&place.file, line))
            .hint("save it as UTF-8, or delete it and let `doctool refresh` write it")
    })?;
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.lines().map(|line| format!("{line}\n")).collect();
    Ok(Region {
        file: files.path(file),
        place,
        span: start..bytes.len(),
        prefix: String::new(),
        text,
    })
}

/// The lines of the page's own file that stand in no fence: what people wrote there, with the lines
/// that open and close fences. A region for each stretch of lines that follow one another.
pub(super) fn of_prose(page: &Page, files: &FileCache) -> Vec<Region> {
    let bytes = files.bytes(page.file);
    let mut regions: Vec<Region> = Vec::new();
    let mut fences = page.fences.iter().peekable();
    let mut next_line = 0;
    for index in 0..page.lines.len() {
        while fences.next_if(|fence| fence.lines.end <= index).is_some() {}
        let is_content = fences.peek().is_some_and(|fence| fence.content().contains(&index));
        let Some(origin) =
            page.origin(index).filter(|origin| !is_content && origin.file == page.file)
        else {
            continue;
        };
        // Behind the last line's ending there is a line for Python, and none for a file.
        if origin.span.start == bytes.len() {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes[origin.span.clone()]);
        let end = end_of_line(&bytes, origin.span.end);
        match regions.last_mut() {
            Some(region) if origin.line == next_line => {
                region.span.end = end;
                region.text.push_str(&text);
                region.text.push('\n');
            }
            _ => regions.push(Region {
                file: files.path(page.file),
                place: Place::line(files.shown(page.file), origin.line),
                span: origin.span.start..end,
                prefix: String::new(),
                text: format!("{text}\n"),
            }),
        }
        next_line = origin.line + 1;
    }
    regions
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
    Some(Region { file: files.path(file), place, span, prefix: String::new(), text })
}

/// Where the line ends, ending included, whose text ends at `end`.
fn end_of_line(bytes: &[u8], end: usize) -> usize {
    match &bytes[end..] {
        [b'\r', b'\n', ..] => end + 2,
        [b'\r' | b'\n', ..] => end + 1,
        _ => end,
    }
}
