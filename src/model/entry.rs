//! One message by itself, as a log holds it, for work on logs that need not fit into memory.

use super::exchange::{Arrow, Body, Header, Message};

/// One entry of a log: a message, and which exchange it says it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Line of the heading in the log, from 1.
    pub line: usize,
    /// Who asked, also where the entry is a response.
    pub from: String,
    /// Who was asked.
    pub to: String,
    /// Status and reason; none where the entry is a request.
    pub status: Option<String>,
    /// Method of the request.
    pub method: String,
    /// Absolute URL as the entry names it.
    pub url: String,
    /// Header lines.
    pub headers: Vec<Header>,
    /// The content.
    pub body: Body,
}

impl Entry {
    /// The message as the views show it, under this step number.
    pub fn arrow(&self, step: usize) -> Arrow<'_> {
        let message = match self.status {
            None => Message::Request(step - 1),
            Some(_) => Message::Response(step - 1),
        };
        Arrow {
            step,
            message,
            from: &self.from,
            to: &self.to,
            method: &self.method,
            status: self.status.as_deref(),
            url: &self.url,
            headers: &self.headers,
            body: &self.body,
        }
    }

    /// The value of the first header of this name, which is compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        super::exchange::header(&self.headers, name)
    }
}
