//! Messages, one after another, drawn as one of the views.
//!
//! In: messages without secrets. Out: text, as soon as it can be told. Only HAR has to wait: it puts
//! a request and its response side by side.

use std::collections::BTreeMap;

use crate::capture::requestshook::{Pairing, Side};
use crate::render::{self, DiagramNames, Har, HarSide, HarStep};
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

/// What was drawn of messages that are one behind the other.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) text: String,
    /// Of a view that tells more than one of them at once, what is to be put together.
    sides: Vec<(Side, HarSide)>,
    /// What these are drawn in.
    parts: String,
    names: DiagramNames,
}

impl Drawn {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.sides.clear();
        self.parts.clear();
    }

    /// Draws a message.
    pub(super) fn push(&mut self, drawing: Drawing, entry: &StableEntry<'_>, step: usize) {
        match drawing {
            Drawing::Diagram => render::diagram_entry(&mut self.text, entry, &mut self.names),
            Drawing::Body => render::body_entry(&mut self.text, entry, step),
            Drawing::Log => render::log_entry(&mut self.text, entry),
            Drawing::Har => {
                self.sides.push((Side::of(entry.entry()), HarSide::of(&mut self.parts, entry)));
            }
        }
    }
}

/// A request that waits for its response.
struct Asked {
    side: HarSide,
    /// What it is drawn in, if that is not where the last messages are.
    text: Option<String>,
}

impl Asked {
    fn step<'a>(&'a self, number: usize, parts: &'a str) -> HarStep<'a> {
        (number, &self.side, self.text.as_deref().unwrap_or(parts))
    }
}

/// Makes a view of what was drawn.
pub(super) struct View {
    drawing: Drawing,
    steps: usize,
    har: Har,
    pairing: Pairing,
    asked: BTreeMap<usize, Asked>,
}

impl View {
    pub(super) fn new(drawing: Drawing) -> Self {
        let (har, pairing) = (Har::default(), Pairing::default());
        Self { drawing, steps: 0, har, pairing, asked: BTreeMap::new() }
    }

    /// What stands before all messages.
    pub(super) fn begin(&self) -> String {
        let mut out = String::new();
        if self.drawing == Drawing::Har {
            render::har_begin(&mut out);
        }
        out
    }

    /// Makes text of what has to be put together, and can be.
    pub(super) fn add(&mut self, Drawn { text, sides, parts, .. }: &mut Drawn) {
        let first = self.steps + 1;
        for (side, message) in sides.drain(..) {
            self.steps += 1;
            self.put_together(text, side, message, parts);
        }
        // What still waits for its response goes on without the others.
        for (_, asked) in self.asked.range_mut(first..) {
            let (side, text) = asked.side.by_itself(parts);
            *asked = Asked { side, text: Some(text) };
        }
    }

    fn put_together(&mut self, out: &mut String, side: Side, message: HarSide, parts: &str) {
        let step = self.steps;
        if !message.is_request() {
            let asked = self.pairing.answered(&side);
            let request = asked.and_then(|asked| Some((asked, self.asked.remove(&asked)?)));
            let request = request.as_ref().map(|(asked, request)| request.step(*asked, parts));
            self.har.exchange(out, request, Some((step, &message, parts)));
            return;
        }
        self.pairing.asked(side, step);
        self.asked.insert(step, Asked { side: message, text: None });
        if self.pairing.open() > WAITING {
            self.without_response(out, parts);
        }
    }

    fn without_response(&mut self, out: &mut String, parts: &str) {
        let Some(earliest) = self.pairing.earliest() else { return };
        self.pairing.give_up(earliest);
        if let Some(request) = self.asked.remove(&earliest) {
            self.har.exchange(out, Some(request.step(earliest, parts)), None);
        }
    }

    /// What stands behind all messages.
    pub(super) fn end(&mut self) -> String {
        let mut out = String::new();
        while self.pairing.open() > 0 {
            self.without_response(&mut out, "");
        }
        if self.drawing == Drawing::Har {
            render::har_end(&mut out);
        }
        out
    }
}
