//! What follows the backticks of an opening line, as `pymdownx.superfences` 13.1 reads it: the
//! text behind them in, what sort of fence that makes out.

use std::collections::HashMap;

use memchr::memchr;
use smallvec::SmallVec;

use crate::page::python::{is_digit, is_space, is_word};
use crate::settings::FenceSettings;

/// An opening line that makes a fence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Header {
    pub(super) language: Option<String>,
    pub(super) title: Option<String>,
    pub(super) options: Vec<(String, String)>,
    pub(super) braces: bool,
    pub(super) custom: Option<String>,
    /// Whether its options cannot be meant in another way: they are [plain](are_plain_options).
    pub(super) is_plain: bool,
}

/// What stands behind the language.
enum Rest<'a> {
    Nothing,
    Braces(&'a str),
    PlainOptions(Inputs<'a>),
    Options(Inputs<'a>),
    Unrecognised,
}

/// Keys with their values, as they stand in the text; a key alone has none.
type Inputs<'a> = SmallVec<[(&'a str, Option<&'a str>); 4]>;

/// Reads what follows the backticks; none when it makes no fence.
pub(super) fn read(settings: &FenceSettings, text: &str) -> Option<Header> {
    let (word, rest) = split(text)?;
    let relaxed = || settings.relaxed_headers.then(|| unrecognised(settings, word)).flatten();
    let is_plain = matches!(rest, Rest::PlainOptions(_));
    let header = match rest {
        Rest::Unrecognised => relaxed(),
        // Python takes empty braces for no braces.
        Rest::Nothing | Rest::Braces("") => {
            with_options(settings, word, &Inputs::new()).or_else(relaxed)
        }
        Rest::PlainOptions(options) | Rest::Options(options) => {
            with_options(settings, word, &options).or_else(relaxed)
        }
        Rest::Braces(inner) => with_braces(settings, word, inner),
    };
    header.map(|header| Header { is_plain, ..header })
}

pub(super) const BLANKS: [char; 2] = [' ', '\t'];

/// The options that the highlighter takes.
pub(super) const OPTIONS: [&str; 4] = ["title", "linenums", "hl_lines", "title_mode"];

/// The language and what stands behind it; none when there is white space other than blanks.
fn split(text: &str) -> Option<(Option<&str>, Rest<'_>)> {
    let (word, rest) = match language(text) {
        Some((word, rest)) => (Some(word), rest),
        None => (None, text),
    };
    let inner = rest.trim_matches(BLANKS);
    if inner.is_empty() {
        return Some((word, Rest::Nothing));
    }
    if let Some(braces) = inner.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
        return Some((word, Rest::Braces(braces)));
    }
    if let Some(options) = plain_options(inner) {
        return Some((word, Rest::PlainOptions(options)));
    }
    if are_options(inner) {
        return Some((word, Rest::Options(options(inner))));
    }
    let odd = inner.contains(|c| is_space(c) && !BLANKS.contains(&c));
    (!odd).then_some((word, Rest::Unrecognised))
}

/// The language, with an optional dot before it; a blank or the end must follow.
pub(super) fn language(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches(BLANKS);
    let is_part = |c: char| is_word(c) || matches!(c, '#' | '.' | '+' | '-');
    let rest = text.trim_start_matches(is_part);
    let word = &text[..text.len() - rest.len()];
    let word = match word.strip_prefix('.') {
        Some(name) if !name.is_empty() => name,
        _ => word,
    };
    let ends = rest.is_empty() || rest.starts_with(BLANKS);
    (ends && !word.is_empty()).then_some((word, rest))
}

/// The options of a text that [holds plain ones](are_plain_options) and nothing else.
fn plain_options(text: &str) -> Option<Inputs<'_>> {
    let mut inputs = Inputs::new();
    let are_plain = each_plain_option(text, |key, value| inputs.push((key, Some(value))));
    are_plain.then(|| distinct(inputs))
}

/// Whether a text is options whose values do not hold their own quote, as nearly all are: read
/// from the left, each value up to the first quote that could end it.
pub(super) fn are_plain_options(text: &str) -> bool {
    each_plain_option(text, |_, _| {})
}

/// Tells the key and the value of each plain option, up to what is none; whether there is nothing
/// of that sort.
fn each_plain_option<'a>(text: &'a str, mut tell: impl FnMut(&'a str, &'a str)) -> bool {
    let mut rest = text.trim_start_matches(BLANKS);
    while !rest.is_empty() {
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return false;
        }
        let (key, behind) = rest.split_at(key_length(rest));
        let (value, behind) = quoted(behind).unwrap_or((key, behind));
        if !(behind.is_empty() || behind.starts_with(BLANKS)) {
            return false;
        }
        tell(key, value);
        rest = behind.trim_start_matches(BLANKS);
    }
    true
}

/// A value up to its first quote, and what follows that, if a text begins with `=` and a quote.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = match text.as_bytes() {
        [b'=', quote @ (b'"' | b'\''), ..] => *quote,
        _ => return None,
    };
    let end = 2 + memchr(quote, &text.as_bytes()[2..])?;
    Some((&text[2..end], &text[end + 1..]))
}

/// Whether a text is nothing but options: words, alone or with a quoted value, each followed by a
/// blank or the end. A value may hold its own quote, as long as the rest can be read as options.
fn are_options(text: &str) -> bool {
    let bytes = text.as_bytes();
    let size = bytes.len();
    let is_blank = |index: usize| matches!(bytes[index], b' ' | b'\t');
    let ends = |index: usize| index == size || is_blank(index);
    // Filled from the right, so that the time is linear: whether the rest from here is options,
    // and whether a value can be closed here or further right, by either quote.
    let mut good = vec![false; size + 1];
    let mut closes = [vec![false; size + 2], vec![false; size + 2]];
    good[size] = true;
    for index in (0..size).rev() {
        for (quote, closes) in [b'"', b'\''].into_iter().zip(&mut closes) {
            let here = bytes[index] == quote && ends(index + 1) && good[index + 1];
            closes[index] = here || closes[index + 1];
        }
        let begins = index == 0 || is_blank(index - 1);
        if is_blank(index) {
            good[index] = good[index + 1];
        } else if begins && bytes[index].is_ascii_alphabetic() {
            let end = index + key_length(&text[index..]);
            let value = match bytes.get(end..end + 2) {
                Some(b"=\"") => closes[0][end + 2],
                Some(b"='") => closes[1][end + 2],
                _ => false,
            };
            good[index] = value || ends(end) && good[end];
        }
    }
    good[0]
}

pub(super) fn key_length(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// The keys and values of a text that is options. Each value ends at its first quote, so a value
/// that holds one gives further keys.
fn options(text: &str) -> Inputs<'_> {
    let mut inputs = Inputs::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
        rest = &rest[start..];
        let (key, behind) = rest.split_at(key_length(rest));
        let (value, behind) = quoted(behind).unwrap_or((key, behind));
        inputs.push((key, Some(value)));
        rest = behind;
    }
    distinct(inputs)
}

/// So many keys are quicker looked through than hashed.
const FEW: usize = 8;

/// Each key once: one that is given again keeps its place and takes the last value.
fn distinct(mut inputs: Inputs<'_>) -> Inputs<'_> {
    let mut places = HashMap::new();
    let mut count = 0;
    for index in 0..inputs.len() {
        let (key, value) = inputs[index];
        let known = if count <= FEW {
            inputs[..count].iter().position(|(other, _)| *other == key)
        } else {
            places.get(key).copied()
        };
        match known {
            Some(known) => inputs[known].1 = value,
            None => {
                inputs[count] = (key, value);
                count += 1;
                if count > FEW {
                    let unknown = places.len()..count;
                    places.extend(unknown.map(|place| (inputs[place].0, place)));
                }
            }
        }
    }
    inputs.truncate(count);
    inputs
}

/// A fence with options outside braces, all of which its handler has to know.
fn with_options(
    settings: &FenceSettings,
    word: Option<&str>,
    inputs: &Inputs<'_>,
) -> Option<Header> {
    let plain = Header { language: word.map(str::to_owned), ..Header::default() };
    for custom in handlers(settings, word) {
        match custom {
            // A custom fence takes options as attributes, which only braces may have.
            Some(name) if inputs.is_empty() => {
                return Some(Header { custom: Some(name.to_owned()), ..plain });
            }
            Some(_) => {}
            None => {
                let known = |(key, value): &(&str, Option<&str>)| {
                    settings.use_pygments && is_highlight_option(key, *value) == Some(true)
                };
                if inputs.iter().all(known) {
                    return Some(Header {
                        title: value(inputs, "title"),
                        options: pairs(inputs),
                        ..plain
                    });
                }
            }
        }
    }
    None
}

/// A fence with attributes in braces, of which unknown ones stay attributes.
fn with_braces(settings: &FenceSettings, word: Option<&str>, inner: &str) -> Option<Header> {
    let inner = inner.replace('\t', "    ");
    let mut inputs = Inputs::new();
    let mut classes = Vec::new();
    let mut id = None;
    for (key, value) in attributes(&inner) {
        match key {
            "." => classes.push(value.unwrap_or_default()),
            "id" => id = value,
            _ => inputs.push((key, value)),
        }
    }
    let inputs = distinct(inputs);
    let language = match word {
        Some(word) => word,
        None if classes.is_empty() => "",
        None => classes.remove(0),
    };
    for custom in handlers(settings, Some(language)) {
        let title = match custom {
            Some(_) => None,
            None if !settings.use_pygments => None,
            None => {
                // Python fails at an option that has to have a value and has none.
                if inputs.iter().any(|(key, value)| is_highlight_option(key, *value).is_none()) {
                    continue;
                }
                value(&inputs, "title")
            }
        };
        let mut options = pairs(&inputs);
        options.extend(id.map(|id| pair("id", id)));
        options.extend(classes.into_iter().map(|class| pair("class", class)));
        return Some(Header {
            language: Some(language.to_owned()),
            title,
            options,
            braces: true,
            custom: custom.map(str::to_owned),
            is_plain: false,
        });
    }
    // The language that the classes have given stays known.
    settings.relaxed_headers.then(|| unrecognised(settings, Some(language))).flatten()
}

/// A fence whose header is not understood, where the site allows that.
fn unrecognised(settings: &FenceSettings, word: Option<&str>) -> Option<Header> {
    let custom = handlers(settings, word).next()?.map(str::to_owned);
    Some(Header { language: word.map(str::to_owned), custom, ..Header::default() })
}

/// The handlers for a language in the order in which they are asked: custom fences, the last one
/// first, then the highlighter, which stands as none. A custom fence `*` replaces the highlighter.
fn handlers<'a>(
    settings: &'a FenceSettings,
    language: Option<&'a str>,
) -> impl Iterator<Item = Option<&'a str>> {
    let named = settings.custom.iter().rev().map(|custom| custom.name.as_str());
    let replaced = named.clone().find(|name| *name == "*");
    named
        .filter(move |name| *name != "*" && Some(*name) == language)
        .map(Some)
        .chain(std::iter::once(replaced))
}

/// Whether the highlighter takes this as an option; none where it fails at it.
pub(super) fn is_highlight_option(key: &str, value: Option<&str>) -> Option<bool> {
    match key {
        "hl_lines" => value.map(are_line_numbers),
        "linenums" => value.map(|value| value.starts_with(is_digit)),
        "title" | "title_mode" => Some(true),
        _ => Some(false),
    }
}

/// Whether a text is numbers and ranges such as `1 3-5`.
pub(super) fn are_line_numbers(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.chars().all(is_digit);
    let range = |text: &str| match text.split_once('-') {
        Some((first, last)) => number(first) && number(last),
        None => number(text),
    };
    let tidy = !text.starts_with(BLANKS) && !text.ends_with(BLANKS);
    tidy && text.split(BLANKS).filter(|part| !part.is_empty()).all(range) && !text.is_empty()
}

fn value(inputs: &Inputs<'_>, key: &str) -> Option<String> {
    inputs.iter().find(|(other, _)| *other == key).and_then(|(_, value)| value.map(str::to_owned))
}

fn pairs(inputs: &Inputs<'_>) -> Vec<(String, String)> {
    inputs.iter().map(|(key, value)| pair(key, value.unwrap_or_default())).collect()
}

fn pair(key: &str, value: &str) -> (String, String) {
    (key.to_owned(), value.to_owned())
}

/// The attributes in braces as the extension `attr_list` reads them, up to what it cannot read.
/// Classes have the key `.`.
pub(super) fn attributes(text: &str) -> Inputs<'_> {
    let mut found = Inputs::new();
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix(' ') {
            rest = after;
            continue;
        }
        let length = rest.find([' ', '=', '}']).unwrap_or(rest.len());
        if length == 0 {
            return found;
        }
        let (key, after) = rest.split_at(length);
        let Some(value) = after.strip_prefix('=') else {
            found.push(word(key));
            rest = after;
            continue;
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quoted = quote.and_then(|quote| {
            let end = value[1..].find(quote)?;
            Some((&value[1..=end], &value[end + 2..]))
        });
        let bare = value.find([' ', '=', '}']).unwrap_or(value.len());
        match quoted {
            Some((value, after)) => {
                found.push((key, Some(value)));
                rest = after;
            }
            None if bare > 0 => {
                found.push((key, Some(&value[..bare])));
                rest = &value[bare..];
            }
            None => {
                // The key is a word by itself, and the `=` behind it cannot be read.
                found.push(word(key));
                return found;
            }
        }
    }
}

/// A word among attributes: a class, an id, or a key without a value.
fn word(text: &str) -> (&str, Option<&str>) {
    match (text.strip_prefix('.'), text.strip_prefix('#')) {
        (Some(class), _) => (".", Some(class)),
        (_, Some(id)) => ("id", Some(id)),
        _ => (text, None),
    }
}

/// What follows a closing brace among attributes that should have been the last one.
pub(super) fn has_remainder(text: &str) -> bool {
    let mut rest = text;
    // What `attributes` reads is taken off the same way; only the place where it stops matters.
    loop {
        rest = rest.trim_start_matches(' ');
        let length = rest.find([' ', '=', '}']).unwrap_or(rest.len());
        if length == 0 {
            return rest.contains('}');
        }
        let after = &rest[length..];
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            continue;
        };
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quoted = quote.and_then(|quote| Some(value[1..].find(quote)? + 2));
        let bare = value.find([' ', '=', '}']).unwrap_or(value.len());
        match quoted {
            Some(length) => rest = &value[length..],
            None if bare > 0 => rest = &value[bare..],
            None => return value.contains('}'),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// All texts of so many of these letters.
    pub(in crate::page::fences) fn texts(
        letters: [char; 6],
        length: u32,
    ) -> impl Iterator<Item = String> {
        (0..letters.len().pow(length)).map(move |number| {
            let digits = std::iter::successors(Some(number), |number| Some(number / letters.len()));
            let digits = digits.take(length as usize);
            digits.map(|digit| letters[digit % letters.len()]).collect()
        })
    }

    fn header(text: &str) -> Option<Header> {
        let settings = FenceSettings { use_pygments: true, ..FenceSettings::default() };
        read(&settings, text)
    }

    #[test]
    fn plain_options_are_options() {
        // Some are both.
        let mut plain = 0;
        for text in texts(['a', ' ', '=', '"', '\'', '1'], 7) {
            let text = text.trim_matches(BLANKS);
            if are_plain_options(text) {
                plain += 1;
                assert!(are_options(text), "{text:?}");
                assert_eq!(plain_options(text), Some(options(text)), "{text:?}");
            }
        }
        assert!(plain > 100);
    }

    #[test]
    fn an_option_it_does_not_know_makes_no_fence() {
        assert!(header(" py title=\"T\" linenums=\"1\"").is_some());
        assert!(header(" py copy").is_none());
        assert!(header(" py linenums=\"1\" hl_lines=\"a\"").is_none());
        assert!(header(" py hl_lines=\"1,2\"").is_none());
    }

    #[test]
    fn a_value_may_hold_its_quote_when_the_rest_fits() {
        let found = header(" py title=\"T\"linenums=\"1\"").expect("a fence");
        assert_eq!(found.title.as_deref(), Some("T"));
        assert!(header(" py title=\"a\"b\"").is_none());
    }

    #[test]
    fn a_key_that_is_given_again_keeps_its_place_and_takes_the_last_value() {
        for size in [1, FEW, FEW + 1, 3 * FEW] {
            let names: Vec<String> = (0..size).map(|number| format!("k{number}")).collect();
            let first = names.iter().map(|name| (name.as_str(), Some("old")));
            let again = names.iter().map(|name| (name.as_str(), Some("new")));
            let expected: Inputs<'_> = again.clone().collect();
            assert_eq!(distinct(first.chain(again).collect()), expected);
        }
    }

    #[test]
    fn the_first_class_is_the_language() {
        assert_eq!(header("{ .py .x }").and_then(|h| h.language).as_deref(), Some("py"));
        assert_eq!(header(" { py }").and_then(|h| h.language).as_deref(), Some(""));
        assert_eq!(header("{}").map(|h| h.language), Some(None));
        assert!(header(" {.c} py").is_none());
    }
}
