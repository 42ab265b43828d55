//! Lines that the search for fences passes by: a text and the state of the search in, the next line
//! that can change it out. Most lines of a page neither open nor close a fence, and that is seen
//! without looking at each by itself.

use memchr::memmem::Finder;

use super::{Open, begins_with};

/// The lines of a text, of which a search asks from the top to the bottom.
pub(super) struct Passing<'a> {
    text: &'a [u8],
    /// Where each line starts.
    starts: &'a [u32],
    marks: [Mark; 2],
}

/// What every marker of one sort holds, and where it comes next.
struct Mark {
    finder: Finder<'static>,
    /// The length of the text where there is none any more.
    next: usize,
    is_known: bool,
}

impl<'a> Passing<'a> {
    pub(super) fn new(text: &'a str, starts: &'a [u32]) -> Self {
        let marks =
            ["```", "~~~"].map(|mark| Mark { finder: Finder::new(mark), next: 0, is_known: false });
        Self { text: text.as_bytes(), starts, marks }
    }

    /// The first line from this one on that may open a fence, or else change the open one; the
    /// number of lines where there is none.
    pub(super) fn next(&mut self, open: Option<&Open>, line: usize) -> usize {
        match open {
            Some(fence) => self.within(fence, line),
            None => self.outside(line),
        }
    }

    /// The first line with three backticks or tildes in a row.
    fn outside(&mut self, line: usize) -> usize {
        let Some(start) = self.starts.get(line) else { return line };
        let next = self.marks.iter_mut().map(|mark| mark.behind(self.text, *start as usize));
        match next.min().filter(|next| *next < self.text.len()) {
            Some(next) => {
                line + self.starts[line..].partition_point(|start| *start as usize <= next) - 1
            }
            None => self.starts.len(),
        }
    }

    /// The first line that is not content at a look: empty, or behind the indent something that
    /// does not begin as the marker does.
    fn within(&self, fence: &Open, line: usize) -> usize {
        // In a quote, what a line means depends on the lines before it.
        if fence.level > 0 {
            return line;
        }
        let indent = fence.indent.as_bytes();
        let marker = fence.marker.as_bytes().first();
        // An indent holds no newline, so nothing behind the line is looked at. A line that is the indent
        // alone goes on with the newline, or ends the text.
        let is_content = |start: &u32| {
            let rest = &self.text[*start as usize..];
            match begins_with(rest, indent) {
                true => rest.get(indent.len()) != marker,
                false => matches!(rest.first(), None | Some(b'\n')),
            }
        };
        let ahead = &self.starts[line.min(self.starts.len())..];
        let passed = ahead.iter().take_while(|start| is_content(start)).count();
        line + passed
    }
}

impl Mark {
    /// Where it stands first from this offset on.
    fn behind(&mut self, text: &[u8], offset: usize) -> usize {
        if !self.is_known || self.next < offset {
            let found = self.finder.find(&text[offset..]);
            self.next = found.map_or(text.len(), |length| offset + length);
            self.is_known = true;
        }
        self.next
    }
}
