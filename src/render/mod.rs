//! One view from a stable recording: console output, diagram, request/response page, log.
//!
//! In: a [`StableRecording`] as a whole, or a
//! [`StableEntry`](crate::stabilise::StableEntry) at a time. Only `stabilise` can make either, so
//! nothing unredacted can be drawn. Out: the view's text with `\n` line ends, as it stands in its
//! file or fence.

mod body;
mod console;
mod content;
mod diagram;
mod har;
mod log;

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memmem};

use crate::model::{Arrow, Body, Entry};
use crate::stabilise::StableRecording;

pub use body::{body, body_entry, body_heads, body_sections};
pub use console::console;
pub use diagram::{DiagramNames, diagram, diagram_entry};
pub use har::{Har, HarSide, HarStep, har_begin, har_end};
pub use log::{log, log_entry};

/// What is added for each message of a recording and its step, one behind the other.
fn each(recording: &StableRecording, add: impl FnMut(&mut String, &Entry<'_>, usize)) -> String {
    some(recording, 0..usize::MAX, add)
}

/// The same where headers and contents do not matter: messages are given without them.
fn heads(
    recording: &StableRecording,
    mut add: impl FnMut(&mut String, &Entry<'_>, usize),
) -> String {
    let mut out = String::new();
    for arrow in recording.recording().arrows() {
        let head = Arrow { headers: &[], body: &Body::Empty, ..arrow };
        add(&mut out, &Entry::of(&head), arrow.step);
    }
    out
}

/// What [`each`] adds for these messages.
fn some(
    recording: &StableRecording,
    messages: Range<usize>,
    mut add: impl FnMut(&mut String, &Entry<'_>, usize),
) -> String {
    let mut out = String::new();
    let arrows = recording.recording().arrows().skip(messages.start).take(messages.len());
    arrows.for_each(|arrow| add(&mut out, &Entry::of(&arrow), arrow.step));
    out
}

/// A text of several lines, protected where it has to be.
fn escaped(text: &str) -> Cow<'_, str> {
    if memchr(b'<', text.as_bytes()).is_none() || memmem::find(text.as_bytes(), b"8<-").is_none() {
        return text.into();
    }
    text.split('\n').map(escape_scissors).collect::<Vec<_>>().join("\n").into()
}

/// Adds a number. Formatting does more than is needed for what stands in every heading.
fn push_number(out: &mut String, number: usize) {
    if number > 9 {
        push_number(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// Protects a line of content that PyMdown's snippets would take for an include or a section mark:
/// one `;` before the scissors is removed when the page is built.
///
/// As pymdownx.snippets 13.1 reads it; blanks before the `;` are allowed for.
fn escape_scissors(line: &str) -> String {
    let start = line.len() - line.trim_start_matches([' ', '\t', ';']).len();
    let dashes = line[start..].trim_start_matches('-');
    let is_scissors = dashes.len() < line[start..].len()
        && dashes.strip_prefix("8<").is_some_and(|rest| rest.starts_with('-'));
    if is_scissors { format!("{};{}", &line[..start], &line[start..]) } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::escape_scissors;

    #[test]
    fn content_that_looks_like_an_include_is_escaped() {
        assert_eq!(escape_scissors("  --8<-- \"a\""), "  ;--8<-- \"a\"");
        assert_eq!(escape_scissors(";-8<-"), ";;-8<-");
        assert_eq!(escape_scissors("-- 8<--"), "-- 8<--");
    }
}
