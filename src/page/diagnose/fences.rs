//! What is wrong with a page's fences: lines that begin like one and open none, and fences that
//! are others than their author meant. Only what a reader of the site would notice is told.

use std::collections::HashMap;
use std::ops::Range;

use super::{Flaws, at};
use crate::model::{
    Container, ContainerKind, Diagnostic, DiagnosticKind, Fence, FileCache, Origin, Page,
};
use crate::page::blocks::Placed;
use crate::page::fences::{self, Failed, Failure, Found, marker};
use crate::page::normal::Normal;
use crate::page::{Stretch, placed, stretches};
use crate::settings::{FenceSettings, FenceStyle, Site};

/// How many faults of a page's fences are told. Whoever has so many needs no more to begin.
const MOST: usize = 100;

/// How far the end of a code span is looked for.
const LONGEST_SPAN: usize = 50;

/// What each line that opens no fence would stand in if it opened one.
pub(in crate::page) fn places(
    site: &Site,
    normal: &Normal<'_>,
    found: &[Found],
    failed: &[Failed],
) -> Vec<Placed> {
    if failed.is_empty() {
        return Vec::new();
    }
    let mut stretches = stretches(site, found);
    stretches.extend(failed.iter().map(|failed| Stretch {
        lines: failed.line..failed.line + 1,
        indent: &failed.indent,
        apart: false,
    }));
    stretches.sort_by_key(|stretch| stretch.lines.start);
    // Only superfences tells when an indented code block takes a fence.
    let settings = FenceSettings { style: FenceStyle::Super, ..site.fences.clone() };
    let places = placed(site, &settings, normal, &stretches);
    let is_failed = |line| failed.binary_search_by_key(&line, |failed| failed.line).is_ok();
    let all = stretches.iter().zip(places);
    all.filter(|(stretch, _)| is_failed(stretch.lines.start)).map(|(_, place)| place).collect()
}

/// The diagnostics of fences.
pub(super) fn diagnostics(
    site: &Site,
    files: &FileCache,
    page: &Page,
    flaws: &Flaws,
) -> Vec<Diagnostic> {
    let reader = Reader { site, files, page, closers: closers(page, flaws) };
    let mut faults: Vec<(usize, Fault<'_>)> = Vec::new();
    for (failed, place) in flaws.failed.iter().zip(&flaws.would_stand_in) {
        let is_seen = match place {
            Placed::In(containers) => !reader.is_hidden(containers),
            Placed::IndentedCode => failed.reason == Failure::Indent,
            Placed::Nowhere => false,
        };
        if is_seen {
            faults.push((failed.line, Fault::Failed(failed)));
        }
    }
    faults.extend(flaws.indented.iter().map(|lines| (lines.start, Fault::Indented(lines))));
    faults.sort_by_key(|(line, _)| *line);
    let mut found = Vec::new();
    // Up to here lines belong to a fence that was meant, and go wrong only because it does.
    let mut covered = 0;
    for (line, fault) in faults {
        if found.len() == MOST {
            break;
        }
        if line < covered {
            covered = covered.max(reader.also_spoilt(&fault));
            continue;
        }
        let told = match &fault {
            Fault::Failed(failed) => reader.failed(failed),
            Fault::Indented(lines) => reader.indented(lines),
        };
        if let Some(told) = told {
            let marker = marker(behind(page.line(line))).unwrap_or_default();
            covered = reader.closer(marker, line).map_or(line + 1, |closer| closer + 1);
            covered = covered.max(reader.also_spoilt(&fault));
            found.push(told);
        }
    }
    let ambiguous = flaws.ambiguous.iter().map(|index| &page.fences[*index]);
    let mangled = ambiguous.filter(|fence| !fence.options.is_empty());
    found.extend(mangled.filter_map(|fence| reader.mangled(fence)).take(MOST));
    found
}

enum Fault<'a> {
    Failed(&'a Failed),
    Indented(&'a Range<usize>),
}

/// The lines that could close a fence, by their marker; nothing when there is no use for them.
fn closers<'a>(page: &'a Page, flaws: &Flaws) -> HashMap<&'a str, Vec<usize>> {
    let mut closers: HashMap<&str, Vec<usize>> = HashMap::new();
    if !flaws.failed.is_empty() || !flaws.indented.is_empty() {
        for index in 0..page.lines.len() {
            let text = behind(page.line(index)).trim_end_matches([' ', '\t']);
            if marker(text) == Some(text) {
                closers.entry(text).or_default().push(index);
            }
        }
    }
    closers
}

/// A line without what may stand before its marker.
fn behind(line: &str) -> &str {
    line.trim_start_matches(['>', ' ', '\t'])
}

struct Reader<'a> {
    site: &'a Site,
    files: &'a FileCache,
    page: &'a Page,
    closers: HashMap<&'a str, Vec<usize>>,
}

impl Reader<'_> {
    /// Whether nobody sees a code block in these containers, or its lines are meant to be seen.
    fn is_hidden(&self, containers: &[Container]) -> bool {
        let hides = |container: &Container| {
            let head = self.page.line(container.head);
            let tags = ["<!--", "<pre", "<script", "<style", "<textarea"];
            container.kind == ContainerKind::RawHtml && tags.iter().any(|tag| head.contains(tag))
        };
        containers.iter().any(hides)
    }

    /// The first line behind this one that is nothing but the marker.
    fn closer(&self, marker: &str, line: usize) -> Option<usize> {
        let closers = self.closers.get(marker)?;
        closers.get(closers.partition_point(|closer| *closer <= line)).copied()
    }

    /// Where a fence ends that opens no fence only because its first line ends another one.
    fn also_spoilt(&self, fault: &Fault<'_>) -> usize {
        let Fault::Failed(Failed { reason: Failure::Unclosed(Some(end)), .. }) = fault else {
            return 0;
        };
        let marker = marker(behind(self.page.line(*end)));
        let closer = marker.and_then(|marker| self.closer(marker, *end));
        closer.map_or(0, |closer| closer + 1)
    }

    /// Marks a part of what stands behind what may stand before a marker.
    fn at(
        &self,
        line: usize,
        part: Range<usize>,
        kind: DiagnosticKind,
        message: String,
        hint: String,
    ) -> Option<Diagnostic> {
        let rest = behind(self.page.line(line));
        let span = |text: &str| match text.strip_suffix(rest) {
            Some(before) => before.len() + part.start..before.len() + part.end,
            // The file has another encoding, or a character that is not shown.
            None => 0..text.len(),
        };
        at(self.files, &self.page.origin(line)?, span, kind, message, hint)
    }

    fn failed(&self, failed: &Failed) -> Option<Diagnostic> {
        match failed.reason {
            Failure::Header => self.disabled(failed),
            Failure::Unclosed(end) => self.unclosed(failed, end),
            Failure::Indent => {
                self.closer(&failed.marker, failed.line)?;
                self.at(
                    failed.line,
                    0..failed.marker.len(),
                    DiagnosticKind::IndentedFence,
                    "this is no fence, because it is indented".to_owned(),
                    "enable `pymdownx.superfences`, which knows indented fences".to_owned(),
                )
            }
        }
    }

    fn disabled(&self, failed: &Failed) -> Option<Diagnostic> {
        // Without a line that could close it, nobody meant a fence.
        self.closer(&failed.marker, failed.line)?;
        let text = behind(self.page.line(failed.line));
        let marker = failed.marker.len();
        if self.is_code_span(failed) {
            return None;
        }
        let fault = fences::disabled(&self.site.fences, &text[marker..]);
        let part = match fault.span.is_empty() {
            true => 0..marker,
            false => fault.span.start + marker..fault.span.end + marker,
        };
        let message = format!("this opens no fence: {}", fault.message);
        self.at(failed.line, part, DiagnosticKind::DisabledFence, message, fault.hint)
    }

    /// Whether backticks begin code within a line of text.
    fn is_code_span(&self, failed: &Failed) -> bool {
        let marker = failed.marker.as_str();
        let first = behind(self.page.line(failed.line));
        if has_run(&first[marker.len()..], marker) {
            return true;
        }
        let end = self.page.lines.len().min(failed.line + LONGEST_SPAN);
        for index in failed.line + 1..end {
            let text = behind(self.page.line(index)).trim_end();
            if text.is_empty() || fences::marker(text) == Some(text) {
                return false;
            }
            if marker.starts_with('`') && has_run(text, marker) {
                return true;
            }
        }
        false
    }

    fn unclosed(&self, failed: &Failed, end: Option<usize>) -> Option<Diagnostic> {
        let Failed { line, marker, .. } = failed;
        let last = end.unwrap_or(self.page.lines.len());
        let first = marker.get(..1)?;
        // What was meant to close it: backticks alone, but too many, too few, or elsewhere.
        let meant = (line + 1..last).find(|index| {
            let text = behind(self.page.line(*index)).trim_end();
            text.len() >= 3
                && text.bytes().all(|byte| text.starts_with(first) && byte == first.as_bytes()[0])
        });
        let closing = quoted(marker);
        let (message, hint) = match (end, meant) {
            (_, Some(meant)) => (
                "nothing closes this fence, so it is none".to_owned(),
                format!(
                    "close it with {closing} at the same indent: {} is not that",
                    self.name(*line, meant)
                ),
            ),
            (Some(end), None) => {
                let end = self.name(*line, end);
                (
                    format!("nothing closes this fence before {end}, so it is none"),
                    format!("close it with {closing} before {end}, or indent {end} like the fence"),
                )
            }
            (None, None) => (
                "nothing closes this fence, so it is none".to_owned(),
                format!("close it with {closing} on a line of its own"),
            ),
        };
        self.at(*line, 0..marker.len(), DiagnosticKind::UnclosedFence, message, hint)
    }

    fn indented(&self, lines: &Range<usize>) -> Option<Diagnostic> {
        let marker = marker(behind(self.page.line(lines.start)))?;
        self.at(
            lines.start,
            0..marker.len(),
            DiagnosticKind::IndentedFence,
            "this fence is shown as it is, because it stands in an indented code block".to_owned(),
            "indent it like the text that it belongs to; to show it as it is, put a longer fence around it"
                .to_owned(),
        )
    }

    /// A fence with other options than it seems.
    fn mangled(&self, fence: &Fence) -> Option<Diagnostic> {
        if self.site.fences.style == FenceStyle::Plain {
            return None;
        }
        let line = fence.opener();
        let marker = fence.marker.len();
        let text = behind(self.page.line(line)).get(marker..)?;
        let part = fences::mangled(text).filter(|_| !self.is_hidden(&fence.containers))?;
        let read: Vec<_> =
            fence.options.iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
        self.at(
            line,
            part.start + marker..part.end + marker,
            DiagnosticKind::MangledOption,
            format!("a quote is out of place; what is read is `{}`", read.join(" ")),
            "put each value in two quotes, and blanks between options".to_owned(),
        )
    }

    /// A line as its number, and its file where that is another one than that of a first line.
    fn name(&self, first: usize, line: usize) -> String {
        let file = self.page.origin(first).map(|origin| origin.file);
        match self.page.origin(line) {
            Some(Origin { file: other, line, .. }) if Some(other) == file => format!("line {line}"),
            Some(Origin { file, line, .. }) => {
                format!("line {line} of `{}`", self.files.shown(file).display())
            }
            None => "a line that stands in no file".to_owned(),
        }
    }
}

/// A marker as messages show it: backticks are quotes there already.
fn quoted(marker: &str) -> String {
    if marker.starts_with('`') { marker.to_owned() } else { format!("`{marker}`") }
}

/// Whether a text has as many of a marker's characters in a row as the marker.
fn has_run(text: &str, marker: &str) -> bool {
    text.match_indices(marker).any(|(at, _)| {
        let first = &marker[..1];
        !text[..at].ends_with(first) && !text[at + marker.len()..].starts_with(first)
    })
}
