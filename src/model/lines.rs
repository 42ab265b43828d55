//! A page's text line by line, and where each line stands in the files: lines in, in the order of
//! the page; text, places and indents out.
//!
//! Large pages have many lines, most of which stand in their file as they stand in the page, one
//! behind the other. So places are kept for runs of such lines, and a line costs four bytes.

use std::iter::repeat_n;
use std::ops::Range;

use super::{FileId, Origin};

/// The lines of a page after all includes.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    text: String,
    /// Where each line starts in the text.
    starts: Vec<u32>,
    /// In the order of their lines.
    runs: Vec<Run>,
}

/// Lines that follow each other in one file as they do in the page.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Index of the first line.
    first: usize,
    /// None for what the site's settings append to every page.
    file: Option<FileId>,
    /// 1-based line of the first one in that file.
    number: usize,
    /// The bytes of the first line in that file.
    span: (usize, usize),
    /// Columns of blanks that includes have put before each line.
    indent: usize,
    /// Bytes that end each line in that file.
    ending: usize,
}

impl Lines {
    /// The text, lines joined by newlines.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Where each line starts in the text.
    pub(crate) fn starts(&self) -> &[u32] {
        &self.starts
    }

    /// The text of the line with this index.
    pub fn line(&self, index: usize) -> &str {
        &self.text[self.range(index)]
    }

    /// The text of these lines, joined by newlines.
    pub(crate) fn joined(&self, lines: Range<usize>) -> &str {
        match lines.is_empty() {
            true => "",
            false => &self.text[self.range(lines.start).start..self.range(lines.end - 1).end],
        }
    }

    /// Where the line with this index stands in the text.
    fn range(&self, index: usize) -> Range<usize> {
        let next = self.starts.get(index + 1).map(|next| *next as usize - 1);
        self.starts[index] as usize..next.unwrap_or(self.text.len())
    }

    /// Where the line with this index stands; none for what the site's settings append.
    pub fn origin(&self, index: usize) -> Option<Origin> {
        let run = self.run(index);
        let line = run.number + index - run.first;
        let (start, end) = self.span(run, index);
        Some(Origin { file: run.file?, line, span: start..end })
    }

    /// These lines as stretches that follow each other in one file: the file, the 1-based line that
    /// begins it, and how many lines there are. What stands in no file is left out.
    pub(crate) fn stretches(
        &self,
        lines: Range<usize>,
    ) -> impl Iterator<Item = (FileId, usize, usize)> + '_ {
        let first = self.runs.partition_point(|run| run.first <= lines.start).saturating_sub(1);
        let ends = self.runs.iter().skip(first + 1).map(|run| run.first).chain([self.len()]);
        let runs = self.runs[first.min(self.runs.len())..].iter().zip(ends);
        let runs = runs.take_while(move |(run, _)| run.first < lines.end);
        runs.filter_map(move |(run, end)| {
            let (start, end) = (run.first.max(lines.start), end.min(lines.end));
            let number = run.number + start - run.first;
            (start < end).then_some((run.file?, number, end - start))
        })
    }

    /// Columns of blanks that includes have put before the file's own text.
    pub fn indent(&self, index: usize) -> usize {
        self.run(index).indent
    }

    fn run(&self, index: usize) -> &Run {
        let behind = self.runs.partition_point(|run| run.first <= index);
        &self.runs[behind - 1]
    }

    /// The bytes in its file of a line that belongs to this run.
    fn span(&self, run: &Run, index: usize) -> (usize, usize) {
        let before = index - run.first;
        if before == 0 {
            return run.span;
        }
        let range = self.range(index);
        // In the page each line before has its indent and a newline, in the file its own ending.
        let shown = range.start - self.starts[run.first] as usize;
        let start = run.span.0 + shown + before * run.ending - before * (run.indent + 1);
        (start, start + range.len() - run.indent)
    }

    /// Makes room for a text of so many bytes and lines that is going to be added.
    pub(crate) fn reserve(&mut self, length: usize, lines: usize) {
        self.text.reserve(length + 1);
        self.starts.reserve(lines);
    }

    /// Gives room back that was made in vain, if it is much.
    pub(crate) fn fit(&mut self) {
        if self.text.capacity() / 2 > self.text.len() {
            self.text.shrink_to_fit();
        }
        if self.starts.capacity() / 2 > self.starts.len() {
            self.starts.shrink_to_fit();
        }
    }

    /// Adds a line: its text behind the indent, and the line and the bytes of a file for it, of
    /// which the text may be a part or a different spelling.
    pub(crate) fn push(
        &mut self,
        text: &str,
        indent: usize,
        file: Option<FileId>,
        number: usize,
        span: (usize, usize),
    ) {
        self.continue_run(text.len(), indent, file, number, span);
        self.push_text(text, indent);
    }

    /// Adds lines that stand in a file, from this line and byte on, as they stand in a text, where
    /// these newlines are between them. Gives how many they are.
    pub(crate) fn push_verbatim(
        &mut self,
        text: &str,
        newlines: impl ExactSizeIterator<Item = usize> + Clone,
        indent: usize,
        (file, number, byte): (Option<FileId>, usize, usize),
    ) -> usize {
        let first = self.len();
        let count = newlines.len() + 1;
        self.starts.reserve(count);
        self.text.reserve(text.len() + count * indent + 1);
        if first > 0 {
            self.text.push('\n');
        }
        let start = self.text.len();
        let starts = newlines.clone().zip(1..);
        self.starts.push(small(start));
        self.starts.extend(starts.map(|(at, before)| small(start + at + 1 + before * indent)));
        let blanks = " ".repeat(indent);
        let mut from = 0;
        for newline in newlines.filter(|_| indent > 0) {
            self.text.push_str(&blanks);
            self.text.push_str(&text[from..=newline]);
            from = newline + 1;
        }
        self.text.push_str(&blanks);
        self.text.push_str(&text[from..]);
        let span = (byte, byte + self.range(first).len() - indent);
        self.runs.push(Run { first, file, number, span, indent, ending: 1 });
        self.len() - first
    }

    fn push_text(&mut self, text: &str, indent: usize) {
        if !self.starts.is_empty() {
            self.text.push('\n');
        }
        self.starts.push(small(self.text.len()));
        self.text.extend(repeat_n(' ', indent));
        self.text.push_str(text);
    }

    /// Lengthens the last run by a line, or begins a new one with it.
    fn continue_run(
        &mut self,
        length: usize,
        indent: usize,
        file: Option<FileId>,
        number: usize,
        span: (usize, usize),
    ) {
        let first = self.len();
        let is_verbatim = |length: usize, span: (usize, usize)| span.1 - span.0 == length;
        if let Some(run) = self.runs.last().copied()
            && run.file == file
            && run.indent == indent
            && run.number + first - run.first == number
            && is_verbatim(length, span)
            && is_verbatim(self.range(run.first).len() - indent, run.span)
        {
            let ending = span.0.checked_sub(self.span(&run, first - 1).1);
            let is_second = first - run.first == 1;
            if ending == Some(run.ending) {
                return;
            }
            if let Some(ending) = ending.filter(|_| is_second) {
                let last = self.runs.len() - 1;
                self.runs[last].ending = ending;
                return;
            }
        }
        self.runs.push(Run { first, file, number, span, indent, ending: 1 });
    }
}

/// An offset in a page, of which none grows to 4 GiB.
fn small(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileCache, newlines};

    /// What each line is expected to say.
    type Expected = (String, usize, Range<usize>, usize);

    fn file() -> FileId {
        let file = tempfile::NamedTempFile::new().expect("there is room for a file");
        FileCache::new("/").read(file.path()).expect("the file is there")
    }

    fn all(lines: &Lines) -> Vec<Expected> {
        let one = |index| {
            let origin = lines.origin(index).expect("it stands in a file");
            (lines.line(index).to_owned(), origin.line, origin.span, lines.indent(index))
        };
        (0..lines.len()).map(one).collect()
    }

    #[test]
    fn lines_know_their_bytes_whatever_ends_them() {
        let file = Some(file());
        for (text, endings) in [("a\nbb\n\nccc", [1, 1, 1]), ("a\r\nbb\r\n\r\nccc", [2, 2, 2])] {
            for indent in [0, 3] {
                let mut lines = Lines::default();
                let (mut start, mut expected) = (0, Vec::new());
                for (number, line) in ["a", "bb", "", "ccc"].into_iter().enumerate() {
                    let span = start..start + line.len();
                    assert_eq!(&text[span.clone()], line);
                    lines.push(line, indent, file, number + 1, (span.start, span.end));
                    start = span.end + endings.get(number).copied().unwrap_or_default();
                    let shown = format!("{}{line}", " ".repeat(indent));
                    expected.push((shown, number + 1, span, indent));
                }
                assert_eq!(all(&lines), expected);
                assert_eq!(lines.runs.len(), 1);
            }
        }
    }

    #[test]
    fn lines_that_are_not_as_in_the_file_keep_their_own_bytes() {
        let file = Some(file());
        let mut lines = Lines::default();
        let pushed = [
            ("x", 1, 0..4),
            ("yy", 2, 5..7),
            ("z", 3, 9..10),
            ("", 4, 11..11),
            ("a", 9, 80..81),
            ("b", 10, 82..85),
            ("a", 9, 80..81),
        ];
        for (text, number, span) in pushed.clone() {
            lines.push(text, 0, file, number, (span.start, span.end));
        }
        let expected = pushed.map(|(text, number, span)| (text.to_owned(), number, span, 0));
        assert_eq!(all(&lines), expected);
    }

    #[test]
    fn many_lines_at_once_are_as_if_they_were_added_one_by_one() {
        let file = Some(file());
        for indent in [0, 2, 16, 40] {
            let text = "one\n\n  two\n";
            let (mut at_once, mut one_by_one) = (Lines::default(), Lines::default());
            let newlines = newlines(text.as_bytes());
            let newlines = newlines.iter().map(|newline| *newline as usize);
            assert_eq!(at_once.push_verbatim(text, newlines, indent, (file, 7, 40)), 4);
            let mut start = 40;
            for (offset, line) in text.split('\n').enumerate() {
                one_by_one.push(line, indent, file, 7 + offset, (start, start + line.len()));
                start += line.len() + 1;
            }
            assert_eq!(all(&at_once), all(&one_by_one));
            assert_eq!(at_once.text(), one_by_one.text());
        }
    }
}
