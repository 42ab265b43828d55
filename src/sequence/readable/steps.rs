//! Which stretches of messages one step stands for, by their form.

use std::ops::Range;

use regex::Regex;

use crate::model::{Presentation, StepRule};

use super::Drawing;
use super::exchanges::Exchanges;

/// How many messages a round of polling has at most.
const LONGEST_ROUND: usize = 12;

/// Messages that one step stands for.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) messages: Range<usize>,
    /// What it says where people do not say something else.
    pub(super) label: String,
}

/// The steps of a diagram in order. `is_free` says which messages may belong to one.
pub(super) fn steps(
    drawing: &Drawing<'_>,
    exchanges: &Exchanges,
    presentation: &Presentation,
    mut is_free: Vec<bool>,
) -> Vec<Step> {
    let finder = Finder { exchanges, follows: follows(drawing) };
    let mut steps: Vec<Step> = Vec::new();
    let mut add = |found: Vec<Step>, is_free: &mut Vec<bool>| {
        found.iter().for_each(|step| is_free[step.messages.clone()].fill(false));
        steps.extend(found);
    };
    for rule in &presentation.steps {
        add(finder.by_rule(rule, &is_free), &mut is_free);
    }
    if presentation.folds_polling {
        add(finder.polling(&is_free), &mut is_free);
    }
    steps.sort_by_key(|step| step.messages.start);
    steps
}

/// Whether a step is called so because of what it stands for, of which this is the first message.
pub(super) fn is_own_label(label: &str, first: &str) -> bool {
    let (count, request) = label.split_once(" × ").unwrap_or_default();
    !count.is_empty() && count.bytes().all(|byte| byte.is_ascii_digit()) && request == first
}

/// For each message whether it stands right behind the one before it, in the same block, with comments
/// between them at most.
fn follows(drawing: &Drawing<'_>) -> Vec<bool> {
    let lines = &drawing.lines;
    let is_between = |line: &super::Line<'_>| line.is_comment() || line.text.trim().is_empty();
    let pairs = drawing.messages.windows(2).map(|pair| {
        lines[pair[0]].block == lines[pair[1]].block
            && lines[pair[0] + 1..pair[1]].iter().all(is_between)
    });
    [false].into_iter().chain(pairs).collect()
}

struct Finder<'a> {
    exchanges: &'a Exchanges,
    follows: Vec<bool>,
}

impl Finder<'_> {
    fn by_rule(&self, rule: &StepRule, is_free: &[bool]) -> Vec<Step> {
        let regex = |pattern: &String| Regex::new(pattern).expect("settings check their patterns");
        let (needs, with) = (regex(&rule.needs), rule.with.as_ref().map(regex));
        let is_with = |label: &str| with.as_ref().is_some_and(|with| with.is_match(label));
        let mut found = Vec::new();
        let mut start = 0;
        while start < is_free.len() {
            let (mut end, mut has_needed, mut open) = (start, false, 0);
            for (message, is_free) in is_free.iter().enumerate().skip(start) {
                let Some(request) = self.exchanges.request(message) else { break };
                let is_needed = needs.is_match(&request.label);
                let goes_on = *is_free
                    && self.are_same_two(start, message)
                    && (message == start || self.follows[message])
                    && (is_needed || is_with(&request.label));
                if !goes_on {
                    break;
                }
                has_needed |= is_needed;
                match self.exchanges.messages[message].request {
                    Some(request) if request < start => break,
                    Some(request) if request < message => open -= 1,
                    _ => open += 1,
                }
                if has_needed && open == 0 {
                    end = message + 1;
                }
            }
            if end > start {
                found.push(Step { messages: start..end, label: rule.name.clone() });
            }
            start = end.max(start + 1);
        }
        found
    }

    fn polling(&self, is_free: &[bool]) -> Vec<Step> {
        let mut found = Vec::new();
        let mut start = 0;
        while start < is_free.len() {
            let rounds = (2..=LONGEST_ROUND).step_by(2).find_map(|length| {
                let count = self.rounds(start, length, is_free);
                (count > 1).then_some(count * length)
            });
            let Some(length) = rounds else {
                start += 1;
                continue;
            };
            let label = self.exchanges.messages[start].label.clone();
            let messages = start..start + length;
            let asks_again = |message: &usize| {
                let other = &self.exchanges.messages[*message];
                other.request == Some(*message)
                    && other.label == label
                    && self.are_same_two(start, *message)
            };
            let count = messages.clone().filter(asks_again).count();
            found.push(Step { messages, label: format!("{count} × {label}") });
            start += length;
        }
        found
    }

    /// How often the messages from this one on are repeated, so many at a time.
    fn rounds(&self, start: usize, length: usize, is_free: &[bool]) -> usize {
        let is_round = |first: usize| {
            let range = first..first + length;
            range.end <= is_free.len()
                && is_free[range.clone()].iter().all(|free| *free)
                && self.follows[start + 1..range.end].iter().all(|follows| *follows)
                && self.exchanges.messages[first].reply == Some(range.end - 1)
                && self.exchanges.are_whole(range.clone())
                && range.clone().all(|message| self.repeats(start + message - first, message))
        };
        let mut count = 0;
        while is_round(start + count * length) {
            count += 1;
        }
        count
    }

    /// Whether a message only asks, and is the same as another, or both are replies.
    fn repeats(&self, one: usize, other: usize) -> bool {
        let [first, second] = [one, other].map(|index| &self.exchanges.messages[index]);
        let is_request = second.request == Some(other);
        (&first.from, &first.to) == (&second.from, &second.to)
            && (first.request == Some(one)) == is_request
            && (!is_request || (first.label == second.label && only_asks(&second.label)))
    }

    fn are_same_two(&self, one: usize, other: usize) -> bool {
        let [one, other] = [one, other].map(|index| &self.exchanges.messages[index]);
        (&one.from, &one.to) == (&other.from, &other.to)
            || (&one.from, &one.to) == (&other.to, &other.from)
    }
}

fn only_asks(label: &str) -> bool {
    label.starts_with("GET ") || label.starts_with("HEAD ")
}
