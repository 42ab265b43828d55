//! The diagram: one Mermaid line a message, without the `sequenceDiagram` line, which the page has.

use crate::model::Arrow;
use crate::sequence::written;
use crate::stabilise::{StableEntry, StableRecording};

use super::each;

/// The diagram view.
pub fn diagram(recording: &StableRecording) -> String {
    each(recording, push)
}

/// Adds one message to a diagram.
pub fn diagram_entry(out: &mut String, entry: &StableEntry, step: usize) {
    push(out, &entry.arrow(step));
}

fn push(out: &mut String, arrow: &Arrow<'_>) {
    let (from, to) = (written::name(arrow.from), written::name(arrow.to));
    let label = written::text(&arrow.label());
    match arrow.status {
        None => out.extend([&*from, "->>", &to, ": ", &label, "\n"]),
        Some(_) => out.extend([&*to, "-->>", &from, ": ", &label, "\n"]),
    }
}
