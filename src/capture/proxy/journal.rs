//! What is being recorded.
//!
//! In: heads and bodies of exchanges, from many connections at once. Out: a [`Recording`] in the
//! order in which the heads came. Exchanges that begin while nothing is recorded leave nothing
//! here, even if they end later.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Witness;
use super::head::{Fields, RequestHead, ResponseHead, text};
use super::kept::Kept;
use crate::model::{Body, Exchange, Header, Message, Recording, Request, Response};

/// Messages that wait for one before them to be complete.
const MOST_WAITING: usize = 1000;

/// The place where all connections write.
#[derive(Debug)]
pub(super) struct Journal {
    body_limit: usize,
    witness: Option<Witness>,
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

#[derive(Debug)]
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

#[derive(Debug)]
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
    pub(super) fn new(body_limit: usize, witness: Option<Witness>) -> Self {
        Self { body_limit, witness, state: Mutex::default(), quiet: Condvar::new() }
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
        let body = Keep::new(&head.fields, self.body_limit);
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

    /// Takes out what is complete of a recording that goes on; nothing where there is none.
    pub(super) fn drain(&self) -> Recording {
        self.state().open.as_mut().map(Open::drain).unwrap_or_default()
    }

    /// How many exchanges have begun.
    pub(super) fn count(&self) -> usize {
        self.state().open.as_ref().map_or(0, |open| open.next)
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
        let body = Keep::new(&head.fields, self.journal.body_limit);
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
    fn new(fields: &Fields, limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Kept::new(fields, limit))))
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
        let messages: Vec<Message> = self.messages.iter().copied().collect();
        (self.recording(&messages, self.entries.keys().copied()), moments)
    }

    /// Takes out the messages that are complete, up to the first that is not. Where too many wait for
    /// that one, they do so no longer.
    fn drain(&mut self) -> Recording {
        let mut taken = Vec::new();
        if self.messages.len() > MOST_WAITING {
            let (complete, waiting): (VecDeque<_>, VecDeque<_>) =
                self.messages.iter().partition(|message| self.is_complete(message));
            taken.extend(complete);
            self.messages = waiting;
        }
        while let Some(message) = self.messages.front().filter(|first| self.is_complete(first)) {
            taken.push(*message);
            self.messages.pop_front();
        }
        let numbers: BTreeSet<usize> = taken.iter().map(number).collect();
        let recording = self.recording(&taken, numbers.into_iter());
        for message in &taken {
            let entry = &self.entries[&number(message)];
            let is_last = matches!(message, Message::Response(_)) || entry.response.is_none();
            if is_last && entry.ended {
                self.entries.remove(&number(message));
            }
        }
        recording
    }

    fn is_complete(&self, message: &Message) -> bool {
        let entry = &self.entries[&number(message)];
        entry.ended || matches!(message, Message::Request(_)) && entry.response.is_some()
    }

    /// These messages, which belong to the exchanges with these numbers.
    fn recording(&self, messages: &[Message], numbers: impl Iterator<Item = usize>) -> Recording {
        let places: BTreeMap<usize, usize> =
            numbers.enumerate().map(|(place, number)| (number, place)).collect();
        let exchanges = places.keys().map(|number| self.entries[number].exchange()).collect();
        let placed = |message: &Message| match message {
            Message::Request(number) => Message::Request(places[number]),
            Message::Response(number) => Message::Response(places[number]),
        };
        Recording { exchanges, messages: messages.iter().map(placed).collect() }
    }
}

fn number(message: &Message) -> usize {
    let (Message::Request(number) | Message::Response(number)) = message;
    *number
}

impl Entry {
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
