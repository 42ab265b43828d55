//! A diagram as a page shows it: in parts, with steps that stand for several messages, and without
//! participants that nobody needs to see.
//!
//! [`whole`] gives the diagram that shown parts stand for, and [`shown`] the parts that show it: the
//! one takes back what the other does. What is not shown stands in the parts as comments, so
//! nothing is lost, and a diagram is matched and merged as if all of it was shown. Marks in the whole
//! diagram keep what people decided: where a part begins, and what a step is called. They are comments
//! above a message, so that they follow it.

mod cuts;
mod exchanges;
mod heads;
mod hiding;
mod names;
mod numbers;
mod parts;
mod steps;
mod whole;

use crate::model::Presentation;

use super::{Drawing, Line};

pub use names::{Named, named};
pub use parts::{Part, Shown};
pub use whole::{Whole, whole};

/// How many characters Mermaid draws at most, of which some stand in the page's own block.
const LONGEST: usize = 50_000 - 500;

/// What begins a line that is not shown, behind its indent.
const HIDDEN: &str = "%% |";

/// What begins the mark of a step, behind its indent.
const STEP: &str = "%% |step";

/// What begins the mark of a part.
const PART: &str = "%% |part";

/// Between the lines of a part's own head in its mark.
const HEAD_LINE: char = '\u{1f}';

/// How the blocks that show a diagram number it.
#[derive(Debug, Clone, Default)]
pub struct Numbering {
    /// Whether the first block shows numbers.
    pub is_on: bool,
    /// For each block the number that it begins with, if the block itself says so.
    pub first: Vec<Option<u64>>,
}

/// Whether Mermaid would not draw a diagram because it is so long.
pub fn is_too_long(text: &str) -> bool {
    text.encode_utf16().count() > LONGEST
}

/// What a mark in the whole diagram keeps.
enum Mark<'a> {
    /// What the step says that stands for the messages behind it.
    Step(&'a str),
    /// The lines at the beginning of the part that begins here.
    Part(&'a str),
}

/// The mark that a line is, or what a merge has made of one.
fn mark(line: &str) -> Option<Mark<'_>> {
    let line = line.trim();
    if !line.starts_with(['%', '|']) {
        return None;
    }
    let line = line.trim_start_matches("%%").trim_start();
    let rest = |word| {
        let rest = line.strip_prefix(word)?;
        (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim_start_matches(' '))
    };
    rest("|step").map(Mark::Step).or_else(|| rest("|part").map(Mark::Part))
}

/// Whether a line is a mark of the whole diagram, or what a merge has made of one.
pub fn is_mark(line: &str) -> bool {
    mark(line).is_some()
}

/// The parts that show a whole diagram.
pub fn shown(whole: &str, presentation: &Presentation, numbering: &Numbering) -> Shown {
    parts::shown(whole, presentation, numbering)
}

#[cfg(test)]
mod tests;
