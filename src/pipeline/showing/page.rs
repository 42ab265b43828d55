//! The page's own lines around its diagram, edited by their numbers in the file: the lines that people
//! wrote, with their changes so far, in; further changes out.

use std::ops::RangeInclusive;
use std::path::Path;

use crate::model::{Change, Prose, Region, ViewKind};

/// The text of a page and what is to become of it.
pub(super) struct PageText<'a> {
    prose: &'a Prose,
    changes: &'a mut Vec<Change>,
    edits: Vec<Edit>,
}

/// Lines that take the place of others.
struct Edit {
    region: Region,
    /// The first line that goes, counted from 0 in the region, and how many go.
    first: usize,
    count: usize,
    lines: Vec<String>,
}

impl<'a> PageText<'a> {
    /// A page with the changes that are made so far; those of words have as many lines as before.
    pub(super) fn of(prose: &'a Prose, changes: &'a mut Vec<Change>) -> Self {
        Self { prose, changes, edits: Vec::new() }
    }

    /// Lines of a file as they stand.
    pub(super) fn lines(&self, file: &Path, lines: RangeInclusive<usize>) -> Vec<String> {
        let Some((region, first)) = self.region(file, *lines.start()) else { return Vec::new() };
        let text = region.text.lines().skip(first).take(lines.count());
        text.map(str::to_owned).collect()
    }

    /// Puts lines behind one of a file.
    pub(super) fn put_behind(&mut self, file: &Path, line: usize, lines: Vec<String>) {
        if !lines.is_empty() {
            self.replace(file, line..=line, |old| [old, lines].concat());
        }
    }

    /// Takes a block out, and a blank line before it.
    pub(super) fn take_block(&mut self, file: &Path, block: RangeInclusive<usize>) {
        let before = block.start().saturating_sub(1).max(1);
        let is_blank = |line: usize| {
            self.lines(file, line..=line).first().is_some_and(|line| line.trim().is_empty())
        };
        let first = if is_blank(before) { before } else { *block.start() };
        self.replace(file, first..=*block.end(), |_| Vec::new());
    }

    /// Puts the number with which a block begins into its own lines.
    pub(super) fn number(&mut self, file: &Path, block: RangeInclusive<usize>, number: u64) {
        for (at, line) in block.clone().zip(self.lines(file, block)) {
            let Some(rest) = line.trim_start().strip_prefix("autonumber ") else { continue };
            if rest.trim() != number.to_string() {
                let indent = &line[..line.len() - line.trim_start().len()];
                let new = format!("{indent}autonumber {number}");
                self.replace(file, at..=at, |_| vec![new]);
            }
        }
    }

    /// Makes the changes.
    pub(super) fn finish(self) {
        let Self { changes, mut edits, .. } = self;
        // From the bottom up, so that places stay true.
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.first));
        for Edit { region, first, count, lines } in edits {
            let is_here = |change: &Change| {
                change.kind == ViewKind::Prose
                    && change.region.file == region.file
                    && change.region.span == region.span
            };
            let at = changes.iter().position(is_here).unwrap_or_else(|| {
                let text = region.text.clone();
                let kind = ViewKind::Prose;
                changes.push(Change { kind, region, text, findings: Vec::new() });
                changes.len() - 1
            });
            let change = &mut changes[at];
            let mut text: Vec<String> = change.text.lines().map(str::to_owned).collect();
            for finding in &mut change.findings {
                if finding.new_line >= first + count {
                    finding.new_line = finding.new_line + lines.len() - count;
                }
            }
            text.splice(first..first + count, lines);
            change.text = text.iter().map(|line| format!("{line}\n")).collect();
        }
    }

    fn replace(
        &mut self,
        file: &Path,
        lines: RangeInclusive<usize>,
        new: impl FnOnce(Vec<String>) -> Vec<String>,
    ) {
        let Some((region, first)) = self.region(file, *lines.start()) else { return };
        let region = region.clone();
        let as_changed = self.changes.iter().find(|change| {
            change.kind == ViewKind::Prose
                && change.region.file == region.file
                && change.region.span == region.span
        });
        let text = as_changed.map_or(&region.text, |change| &change.text);
        let count = lines.count();
        let old = text.lines().skip(first).take(count).map(str::to_owned).collect();
        self.edits.push(Edit { region, first, count, lines: new(old) });
    }

    /// The stretch of the page's words that holds a line of a file, and which line of it that is.
    fn region(&self, file: &Path, line: usize) -> Option<(&'a Region, usize)> {
        self.prose.regions.iter().find_map(|region| {
            let first = line.checked_sub(region.place.line)?;
            (region.file == file && first < region.text.lines().count()).then_some((region, first))
        })
    }
}

/// A line of a block as it is in the block for the next part, whose file says its number.
pub(super) fn without_number(line: &str, target: &str, next: &str) -> String {
    if line.trim_start().starts_with("autonumber ") {
        return format!("{}autonumber", &line[..line.len() - line.trim_start().len()]);
    }
    if line.contains("--8<--") || line.trim() == target {
        return line.replace(target, next);
    }
    line.to_owned()
}
