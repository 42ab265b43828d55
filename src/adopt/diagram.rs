//! A diagram that people edited, beside the one that its recording gives.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::HandEditKind;

use super::align::{Pair, Template, pairs};
use super::{Findings, Standing};

static MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?<participants>[^\s:%][^:]*?-{1,2}(?:>{1,2}|x|\))[^:]*?)\s*:\s*(?<label>.*?)\s*$",
    )
});
static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?i:opt|alt|loop|par|critical|break|rect|box)\b\s*(?<label>.*?)\s*$")
});
/// What goes with a block, or belongs to every diagram.
static FRAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?i:end|else\b.*|and\b.*|option\b.*|autonumber.*|sequenceDiagram)$")
});
static DECORATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?i:%%|note\b|participant\b|actor\b|create\b|destroy\b|activate\b|deactivate\b|title\b|links?\b|accTitle|accDescr)",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// How many messages a diagram has.
pub(super) fn count(text: &str) -> usize {
    text.lines().filter(|line| message(line).is_some()).count()
}

/// Compares a diagram with the recorded one. Gives how many messages differ, and which names stand for
/// which values.
pub(super) fn compare(
    view: &Standing<'_>,
    recorded: &str,
    findings: &mut Findings,
) -> (usize, Vec<(String, String)>) {
    let mut messages: Vec<(usize, String)> = Vec::new();
    for (index, line) in view.text.lines().enumerate() {
        match message(line) {
            Some(message) => messages.push((index, message)),
            None => other(view, index, line.trim(), findings),
        }
    }
    let standing: Vec<String> = messages.iter().map(|(_, message)| message.clone()).collect();
    let recorded: Vec<String> = recorded.lines().filter_map(message).collect();
    let mut values = Vec::new();
    let mut differing = 0;
    let mut missing: Vec<usize> = Vec::new();
    // Where messages that the diagram lacks would stand.
    let mut last = 0;
    for pair in pairs(&standing, &recorded, |_, _| false) {
        match pair {
            Pair::Both(one, other) => {
                last = messages[one].0;
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
                last = messages[one].0;
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
fn other(view: &Standing<'_>, index: usize, line: &str, findings: &mut Findings) {
    if line.is_empty() || FRAME.is_match(line) {
        return;
    }
    if let Some(block) = BLOCK.captures(line) {
        findings.edit(HandEditKind::Block, view, index, &block["label"]);
    } else if DECORATION.is_match(line) {
        findings.edit(HandEditKind::DiagramLine, view, index, "");
    } else {
        findings.unplaced(view, index, "this line of a diagram is unknown");
    }
}

/// The message in a line, written in one way.
fn message(line: &str) -> Option<String> {
    if DECORATION.is_match(line.trim()) {
        return None;
    }
    let found = MESSAGE.captures(line)?;
    let participants = found["participants"].replace(' ', "");
    Some(format!("{participants}: {}", &found["label"]))
}
