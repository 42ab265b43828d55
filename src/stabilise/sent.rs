//! What a page documents of what was sent: looked at once, both to learn from it and to take secrets out.
//!
//! In: a run. Out: what it says of secrets, and its messages without them.

use foldhash::{HashSet, HashSetExt as _};

use crate::model::{Body, Exchange, Header, Recording, Request, Response, Run, TextForm};

use super::places::{self, Seen};
use super::redact::{Learnt, Redacted, Secrets, Values};

/// A longer header is hardly ever sent twice.
const REPEATED: usize = 128;

/// What is seen in the messages of a recording, in their order.
pub struct SeenMessages(Vec<SeenMessage>);

struct SeenMessage {
    url: Seen,
    body: Seen,
}

impl Secrets {
    /// What another run says of secrets, under the same settings, and what is seen in its messages.
    pub fn sight(&self, run: &Run) -> (Learnt, SeenMessages) {
        let mut values = Values::default();
        let mut add = |kind: &str, value: &str| values.add(kind, value);
        for output in &run.outputs {
            places::visit(&self.places.seen(TextForm::Shown, output).placed, &mut add);
        }
        let mut all = Vec::with_capacity(2 * run.recording.exchanges.len());
        let mut message = |url: &str, headers: &[Header], body: &Body| {
            let url = self.places.seen(TextForm::Shown, url);
            let body = match body {
                Body::Text(text) | Body::Cut { text, .. } => {
                    self.places.seen(TextForm::Shown, text)
                }
                Body::Empty | Body::Bytes { .. } => Seen::default(),
            };
            let headers = headers.iter().map(|Header { name, value }| (&**name, &**value));
            self.places.visit_parts(url.fields(), headers, body.fields(), &mut add);
            all.push(SeenMessage { url, body });
        };
        for Exchange { request, response, .. } in &run.recording.exchanges {
            message(&request.url, &request.headers, &request.body);
            if let Some(response) = response {
                message(&response.url, &response.headers, &response.body);
            }
        }
        (Learnt { values, names: places::names(run) }, SeenMessages(all))
    }

    /// What was sent, of which this was seen, without secrets; and nothing of what was printed. Most of
    /// it stays as it is.
    pub fn redact_sent(&self, mut recording: Recording, seen: &SeenMessages) -> Redacted {
        let mut seen = seen.0.iter();
        let mut clean = HashSet::new();
        let mut message = |url: &mut String, headers: &mut [Header], body: &mut Body| {
            let Some(seen) = seen.next() else { return };
            self.clear(url, &seen.url);
            headers.iter_mut().for_each(|header| self.clear_header(header, &mut clean));
            match body {
                Body::Empty => {}
                Body::Text(text) | Body::Cut { text, .. } => self.clear(text, &seen.body),
                Body::Bytes { head, .. } => *head = self.bytes(head),
            }
        };
        for Exchange { request, response, .. } in &mut recording.exchanges {
            let Request { url, headers, body, .. } = request;
            message(url, headers, body);
            if let Some(Response { url, headers, body, .. }) = response {
                message(url, headers, body);
            }
        }
        Redacted::of(Run { outputs: Vec::new(), recording })
    }

    fn clear(&self, text: &mut String, seen: &Seen) {
        if let Some(without) = self.without(text, seen) {
            *text = without;
        }
    }

    /// The same of a header. `clean` holds values that have no secret in them: most stand in every message.
    fn clear_header(&self, Header { name, value }: &mut Header, clean: &mut HashSet<String>) {
        if self.places.is_secret(name) {
            *value = self.header(name, value);
        } else if !clean.contains(&**value) {
            match self.replaced(value) {
                Some(replaced) => *value = replaced,
                None if value.len() < REPEATED => _ = clean.insert(value.clone()),
                None => {}
            }
        }
    }
}
