//! A page's text after Python-Markdown's `normalize_whitespace` and the extension `meta`: the
//! lines that fences and blocks are read from. Each is one line of the expanded page.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr3, memmem};

use super::front_matter::is_key;
use super::python::strip;
use super::source::small;
use crate::model::Lines;

/// What Python-Markdown marks its placeholders with; removed from pages.
const RESERVED: [char; 2] = ['\u{2}', '\u{3}'];

/// The normal lines of a page.
pub(super) struct Normal<'a> {
    text: Cow<'a, str>,
    /// Where each line starts in `text`.
    starts: Cow<'a, [u32]>,
    /// Whether lines of blanks still have to become empty.
    has_blanks: bool,
    /// How many lines at the top the extension `meta` takes away.
    pub(super) dropped: usize,
}

impl<'a> Normal<'a> {
    /// Normalises the lines of a page: tabs become blanks, lines of blanks become empty.
    pub(super) fn new(lines: &'a Lines, meta: bool) -> Self {
        let text = lines.text();
        let mut normal = if memchr3(b'\t', 2, 3, text.as_bytes()).is_none() {
            Self {
                text: Cow::Borrowed(text),
                starts: Cow::Borrowed(lines.starts()),
                ..Self::empty()
            }
        } else {
            let mut normal = Self::empty();
            for index in 0..lines.len() {
                normal.push(&expand(lines.line(index)));
            }
            normal
        };
        normal.has_blanks = true;
        if meta {
            normal.dropped = normal.meta_lines();
        }
        normal
    }

    /// Whether the text is that of the page, none of its characters replaced.
    pub(super) fn is_as_written(&self) -> bool {
        matches!(self.text, Cow::Borrowed(_))
    }

    fn empty() -> Self {
        Self {
            text: Cow::Owned(String::new()),
            starts: Cow::Owned(Vec::new()),
            has_blanks: false,
            dropped: 0,
        }
    }

    /// The same page with other texts for some of its lines.
    pub(super) fn replaced(&self, mut replace: impl FnMut(usize) -> Option<String>) -> Self {
        let mut result = Self { dropped: self.dropped, ..Self::empty() };
        for index in 0..self.len() {
            match replace(index) {
                Some(text) => result.push(&text),
                None => result.push(self.line(index)),
            }
        }
        result
    }

    fn push(&mut self, line: &str) {
        let text = self.text.to_mut();
        if !self.starts.is_empty() {
            text.push('\n');
        }
        self.starts.to_mut().push(small(text.len()));
        text.push_str(line);
    }

    /// The text of the lines, in which lines of blanks may still have them.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where each line starts in the text.
    pub(super) fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The line with this index.
    pub(super) fn line(&self, index: usize) -> &str {
        let line = &self.text[self.range(index..index + 1)];
        // The first line keeps its blanks: Python looks for a newline before them.
        let ends_blank = line.as_bytes().last() == Some(&b' ');
        let may_be_blank = self.has_blanks && index > 0 && ends_blank;
        if may_be_blank && line.bytes().all(|byte| byte == b' ') { "" } else { line }
    }

    /// These lines, none of which is the last of the page, each with its newline. A line of blanks
    /// may still have them.
    pub(super) fn with_ends(&self, lines: Range<usize>) -> impl Iterator<Item = &str> {
        let starts = self.starts[lines.start..=lines.end].windows(2);
        starts.map(|ends| &self.text[ends[0] as usize..ends[1] as usize])
    }

    /// These lines joined by newlines.
    pub(super) fn joined(&self, lines: Range<usize>) -> Cow<'_, str> {
        let text = self.text_of(lines.clone());
        // A line of blanks ends with one.
        let may_be_blank = self.has_blanks
            && (text.ends_with(' ') || memmem::find(text.as_bytes(), b" \n").is_some());
        if !may_be_blank {
            return Cow::Borrowed(text);
        }
        let lines: Vec<&str> = lines.map(|index| self.line(index)).collect();
        Cow::Owned(lines.join("\n"))
    }

    /// The text of these lines, in which lines of blanks may still have them.
    pub(super) fn text_of(&self, lines: Range<usize>) -> &str {
        &self.text[self.range(lines)]
    }

    /// Where lines stand in the text.
    fn range(&self, lines: Range<usize>) -> Range<usize> {
        if lines.is_empty() {
            return 0..0;
        }
        let end = self.starts.get(lines.end).map_or(self.text.len(), |next| *next as usize - 1);
        self.starts[lines.start] as usize..end
    }

    /// How many lines at the top are keys, with the `---` around them.
    fn meta_lines(&self) -> usize {
        let mut index = usize::from(self.len() > 0 && self.line(0).starts_with("---"));
        let mut any = false;
        while index < self.len() {
            let line = self.line(index);
            let edge = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
            if strip(line).is_empty() || edge.is_some() {
                return index + 1;
            }
            if is_key(line) {
                any = true;
            } else if !(any && line.starts_with("    ")) {
                return index;
            }
            index += 1;
        }
        index
    }
}

/// A line without reserved characters, its tabs as blanks up to the next multiple of four columns.
pub(super) fn expand(line: &str) -> Cow<'_, str> {
    if !line.contains(['\t', RESERVED[0], RESERVED[1]]) {
        return Cow::Borrowed(line);
    }
    let mut text = String::with_capacity(line.len() + 8);
    let mut column = 0;
    for c in line.chars().filter(|c| !RESERVED.contains(c)) {
        if c == '\t' {
            let width = 4 - column % 4;
            text.extend(std::iter::repeat_n(' ', width));
            column += width;
        } else {
            text.push(c);
            column += 1;
        }
    }
    Cow::Owned(text)
}
