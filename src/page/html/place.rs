//! Where the tag or text stands that is being handled, as Python counts it.

use super::extract::Extractor;
use super::names::Closers;
use super::scan::blank_line_follows;
use crate::page::python::is_space;

/// How far the end of a closing tag is looked for after Python has stopped once. Each may be looked
/// for from a wrong place, and what is found is copied.
const LONGEST: usize = 1000;

/// Where Python looks for things after it has stopped once: it goes on with the rest of the text,
/// but with places that were counted in the whole of it.
pub(super) struct Skew {
    pub(super) rest: Vec<char>,
    pub(super) starts: Vec<usize>,
}

impl Skew {
    /// The closing tags of the rest, with their places in it.
    fn closers(&self) -> Closers {
        let text: String = self.rest.iter().collect();
        let (mut known, mut place) = (0, 0);
        Closers::new(&text, |offset| {
            place += text[known..offset].chars().count();
            known = offset;
            place
        })
    }
}

impl Extractor<'_, '_> {
    /// Python stops here and goes on with the rest of the text.
    pub(super) fn stop(&mut self, at: usize) {
        if self.skew.is_none() {
            let starts = &self.starts[..=self.asked.min(self.starts.len() - 1)];
            let starts = starts.iter().map(|start| self.source[..*start].chars().count()).collect();
            self.skew = Some(Skew { rest: self.source[at..].chars().collect(), starts });
            self.inline_tags.forget_text();
        }
    }

    /// Whether only blanks, and at most three, stand before what is being handled.
    pub(super) fn at_line_start(&mut self) -> bool {
        let count = self.column;
        if count == 0 || count > 3 {
            return count == 0;
        }
        let before = &self.source[self.starts[self.line]..self.at];
        match self.skewed() {
            Some((skew, at)) => {
                let before = &skew.rest[(at - count).min(skew.rest.len())..at.min(skew.rest.len())];
                before.iter().copied().all(is_space)
            }
            None => before.chars().all(is_space),
        }
    }

    /// The skew, if there is one, and where it makes Python look for what is being handled.
    pub(super) fn skewed(&mut self) -> Option<(&Skew, usize)> {
        let line = self.line;
        self.asked = self.asked.max(line);
        let column = self.column;
        let skew = self.skew.as_mut()?;
        while skew.starts.len() <= line {
            let last = skew.starts.last().copied().unwrap_or(0);
            let rest = skew.rest.get(last..).unwrap_or_default();
            let length = rest.iter().position(|c| *c == '\n');
            skew.starts.push(length.map_or(skew.rest.len(), |length| last + length) + 1);
        }
        let at = skew.starts[line] + column;
        Some((skew, at))
    }

    /// Whether Python finds a blank line behind so many characters of what is being handled, which
    /// ends here.
    pub(super) fn blank_line_follows(&mut self, length: usize, end: usize) -> bool {
        let source = self.source;
        match self.skewed() {
            Some((skew, at)) => {
                let rest = skew.rest.get(at + length..).unwrap_or_default();
                blank_line_follows(rest.iter().copied())
            }
            None => blank_line_follows(source[end.min(source.len())..].chars()),
        }
    }

    /// The text of the closing tag that is being handled.
    pub(super) fn closing_text(&mut self, name: &str) -> String {
        let (source, start) = (self.source, self.at);
        let text: String = match self.skewed() {
            Some((skew, at)) => {
                let rest = skew.rest.get(at..).unwrap_or_default();
                let length = rest.iter().take(LONGEST).position(|c| *c == '>');
                rest[..length.map_or(0, |length| length + 1)].iter().collect()
            }
            None => {
                let length = source[start..].find('>').map_or(0, |length| length + 1);
                source[start..start + length].to_owned()
            }
        };
        if text.is_empty() { format!("</{name}>") } else { text }
    }

    /// Whether an open inline tag is closed in the same paragraph.
    pub(super) fn inline_close_follows(&mut self, start: usize, end: usize) -> bool {
        if self.inline_tags.is_empty() {
            return false;
        }
        let source = self.source;
        let length = source[start..end].chars().count();
        let place = self.skewed().map(|(_, at)| at + length);
        let Self { inline_tags, skew, .. } = self;
        match (place, skew) {
            (Some(place), Some(skew)) => inline_tags.close_behind(place, || skew.closers()),
            _ => inline_tags.close_behind(end, || Closers::new(source, |offset| offset)),
        }
    }
}
