//! The request/response page: a section a message, with its header and its content in tabs.
//!
//! `merge` reads it back section by section to keep what people write into it.

use std::fmt::Write as _;
use std::ops::Range;

use memchr::memmem;

use crate::model::Arrow;
use crate::stabilise::{StableEntry, StableRecording};

use super::content::content;
use super::{each, push_escaped};

/// The request/response page: a blank line before each heading, two between sections.
pub fn body(recording: &StableRecording) -> String {
    each(recording, push)
}

/// The heads of the sections of all messages, four lines each: what [`body`] begins them with.
pub fn body_heads(recording: &StableRecording) -> String {
    each(recording, |out, arrow| push_head(out, arrow, &arrow.label()))
}

/// The sections of these messages of a request/response page.
pub fn body_sections(recording: &StableRecording, messages: Range<usize>) -> String {
    let mut out = String::new();
    let arrows = recording.recording().arrows().skip(messages.start).take(messages.len());
    arrows.for_each(|arrow| push(&mut out, &arrow));
    out
}

/// Adds one message to a request/response page.
pub fn body_entry(out: &mut String, entry: &StableEntry, step: usize) {
    push(out, &entry.arrow(step));
}

fn push_head(out: &mut String, arrow: &Arrow<'_>, title: &str) {
    let Arrow { step, from, to, .. } = arrow;
    let direction = if arrow.status.is_none() { "-->" } else { "<--" };
    write!(out, "\n### ({step}) {title}\n`{from}` {direction} `{to}`\n\n")
        .expect("writing to a string does not fail");
}

fn push(out: &mut String, arrow: &Arrow<'_>) {
    let title = arrow.label();
    push_head(out, arrow, &title);
    let mut header = String::new();
    for (index, line) in arrow.headers.iter().enumerate() {
        header.push_str(if index == 0 { "" } else { "\n" });
        push_escaped(&mut header, &format!("{}: {}", line.name, line.value));
    }
    let has_header = !arrow.headers.is_empty();
    tab(out, ["Header", "http", &title], has_header.then_some(&*header));
    out.push('\n');
    let mut shown = String::new();
    push_escaped(&mut shown, &content(arrow.body));
    tab(out, ["Body", "json", &title], Some(&shown));
    out.push('\n');
}

fn tab(out: &mut String, [name, language, title]: [&str; 3], content: Option<&str>) {
    let fence = fence_for(content.unwrap_or_default());
    let title = title.replace('"', "%22");
    out.extend(["=== \"", name, "\"\n    ", &fence, " ", language, " title=\"", &title]);
    out.push_str("\" linenums=\"1\"\n");
    for line in content.iter().flat_map(|content| content.split('\n')) {
        out.extend([if line.is_empty() { "" } else { "    " }, line, "\n"]);
    }
    out.extend(["    ", &fence, "\n"]);
}

/// A run of backticks that none of the lines can close.
fn fence_for(content: &str) -> String {
    if memmem::find(content.as_bytes(), b"```").is_none() {
        return "```".to_owned();
    }
    let longest = content
        .split('\n')
        .map(str::trim_start)
        .map(|line| line.len() - line.trim_start_matches('`').len())
        .max();
    "`".repeat(longest.map_or(3, |run| if run < 3 { 3 } else { run + 1 }))
}

#[cfg(test)]
mod tests {
    use super::tab;

    #[test]
    fn content_cannot_close_its_fence() {
        let mut out = String::new();
        tab(&mut out, ["Body", "json", "T"], Some("```\n\nx"));
        let text =
            "=== \"Body\"\n    ```` json title=\"T\" linenums=\"1\"\n    ```\n\n    x\n    ````\n";
        assert_eq!(out, text);
    }
}
