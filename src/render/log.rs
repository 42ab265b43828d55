//! The log: every message in full. Also what a page's next refresh reads back as its last recording.

use crate::model::{Entry, Line};
use crate::stabilise::{StableEntry, StableRecording};

use super::content::content;
use super::{each, escaped};

/// The log view: one entry a message, one blank line before each heading, two between entries.
pub fn log(recording: &StableRecording) -> String {
    each(recording, |out, entry, _| push(out, entry))
}

/// Adds one message to a log.
pub fn log_entry(out: &mut String, entry: &StableEntry<'_>) {
    push(out, entry.entry());
}

fn push(out: &mut String, entry: &Entry<'_>) {
    let Entry { from, to, status, method, url, headers, body, .. } = entry;
    out.extend(["\n### (", from, if status.is_none() { ") REQ >>> (" } else { ") RESP <<< (" }]);
    out.extend([&**to, ") : "]);
    if let Some(status) = status {
        out.extend([status, " "]);
    }
    out.extend([method, " ", url, "\n"]);
    for Line { name, value } in headers {
        out.extend([name, ": ", value, "\n"]);
    }
    out.push('\n');
    out.push_str(&escaped(&content(body)));
    out.push_str("\n\n");
}
