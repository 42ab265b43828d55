//! Which messages of a diagram are a request and its reply.

use std::ops::Range;

use crate::sequence::{ends, label};

use super::Drawing;

/// The messages of a diagram as exchanges.
pub(super) struct Exchanges {
    /// The messages in order.
    pub(super) messages: Vec<Message>,
}

/// A message and what it belongs to.
pub(super) struct Message {
    pub(super) from: String,
    pub(super) to: String,
    /// What it says.
    pub(super) label: String,
    /// The request that it is or answers; none for a remark.
    pub(super) request: Option<usize>,
    /// The reply to it, if it is a request.
    pub(super) reply: Option<usize>,
}

impl Exchanges {
    /// A reply belongs to the latest open request between the same two, if possible for the same path.
    pub(super) fn of(drawing: &Drawing<'_>) -> Self {
        let mut messages: Vec<Message> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for index in 0..drawing.messages.len() {
            let line = drawing.message(index);
            let (from, to, is_dotted) = ends(line).unwrap_or_default();
            let label = label(line).map_or(String::new(), |(_, label)| label.to_owned());
            let mut request = None;
            if !is_dotted && is_request(&label) {
                open.push(index);
                request = Some(index);
            } else if is_dotted {
                let answers = |&request: &usize| {
                    let message = &messages[request];
                    message.from == to && message.to == from
                };
                let same_path = |&request: &usize| path(&messages[request].label) == path(&label);
                let both = |request: &usize| answers(request) && same_path(request);
                let found = open.iter().rposition(both).or_else(|| open.iter().rposition(answers));
                request = found.map(|found| open.remove(found));
                if let Some(request) = request {
                    messages[request].reply = Some(index);
                }
            }
            messages.push(Message { from, to, label, request, reply: None });
        }
        Self { messages }
    }

    /// For each message how many exchanges have begun before it and end behind it.
    pub(super) fn open(&self) -> Vec<u64> {
        let mut open = 0;
        let count = |message: &Message| {
            let before = open;
            match (message.reply, message.request) {
                (Some(_), _) => open += 1,
                // A reply: a request without one is never counted.
                (None, Some(request)) if self.messages[request].reply.is_some() => open -= 1,
                _ => {}
            }
            before
        };
        self.messages.iter().map(count).collect()
    }

    /// Whether these messages are whole exchanges.
    pub(super) fn are_whole(&self, range: Range<usize>) -> bool {
        let mut messages = range.clone();
        messages.all(|index| {
            let message = &self.messages[index];
            match message.request {
                Some(request) if request == index => {
                    message.reply.is_some_and(|reply| range.contains(&reply))
                }
                Some(request) => range.contains(&request),
                None => false,
            }
        })
    }

    /// The request that a message is or answers.
    pub(super) fn request(&self, message: usize) -> Option<&Message> {
        self.messages[message].request.map(|request| &self.messages[request])
    }
}

/// Whether a label begins with a method.
fn is_request(label: &str) -> bool {
    let (first, rest) = label.split_once(' ').unwrap_or_default();
    !first.is_empty() && first.chars().all(|letter| letter.is_ascii_uppercase()) && !rest.is_empty()
}

fn path(label: &str) -> Option<&str> {
    label.split_whitespace().find(|word| word.starts_with('/'))
}
