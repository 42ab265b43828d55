//! Messages, one after another, drawn as one of the views.
//!
//! In: messages without secrets. Out: text, as soon as it can be told. Only HAR has to wait: it puts
//! a request and its response side by side.

use std::collections::HashMap;

use crate::capture::requestshook::Pairing;
use crate::render::{self, Har};
use crate::stabilise::StableEntry;

/// What a log is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// A Mermaid line a message.
    Diagram,
    /// A section a message.
    Body,
    /// Every message in full.
    Log,
    /// HAR 1.2, an entry an exchange.
    Har,
}

/// Requests that wait for their responses, at most. The earliest beyond them are told without one.
const WAITING: usize = 4096;

/// Draws.
pub(super) struct Drawer {
    drawing: Drawing,
    steps: usize,
    har: Har,
    pairing: Pairing,
    asked: HashMap<usize, StableEntry>,
}

impl Drawer {
    /// Draws messages behind so many others.
    pub(super) fn behind(drawing: Drawing, steps: usize) -> Self {
        let (har, pairing) = (Har::default(), Pairing::default());
        Self { drawing, steps, har, pairing, asked: HashMap::new() }
    }

    pub(super) fn begin(&self, out: &mut String) {
        if self.drawing == Drawing::Har {
            render::har_begin(out);
        }
    }

    pub(super) fn push(&mut self, out: &mut String, entry: StableEntry) {
        self.steps += 1;
        match self.drawing {
            Drawing::Diagram => render::diagram_entry(out, &entry, self.steps),
            Drawing::Body => render::body_entry(out, &entry, self.steps),
            Drawing::Log => render::log_entry(out, &entry, self.steps),
            Drawing::Har => self.side_by_side(out, entry),
        }
    }

    fn side_by_side(&mut self, out: &mut String, entry: StableEntry) {
        let step = self.steps;
        if entry.entry().status.is_some() {
            let asked = self.pairing.answered(entry.entry());
            let request = asked.and_then(|asked| Some((asked, self.asked.remove(&asked)?)));
            let request = request.as_ref().map(|(asked, request)| (*asked, request));
            self.har.exchange(out, request, Some((step, &entry)));
            return;
        }
        self.pairing.asked(entry.entry(), step);
        self.asked.insert(step, entry);
        if self.pairing.open() > WAITING {
            self.without_response(out);
        }
    }

    fn without_response(&mut self, out: &mut String) {
        let Some(earliest) = self.pairing.earliest() else { return };
        self.pairing.give_up(earliest);
        if let Some(request) = self.asked.remove(&earliest) {
            self.har.exchange(out, Some((earliest, &request)), None);
        }
    }

    pub(super) fn end(&mut self, out: &mut String) {
        while self.pairing.open() > 0 {
            self.without_response(out);
        }
        if self.drawing == Drawing::Har {
            render::har_end(out);
        }
    }
}
