//! Fences: a page's normal lines in, the fences among them out, containers still unknown.
//!
//! `pymdownx.superfences` goes over the lines once, from top to bottom, before any block is parsed.
//! It knows indentation and `>`, but no lists, no admonitions and no HTML.

mod fault;
mod header;
mod known;
mod passing;
mod plain;

use std::ops::Range;
use std::sync::Arc;

pub(super) use self::fault::{disabled, mangled};
use self::header::Header;
pub(super) use self::known::{Known, remember};
use self::passing::Passing;
use super::normal::{Normal, expand};
use super::python::strip;
use crate::model::{Container, Fence, FenceText, FencedBlock, Lines};
use crate::settings::{FenceSettings, FenceStyle};

/// A fence, before it is known what it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Opening and closing line included.
    pub(super) lines: Range<usize>,
    pub(super) block: Arc<FencedBlock>,
    /// Whether its options cannot be meant in another way.
    pub(super) is_plain: bool,
}

impl Found {
    fn new(lines: Range<usize>, marker: String, indent: String, header: Header) -> Self {
        let Header { language, title, options, braces, custom, is_plain } = header;
        let text = FenceText::default();
        let block = FencedBlock { marker, indent, language, title, options, braces, custom, text };
        Self { lines, block: Arc::new(block), is_plain }
    }

    /// The same fence so many lines further down.
    fn moved(&self, lines: usize) -> Self {
        let moved = self.lines.start + lines..self.lines.end + lines;
        Self { lines: moved, block: Arc::clone(&self.block), is_plain: self.is_plain }
    }

    /// Takes the content, unless that was done where the fence is known from.
    fn take_content(&mut self, content: impl FnOnce(&Range<usize>, &str) -> String) {
        if let Some(block) = Arc::get_mut(&mut self.block) {
            block.text = content(&self.lines, &block.indent).into();
        }
    }

    /// The finished value.
    pub(super) fn into_fence(self, containers: Vec<Container>) -> Fence {
        Fence { lines: self.lines, containers, block: self.block }
    }
}

/// What a page has of fences.
#[derive(Debug, Default)]
pub(super) struct Scan {
    pub(super) found: Vec<Found>,
    /// In the order of their lines.
    pub(super) failed: Vec<Failed>,
}

/// A line that begins like a fence and opens none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) line: usize,
    pub(super) marker: String,
    /// What stands before the marker, tabs as blanks.
    pub(super) indent: String,
    pub(super) reason: Failure,
}

/// Why a line opens no fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// What stands behind the marker is not understood.
    Header,
    /// Nothing closes it before this line, which stands too far to the left, or before the end.
    Unclosed(Option<usize>),
    /// It is indented, and the site's fences are not.
    Indent,
}

/// Finds the fences of a page. With `preserve_tabs`, gives the normal lines again, in which the
/// lines of fences are as they were before their tabs were expanded.
pub(super) fn find<'a>(
    settings: &FenceSettings,
    normal: Normal<'a>,
    raw: &'a Lines,
    known: &Known,
) -> (Scan, Normal<'a>) {
    if settings.style == FenceStyle::Plain {
        return (plain::find(&normal), normal);
    }
    if !settings.preserve_tabs {
        return (with_content(settings, &normal, known), normal);
    }
    let mut passing = Passing::new(raw.text(), raw.starts());
    let next = |open: Option<&Open>, index: usize| passing.next(open, index);
    let nothing = Known::default();
    let early = scan(settings, 0..normal.len(), |index| raw.line(index), next, &nothing).found;
    let mut fences = early.iter().peekable();
    let normal = normal.replaced(|index| {
        while fences.next_if(|fence| fence.lines.end <= index).is_some() {}
        let fence = fences.peek().filter(|fence| fence.lines.contains(&index))?;
        let edge = index == fence.lines.start || index == fence.lines.end - 1;
        let (space, rest) = cut(raw.line(index), fence.block.indent.len());
        Some(if edge { format!("{space}{}", expand(rest)) } else { format!("{space}{rest}") })
    });
    (with_content(settings, &normal, &Known::default()), normal)
}

/// The fences among normal lines, with their content.
fn with_content(settings: &FenceSettings, normal: &Normal<'_>, known: &Known) -> Scan {
    let lines = normal.dropped..normal.len();
    let mut passing = Passing::new(normal.text(), normal.starts());
    let next = |open: Option<&Open>, index: usize| passing.next(open, index);
    let mut scan = scan(settings, lines, |index| normal.line(index), next, known);
    for fence in &mut scan.found {
        fence.take_content(|lines, indent| content(normal, lines, indent));
    }
    scan
}

/// The lines between the first and the last one without so many columns of indent.
fn content(normal: &Normal<'_>, fence: &Range<usize>, indent: &str) -> String {
    let lines = fence.start + 1..fence.end - 1;
    if indent.is_empty() {
        return normal.joined(lines).into_owned();
    }
    let mut content = String::with_capacity(normal.text_of(lines.clone()).len() + 1);
    for (index, line) in lines.clone().zip(normal.with_ends(lines)) {
        let rest = begins_with(line, indent).then(|| &line[indent.len()..]);
        // A line of blanks is an empty one.
        match rest.filter(|rest| !rest.ends_with(" \n")) {
            Some(rest) => content.push_str(rest),
            None => {
                let (space, rest) = cut(normal.line(index), indent.len());
                let (space, rest) = behind(&space, rest, indent.len());
                content.push_str(space);
                content.push_str(rest);
                content.push('\n');
            }
        }
    }
    content.pop();
    content
}

/// Whether a line begins with an indent. Most are four blanks or eight, and such a short one is
/// compared here quicker than by a call.
fn begins_with(line: impl AsRef<[u8]>, indent: impl AsRef<[u8]>) -> bool {
    let indent = indent.as_ref();
    let Some(begin) = line.as_ref().get(..indent.len()) else { return false };
    let ((fours, rest), (blanks, last)) = (begin.as_chunks::<4>(), indent.as_chunks::<4>());
    fours.iter().zip(blanks).all(|(four, blanks)| four == blanks)
        && rest.iter().zip(last).all(|(byte, blank)| byte == blank)
}

/// A fence that has been opened and not closed yet.
struct Open {
    start: usize,
    marker: String,
    indent: String,
    /// Characters of the indent as they stand in the line.
    indent_length: usize,
    /// How many `>` are in the indent.
    level: usize,
    header: Header,
    /// How many blank lines have just gone by.
    blank: usize,
}

enum Step {
    Content,
    Blank,
    Close,
    Abort,
}

/// The fences among lines, their content not taken yet. `next` gives the first line, from some line
/// on, that may open a fence, or change the one that is open.
fn scan<'a>(
    settings: &FenceSettings,
    lines: Range<usize>,
    line: impl Fn(usize) -> &'a str,
    mut next: impl FnMut(Option<&Open>, usize) -> usize,
    known: &Known,
) -> Scan {
    let mut result = Scan::default();
    let mut open: Option<Open> = None;
    let mut ahead = lines.start;
    loop {
        let index = next(open.as_ref(), ahead);
        if index >= lines.end {
            break;
        }
        if open.is_none()
            && let Some((whole, found)) = known.at(index, ahead)
        {
            let moved = found.iter().map(|fence| fence.moved(whole.start));
            result.found.extend(moved);
            ahead = whole.end;
            continue;
        }
        ahead = index + 1;
        let text = line(index);
        let Some(fence) = &mut open else {
            match opened(settings, text) {
                Opening::Nothing => {}
                Opening::Fence(fence) => open = Some(Open { start: index, ..fence }),
                Opening::Failed { marker, indent } => result.failed.push(Failed {
                    line: index,
                    marker: marker.to_owned(),
                    indent: expand(indent).into_owned(),
                    reason: Failure::Header,
                }),
            }
            continue;
        };
        let (space, rest) = cut(text, fence.indent.len());
        match fence.step(settings, &space, rest) {
            // A line that ends a fence in this way opens none, even if it looks like it.
            Step::Abort => {
                result.failed.extend(open.take().map(|fence| fence.unclosed(Some(index))))
            }
            Step::Close => {
                if let Some(fence) = open.take() {
                    let Open { start, marker, indent, header, .. } = fence;
                    result.found.push(Found::new(start..index + 1, marker, indent, header));
                }
            }
            step => {
                fence.blank = if matches!(step, Step::Blank) { fence.blank + 1 } else { 0 };
            }
        }
    }
    result.failed.extend(open.map(|fence| fence.unclosed(None)));
    result
}

/// What is left of a line behind so many characters.
fn behind<'a>(space: &'a str, rest: &'a str, width: usize) -> (&'a str, &'a str) {
    if let Some(space) = space.get(width..) {
        return (space, rest);
    }
    let missing = width - space.len();
    ("", rest.char_indices().nth(missing).map_or("", |(start, _)| &rest[start..]))
}

/// What a line opens.
enum Opening<'a> {
    Nothing,
    Fence(Open),
    Failed { marker: &'a str, indent: &'a str },
}

/// Reads a line as an opening line.
fn opened<'a>(settings: &FenceSettings, line: &'a str) -> Opening<'a> {
    let is_space = |byte: &u8| matches!(byte, b'>' | b' ' | b'\t');
    let rest = &line[line.bytes().take_while(is_space).count()..];
    let Some(marker) = marker(rest) else {
        return Opening::Nothing;
    };
    let space = &line[..line.len() - rest.len()];
    let Some(header) = header::read(settings, &rest[marker.len()..]) else {
        return Opening::Failed { marker, indent: space };
    };
    Opening::Fence(Open {
        start: 0,
        marker: marker.to_owned(),
        indent: expand(space).into_owned(),
        indent_length: space.len(),
        level: quote_level(space),
        header,
        blank: 0,
    })
}

/// The three or more backticks or tildes that a text begins with.
pub(super) fn marker(text: &str) -> Option<&str> {
    let first = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = text.bytes().take_while(|byte| char::from(*byte) == first).count();
    (length >= 3).then(|| &text[..length])
}

/// Cuts a line after so many columns of blanks, tabs and `>`; the first part has tabs as blanks.
fn cut(line: &str, width: usize) -> (std::borrow::Cow<'_, str>, &str) {
    let mut columns = 0;
    let mut length = 0;
    for byte in line.bytes() {
        if columns >= width || !matches!(byte, b'>' | b' ' | b'\t') {
            break;
        }
        columns += if byte == b'\t' { 4 - columns % 4 } else { 1 };
        length += 1;
    }
    (expand(&line[..length]), &line[length..])
}

impl Open {
    /// What a line that has been cut after the indent means to this fence.
    fn step(&self, settings: &FenceSettings, space: &str, rest: &str) -> Step {
        let level = quote_level(space);
        if self.level == 0 {
            if level > 0 {
                return Step::Abort;
            }
            if strip(rest).is_empty() && strip(space).is_empty() {
                return Step::Blank;
            }
            return if space.len() != self.indent.len() && !rest.is_empty() {
                Step::Abort
            } else if self.is_closed_by(rest) {
                Step::Close
            } else {
                Step::Content
            };
        }
        if level > self.level || settings.strict_quotes && level != self.level {
            Step::Abort
        } else if rest.is_empty() {
            Step::Blank
        } else if space.len() < self.indent_length || self.blank > 0 && level < self.level {
            Step::Abort
        } else if self.is_closed_by(rest) {
            Step::Close
        } else {
            Step::Content
        }
    }

    /// What this fence is when it is never closed.
    fn unclosed(self, ended_by: Option<usize>) -> Failed {
        let reason = Failure::Unclosed(ended_by);
        Failed { line: self.start, marker: self.marker, indent: self.indent, reason }
    }

    fn is_closed_by(&self, rest: &str) -> bool {
        rest.strip_prefix(self.marker.as_str())
            .is_some_and(|rest| rest.trim_start_matches([' ', '\t']).is_empty())
    }
}

fn quote_level(space: &str) -> usize {
    space.bytes().filter(|byte| *byte == b'>').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of lines such as fences are made of, the same ones each time.
    fn texts() -> impl Iterator<Item = String> {
        let parts = [
            "```", "~~~", "````", "``` py", "``` a b", "    ```", "  ~~~ x", "> ```", " > ```", "",
            " ", "    ", "     ", "a", "    a", "  b", "> a", "a ``` b", "`", "    `x`", "\t```",
            "\ta", "한", "\u{85}",
        ];
        let mut state: u64 = 1;
        let mut below = move |limit: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % limit
        };
        (0..4000).map(move |_| {
            let count = below(24);
            (0..count).map(|_| parts[below(parts.len())]).collect::<Vec<_>>().join("\n")
        })
    }

    #[test]
    fn lines_are_passed_by_that_change_nothing() {
        let mut found = 0;
        for strict_quotes in [false, true] {
            let settings = FenceSettings { strict_quotes, ..FenceSettings::default() };
            for text in texts() {
                let mut lines = Lines::default();
                for (number, line) in text.split('\n').enumerate() {
                    lines.push(line, 0, None, number + 1, (0, 0));
                }
                let mut passing = Passing::new(lines.text(), lines.starts());
                let line = |index| lines.line(index);
                let (all, nothing) = (0..lines.len(), Known::default());
                let short = scan(
                    &settings,
                    all.clone(),
                    line,
                    |open, index| passing.next(open, index),
                    &nothing,
                );
                let long = scan(&settings, all, line, |_, index| index, &nothing);
                assert_eq!((&short.found, &short.failed), (&long.found, &long.failed), "{text:?}");
                found += long.found.len();
            }
        }
        assert!(found > 500);
    }
}
