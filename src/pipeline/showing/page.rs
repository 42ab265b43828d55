//! The page's own lines around its diagram, edited by their numbers in the file: the lines that people
//! wrote, with their changes so far, in; further changes out.

use std::ops::RangeInclusive;
use std::path::Path;

use crate::model::{Change, Prose, Region, ViewKind};

use super::{links, table};

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

    /// The lines of each stretch as they stand.
    pub(super) fn regions(&self) -> impl Iterator<Item = Vec<String>> {
        self.prose.regions.iter().map(|region| region.text.lines().map(str::to_owned).collect())
    }

    /// Puts paragraphs or blocks behind a line of a file.
    pub(super) fn put_behind(&mut self, file: &Path, line: usize, mut lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        let Some((region, at)) = self.region(file, line) else { return };
        if region.text.lines().nth(at + 1).is_some_and(|next| !next.trim().is_empty()) {
            lines.push(String::new());
        }
        self.edits.push(Edit { region: region.clone(), first: at + 1, count: 0, lines });
    }

    /// The line of links below a line, and what it begins with.
    pub(super) fn links_below(&self, file: &Path, line: usize) -> Option<(usize, String)> {
        let (region, at) = self.region(file, line)?;
        let mut below = region.text.lines().enumerate().skip(at + 1);
        let (found, text) = below.find(|(_, line)| !line.trim().is_empty())?;
        Some((line + found - at, links::lead(text)?))
    }

    /// Brings the table that tells what names stand for up to date. Gives the lines of a new one
    /// where there is none.
    pub(super) fn with_names(&mut self, names: &[(String, Option<String>)]) -> Vec<String> {
        if names.iter().all(|(_, value)| value.is_none()) {
            return Vec::new();
        }
        let all: Vec<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
        for region in &self.prose.regions {
            let lines: Vec<String> = region.text.lines().map(str::to_owned).collect();
            let Some(table) = table::find(&lines, &all) else { continue };
            let (changed, added) = table.brought_up(names);
            let edit = |first, count, lines| Edit { region: region.clone(), first, count, lines };
            let changed = changed.into_iter().map(|(line, text)| edit(line, 1, vec![text]));
            self.edits.extend(changed);
            self.edits.push(edit(table.last + 1, 0, added));
            return Vec::new();
        }
        table::new(names)
    }

    /// Takes a block out, and a blank line before it.
    pub(super) fn take_block(&mut self, file: &Path, block: RangeInclusive<usize>) {
        let before = block.start().saturating_sub(1).max(1);
        let is_blank = |line: usize| {
            self.lines(file, line..=line).first().is_some_and(|line| line.trim().is_empty())
        };
        let first = if is_blank(before) { before } else { *block.start() };
        self.replace(file, first..=*block.end(), Vec::new());
    }

    /// Puts the number with which a block begins into its own lines.
    pub(super) fn number(&mut self, file: &Path, block: RangeInclusive<usize>, number: u64) {
        for (at, line) in block.clone().zip(self.lines(file, block)) {
            let Some(rest) = line.trim_start().strip_prefix("autonumber ") else { continue };
            if rest.trim() != number.to_string() {
                let new = format!("{}autonumber {number}", indent(&line));
                self.replace(file, at..=at, vec![new]);
            }
        }
    }

    /// Makes the changes.
    pub(super) fn finish(self) {
        let Self { changes, mut edits, .. } = self;
        // From the bottom up, so that places stay true.
        edits.retain(|edit| edit.count > 0 || !edit.lines.is_empty());
        edits.sort_by_key(|edit| (std::cmp::Reverse(edit.first), edit.count == 0));
        for Edit { region, first, count, lines } in edits {
            let is_here = |change: &Change| {
                change.kind == ViewKind::Prose
                    && change.region.file == region.file
                    && change.region.span == region.span
            };
            let at = changes.iter().position(is_here).unwrap_or_else(|| {
                let text = region.text.to_string();
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

    /// Puts lines in the place of others.
    pub(super) fn replace(&mut self, file: &Path, lines: RangeInclusive<usize>, new: Vec<String>) {
        let Some((region, first)) = self.region(file, *lines.start()) else { return };
        let edit = Edit { region: region.clone(), first, count: lines.count(), lines: new };
        self.edits.push(edit);
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
        return format!("{}autonumber", indent(line));
    }
    if line.contains("--8<--") || line.trim() == target {
        return line.replace(target, next);
    }
    line.to_owned()
}

/// What a line begins with.
pub(super) fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}
