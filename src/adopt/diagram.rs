//! A diagram that people edited, beside the one that its recording gives.

use std::borrow::Cow;

use crate::model::HandEditKind;
use crate::sequence::{Drawing, Line, OPENING, Template, normal};

use super::align::{Pair, pairs};
use super::{Findings, Standing};

/// Words of lines that go with a block, or belong to every diagram.
const FRAME: [&str; 6] = ["and", "autonumber", "else", "end", "option", "sequencediagram"];

/// Compares a diagram with the recorded one. Gives how many messages differ, and which names stand for
/// which values.
pub(super) fn compare(
    view: &Standing<'_>,
    drawing: &Drawing<'_>,
    recorded: &str,
    findings: &mut Findings,
) -> (usize, Vec<(String, String)>) {
    for (index, line) in drawing.lines.iter().enumerate() {
        other(view, index, line, findings);
    }
    let lines = &drawing.messages;
    let standing: Vec<Cow<'_, str>> =
        lines.iter().map(|&line| normal(drawing.lines[line].text)).collect();
    let recorded: Vec<Cow<'_, str>> = recorded.lines().map(normal).collect();
    let mut values = Vec::new();
    let mut differing = 0;
    let mut missing: Vec<usize> = Vec::new();
    // Where messages that the diagram lacks would stand.
    let mut last = 0;
    for pair in pairs(&standing, &recorded, |_, _| false) {
        match pair {
            Pair::Both(one, other) => {
                last = lines[one];
                if let Some(template) = Template::of(&standing[one]) {
                    if template.has_names() {
                        findings.edit(HandEditKind::Placeholder, view, last, "");
                    }
                    if template.has_query {
                        findings.edit(HandEditKind::Query, view, last, "");
                    }
                    values.extend(template.values(&recorded[other]));
                }
            }
            Pair::Standing(one) => {
                last = lines[one];
                differing += 1;
                findings.unplaced(view, last, "this message is not in the log");
            }
            Pair::Recorded(other) => {
                differing += 1;
                missing.push(other + 1);
                continue;
            }
        }
        findings.missing(view, last, &mut missing);
    }
    findings.missing(view, last, &mut missing);
    (differing, values)
}

/// A line that is no message.
fn other(view: &Standing<'_>, index: usize, line: &Line<'_>, findings: &mut Findings) {
    let text = line.text.trim();
    match line.word() {
        _ if line.message.is_some() || text.is_empty() => {}
        Some(word) if FRAME.contains(&&*word) => {}
        Some(word) if OPENING.contains(&&*word) => {
            findings.edit(HandEditKind::Block, view, index, text[word.len()..].trim());
        }
        Some(_) => findings.edit(HandEditKind::DiagramLine, view, index, ""),
        None if line.is_comment() => findings.edit(HandEditKind::DiagramLine, view, index, ""),
        None => findings.unplaced(view, index, "this line of a diagram is unknown"),
    }
}
