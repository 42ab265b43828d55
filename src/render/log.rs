//! The log: every message in full. Also what a page's next refresh reads back as its last recording.

use crate::model::Arrow;
use crate::stabilise::{StableEntry, StableRecording};

use super::content::content;
use super::{each, push_escaped};

/// The log view: one entry a message, one blank line before each heading, two between entries.
pub fn log(recording: &StableRecording) -> String {
    each(recording, push)
}

/// Adds one message to a log.
pub fn log_entry(out: &mut String, entry: &StableEntry, step: usize) {
    push(out, &entry.arrow(step));
}

fn push(out: &mut String, arrow: &Arrow<'_>) {
    let Arrow { from, to, method, url, .. } = arrow;
    match arrow.status {
        None => out.extend(["\n### (", from, ") REQ >>> (", to, ") : ", method, " ", url, "\n"]),
        Some(status) => out.extend([
            "\n### (",
            from,
            ") RESP <<< (",
            to,
            ") : ",
            status,
            " ",
            method,
            " ",
            url,
            "\n",
        ]),
    }
    for header in arrow.headers {
        out.extend([&*header.name, ": ", &header.value, "\n"]);
    }
    out.push('\n');
    push_escaped(out, &content(arrow.body));
    out.push_str("\n\n");
}
