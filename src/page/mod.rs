//! What a page contains and exactly where, in the dialect of MkDocs 1.6.1, Python-Markdown 3.11.3
//! and pymdown-extensions 13.1.
//!
//! A page's file goes in, a [`Page`] comes out. The steps are those of the real thing, in its
//! order: front matter, includes, white space, fences, and then blocks, which decide what each
//! fence stands in.

mod blocks;
mod diagnose;
mod fences;
mod forms;
mod front_matter;
mod html;
mod normal;
mod python;
mod snippets;
mod source;
mod yaml;

use std::ops::Range;
use std::path::Path;

pub use self::forms::forms;

use self::blocks::{BlockRow, Placed};
use self::diagnose::Flaws;
use self::fences::{Found, Known, Scan};
use self::html::{Kept, Stash, Text};
use self::normal::Normal;
use self::snippets::Expansion;
use self::source::{Source, small};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Fetched, FileCache, FileText, Include, Lines, Note, Page, Place, Remote};
use crate::settings::{EarlyBlock, FenceSettings, FenceStyle, Site};

/// Reads a page and all it includes but URLs: the network is not touched. The path may be relative
/// to the working directory.
///
/// Fails with [`ErrorKind::Page`] when the file cannot be read. Whatever is wrong in a page that
/// can be read is a diagnostic.
pub fn read(site: &Site, files: &FileCache, path: &Path) -> Result<Page> {
    read_with(site, files, &|_| Fetched::Offline, path)
}

/// Reads a page and all it includes, URLs too where the site's settings allow them.
///
/// # Errors
///
/// As [`read`].
pub fn read_with(site: &Site, files: &FileCache, remote: Remote<'_>, path: &Path) -> Result<Page> {
    let absolute = files.absolute(path);
    let (file, bytes) = files.hold(&absolute).map_err(|error| {
        let shown = files.shown_path(&absolute);
        Error::new(ErrorKind::Page, format!("cannot read `{}`", shown.display()))
            .at(Place::file(&shown))
            .because(error)
    })?;
    let source = Source::decode_lossy(file, &bytes);
    let split = front_matter::split(&source);
    let expansion = if python::strip(&source.text[split.offset..]).is_empty() {
        // A page without text is not processed at all.
        Expansion::default()
    } else {
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let rows = source.rows(split.offset, split.number);
        snippets::expand(site.snippets.as_ref(), files, remote, folder, &source, rows)
    };
    let Expansion { lines, mut includes, held, flaws } = expansion;
    let normal = Normal::new(&lines, site.dialect.meta);
    let known = Known::of(&site.fences, &lines, &includes, &held);
    let (scan, normal) = fences::find(&site.fences, normal, &lines, &known);
    let includes_nothing = includes.iter().all(|include| include.origin.is_none());
    if includes_nothing && source.begins_with_file() {
        let begin = (split.offset, split.number);
        fences::remember(&site.fences, files, &bytes, begin, &lines, &normal, &scan);
    }
    let Scan { found, failed } = scan;
    let places = placed(site, &site.fences, &normal, &stretches(site, &found));
    let would_stand_in = diagnose::places(site, &normal, &found, &failed);
    let is_as_written = normal.is_as_written();
    let (mut fences, mut ambiguous, mut indented) = (Vec::new(), Vec::new(), Vec::new());
    for (found, place) in found.into_iter().zip(places) {
        match place {
            Placed::In(containers) => {
                if !(found.is_plain && is_as_written) {
                    ambiguous.push(fences.len());
                }
                fences.push(found.into_fence(containers));
            }
            Placed::IndentedCode => indented.push(found.lines),
            Placed::Nowhere => {}
        }
    }
    for include in &mut includes {
        let after = fences.partition_point(|fence| fence.lines.start < include.lines.start);
        let index = after.checked_sub(1);
        include.fence =
            index.filter(|index| snippets::lies_in(&include.lines, &fences[*index].lines));
    }
    let held: Vec<FileText> =
        held.into_iter().map(|(_, text)| text).chain([bytes.clone()]).collect();
    // Most pages have none, and that is quick to see.
    let may_have_notes =
        held.iter().any(FileText::names_doctool) || includes.iter().any(Include::is_url);
    let notes = if may_have_notes { notes(&lines) } else { Vec::new() };
    let mut page = Page {
        path: site.page_path(&absolute).unwrap_or_else(|| files.shown(file).display().to_string()),
        file,
        front_matter: split.front_matter,
        lines,
        fences,
        notes,
        diagnostics: Vec::new(),
        includes,
        held,
    };
    let flaws = Flaws {
        is_text: source.is_verbatim(),
        front_matter: split.broken,
        includes: flaws,
        failed,
        would_stand_in,
        indented,
        ambiguous,
    };
    page.diagnostics = diagnose::page(site, files, &page, &flaws);
    Ok(page)
}

/// Lines of a page that a placeholder stands for while blocks are parsed.
struct Stretch<'a> {
    lines: Range<usize>,
    indent: &'a str,
    /// Whether the placeholder has empty lines around it.
    apart: bool,
}

/// The lines of fences.
fn stretches<'a>(site: &Site, found: &'a [Found]) -> Vec<Stretch<'a>> {
    let apart = site.fences.style == FenceStyle::Plain;
    let fences = found.iter();
    fences
        .map(|fence| Stretch { lines: fence.lines.clone(), indent: &fence.block.indent, apart })
        .collect()
}

/// Where each of these stretches of lines ends up.
fn placed(
    site: &Site,
    fences: &FenceSettings,
    normal: &Normal<'_>,
    stretches: &[Stretch<'_>],
) -> Vec<Placed> {
    if stretches.is_empty() {
        return Vec::new();
    }
    let mut stash = Stash::default();
    let placeholders = Placeholders::new(stretches, &mut stash);
    let row = |index: usize| BlockRow { text: normal.line(index), line: small(index) };
    let hidden: usize = stretches.iter().map(|stretch| stretch.lines.len()).sum();
    let room = (normal.len() + 3 * stretches.len() + 2).saturating_sub(hidden);
    let (mut rows, mut may_have_html) = (Vec::with_capacity(room), false);
    let mut between = |rows: &mut Vec<_>, lines: Range<usize>| {
        may_have_html |= html::may_be_in(normal.text_of(lines.clone()));
        rows.extend(lines.map(row));
    };
    let mut index = normal.dropped;
    for (number, stretch) in stretches.iter().enumerate() {
        between(&mut rows, index..stretch.lines.start);
        let line = small(stretch.lines.start);
        let placeholder = BlockRow { text: placeholders.get(number), line };
        let apart = stretch.apart.then_some(BlockRow { text: "", line });
        rows.extend(apart.into_iter().chain([placeholder]).chain(apart));
        index = stretch.lines.end;
    }
    between(&mut rows, index..normal.len());
    // Python-Markdown puts two line ends behind every page.
    let line = small(normal.len().saturating_sub(1));
    rows.extend([BlockRow { text: "", line }; 2]);
    let extracted;
    if may_have_html {
        let markdown = site.dialect.early.contains(&EarlyBlock::MarkdownInHtml);
        extracted = html::extract(&Text::of(&rows), &mut stash, markdown);
        rows = extracted.rows();
    }
    let original = |number: usize| {
        let stretch = &stretches[number];
        (stretch.indent.len(), stretch.lines.clone().map(row).collect())
    };
    blocks::place(&site.dialect, fences, &stash, rows, stretches.len(), original)
}

/// The lines that stand for stretches.
struct Placeholders {
    text: String,
    /// Where each ends in the text.
    ends: Vec<usize>,
}

impl Placeholders {
    fn new(stretches: &[Stretch<'_>], stash: &mut Stash) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::with_capacity(stretches.len()));
        for (number, stretch) in stretches.iter().enumerate() {
            text.push_str(stretch.indent);
            stash.keep(Kept::Fence(number)).push_to(&mut text);
            ends.push(text.len());
        }
        Self { text, ends }
    }

    fn get(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }
}

/// The comments for doctool.
fn notes(lines: &Lines) -> Vec<Note> {
    (0..lines.len()).filter_map(|index| note(index, lines.line(index))).collect()
}

/// A comment for doctool that stands alone on its line.
fn note(index: usize, line: &str) -> Option<Note> {
    let inner = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    let text = inner.trim_start().strip_prefix("doctool:")?.trim();
    Some(Note { text: text.to_owned(), index })
}
