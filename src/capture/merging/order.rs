//! Where messages that only the second source has seen belong among those of the first.
//!
//! In: what two sources saw, and which exchanges are the same. Out: all messages in order. What both have
//! stands as the first has it. The rest stays behind what it came after in its own source and before what
//! it came before, inside the exchange that its caller was serving; only then time decides.

use std::collections::HashMap;
use std::time::SystemTime;

use super::same::Pairs;
use super::skew::{self, Skews};
use super::{exchange_of, name_worth};
use crate::capture::seen::Seen;
use crate::model::Message;

/// A message in the order of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    /// Which source has it: 0 or 1.
    pub(super) source: usize,
    pub(super) message: Message,
    /// When, by the clock of the first source.
    pub(super) time: Option<SystemTime>,
}

pub(super) fn placed(first: &Seen, second: &Seen, pairs: &Pairs) -> Vec<Placed> {
    let skews = pairs.skews(first, second);
    let ends = first.recording.messages.len();
    // What is put before each message of the first source, and behind the last.
    let mut gaps: Vec<Vec<Placed>> = vec![Vec::new(); ends + 1];
    let known = known_places(first, second, pairs);
    let mut next = known.clone();
    for index in (1..next.len()).rev() {
        next[index - 1] = next[index - 1].or(next[index]);
    }
    let mut serving = HashMap::new();
    let mut behind = 0;
    for (index, message) in second.recording.messages.iter().enumerate() {
        if let Some(at) = known[index] {
            behind = behind.max(at + 1);
            continue;
        }
        let before = next[index].filter(|at| *at >= behind).unwrap_or(ends);
        let caller = &*second.recording.exchanges[exchange_of(*message)].from;
        let is_serving = serving
            .entry(caller)
            .or_insert_with(|| gaps_while_serving(first, second, pairs, caller));
        let time = moved(second, &skews, index);
        let gap = by_time(first, within(is_serving, (behind, before)), time);
        gaps[gap].push(Placed { source: 1, message: *message, time });
        behind = gap;
    }
    let of_first = first.recording.messages.iter().zip(&first.times);
    let of_first =
        of_first.map(|(message, time)| Some(Placed { source: 0, message: *message, time: *time }));
    gaps.into_iter()
        .zip(of_first.chain([None]))
        .flat_map(|(gap, own)| gap.into_iter().chain(own))
        .collect()
}

/// For each message of the second source its number in the first, which has it too.
fn known_places(first: &Seen, second: &Seen, pairs: &Pairs) -> Vec<Option<usize>> {
    let messages = first.recording.messages.iter().enumerate();
    let places: HashMap<Message, usize> = messages.map(|(at, message)| (*message, at)).collect();
    let in_first = second.recording.messages.iter().map(|message| match message {
        Message::Request(exchange) => pairs.of_second(*exchange).map(Message::Request),
        Message::Response(exchange) => pairs.of_second(*exchange).map(Message::Response),
    });
    in_first.map(|message| places.get(&message?).copied()).collect()
}

/// Before which messages of the first source somebody has been asked and has not answered.
fn gaps_while_serving(first: &Seen, second: &Seen, pairs: &Pairs, name: &str) -> Vec<bool> {
    let is_asked = |exchange: usize| {
        let own = &*first.recording.exchanges[exchange].to;
        let other = pairs.of_first(exchange).map(|other| &*second.recording.exchanges[other].to);
        own == name || (name_worth(own) < 2 && other == Some(name))
    };
    let mut open = 0_usize;
    let mut gaps = vec![false];
    for message in &first.recording.messages {
        if is_asked(exchange_of(*message)) {
            match message {
                Message::Request(_) => open += 1,
                Message::Response(_) => open = open.saturating_sub(1),
            }
        }
        gaps.push(open > 0);
    }
    gaps
}

/// The first gaps of a range in which the caller serves somebody. Who serves nobody there asks for itself.
fn within(is_serving: &[bool], (start, end): (usize, usize)) -> (usize, usize) {
    let range = &is_serving[start..=end];
    let Some(from) = range.iter().position(|serves| *serves) else { return (start, end) };
    let length = range[from..].iter().take_while(|serves| **serves).count();
    (start + from, start + from + length - 1)
}

/// The gap of a range behind the last message that is not later; the first one where nobody knows when.
fn by_time(first: &Seen, (start, end): (usize, usize), time: Option<SystemTime>) -> usize {
    let Some(time) = time else { return start };
    let range = &first.times[start..end];
    let later = range.iter().position(|other| other.is_some_and(|other| other > time));
    let range = &range[..later.unwrap_or(range.len())];
    range.iter().rposition(Option::is_some).map_or(start, |at| start + at + 1)
}

/// When the second source saw a message, by the clock of the first. Where nothing tells how far they are
/// apart, they count as one.
fn moved(second: &Seen, skews: &Skews, index: usize) -> Option<SystemTime> {
    let message = second.recording.messages[index];
    let host = &second.recording.exchanges[exchange_of(message)].to;
    let time = second.times[index].map(skew::nanoseconds)?;
    skew::time(time + skews.of_host(host).unwrap_or_default())
}
