//! JSON as a tree of its own tokens.
//!
//! Parsing and printing would lose what a reader of an API page wants to see as it was sent: the
//! order of keys, a number of 23 digits, an escape. So scalars and keys stay the text they are.

mod laid_out;
mod quoted;
mod words;

use std::iter::Peekable;
use std::str::CharIndices;

use serde::de::IgnoredAny;

/// A JSON value whose scalars are the tokens of the text it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// A string with its quotes, a number, `true`, `false` or `null`, as written.
    Scalar(String),
    /// The elements in order.
    Array(Vec<Json>),
    /// Keys, without their quotes but with their escapes, and values in order.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one JSON object or array; none when the text is anything else.
    ///
    /// Nesting is bounded by `serde_json`, which checks the text first.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_structure = text.starts_with('{') || text.starts_with('[');
        if !is_structure || serde_json::from_str::<IgnoredAny>(text).is_err() {
            return None;
        }
        Some(Reader { text, characters: text.char_indices().peekable() }.value())
    }

    /// Whether a text has the lines that [`indented`](Self::indented) gives, so that laying it out
    /// would change nothing. Says nothing about what stands inside the lines.
    pub fn is_laid_out(text: &str) -> bool {
        laid_out::is_laid_out(text.as_bytes())
    }

    /// Adds a text as a JSON string.
    pub fn push_quoted(out: &mut String, text: &str) {
        quoted::push(out, text);
    }

    /// The text with an indent of two.
    pub fn indented(&self) -> String {
        let mut out = String::new();
        self.print(&mut out, 0);
        out
    }

    /// The content of a string, without quotes and with its escapes; none for anything else.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Scalar(token) => token.strip_prefix('"')?.strip_suffix('"'),
            _ => None,
        }
    }

    /// The value under a key of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => {
                members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            _ => None,
        }
    }

    fn print(&self, out: &mut String, depth: usize) {
        match self {
            Self::Scalar(token) => out.push_str(token),
            Self::Array(elements) => {
                print_group(out, depth, ['[', ']'], elements, |out, element| {
                    element.print(out, depth + 1);
                })
            }
            Self::Object(members) => {
                print_group(out, depth, ['{', '}'], members, |out, (key, value)| {
                    out.extend(["\"", key, "\": "]);
                    value.print(out, depth + 1);
                });
            }
        }
    }
}

fn print_group<T>(
    out: &mut String,
    depth: usize,
    [open, close]: [char; 2],
    items: &[T],
    mut print: impl FnMut(&mut String, &T),
) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "\n" } else { ",\n" });
        out.extend(std::iter::repeat_n("  ", depth + 1));
        print(out, item);
    }
    if !items.is_empty() {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
    out.push(close);
}

/// Reads text that is known to be valid JSON.
struct Reader<'a> {
    text: &'a str,
    characters: Peekable<CharIndices<'a>>,
}

impl Reader<'_> {
    fn value(&mut self) -> Json {
        self.blanks();
        match self.characters.peek() {
            Some((_, '{')) => Json::Object(self.group('}', |reader| {
                let key = reader.string();
                reader.blanks();
                reader.characters.next();
                (key[1..key.len() - 1].to_owned(), reader.value())
            })),
            Some((_, '[')) => Json::Array(self.group(']', Self::value)),
            Some((_, '"')) => Json::Scalar(self.string()),
            _ => Json::Scalar(self.word()),
        }
    }

    fn group<T>(&mut self, close: char, mut item: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut items = Vec::new();
        self.characters.next();
        loop {
            self.blanks();
            match self.characters.peek() {
                Some((_, ',')) => {
                    self.characters.next();
                    self.blanks();
                    items.push(item(self));
                }
                Some(&(_, next)) if next != close => items.push(item(self)),
                _ => {
                    self.characters.next();
                    return items;
                }
            }
        }
    }

    fn string(&mut self) -> String {
        let start = self.position();
        self.characters.next();
        let mut escaped = false;
        for (_, character) in self.characters.by_ref() {
            match character {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => break,
                _ => {}
            }
        }
        self.text[start..self.position()].to_owned()
    }

    fn word(&mut self) -> String {
        let start = self.position();
        let in_word = |character: char| {
            !matches!(character, ',' | ']' | '}') && !character.is_ascii_whitespace()
        };
        while self.characters.next_if(|&(_, character)| in_word(character)).is_some() {}
        self.text[start..self.position()].to_owned()
    }

    fn blanks(&mut self) {
        while self.characters.next_if(|(_, character)| character.is_ascii_whitespace()).is_some() {}
    }

    fn position(&mut self) -> usize {
        self.characters.peek().map_or(self.text.len(), |&(position, _)| position)
    }
}

#[cfg(test)]
mod tests {
    use super::Json;

    fn indented(text: &str) -> Option<String> {
        Json::parse(text).map(|json| json.indented())
    }

    #[test]
    fn keeps_long_numbers_key_order_and_escapes() {
        let text = r#"{"b" : 12345678901234567890123,"a":["\"}\u00e9",{},[ ]],"c":{"d":null}}"#;
        let laid_out = "{\n  \"b\": 12345678901234567890123,\n  \"a\": [\n    \"\\\"}\\u00e9\",\n    {},\n    []\n  ],\n  \"c\": {\n    \"d\": null\n  }\n}";
        assert_eq!(indented(text).as_deref(), Some(laid_out));
        assert_eq!(indented(laid_out).as_deref(), Some(laid_out), "laying out twice is once");
    }

    #[test]
    fn leaves_what_is_no_structure() {
        for text in ["", "none", "12", "\"text\"", "{\"cut\": [1, 2", "{} {}"] {
            assert_eq!(indented(text), None, "{text}");
        }
    }
}
