//! Which included files are views of the page, told from where they are included.

use std::collections::HashSet;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Fence, FileCache, Include, IncludeStatus, Page, Place, View, ViewKind, is_url};
use crate::settings::Site;

use super::front_matter::ViewTargets;
use super::region;

/// What notes such as `<!-- doctool: skip -->` take out of doctool's hands.
#[derive(Debug, Default)]
pub(super) struct Skipped {
    /// Indices of fences.
    pub(super) fences: HashSet<usize>,
    /// Indices of includes that stand in no fence.
    includes: HashSet<usize>,
}

impl Skipped {
    pub(super) fn includes(&self, index: usize, include: &Include) -> bool {
        self.includes.contains(&index)
            || include.fence.is_some_and(|fence| self.fences.contains(&fence))
    }
}

/// The blocks that follow a note that asks to skip them.
pub(super) fn skipped(page: &Page) -> Skipped {
    let mut skipped = Skipped::default();
    for note in page.notes.iter().filter(|note| note.text == "skip") {
        let fence = page.fences.iter().position(|fence| fence.opener() > note.index);
        let is_next = |include: &Include| {
            include.fence.is_none() && include.parent.is_none() && include.lines.start > note.index
        };
        let include = page.includes.iter().position(is_next);
        match (fence, include) {
            (Some(fence), Some(include))
                if page.includes[include].lines.start < page.fences[fence].opener() =>
            {
                skipped.includes.insert(include);
            }
            (Some(fence), _) => {
                skipped.fences.insert(fence);
            }
            (None, Some(include)) => {
                skipped.includes.insert(include);
            }
            (None, None) => {}
        }
    }
    skipped
}

/// Whether the fence is a Mermaid diagram.
pub(super) fn is_mermaid(fence: &Fence) -> bool {
    fence.custom.as_deref().or(fence.language.as_deref()) == Some("mermaid")
}

/// Whether the fence is a Mermaid sequence diagram.
pub fn is_sequence_diagram(fence: &Fence) -> bool {
    is_mermaid(fence) && fence.text.trim_start().starts_with("sequenceDiagram")
}

/// The diagram, the request/response page and the log that the page includes: the first of each.
///
/// # Errors
///
/// When the file of one of them is not UTF-8, or one is wanted at a URL.
pub(super) fn included(
    site: &Site,
    files: &FileCache,
    page: &Page,
    wanted: &ViewTargets,
    skipped: &Skipped,
) -> Result<Vec<View>> {
    let mut views = Vec::new();
    for (kind, wanted) in [
        (ViewKind::Diagram, &wanted.diagram),
        (ViewKind::Body, &wanted.body),
        (ViewKind::Log, &wanted.log),
    ] {
        if let Some(target) = wanted.as_ref().filter(|target| is_url(target)) {
            let message = format!("the {kind} cannot be at `{target}`: doctool writes files only");
            let place = Place::file(files.shown(page.file));
            let hint = format!("name a file at `views:` in the front matter, or take `{kind}` out");
            return Err(Error::new(ErrorKind::Page, message).at(place).hint(hint));
        }
        let candidates: Vec<&Include> = page
            .includes
            .iter()
            .enumerate()
            .filter(|(index, include)| !skipped.includes(*index, include) && can_be_view(include))
            .map(|(_, include)| include)
            .filter(|include| match wanted {
                Some(target) => include.target.as_ref() == Some(target),
                None => stands_for(kind, files, page, include),
            })
            .collect();
        // A file that has content says what it is; an empty or missing one is only a guess.
        let with_content = candidates.iter().find(|include| !is_blank(files, include));
        let include = with_content.or(candidates.first());
        if let Some(include) = include
            && let Some(region) = region::of_include(site, page, files, include)?
        {
            views.push(View { kind, region });
        }
    }
    Ok(views)
}

/// Whether an include brings in a file from the page itself, or would if the file was there. What
/// stands at a URL cannot be written.
pub(super) fn can_be_view(include: &Include) -> bool {
    include.parent.is_none()
        && include.origin.is_some()
        && !include.is_url()
        && matches!(include.status, IncludeStatus::Ok | IncludeStatus::Missing)
}

fn is_blank(files: &FileCache, include: &Include) -> bool {
    include.file.is_none_or(|file| files.bytes(file).iter().all(u8::is_ascii_whitespace))
}

/// Whether an include is of this kind by its place and, where the file has content, by its form.
fn stands_for(kind: ViewKind, files: &FileCache, page: &Page, include: &Include) -> bool {
    let fence = include.fence.map(|fence| &page.fences[fence]);
    let has_form = |is_form: fn(&str) -> bool| {
        let bytes = include.file.map(|file| files.bytes(file));
        let lines = bytes.as_deref().unwrap_or_default().split(|byte| *byte == b'\n');
        let text = |line| String::from_utf8_lossy(line).trim_end_matches('\r').to_owned();
        is_blank(files, include) || lines.map(text).any(|line| is_form(&line))
    };
    match (kind, fence) {
        (ViewKind::Diagram, Some(fence)) => is_sequence_diagram(fence),
        (ViewKind::Body, None) => has_form(is_arrow),
        (ViewKind::Log, Some(fence)) => {
            let fills = |fence: &Fence| {
                fence
                    .content()
                    .all(|line| include.lines.contains(&line) || page.line(line).trim().is_empty())
            };
            !is_mermaid(fence) && fills(fence) && has_form(is_log_heading)
        }
        _ => false,
    }
}

/// Whether a file has the form of a log or of a request/response page, by its beginning.
pub fn has_form_of_view(bytes: &[u8]) -> bool {
    const BEGINNING: usize = 4096;
    let beginning = &bytes[..bytes.len().min(BEGINNING)];
    // Decoded line by line, because few lines are looked at.
    let lines = beginning.split(|byte| *byte == b'\n').map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        String::from_utf8_lossy(line)
    });
    let first = lines.clone().find(|line| !line.trim().is_empty());
    first.is_some_and(|line| is_log_heading(&line)) || lines.take(8).any(|line| is_arrow(&line))
}

/// `` `openstack` --> `keystone` ``, as it stands below each heading of a request/response page.
fn is_arrow(line: &str) -> bool {
    let mut words = line.split(' ');
    let is_name = |word: Option<&str>| {
        word.is_some_and(|word| word.len() > 2 && word.starts_with('`') && word.ends_with('`'))
    };
    is_name(words.next()) && matches!(words.next(), Some("-->" | "<--")) && is_name(words.next())
}

fn is_log_heading(line: &str) -> bool {
    line.starts_with("### (") && (line.contains(") REQ >>> (") || line.contains(") RESP <<< ("))
}
