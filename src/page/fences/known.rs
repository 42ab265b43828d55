//! Fences of files that were looked through before: an included file that stands in the page as it
//! is, outside of any fence, has the fences there that it has as a page of its own.

use std::ops::Range;
use std::sync::Arc;

use super::{Found, Scan};
use crate::model::{FileCache, FileId, FileText, Include, Lines};
use crate::page::normal::Normal;
use crate::settings::{FenceSettings, FenceStyle};

/// What is remembered of a file.
struct Remembered {
    settings: FenceSettings,
    found: Vec<Found>,
}

/// The lines of a page that are whole files with known fences, in order and apart.
#[derive(Default)]
pub(in crate::page) struct Known(Vec<(Range<usize>, Arc<Remembered>)>);

impl Known {
    /// What is known of the files that a page includes.
    pub(in crate::page) fn of(
        settings: &FenceSettings,
        lines: &Lines,
        includes: &[Include],
        held: &[(FileId, FileText)],
    ) -> Self {
        let mut known: Vec<(Range<usize>, Arc<Remembered>)> = Vec::new();
        for include in includes.iter().filter(|include| include.indent == 0) {
            let Some(file) = include.file else { continue };
            let Some((_, text)) = held.iter().find(|(held, _)| *held == file) else { continue };
            let Some(remembered) = text.remembered::<Remembered>() else { continue };
            if remembered.settings == *settings
                && known.last().is_none_or(|(last, _)| last.end <= include.lines.start)
                && text.text() == Some(lines.joined(include.lines.clone()))
            {
                known.push((include.lines.clone(), remembered));
            }
        }
        Self(known)
    }

    /// The lines and the fences of the file that this line belongs to, if it begins behind `from`.
    pub(super) fn at(&self, line: usize, from: usize) -> Option<(Range<usize>, &[Found])> {
        let behind = self.0.partition_point(|(lines, _)| lines.start <= line);
        let (lines, remembered) = self.0[..behind].last()?;
        let is_whole = from <= lines.start && line < lines.end;
        is_whole.then(|| (lines.clone(), &*remembered.found))
    }
}

/// Remembers the fences of a page for the pages that include its file. It is a page of nothing but
/// its file, from this byte and line on, and of what the settings append.
pub(in crate::page) fn remember(
    settings: &FenceSettings,
    files: &FileCache,
    file: &FileText,
    (offset, number): (usize, usize),
    lines: &Lines,
    normal: &Normal<'_>,
    scan: &Scan,
) {
    if settings.style == FenceStyle::Plain || settings.preserve_tabs || !scan.failed.is_empty() {
        return;
    }
    let Some(text) = file.text().filter(|_| !scan.found.is_empty()) else { return };
    let appended = lines.text().strip_prefix(&text[offset..]);
    let is_as_it_stands = appended.is_some_and(|text| text.is_empty() || text.starts_with('\n'));
    // What a page leaves out at its top opens no fence elsewhere if it is blank.
    let is_blank = |text: &str| text.trim_ascii().is_empty();
    let is_all =
        is_blank(&text[..offset]) && is_blank(lines.joined(0..normal.dropped.min(lines.len())));
    // What is in the page is known to be normal where the whole page is.
    let unknown = if normal.is_as_written() { &text[..offset] } else { text };
    let is_normal = memchr::memchr3(b'\t', 2, 3, unknown.as_bytes()).is_none();
    if !is_as_it_stands || !is_all || !is_normal {
        return;
    }
    let above = number - 1;
    let count = file.newlines().len() + 1 - above;
    let own = scan.found.partition_point(|fence| fence.lines.start < count);
    let own = &scan.found[..own];
    if own.last().is_some_and(|fence| fence.lines.end <= count) {
        let found = own.iter().map(|fence| fence.moved(above)).collect();
        files.remember(file, Remembered { settings: settings.clone(), found });
    }
}
