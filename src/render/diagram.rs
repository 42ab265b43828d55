//! The diagram: one Mermaid line a message, without the `sequenceDiagram` line, which the page has.

use std::fmt::Write as _;

use crate::model::Arrow;
use crate::sequence;
use crate::stabilise::StableRecording;

/// The diagram view.
pub fn diagram(recording: &StableRecording) -> String {
    let mut out = String::new();
    for arrow in recording.recording().arrows() {
        writeln!(out, "{}", message_line(&arrow)).expect("writing to a string does not fail");
    }
    out
}

fn message_line(arrow: &Arrow<'_>) -> String {
    let (from, to) = (sequence::written::name(arrow.from), sequence::written::name(arrow.to));
    let label = sequence::written::text(&arrow.label());
    match arrow.status {
        None => format!("{from}->>{to}: {label}"),
        Some(_) => format!("{to}-->>{from}: {label}"),
    }
}
