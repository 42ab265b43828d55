//! What Mermaid does to a text before its grammar sees it, without moving anything: each byte stays
//! where it is, so that places in the result are places in the text.
//!
//! As of Mermaid 11.17: front matter, directives and lines of comments go, entities such as `#59;` count as letters.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memchr3;
use regex::Regex;

static ENTITY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"#[0-9A-Za-z_]+;").expect("the pattern is valid"));
static FRONT_MATTER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?s:---\s*\n.*?\n---\s*\n+)").expect("the pattern is valid"));
static COMMENT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^\s*%%[^{\n][^\n]*\n?").expect("the pattern is valid"));
static DIRECTIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"%%\{\s*\w").expect("the pattern is valid"));

/// Stands for the `#` and the `;` of an entity: no blank, and nothing that the grammar knows.
const LETTER: u8 = 1;

/// The text for the grammar, as long as the one given.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    let has_marks = memchr3(b'\r', b'%', b'#', text.as_bytes()).is_some();
    if !has_marks && !text.starts_with("---") {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.replace('\r', "\n").into_bytes();
    let text = text.replace('\r', "\n");
    let mut blank = |range: std::ops::Range<usize>| {
        bytes[range].fill(b' ');
    };
    let mut at = 0;
    if let Some(found) = FRONT_MATTER.find(&text) {
        blank(found.range());
        at = found.end();
    }
    while let Some(found) = DIRECTIVE.find_at(&text, at) {
        let end =
            text[found.start()..].find("}%%").map_or(text.len(), |end| found.start() + end + 3);
        blank(found.start()..end);
        at = end;
    }
    for comment in COMMENT.find_iter(&text) {
        bytes[comment.range()].fill(b' ');
    }
    for entity in ENTITY.find_iter(&text) {
        if bytes[entity.start()] == b'#' {
            bytes[entity.start()] = LETTER;
            bytes[entity.end() - 1] = LETTER;
        }
    }
    let plain = String::from_utf8(bytes);
    Cow::Owned(plain.expect("only ASCII was put in the place of whole characters"))
}
