//! What is being recorded.
//!
//! In: heads and bodies of exchanges, from many connections at once. Out: a [`Recording`] in the
//! order in which the heads came. Exchanges that begin while nothing is recorded leave nothing
//! here, even if they end later.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Witness;
use super::head::{Fields, RequestHead, ResponseHead, text};
use super::kept::{Kept, Together};
use crate::model::{Body, Exchange, Header, Message, Recording, Request, Response};

/// How long a request waits until it looks again whether there is room for it.
const BREATH: Duration = Duration::from_millis(10);
/// Messages that wait for one before them to be complete.
const MOST_WAITING: usize = 1000;
/// Messages that wait to be taken out before requests wait for that.
const MOST_BEHIND: usize = 4 * MOST_WAITING;
/// Messages that are taken out at once, so that whoever takes them needs little memory.
const MOST_AT_ONCE: usize = 500;
/// Bytes of their bodies, the last one apart.
const MOST_BYTES_AT_ONCE: usize = 16 * 1024 * 1024;

/// The place where all connections write.
#[derive(Debug)]
pub(super) struct Journal {
    body_limit: usize,
    witness: Option<Witness>,
    /// Whether somebody takes messages out while the recording goes on.
    is_drained: bool,
    together: Arc<Together>,
    /// Held by the request that is the next to be let in.
    turns: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    quiet: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Counts recordings, so that what is late for one does not get into the next.
    number: u64,
    open: Option<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// By their numbers, which go on when some were taken out.
    entries: BTreeMap<usize, Entry>,
    next: usize,
    messages: VecDeque<Message>,
    under_way: usize,
}

/// What was taken out.
#[derive(Debug, Default)]
struct Taken {
    /// By their numbers.
    entries: BTreeMap<usize, Entry>,
    messages: Vec<Message>,
}

#[derive(Debug, Clone)]
struct Entry {
    from: Arc<str>,
    method: String,
    url: String,
    request: Half,
    response: Option<(String, Half)>,
    began: Instant,
    /// Whether nothing more comes.
    ended: bool,
}

#[derive(Debug, Clone)]
struct Half {
    fields: Fields,
    body: Keep,
}

/// A body that is being kept, held by the connection that passes it and by the journal.
#[derive(Debug, Clone)]
pub(super) struct Keep(Arc<Mutex<Kept>>);

/// An exchange that is under way. Ends when dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    journal: Arc<Journal>,
    number: u64,
    index: usize,
    body: Keep,
}

impl Journal {
    /// A journal that keeps so many bytes of each body.
    pub(super) fn new(body_limit: usize, witness: Option<Witness>, is_drained: bool) -> Self {
        let (together, turns) = (Arc::default(), tokio::sync::Mutex::default());
        let (state, quiet) = (Mutex::default(), Condvar::new());
        Self { body_limit, witness, is_drained, together, turns, state, quiet }
    }

    /// Waits until there is room for another exchange. Who came first is let in first.
    pub(super) async fn room(&self) {
        let _turn = self.turns.lock().await;
        while !self.has_room() {
            tokio::time::sleep(BREATH).await;
        }
    }

    /// Whether there is room for another exchange. Where there is none, there is once those that have
    /// ended were taken out, which waits for nobody.
    fn has_room(&self) -> bool {
        let has_ended = |open: &Open, most: usize| open.under_way + most < open.entries.len();
        let is_behind = |open: &Open| {
            has_ended(open, MOST_BEHIND / 2) || self.together.is_half_full() && has_ended(open, 0)
        };
        !self.is_drained || !self.state().open.as_ref().is_some_and(is_behind)
    }

    /// Begins a recording; says no if there is one.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.state();
        if state.open.is_some() {
            return false;
        }
        state.number += 1;
        state.open = Some(Open::default());
        true
    }

    /// Ends the recording, after at most so long a wait for what is under way. Gives with it when each
    /// exchange began.
    pub(super) fn end(&self, patience: Duration) -> Option<(Recording, Vec<Instant>)> {
        self.quiet(patience).open.take().map(Open::into_recording)
    }

    /// Waits at most so long for what is under way.
    pub(super) fn settle(&self, patience: Duration) {
        drop(self.quiet(patience));
    }

    fn quiet(&self, patience: Duration) -> MutexGuard<'_, State> {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while state.open.as_ref().is_some_and(|open| open.under_way > 0) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.quiet.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// Writes down a request, if anything is being recorded.
    pub(super) fn request(
        self: &Arc<Self>,
        from: &Arc<str>,
        head: &RequestHead,
        url: String,
    ) -> Option<Ticket> {
        let body = Keep::new(&head.fields, self.body_limit, &self.together);
        let mut state = self.state();
        let number = state.number;
        let open = state.open.as_mut()?;
        let index = open.next;
        open.next += 1;
        let entry = Entry {
            from: Arc::clone(from),
            method: head.method.to_ascii_uppercase(),
            url,
            request: Half { fields: head.fields.clone(), body: body.clone() },
            response: None,
            began: Instant::now(),
            ended: false,
        };
        open.entries.insert(index, entry);
        open.messages.push_back(Message::Request(index));
        open.under_way += 1;
        Some(Ticket { journal: Arc::clone(self), number, index, body })
    }

    /// Takes out what is complete of a recording that goes on, or some of it; nothing where there is
    /// none.
    pub(super) fn drain(&self) -> Recording {
        let hurries = !self.has_room() || self.together.is_half_full();
        let taken = self.state().open.as_mut().map(|open| open.take(hurries));
        // Bodies are copied, and unpacked, while others go on.
        taken.map(Taken::into_recording).unwrap_or_default()
    }

    /// Whether anything is being recorded.
    pub(super) fn is_open(&self) -> bool {
        self.state().open.is_some()
    }

    /// The exchanges so far whose method and URL are looked for.
    pub(super) fn exchanges(&self, wanted: impl Fn(&str, &str) -> bool) -> Vec<Exchange> {
        let state = self.state();
        let entries = state.open.iter().flat_map(|open| open.entries.values());
        let entries = entries.filter(|entry| wanted(&entry.method, &entry.url));
        entries.map(Entry::exchange).collect()
    }

    // Nothing that is done under the lock can be left half done, so what a thread that
    // panicked left there can be used.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Where the request's body goes.
    pub(super) fn request_body(&self) -> Keep {
        self.body.clone()
    }

    /// Writes down the answer; gives back where its body goes.
    pub(super) fn response(&self, head: &ResponseHead) -> Keep {
        let body = Keep::new(&head.fields, self.journal.body_limit, &self.journal.together);
        let half = Half { fields: head.fields.clone(), body: body.clone() };
        self.with_open(|open| {
            if let Some(entry) = open.entries.get_mut(&self.index) {
                entry.response = Some((head.status(), half));
                open.messages.push_back(Message::Response(self.index));
            }
        });
        body
    }

    fn with_open(&self, change: impl FnOnce(&mut Open)) {
        let mut state = self.journal.state();
        if state.number == self.number {
            state.open.as_mut().map(change);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(Witness(see)) = &self.journal.witness {
            let mut exchange = None;
            self.with_open(|open| {
                exchange = open.entries.get(&self.index).map(Entry::exchange);
            });
            // Without the lock, because it may take its time.
            exchange.iter().for_each(|exchange| see(exchange));
        }
        self.with_open(|open| {
            open.under_way -= 1;
            if let Some(entry) = open.entries.get_mut(&self.index) {
                entry.ended = true;
            }
        });
        self.journal.quiet.notify_all();
    }
}

impl Keep {
    fn new(fields: &Fields, limit: usize, together: &Arc<Together>) -> Self {
        Self(Arc::new(Mutex::new(Kept::new(fields, limit, Arc::clone(together)))))
    }

    /// Takes the next portion of the body.
    pub(super) fn push(&self, data: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(data);
    }

    fn body(&self) -> Body {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body()
    }
}

impl Open {
    fn into_recording(self) -> (Recording, Vec<Instant>) {
        let moments = self.entries.values().map(|entry| entry.began).collect();
        let Self { entries, messages, .. } = self;
        (Taken { entries, messages: messages.into() }.into_recording(), moments)
    }

    /// Takes out messages that are complete, up to the first that is not. Where too many wait for that
    /// one, or it hurries, they do so no longer.
    fn take(&mut self, hurries: bool) -> Taken {
        let passes_by = hurries || self.messages.len() > MOST_WAITING;
        let (mut messages, mut bytes) = (Vec::new(), 0);
        let mut waiting = VecDeque::new();
        while messages.len() < MOST_AT_ONCE
            && bytes < MOST_BYTES_AT_ONCE
            && let Some(message) = self.messages.pop_front()
        {
            if self.is_complete(&message) {
                bytes += self.entries[&number(&message)].half(&message).map_or(0, Half::kept);
                messages.push(message);
                continue;
            }
            waiting.push_back(message);
            if !passes_by {
                break;
            }
        }
        while let Some(message) = waiting.pop_back() {
            self.messages.push_front(message);
        }
        let mut entries = BTreeMap::new();
        for message in &messages {
            let number = number(message);
            let entry = &self.entries[&number];
            let is_last = matches!(message, Message::Response(_)) || entry.response.is_none();
            if is_last && entry.ended {
                entries.extend(self.entries.remove(&number).map(|entry| (number, entry)));
            } else {
                entries.entry(number).or_insert_with(|| entry.clone());
            }
        }
        Taken { entries, messages }
    }

    fn is_complete(&self, message: &Message) -> bool {
        let entry = &self.entries[&number(message)];
        entry.ended || matches!(message, Message::Request(_)) && entry.response.is_some()
    }
}

impl Taken {
    fn into_recording(self) -> Recording {
        let Self { entries, messages } = self;
        let places: BTreeMap<usize, usize> =
            entries.keys().enumerate().map(|(place, number)| (*number, place)).collect();
        let placed = |message: &Message| match message {
            Message::Request(number) => Message::Request(places[number]),
            Message::Response(number) => Message::Response(places[number]),
        };
        let messages = messages.iter().map(placed).collect();
        // One after the other, so that what is kept twice is kept so for a moment.
        let exchanges = entries.into_values().map(|entry| entry.exchange()).collect();
        Recording { exchanges, messages }
    }
}

fn number(message: &Message) -> usize {
    let (Message::Request(number) | Message::Response(number)) = message;
    *number
}

impl Half {
    /// Bytes of its body that are kept.
    fn kept(&self) -> usize {
        self.body.0.lock().unwrap_or_else(PoisonError::into_inner).kept()
    }
}

impl Entry {
    fn half(&self, message: &Message) -> Option<&Half> {
        match message {
            Message::Request(_) => Some(&self.request),
            Message::Response(_) => self.response.as_ref().map(|(_, half)| half),
        }
    }

    fn exchange(&self) -> Exchange {
        let response = self.response.as_ref().map(|(status, half)| Response {
            status: status.clone(),
            url: self.url.clone(),
            headers: headers(&half.fields),
            body: half.body.body(),
        });
        let request = Request {
            method: self.method.clone(),
            url: self.url.clone(),
            headers: headers(&self.request.fields),
            body: self.request.body.body(),
        };
        // Whom it went to is known only when all that may tell has been said.
        Exchange { from: self.from.to_string(), to: String::new(), request, response }
    }
}

fn headers(fields: &Fields) -> Vec<Header> {
    let header =
        |field: &super::head::Field| Header { name: text(&field.name), value: text(&field.value) };
    fields.end_to_end().map(header).collect()
}
