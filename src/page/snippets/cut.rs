//! The lines of a file that includes select parts of: a file in, the selected lines out. Looked
//! through once however many parts are taken, because a page may take as many as it has lines.

use std::collections::HashMap;
use std::ops::Range;

use super::grammar::marker;
use super::target::{Selector, slice};
use crate::page::source::{Row, Source};

/// A file that parts are taken of.
pub(super) struct Cut {
    pub(super) source: Source<'static>,
    rows: Vec<Row>,
    /// The rows that are no section markers; escaped ones are none.
    unmarked: Vec<Row>,
    sections: HashMap<String, Section>,
}

/// A section's rows among the unmarked ones.
enum Section {
    /// Started and not ended yet.
    Open(usize),
    Whole(Range<usize>),
    /// Ended before it was started.
    Broken,
}

/// What a selector selects of a file.
pub(super) struct Selected<'a> {
    rows: &'a [Row],
    /// In the order in which they are included; none of them is empty.
    ranges: Vec<Range<usize>>,
}

impl Cut {
    pub(super) fn new(source: Source<'static>) -> Self {
        let rows: Vec<_> = source.rows(0, 1).collect();
        let mut unmarked = Vec::with_capacity(rows.len());
        let mut sections = HashMap::new();
        for row in &rows {
            let found = marker(source.row(*row)).filter(|marker| marker.escape.is_none());
            let Some(marker) = found else {
                unmarked.push(*row);
                continue;
            };
            let here = unmarked.len();
            // Any edge but `start`, in upper case too, ends a section.
            let section = match (sections.get(marker.name), marker.edge) {
                (None, "start") => Section::Open(here),
                (None, _) => Section::Broken,
                (Some(Section::Open(start)), edge) if edge != "start" => {
                    Section::Whole(*start..here)
                }
                (Some(_), _) => continue,
            };
            sections.insert(marker.name.to_owned(), section);
        }
        Self { source, rows, unmarked, sections }
    }

    /// The selected rows; none when there is no such section.
    pub(super) fn select(&self, selector: &Selector<'_>) -> Option<Selected<'_>> {
        let whole = 0..self.rows.len();
        let (rows, ranges) = match selector {
            Selector::Whole | Selector::Broken => (&self.rows, vec![whole]),
            Selector::Ranges(ranges) => {
                let ranges = ranges.iter().map(|range| slice(whole.len(), *range));
                (&self.rows, ranges.filter(|range| !range.is_empty()).collect())
            }
            Selector::Section(name) => {
                let range = match self.sections.get(*name)? {
                    Section::Open(start) => *start..self.unmarked.len(),
                    Section::Whole(range) => range.clone(),
                    Section::Broken => return None,
                };
                (
                    &self.unmarked,
                    Some(range).filter(|range| !range.is_empty()).into_iter().collect(),
                )
            }
        };
        Some(Selected { rows, ranges })
    }
}

impl Selected<'_> {
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row> {
        self.ranges.iter().flat_map(|range| &self.rows[range.clone()]).copied()
    }

    /// Each selected row once.
    pub(super) fn distinct(&self) -> impl Iterator<Item = Row> {
        let mut ranges = self.ranges.clone();
        ranges.sort_by_key(|range| range.start);
        let mut seen = 0;
        ranges.into_iter().flat_map(move |range| {
            let start = range.start.max(seen);
            seen = seen.max(range.end);
            self.rows[start.min(range.end)..range.end].iter().copied()
        })
    }

    /// How many rows are selected, and about how many bytes they have.
    pub(super) fn size(&self) -> (usize, usize) {
        let size = |range: &Range<usize>| {
            let bytes = self.rows[range.end - 1].end - self.rows[range.start].start;
            (range.len(), bytes)
        };
        let sizes = self.ranges.iter().map(size);
        sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1))
    }
}
