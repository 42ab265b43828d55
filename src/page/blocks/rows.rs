//! A block's lines: slices of the page's text that remember which line they were, cut and joined
//! as Python-Markdown cuts and joins strings. No text is copied.

use std::cell::Cell;
use std::ops::{BitOr, Range};
use std::rc::Rc;

use smallvec::SmallVec;

use super::tree::Rows;
use crate::page::python::is_space;
use crate::page::source::small;

/// A line of a block, or what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::page) struct Row<'t> {
    pub(in crate::page) text: &'t str,
    /// Index of the page's line.
    pub(in crate::page) line: u32,
}

/// What a line may be looked at for. A search remembers how far it got, so that a block of many
/// headers, each of which leaves the rest to the next round, is searched once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Admonition,
    Details,
    Tab,
    Slashes,
    Header,
    Rule,
    Quote,
    Definition,
    Footnote,
    Abbreviation,
    Reference,
    Indented,
}

const LOOKS: usize = 12;

/// What some lines begin with behind their blanks: a set of marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begins(u16);

impl Begins {
    /// How many marks there may be.
    pub(super) const MARKS: usize = 16;
    /// None of them.
    pub(super) const NONE: Self = Self(0);
    /// Any of them.
    pub(super) const ANYTHING: Self = Self(u16::MAX);
    /// Nothing: a line of blanks.
    pub(super) const NOTHING: Self = Self(1);
    pub(super) const HASH: Self = Self(1 << 1);
    pub(super) const EXCLAMATION: Self = Self(1 << 2);
    pub(super) const QUESTION: Self = Self(1 << 3);
    pub(super) const EQUALS: Self = Self(1 << 4);
    pub(super) const DASH: Self = Self(1 << 5);
    pub(super) const UNDERSCORE: Self = Self(1 << 6);
    pub(super) const STAR: Self = Self(1 << 7);
    pub(super) const PLUS: Self = Self(1 << 8);
    pub(super) const COLON: Self = Self(1 << 9);
    pub(super) const GREATER: Self = Self(1 << 10);
    pub(super) const BRACKET: Self = Self(1 << 11);
    pub(super) const PIPE: Self = Self(1 << 12);
    /// A digit of any script, and whatever else is not ASCII.
    pub(super) const DIGIT: Self = Self(1 << 13);
    /// What stands for a fence or for HTML.
    pub(super) const PLACEHOLDER: Self = Self(1 << 14);
    /// Text that means nothing here.
    const OTHER: Self = Self(1 << 15);

    /// Tells each of the marks by its number.
    pub(super) fn each(self, mut tell: impl FnMut(usize)) {
        let mut left = self.0;
        while left != 0 {
            tell(left.trailing_zeros() as usize);
            left &= left - 1;
        }
    }

    fn of(text: &str) -> Self {
        match text.bytes().find(|byte| *byte != b' ') {
            None => Self::NOTHING,
            Some(b'#') => Self::HASH,
            Some(b'!') => Self::EXCLAMATION,
            Some(b'?') => Self::QUESTION,
            Some(b'=') => Self::EQUALS,
            Some(b'-') => Self::DASH,
            Some(b'_') => Self::UNDERSCORE,
            Some(b'*') => Self::STAR,
            Some(b'+') => Self::PLUS,
            Some(b':') => Self::COLON,
            Some(b'>') => Self::GREATER,
            Some(b'[') => Self::BRACKET,
            Some(b'|') => Self::PIPE,
            Some(b'\x02') => Self::PLACEHOLDER,
            Some(byte) if byte.is_ascii_digit() || !byte.is_ascii() => Self::DIGIT,
            Some(_) => Self::OTHER,
        }
    }
}

impl BitOr for Begins {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Lines that belong together, as Python-Markdown's string of them joined by newlines.
#[derive(Debug, Clone)]
pub(super) struct Block<'t> {
    shared: Rc<Shared<'t>>,
    start: usize,
    end: usize,
    /// At least what the rows begin with.
    begins: Begins,
}

#[derive(Debug)]
struct Shared<'t> {
    rows: Few<'t>,
    /// For each [`Look`]: where a search began, and the first row that it found.
    seen: [Cell<(u32, u32)>; LOOKS],
}

/// The rows of a block, which mostly are a placeholder and what stands around it.
type Few<'t> = SmallVec<[Row<'t>; 4]>;

/// Blocks, of which there mostly are one or two.
pub(super) type Blocks<'t> = SmallVec<[Block<'t>; 2]>;

impl<'t> Block<'t> {
    pub(super) fn new(rows: impl Into<Few<'t>>) -> Self {
        let rows = rows.into();
        let end = rows.len();
        let seen = std::array::from_fn(|_| Cell::new((1, 0)));
        Self { shared: Rc::new(Shared { rows, seen }), start: 0, end, begins: Begins::ANYTHING }
    }

    pub(super) fn rows(&self) -> &[Row<'t>] {
        &self.shared.rows[self.start..self.end]
    }

    /// A part of the same rows.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let start = (self.start + range.start).min(self.end);
        let end = (self.start + range.end).clamp(start, self.end);
        Self { shared: Rc::clone(&self.shared), start, end, begins: self.begins }
    }

    /// The text of the first row.
    pub(super) fn first(&self) -> &'t str {
        self.rows().first().map_or("", |row| row.text)
    }

    /// The page's line of the first row.
    pub(super) fn line(&self) -> u32 {
        self.rows().first().map_or(0, |row| row.line)
    }

    /// Whether the string would be empty.
    pub(super) fn is_empty(&self) -> bool {
        is_empty(self.rows())
    }

    /// Whether there is nothing but white space.
    pub(super) fn is_blank(&self) -> bool {
        is_blank(self.rows())
    }

    /// Whether the string would begin with so many blanks.
    pub(super) fn is_indented(&self, width: usize) -> bool {
        is_indented(self.first(), width)
    }

    /// The first row that passes the test, which must always be the same one for this look.
    pub(super) fn find(&self, look: Look, test: impl Fn(&'t str) -> bool) -> Option<usize> {
        let seen = &self.shared.seen[look as usize];
        let (from, at) = seen.get();
        let (from, at) = (from as usize, at as usize);
        let known = from <= self.start && self.start <= at;
        let at = if known {
            at
        } else {
            let rows = &self.shared.rows;
            let at = (self.start..rows.len()).find(|index| test(rows[*index].text));
            let at = at.unwrap_or(rows.len());
            seen.set((small(self.start), small(at)));
            at
        };
        (at < self.end).then(|| at - self.start)
    }

    /// Without empty rows at the beginning.
    pub(super) fn without_leading_newlines(&self) -> Self {
        let empty = self.rows().iter().take_while(|row| row.text.is_empty()).count();
        self.slice(empty..self.rows().len())
    }

    /// Without empty rows at the end.
    pub(super) fn without_trailing_newlines(&self) -> Self {
        let empty = self.rows().iter().rev().take_while(|row| row.text.is_empty()).count();
        self.slice(0..self.rows().len() - empty)
    }

    /// Takes so many blanks off the rows up to the first one that has fewer; gives those rows and
    /// the others.
    pub(super) fn detab(&self, width: usize) -> (Self, Self) {
        if width == 0 {
            return (self.clone(), self.slice(0..0));
        }
        let mut inner = Few::new();
        for row in self.rows() {
            if is_indented(row.text, width) {
                inner.push(Row { text: &row.text[width..], ..*row });
            } else if row.text.chars().all(is_space) {
                inner.push(Row { text: "", ..*row });
            } else {
                break;
            }
        }
        let rest = self.slice(inner.len()..self.rows().len());
        (Self::new(inner), rest)
    }

    /// Takes a level of indentation off the rows that have it.
    pub(super) fn outdent(&self) -> Self {
        match self.find(Look::Indented, |text| is_indented(text, 4)) {
            Some(_) => self.loose_detab(4),
            None => self.clone(),
        }
    }

    /// Takes so many blanks off the rows that have them.
    pub(super) fn loose_detab(&self, width: usize) -> Self {
        let cut = |row: &Row<'t>| {
            let indented = is_indented(row.text, width);
            Row { text: if indented { &row.text[width..] } else { row.text }, ..*row }
        };
        Self::new(self.rows().iter().map(cut).collect::<Few<'t>>())
    }

    /// The blocks between the blank lines, as `split('\n\n')` gives them.
    pub(super) fn split(&self) -> Blocks<'t> {
        let mut blocks = Blocks::new();
        split(self.rows(), |range| blocks.push(self.slice(range).known()));
        blocks
    }

    /// The same rows, looked at for what they begin with.
    fn known(mut self) -> Self {
        let begins = self.rows().iter().map(|row| Begins::of(row.text));
        self.begins = begins.reduce(Begins::bitor).unwrap_or(Begins::NOTHING);
        self
    }

    /// At least what the rows begin with.
    pub(super) fn begins_with(&self) -> Begins {
        self.begins
    }

    /// The rows with their beginning stripped of white space.
    pub(super) fn stripped_rows(&self) -> Rows<'t> {
        let rows = self.rows();
        let blank = rows.iter().take_while(|row| row.text.chars().all(is_space)).count();
        let mut rows = Rows::from_slice(&rows[blank..]);
        if let Some(first) = rows.first_mut() {
            first.text = first.text.trim_start_matches(is_space);
        }
        rows
    }
}

/// Tells where blank lines split rows. The line behind a blank one belongs to the next block, even
/// when it is blank too.
fn split(rows: &[Row<'_>], mut tell: impl FnMut(Range<usize>)) {
    let mut start = 0;
    let mut index = 1;
    while index + 1 < rows.len() {
        if rows[index].text.is_empty() {
            tell(start..index);
            start = index + 1;
            index += 2;
        } else {
            index += 1;
        }
    }
    tell(start..rows.len());
}

pub(super) fn is_empty(rows: &[Row<'_>]) -> bool {
    rows.is_empty() || rows.len() == 1 && rows[0].text.is_empty()
}

pub(super) fn is_blank(rows: &[Row<'_>]) -> bool {
    rows.iter().all(|row| row.text.chars().all(is_space))
}

pub(super) fn is_indented(text: &str, width: usize) -> bool {
    text.len() >= width && text.as_bytes()[..width].iter().all(|byte| *byte == b' ')
}

/// What follows at most three blanks.
pub(super) fn behind_indent(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(' ');
    (text.len() - rest.len() <= 3).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(text: &'static str) -> Block<'static> {
        Block::new(text.split('\n').map(|text| Row { text, line: 0 }).collect::<Vec<_>>())
    }

    fn text(block: &Block<'_>) -> String {
        block.rows().iter().map(|row| row.text).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn blocks_are_split_as_python_splits_strings() {
        for sample in [
            "a",
            "a\n",
            "a\n\nb",
            "a\n\n\nb",
            "a\n\n\n\nb",
            "\n\na",
            "\n",
            "",
            "a\n\n",
            "\na\n\n\n",
        ] {
            let ours: Vec<_> = block(sample).split().iter().map(text).collect();
            let python: Vec<_> = sample.split("\n\n").collect();
            assert_eq!(ours, python, "{sample:?}");
        }
    }

    #[test]
    fn a_search_is_right_for_every_part_of_the_rows() {
        let rows = block("a\n#\nb\n#\nc");
        let find = |part: &Block<'_>| part.find(Look::Header, |text| text == "#");
        assert_eq!(find(&rows), Some(1));
        assert_eq!(find(&rows.slice(0..1)), None);
        assert_eq!(find(&rows.slice(2..5)), Some(1));
        assert_eq!(find(&rows.slice(4..5)), None);
        assert_eq!(find(&rows), Some(1));
    }
}
