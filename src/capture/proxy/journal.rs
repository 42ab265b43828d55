//! What is being recorded.
//!
//! In: heads and bodies of exchanges, from many connections at once. Out: a [`Recording`] in the
//! order in which the heads came. Exchanges that begin while nothing is recorded leave nothing
//! here, even if they end later.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Witness;
use super::head::{Fields, RequestHead, ResponseHead, text};
use super::kept::Kept;
use crate::model::{Body, Exchange, Header, Message, Recording, Request, Response};

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
    entries: Vec<Entry>,
    messages: Vec<Message>,
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
    pub(super) fn request(self: &Arc<Self>, from: &Arc<str>, head: &RequestHead) -> Option<Ticket> {
        let body = Keep::new(&head.fields, self.body_limit);
        let mut state = self.state();
        let number = state.number;
        let open = state.open.as_mut()?;
        let index = open.entries.len();
        open.entries.push(Entry {
            from: Arc::clone(from),
            method: head.method.to_ascii_uppercase(),
            url: head.line_target.clone(),
            request: Half { fields: head.fields.clone(), body: body.clone() },
            response: None,
            began: Instant::now(),
        });
        open.messages.push(Message::Request(index));
        open.under_way += 1;
        Some(Ticket { journal: Arc::clone(self), number, index, body })
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
            open.entries[self.index].response = Some((head.status(), half));
            open.messages.push(Message::Response(self.index));
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
            self.with_open(|open| exchange = Some(open.entries[self.index].exchange()));
            // Without the lock, because it may take its time.
            exchange.iter().for_each(|exchange| see(exchange));
        }
        self.with_open(|open| open.under_way -= 1);
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
        let moments = self.entries.iter().map(|entry| entry.began).collect();
        let exchanges = self.entries.iter().map(Entry::exchange).collect();
        (Recording { exchanges, messages: self.messages }, moments)
    }
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
