//! The lines of a text in which a secret may stand, so that rules need not be tried on all of it.
//!
//! In: a text. Out: stretches of whole lines, few as a rule. What is left out holds no name of a
//! secret with a value behind it, and nothing that has the shape of a secret.

use std::ops::{ControlFlow, Range};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::{memchr, memmem, memrchr};

use super::pairs::Pairs;

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

/// In shorter texts it takes longer to prepare the search for pairs.
const SHORT: usize = 24;

/// Lines with something on them that a name and its value are on, at most.
const LINES: usize = 6;

/// Finds the windows.
#[derive(Clone)]
pub(super) struct Windows {
    finder: AhoCorasick,
    shapes: usize,
    /// Whether all names are words, so that what follows a word tells whether a rule may fit.
    are_words: bool,
    /// Finds pairs of letters of which every name has one; none where names are no words.
    pairs: Option<Pairs>,
}

/// What stands behind the word in which a name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Behind {
    /// Not asked: the beginning of something that is secret by its shape.
    Shape,
    DoubleQuote,
    SingleQuote,
    Backslash,
    Colon,
    Equals,
    /// `|`, or blanks, behind which one may stand.
    Cell,
    /// Nothing that a rule knows.
    Other,
    /// A name that is no word may be found in part.
    Anything,
}

/// A place where a part of a name or the beginning of a secret was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// Where what was found ends.
    end: usize,
    behind: Behind,
}

/// The windows of a text, in order and apart; each begins with a line.
#[derive(Debug, Default)]
pub(super) struct Found {
    windows: Vec<Range<usize>>,
    /// In order, those outside all windows too: windows may be made larger.
    hits: Vec<Hit>,
}

/// A window that a rule is tried on: its text, and what was found in it.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    pub(super) text: &'a str,
    /// Where it begins in the whole text.
    start: usize,
    hits: &'a [Hit],
}

impl<'a> Window<'a> {
    /// Where in the window the hits are behind which one of these stands: from the line of the first
    /// to the end of the last.
    pub(super) fn stretch(&self, behind: &[Behind]) -> Option<Range<usize>> {
        let mut ends = self.ends(behind);
        let first = ends.next()?;
        let last = ends.next_back().unwrap_or(first);
        Some(start_of_line(self.text, first)..last)
    }

    /// The lines with hits behind which one of these stands, each once, and where it begins.
    pub(super) fn lines<'b>(
        &'b self,
        behind: &'b [Behind],
    ) -> impl Iterator<Item = (usize, &'a str)> + 'b {
        let mut done = 0;
        self.ends(behind).filter_map(move |at| {
            if at < done {
                return None;
            }
            let start = start_of_line(self.text, at);
            let end =
                memchr(b'\n', &self.text.as_bytes()[at..]).map_or(self.text.len(), |to| at + to);
            done = end + 1;
            Some((start, &self.text[start..end]))
        })
    }

    /// Where in the window something begins that may be secret by its shape.
    pub(super) fn shapes(&self) -> impl Iterator<Item = usize> {
        let text = self.text.as_bytes();
        self.hits.iter().filter(|hit| hit.behind == Behind::Shape).filter_map(move |hit| {
            let end = hit.end - self.start;
            let shape = SHAPES.iter().find(|shape| text[..end].ends_with(shape.as_bytes()))?;
            Some(end - shape.len())
        })
    }

    /// Where hits end behind which one of these stands.
    fn ends<'b>(&'b self, behind: &'b [Behind]) -> impl DoubleEndedIterator<Item = usize> + 'b {
        let fits = |hit: &&Hit| hit.behind == Behind::Anything || behind.contains(&hit.behind);
        self.hits.iter().filter(fits).map(|hit| hit.end - self.start)
    }
}

fn start_of_line(text: &str, at: usize) -> usize {
    memrchr(b'\n', &text.as_bytes()[..at]).map_or(0, |newline| newline + 1)
}

impl Found {
    pub(super) fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// What a rule finds in the windows of a text. `span` gives where a thing that was found stands in
    /// its window; where it reaches the window's end, the window is made larger.
    pub(super) fn each<T>(
        &self,
        text: &str,
        rule: impl Fn(Window<'_>) -> Vec<T>,
        span: impl Fn(&mut T) -> &mut Range<usize>,
    ) -> Vec<T> {
        let mut all = Vec::new();
        let mut done = 0;
        let mut hits = &*self.hits;
        for Range { start, mut end } in self.windows.iter().cloned() {
            if start < done {
                continue;
            }
            hits = &hits[hits.partition_point(|hit| hit.end <= start)..];
            let window = |end: usize| Window {
                text: &text[start..end],
                start,
                hits: &hits[..hits.partition_point(|hit| hit.end <= end)],
            };
            let mut found = rule(window(end));
            while end < text.len() && found.iter_mut().any(|one| span(one).end == end - start) {
                end = end_of_lines(text.as_bytes(), end + (end - start)).min(text.len());
                found = rule(window(end));
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

impl Windows {
    /// Windows for the known names and shapes, and for these names besides.
    pub(super) fn new<'a>(more: impl Iterator<Item = &'a str> + Clone) -> Self {
        let is_word =
            |name: &str| name.bytes().all(|byte| in_word(&byte)) && !name.starts_with('-');
        let are_words = more.clone().all(is_word);
        // Names are compared without case; shapes have one, but looking at more does no harm.
        let names = NAMES.into_iter().chain(more).filter(|name| !name.is_empty());
        let pairs = are_words.then(|| Pairs::of(&SHAPES, names.clone())).flatten();
        // A match hides what it covers. That is a part of the same name, so it ends with it.
        let finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::DFA))
            .prefilter(false)
            .build(SHAPES.into_iter().chain(names));
        Self {
            finder: finder.expect("names fit into memory"),
            shapes: SHAPES.len(),
            are_words,
            pairs,
        }
    }

    /// Whether all names are words: letters, digits, `_` and, but for the beginning, `-`.
    pub(super) fn are_words(&self) -> bool {
        self.are_words
    }

    /// Whether a text has a window, also where the text is not known to be UTF-8.
    pub(super) fn may_be_in(&self, text: &[u8]) -> bool {
        let counts = |pattern, end| match self.counts(text, pattern, end) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        self.visit(text, counts).is_break()
    }

    /// Tells the patterns that are in a text, with their ends.
    fn visit(
        &self,
        text: &[u8],
        mut tell: impl FnMut(usize, usize) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(pairs) = self.pairs.as_ref().filter(|_| text.len() >= SHORT) else {
            let mut found = self.finder.find_iter(text);
            return found.try_for_each(|found| tell(found.pattern().as_usize(), found.end()));
        };
        let mut at = 0;
        while let Some((pattern, end)) = pairs.next(text, at) {
            at = end;
            tell(pattern, end)?;
        }
        ControlFlow::Continue(())
    }

    /// Whether a pattern that ends here may be about a secret.
    fn counts(&self, text: &[u8], pattern: usize, end: usize) -> bool {
        pattern < self.shapes || may_have_value(&text[end..])
    }

    /// The windows of a text.
    pub(super) fn of(&self, text: &str) -> Found {
        let bytes = text.as_bytes();
        let mut found = Found::default();
        // The end of the line of the last window that was begun or made larger.
        let mut end_of_line = 0;
        let _ = self.visit(bytes, |pattern, end| {
            let is_shape = pattern < self.shapes;
            let behind = match is_shape {
                true => Behind::Shape,
                false if self.are_words => behind(&bytes[end..]),
                false => Behind::Anything,
            };
            found.hits.push(Hit { end, behind });
            let is_key = is_shape && SHAPES[pattern] == PRIVATE_KEY;
            // Lines with one often have another.
            if end <= end_of_line && !is_key || !self.counts(bytes, pattern, end) {
                return ControlFlow::Continue(());
            }
            let start = memrchr(b'\n', &bytes[..end]).map_or(0, |at| at + 1);
            end_of_line = memchr(b'\n', &bytes[end..]).map_or(bytes.len(), |at| end + at);
            let end = if is_key { end_of_key(bytes, end) } else { end_of_lines(bytes, end) };
            match found.windows.last_mut() {
                Some(last) if start <= last.end => last.end = last.end.max(end),
                _ => found.windows.push(start..end),
            }
            ControlFlow::Continue(())
        });
        found
    }
}

/// Whether a byte belongs to the word in which a name was found.
fn in_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// What stands behind a word of which some was read.
fn behind(rest: &[u8]) -> Behind {
    match rest.iter().find(|byte| !in_word(byte)) {
        Some(b'"') => Behind::DoubleQuote,
        Some(b'\'') => Behind::SingleQuote,
        Some(b'\\') => Behind::Backslash,
        Some(b':') => Behind::Colon,
        Some(b'=') => Behind::Equals,
        Some(b'|' | b' ' | b'\t') => Behind::Cell,
        _ => Behind::Other,
    }
}

/// Whether a value may follow a name of which some was read: quotes and a colon, `=`, or a cell.
fn may_have_value(rest: &[u8]) -> bool {
    let length = rest.iter().take_while(|byte| in_word(byte)).count();
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
    use super::{Behind, Range, Window, Windows};

    fn windows(text: &str) -> Vec<&str> {
        let names = ["x-auth-token", "my pass.word"].into_iter();
        let found = Windows::new(names).of(text).windows.into_iter();
        found.map(|window| &text[window]).collect()
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
        let rule = |window: Window<'_>| {
            let end = window.text.find("end").map_or(window.text.len(), |at| at + 3);
            Vec::from_iter([Range { start: 0, end }])
        };
        let found = Windows::new(std::iter::empty()).of(&text).each(&text, rule, |span| span);
        let whole = Range { start: 0, end: text.len() - "\nrest".len() };
        assert_eq!((found.len(), &found[0]), (1, &whole));
    }

    #[test]
    fn every_name_and_shape_has_a_pair() {
        let more = ["x-image-meta-location", "zzz"];
        let windows = Windows::new(more.into_iter());
        assert!(windows.pairs.is_some() || cfg!(not(target_arch = "x86_64")));
        let without = Windows { pairs: None, ..windows.clone() };
        let names = super::NAMES.into_iter().chain(more);
        let large: Vec<String> = names.clone().map(str::to_uppercase).collect();
        let all = names.chain(super::SHAPES).chain(large.iter().map(|name| &**name));
        for name in all {
            for name in [name.to_owned(), format!("a_{name}_b")] {
                let text = format!("{}{name}=x, {name}{}", ". ".repeat(50), " -".repeat(50));
                let [found, expected] = [&windows, &without].map(|windows| windows.of(&text));
                assert_eq!(found.hits, expected.hits, "{name}");
                assert_eq!(found.hits.len(), 2, "{name}");
            }
        }
    }

    #[test]
    fn pairs_find_what_an_automaton_finds() {
        let more = ["x-image-meta-location", "x-own", "x-my-pass-id"];
        let windows = Windows::new(more.into_iter());
        let without = Windows { pairs: None, ..windows.clone() };
        let names = super::NAMES.into_iter().chain(super::SHAPES).chain(more);
        let parts = ["ke", "ss", "x-", "-", "_", "=", "\": \"", ": ", " | ", "\n", "a", "o", "yJ"];
        let words: Vec<&str> = names.chain(parts).collect();
        let mut seed = 1_u64;
        let mut found = 0;
        for _ in 0..3000 {
            let mut text = ".".repeat(super::SHORT);
            for _ in 0..12 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let word = words[(seed >> 33) as usize % words.len()];
                let cut = (seed >> 20) as usize % 4;
                text.push_str(if cut == 0 { &word[..word.len() / 2] } else { word });
            }
            let [ours, expected] = [&windows, &without].map(|windows| windows.of(&text));
            assert_eq!(ours.hits, expected.hits, "{text}");
            assert_eq!(ours.windows, expected.windows, "{text}");
            found += ours.windows.len();
        }
        assert!(found > 1000, "{found} were there to be found");
    }

    #[test]
    fn rules_are_told_the_lines_that_they_may_fit() {
        let text = "1\nsecret=a passwd: b\n{\"token\": 1}\n| a_secret_1 | x |\n";
        let found = Windows::new(std::iter::empty()).of(text);
        let lines = |behind: &[Behind]| {
            let rule = |window: Window<'_>| {
                let line = |(start, line): (usize, &str)| {
                    (start..start + line.len(), window.stretch(behind))
                };
                window.lines(behind).map(line).collect::<Vec<_>>()
            };
            found.each(text, rule, |(span, _)| span).len()
        };
        assert_eq!(lines(&[Behind::Equals]), 1);
        assert_eq!(lines(&[Behind::Equals, Behind::Colon]), 1);
        assert_eq!(lines(&[Behind::Equals, Behind::DoubleQuote, Behind::Cell]), 3);
        assert_eq!(lines(&[Behind::SingleQuote]), 0);
    }
}
