//! Takes secrets out of a run, by their place and then by value wherever else they turn up.
//!
//! In: what the cloud profile knows to be secret, and a run, whose headers and fields say what else
//! is. Out: the run with a placeholder, such as `[redacted:token]`, for each.

use std::sync::Arc;

use foldhash::{HashMap, HashSet};

use crate::model::{Body, Exchange, Header, Recording, Request, Response, Run, TextForm};
use crate::settings::doctool::RedactSettings;

use super::find::{self, Found};
use super::finder::Finder;
use super::places::{
    self, CREDENTIALS, Places, Seen, StandIns, is_placeholder, kind_of, placeholder,
};
use super::tables;

/// A run in which no known secret is left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Redacted(Run);

impl Redacted {
    /// The run itself.
    pub fn run(&self) -> &Run {
        &self.0
    }

    pub(super) fn of(run: Run) -> Self {
        Self(run)
    }

    pub(super) fn into_run(self) -> Run {
        self.0
    }
}

/// A secret shorter than this is replaced only where it stands as a secret: it may be a word.
pub(super) const SHORTEST_BY_VALUE: usize = 6;

/// Secret values, each with its kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Values(pub(super) HashMap<String, String>);

impl Values {
    pub(super) fn add(&mut self, kind: &str, value: &str) {
        if !is_placeholder(value) && !self.0.contains_key(value) {
            self.0.insert(value.to_owned(), kind.to_owned());
        }
    }
}

/// What a run says of secrets: the values in secret places, and the words that are names.
#[derive(Debug, Clone, Default)]
pub struct Learnt {
    pub(super) values: Values,
    pub(super) names: HashSet<String>,
}

impl Learnt {
    pub(super) fn of(places: &Places, run: &Run) -> Self {
        let mut values = Values::default();
        places.visit(run, &mut |kind, value| values.add(kind, value));
        Self { values, names: places::names(run) }
    }

    /// Takes in what another run says. A value is called what the first one calls it.
    pub fn add(&mut self, other: Self) {
        self.names.extend(other.names);
        for (value, kind) in other.values.0 {
            self.values.0.entry(value).or_insert(kind);
        }
    }
}

/// Secret values and what to call them.
pub struct Secrets {
    /// Shared: its patterns are costly to make, and so is what they remember.
    pub(super) places: Arc<Places>,
    pub(super) by_value: Vec<ByValue>,
}

/// Finds values in all encodings.
#[derive(Clone)]
pub(super) struct ByValue {
    finder: Arc<Finder>,
}

impl ByValue {
    /// A finder for values with their kinds.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a (String, String)>) -> Self {
        Self { finder: Arc::new(Finder::new(values.cloned())) }
    }

    fn find(&self, text: &str) -> Vec<Found> {
        let mut all = Vec::new();
        let mut done = 0;
        for (needle, span) in self.finder.find(text.as_bytes()) {
            let Some(before) = text.get(done..span.start) else { continue };
            let start = span.start - run_of_base64(before.chars().rev(), needle.margins.0);
            done = span.end + run_of_base64(text[span.end..].chars(), needle.margins.1);
            all.push(Found { span: start..done, kind: needle.kind.clone() });
        }
        all
    }

    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        self.finder.find(text).next().is_some()
    }
}

impl Secrets {
    /// The values known beforehand as (kind, value), and those that stand in secret places of a run.
    ///
    /// A value that is short, or that is also somebody's name in the run, is replaced only in its
    /// place: elsewhere nobody can tell it from the word.
    pub fn of(known: &[(String, String)], run: &Run, settings: &RedactSettings) -> Self {
        Self::in_places(Arc::new(Places::new(settings, StandIns::Marks)), known, run)
    }

    /// The values that stand in secret places of another run, under the same settings. Settings are
    /// costly to read.
    #[must_use]
    pub fn of_other(&self, run: &Run) -> Self {
        self.knowing(&self.learn(run))
    }

    /// The same, with values known beforehand.
    #[must_use]
    pub fn of_other_with(&self, known: &[(String, String)], run: &Run) -> Self {
        Self::in_places(Arc::clone(&self.places), known, run)
    }

    /// What another run says of secrets, under the same settings.
    pub fn learn(&self, run: &Run) -> Learnt {
        Learnt::of(&self.places, run)
    }

    /// The secrets of other runs, under the same settings.
    #[must_use]
    pub fn knowing(&self, Learnt { values, names }: &Learnt) -> Self {
        Self::finding(Arc::clone(&self.places), values.clone(), names)
    }

    /// The same for texts that are only compared: a token counts there where its shape tells it, and is not
    /// looked for in all the other ways in which it may be written. Not for what is shown.
    #[must_use]
    pub fn comparing(&self, Learnt { values, names }: &Learnt) -> Self {
        let told = values.0.iter().filter(|(value, _)| !find::is_shaped(value));
        let told = told.map(|(value, kind)| (value.clone(), kind.clone()));
        Self::finding(Arc::clone(&self.places), Values(told.collect()), names)
    }

    fn in_places(places: Arc<Places>, known: &[(String, String)], run: &Run) -> Self {
        let mut values = Values::default();
        known.iter().for_each(|(kind, value)| values.add(kind, value));
        places.visit(run, &mut |kind, value| values.add(kind, value));
        let names = places::names(run);
        Self::finding(places, values, &names)
    }

    /// Finds the values that can be told from words, and whatever stands in secret places.
    pub(super) fn finding(places: Arc<Places>, values: Values, names: &HashSet<String>) -> Self {
        let is_told = |value: &str| {
            value.len() >= SHORTEST_BY_VALUE && !names.contains(value) && !places.is_field(value)
        };
        let told = values.0.into_iter().filter(|(value, _)| is_told(value));
        let by_value = ByValue { finder: Arc::new(Finder::new(told)) };
        Self { places, by_value: vec![by_value] }
    }

    /// The run without secrets.
    pub fn redact(&self, run: &Run) -> Redacted {
        let Recording { exchanges, messages } = &run.recording;
        Redacted(Run {
            outputs: run.outputs.iter().map(|output| self.output(output)).collect(),
            recording: Recording {
                exchanges: exchanges.iter().map(|exchange| self.exchange(exchange)).collect(),
                messages: messages.clone(),
            },
        })
    }

    /// What a command printed, without secrets and with its tables as wide as they then need to be.
    fn output(&self, output: &str) -> String {
        let text = self.text(output);
        let (before, lines): (Vec<&str>, Vec<&str>) =
            (output.split('\n').collect(), text.split('\n').collect());
        if text == output || before.len() != lines.len() {
            return text;
        }
        tables::padded(&before, tables::unpadded(&lines)).join("\n")
    }

    /// A text without secrets.
    pub fn text(&self, text: &str) -> String {
        self.replaced(text).unwrap_or_else(|| text.to_owned())
    }

    /// Whether a secret may be in a text, or begin there. That is quicker told than which.
    pub fn may_be_in(&self, text: &str) -> bool {
        self.places.may_be_in(text) || self.has_value(text)
    }

    /// A text without the secrets that are in it; none where there is none.
    pub fn replaced(&self, text: &str) -> Option<String> {
        self.without(text, &self.places.seen(TextForm::Shown, text))
    }

    /// The same of a text of which it is known what can be seen in it.
    pub(super) fn without(&self, text: &str, seen: &Seen) -> Option<String> {
        let all = self.with_seen(text, seen);
        if all.is_empty() {
            return None;
        }
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for found in all {
            out.push_str(&text[done..found.span.start]);
            out.push_str(&found.placeholder());
            done = found.span.end;
        }
        out.push_str(&text[done..]);
        Some(out)
    }

    /// The secrets in a text such as a log or what a command printed, in order and apart.
    pub fn find(&self, text: &str) -> Vec<Found> {
        self.with_seen(text, &self.places.seen(TextForm::Shown, text))
    }

    /// The secrets in secret places, and all others that can be told.
    pub(super) fn with_seen(&self, text: &str, seen: &Seen) -> Vec<Found> {
        let mut found: Vec<Found> = seen.placed.iter().map(Found::from).collect();
        found.extend(seen.shaped.iter().cloned());
        found.extend(self.by_value.iter().flat_map(|values| values.find(text)));
        find::apart(text, found)
    }

    /// Whether a known value is in the text.
    pub(super) fn has_value(&self, text: &str) -> bool {
        self.by_value.iter().any(|values| values.is_in(text.as_bytes()))
    }

    fn exchange(&self, exchange: &Exchange) -> Exchange {
        let Exchange { from, to, request, response, process } = exchange;
        Exchange {
            from: from.clone(),
            to: to.clone(),
            request: Request {
                method: request.method.clone(),
                url: self.text(&request.url),
                headers: self.headers(&request.headers),
                body: self.body(&request.body),
            },
            response: response.as_ref().map(|response| Response {
                status: response.status.clone(),
                url: self.text(&response.url),
                headers: self.headers(&response.headers),
                body: self.body(&response.body),
            }),
            process: *process,
        }
    }

    fn headers(&self, headers: &[Header]) -> Vec<Header> {
        headers
            .iter()
            .map(|Header { name, value }| Header {
                name: name.clone(),
                value: self.header(name, value),
            })
            .collect()
    }

    pub(super) fn header(&self, name: &str, value: &str) -> String {
        if !self.places.is_secret(name) || !self.places.is_secret_value(value) {
            return self.text(value);
        }
        let kind = kind_of(name);
        match value.split_once(' ') {
            Some((scheme, _)) if kind == CREDENTIALS => format!("{scheme} {}", placeholder(kind)),
            _ => placeholder(kind),
        }
    }

    fn body(&self, body: &Body) -> Body {
        match body {
            Body::Empty => Body::Empty,
            Body::Text(text) => Body::Text(self.text(text)),
            Body::Cut { text, length } => Body::Cut { text: self.text(text), length: *length },
            Body::Bytes { head, length } => Body::Bytes { head: self.bytes(head), length: *length },
        }
    }

    /// The first bytes of a body; all of them go when there is a secret among them.
    pub(super) fn bytes(&self, head: &[u8]) -> Vec<u8> {
        if self.by_value.iter().any(|values| values.is_in(head)) {
            b"[redacted]".to_vec()
        } else {
            head.to_vec()
        }
    }
}

/// How many characters next to a match belong to the same Base64 group.
fn run_of_base64(characters: impl Iterator<Item = char>, most: usize) -> usize {
    let in_alphabet =
        |character: &char| character.is_ascii_alphanumeric() || "+/-_=".contains(*character);
    characters.take(most).take_while(in_alphabet).count()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{RedactSettings, Run, Secrets};

    const PASSWORD: &str = "s3cr/t p&ss+word?~";

    fn secrets() -> Secrets {
        Secrets::of(
            &[("password".to_owned(), PASSWORD.to_owned())],
            &Run::default(),
            &RedactSettings::default(),
        )
    }

    #[test]
    fn a_value_is_found_in_every_encoding() {
        let percent = "s3cr%2Ft%20p%26ss%2Bword%3F~";
        for text in [PASSWORD, percent, &percent.to_lowercase(), &percent.replace("%20", "+")] {
            assert_eq!(secrets().text(&format!("<{text}>")), "<[redacted:password]>");
        }
        for prefix in ["", "a", "ab", "abc", "user:"] {
            let encoded = STANDARD.encode(format!("{prefix}{PASSWORD} and more"));
            let redacted = secrets().text(&format!("x {encoded}"));
            assert!(redacted.contains("[redacted:password]"), "{prefix}: {redacted}");
            let left = redacted.replace("[redacted:password]", "");
            assert!(left.len() < encoded.len() - PASSWORD.len(), "{prefix}: {redacted}");
        }
    }

    #[test]
    fn fields_are_secret_by_name() {
        let secrets = Secrets::of(&[], &Run::default(), &RedactSettings::default());
        for (text, redacted) in [
            (r#"{"adminPass": "x"}"#, r#"{"adminPass": "[redacted:password]"}"#),
            (
                r#"{"password" :"a\"b", "name": "n"}"#,
                r#"{"password" :"[redacted:password]", "name": "n"}"#,
            ),
            (r#"{"token": {"id": "abc"}}"#, r#"{"token": {"id": "[redacted:token]"}}"#),
            ("http://h/x?client_secret=abc&y=1", "http://h/x?client_secret=[redacted:secret]&y=1"),
            (r#"{"password_expires_at": "x"}"#, r#"{"password_expires_at": "x"}"#),
            (r#"{"methods": ["password"]}"#, r#"{"methods": ["password"]}"#),
        ] {
            assert_eq!(secrets.text(text), redacted);
        }
    }

    #[test]
    fn redacting_twice_is_once() {
        let once =
            secrets().text(&format!("{{\"password\": \"{PASSWORD}\"}} gAAAAA{}", "b".repeat(100)));
        assert_eq!(secrets().text(&once), once);
        assert_eq!(once, "{\"password\": \"[redacted:password]\"} [redacted:token]");
    }
}
