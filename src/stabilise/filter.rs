//! Takes secrets out of messages that come one after another, in memory that does not grow.
//!
//! In: the entries of a log, in order. Out: each without secrets. The rules are those for a run; but
//! what stands further on is not known yet, so a value goes wherever it turns up from the message on
//! in which it stands as a secret.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use foldhash::{HashMap, HashSet, HashSetExt as _};

use crate::model::{Content, Entry, Exchange, Header, Line, Request, Run, TextForm};
use crate::settings::doctool::RedactSettings;

use super::places::{self, Placed, Seen, StandIns};
use super::redact::{self, ByValue, SHORTEST_BY_VALUE, Secrets};

/// Values that are remembered; beyond them, the oldest are forgotten.
const REMEMBERED: usize = 1024;
/// Values that are looked for apart from the others, so that a new one costs little.
const NEW: usize = 32;

/// A message without secrets. Only a [`Filter`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StableEntry<'a>(Entry<'a>);

impl<'a> StableEntry<'a> {
    /// The message itself.
    pub fn entry(&self) -> &Entry<'a> {
        &self.0
    }
}

/// Takes secrets out of messages, and learns from each.
pub struct Filter {
    /// Its values are those of the memory.
    secrets: Secrets,
    memory: Memory,
}

/// What a filter has learnt. Copies are cheap, and equal while nobody learns anything.
#[derive(Clone, Default)]
pub struct Memory(Arc<Values>);

/// What is looked for by value.
#[derive(Clone, Default)]
struct Values {
    /// With their kinds; the oldest first.
    values: VecDeque<(String, String)>,
    known: HashSet<String>,
    /// How many of the last values are in the second of the finders.
    new: usize,
    finders: Vec<ByValue>,
}

impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Filter {
    /// A filter that has learnt nothing yet.
    pub fn new(settings: &RedactSettings) -> Self {
        let places = places::Places::new(settings, StandIns::Marks);
        let secrets =
            Secrets::finding(Arc::new(places), redact::Values::default(), &HashSet::new());
        Self { secrets, memory: Memory::default() }
    }

    /// What it has learnt so far.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Knows what another has learnt, and nothing else.
    pub fn remember(&mut self, memory: &Memory) {
        if self.memory != *memory {
            self.secrets.by_value.clone_from(&memory.0.finders);
            self.memory = memory.clone();
        }
    }

    /// The message without secrets. Most have none, which is told in one go where `written` is what
    /// the message says, letter by letter.
    pub fn entry<'a>(&mut self, entry: Entry<'a>, written: Option<&str>) -> StableEntry<'a> {
        match written {
            Some(written) if !self.secrets.may_be_in(written) => StableEntry(entry),
            _ => self.looked_through(entry),
        }
    }

    fn looked_through<'a>(&mut self, mut entry: Entry<'a>) -> StableEntry<'a> {
        let places = &self.secrets.places;
        let in_body = match &entry.body {
            Content::Text(text) | Content::Cut(text, _) if places.may_be_in(text) => {
                Some(places.seen(TextForm::Shown, text))
            }
            _ => None,
        };
        let in_url = places.may_be_in(&entry.url);
        if in_body.is_some() || in_url || self.has_new_header(&entry) {
            self.learn(&entry, in_body.as_ref().map_or(&[], Seen::fields));
        }
        let secrets = &self.secrets;
        if in_url || secrets.has_value(&entry.url) {
            entry.url = secrets.text(&entry.url).into();
        }
        for Line { name, value } in &mut entry.headers {
            if secrets.places.is_secret(name) || secrets.may_be_in(value) {
                *value = secrets.header(name, value).into();
            }
        }
        match &mut entry.body {
            Content::Empty => {}
            Content::Text(text) | Content::Cut(text, _) => {
                if let Some(seen) = &in_body {
                    if let Some(without) = secrets.without(text, seen) {
                        *text = without.into();
                    }
                } else if secrets.has_value(text) {
                    *text = secrets.text(text).into();
                }
            }
            Content::Bytes(head, _) => *head = Cow::Owned(secrets.bytes(head)),
        }
        StableEntry(entry)
    }

    /// Whether a header holds a secret that is not known and has no shape of its own.
    fn has_new_header(&self, entry: &Entry<'_>) -> bool {
        entry.headers.iter().any(|Line { name, value }| {
            !has_shape(value)
                && self.secrets.places.is_secret(name)
                && !self.memory.0.known.contains(&**value)
        })
    }

    fn learn(&mut self, entry: &Entry<'_>, in_body: &[Placed]) {
        let mut found = redact::Values::default();
        let headers = entry.headers.iter().map(|Line { name, value }| (&**name, &**value));
        let mut add = |kind: &str, value: &str| found.add(kind, value);
        let in_url = self.secrets.places.fields(&entry.url);
        self.secrets.places.visit_parts(&in_url, headers, in_body, &mut add);
        let known = &self.memory.0.known;
        found.0.retain(|value, _| {
            value.len() >= SHORTEST_BY_VALUE && !has_shape(value) && !known.contains(value)
        });
        if found.0.is_empty() {
            return;
        }
        let names = places::names(&run_of(entry.clone()));
        found.0.retain(|value, _| !names.contains(value) && !self.secrets.places.is_field(value));
        if found.0.is_empty() {
            return;
        }
        // A new one, because others may have the old one.
        let mut values = (*self.memory.0).clone();
        values.add(found.0);
        self.secrets.by_value.clone_from(&values.finders);
        self.memory = Memory(Arc::new(values));
    }
}

impl Values {
    fn add(&mut self, found: HashMap<String, String>) {
        // What is forgotten first must not depend on chance.
        let mut found: Vec<(String, String)> = found.into_iter().collect();
        found.sort();
        for (value, kind) in found {
            self.known.insert(value.clone());
            self.values.push_back((value, kind));
            self.new += 1;
        }
        self.look_for_values();
    }

    /// Makes the finders anew: one for what is new, and when that is much, one for everything.
    fn look_for_values(&mut self) {
        while self.values.len() > REMEMBERED
            && let Some((value, _)) = self.values.pop_front()
        {
            self.known.remove(&value);
        }
        if self.new > NEW {
            self.new = 0;
        }
        let old = self.values.len().saturating_sub(self.new);
        let (old, new) = (self.values.iter().take(old), self.values.iter().skip(old));
        if self.new == 0 || self.finders.is_empty() {
            self.finders = vec![ByValue::of(old)];
        }
        self.finders.truncate(1);
        self.finders.push(ByValue::of(new));
    }
}

/// A run in which a message is all that was sent.
fn run_of(entry: Entry<'_>) -> Run {
    let Entry { from, to, method, url, headers, body, .. } = entry;
    let request = Request {
        method: method.into_owned(),
        url: url.into_owned(),
        headers: headers.into_iter().map(Header::from).collect(),
        body: body.into(),
    };
    let (from, to) = (from.into_owned(), to.into_owned());
    let mut run = Run::default();
    run.recording.exchanges.push(Exchange { from, to, request, response: None, process: None });
    run
}

/// Whether a value is found without being known: a token by its shape.
fn has_shape(value: &str) -> bool {
    value.starts_with("gAAAAA")
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::model::{Content, Entry, Line};
    use crate::settings::doctool::RedactSettings;

    fn entry<'a>(header: &'a str, body: &'a str) -> Entry<'a> {
        Entry {
            line: 1,
            from: "a".into(),
            to: "b".into(),
            status: None,
            method: "GET".into(),
            url: "http://h/".into(),
            headers: vec![Line { name: "X-Auth-Key".into(), value: header.into() }],
            body: Content::Text(body.into()),
        }
    }

    fn shown(filter: &mut Filter, header: &str, body: &str) -> String {
        match &filter.entry(entry(header, body), None).entry().body {
            Content::Text(text) => text.clone().into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_value_goes_wherever_it_turns_up_later() {
        let mut filter = Filter::new(&RedactSettings::default());
        assert_eq!(shown(&mut filter, "", "first-value"), "first-value");
        assert_eq!(shown(&mut filter, "first-value", "x first-value"), "x [redacted:key]");
        assert_eq!(shown(&mut filter, "", "x first-value"), "x [redacted:key]");
        assert_eq!(
            shown(&mut filter, "", r#"{"password": "pass-word", "of": "pass-word first-value"}"#),
            r#"{"password": "[redacted:password]", "of": "[redacted:password] [redacted:key]"}"#
        );
    }

    #[test]
    fn what_is_remembered_does_not_grow_for_ever() {
        let mut filter = Filter::new(&RedactSettings::default());
        for number in 0..super::REMEMBERED + 100 {
            shown(&mut filter, &format!("value-{number:06}"), "text");
        }
        assert_eq!(filter.memory.0.values.len(), super::REMEMBERED);
        assert_eq!(filter.memory.0.known.len(), super::REMEMBERED);
        assert_eq!(shown(&mut filter, "", "value-000000"), "value-000000");
        for kept in [100, 700, super::REMEMBERED + 99] {
            assert_eq!(shown(&mut filter, "", &format!("value-{kept:06}")), "[redacted:key]");
        }
    }
}
