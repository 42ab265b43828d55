//! Reads the part of an entry below its header back: JSON or text, the beginning of bytes, `none`.
//!
//! In: the lines as they stand in the log. Out: the [`Content`] that they show.

use std::borrow::Cow;

use memchr::memmem;

use crate::model::Content;

/// The content of an entry, in the log's letters where nothing in them is written for the log only.
pub(super) fn content(shown: &[u8]) -> Content<'_> {
    // Reading bytes that may be anything takes longer, and hardly ever are they.
    let mut text =
        std::str::from_utf8(shown).map_or_else(|_| String::from_utf8_lossy(shown), Cow::Borrowed);
    if memchr::memchr(b'\r', text.as_bytes()).is_some() {
        text = text.trim_end_matches(['\n', '\r']).replace("\r\n", "\n").into();
    }
    if memmem::find(text.as_bytes(), b"8<-").is_some() {
        let lines: Vec<String> = text.split('\n').map(without_escape).collect();
        text = lines.join("\n").into();
    }
    match text {
        Cow::Borrowed(text) => plain(text),
        Cow::Owned(mut text) => {
            let length = match plain(&text) {
                Content::Text(kept) => kept.len(),
                other => return other.into_owned(),
            };
            text.truncate(length);
            Content::Text(text.into())
        }
    }
}

/// The same where nothing is.
pub(super) fn plain(shown: &str) -> Content<'_> {
    let text = shown.trim_end_matches('\n');
    if text.is_empty() || text == "none" {
        return Content::Empty;
    }
    let (kept, last) = text.rsplit_once('\n').unwrap_or(("", text));
    if kept.is_empty()
        && let Some((head, length)) = bytes(last)
    {
        return Content::Bytes(head.into(), length);
    }
    match left_out(last) {
        Some(length) if kept.len() < text.len() - last.len() => Content::Cut(kept.into(), length),
        _ => Content::Text(text.into()),
    }
}

/// The length in `... (1234 bytes)`.
fn left_out(line: &str) -> Option<u64> {
    line.strip_prefix("... (")?.strip_suffix(" bytes)")?.parse().ok()
}

/// The bytes of `b'…'...`, and the length behind it if the log says it.
fn bytes(line: &str) -> Option<(Vec<u8>, Option<u64>)> {
    let quote =
        line.strip_prefix('b')?.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (literal, rest) = line[2..].rsplit_once(quote)?;
    let length = match rest {
        "..." => None,
        rest => Some(left_out(rest)?),
    };
    let mut out = Vec::new();
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(u8::try_from(character).ok().filter(u8::is_ascii)?);
            continue;
        }
        out.push(match characters.next()? {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'x' => {
                let digits = characters.as_str().get(..2)?;
                characters.nth(1);
                u8::from_str_radix(digits, 16).ok()?
            }
            other => u8::try_from(other).ok().filter(u8::is_ascii)?,
        });
    }
    // Python takes the other quotes only where that saves it an escape: anything else is a text.
    let is_double = out.contains(&b'\'') && !out.contains(&b'"');
    (is_double == (quote == '"')).then_some((out, length))
}

/// Takes off the `;` that protects a line from PyMdown's snippets.
fn without_escape(line: &str) -> String {
    let start = line.len() - line.trim_start_matches([' ', '\t']).len();
    let rest = line[start..].trim_start_matches(';');
    let scissors = rest.trim_start_matches('-');
    let is_escaped = rest.len() < line[start..].len()
        && scissors.len() < rest.len()
        && scissors.strip_prefix("8<").is_some_and(|rest| rest.starts_with('-'));
    if is_escaped { format!("{}{}", &line[..start], &line[start + 1..]) } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{bytes, content, without_escape};
    use crate::model::Body;

    #[test]
    fn reads_python_bytes_back() {
        assert_eq!(bytes(r"b'QFI\xfb\n\\\''..."), None, "Python takes double quotes here");
        assert_eq!(bytes(r#"b"QFI\xfb\n\\'"..."#), Some((b"QFI\xfb\n\\'".to_vec(), None)));
        assert_eq!(bytes(r#"b'\'"'..."#), Some((b"'\"".to_vec(), None)));
        assert_eq!(bytes("b\"it's\"... (9 bytes)"), Some((b"it's".to_vec(), Some(9))));
        assert_eq!(bytes(r"b'\x'..."), None);
        assert_eq!(bytes(r"b'\xé'..."), None);
        assert_eq!(bytes("b'open"), None);
    }

    #[test]
    fn tells_the_kinds_of_content() {
        let body = |shown| Body::from(content(shown));
        assert_eq!(body(b"none\n\n\n"), Body::Empty);
        assert_eq!(body(b"\n\n"), Body::Empty);
        assert_eq!(body(b"a\r\nb\r\n\r\n"), Body::Text("a\nb".into()));
        assert_eq!(body(b"a\xffb"), Body::Text("a\u{fffd}b".into()));
        assert_eq!(body(b"a\n... (9 bytes)\n"), Body::Cut { text: "a".into(), length: 9 });
        assert_eq!(body(b"\n... (9 bytes)\n"), Body::Cut { text: String::new(), length: 9 });
        assert_eq!(body(b"... (9 bytes)\n"), Body::Text("... (9 bytes)".into()));
    }

    #[test]
    fn takes_the_escape_off() {
        assert_eq!(without_escape("  ;--8<-- \"a\""), "  --8<-- \"a\"");
        assert_eq!(without_escape(";text"), ";text");
    }
}
