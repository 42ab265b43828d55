//! Step numbers in what people wrote, such as `(5)`, `(1-4)`, `(6)-(9)` and `(10), (12)`: they follow
//! the messages that they meant.
//!
//! Only numbers of steps that the page has count, so that `(2023)` and `f(1)` are left alone. What
//! cannot be told for sure stays as it is and is reported with a proposal.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Message, Recording};

/// Which step of the documented run is which step of the new one; counted from 0.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    to_new: Vec<Option<usize>>,
    to_old: Vec<Option<usize>>,
    /// What the documented steps are called.
    labels: Vec<String>,
    /// For each new step the other half of its exchange.
    mates: Vec<Option<usize>>,
}

/// A line with the numbers of the new run, and what could not be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Renumbered {
    pub(super) line: String,
    pub(super) stale: Vec<Stale>,
}

/// A reference that means nothing any more, or something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stale {
    /// Bytes of the line that it was found in.
    pub(super) span: Range<usize>,
    /// Why; lower case, no full stop.
    pub(super) reason: String,
    /// What may be meant; begins with a verb.
    pub(super) proposal: String,
}

impl Steps {
    /// `partners` has the documented exchange for each live one.
    pub(super) fn new(
        documented: &Recording,
        live: &Recording,
        partners: &[Option<usize>],
    ) -> Self {
        let old: HashMap<Message, usize> =
            documented.arrows().map(|arrow| (arrow.message, arrow.step - 1)).collect();
        let mut steps = Self {
            to_new: vec![None; documented.messages.len()],
            to_old: vec![None; live.messages.len()],
            labels: vec![String::new(); documented.messages.len()],
            mates: vec![None; live.messages.len()],
        };
        let new: HashMap<Message, usize> =
            live.arrows().map(|arrow| (arrow.message, arrow.step - 1)).collect();
        for arrow in documented.arrows() {
            steps.labels[arrow.step - 1] = arrow.label();
        }
        for arrow in live.arrows() {
            let (partner, mate) = match arrow.message {
                Message::Request(index) => {
                    (partners[index].map(Message::Request), Message::Response(index))
                }
                Message::Response(index) => {
                    (partners[index].map(Message::Response), Message::Request(index))
                }
            };
            steps.mates[arrow.step - 1] = new.get(&mate).copied();
            if let Some(&old) = partner.and_then(|partner| old.get(&partner)) {
                steps.to_new[old] = Some(arrow.step - 1);
                steps.to_old[arrow.step - 1] = Some(old);
            }
        }
        steps
    }

    /// The new step of a documented one; none when it is no longer sent.
    pub(super) fn to_new(&self, old: usize) -> Option<usize> {
        self.to_new.get(old).copied().flatten()
    }

    /// The documented step of a new one; none when it was not sent before.
    pub(super) fn to_old(&self, new: usize) -> Option<usize> {
        self.to_old.get(new).copied().flatten()
    }

    /// The other half of a new step's exchange.
    pub(super) fn mate(&self, new: usize) -> Option<usize> {
        self.mates.get(new).copied().flatten()
    }

    /// How many steps are documented.
    pub(super) fn documented(&self) -> usize {
        self.to_new.len()
    }

    /// Whether every step has kept its number.
    fn are_the_same(&self) -> bool {
        self.to_new.iter().enumerate().all(|(old, new)| *new == Some(old))
    }

    /// The line of somebody's words with the numbers that its references have now.
    pub(super) fn renumbered(&self, line: &str) -> Renumbered {
        let mut result = Renumbered { line: String::new(), stale: Vec::new() };
        if self.are_the_same() || !line.contains('(') {
            result.line = line.to_owned();
            return result;
        }
        let mut done = 0;
        for reference in references(line) {
            let Some(text) = self.follow(line, &reference, &mut result.stale) else { continue };
            result.line.push_str(&line[done..reference.span.start]);
            result.line.push_str(&text);
            done = reference.span.end;
        }
        result.line.push_str(&line[done..]);
        result
    }

    /// What the reference is to say; none for one that is to be left alone.
    fn follow(&self, line: &str, reference: &Reference, stale: &mut Vec<Stale>) -> Option<String> {
        let exist =
            |numbers: &Range<usize>| numbers.start >= 1 && numbers.end <= self.documented() + 1;
        if !reference.ranges.iter().all(|(numbers, _)| !numbers.is_empty() && exist(numbers)) {
            return None;
        }
        let mut text = line[reference.span.clone()].to_owned();
        for (numbers, span) in reference.ranges.iter().rev() {
            match self.moved(numbers) {
                Ok(moved) if moved == *numbers => {}
                Ok(moved) => {
                    let within = span.start - reference.span.start..span.end - reference.span.start;
                    let replaced = written(&line[span.clone()], &moved);
                    text.replace_range(within, &replaced);
                }
                Err((reason, proposal)) => {
                    stale.push(Stale { span: reference.span.clone(), reason, proposal });
                    return None;
                }
            }
        }
        Some(text)
    }

    /// The steps that a range of documented steps, counted from 1, has become; or why that cannot
    /// be told, and what may help.
    fn moved(&self, numbers: &Range<usize>) -> Result<Range<usize>, (String, String)> {
        let old = numbers.start - 1..numbers.end - 1;
        let new: Vec<usize> = old.clone().filter_map(|step| self.to_new(step)).collect();
        let shown = |range: &Range<usize>| match range.len() {
            1 => format!("({})", range.start),
            _ => format!("({}-{})", range.start, range.end - 1),
        };
        let Some((&first, &last)) = new.iter().min().zip(new.iter().max()) else {
            let meant = &self.labels[old.start];
            let reason =
                format!("step {} meant `{meant}`, which is no longer sent", shown(numbers));
            return Err((reason, "take the reference out, or say what happens now".to_owned()));
        };
        let moved = first + 1..last + 2;
        let ends_are_gone = self.to_new(old.start).is_none() && self.to_new(old.end - 1).is_none();
        let joined =
            (first..=last).filter_map(|step| self.to_old(step)).find(|step| !old.contains(step));
        let proposal = format!("write `{}` if that is what is meant now", shown(&moved));
        match joined {
            _ if ends_are_gone => {
                let reason = format!("both ends of steps {} are no longer sent", shown(numbers));
                Err((reason, proposal))
            }
            Some(other) => Err((
                format!("`{}` came between steps {}", self.labels[other], shown(numbers)),
                proposal,
            )),
            None => Ok(moved),
        }
    }
}

/// Step numbers in a line: one pair of brackets, or two with a dash between.
#[derive(Debug, PartialEq, Eq)]
struct Reference {
    /// All of it, brackets included.
    span: Range<usize>,
    /// Numbers, the end exclusive, and the bytes that say them.
    ranges: Vec<(Range<usize>, Range<usize>)>,
}

const DASH: &str = r"\s*[-–—~]\s*";

static BRACKETS: LazyLock<Regex> = LazyLock::new(|| {
    let range = format!(r"\d{{1,6}}(?:{DASH}\d{{1,6}})?");
    pattern(&format!(r"\(\s*{range}(?:\s*,\s*{range})*\s*\)"))
});
static RANGE: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"(?<first>\d+)(?:{DASH}(?<last>\d+))?")));
static BETWEEN: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("^{DASH}$")));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// All references of a line, in order.
fn references(line: &str) -> Vec<Reference> {
    let code = code_spans(line);
    let mut references: Vec<Reference> = Vec::new();
    for found in BRACKETS.find_iter(line) {
        if !stands_alone(line, &found.range()) || in_other_code(line, &code, &found.range()) {
            continue;
        }
        let ranges = RANGE.captures_iter(found.as_str()).map(|range| {
            let number = |name: &str| range.name(name).and_then(|part| part.as_str().parse().ok());
            let first: usize = number("first").unwrap_or(usize::MAX - 1);
            let whole = range.get(0).expect("a match has a whole").range();
            let span = found.start() + whole.start..found.start() + whole.end;
            (first..number("last").unwrap_or(first) + 1, span)
        });
        let ranges: Vec<_> = ranges.collect();
        // `(6)-(9)` is a range that is written in two.
        if let (Some(before), [(numbers, span)]) = (references.last_mut(), &*ranges)
            && let [(first, first_span)] = &mut *before.ranges
            && first.len() == 1
            && numbers.len() == 1
            && BETWEEN.is_match(&line[before.span.end..found.start()])
        {
            *first = first.start..numbers.end;
            *first_span = first_span.start..span.end;
            before.span.end = found.end();
            continue;
        }
        references.push(Reference { span: found.range(), ranges });
    }
    references
}

/// The range in the form in which it was written.
fn written(was: &str, numbers: &Range<usize>) -> String {
    let mut digits = was.split(|part: char| !part.is_ascii_digit()).filter(|part| !part.is_empty());
    let (first, last) = (digits.next().unwrap_or_default(), digits.next());
    match last {
        Some(last) if numbers.len() > 1 => {
            let between = &was[first.len()..was.len() - last.len()];
            format!("{}{between}{}", numbers.start, numbers.end - 1)
        }
        _ if numbers.len() > 1 => format!("{}-{}", numbers.start, numbers.end - 1),
        _ => numbers.start.to_string(),
    }
}

/// Whether brackets are no part of a call, a link, an address or an escape.
fn stands_alone(line: &str, span: &Range<usize>) -> bool {
    let before = line[..span.start].chars().next_back();
    before.is_none_or(|before| !before.is_ascii_alphanumeric() && !"_]/=&#%\\$@^".contains(before))
}

/// The contents of the code spans of a line.
fn code_spans(line: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut rest = 0;
    while let Some(start) = line[rest..].find('`').map(|start| rest + start) {
        let marks = line[start..].len() - line[start..].trim_start_matches('`').len();
        let open = start + marks;
        let marker = &line[start..open];
        let mut from = open;
        let close = loop {
            let Some(found) = line[from..].find(marker).map(|found| from + found) else {
                break None;
            };
            let run = line[found..].len() - line[found..].trim_start_matches('`').len();
            if run == marks {
                break Some(found);
            }
            from = found + run;
        };
        match close {
            Some(close) => {
                spans.push(open..close);
                rest = close + marks;
            }
            None => rest = open,
        }
    }
    spans
}

/// Whether brackets stand in a code span that says more than step numbers.
fn in_other_code(line: &str, code: &[Range<usize>], span: &Range<usize>) -> bool {
    let inside = code.iter().find(|code| code.start <= span.start && span.end <= code.end);
    inside.is_some_and(|code| {
        line[code.clone()].chars().any(|part| !part.is_ascii_digit() && !"(),-–—~ ".contains(part))
    })
}

#[cfg(test)]
mod tests {
    use super::{Steps, references};

    /// Steps of which each goes where the list says.
    fn steps(to_new: &[Option<usize>], new: usize) -> Steps {
        let mut to_old = vec![None; new];
        for (old, new) in to_new.iter().enumerate() {
            if let Some(new) = new {
                to_old[*new] = Some(old);
            }
        }
        let labels = (1..=to_new.len()).map(|step| format!("GET /{step}")).collect();
        Steps { to_new: to_new.to_vec(), to_old, labels, mates: vec![None; new] }
    }

    /// Two more messages behind the second of six.
    fn inserted() -> Steps {
        steps(&[Some(0), Some(1), Some(4), Some(5), Some(6), Some(7)], 8)
    }

    #[test]
    fn references_follow_their_messages_in_the_form_in_which_they_were_written() {
        for (line, renumbered) in [
            ("먼저 `(1-4)` 과정", "먼저 `(1-6)` 과정"),
            ("`(3)` then (4), (5)", "`(5)` then (6), (7)"),
            ("(3, 5) and (3 ~ 4)", "(5, 7) and (5 ~ 6)"),
            ("요청(3)을 `(3)-(6)`", "요청(5)을 `(5)-(8)`"),
            ("(1-2)", "(1-2)"),
        ] {
            let result = inserted().renumbered(line);
            assert_eq!((&*result.line, &*result.stale), (renumbered, &[][..]), "{line}");
        }
    }

    #[test]
    fn what_is_no_step_is_left_alone() {
        for line in [
            "(2023)",
            "f(3)",
            "[link](3)",
            "`call (3)`",
            "(3-9)",
            "(0)",
            "(4-3)",
            "a_(3)",
            "\\(3)",
            "http://h/(3)",
            "(3rd)",
            "()",
            "(3",
            "`unclosed (99)",
        ] {
            let result = inserted().renumbered(line);
            assert_eq!((&*result.line, &*result.stale), (line, &[][..]), "{line}");
        }
    }

    #[test]
    fn what_is_gone_or_means_something_else_is_told_and_stays() {
        let removed = steps(&[Some(0), None, None, Some(1)], 2);
        let told = |steps: &Steps, line: &str| {
            let result = steps.renumbered(line);
            assert_eq!(result.line, line);
            let [stale] = &*result.stale else { panic!("{line}: {result:?}") };
            (line[stale.span.clone()].to_owned(), stale.reason.clone(), stale.proposal.clone())
        };
        let (span, reason, _) = told(&removed, "see (3).");
        assert_eq!((&*span, &*reason), ("(3)", "step (3) meant `GET /3`, which is no longer sent"));
        let moved = steps(&[Some(0), Some(2), Some(1)], 3);
        let (span, reason, proposal) = told(&moved, "(1)-(2)");
        assert_eq!(
            (&*span, &*reason, &*proposal),
            (
                "(1)-(2)",
                "`GET /3` came between steps (1-2)",
                "write `(1-3)` if that is what is meant now"
            )
        );
        assert_eq!(moved.renumbered("(1-3) (2)").line, "(1-3) (3)");
    }

    #[test]
    fn a_range_that_lost_one_end_shrinks_and_one_that_lost_both_is_told() {
        let one = steps(&[Some(0), Some(1), None, Some(2)], 3);
        assert_eq!(one.renumbered("(1-3) (2-3)").line, "(1-2) (2)");
        let both = steps(&[None, Some(0), None, Some(1)], 2);
        let result = both.renumbered("(1-3)");
        assert_eq!(result.line, "(1-3)");
        assert_eq!(result.stale[0].reason, "both ends of steps (1-3) are no longer sent");
        assert_eq!(result.stale[0].proposal, "write `(1)` if that is what is meant now");
    }

    #[test]
    fn finds_lists_and_ranges() {
        let found = references("x (1), `(2-3)`, (4)-(6) (7, 9-10)");
        let shown = |reference: &super::Reference| {
            let ranges = reference.ranges.iter();
            ranges.map(|(numbers, _)| format!("{numbers:?} ")).collect::<String>()
        };
        let ranges: Vec<String> = found.iter().map(shown).collect();
        assert_eq!(ranges, ["1..2 ", "2..4 ", "4..7 ", "7..8 9..11 "]);
    }
}
