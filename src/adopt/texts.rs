//! Where the lines of a text are not those that its recording gives.
//!
//! In: the lines as they stand, and as they are recorded, which is without secrets. Out: where stretches
//! of the standing lines begin. Taking secrets out of a text costs more than comparing it, so it is done around
//! what differs, unless all is asked for.

use similar::DiffOp;

use super::Hide;
use super::align::differences;

/// Lines that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first of them; where none stands, the one before which they are missing.
    pub(super) line: usize,
    /// Whether a person left lines out there, with `...` in their place.
    pub(super) is_left_out: bool,
}

/// No secret begins so many lines before a line of it: a name stands next to its value, and only keys
/// have many lines.
const BEFORE: usize = 8;
/// What is secret has fewer lines, be it the key of a certificate.
const BEHIND: usize = 200;

/// The stretches that differ: all of them, or the first that no person left out.
pub(super) fn differing<'a>(
    standing: impl Iterator<Item = &'a str> + Clone,
    recorded: impl Iterator<Item = &'a str> + Clone,
    hide: &Hide<'_>,
    asks_for_all: bool,
) -> Vec<Stretch> {
    if !asks_for_all {
        let first = first(standing.clone(), recorded.clone(), hide);
        let Some(line) = first else { return Vec::new() };
        if !standing.clone().skip(line).any(is_elision) {
            return vec![Stretch { line, is_left_out: false }];
        }
    } else if standing.clone().eq(recorded.clone()) {
        return Vec::new();
    }
    let (standing, recorded): (Vec<&str>, Vec<&str>) = (standing.collect(), recorded.collect());
    let hidden = hide(&standing.join("\n"));
    let lines: Option<Vec<&str>> = hidden.as_deref().map(|text| text.split('\n').collect());
    let ops = differences(lines.as_deref().unwrap_or(&standing), &recorded);
    let stretches = ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let mut stretches = stretches.map(|op| Stretch {
        line: op.old_range().start,
        is_left_out: matches!(standing[op.old_range()], [only] if is_elision(only)),
    });
    if asks_for_all {
        return stretches.collect();
    }
    stretches.find(|stretch| !stretch.is_left_out).into_iter().collect()
}

/// Whether the line is what a person puts in the place of lines that are left out.
fn is_elision(line: &str) -> bool {
    line.trim() == "..."
}

/// The first line that differs; the one behind the last where others follow it.
fn first<'a>(
    standing: impl Iterator<Item = &'a str> + Clone,
    recorded: impl Iterator<Item = &'a str> + Clone,
    hide: &Hide<'_>,
) -> Option<usize> {
    let mut at = 0;
    let (mut one, mut other) = (standing.clone(), recorded.clone());
    loop {
        let (line, meant) = match (one.next(), other.next()) {
            (Some(line), Some(meant)) => (line, meant),
            (None, None) => return None,
            _ => return Some(at),
        };
        if line == meant || hide(line).is_some_and(|hidden| hidden == meant) {
            at += 1;
            continue;
        }
        let begin = at.saturating_sub(BEFORE);
        let around: Vec<&str> = standing.clone().skip(begin).take(at - begin + BEHIND).collect();
        let Some(hidden) = hide(&around.join("\n")) else { return Some(at) };
        let lines = hidden.split('\n').skip(at - begin);
        let alike =
            lines.zip(recorded.clone().skip(at)).take_while(|(one, two)| one == two).count();
        if alike == 0 {
            return Some(at);
        }
        at += alike;
        (one, other) = (standing.clone(), recorded.clone());
        one.nth(at - 1);
        other.nth(at - 1);
    }
}
