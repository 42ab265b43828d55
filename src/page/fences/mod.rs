//! Fences: a page's normal lines in, the fences among them out, containers still unknown.
//!
//! `pymdownx.superfences` goes over the lines once, from top to bottom, before any block is parsed.
//! It knows indentation and `>`, but no lists, no admonitions and no HTML.

mod fault;
mod header;
mod plain;

use std::ops::Range;

pub(super) use self::fault::{disabled, mangled};
use self::header::Header;
use super::normal::{Normal, expand};
use super::python::strip;
use crate::model::{Container, Fence};
use crate::settings::{FenceSettings, FenceStyle};

/// A fence, before it is known what it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Opening and closing line included.
    pub(super) lines: Range<usize>,
    pub(super) marker: String,
    /// What stands before the opening backticks, tabs as blanks.
    pub(super) indent: String,
    header: Header,
    /// Content without the indent.
    pub(super) text: String,
}

impl Found {
    /// The finished value.
    pub(super) fn into_fence(self, containers: Vec<Container>) -> Fence {
        let Header { language, title, options, braces, custom } = self.header;
        Fence {
            lines: self.lines,
            marker: self.marker,
            indent: self.indent,
            language,
            title,
            options,
            braces,
            custom,
            containers,
            text: self.text,
        }
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
    raw: impl Fn(usize) -> &'a str,
) -> (Scan, Normal<'a>) {
    if settings.style == FenceStyle::Plain {
        return (plain::find(&normal), normal);
    }
    if !settings.preserve_tabs {
        return (scan(settings, normal.dropped..normal.len(), |index| normal.line(index)), normal);
    }
    let early = scan(settings, 0..normal.len(), &raw).found;
    let mut fences = early.iter().peekable();
    let normal = normal.replaced(|index| {
        while fences.next_if(|fence| fence.lines.end <= index).is_some() {}
        let fence = fences.peek().filter(|fence| fence.lines.contains(&index))?;
        let edge = index == fence.lines.start || index == fence.lines.end - 1;
        let (space, rest) = cut(raw(index), fence.indent.len());
        Some(if edge { format!("{space}{}", expand(rest)) } else { format!("{space}{rest}") })
    });
    (scan(settings, normal.dropped..normal.len(), |index| normal.line(index)), normal)
}

/// Room for the content of a fence to begin with, which spares small ones from growing.
const LIKELY_LENGTH: usize = 1 << 10;

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
    text: String,
}

enum Step {
    Content,
    Blank,
    Close,
    Abort,
}

fn scan<'a>(
    settings: &FenceSettings,
    lines: Range<usize>,
    line: impl Fn(usize) -> &'a str,
) -> Scan {
    let mut result = Scan::default();
    let mut open: Option<Open> = None;
    for index in lines {
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
        if fence.is_plainly_content(text) {
            fence.add(index, "", &text[fence.indent.len()..]);
            fence.blank = 0;
            continue;
        }
        let (space, rest) = cut(text, fence.indent.len());
        match fence.step(settings, &space, rest) {
            // A line that ends a fence in this way opens none, even if it looks like it.
            Step::Abort => {
                result.failed.extend(open.take().map(|fence| fence.unclosed(Some(index))))
            }
            Step::Close => {
                if let Some(fence) = open.take() {
                    result.found.push(Found {
                        lines: fence.start..index + 1,
                        marker: fence.marker,
                        indent: fence.indent,
                        header: fence.header,
                        text: fence.text,
                    });
                }
            }
            step => {
                fence.blank = if matches!(step, Step::Blank) { fence.blank + 1 } else { 0 };
                let (space, rest) = behind(&space, rest, fence.indent.len());
                fence.add(index, space, rest);
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
        text: String::with_capacity(LIKELY_LENGTH),
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

    /// Whether it is clear at a look that [`step`](Self::step) makes content of a line: outside of
    /// quotes, behind the indent, with a text that does not begin as the marker does.
    fn is_plainly_content(&self, line: &str) -> bool {
        let Some((space, rest)) = line.as_bytes().split_at_checked(self.indent.len()) else {
            return false;
        };
        let text = rest.iter().find(|byte| **byte != b' ');
        self.level == 0
            && space.iter().all(|byte| *byte == b' ')
            && text.is_some_and(u8::is_ascii_graphic)
            && rest.first() != self.marker.as_bytes().first()
    }

    /// Adds a line, given in two parts, to the content.
    fn add(&mut self, index: usize, space: &str, rest: &str) {
        if index > self.start + 1 {
            self.text.push('\n');
        }
        self.text.push_str(space);
        self.text.push_str(rest);
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

    #[test]
    fn what_is_plainly_content_is_content() {
        let settings = FenceSettings::default();
        let lines = [
            "", " ", "a", "    a", "`", "```", "    ```", "   a", "\ta", "> a", "    > a", "한",
            "\u{85}",
        ];
        let mut plain = 0;
        for opening in ["```", "    ~~~", "  > ```", "\t```"] {
            let Opening::Fence(fence) = opened(&settings, opening) else {
                panic!("it opens a fence");
            };
            for line in lines.iter().flat_map(|line| [(*line).to_owned(), format!("    {line}")]) {
                if fence.is_plainly_content(&line) {
                    plain += 1;
                    let (space, rest) = cut(&line, fence.indent.len());
                    assert!(
                        matches!(fence.step(&settings, &space, rest), Step::Content),
                        "{line:?}"
                    );
                    let whole = (behind(&space, rest, fence.indent.len()), fence.indent.len());
                    assert_eq!(whole.0, ("", &line[whole.1..]));
                }
            }
        }
        assert!(plain > 10);
    }
}
