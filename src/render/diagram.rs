//! The diagram: one Mermaid line a message, without the `sequenceDiagram` line, which the page has.

use std::collections::HashMap;
use std::rc::Rc;

use crate::model::Arrow;
use crate::sequence::written;
use crate::stabilise::{StableEntry, StableRecording};

/// The diagram view.
pub fn diagram(recording: &StableRecording) -> String {
    let mut out = String::new();
    // Few take part, and whether a name needs to be written otherwise takes a while to say.
    let mut names = HashMap::new();
    for arrow in recording.recording().arrows() {
        let [from, to] = [arrow.from, arrow.to].map(|name| {
            Rc::clone(names.entry(name).or_insert_with(|| Rc::from(written::name(name))))
        });
        push_between(&mut out, &arrow, [&from, &to]);
    }
    out
}

/// Adds one message to a diagram.
pub fn diagram_entry(out: &mut String, entry: &StableEntry, step: usize) {
    push(out, &entry.arrow(step));
}

fn push(out: &mut String, arrow: &Arrow<'_>) {
    push_between(out, arrow, [&written::name(arrow.from), &written::name(arrow.to)]);
}

fn push_between(out: &mut String, arrow: &Arrow<'_>, [from, to]: [&str; 2]) {
    let label = written::text(&arrow.label());
    match arrow.status {
        None => out.extend([from, "->>", to, ": ", &label, "\n"]),
        Some(_) => out.extend([to, "-->>", from, ": ", &label, "\n"]),
    }
}
