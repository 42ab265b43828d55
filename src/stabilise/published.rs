//! Secrets that pages publish: learnt from all that the pages show, and found in it.
//!
//! In: the texts of the pages meant, each with its [`TextForm`], and their recordings. Out: for each
//! text the stretches that must not be there. What people put in a secret's place is none.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Run, TextForm};
use crate::settings::doctool::RedactSettings;

use super::find::{self, Found};
use super::places::{self, Places, StandIns};
use super::redact::{SHORTEST_BY_VALUE, Secrets, Values};

static CODE_SPAN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"`(?<value>[^`\r\n]+)`").expect("the pattern is valid"));

/// A shorter value is not even replaced in code spans.
const SHORTEST_IN_CODE_SPAN: usize = 3;

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
    /// The secrets of these texts and of what is recorded in them. A value that is a name in a
    /// recording is replaced only in its place.
    pub fn of<'a>(
        texts: impl Iterator<Item = (TextForm, &'a str)>,
        recordings: &Run,
        settings: &RedactSettings,
    ) -> Self {
        let places = Places::new(settings, StandIns::Any);
        let allowed: HashSet<String> = settings.allow.iter().cloned().collect();
        let mut values = Values::default();
        let mut add = |kind: &str, value: &str| {
            if places.is_secret_value(value) && !allowed.contains(value) {
                values.add(kind, value);
            }
        };
        places.visit(recordings, &mut add);
        texts.for_each(|(form, text)| places::visit(places.placed(form, text), &mut add));
        let names = places::names(recordings);
        Self { secrets: Secrets::finding(places, &values, &names), names, allowed }
    }

    /// Secrets of one page's texts that count only where they stand as such.
    pub fn short<'a>(&self, texts: impl Iterator<Item = (TextForm, &'a str)>) -> ShortSecrets {
        let mut short = ShortSecrets::default();
        let places = &self.secrets.places;
        let lengths = SHORTEST_IN_CODE_SPAN..SHORTEST_BY_VALUE;
        for placed in texts.flat_map(|(form, text)| places.placed(form, text)) {
            let value = placed.value;
            let is_word = self.names.contains(&value) || places.is_field(&value);
            if lengths.contains(&value.len()) && !is_word && !self.allowed.contains(&value) {
                short.0.insert(value, placed.kind.to_owned());
            }
        }
        short
    }

    /// The secrets in a text, in order and apart. Of those that are short, also the code spans in
    /// prose that say nothing else.
    pub fn find(&self, form: TextForm, text: &str, short: &ShortSecrets) -> Vec<Found> {
        let mut found = self.secrets.with_placed(text, self.secrets.places.placed(form, text));
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

impl Places {
    /// The values in secret places of a text.
    fn placed(&self, form: TextForm, text: &str) -> Vec<places::Placed> {
        let mut placed = self.fields(text);
        if form == TextForm::Shown {
            placed.extend(self.lines(text));
        }
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::{Published, ShortSecrets, TextForm};
    use crate::model::Run;
    use crate::settings::doctool::RedactSettings;

    fn found<'a>(
        form: TextForm,
        text: &'a str,
        settings: &RedactSettings,
    ) -> Vec<(&'a str, String)> {
        let published = Published::of([(form, text)].into_iter(), &Run::default(), settings);
        let short = published.short([(form, text)].into_iter());
        let found = published.find(form, text, &short).into_iter();
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
        let texts = [(TextForm::Shown, shown)];
        let settings = RedactSettings::default();
        let published = Published::of(texts.into_iter(), &Run::default(), &settings);
        let short = published.short(texts.into_iter());
        let prose = "asdf `asdf` `asdf1`";
        let found = published.find(TextForm::Prose, prose, &short);
        let [only] = &*found else { panic!("there is one: {found:?}") };
        assert_eq!(only.span, 6..10);
        assert_eq!(published.find(TextForm::Prose, prose, &ShortSecrets::default()), []);
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
