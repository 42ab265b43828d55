//! Secrets that pages publish: learnt from all that the pages show, and found in it.
//!
//! In: the texts of the pages meant, each with its [`TextForm`], and their recordings. Out: for each
//! text the stretches that must not be there. What people put in a secret's place is none.

use std::collections::BTreeMap;
use std::slice;
use std::sync::{Arc, LazyLock};

use foldhash::HashSet;
use regex::Regex;

use crate::model::{Run, TextForm};
use crate::settings::doctool::RedactSettings;

use super::find::{self, Found};
use super::places::{self, Places, Seen, StandIns};
use super::redact::{Learnt, SHORTEST_BY_VALUE, Secrets};

static CODE_SPAN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"`(?<value>[^`\r\n]+)`").expect("the pattern is valid"));

/// A shorter value is not even replaced in code spans.
const SHORTEST_IN_CODE_SPAN: usize = 3;

/// Looks at the texts of pages one by one, before any secret is known.
#[derive(Clone)]
pub struct Sight(Arc<Places>);

/// What is seen in a text at first sight.
#[derive(Debug, Default)]
pub struct Sighted(Seen);

impl Sight {
    /// Looks for what the settings say.
    pub fn new(settings: &RedactSettings) -> Self {
        Self(Arc::new(Places::new(settings, StandIns::Any)))
    }

    /// Looks for what these secrets are looked for by. Patterns are costly to make.
    pub fn beside(secrets: &Secrets) -> Self {
        Self(Arc::new(secrets.places.leaving(StandIns::Any)))
    }

    /// What a recording says of secrets.
    pub fn learn(&self, recorded: &Run) -> Learnt {
        Learnt::of(&self.0, recorded)
    }

    /// The same without what people put in a secret's place.
    #[must_use]
    pub fn without_stand_ins(&self, mut learnt: Learnt) -> Learnt {
        learnt.values.0.retain(|value, _| self.0.is_secret_value(value));
        learnt
    }

    /// What is seen in a text.
    pub fn of(&self, form: TextForm, text: &str) -> Sighted {
        Sighted(self.0.seen(form, text))
    }
}

/// The secrets that are published on some pages.
pub struct Published {
    secrets: Secrets,
    names: HashSet<String>,
    allowed: HashSet<String>,
}

/// Secrets of one page that are too short to be told from words, by value.
#[derive(Debug, Default)]
pub struct ShortSecrets(BTreeMap<String, String>);

impl ShortSecrets {
    /// Takes in those of another page.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(value, kind)| (value.clone(), kind.clone())));
    }
}

impl Published {
    /// The secrets that were seen in texts, and those of what is recorded in them, which is without what
    /// people put in their place. A value that is a name in a recording is replaced only in its place.
    pub fn of<'a>(
        sight: &Sight,
        sighted: impl Iterator<Item = &'a Sighted>,
        recorded: Learnt,
        settings: &RedactSettings,
    ) -> Self {
        let places = Arc::clone(&sight.0);
        let allowed: HashSet<String> = settings.allow.iter().cloned().collect();
        let Learnt { mut values, names } = recorded;
        values.0.retain(|value, _| !allowed.contains(value));
        let mut add = |kind: &str, value: &str| {
            if !allowed.contains(value) {
                values.add(kind, value);
            }
        };
        let placed = sighted.flat_map(|Sighted(seen)| &seen.placed);
        placed.for_each(|placed| {
            places::visit(slice::from_ref(placed), &mut |kind, value| {
                // What stands in a place was looked at there; what is inside of it was not.
                if value == placed.value || places.is_secret_value(value) {
                    add(kind, value);
                }
            });
        });
        Self { secrets: Secrets::finding(places, values, &names), names, allowed }
    }

    /// What finds the same secrets in other texts.
    pub fn into_secrets(self) -> Secrets {
        self.secrets
    }

    /// Secrets of one page's texts that count only where they stand as such.
    pub fn short<'a>(&self, sighted: impl Iterator<Item = &'a Sighted>) -> ShortSecrets {
        let mut short = ShortSecrets::default();
        let places = &self.secrets.places;
        let lengths = SHORTEST_IN_CODE_SPAN..SHORTEST_BY_VALUE;
        let placed = sighted.flat_map(|Sighted(seen)| &seen.placed);
        for placed in placed.filter(|placed| lengths.contains(&placed.value.len())) {
            let value = &placed.value;
            let is_word = self.names.contains(value) || places.is_field(value);
            if !is_word && !self.allowed.contains(value) {
                short.0.insert(value.clone(), placed.kind.to_owned());
            }
        }
        short
    }

    /// The secrets in a text of which this was seen, in order and apart. Of those that are short,
    /// also the code spans in prose that say nothing else.
    pub fn find(
        &self,
        form: TextForm,
        text: &str,
        Sighted(seen): &Sighted,
        short: &ShortSecrets,
    ) -> Vec<Found> {
        let mut found = self.secrets.with_seen(text, seen);
        if form == TextForm::Prose && !short.0.is_empty() {
            let spans = CODE_SPAN.captures_iter(text).filter_map(|span| span.name("value"));
            found.extend(spans.filter_map(|span| {
                let kind = short.0.get(span.as_str())?.clone();
                Some(Found { span: span.range(), kind })
            }));
            found = find::apart(text, found);
        }
        found.retain(|found| !self.allowed.contains(&text[found.span.clone()]));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{Learnt, Published, ShortSecrets, Sight, TextForm};
    use crate::settings::doctool::RedactSettings;

    fn found<'a>(
        form: TextForm,
        text: &'a str,
        settings: &RedactSettings,
    ) -> Vec<(&'a str, String)> {
        let sight = Sight::new(settings);
        let sighted = sight.of(form, text);
        let published = Published::of(&sight, [&sighted].into_iter(), Learnt::default(), settings);
        let short = published.short([&sighted].into_iter());
        let found = published.find(form, text, &sighted, &short).into_iter();
        found.map(|found| (&text[found.span], found.kind)).collect()
    }

    #[track_caller]
    fn finds(form: TextForm, text: &str, expected: &[(&str, &str)]) {
        let found = found(form, text, &RedactSettings::default());
        let found: Vec<_> = found.iter().map(|(value, kind)| (*value, &**kind)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn shown_text_has_headers_tables_and_fields() {
        use TextForm::Shown;
        finds(Shown, "  X-Auth-Token: abc \r\nVary: X-Auth-Token\r\n", &[("abc", "token")]);
        finds(Shown, "> Authorization: Bearer abc", &[("abc", "credentials")]);
        finds(Shown, "$ curl -H 'X-Auth-Token: abc' http://h/", &[("abc", "token")]);
        finds(Shown, "| adminPass  | q1w2 |\n| id | 12 |", &[("q1w2", "password")]);
        finds(Shown, "auth:\n  password: q1w2\n", &[("q1w2", "password")]);
        finds(Shown, "export OS_PASSWORD=q1w2", &[("q1w2", "password")]);
        finds(Shown, "OS_PASSWORD=\"q 1\"", &[("q 1", "password")]);
        finds(
            Shown,
            "{'password': 'q1', \"x\": \"{\\\"secret\\\": \\\"w2\\\"}\"}",
            &[("q1", "password"), ("w2", "secret")],
        );
    }

    #[test]
    fn prose_may_explain_a_name() {
        for text in ["X-Auth-Token: the token that you got", "| password | what you chose |"] {
            finds(TextForm::Prose, text, &[]);
        }
        finds(TextForm::Prose, "send `{\"password\": \"q1w2\"}`", &[("q1w2", "password")]);
    }

    #[test]
    fn what_people_put_in_a_secrets_place_is_none() {
        for value in [
            "****",
            "<password>",
            "{token}",
            "{{ token }}",
            "$TOKEN",
            "${OS_TOKEN}",
            "$token",
            "...",
            "[redacted:password]",
            "gAAAAABjrkD9...",
            "%(password)s",
            "xxxx",
            "YOUR_PASSWORD",
            "",
            "{SHA256}0123456789abcdef",
        ] {
            finds(TextForm::Shown, &format!("{{\"password\": \"{value}\"}}"), &[]);
            finds(TextForm::Shown, &format!("X-Auth-Token: {value}\n"), &[]);
        }
    }

    #[test]
    fn a_token_that_was_cut_short_is_found() {
        let text = "it is `gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJv...` now";
        finds(TextForm::Prose, text, &[("gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJv", "token")]);
    }

    #[test]
    fn a_short_value_counts_in_code_spans_of_prose() {
        let shown = "{\"password\": \"asdf\"}";
        let settings = RedactSettings::default();
        let sight = Sight::new(&settings);
        let sighted = sight.of(TextForm::Shown, shown);
        let published = Published::of(&sight, [&sighted].into_iter(), Learnt::default(), &settings);
        let short = published.short([&sighted].into_iter());
        let prose = "asdf `asdf` `asdf1`";
        let sighted = sight.of(TextForm::Prose, prose);
        let found = published.find(TextForm::Prose, prose, &sighted, &short);
        let [only] = &*found else { panic!("there is one: {found:?}") };
        assert_eq!(only.span, 6..10);
        assert_eq!(published.find(TextForm::Prose, prose, &sighted, &ShortSecrets::default()), []);
    }

    #[test]
    fn a_value_is_found_elsewhere_unless_it_is_a_word() {
        finds(
            TextForm::Shown,
            "{\"password\": \"q1w2e3r4\"} and q1w2e3r4",
            &[("q1w2e3r4", "password"), ("q1w2e3r4", "password")],
        );
        finds(
            TextForm::Shown,
            "{\"password\": \"password\"} and password",
            &[("password", "password")],
        );
    }

    #[test]
    fn settings_allow_values() {
        let settings = RedactSettings { allow: vec!["q1w2e3r4".to_owned()], ..Default::default() };
        assert_eq!(found(TextForm::Shown, "{\"password\": \"q1w2e3r4\"}", &settings), []);
    }
}
