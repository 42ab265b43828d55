//! Tags that are open, by name, and whether an open inline tag is closed in its paragraph.
//!
//! A page may open many tags and ask often, so nothing here goes through all of them for one answer.

use std::collections::{BTreeSet, HashMap};

use super::scan::blank_line_begins;
use crate::page::python::is_space;

/// How long a closing tag may be, blanks in it included. Longer ones are not looked for.
const LONGEST: usize = 512;

/// Names of open tags, the outermost first.
#[derive(Debug, Default)]
pub(super) struct Names {
    stack: Vec<String>,
    counts: HashMap<String, usize>,
}

impl Names {
    pub(super) fn is_empty(&self) -> bool {
        self.stack.is_empty()
    }

    pub(super) fn push(&mut self, name: String) {
        *self.counts.entry(name.clone()).or_default() += 1;
        self.stack.push(name);
    }

    fn has(&self, name: &str) -> bool {
        self.counts.contains_key(name)
    }

    /// Closes the innermost tag of this name and those in it, if there is one.
    pub(super) fn close(&mut self, name: &str, mut gone: impl FnMut(&str)) {
        if !self.has(name) {
            return;
        }
        while let Some(last) = self.stack.pop() {
            let count = self.counts.get_mut(&last).map_or(0, |count| {
                *count -= 1;
                *count
            });
            if count == 0 {
                self.counts.remove(&last);
                gone(&last);
            }
            if last == name {
                break;
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.stack.clear();
        self.counts.clear();
    }
}

/// Open inline tags, and which of them are closed in the paragraph that was asked about last.
#[derive(Debug, Default)]
pub(super) struct InlineTags {
    names: Names,
    closers: Option<Closers>,
}

impl InlineTags {
    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn push(&mut self, name: String) {
        if let Some(closers) = &mut self.closers {
            closers.opened(&name);
        }
        self.names.push(name);
    }

    pub(super) fn close(&mut self, name: &str) {
        let Self { names, closers } = self;
        names.close(name, |gone| {
            if let Some(closers) = closers {
                closers.gone(gone);
            }
        });
    }

    pub(super) fn clear(&mut self) {
        self.names.clear();
        if let Some(closers) = &mut self.closers {
            closers.open.clear();
        }
    }

    /// From now on places are those of another text.
    pub(super) fn forget_text(&mut self) {
        self.closers = None;
    }

    /// Whether one of the tags is closed between a place and the next blank line. `closers` gives
    /// the text's closing tags when they are needed first.
    pub(super) fn close_behind(&mut self, place: usize, closers: impl FnOnce() -> Closers) -> bool {
        let names = &self.names;
        self.closers.get_or_insert_with(closers).follow(place, names)
    }
}

/// The closing tags of a text, paragraph by paragraph.
#[derive(Debug)]
pub(super) struct Closers {
    /// Where each begins, and its name.
    tags: Vec<(usize, String)>,
    /// Where blank lines begin.
    blanks: Vec<usize>,
    /// The paragraph that was asked about last, by the blank line that ends it.
    paragraph: Option<usize>,
    /// Where the last closing tag of each name stands in it.
    last: HashMap<String, usize>,
    /// The same for those names that are open, by place.
    open: BTreeSet<(usize, String)>,
}

impl Closers {
    /// Finds the closing tags of a text. `place` gives the place of an offset; it is asked in
    /// rising order.
    pub(super) fn new(text: &str, mut place: impl FnMut(usize) -> usize) -> Self {
        let (mut tags, mut blanks) = (Vec::new(), Vec::new());
        // A closing tag must end before the next blank line, so the two are found together.
        let mut ends = text.match_indices('\n').map(|(index, _)| index);
        let mut blank = ends.find(|index| blank_line_begins(&text[*index..]));
        for (start, _) in text.match_indices("</") {
            while let Some(index) = blank.filter(|index| *index <= start) {
                blanks.push(place(index));
                blank = ends.find(|index| blank_line_begins(&text[*index..]));
            }
            let tag = &text.as_bytes()[start + 2..blank.unwrap_or(text.len())];
            let tag = &tag[..tag.len().min(LONGEST)];
            let Some(length) = memchr::memchr(b'>', tag) else {
                continue;
            };
            let name = text[start + 2..start + 2 + length].trim_matches(is_space);
            if !name.is_empty() {
                tags.push((place(start), name.to_ascii_lowercase()));
            }
        }
        while let Some(index) = blank {
            blanks.push(place(index));
            blank = ends.find(|index| blank_line_begins(&text[*index..]));
        }
        Self { tags, blanks, paragraph: None, last: HashMap::new(), open: BTreeSet::new() }
    }

    fn follow(&mut self, place: usize, names: &Names) -> bool {
        let paragraph = self.blanks.partition_point(|blank| *blank < place);
        if self.paragraph != Some(paragraph) {
            self.paragraph = Some(paragraph);
            let bound = |index: Option<usize>| index.and_then(|index| self.blanks.get(index));
            let start = bound(paragraph.checked_sub(1)).copied().unwrap_or(0);
            let end = bound(Some(paragraph)).copied().unwrap_or(usize::MAX);
            let first = self.tags.partition_point(|(tag, _)| *tag < start);
            let tags = self.tags[first..].iter().take_while(|(tag, _)| *tag < end);
            self.last = tags.map(|(tag, name)| (name.clone(), *tag)).collect();
            let open = self.last.iter().filter(|(name, _)| names.has(name));
            self.open = open.map(|(name, tag)| (*tag, name.clone())).collect();
        }
        self.open.last().is_some_and(|(tag, _)| *tag >= place)
    }

    fn opened(&mut self, name: &str) {
        if let Some(tag) = self.last.get(name) {
            self.open.insert((*tag, name.to_owned()));
        }
    }

    fn gone(&mut self, name: &str) {
        if let Some(tag) = self.last.get(name) {
            self.open.remove(&(*tag, name.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(tags: &mut InlineTags, text: &str, place: usize) -> bool {
        tags.close_behind(place, || Closers::new(text, |offset| offset))
    }

    #[test]
    fn a_tag_must_be_closed_in_the_same_paragraph() {
        let text = "x </B > y\n \n</a>";
        let mut tags = InlineTags::default();
        tags.push("a".to_owned());
        assert!(!follow(&mut tags, text, 0));
        assert!(follow(&mut tags, text, 10));
        tags.push("b".to_owned());
        assert!(follow(&mut tags, text, 0));
        assert!(!follow(&mut tags, text, 3));
    }

    #[test]
    fn a_closed_tag_is_not_asked_for_any_more() {
        let text = "</a></b>";
        let mut tags = InlineTags::default();
        tags.push("a".to_owned());
        tags.push("b".to_owned());
        assert!(follow(&mut tags, text, 0));
        tags.close("a");
        assert!(tags.is_empty() && !follow(&mut tags, text, 0));
        tags.push("b".to_owned());
        assert!(follow(&mut tags, text, 4));
    }
}
