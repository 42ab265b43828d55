//! What a page contains and exactly where, in the dialect of MkDocs 1.6.1, Python-Markdown 3.11.3
//! and pymdown-extensions 13.1.
//!
//! A page's file goes in, a [`Page`] comes out. The steps are those of the real thing, in its
//! order: front matter, includes, white space, fences, and then blocks, which decide what each
//! fence stands in.

mod blocks;
mod diagnose;
mod fences;
mod front_matter;
mod html;
mod normal;
mod python;
mod snippets;
mod source;
mod yaml;

use std::path::Path;

use self::blocks::BlockRow;
use self::fences::Found;
use self::html::{Kept, Stash, Text};
use self::normal::Normal;
use self::snippets::Expansion;
use self::source::{Source, small};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Container, FileCache, Note, Page, Place};
use crate::settings::{EarlyBlock, FenceStyle, Site};

/// Reads a page and all it includes. The path may be relative to the working directory.
///
/// Fails with [`ErrorKind::Page`] when the file cannot be read. Whatever is wrong in a page that
/// can be read is a diagnostic.
pub fn read(site: &Site, files: &FileCache, path: &Path) -> Result<Page> {
    let absolute = files.absolute(path);
    let shown = files.shown_path(&absolute);
    let file = files.read(&absolute).map_err(|error| {
        Error::new(ErrorKind::Page, format!("cannot read `{}`", shown.display()))
            .at(Place::file(&shown))
            .because(error)
    })?;
    let bytes = files.bytes(file);
    let source = Source::decode_lossy(file, &bytes);
    let split = front_matter::split(&source);
    let expansion = if python::strip(&source.text[split.offset..]).is_empty() {
        // A page without text is not processed at all.
        Expansion::default()
    } else {
        let folder = absolute.parent().unwrap_or(Path::new("/"));
        let rows = source.rows(split.offset, split.number);
        snippets::expand(site.snippets.as_ref(), files, folder, &source, rows)
    };
    let Expansion { text, lines, mut includes } = expansion;
    let normal = Normal::new(&text, &lines, site.dialect.meta);
    let raw = |index: usize| {
        let (start, end) = lines[index].text;
        &text[start as usize..end as usize]
    };
    let (found, normal) = fences::find(&site.fences, normal, raw);
    let containers = containers(site, &normal, &found);
    let placed = found.into_iter().zip(containers);
    let fences: Vec<_> =
        placed.filter_map(|(found, chain)| Some(found.into_fence(chain?))).collect();
    for include in &mut includes {
        let after = fences.partition_point(|fence| fence.lines.start < include.lines.start);
        let index = after.checked_sub(1);
        include.fence =
            index.filter(|index| snippets::lies_in(&include.lines, &fences[*index].lines));
    }
    let notes = (0..lines.len()).filter_map(|index| note(index, raw(index))).collect();
    Ok(Page {
        path: site.page_path(&absolute).unwrap_or_else(|| shown.display().to_string()),
        file,
        front_matter: split.front_matter,
        lines,
        fences,
        notes,
        diagnostics: diagnose::includes(files, &includes),
        includes,
        text,
    })
}

/// What each fence stands in; none for those that turn out to be none.
fn containers(site: &Site, normal: &Normal<'_>, found: &[Found]) -> Vec<Option<Vec<Container>>> {
    if found.is_empty() {
        return Vec::new();
    }
    let mut stash = Stash::default();
    let mut document = Text::default();
    let mut index = normal.dropped;
    for (number, fence) in found.iter().enumerate() {
        for index in index..fence.lines.start {
            document.push_line(normal.line(index), small(index));
        }
        let line = small(fence.lines.start);
        let placeholder = stash.keep(Kept::Fence(number));
        let apart = site.fences.style == FenceStyle::Plain;
        if apart {
            document.push_line("", line);
        }
        document.push_line(&format!("{}{placeholder}", fence.indent), line);
        if apart {
            document.push_line("", line);
        }
        index = fence.lines.end;
    }
    for index in index..normal.len() {
        document.push_line(normal.line(index), small(index));
    }
    // Python-Markdown puts two line ends behind every page.
    for _ in 0..2 {
        document.push_line("", small(normal.len().saturating_sub(1)));
    }
    let markdown = site.dialect.early.contains(&EarlyBlock::MarkdownInHtml);
    let document = html::extract(document, &mut stash, markdown);
    let original = |number: usize| {
        let fence = &found[number];
        let row = |index: usize| BlockRow { text: normal.line(index), line: small(index) };
        (fence.indent.len(), fence.lines.clone().map(row).collect())
    };
    blocks::place(&site.dialect, &site.fences, &stash, document.rows(), found.len(), original)
}

/// A comment for doctool that stands alone on its line.
fn note(index: usize, line: &str) -> Option<Note> {
    let inner = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
    let text = inner.trim_start().strip_prefix("doctool:")?.trim();
    Some(Note { text: text.to_owned(), index })
}
