//! What the people who write a page should know about it: a page and what its reading has noticed
//! in, diagnostics with their places out.
//!
//! Nothing is searched for here that the reading has not noticed, so a page without flaws costs
//! next to nothing.

mod fences;
mod includes;

use std::ops::Range;

pub(super) use self::fences::places;
use super::blocks::Placed;
use super::fences::Failed;
use super::front_matter::Broken;
use super::snippets::Flaw;
use crate::model::{Diagnostic, DiagnosticKind, FileCache, FileId, Origin, Page, Place, Severity};
use crate::settings::Site;

/// What the reading of a page has noticed.
pub(super) struct Flaws {
    /// Whether the page's file is UTF-8.
    pub(super) is_text: bool,
    pub(super) front_matter: Option<Broken>,
    pub(super) includes: Vec<Flaw>,
    /// Lines that begin like a fence and open none.
    pub(super) failed: Vec<Failed>,
    /// What each of those would stand in if it opened one.
    pub(super) would_stand_in: Vec<Placed>,
    /// The lines of fences that indented code blocks have taken.
    pub(super) indented: Vec<Range<usize>>,
    /// The fences whose options could be meant in another way.
    pub(super) ambiguous: Vec<usize>,
}

/// The diagnostics of a page in the order of their places. What the settings append to every page
/// stands in no file, so there is no place to point at.
pub(super) fn page(site: &Site, files: &FileCache, page: &Page, flaws: &Flaws) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !flaws.is_text {
        found.extend(not_utf8(files, page.file));
    }
    if let Some(broken) = &flaws.front_matter {
        found.push(front_matter(files, page.file, broken));
    }
    found.extend(includes::diagnostics(site, files, page, &flaws.includes));
    found.extend(fences::diagnostics(site, files, page, flaws));
    found.sort_by(|one, two| one.place.cmp(&two.place));
    found
}

/// A finding that marks a part of a line.
fn at(
    files: &FileCache,
    origin: &Origin,
    part: impl FnOnce(&str) -> Range<usize>,
    kind: DiagnosticKind,
    message: String,
    hint: String,
) -> Option<Diagnostic> {
    let bytes = files.bytes(origin.file);
    let text = String::from_utf8_lossy(bytes.get(origin.span.clone())?).into_owned();
    let span = part(&text);
    let column = text[..span.start].chars().count() + 1;
    let place = Place { file: files.shown(origin.file), line: origin.line, column };
    let severity = Severity::Warning;
    Some(Diagnostic { kind, severity, place, text, span, message, hint: Some(hint) })
}

/// The first byte of a file that is not UTF-8; none when all are.
fn not_utf8(files: &FileCache, file: FileId) -> Option<Diagnostic> {
    let bytes = files.bytes(file);
    let wrong = std::str::from_utf8(&bytes).err()?.valid_up_to();
    let is_end = |&at: &usize| match bytes[at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    let ends: Vec<usize> = (0..wrong).filter(is_end).collect();
    let start = ends.last().map_or(0, |end| end + 1);
    let length = bytes[wrong..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    let end = length.map_or(bytes.len(), |length| wrong + length);
    let origin = Origin { file, line: ends.len() + 1, span: start..end };
    // The bytes before it are UTF-8, so they are as long in the text.
    let part = |_: &str| wrong - start..wrong - start + char::REPLACEMENT_CHARACTER.len_utf8();
    let message = format!("byte 0x{:02X} is not UTF-8; the site's build stops here", bytes[wrong]);
    at(files, &origin, part, DiagnosticKind::NotUtf8, message, "save the file as UTF-8".to_owned())
}

fn front_matter(files: &FileCache, file: FileId, broken: &Broken) -> Diagnostic {
    let bytes = files.bytes(file);
    let lines = String::from_utf8_lossy(&bytes);
    let line = lines.lines().nth(broken.line - 1).unwrap_or_default();
    let text = line.trim_start_matches('\u{feff}').to_owned();
    let message = match &broken.cause {
        Some(cause) => format!("this front matter is shown as text: {cause}"),
        None => "this front matter is shown as text: it is no mapping".to_owned(),
    };
    let start = text.len() - text.trim_start().len();
    let column = text[..start].chars().count() + 1;
    Diagnostic {
        kind: DiagnosticKind::BrokenFrontMatter,
        severity: Severity::Warning,
        place: Place { file: files.shown(file), line: broken.line, column },
        span: start..text.trim_end().len().max(start),
        text,
        message,
        hint: Some(
            "write YAML of the form `key: value`, and quote values that have a colon".to_owned(),
        ),
    }
}
