//! Messages that people edited, and which drawn messages they stand for.
//!
//! A name in braces, such as `{image_id}`, stands for one segment of a path or a part of one. A query
//! stands for none, because drawn paths have none.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::{memchr, memchr2};
use regex::Regex;

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{[A-Za-z_]\w*\}").expect("the pattern is valid"));

/// What a message that a person edited stands for.
pub struct Template {
    path: String,
    /// Where in the path names stand, with their braces.
    names: Vec<Range<usize>>,
    /// Whether a query was added.
    pub has_query: bool,
    /// Only where a segment has several names does it take a search to tell what they stand for.
    pattern: Option<Regex>,
}

impl Template {
    /// The template in a message; none where it is as doctool draws it.
    pub fn of(message: &str) -> Option<Self> {
        // Hardly any message was edited, and that is quick to see.
        memchr2(b'{', b'?', message.as_bytes())?;
        let query = memchr(b'?', message.as_bytes());
        let (path, has_query) = (&message[..query.unwrap_or(message.len())], query.is_some());
        let names: Vec<_> = PLACEHOLDER.find_iter(path).map(|found| found.range()).collect();
        if names.is_empty() && !has_query {
            return None;
        }
        let is_one_a_segment =
            names.windows(2).all(|pair| path[pair[0].end..pair[1].start].contains('/'));
        let pattern = if is_one_a_segment { None } else { Some(pattern(path, &names)?) };
        Some(Self { path: path.to_owned(), names, has_query, pattern })
    }

    /// Whether it stands for a recorded message.
    pub fn fits(&self, recorded: &str) -> bool {
        match &self.pattern {
            Some(pattern) => pattern.is_match(recorded),
            None => self.parts(recorded).is_some(),
        }
    }

    /// Which value of the recorded message each name stands for.
    pub fn values(&self, recorded: &str) -> Vec<(String, String)> {
        let parts = match &self.pattern {
            Some(pattern) => pattern
                .captures(recorded)
                .map(|found| found.iter().skip(1).flatten().map(|part| part.as_str()).collect()),
            None => self.parts(recorded),
        };
        let names = self.names.iter().map(|name| &self.path[name.start + 1..name.end - 1]);
        let values = names.zip(parts.unwrap_or_default());
        values.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// The parts that names stand for, where each is the only one of its segment.
    fn parts<'a>(&self, recorded: &'a str) -> Option<Vec<&'a str>> {
        let segment = |text: &'_ str| memchr(b'/', text.as_bytes()).unwrap_or(text.len());
        let (mut rest, mut at) = (recorded, 0);
        let mut parts = Vec::with_capacity(self.names.len());
        for name in &self.names {
            rest = rest.strip_prefix(&self.path[at..name.start])?;
            at = name.end;
            let behind = &self.path[at..];
            let part = rest[..segment(rest)].strip_suffix(&behind[..segment(behind)])?;
            if part.is_empty() || part.contains(char::is_whitespace) {
                return None;
            }
            parts.push(part);
            rest = &rest[part.len()..];
        }
        (rest == &self.path[at..]).then_some(parts)
    }

    /// Whether it holds names.
    pub fn has_names(&self) -> bool {
        !self.names.is_empty()
    }
}

/// A path in which each name is a part of a segment.
fn pattern(path: &str, names: &[Range<usize>]) -> Option<Regex> {
    let mut pattern = "^".to_owned();
    let mut at = 0;
    for name in names {
        pattern.push_str(&regex::escape(&path[at..name.start]));
        pattern.push_str(r"([^/\s]+)");
        at = name.end;
    }
    pattern.push_str(&regex::escape(&path[at..]));
    Regex::new(&(pattern + "$")).ok()
}

/// What a message and what it stands for have in common: the ends, and how many parts the path has.
pub fn shape(message: &str) -> (&str, usize) {
    let path = message.split('?').next().unwrap_or(message);
    let ends = message.split(": ").next().unwrap_or(message);
    (ends, path.matches('/').count())
}

#[cfg(test)]
mod tests {
    use super::{Template, pattern};

    #[test]
    fn a_template_tells_what_its_names_stand_for() {
        let template = Template::of("GET /v1/AUTH_{account}/{id}").expect("there are names");
        let values = [("account", "7c"), ("id", "a4")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(template.values("GET /v1/AUTH_7c/a4"), values);
        assert!(Template::of("GET /v1").is_none());
    }

    /// Parts of messages in any order: one name a segment is read as the pattern reads it.
    #[test]
    fn what_names_stand_for_is_told_as_the_pattern_tells_it() {
        const PARTS: [&str; 14] =
            ["a", "b", "ab", "/", "/", "/", "{id}", "{id}", "{x-y}", "{", "}", " ", "한", ":"];
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut next = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).expect("it is small") % below
        };
        let mut fitting = 0;
        for _ in 0..30_000 {
            let message: String = (0..6).map(|_| PARTS[next(PARTS.len())]).collect();
            let Some(template) = Template::of(&message) else { continue };
            let pattern = pattern(&message, &template.names).expect("it is short");
            for _ in 0..4 {
                let mut recorded = message.clone();
                while let Some(at) = recorded.find("{id}") {
                    recorded.replace_range(at..at + 4, ["a", "b", "ab", "", "/", " "][next(6)]);
                }
                let found = pattern.captures(&recorded);
                let values = found.iter().flat_map(|found| found.iter().skip(1).flatten());
                let values: Vec<_> = values.map(|value| value.as_str()).collect();
                let told = template.values(&recorded);
                assert_eq!(told.iter().map(|(_, value)| value).collect::<Vec<_>>(), values);
                assert_eq!(template.fits(&recorded), found.is_some(), "{message} {recorded}");
                fitting += usize::from(found.is_some());
            }
        }
        assert!(fitting > 1_000, "{fitting}");
    }
}
