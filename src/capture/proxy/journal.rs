//! What is being recorded.
//!
//! In: heads and bodies of exchanges, from many connections at once. Out: a [`Recording`] in the
//! order in which the heads came. Exchanges that begin while nothing is recorded leave nothing
//! here, even if they end later.
//!
//! # Several recordings at once
//!
//! Each recording has a lane. Callers that were issued a key belong to one. Services belong to none, and
//! what they send is caused by a request of somebody. Nobody else asks for anything while the first
//! lane records, which is for what runs alone, so all is of that. Otherwise it is known whose it is where
//! the service passes on a token that one lane alone has sent. Who happens to have a request under way
//! proves nothing, since services also send things by themselves. So the rest is kept as doubtful with
//! each recording that goes on, and is in none.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Witness;
use super::callers::Known;
use super::head::{Fields, RequestHead, ResponseHead, text};
use super::kept::Kept;
use super::processes::Seen;
use crate::model::{Body, Exchange, Header, Message, Process, Recording, Request, Response};

/// Messages that wait for one before them to be complete.
const MOST_WAITING: usize = 1000;

/// Which of several recordings.
pub(super) type Lane = usize;

/// The lane of what runs while nothing else does.
const ALONE: Lane = 0;

/// Headers that pass on the token of whoever asked first, and then those of one's own.
const TOKENS: [&str; 2] = ["x-subject-token", "x-auth-token"];

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
    open: BTreeMap<Lane, Open>,
}

#[derive(Debug)]
struct Open {
    began: Instant,
    /// Which recording it is.
    recording: u64,
    /// Tokens that its callers have sent.
    tokens: HashSet<Bytes>,
    /// What services sent, of which nobody can say whether it belongs here.
    doubtful: Vec<Exchange>,
    /// By their numbers, which go on when some were taken out.
    entries: BTreeMap<usize, Entry>,
    next: usize,
    messages: VecDeque<Message>,
    under_way: usize,
}

#[derive(Debug)]
struct Entry {
    from: Arc<str>,
    process: Option<Seen>,
    method: String,
    url: String,
    request: Half,
    response: Option<(String, Half)>,
    began: Instant,
    /// When it was over; nothing more comes then.
    ended: Option<Instant>,
}

#[derive(Debug)]
struct Half {
    fields: Fields,
    body: Keep,
}

/// A body that is being kept, held by the connection that passes it and by the journal.
#[derive(Debug, Clone)]
pub(super) struct Keep(Arc<Mutex<Kept>>);

/// A recording that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) recording: Recording,
    /// When each exchange began.
    pub(super) moments: Vec<Instant>,
    pub(super) doubtful: Vec<Exchange>,
}

/// An exchange that is under way. Ends when dropped.
#[derive(Debug)]
pub(super) struct Ticket {
    journal: Arc<Journal>,
    lane: Lane,
    recording: u64,
    index: usize,
    body: Keep,
}

impl Journal {
    /// A journal that keeps so many bytes of each body.
    pub(super) fn new(body_limit: usize, witness: Option<Witness>) -> Self {
        Self { body_limit, witness, state: Mutex::default(), quiet: Condvar::new() }
    }

    /// Begins a recording; says no if there is one in the lane.
    pub(super) fn begin(&self, lane: Lane) -> bool {
        let mut state = self.state();
        if state.open.contains_key(&lane) {
            return false;
        }
        state.number += 1;
        let recording = state.number;
        state.open.insert(lane, Open::new(recording));
        true
    }

    /// Ends the recording, after at most so long a wait for what is under way.
    pub(super) fn end(&self, lane: Lane, patience: Duration) -> Option<Ended> {
        self.quiet(lane, patience).open.remove(&lane).map(Open::ended)
    }

    /// Waits at most so long for what is under way.
    pub(super) fn settle(&self, lane: Lane, patience: Duration) {
        drop(self.quiet(lane, patience));
    }

    fn quiet(&self, lane: Lane, patience: Duration) -> MutexGuard<'_, State> {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while state.open.get(&lane).is_some_and(|open| open.under_way > 0) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.quiet.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    /// Writes down a request, if anything is being recorded that it belongs to.
    pub(super) fn request(
        self: &Arc<Self>,
        from: &Known,
        head: &RequestHead,
        url: String,
    ) -> Option<Ticket> {
        let body = Keep::new(&head.fields, self.body_limit);
        let entry = Entry {
            from: Arc::clone(&from.name),
            process: from.process,
            method: head.method.to_ascii_uppercase(),
            url,
            request: Half { fields: head.fields.clone(), body: body.clone() },
            response: None,
            began: Instant::now(),
            ended: None,
        };
        let mut state = self.state();
        let Some(lane) = from.lane.or_else(|| state.cause(&head.fields)) else {
            if !state.open.is_empty() {
                let exchange = entry.exchange(None);
                state.open.values_mut().for_each(|open| open.doubtful.push(exchange.clone()));
            }
            return None;
        };
        let open = state.open.get_mut(&lane)?;
        if from.lane.is_some() {
            open.tokens.extend(TOKENS.iter().flat_map(|name| tokens(&head.fields, name)));
        }
        let (index, recording) = (open.next, open.recording);
        open.next += 1;
        open.entries.insert(index, entry);
        open.messages.push_back(Message::Request(index));
        open.under_way += 1;
        Some(Ticket { journal: Arc::clone(self), lane, recording, index, body })
    }

    /// Takes out what is complete of a recording that goes on; nothing where there is none.
    pub(super) fn drain(&self, lane: Lane) -> Recording {
        self.state().open.get_mut(&lane).map(Open::drain).unwrap_or_default()
    }

    /// How many exchanges of a recording have begun.
    pub(super) fn count(&self, lane: Lane) -> usize {
        self.state().open.get(&lane).map_or(0, |open| open.next)
    }

    /// Whether anything is being recorded.
    pub(super) fn is_open(&self) -> bool {
        !self.state().open.is_empty()
    }

    /// The exchanges so far whose method and URL are looked for.
    pub(super) fn exchanges(&self, wanted: impl Fn(&str, &str) -> bool) -> Vec<Exchange> {
        let state = self.state();
        let entries = state.open.values().flat_map(|open| open.entries.values());
        let entries = entries.filter(|entry| wanted(&entry.method, &entry.url));
        entries.map(|entry| entry.exchange(None)).collect()
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
        let open = state.open.get_mut(&self.lane);
        open.filter(|open| open.recording == self.recording).map(change);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(Witness(see)) = &self.journal.witness {
            let mut exchange = None;
            self.with_open(|open| {
                exchange = open.entries.get(&self.index).map(|entry| entry.exchange(None));
            });
            // Without the lock, because it may take its time.
            exchange.iter().for_each(|exchange| see(exchange));
        }
        self.with_open(|open| {
            open.under_way -= 1;
            if let Some(entry) = open.entries.get_mut(&self.index) {
                entry.ended = Some(Instant::now());
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

/// The tokens in the headers of this name.
fn tokens<'a>(fields: &'a Fields, name: &'static str) -> impl Iterator<Item = Bytes> + use<'a> {
    fields.all(name).cloned()
}

impl State {
    /// The recording whose callers have caused what a service sends, where that is certain.
    fn cause(&self, fields: &Fields) -> Option<Lane> {
        if self.open.len() == 1 && self.open.contains_key(&ALONE) {
            return Some(ALONE);
        }
        TOKENS.iter().find_map(|name| {
            let passed: Vec<Bytes> = tokens(fields, name).collect();
            let mut knowing = self
                .open
                .iter()
                .filter(|(_, open)| passed.iter().any(|token| open.tokens.contains(token)))
                .map(|(lane, _)| *lane);
            knowing.next().filter(|_| knowing.next().is_none())
        })
    }
}

impl Open {
    fn new(recording: u64) -> Self {
        Self {
            began: Instant::now(),
            recording,
            tokens: HashSet::new(),
            doubtful: Vec::new(),
            entries: BTreeMap::new(),
            next: 0,
            messages: VecDeque::new(),
            under_way: 0,
        }
    }

    /// The processes that asked, by their numbers.
    fn processes(&self) -> HashMap<u32, Process> {
        let since = |moment: Instant| moment.saturating_duration_since(self.began);
        let mut processes = HashMap::new();
        for entry in self.entries.values() {
            let Some(Seen { id, began }) = entry.process else { continue };
            let began = since(began);
            let process = processes.entry(id).or_insert(Process { id, began, last_seen: began });
            let last = since(entry.ended.unwrap_or_else(Instant::now));
            process.last_seen = process.last_seen.max(last);
        }
        processes
    }

    fn ended(mut self) -> Ended {
        let moments = self.entries.values().map(|entry| entry.began).collect();
        let messages: Vec<Message> = self.messages.iter().copied().collect();
        let recording = self.recording(&messages, self.entries.keys().copied());
        Ended { recording, moments, doubtful: std::mem::take(&mut self.doubtful) }
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
            if is_last && entry.ended.is_some() {
                self.entries.remove(&number(message));
            }
        }
        recording
    }

    fn is_complete(&self, message: &Message) -> bool {
        let entry = &self.entries[&number(message)];
        entry.ended.is_some() || matches!(message, Message::Request(_)) && entry.response.is_some()
    }

    /// These messages, which belong to the exchanges with these numbers.
    fn recording(&self, messages: &[Message], numbers: impl Iterator<Item = usize>) -> Recording {
        let places: BTreeMap<usize, usize> =
            numbers.enumerate().map(|(place, number)| (number, place)).collect();
        let processes = self.processes();
        let exchange = |number: &usize| {
            let entry = &self.entries[number];
            entry.exchange(entry.process.map(|seen| processes[&seen.id]))
        };
        let exchanges = places.keys().map(exchange).collect();
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
    fn exchange(&self, process: Option<Process>) -> Exchange {
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
        Exchange { from: self.from.to_string(), to: String::new(), request, response, process }
    }
}

fn headers(fields: &Fields) -> Vec<Header> {
    let header =
        |field: &super::head::Field| Header { name: text(&field.name), value: text(&field.value) };
    fields.end_to_end().map(header).collect()
}
