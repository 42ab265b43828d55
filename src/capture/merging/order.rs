//! Where messages that only the second source has seen belong among those of the first.
//!
//! In: what two sources saw, and which exchanges are the same. Out: all messages in order. What both have
//! stands as the first has it. The rest stays behind what it came after in its own source and before what
//! it came before, inside the exchange that its caller was serving; only then time decides.

use std::time::SystemTime;

use super::exchange_of;
use super::same::Pairs;
use super::skew::{self, Skews};
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
    let of_first = first.recording.messages.iter().zip(&first.times);
    let mut placed: Vec<Placed> = of_first
        .map(|(message, time)| Placed { source: 0, message: *message, time: *time })
        .collect();
    // Behind where the last message of the second source stands.
    let mut behind = 0;
    for (index, message) in second.recording.messages.iter().enumerate() {
        if let Some(at) = place_of(&placed, *message, pairs) {
            behind = behind.max(at + 1);
            continue;
        }
        let later = second.recording.messages[index + 1..].iter();
        let before =
            later.filter_map(|later| place_of(&placed, *later, pairs)).find(|at| *at >= behind);
        let range = within_caller(
            first,
            second,
            &placed,
            *message,
            (behind, before.unwrap_or(placed.len())),
        );
        let time = moved(second, &skews, index);
        let at = by_time(&placed, range, time);
        placed.insert(at, Placed { source: 1, message: *message, time });
        behind = at + 1;
    }
    placed
}

/// Where a message of the second source stands already, because the first has it or it was put there.
fn place_of(placed: &[Placed], message: Message, pairs: &Pairs) -> Option<usize> {
    let in_first = match message {
        Message::Request(exchange) => pairs.of_second(exchange).map(Message::Request),
        Message::Response(exchange) => pairs.of_second(exchange).map(Message::Response),
    };
    placed.iter().position(|placed| match placed.source {
        0 => Some(placed.message) == in_first,
        _ => placed.message == message,
    })
}

/// The part of a range of places in which whoever asks is being asked something.
fn within_caller(
    first: &Seen,
    second: &Seen,
    placed: &[Placed],
    message: Message,
    (start, end): (usize, usize),
) -> (usize, usize) {
    let caller = &second.recording.exchanges[exchange_of(message)].from;
    let owner = |placed: &Placed| {
        let seen = if placed.source == 0 { first } else { second };
        &seen.recording.exchanges[exchange_of(placed.message)].to
    };
    // Who serves nobody before the range begins asks for itself, or will be asked within it.
    let mut serving = 0_usize;
    let mut open = vec![false; end + 1 - start];
    for (index, placed) in placed.iter().enumerate().take(end) {
        if index >= start {
            open[index - start] = serving > 0;
        }
        if owner(placed) == caller {
            match placed.message {
                Message::Request(_) => serving += 1,
                Message::Response(_) => serving = serving.saturating_sub(1),
            }
        }
    }
    open[end - start] = serving > 0;
    let Some(from) = open.iter().position(|is_open| *is_open) else { return (start, end) };
    let length = open[from..].iter().take_while(|is_open| **is_open).count();
    (start + from, start + from + length - 1)
}

/// The first place in a range behind which something later stands; its beginning where nobody knows when.
fn by_time(placed: &[Placed], (start, end): (usize, usize), time: Option<SystemTime>) -> usize {
    let Some(time) = time else { return start };
    let is_later = |placed: &Placed| placed.time.is_some_and(|other| other > time);
    let later = placed[start..end].iter().position(is_later);
    let earlier = |until: usize| {
        let is_earlier = |placed: &Placed| placed.time.is_some_and(|other| other <= time);
        placed[start..until].iter().rposition(is_earlier).map_or(start, |at| start + at + 1)
    };
    earlier(later.map_or(end, |at| start + at))
}

/// When the second source saw a message, by the clock of the first. Where nothing tells how far they are
/// apart, they count as one.
fn moved(second: &Seen, skews: &Skews, index: usize) -> Option<SystemTime> {
    let message = second.recording.messages[index];
    let host = &second.recording.exchanges[exchange_of(message)].to;
    let time = second.times[index].map(skew::nanoseconds)?;
    skew::time(time + skews.of_host(host).unwrap_or_default())
}
