//! The request/response page: a section a message, with its header and its content in tabs.
//!
//! `merge` reads it back section by section to keep what people write into it.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter, memchr2};

use crate::model::{Entry, Line};
use crate::stabilise::{StableEntry, StableRecording};

use super::content::content;
use super::{each, escaped, heads, push_number, some};

/// The request/response page: a blank line before each heading, two between sections.
pub fn body(recording: &StableRecording) -> String {
    each(recording, push)
}

/// The heads of the sections of all messages, four lines each: what [`body`] begins them with.
pub fn body_heads(recording: &StableRecording) -> String {
    heads(recording, |out, entry, step| push_head(out, entry, step, &entry.label()))
}

/// The sections of these messages of a request/response page.
pub fn body_sections(recording: &StableRecording, messages: Range<usize>) -> String {
    some(recording, messages, push)
}

/// Adds one message to a request/response page.
pub fn body_entry(out: &mut String, entry: &StableEntry<'_>, step: usize) {
    push(out, entry.entry(), step);
}

fn push_head(out: &mut String, entry: &Entry<'_>, step: usize, title: &str) {
    let direction = if entry.status.is_none() { "` --> `" } else { "` <-- `" };
    out.push_str("\n### (");
    push_number(out, step);
    out.extend([") ", title, "\n`", &entry.from, direction, &entry.to, "`\n\n"]);
}

fn push(out: &mut String, entry: &Entry<'_>, step: usize) {
    let title = entry.label();
    push_head(out, entry, step, &title);
    let title = if title.contains('"') { title.replace('"', "%22") } else { title };
    header(out, &title, &entry.headers);
    out.push('\n');
    tab(out, ["Body", "json", &title], &escaped(&content(&entry.body)));
    out.push('\n');
}

fn header(out: &mut String, title: &str, lines: &[Line<'_>]) {
    let names = ["Header", "http", title];
    let start = out.len();
    begin(out, names, "```");
    let first = out.len();
    for Line { name, value } in lines {
        out.extend([INDENT, name, ": ", value, "\n"]);
    }
    // What a fence, an include or a second line is made of hardly ever stands in a header.
    let written = &out.as_bytes()[first..];
    if memchr2(b'`', b'<', written).is_none() && memchr_iter(b'\n', written).count() == lines.len()
    {
        return end(out, "```");
    }
    out.truncate(start);
    let texts = lines.iter().map(|Line { name, value }| [name, ": ", value].concat());
    let texts: Vec<String> = texts.map(|text| escaped(&text).into_owned()).collect();
    tab(out, names, &texts.join("\n"));
}

const INDENT: &str = "    ";

fn tab(out: &mut String, names: [&str; 3], content: &str) {
    let fence = fence_for(content);
    begin(out, names, &fence);
    // Most lines are short.
    out.reserve(content.len() + content.len() / 4);
    let mut start = 0;
    for end in memchr_iter(b'\n', content.as_bytes()) {
        if end > start {
            out.push_str(INDENT);
        }
        out.push_str(&content[start..=end]);
        start = end + 1;
    }
    let last = &content[start..];
    out.extend([if last.is_empty() { "" } else { INDENT }, last, "\n"]);
    end(out, &fence);
}

fn begin(out: &mut String, [name, language, title]: [&str; 3], fence: &str) {
    out.extend(["=== \"", name, "\"\n    ", fence, " ", language, " title=\"", title]);
    out.push_str("\" linenums=\"1\"\n");
}

fn end(out: &mut String, fence: &str) {
    out.extend([INDENT, fence, "\n"]);
}

/// A run of backticks that none of the lines can close.
fn fence_for(content: &str) -> Cow<'static, str> {
    if memchr(b'`', content.as_bytes()).is_none() {
        return "```".into();
    }
    let longest = content
        .split('\n')
        .map(str::trim_start)
        .map(|line| line.len() - line.trim_start_matches('`').len())
        .max();
    "`".repeat(longest.map_or(3, |run| if run < 3 { 3 } else { run + 1 })).into()
}

#[cfg(test)]
mod tests {
    use super::tab;

    #[test]
    fn content_cannot_close_its_fence() {
        let mut out = String::new();
        tab(&mut out, ["Body", "json", "T"], "```\n\nx");
        let text =
            "=== \"Body\"\n    ```` json title=\"T\" linenums=\"1\"\n    ```\n\n    x\n    ````\n";
        assert_eq!(out, text);
    }
}
