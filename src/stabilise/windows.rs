//! The lines of a text in which a secret may stand, so that rules need not be tried on all of it.
//!
//! In: a text. Out: stretches of whole lines, few as a rule. What is left out holds no name of a
//! secret with a value behind it, and nothing that has the shape of a secret.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind, packed};
use memchr::{memchr, memmem, memrchr};

/// A part of every name that `places` knows for fields and headers.
const NAMES: [&str; 15] = [
    "pass",
    "secret",
    "token",
    "api_key",
    "apikey",
    "api-key",
    "private_key",
    "privatekey",
    "temp_url",
    "temp-url",
    "signature",
    "credential",
    "authorization",
    "cookie",
    "auth-key",
];

/// The beginnings of what `find` knows by its shape.
const SHAPES: [&str; 3] = ["gAAAAA", "eyJ", PRIVATE_KEY];
const PRIVATE_KEY: &str = "-----BEGIN";

/// Lines with something on them that a name and its value are on, at most.
const LINES: usize = 6;

/// Finds the windows.
#[derive(Clone)]
pub(super) struct Windows {
    finder: Finder,
    shapes: usize,
}

/// Finds patterns without regard to case.
#[derive(Clone)]
enum Finder {
    /// Many bytes at a time, in a copy in lower case: to make one costs far less than to look at each
    /// byte in turn. Not every processor can, and patterns must be few.
    Packed(packed::Searcher),
    Automaton(AhoCorasick),
}

impl Finder {
    fn new(patterns: &[String]) -> Self {
        let mut builder =
            packed::Config::new().match_kind(packed::MatchKind::LeftmostLongest).builder();
        if let Some(searcher) = builder.extend(patterns).build() {
            return Self::Packed(searcher);
        }
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns);
        Self::Automaton(finder.expect("names fit into memory"))
    }

    /// The first pattern with its end for which something holds.
    fn first(&self, text: &[u8], mut holds: impl FnMut(usize, usize) -> bool) -> bool {
        match self {
            Self::Packed(searcher) => {
                let small = text.to_ascii_lowercase();
                let mut found = searcher.find_iter(&small);
                found.any(|found| holds(found.pattern().as_usize(), found.end()))
            }
            Self::Automaton(finder) => {
                let mut found = finder.find_iter(text);
                found.any(|found| holds(found.pattern().as_usize(), found.end()))
            }
        }
    }
}

impl Windows {
    /// Windows for the known names and shapes, and for these names besides.
    pub(super) fn new<'a>(more: impl Iterator<Item = &'a str>) -> Self {
        let more =
            more.map(str::to_ascii_lowercase).filter(|name| !name.is_empty() && !is_known(name));
        // Names are compared without case; shapes have one, but looking at more does no harm.
        let patterns = SHAPES.into_iter().chain(NAMES).map(str::to_ascii_lowercase);
        // A match hides what it covers. That is a part of the same name, so it ends with it.
        let patterns: Vec<String> = patterns.chain(more).collect();
        Self { finder: Finder::new(&patterns), shapes: SHAPES.len() }
    }

    /// Whether a text has a window.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        self.finder.first(text.as_bytes(), |pattern, end| self.is_window(text, pattern, end))
    }

    /// Whether a pattern that ends here may be about a secret.
    fn is_window(&self, text: &str, pattern: usize, end: usize) -> bool {
        pattern < self.shapes || may_have_value(&text.as_bytes()[end..])
    }

    /// The windows of a text, in order and apart; each begins with a line.
    pub(super) fn of(&self, text: &str) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut windows: Vec<Range<usize>> = Vec::new();
        self.finder.first(bytes, |pattern, end| {
            if !self.is_window(text, pattern, end) {
                return false;
            }
            let is_shape = pattern < self.shapes;
            let start = memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1);
            let end = if is_shape && SHAPES[pattern] == PRIVATE_KEY {
                end_of_key(bytes, end)
            } else {
                end_of_lines(bytes, end)
            };
            match windows.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ => windows.push(start..end),
            }
            false
        });
        windows
    }

    /// What a rule finds in the windows of a text. `end` gives where a thing that was found ends in
    /// its window; where it reaches the window's end, the window is made larger.
    pub(super) fn each<T>(
        text: &str,
        windows: &[Range<usize>],
        rule: impl Fn(&str) -> Vec<T>,
        span: impl Fn(&mut T) -> &mut Range<usize>,
    ) -> Vec<T> {
        let mut all = Vec::new();
        let mut done = 0;
        for Range { start, mut end } in windows.iter().cloned() {
            if start < done {
                continue;
            }
            let mut found = rule(&text[start..end]);
            while end < text.len() && found.iter_mut().any(|one| span(one).end == end - start) {
                end = end_of_lines(text.as_bytes(), end + (end - start)).min(text.len());
                found = rule(&text[start..end]);
            }
            done = end;
            for mut one in found {
                let span = span(&mut one);
                *span = span.start + start..span.end + start;
                all.push(one);
            }
        }
        all
    }
}

/// Whether a part of this name is looked for anyway, with nothing behind it that would end it.
fn is_known(name: &str) -> bool {
    NAMES.iter().any(|part| {
        name.rfind(part).is_some_and(|at| name.as_bytes()[at + part.len()..].iter().all(in_name))
    })
}

fn in_name(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// Whether a value may follow a name of which some was read: quotes and a colon, `=`, or a cell.
fn may_have_value(rest: &[u8]) -> bool {
    let length = rest.iter().take_while(|byte| in_name(byte)).count();
    match &rest[length..] {
        [b'\\' | b':' | b'=' | b'|', ..] => true,
        [b' ' | b'\t', rest @ ..] => {
            let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
            rest.get(blanks) == Some(&b'|')
        }
        [b'"' | b'\'', rest @ ..] => {
            let Some(value) = rest.trim_ascii_start().strip_prefix(b":") else { return false };
            match value.trim_ascii_start() {
                // The id in `"token": {"id": "…"}`.
                [b'{', rest @ ..] => rest.trim_ascii_start().starts_with(b"\"id\""),
                value => matches!(value.first(), Some(b'"' | b'\'' | b'\\' | b'b' | b'u')),
            }
        }
        _ => false,
    }
}

/// The end of this many lines that are not blank, from the line of a place on.
fn end_of_lines(text: &[u8], from: usize) -> usize {
    let mut end = from.min(text.len());
    for _ in 0..LINES {
        loop {
            let Some(length) = memchr(b'\n', &text[end..]) else { return text.len() };
            let is_blank = text[end..end + length].trim_ascii().is_empty();
            end += length + 1;
            if !is_blank {
                break;
            }
        }
    }
    end
}

/// The end of the line that ends a private key.
fn end_of_key(text: &[u8], from: usize) -> usize {
    match memmem::find(&text[from..], b"-----END") {
        Some(at) => end_of_lines(text, from + at),
        None => end_of_lines(text, from),
    }
}

#[cfg(test)]
mod tests {
    use super::{Finder, Range, Windows};

    fn windows(text: &str) -> Vec<&str> {
        let names = ["x-auth-token", "my pass.word"].into_iter();
        Windows::new(names).of(text).into_iter().map(|window| &text[window]).collect()
    }

    #[test]
    fn a_window_is_where_a_value_stands_behind_a_name() {
        for text in [
            "{\"password\": \"x\"}",
            "{\"PassWord\"\n:\n\"x\"}",
            "{\"token\": {\n\n  \"id\": \"x\"}}",
            "{'admin_pass': b'x'}",
            "{\\\"secret\\\": \\\"x\\\"}",
            "?client_secret=x",
            "| token  | x |",
            "X-Auth-Token: x",
            "my pass.word=x",
            "a gAAAAABx",
        ] {
            assert_eq!(windows(text), [text], "{text}");
        }
        for text in [
            "{\"methods\": [\"password\"]}",
            "{\"password_expires_at\": null}",
            "{\"token\": {\"methods\": 1}}",
            "http://h/auth/tokens/x",
            "Vary: X-Auth-Token",
            "a token is a secret",
        ] {
            assert_eq!(windows(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn many_names_and_few_are_found_alike() {
        let many: Vec<String> = (0..200).map(|number| format!("field {number}")).collect();
        let few = Windows::new(std::iter::empty());
        let many = Windows::new(many.iter().map(String::as_str));
        assert!(matches!(many.finder, Finder::Automaton(_)));
        for part in
            ["PassWord", "x-AUTH-token", "temp_url_key", "cookie", "GAAAAA", "eyJ", "é", "status"]
        {
            for before in 0..40 {
                for behind in ["", ": x", "\": \"x\"", "=x\nline", " | x |", "_expires: x"] {
                    let text = format!("{}{part}{behind}", "y ".repeat(before));
                    assert_eq!(few.of(&text), many.of(&text), "{text}");
                    assert_eq!(few.may_be_in(&text), !few.of(&text).is_empty(), "{text}");
                }
            }
        }
    }

    #[test]
    fn windows_are_lines_and_apart() {
        let text = "1\n2 secret=a\n3\n4\n5\n6\n7\n8\n9\n10 secret=b\n11\n";
        assert_eq!(windows(text), ["2 secret=a\n3\n4\n5\n6\n7\n", "10 secret=b\n11\n"]);
    }

    #[test]
    fn a_value_that_goes_on_is_seen_whole() {
        let text = format!("secret={}end\nrest", "\n".repeat(3) + &"x\n".repeat(50));
        let windows = Windows::new(std::iter::empty()).of(&text);
        let found = Windows::each(
            &text,
            &windows,
            |part| {
                Vec::from_iter([Range {
                    start: 0,
                    end: part.find("end").map_or(part.len(), |at| at + 3),
                }])
            },
            |span| span,
        );
        let whole = Range { start: 0, end: text.len() - "\nrest".len() };
        assert_eq!((found.len(), &found[0]), (1, &whole));
    }
}
