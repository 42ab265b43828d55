//! Where HTML tags end and what they say, as Python's `html.parser` sees it with the changes that
//! Python-Markdown makes to it.

use crate::page::python::is_space;

/// Tags that make a block.
const BLOCK_TAGS: [&str; 59] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "canvas",
    "center",
    "colgroup",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "group",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "iframe",
    "legend",
    "li",
    "main",
    "map",
    "math",
    "menu",
    "nav",
    "noscript",
    "object",
    "ol",
    "option",
    "output",
    "p",
    "pre",
    "progress",
    "script",
    "section",
    "style",
    "summary",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "video",
];

/// An opening tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpeningTag {
    /// Offset behind it.
    pub(super) end: usize,
    /// In lower case.
    pub(super) name: String,
    pub(super) attributes: Vec<(String, Option<String>)>,
    /// Whether it ends with `/>`.
    pub(super) closed: bool,
}

/// What stands where an opening tag could begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Tag(OpeningTag),
    /// Something that looks like a tag up to this offset, and is text.
    Text(usize),
}

/// Reads the opening tag at an offset.
pub(super) fn opening(text: &str, start: usize) -> Opening {
    let Some(end) = whole(text, start) else {
        return Opening::Text(start + 1);
    };
    let mut at = start + 1 + name_length(&text[start + 1..], false);
    let name = text[start + 1..at].to_lowercase();
    at = skip_between(text, at);
    let mut attributes = Vec::new();
    while at < end {
        let Some((attribute, next)) = attribute(text, at) else {
            break;
        };
        attributes.push(attribute);
        at = next;
    }
    let close = text.get(at..end).unwrap_or_default().trim_matches(is_space);
    if close != ">" && close != "/>" {
        return Opening::Text(end);
    }
    Opening::Tag(OpeningTag { end, name, attributes, closed: close == "/>" })
}

/// Where the opening tag ends; none when it does not.
fn whole(text: &str, start: usize) -> Option<usize> {
    let end = located(text, start);
    match text[end..].chars().next() {
        Some('>') => Some(end + 1),
        Some('/') if text[end..].starts_with("/>") => Some(end + 2),
        None | Some('/' | '=') => None,
        Some(c) if c.is_ascii_alphabetic() => None,
        Some(_) => Some(end),
    }
}

/// How far name, attributes and blanks reach. A backtick ends all of them.
fn located(text: &str, start: usize) -> usize {
    let mut at = start + 1 + name_length(&text[start + 1..], true);
    at = skip(text, at, |c| is_space(c) || c == '/');
    while begins_attribute(text, at, true) {
        at = skip(text, at + first_length(text, at), |c| {
            !is_space(c) && !matches!(c, '/' | '=' | '>')
        });
        if let Some((_, end)) = value(text, at, true) {
            at = end;
            loop {
                let comma = skip(text, at, is_space);
                if !text[comma..].starts_with(',') {
                    break;
                }
                at = comma + 1;
            }
        }
        at = skip_between(text, at);
    }
    skip(text, at, is_space)
}

fn name_length(text: &str, no_backtick: bool) -> usize {
    let ends = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | '\u{c}' | ' ' | '/' | '>' | '\0')
            || no_backtick && c == '`'
    };
    text.find(ends).unwrap_or(text.len())
}

fn skip(text: &str, at: usize, is_part: impl Fn(char) -> bool) -> usize {
    text.len() - text[at..].trim_start_matches(is_part).len()
}

/// Behind white space and those slashes that do not close the tag.
fn skip_between(text: &str, at: usize) -> usize {
    let mut at = at;
    loop {
        let rest = &text[at..];
        match rest.chars().next() {
            Some(c) if is_space(c) => at += c.len_utf8(),
            Some('/') if !rest.starts_with("/>") => at += 1,
            _ => return at,
        }
    }
}

fn first_length(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(0, char::len_utf8)
}

fn begins_attribute(text: &str, at: usize, no_backtick: bool) -> bool {
    let before = text[..at].chars().next_back();
    let first = text[at..].chars().next();
    before.is_some_and(|c| is_space(c) || matches!(c, '\'' | '"' | '/'))
        && first
            .is_some_and(|c| !(is_space(c) || matches!(c, '/' | '>') || no_backtick && c == '`'))
}

/// The value behind an attribute's name, without quotes, and where it ends.
fn value(text: &str, at: usize, no_backtick: bool) -> Option<(&str, usize)> {
    let sign = skip(text, at, is_space);
    let behind = skip(text, sign, |c| c == '=');
    if behind == sign {
        return None;
    }
    let start = skip(text, behind, is_space);
    let quote = text[start..].chars().next().filter(|c| matches!(c, '\'' | '"'));
    if let Some(quote) = quote
        && let Some(length) = text[start + 1..].find(quote)
    {
        return Some((&text[start + 1..start + 1 + length], start + length + 2));
    }
    // An open quote cannot begin a value, but something before it can.
    let start = match quote {
        None => start,
        Some(_) if start > behind => {
            let blank = text[..start].chars().next_back().map_or(0, char::len_utf8);
            return Some(("", start - blank));
        }
        Some(_) if behind - sign > 1 => behind - 1,
        Some(_) => return None,
    };
    let end = skip(text, start, |c| !is_space(c) && c != '>' && !(no_backtick && c == '`'));
    Some((&text[start..end], end))
}

type Attribute = (String, Option<String>);

/// The attribute at an offset, and where the next one could begin.
fn attribute(text: &str, at: usize) -> Option<(Attribute, usize)> {
    if !begins_attribute(text, at, false) {
        return None;
    }
    let end =
        skip(text, at + first_length(text, at), |c| !is_space(c) && !matches!(c, '/' | '=' | '>'));
    let name = text[at..end].to_lowercase();
    let (value, end) = match value(text, end, false) {
        Some((value, end)) => (Some(value.to_owned()), end),
        None => (None, end),
    };
    Some(((name, value), skip_between(text, end)))
}

/// Reads the closing tag at an offset: its name in lower case, where it ends, and whether it is a
/// plain one. None when nothing closes it.
pub(super) fn closing(text: &str, start: usize) -> Option<(String, usize, bool)> {
    let first = start + 2 + text[start + 2..].find('>')?;
    let inner = text[start + 2..first].trim_matches(is_space);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
    if inner.starts_with(|c: char| c.is_ascii_alphabetic()) && inner.chars().all(is_part) {
        return Some((inner.to_lowercase(), first + 1, true));
    }
    let name_end = start + 2 + name_length(&text[start + 2..], false);
    let name = text[start + 2..name_end].to_lowercase();
    let behind = skip_between(text, name_end);
    let end = text[behind..].find('>').map_or(first + 1, |length| behind + length + 1);
    Some((name, end, false))
}

/// Where a comment's text ends, and where the comment does.
pub(super) fn comment_end(text: &str, start: usize) -> Option<(usize, usize)> {
    let mut from = start;
    loop {
        let dashes = from + text[from..].find("--")?;
        let behind = &text[dashes + 2..];
        if behind.starts_with('>') {
            return Some((dashes, dashes + 3));
        }
        if behind.starts_with("!>") {
            return Some((dashes, dashes + 4));
        }
        from = dashes + 1;
    }
}

/// Whether a tag of this name makes a block.
pub(super) fn is_block(name: &str) -> bool {
    BLOCK_TAGS.contains(&name.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> Option<(String, usize, bool)> {
        match opening(text, 0) {
            Opening::Tag(tag) => Some((tag.name, tag.end, tag.closed)),
            Opening::Text(_) => None,
        }
    }

    #[test]
    fn tags_end_where_python_says() {
        assert_eq!(tag("<DIV>x"), Some(("div".to_owned(), 5, false)));
        assert_eq!(tag("<br/>"), Some(("br".to_owned(), 5, true)));
        assert_eq!(tag("<a b=\"c>d\" e>"), Some(("a".to_owned(), 13, false)));
        assert_eq!(tag("<a b=\"c"), None);
        assert_eq!(tag("<a `b>"), None);
        assert_eq!(tag("<a b=\u{3000}\"c d>x"), Some(("a".to_owned(), 13, false)));
    }
}
