//! What a source of exchanges saw, and what it knows that it did not see.
//!
//! In: messages as a source finds them. Out: the [`Recording`] of them, with when each was seen, as far
//! as the source can tell.

use std::time::SystemTime;

use crate::model::{Entry, Message, Recording};

/// What was seen of what commands send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The exchanges.
    pub recording: Recording,
    /// For each message when it was seen, by the source's own clock; none where nobody knows.
    pub times: Vec<Option<SystemTime>>,
    /// What the source leaves out by its nature, each such as `2 tokens, of which it tells checksums`.
    pub left_out: Vec<String>,
    /// What is told of a message that belongs to no exchange for sure.
    pub unpaired: Vec<Unpaired>,
}

/// A message that belongs to no exchange for sure, so that it is in none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpaired {
    /// Where it is told, from 1.
    pub line: usize,
    /// What it is, and why it is in no exchange; holds nothing of what was sent.
    pub reason: String,
}

impl Seen {
    /// What a source saw that does not know when.
    pub fn at_no_time(recording: Recording) -> Self {
        let times = vec![None; recording.messages.len()];
        Self { recording, times, ..Self::default() }
    }

    /// Adds what was seen after this.
    pub fn append(&mut self, later: Self) {
        let before = self.recording.exchanges.len();
        let moved = |message: Message| match message {
            Message::Request(exchange) => Message::Request(before + exchange),
            Message::Response(exchange) => Message::Response(before + exchange),
        };
        self.recording.exchanges.extend(later.recording.exchanges);
        self.recording.messages.extend(later.recording.messages.into_iter().map(moved));
        self.times.extend(later.times);
        for what in later.left_out {
            if !self.left_out.contains(&what) {
                self.left_out.push(what);
            }
        }
        self.unpaired.extend(later.unpaired);
    }

    /// The messages one by one, as a log would hold them.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.recording.arrows().map(|arrow| Entry::of(&arrow))
    }
}
