//! Raw HTML and HTML with Markdown in it: the document's text in, the text with placeholders for
//! HTML out, as Python-Markdown 3.11.3 and `md_in_html` replace it before blocks are parsed.

mod elements;
mod extract;
mod names;
mod place;
mod scan;
mod tags;

use memchr::memchr_iter;

pub(super) use self::extract::{extract, may_be_in};
use super::blocks::BlockRow;

/// An element's place in a [`Stash`].
pub(super) type ElementId = usize;

const OPEN: char = '\u{2}';
const CLOSE: char = '\u{3}';

/// What stands in a text for something that is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placeholder(usize);

impl Placeholder {
    /// Adds it to a text.
    pub(super) fn push_to(self, text: &mut String) {
        text.push(OPEN);
        push_number(text, self.0);
        text.push(CLOSE);
    }

    pub(super) fn text(self) -> String {
        let mut text = String::new();
        self.push_to(&mut text);
        text
    }
}

/// Adds a number to a text, which is quicker so than with all that a format can say.
fn push_number(text: &mut String, number: usize) {
    if number > 9 {
        push_number(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// What placeholders stand for.
#[derive(Debug, Default)]
pub(super) struct Stash {
    kept: Vec<Kept>,
    elements: Vec<Element>,
}

/// What a placeholder stands for.
#[derive(Debug)]
pub(super) enum Kept {
    /// The fence of this number.
    Fence(usize),
    /// HTML that is passed on as it is, and the fences in it.
    Raw {
        /// The page's line that begins it.
        line: u32,
        fences: Vec<usize>,
    },
    /// An element whose content is Markdown, or that stands in one.
    Element(ElementId),
}

/// An HTML element that becomes a part of the tree.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) tag: String,
    pub(super) class: String,
    /// The page's line that begins it.
    pub(super) line: u32,
    pub(super) content: Content,
    text: Text,
}

/// How an element's content is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// As blocks.
    Blocks,
    /// As the text of one paragraph.
    Spans,
    /// Not at all.
    Raw,
}

/// A text and the page's line that each of its lines comes from.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
    lines: Vec<u32>,
}

/// A line that comes from nowhere yet.
const UNKNOWN: u32 = u32::MAX;

impl Stash {
    /// Keeps something, and gives the placeholder for it.
    pub(super) fn keep(&mut self, kept: Kept) -> Placeholder {
        self.kept.push(kept);
        Placeholder(self.kept.len() - 1)
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn get(&self, index: usize) -> &Kept {
        &self.kept[index]
    }

    pub(super) fn element(&self, id: ElementId) -> &Element {
        &self.elements[id]
    }

    /// The placeholder that a text begins with, and what follows it.
    pub(super) fn first<'t>(&self, text: &'t str) -> Option<(usize, &'t str)> {
        // Hardly any text begins with one.
        if text.as_bytes().first() != Some(&(OPEN as u8)) {
            return None;
        }
        let close = text.bytes().position(|byte| byte == CLOSE as u8)?;
        let index: usize = text[1..close].parse().ok()?;
        (index < self.kept.len()).then_some((index, &text[close + 1..]))
    }

    /// What a text that is nothing but a placeholder stands for.
    pub(super) fn alone(&self, text: &str) -> Option<&Kept> {
        self.first(text).filter(|(_, rest)| rest.is_empty()).map(|(index, _)| self.get(index))
    }

    /// All placeholders in a text.
    pub(super) fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = usize> + 't {
        let starts = memchr_iter(OPEN as u8, text.as_bytes());
        starts.filter_map(|start| Some(self.first(&text[start..])?.0))
    }

    /// The fences in a text.
    fn fences(&self, text: &str) -> Vec<usize> {
        let fence = |index| match self.get(index) {
            Kept::Fence(fence) => vec![*fence],
            Kept::Raw { fences, .. } => fences.clone(),
            Kept::Element(_) => Vec::new(),
        };
        self.all(text).flat_map(fence).collect()
    }
}

impl Element {
    /// The lines of the content.
    pub(super) fn rows(&self) -> Vec<BlockRow<'_>> {
        self.text.rows()
    }
}

impl Text {
    /// The text of these rows.
    pub(super) fn of(rows: &[BlockRow<'_>]) -> Self {
        let texts: Vec<&str> = rows.iter().map(|row| row.text).collect();
        Self { text: texts.join("\n"), lines: rows.iter().map(|row| row.line).collect() }
    }

    /// The lines as rows of a block.
    pub(super) fn rows(&self) -> Vec<BlockRow<'_>> {
        if self.lines.is_empty() {
            return Vec::new();
        }
        let mut known = 0;
        let number = |line: u32| {
            known = if line == UNKNOWN { known } else { line };
            known
        };
        let lines = self.lines.iter().copied().map(number);
        let mut rows = Vec::with_capacity(self.lines.len());
        let mut start = 0;
        let ends = memchr_iter(b'\n', self.text.as_bytes()).chain([self.text.len()]);
        for (end, line) in ends.zip(lines) {
            rows.push(BlockRow { text: &self.text[start..end], line });
            start = end + 1;
        }
        rows
    }

    /// Adds text behind the last line, whose own lines count up from this one.
    fn push(&mut self, text: &str, line: u32) {
        let mut number = line;
        for (index, part) in text.split('\n').enumerate() {
            if index > 0 {
                self.text.push('\n');
                self.lines.push(UNKNOWN);
                number = if line == UNKNOWN { UNKNOWN } else { number + 1 };
            }
            if self.lines.is_empty() {
                self.lines.push(UNKNOWN);
            }
            if let Some(last) = self.lines.last_mut().filter(|last| **last == UNKNOWN) {
                *last = number;
            }
            self.text.push_str(part);
        }
    }

    fn append(&mut self, other: &Self) {
        for row in other.rows_or_one() {
            if row.0 > 0 {
                self.push("\n", UNKNOWN);
            }
            self.push(row.1, row.2);
        }
    }

    fn rows_or_one(&self) -> Vec<(usize, &str, u32)> {
        self.rows().iter().enumerate().map(|(index, row)| (index, row.text, row.line)).collect()
    }

    fn trim_newlines(&mut self) {
        while self.text.ends_with('\n') {
            self.text.pop();
            self.lines.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_stands_for_what_was_kept() {
        let mut stash = Stash::default();
        for number in 0..120 {
            let text = stash.keep(Kept::Fence(number)).text();
            assert!(matches!(stash.alone(&text), Some(Kept::Fence(fence)) if *fence == number));
            assert_eq!(stash.all(&format!("a {text}{text} b")).collect::<Vec<_>>(), [number; 2]);
        }
    }
}
