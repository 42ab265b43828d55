//! What commands print, and other text, told in documented values line by line.
//!
//! Lines correspond when they say the same but for volatile values and the width of tables. Rows
//! that bear ids may come in any order.

use crate::model::Json;
use crate::pairing::pairs;

use super::settle::Settler;
use super::volatile::{Reading, field_of_line};
use super::{order, tables};

impl Settler<'_> {
    /// The output of a command.
    pub(super) fn output(&mut self, documented: &str, live: &str) -> String {
        let (Some(old), Some(new)) = (Json::parse(documented), Json::parse(live)) else {
            return self.lines(documented, live);
        };
        let settled = self.json("", &old, &new, None);
        if settled == old {
            documented.to_owned()
        } else if new.indented() == live.trim_end() {
            settled.indented() + &live[live.trim_end().len()..]
        } else {
            // Laid out in a way of its own, which lines keep.
            self.lines(documented, live)
        }
    }

    /// Text of several lines.
    pub(super) fn lines(&mut self, documented: &str, live: &str) -> String {
        let old_lines: Vec<&str> = documented.split('\n').collect();
        let new_lines: Vec<&str> = live.split('\n').collect();
        let (old, new) = (tables::unpadded(&old_lines), tables::unpadded(&new_lines));
        let pairs = self.corresponding(&old, &new);
        let settled = pairs.iter().map(|&(partner, index)| match partner {
            Some(partner) => self.line(&old[partner], &new[index]),
            None => self.apply(&new[index]),
        });
        let settled: Vec<String> = settled.collect();
        if settled == old {
            // Where only volatile values differ, tables are as wide as documented, too.
            return documented.to_owned();
        }
        let lines: Vec<&str> = pairs.iter().map(|&(_, index)| new_lines[index]).collect();
        tables::padded(&lines, settled).join("\n")
    }

    /// The live lines in the order in which they are to be shown, each with the documented line that
    /// says the same if there is one.
    fn corresponding(&self, old: &[String], new: &[String]) -> Vec<(Option<usize>, usize)> {
        let masks = |lines: &[String]| -> Vec<String> {
            lines.iter().map(|line| self.line_mask(line)).collect()
        };
        let (old_masks, new_masks) = (masks(old), masks(new));
        let shown: Vec<String> = new.iter().map(|line| self.apply(line)).collect();
        if let Some(order) = order::same_but_for_order((&old_masks, old), (&new_masks, &shown)) {
            return order.into_iter().enumerate().map(|(old, new)| (Some(old), new)).collect();
        }
        let mut partners = vec![None; new.len()];
        for (old_index, new_index) in pairs(&old_masks, &new_masks) {
            partners[new_index] = Some(old_index);
        }
        partners.into_iter().zip(0..).collect()
    }

    fn line(&mut self, documented: &str, live: &str) -> String {
        if self.follows_from_content(live) {
            return self.volatile.replaced(live, |_, value| self.pins.content(value));
        }
        self.text(documented, live)
    }

    /// What a line says, without its volatile values.
    fn line_mask(&self, line: &str) -> String {
        if self.follows_from_content(line) { line.to_owned() } else { self.volatile.masked(line) }
    }

    /// Whether the line shows a field such as a checksum.
    fn follows_from_content(&self, line: &str) -> bool {
        field_of_line(line)
            .is_some_and(|name| self.volatile.reading(name, None) == Reading::Content)
    }
}
