//! The log: every message in full. Also what a page's next refresh reads back as its last recording.

use std::fmt::Write as _;

use crate::model::Arrow;
use crate::stabilise::StableRecording;

use super::content::content;
use super::escape_scissors;

/// The log view: one entry a message, one blank line before each heading, two between entries.
pub fn log(recording: &StableRecording) -> String {
    let mut out = String::new();
    for arrow in recording.recording().arrows() {
        entry(&mut out, &arrow);
    }
    out
}

fn entry(out: &mut String, arrow: &Arrow<'_>) {
    let Arrow { from, to, method, url, .. } = arrow;
    let mut line = |text: std::fmt::Arguments<'_>| {
        writeln!(out, "{text}").expect("writing to a string does not fail");
    };
    line(format_args!(""));
    match arrow.status {
        None => line(format_args!("### ({from}) REQ >>> ({to}) : {method} {url}")),
        Some(status) => {
            line(format_args!("### ({from}) RESP <<< ({to}) : {status} {method} {url}"))
        }
    }
    for header in arrow.headers {
        line(format_args!("{}: {}", header.name, header.value));
    }
    line(format_args!(""));
    for content_line in content(arrow.body).split('\n') {
        line(format_args!("{}", escape_scissors(content_line)));
    }
    line(format_args!(""));
}
