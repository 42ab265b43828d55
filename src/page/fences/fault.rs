//! What is wrong with an opening line, for the person who wrote it: the text behind the backticks
//! in, the part at fault and what may help out.

use std::ops::Range;

use memchr::memchr;

use super::header::{
    BLANKS, OPTIONS, are_line_numbers, are_plain_options, is_highlight_option, key_length, language,
};
use crate::error::nearest;
use crate::page::python::{is_digit, is_space};
use crate::settings::{FenceSettings, FenceStyle};

/// The part of a header that is at fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::page) struct Fault {
    /// In bytes of the text behind the backticks.
    pub(in crate::page) span: Range<usize>,
    /// What is wrong with it.
    pub(in crate::page) message: String,
    /// What may help.
    pub(in crate::page) hint: String,
}

impl Fault {
    fn new(span: Range<usize>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: hint.into() }
    }
}

/// Why the text behind backticks makes no fence; it is known to make none.
pub(in crate::page) fn disabled(settings: &FenceSettings, text: &str) -> Fault {
    let start = text.len() - text.trim_start_matches(BLANKS).len();
    let inner = start..text.trim_end_matches(BLANKS).len().max(start);
    if settings.style == FenceStyle::Plain {
        return Fault::new(
            inner,
            "`fenced_code` reads a language, `hl_lines` and braces, and nothing else",
            "enable `pymdownx.superfences`, or take the rest out",
        );
    }
    let odd = |&(_, c): &(usize, char)| is_space(c) && !BLANKS.contains(&c);
    if let Some((at, c)) = text.char_indices().find(odd) {
        let message = format!("U+{:04X} looks like a blank and is none", u32::from(c));
        return Fault::new(at..at + c.len_utf8(), message, "write a plain blank instead");
    }
    let (word, rest) = match language(text) {
        Some((word, rest)) => (Some(word), rest),
        None => (None, text),
    };
    let after = text.len() - rest.trim_start_matches(BLANKS).len();
    let rest = &text[after..inner.end.max(after)];
    if rest.starts_with('{') {
        return braces(rest, word).moved(after);
    }
    if word.is_none()
        && let Some(fault) = glued(rest)
    {
        return fault.moved(after);
    }
    options(settings, word, rest).map_or_else(
        || Fault::new(inner, "this is not understood", "write a language, and options behind it"),
        |fault| fault.moved(after),
    )
}

impl Fault {
    fn moved(self, by: usize) -> Self {
        Self { span: self.span.start + by..self.span.end + by, ..self }
    }
}

/// Braces that are not closed, that something follows, or in which an option has no value.
fn braces(text: &str, word: Option<&str>) -> Fault {
    match text.rfind('}') {
        None => Fault::new(0..text.len(), "this brace is never closed", "close it with `}`"),
        Some(end) if end + 1 < text.len() => {
            let rest = &text[end + 1..];
            let start = end + 1 + (rest.len() - rest.trim_start_matches(BLANKS).len());
            let hint = match word {
                None => "put the language before the braces, or into them as a class such as `.py`",
                Some(_) => "put it into the braces",
            };
            Fault::new(start..text.len(), "something follows the braces", hint)
        }
        Some(_) => {
            let bare = ["hl_lines", "linenums"].into_iter().find_map(|key| {
                let at = text.find(key)?;
                (!text[at + key.len()..].starts_with('=')).then_some((key, at))
            });
            let (key, at) = bare.unwrap_or(("hl_lines", 0));
            let end = if bare.is_some() { at + key.len() } else { text.len() };
            let message = format!("`{key}` has no value");
            Fault::new(at..end, message, format!("write it as `{key}=\"1\"`"))
        }
    }
}

/// A word that begins like a language and goes on in another way, such as `js:app.js`.
fn glued(text: &str) -> Option<Fault> {
    let token = token(text);
    let is_part = |c: char| crate::page::python::is_word(c) || matches!(c, '#' | '.' | '+' | '-');
    let word = &token[..token.len() - token.trim_start_matches(is_part).len()];
    let rest = &token[word.len()..];
    // What has a `=` is taken for an option, and told as one.
    if word.is_empty() || rest.is_empty() || rest.starts_with('=') {
        return None;
    }
    let inner = rest.strip_prefix(['{', ':', ',']).unwrap_or(rest).trim_end_matches('}');
    let hint = match rest.chars().next() {
        Some('{') if lines_of(inner).is_some() => {
            format!("write `{word} hl_lines=\"{}\"`", lines_of(inner).unwrap_or_default())
        }
        Some('{') => "put a blank before the brace".to_owned(),
        Some(':') if rest.len() > 1 => format!("write `{word} title=\"{inner}\"`"),
        Some(',') => format!("write `{word}`, and options such as `linenums=\"1\"` behind a blank"),
        _ => "write one word for the language".to_owned(),
    };
    Some(Fault::new(word.len()..token.len(), format!("`{rest}` cannot follow a language"), hint))
}

/// The first option that cannot be read, or is not taken.
fn options(settings: &FenceSettings, word: Option<&str>, text: &str) -> Option<Fault> {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(BLANKS) {
            at += 1;
            continue;
        }
        let option = match option(word, rest) {
            Ok(option) => option,
            Err(fault) => return Some(fault.moved(at)),
        };
        if let Some(fault) = refused(settings, word, rest, &option) {
            return Some(fault.moved(at));
        }
        at += option.length;
    }
    None
}

/// An option as written: its key, the place of its value, and how long it is.
struct Written<'a> {
    key: &'a str,
    value: Option<Range<usize>>,
    length: usize,
}

/// Reads the option that a text begins with; it ends at a blank or the end.
fn option<'a>(word: Option<&str>, text: &'a str) -> Result<Written<'a>, Fault> {
    let whole = || 0..token(text).len();
    let key = match text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        true => &text[..key_length(text)],
        false => "",
    };
    let rest = &text[key.len()..];
    let ends = |rest: &str| rest.is_empty() || rest.starts_with(BLANKS);
    if key.is_empty() {
        let token = token(text);
        let whole = whole();
        return Err(match token.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                Fault::new(0..1, format!("`{quote}` begins no option"), "take it out")
            }
            Some('{') => Fault::new(
                0..text.len(),
                "braces and options cannot be mixed",
                "put all options into the braces",
            ),
            Some('.' | '#') => Fault::new(
                whole,
                format!("`{token}` has to stand in braces"),
                format!("write `{{ {}{token} }}`", class(word)),
            ),
            _ => Fault::new(
                whole,
                format!("`{token}` is no option"),
                format!("write options such as `title=\"…\"`: {}", known_options()),
            ),
        });
    }
    if ends(rest) {
        return Ok(Written { key, value: None, length: key.len() });
    }
    let Some(value) = rest.strip_prefix('=') else {
        let token = token(text);
        let hint = match rest.starts_with('-') && token.contains('=') {
            true => format!("put it in braces: `{{ {}{token} }}`", class(word)),
            false => format!("write options such as `title=\"…\"`: {}", known_options()),
        };
        return Err(Fault::new(whole(), format!("`{token}` is no option"), hint));
    };
    let start = key.len() + 2;
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let value = &token(text)[key.len() + 1..];
        return Err(Fault::new(
            whole(),
            format!("the value of `{key}` has no quotes"),
            format!("write `{key}=\"{value}\"`"),
        ));
    };
    let Some(length) = memchr(quote as u8, &text.as_bytes()[start..]) else {
        let message = format!("the value of `{key}` is never closed");
        return Err(Fault::new(0..text.len(), message, format!("close it with `{quote}`")));
    };
    let end = start + length + 1;
    if !ends(&text[end..]) {
        let behind = self::token(&text[end..]);
        let message = format!("`{behind}` follows the value of `{key}`");
        let other = if quote == '"' { '\'' } else { '"' };
        let hint = match behind.chars().next() {
            Some(',' | ';') => "separate options by blanks".to_owned(),
            _ => format!(
                "put a blank between options; to have `{quote}` in a value, put it in `{other}`"
            ),
        };
        return Err(Fault::new(end..end + behind.len(), message, hint));
    }
    Ok(Written { key, value: Some(start..end - 1), length: end })
}

/// Why the highlighter does not take an option that could be read.
fn refused(
    settings: &FenceSettings,
    word: Option<&str>,
    text: &str,
    option: &Written<'_>,
) -> Option<Fault> {
    let Written { key, length, .. } = *option;
    let value = option.value.clone().map_or(key, |span| &text[span]);
    let written = &text[..length];
    if !settings.use_pygments {
        return Some(Fault::new(
            0..length,
            "options are not read, because `use_pygments` is off",
            "take it out",
        ));
    }
    if is_highlight_option(key, Some(value)) == Some(true) {
        return None;
    }
    if !OPTIONS.contains(&key) {
        let hint = match nearest(key, &OPTIONS) {
            Some(nearest) => format!("write `{nearest}` if that is what you mean"),
            None => {
                let dot = if option.value.is_some() { "" } else { "." };
                let class = class(word);
                format!("take it out, or put it in braces: `{{ {class}{dot}{written} }}`")
            }
        };
        return Some(Fault::new(0..length, format!("there is no option `{key}`"), hint));
    }
    let span = option.value.clone().unwrap_or(0..length);
    // An empty value has nothing to mark.
    let span = if span.is_empty() { 0..length } else { span };
    Some(if key == "hl_lines" {
        let fixed = lines_of(value).unwrap_or_else(|| "1 3-5".to_owned());
        Fault::new(
            span,
            "`hl_lines` has to be numbers and ranges of lines with blanks between",
            format!("write `hl_lines=\"{fixed}\"`"),
        )
    } else {
        Fault::new(
            span,
            format!("`{key}` has to begin with a number"),
            format!("write `{key}=\"1\"`"),
        )
    })
}

/// A text of numbers and ranges as `hl_lines` takes it, if that is what was meant.
fn lines_of(text: &str) -> Option<String> {
    let words: Vec<&str> =
        text.split([',', ';', ' ', '\t']).filter(|word| !word.is_empty()).collect();
    let lines = words.join(" ");
    (lines.starts_with(is_digit) && are_line_numbers(&lines)).then_some(lines)
}

/// A language as it stands in braces, before other things.
fn class(word: Option<&str>) -> String {
    word.map_or(String::new(), |word| format!(".{word} "))
}

fn known_options() -> String {
    OPTIONS.map(|name| format!("`{name}`")).join(", ")
}

/// What a text begins with, up to a blank.
fn token(text: &str) -> &str {
    &text[..text.find(BLANKS).unwrap_or(text.len())]
}

/// The part of a header that makes a fence, but with other options than were meant, because of a
/// quote too many or too few.
pub(in crate::page) fn mangled(text: &str) -> Option<Range<usize>> {
    if !text.contains(['"', '\'']) {
        return None;
    }
    let text = text.trim_end_matches(BLANKS);
    let (_, rest) = language(text).unwrap_or(("", text));
    let after = text.len() - rest.trim_start_matches(BLANKS).len();
    let rest = &text[after..];
    // Nearly all are, and that is quicker to see than what each option is.
    if are_plain_options(rest) {
        return None;
    }
    let span = match rest.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
        Some(inner) => mangled_attribute(inner).map(|span| span.start + 1..span.end + 1),
        None => mangled_option(rest),
    }?;
    Some(span.start + after..span.end + after)
}

fn mangled_option(text: &str) -> Option<Range<usize>> {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(BLANKS) {
            at += 1;
        } else if rest.starts_with(['"', '\'']) {
            return Some(at..at + 1);
        } else {
            match option(None, rest) {
                Ok(option) => at += option.length,
                Err(fault) => {
                    // A value that ends like the beginning of an option has swallowed one.
                    let value = rest[..fault.span.start].trim_end_matches(['"', '\'']);
                    let swallowed = value.strip_suffix('=').is_some_and(|value| {
                        value.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                    });
                    if swallowed {
                        return Some(at..at + fault.span.end);
                    }
                    let first = rest.chars().next().map_or(1, char::len_utf8);
                    at += fault.span.start.max(first);
                    at += text[at..]
                        .chars()
                        .next()
                        .filter(|c| matches!(c, ',' | ';'))
                        .map_or(0, char::len_utf8);
                }
            }
        }
    }
    None
}

/// The first attribute with a quote in its name or around a part of its value, or what cannot be
/// read at all.
fn mangled_attribute(text: &str) -> Option<Range<usize>> {
    let is_end = [' ', '\t', '=', '}'];
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(BLANKS) {
            at += 1;
            continue;
        }
        let key = &rest[..rest.find(is_end).unwrap_or(rest.len())];
        if key.is_empty() {
            return Some(at..text.len());
        }
        if key.contains(['"', '\'']) {
            return Some(at..at + key.len());
        }
        let Some(value) = rest[key.len()..].strip_prefix('=') else {
            at += key.len();
            continue;
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let length = match quote.map(|quote| value[1..].find(quote)) {
            Some(Some(length)) => length + 2,
            Some(None) => return Some(at..text.trim_end_matches(BLANKS).len()),
            None => value.find(is_end).unwrap_or(value.len()),
        };
        at += key.len() + 1 + length;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::header::tests::texts;
    use super::*;

    #[test]
    fn nothing_is_mangled_where_options_are_plain() {
        let mut plain = 0;
        for text in texts(['a', ' ', '=', '"', '\'', '_'], 8) {
            let text = text.trim_matches(BLANKS);
            if are_plain_options(text) {
                plain += 1;
                assert_eq!(mangled_option(text), None, "{text:?}");
            }
        }
        assert!(plain > 1000);
    }

    /// The part at fault, what is wrong with it, and what may help.
    fn told(text: &str) -> [String; 3] {
        let settings = FenceSettings {
            style: FenceStyle::Super,
            use_pygments: true,
            ..FenceSettings::default()
        };
        assert_eq!(super::super::header::read(&settings, text), None, "{text}");
        let fault = disabled(&settings, text);
        [text[fault.span].to_owned(), fault.message, fault.hint]
    }

    #[test]
    fn the_part_at_fault_is_found_and_its_repair_told() {
        for (text, span, hint) in [
            (" py copy", "copy", "take it out, or put it in braces: `{ .py .copy }`"),
            (
                " py title=\"T\" data=\"1\"",
                "data=\"1\"",
                "take it out, or put it in braces: `{ .py data=\"1\" }`",
            ),
            (" py linenum=\"1\"", "linenum=\"1\"", "write `linenums` if that is what you mean"),
            (" py title=T", "title=T", "write `title=\"T\"`"),
            (" py hl_lines=\"1,3-5\"", "1,3-5", "write `hl_lines=\"1 3-5\"`"),
            (" py hl_lines=\"\"", "hl_lines=\"\"", "write `hl_lines=\"1 3-5\"`"),
            (" py linenums", "linenums", "write `linenums=\"1\"`"),
            (" py title=\"T", "title=\"T", "close it with `\"`"),
            (
                " py title=\"a \"b\" c\"",
                "b\"",
                "put a blank between options; to have `\"` in a value, put it in `'`",
            ),
            (" py data-x=\"1\"", "data-x=\"1\"", "put it in braces: `{ .py data-x=\"1\" }`"),
            ("js:app.js", ":app.js", "write `js title=\"app.js\"`"),
            (" py{1,3}", "{1,3}", "write `py hl_lines=\"1 3\"`"),
            (" js/jsx", "/jsx", "write one word for the language"),
            ("js、x", "、x", "write one word for the language"),
            (
                " {.py} x",
                "x",
                "put the language before the braces, or into them as a class such as `.py`",
            ),
            (" {.py", "{.py", "close it with `}`"),
            (" { .py hl_lines }", "hl_lines", "write it as `hl_lines=\"1\"`"),
            ("\u{a0}py", "\u{a0}", "write a plain blank instead"),
        ] {
            let [found, _, helps] = told(text);
            assert_eq!((&*found, &*helps), (span, hint), "{text}");
        }
    }

    #[test]
    fn a_stray_quote_is_found_where_the_fence_is_one_all_the_same() {
        for (text, span) in [
            (" console title=\"x\" \u{0}\u{fffd}\u{0}hl_lines=\"2-3\"", None),
            (" py linenums=\"1\" \"hl_lines=\"3\"", Some("\"")),
            (" py linenums=\"1 hl_lines=\"3\"", Some("linenums=\"1 hl_lines=\"3\"")),
            (" { .py title=\"a }", Some("title=\"a")),
            (" { .py linenums=\"1 hl_lines=\"3\" }", Some("3\"")),
            (" py title=\"a\", linenums=\"1\"", None),
            (" py title=\"it's\" linenums=\"1\"", None),
            (" py title='a=\"b\"'", None),
            (" { .py title=\"a\" data-x=b }", None),
        ] {
            assert_eq!(mangled(text).map(|span| &text[span]), span, "{text}");
        }
    }
}
