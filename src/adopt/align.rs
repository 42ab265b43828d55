//! Which line of a view as it stands is which message of the recording.
//!
//! In: what tells each message on both sides. Out: pairs, and what has no partner. People put names
//! such as `{image_id}` for parts of a path and add queries; a message with those is still the one.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use similar::{Algorithm, DiffOp, capture_diff_slices};

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\\\{(?<name>[A-Za-z_][\w-]*)\\\}").expect("the pattern is valid")
});

/// A message as it stands, as it is recorded, or both; as indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    Both(usize, usize),
    Standing(usize),
    Recorded(usize),
}

/// Pairs messages in order. Where as many stand as are recorded between two that are alike, those
/// that `resemble` each other are pairs, too.
pub(super) fn pairs(
    standing: &[String],
    recorded: &[String],
    resemble: impl Fn(usize, usize) -> bool,
) -> Vec<Pair> {
    let known: BTreeSet<&String> = standing.iter().collect();
    let edited = known.iter().filter_map(|&message| Some((message, Template::of(message)?)));
    let edited: Vec<(&String, Template)> = edited.collect();
    let stands_for = |message: &String| -> String {
        if known.contains(message) {
            return message.clone();
        }
        let fits = |(_, template): &&(&String, Template)| template.fits(message);
        edited.iter().find(fits).map_or(message, |(standing, _)| standing).clone()
    };
    let recorded: Vec<String> = recorded.iter().map(stands_for).collect();
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, standing, &recorded) {
        let (old, new) = (op.old_range(), op.new_range());
        let is_equal = matches!(op, DiffOp::Equal { .. });
        if old.len() == new.len() {
            for (old, new) in old.zip(new) {
                if is_equal || resemble(old, new) {
                    pairs.push(Pair::Both(old, new));
                } else {
                    pairs.extend([Pair::Standing(old), Pair::Recorded(new)]);
                }
            }
        } else {
            pairs.extend(old.map(Pair::Standing));
            pairs.extend(new.map(Pair::Recorded));
        }
    }
    pairs
}

/// What a message that a person edited stands for.
pub(super) struct Template {
    regex: Regex,
    names: Vec<String>,
    /// Whether a query was added.
    pub(super) has_query: bool,
}

impl Template {
    /// The template in a message; none where it is as doctool draws it.
    pub(super) fn of(message: &str) -> Option<Self> {
        let (path, has_query) = match message.split_once('?') {
            Some((path, _)) => (path, true),
            None => (message, false),
        };
        let escaped = regex::escape(path);
        let names = PLACEHOLDER.captures_iter(&escaped);
        let names: Vec<String> = names.map(|found| found["name"].to_owned()).collect();
        if names.is_empty() && !has_query {
            return None;
        }
        let regex = format!("^{}$", PLACEHOLDER.replace_all(&escaped, r"([^/\s]+)"));
        Some(Self { regex: Regex::new(&regex).ok()?, names, has_query })
    }

    /// Whether it stands for a recorded message.
    pub(super) fn fits(&self, recorded: &str) -> bool {
        self.regex.is_match(recorded)
    }

    /// Which value of the recorded message each name stands for.
    pub(super) fn values(&self, recorded: &str) -> Vec<(String, String)> {
        let Some(found) = self.regex.captures(recorded) else { return Vec::new() };
        let values = found.iter().skip(1).flatten().map(|value| value.as_str().to_owned());
        self.names.iter().cloned().zip(values).collect()
    }

    /// Whether it holds names.
    pub(super) fn has_names(&self) -> bool {
        !self.names.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::{Pair, Template, pairs};

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn names_and_queries_do_not_keep_messages_apart() {
        let standing = texts(&["GET /a", "GET /x/{id}/{id}?q=1", "GET /own", "PUT /b"]);
        let recorded = texts(&["GET /a", "GET /x/1/1", "PUT /b", "GET /c"]);
        assert_eq!(
            pairs(&standing, &recorded, |_, _| false),
            [
                Pair::Both(0, 0),
                Pair::Both(1, 1),
                Pair::Standing(2),
                Pair::Both(3, 2),
                Pair::Recorded(3),
            ]
        );
    }

    #[test]
    fn a_template_tells_what_its_names_stand_for() {
        let template = Template::of("GET /v1/AUTH_{account}/{id}").expect("there are names");
        let values = [("account", "7c"), ("id", "a4")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(template.values("GET /v1/AUTH_7c/a4"), values);
        assert!(Template::of("GET /v1").is_none());
    }
}
