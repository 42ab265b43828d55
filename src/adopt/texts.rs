//! Where the lines of a text are not those that its recording gives.
//!
//! In: the lines as they stand, and as they are recorded, which is without secrets. Out: where stretches
//! of the standing lines begin. Taking secrets out of a text costs more than comparing it, so it is done
//! around what differs, unless all is asked for. Lines have no blanks at their end.

use similar::DiffOp;

use super::Hiding;
use super::align::differences;

/// Lines that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first of them; where none stands, the one before which they are missing.
    pub(super) line: usize,
    /// The first of those that are recorded instead.
    recorded: usize,
    /// Whether a person left lines out there, with `...` in their place.
    pub(super) is_left_out: bool,
}

/// Where a text begins to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Difference<'a> {
    /// The line; the one behind the last where others should follow.
    pub(super) line: usize,
    /// What is recorded there; none where that ends.
    recorded: Option<&'a str>,
}

/// Characters of the longest line that is shown. A longer one is not cut: half of a secret that is known
/// from elsewhere could not be told from other text.
const SHOWN: usize = 80;

impl Difference<'_> {
    /// What the log has there, as the rest of a sentence about it.
    pub(super) fn what_the_log_says(&self) -> String {
        match self.recorded.map(str::trim) {
            None => ", which ends there".to_owned(),
            Some("") => ", which has a blank line there".to_owned(),
            Some(line) if line.chars().nth(SHOWN).is_some() => {
                ", which has another long line there".to_owned()
            }
            Some(line) => format!(", which says `{line}`"),
        }
    }
}

/// No secret begins so many lines before a line of it: a name stands next to its value, and only keys
/// have many lines.
const BEFORE: usize = 8;
/// What is secret has fewer lines, be it the key of a certificate.
const BEHIND: usize = 200;

/// All stretches that differ.
pub(super) fn stretches<'a>(
    standing: impl Iterator<Item = &'a str> + Clone,
    recorded: impl Iterator<Item = &'a str> + Clone,
    hiding: &dyn Hiding,
) -> Vec<Stretch> {
    if standing.clone().eq(recorded.clone()) {
        return Vec::new();
    }
    let (standing, recorded): (Vec<&str>, Vec<&str>) = (standing.collect(), recorded.collect());
    let hidden = hiding.hidden(&standing.join("\n"));
    let lines: Option<Vec<&str>> = hidden.as_deref().map(|text| text.split('\n').collect());
    let ops = differences(lines.as_deref().unwrap_or(&standing), &recorded);
    let stretches = ops.into_iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let stretches = stretches.map(|op| Stretch {
        line: op.old_range().start,
        recorded: op.new_range().start,
        is_left_out: matches!(standing[op.old_range()], [only] if is_elision(only)),
    });
    stretches.collect()
}

/// The first difference that is not a place where a person left something out.
pub(super) fn first_meant<'a>(
    standing: impl Iterator<Item = &'a str> + Clone,
    recorded: impl Iterator<Item = &'a str> + Clone,
    hiding: &dyn Hiding,
) -> Option<Difference<'a>> {
    let first = first(standing.clone(), recorded.clone(), hiding)?;
    if !standing.clone().skip(first.line).any(is_elision) {
        return Some(first);
    }
    let mut stretches = stretches(standing, recorded.clone(), hiding).into_iter();
    let stretch = stretches.find(|stretch| !stretch.is_left_out)?;
    Some(Difference { line: stretch.line, recorded: recorded.clone().nth(stretch.recorded) })
}

/// Whether the line is what a person puts in the place of lines that are left out.
fn is_elision(line: &str) -> bool {
    line.ends_with("...") && line.trim_start() == "..."
}

/// Where a text begins to differ.
pub(super) fn first<'a>(
    standing: impl Iterator<Item = &'a str> + Clone,
    recorded: impl Iterator<Item = &'a str> + Clone,
    hiding: &dyn Hiding,
) -> Option<Difference<'a>> {
    let mut at = 0;
    let (mut one, mut other) = (standing.clone(), recorded);
    // So many lines before that one, or at the first.
    let mut back = standing;
    loop {
        let (ones, others) = (one.clone(), other.clone());
        let (line, meant) = match (one.next(), other.next()) {
            (Some(line), Some(meant)) => (line, meant),
            (None, None) => return None,
            (_, recorded) => return Some(Difference { line: at, recorded }),
        };
        let difference = Some(Difference { line: at, recorded: Some(meant) });
        let begin = at.saturating_sub(BEFORE);
        let around = |count: usize| {
            let lines: Vec<&str> = back.clone().take(at - begin + count).collect();
            lines.join("\n")
        };
        let alike = if line == meant || hiding.hidden(line).is_some_and(|hidden| hidden == meant) {
            1
        } else if hiding.may_be_in(&around(1)) {
            let Some(hidden) = hiding.hidden(&around(BEHIND)) else { return difference };
            let lines = hidden.split('\n').skip(at - begin).zip(others.clone());
            lines.take_while(|(one, other)| one == other).count()
        } else {
            0
        };
        match alike {
            0 => return difference,
            1 => {}
            _ => {
                (one, other) = (ones, others);
                one.nth(alike - 1);
                other.nth(alike - 1);
            }
        }
        at += alike;
        back.by_ref().take(at.saturating_sub(BEFORE) - begin).for_each(drop);
    }
}
