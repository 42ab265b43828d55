//! Messages that people edited, and which drawn messages they stand for.
//!
//! A name in braces, such as `{image_id}`, stands for one segment of a path or a part of one. A query
//! stands for none, because drawn paths have none.

use std::sync::LazyLock;

use memchr::memchr2;
use regex::Regex;

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\\\{(?<name>[A-Za-z_][\w-]*)\\\}").expect("the pattern is valid")
});

/// What a message that a person edited stands for.
pub struct Template {
    regex: Regex,
    names: Vec<String>,
    /// Whether a query was added.
    pub has_query: bool,
}

impl Template {
    /// The template in a message; none where it is as doctool draws it.
    pub fn of(message: &str) -> Option<Self> {
        // Hardly any message was edited, and that is quick to see.
        memchr2(b'{', b'?', message.as_bytes())?;
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
    pub fn fits(&self, recorded: &str) -> bool {
        self.regex.is_match(recorded)
    }

    /// Which value of the recorded message each name stands for.
    pub fn values(&self, recorded: &str) -> Vec<(String, String)> {
        let Some(found) = self.regex.captures(recorded) else { return Vec::new() };
        let values = found.iter().skip(1).flatten().map(|value| value.as_str().to_owned());
        self.names.iter().cloned().zip(values).collect()
    }

    /// Whether it holds names.
    pub fn has_names(&self) -> bool {
        !self.names.is_empty()
    }
}

/// What a message and what it stands for have in common: the ends, and how many parts the path has.
pub fn shape(message: &str) -> (&str, usize) {
    let path = message.split('?').next().unwrap_or(message);
    let ends = message.split(": ").next().unwrap_or(message);
    (ends, path.matches('/').count())
}

#[cfg(test)]
mod tests {
    use super::Template;

    #[test]
    fn a_template_tells_what_its_names_stand_for() {
        let template = Template::of("GET /v1/AUTH_{account}/{id}").expect("there are names");
        let values = [("account", "7c"), ("id", "a4")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(template.values("GET /v1/AUTH_7c/a4"), values);
        assert!(Template::of("GET /v1").is_none());
    }
}
