//! The diagram: one Mermaid line a message, without the `sequenceDiagram` line, which the page has.

use crate::model::Entry;
use crate::sequence::written;
use crate::stabilise::{StableEntry, StableRecording};

use super::each;

/// The diagram view.
pub fn diagram(recording: &StableRecording) -> String {
    each(recording, |out, entry, _| push(out, entry))
}

/// Adds one message to a diagram.
pub fn diagram_entry(out: &mut String, entry: &StableEntry<'_>) {
    push(out, entry.entry());
}

fn push(out: &mut String, entry: &Entry<'_>) {
    let (from, to) = (written::name(&entry.from), written::name(&entry.to));
    let label = written::text(&entry.label());
    match entry.status {
        None => out.extend([&*from, "->>", &to, ": ", &label, "\n"]),
        Some(_) => out.extend([&*to, "-->>", &from, ": ", &label, "\n"]),
    }
}
