//! The order of the messages in a HAR file.
//!
//! In: exchanges with their steps, where doctool has written the file, or with when they began and how long
//! they took. Out: their messages in order.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::capture::seen::Seen;
use crate::model::clock::rfc3339;
use crate::model::{Exchange, Message, Recording};

/// An exchange, and where its messages belong.
#[derive(Debug)]
pub(super) struct Placed {
    exchange: Exchange,
    steps: Option<Steps>,
    asked: Option<SystemTime>,
    answered: Option<SystemTime>,
}

/// The steps of a request and its response, either of which may be missing.
type Steps = (Option<u64>, Option<u64>);

/// When entries began that do not say so themselves.
#[derive(Debug, Default)]
pub(super) struct Times {
    last: Option<SystemTime>,
}

impl Placed {
    /// The steps in an entry that doctool has written.
    pub(super) fn steps(entry: &Value) -> Option<Steps> {
        let steps = (entry["_requestStep"].as_u64(), entry["_responseStep"].as_u64());
        (steps != (None, None)).then_some(steps)
    }

    pub(super) fn new(exchange: Exchange, entry: &Value, times: &mut Times) -> Self {
        let told = entry["startedDateTime"].as_str().and_then(rfc3339);
        let asked = told.or(times.last);
        times.last = asked;
        let length = |value: &Value| {
            let milliseconds = value.as_f64().filter(|number| *number >= 0.0 && *number < 1e12);
            milliseconds.map(|number| Duration::from_secs_f64(number / 1000.0))
        };
        // An answer has its place where its head came.
        let whole = length(&entry["time"]).unwrap_or_default();
        let received = length(&entry["timings"]["receive"]).unwrap_or_default();
        let answered = asked.map(|asked| asked + whole.saturating_sub(received));
        Self { steps: Self::steps(entry), exchange, asked, answered }
    }
}

/// The exchanges in order, with their messages.
pub(super) fn ordered(placed: Vec<Placed>) -> Seen {
    if has_steps(&placed) { by_steps(placed) } else { by_time(placed) }
}

/// Whether each message has a step, and no two the same.
fn has_steps(placed: &[Placed]) -> bool {
    let mut taken = BTreeSet::new();
    placed.iter().all(|one| {
        one.steps.is_some_and(|(request, response)| {
            request.into_iter().chain(response).all(|step| taken.insert(step))
        })
    })
}

fn by_steps(mut placed: Vec<Placed>) -> Seen {
    placed.sort_by_key(|one| {
        let (request, response) = one.steps.unwrap_or_default();
        request.or(response)
    });
    let mut messages: Vec<(u64, Message)> = Vec::new();
    for (index, one) in placed.iter().enumerate() {
        let (request, response) = one.steps.unwrap_or_default();
        messages.extend(request.map(|step| (step, Message::Request(index))));
        messages.extend(response.map(|step| (step, Message::Response(index))));
    }
    messages.sort_by_key(|(step, _)| *step);
    let times = vec![None; messages.len()];
    let messages = messages.into_iter().map(|(_, message)| message).collect();
    let exchanges = placed.into_iter().map(|one| one.exchange).collect();
    Seen { recording: Recording { exchanges, messages }, times, ..Seen::default() }
}

/// Requests in the order of their times. An answer comes before the next request that is not earlier, so
/// that of what took no time at all, one thing comes after the other.
fn by_time(mut placed: Vec<Placed>) -> Seen {
    placed.sort_by_key(|one| one.asked);
    let mut told: Vec<(Option<SystemTime>, Message)> = Vec::new();
    let mut pending: Vec<usize> = Vec::new();
    for (index, one) in placed.iter().enumerate() {
        answers(&placed, &mut pending, one.asked, &mut told);
        told.push((one.asked, Message::Request(index)));
        if one.exchange.response.is_some() {
            pending.push(index);
        }
    }
    answers(&placed, &mut pending, None, &mut told);
    let (times, messages) = told.into_iter().unzip();
    let exchanges = placed.into_iter().map(|one| one.exchange).collect();
    Seen { recording: Recording { exchanges, messages }, times, ..Seen::default() }
}

/// Tells the answers that are due until then; all of them where nobody knows when that is.
fn answers(
    placed: &[Placed],
    pending: &mut Vec<usize>,
    until: Option<SystemTime>,
    told: &mut Vec<(Option<SystemTime>, Message)>,
) {
    // Of answers at the same time, that of the inner exchange comes first.
    pending.sort_by_key(|index| (placed[*index].answered, Reverse(*index)));
    let is_due = |index: &&usize| until.is_none() || placed[**index].answered <= until;
    let due = pending.iter().take_while(is_due).count();
    let due = pending.drain(..due);
    told.extend(due.map(|index| (placed[index].answered, Message::Response(index))));
}
