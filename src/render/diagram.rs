//! The diagram: one Mermaid line a message, without the `sequenceDiagram` line, which the page has.

use foldhash::HashMap;

use crate::model::Entry;
use crate::sequence::written;
use crate::stabilise::{StableEntry, StableRecording};

use super::heads;

/// Names that are kept, at most. A log has few; without a bound, one with many would fill the memory.
const KEPT: usize = 256;

/// How participants' names are written in a diagram. Telling it takes a parser, so it is kept.
#[derive(Debug, Default)]
pub struct DiagramNames(HashMap<String, String>);

impl DiagramNames {
    fn written(&mut self, name: &str) -> &str {
        if !self.0.contains_key(name) {
            if self.0.len() >= KEPT {
                self.0.clear();
            }
            self.0.insert(name.to_owned(), written::name(name));
        }
        &self.0[name]
    }
}

/// The diagram view.
pub fn diagram(recording: &StableRecording) -> String {
    let mut names = DiagramNames::default();
    heads(recording, |out, entry, _| push(out, entry, &mut names))
}

/// Adds one message to a diagram.
pub fn diagram_entry(out: &mut String, entry: &StableEntry<'_>, names: &mut DiagramNames) {
    push(out, entry.entry(), names);
}

fn push(out: &mut String, entry: &Entry<'_>, names: &mut DiagramNames) {
    let (from, arrow, to) = match entry.status {
        None => (&entry.from, "->>", &entry.to),
        Some(_) => (&entry.to, "-->>", &entry.from),
    };
    let label = entry.label();
    out.extend([names.written(from), arrow]);
    out.extend([names.written(to), ": ", &written::text(&label), "\n"]);
}
