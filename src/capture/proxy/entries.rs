//! Exchanges as they are being written down.
//!
//! In: heads and portions of bodies. Out: [`Exchange`]s, and a [`Recording`] of those that were taken
//! out of the journal.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::head::{Fields, text};
use super::kept::{Kept, Together};
use super::processes::Seen;
use crate::model::{Body, Exchange, Header, Message, Process, Recording, Request, Response};

/// What was taken out.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// By their numbers.
    pub(super) entries: BTreeMap<usize, Entry>,
    pub(super) messages: Vec<Message>,
    /// By their numbers in the system.
    pub(super) processes: HashMap<u32, Process>,
}

/// An exchange as far as it has come.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) from: Arc<str>,
    pub(super) process: Option<Seen>,
    pub(super) method: String,
    pub(super) url: String,
    pub(super) request: Half,
    pub(super) response: Option<(String, Half)>,
    pub(super) began: Instant,
    /// When it was over; nothing more comes then.
    pub(super) ended: Option<Instant>,
}

/// A request or a response.
#[derive(Debug, Clone)]
pub(super) struct Half {
    pub(super) fields: Fields,
    pub(super) body: Keep,
}

/// A body that is being kept, held by the connection that passes it and by the journal.
#[derive(Debug, Clone)]
pub(super) struct Keep(Arc<Mutex<Kept>>);

impl Keep {
    pub(super) fn new(fields: &Fields, limit: usize, together: &Arc<Together>) -> Self {
        Self(Arc::new(Mutex::new(Kept::new(fields, limit, Arc::clone(together)))))
    }

    /// Takes the next portion of the body.
    pub(super) fn push(&self, data: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(data);
    }

    pub(super) fn body(&self) -> Body {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body()
    }
}

impl Taken {
    pub(super) fn into_recording(self) -> Recording {
        let Self { entries, messages, processes } = self;
        let places: BTreeMap<usize, usize> =
            entries.keys().enumerate().map(|(place, number)| (*number, place)).collect();
        let placed = |message: &Message| match message {
            Message::Request(number) => Message::Request(places[number]),
            Message::Response(number) => Message::Response(places[number]),
        };
        let messages = messages.iter().map(placed).collect();
        // One after the other, so that what is kept twice is kept so for a moment.
        let exchange = |entry: Entry| {
            let process = entry.process.and_then(|seen| processes.get(&seen.id)).copied();
            entry.exchange(process)
        };
        let exchanges = entries.into_values().map(exchange).collect();
        Recording { exchanges, messages }
    }
}

/// The number of the exchange that a message belongs to.
pub(super) fn number(message: &Message) -> usize {
    let (Message::Request(number) | Message::Response(number)) = message;
    *number
}

impl Half {
    /// Bytes of its body that are kept.
    pub(super) fn kept(&self) -> usize {
        self.body.0.lock().unwrap_or_else(PoisonError::into_inner).kept()
    }
}

impl Entry {
    pub(super) fn half(&self, message: &Message) -> Option<&Half> {
        match message {
            Message::Request(_) => Some(&self.request),
            Message::Response(_) => self.response.as_ref().map(|(_, half)| half),
        }
    }

    pub(super) fn exchange(&self, process: Option<Process>) -> Exchange {
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
