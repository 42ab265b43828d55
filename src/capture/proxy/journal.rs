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

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::Witness;
use super::callers::Known;
use super::entries::{Entry, Half, Keep, Taken, number};
use super::head::{Fields, RequestHead, ResponseHead};
use super::kept::Together;
use super::processes::Seen;
use crate::model::{Exchange, Message, Process, Recording};

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

/// Which of several recordings.
pub(super) type Lane = usize;

/// The lane of what runs while nothing else does.
const ALONE: Lane = 0;

/// The place where all connections write.
#[derive(Debug)]
pub(super) struct Journal {
    body_limit: usize,
    witness: Option<Witness>,
    /// Headers that pass on the token of whoever asked first, and then those of one's own.
    tokens: &'static [&'static str],
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
    pub(super) fn new(
        body_limit: usize,
        witness: Option<Witness>,
        tokens: &'static [&'static str],
        is_drained: bool,
    ) -> Self {
        let (together, turns) = (Arc::default(), tokio::sync::Mutex::default());
        let (state, quiet) = (Mutex::default(), Condvar::new());
        Self { body_limit, witness, tokens, is_drained, together, turns, state, quiet }
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
        !self.is_drained || !self.state().open.values().any(is_behind)
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
        let body = Keep::new(&head.fields, self.body_limit, &self.together);
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
        let Some(lane) = from.lane.or_else(|| state.cause(self.tokens, &head.fields)) else {
            if !state.open.is_empty() {
                let exchange = entry.exchange(None);
                state.open.values_mut().for_each(|open| open.doubtful.push(exchange.clone()));
            }
            return None;
        };
        let open = state.open.get_mut(&lane)?;
        if from.lane.is_some() {
            open.tokens.extend(self.tokens.iter().flat_map(|name| tokens(&head.fields, name)));
        }
        let (index, recording) = (open.next, open.recording);
        open.next += 1;
        open.entries.insert(index, entry);
        open.messages.push_back(Message::Request(index));
        open.under_way += 1;
        Some(Ticket { journal: Arc::clone(self), lane, recording, index, body })
    }

    /// Takes out what is complete of a recording that goes on, or some of it; nothing where there is
    /// none.
    pub(super) fn drain(&self, lane: Lane) -> Recording {
        let hurries = !self.has_room() || self.together.is_half_full();
        let taken = self.state().open.get_mut(&lane).map(|open| open.take(hurries));
        // Bodies are copied, and unpacked, while others go on.
        taken.map(Taken::into_recording).unwrap_or_default()
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
        let open = state.open.get_mut(&self.lane);
        open.filter(|open| open.recording == self.recording).map(change);
    }

    /// All of the request is there, and the last of it is about to be passed on.
    pub(super) fn sent(&self) {
        // What makes nothing needs nobody to see it before its end.
        self.show(|entry| entry.method == "POST" && entry.response.is_none());
    }

    /// Shows the exchange, as far as it has come, to whoever wants to see it.
    fn show(&self, is_wanted: impl FnOnce(&Entry) -> bool) {
        let Some(Witness(see)) = &self.journal.witness else { return };
        let mut exchange = None;
        self.with_open(|open| {
            let entry = open.entries.get(&self.index).filter(|entry| is_wanted(entry));
            exchange = entry.map(|entry| entry.exchange(None));
        });
        // Without the lock, because it may take its time.
        exchange.iter().for_each(|exchange| see(exchange));
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.show(|_| true);
        self.with_open(|open| {
            open.under_way -= 1;
            if let Some(entry) = open.entries.get_mut(&self.index) {
                entry.ended = Some(Instant::now());
            }
        });
        self.journal.quiet.notify_all();
    }
}

/// The tokens in the headers of this name.
fn tokens<'a>(fields: &'a Fields, name: &'static str) -> impl Iterator<Item = Bytes> + use<'a> {
    fields.all(name).cloned()
}

impl State {
    /// The recording whose callers have caused what a service sends, where that is certain.
    fn cause(&self, names: &[&'static str], fields: &Fields) -> Option<Lane> {
        if self.open.len() == 1 && self.open.contains_key(&ALONE) {
            return Some(ALONE);
        }
        names.iter().find_map(|name| {
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

    fn ended(self) -> Ended {
        let moments = self.entries.values().map(|entry| entry.began).collect();
        let processes = self.processes();
        let Self { entries, messages, doubtful, .. } = self;
        let recording = Taken { entries, messages: messages.into(), processes }.into_recording();
        Ended { recording, moments, doubtful }
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
            if is_last && entry.ended.is_some() {
                entries.extend(self.entries.remove(&number).map(|entry| (number, entry)));
            } else {
                entries.entry(number).or_insert_with(|| entry.clone());
            }
        }
        // Whoever takes messages out one by one does not ask who ran at the same time.
        Taken { entries, messages, processes: HashMap::new() }
    }

    fn is_complete(&self, message: &Message) -> bool {
        let entry = &self.entries[&number(message)];
        entry.ended.is_some() || matches!(message, Message::Request(_)) && entry.response.is_some()
    }
}
