//! A message's content as body and log show it: JSON laid out, text, the beginning of bytes.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::model::{Content, Json};

/// The lines of the content without a final newline; `none` where there is none.
pub(super) fn content<'a>(content: &'a Content<'_>) -> Cow<'a, str> {
    match content {
        Content::Empty => Cow::Borrowed("none"),
        Content::Text(text) if Json::is_laid_out(text) => Cow::Borrowed(text),
        Content::Text(text) => {
            Json::parse(text).map_or_else(|| normalised(text), |json| json.indented().into())
        }
        Content::Cut(text, length) => format!("{}\n... ({length} bytes)", normalised(text)).into(),
        Content::Bytes(head, None) => format!("{}...", bytes_literal(head)).into(),
        Content::Bytes(head, Some(length)) => {
            format!("{}... ({length} bytes)", bytes_literal(head)).into()
        }
    }
}

/// Text with `\n` line ends and without line breaks at its end, so that it fits between two lines.
fn normalised(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\r', text.as_bytes()).is_none() {
        return Cow::Borrowed(text.trim_end_matches('\n'));
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(text.trim_end_matches('\n').to_owned())
}

/// The bytes as Python's `repr` writes them.
fn bytes_literal(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'\\' => out.push_str("\\\\"),
            byte if char::from(byte) == quote => {
                out.push('\\');
                out.push(quote);
            }
            b' '..=b'~' => out.push(char::from(byte)),
            byte => {
                write!(out, "\\x{byte:02x}").expect("writing to a string does not fail");
            }
        }
    }
    out.push(quote);
    out
}

#[cfg(test)]
mod tests {
    use super::{bytes_literal, content};
    use crate::model::Content;

    #[test]
    fn bytes_are_written_as_python_writes_them() {
        assert_eq!(bytes_literal(b"QFI\xfb\x00\n"), r"b'QFI\xfb\x00\n'");
        assert_eq!(bytes_literal(b"it's"), "b\"it's\"");
        assert_eq!(bytes_literal(b"'\""), "b'\\'\"'");
    }

    #[test]
    fn content_says_how_much_is_left_out() {
        let cut = Content::Cut("abc\n".into(), 9);
        assert_eq!(content(&cut), "abc\n... (9 bytes)");
        let bytes = Content::Bytes(b"abc".into(), Some(9));
        assert_eq!(content(&bytes), "b'abc'... (9 bytes)");
        assert_eq!(content(&Content::Empty), "none");
    }
}
