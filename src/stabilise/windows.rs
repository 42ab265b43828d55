//! The lines of a text in which a secret may stand, so that rules need not be tried on all of it.
//!
//! In: a text. Out: stretches of whole lines, few as a rule. What is left out holds no name of a
//! secret with a value behind it, and nothing that has the shape of a secret.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
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
    finder: AhoCorasick,
    shapes: usize,
}

impl Windows {
    /// Windows for the known names and shapes, and for these names besides.
    pub(super) fn new<'a>(more: impl Iterator<Item = &'a str>) -> Self {
        // Names are compared without case; shapes have one, but looking at more does no harm.
        let patterns = SHAPES.into_iter().chain(NAMES).chain(more).filter(|name| !name.is_empty());
        // A match hides what it covers. That is a part of the same name, so it ends with it.
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .build(patterns);
        Self { finder: finder.expect("names fit into memory"), shapes: SHAPES.len() }
    }

    /// Whether a text has a window, also where the text is not known to be UTF-8.
    pub(super) fn may_be_in(&self, text: &[u8]) -> bool {
        self.found(text).next().is_some()
    }

    /// The patterns that may be about a secret, with their ends.
    fn found<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, usize)> + 'a {
        let found = self.finder.find_iter(text);
        let found = found.map(|found| (found.pattern().as_usize(), found.end()));
        found.filter(|&(pattern, end)| pattern < self.shapes || may_have_value(&text[end..]))
    }

    /// The windows of a text, in order and apart; each begins with a line.
    pub(super) fn of(&self, text: &str) -> Vec<Range<usize>> {
        let bytes = text.as_bytes();
        let mut windows: Vec<Range<usize>> = Vec::new();
        for (pattern, end) in self.found(bytes) {
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
        }
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

/// Whether a value may follow a name of which some was read: quotes and a colon, `=`, or a cell.
fn may_have_value(rest: &[u8]) -> bool {
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
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
    use super::{Range, Windows};

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
