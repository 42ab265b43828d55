//! What a single line says to `pymdownx.snippets` 13.1: one line in, its meaning out.

use crate::page::python::{is_letter_in_any_case, strip_word};

/// A line that is a directive by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Directive<'a> {
    /// Blanks and tabs before it.
    pub(super) space: &'a str,
    /// Offset of the first `;` when it is escaped.
    pub(super) escape: Option<usize>,
    /// What stands between the quotes; none for a bare marker, which opens or closes a block.
    pub(super) quoted: Option<&'a str>,
}

/// A `--8<-- [start:name]` marker, which may have other text around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marker<'a> {
    /// Offset of the first `;` when it is escaped.
    pub(super) escape: Option<usize>,
    /// `start` or `end`, in the case that it is written in.
    pub(super) edge: &'a str,
    /// The section's name.
    pub(super) name: &'a str,
}

/// Reads a line as a directive. Nothing may follow it, not even a blank.
pub(super) fn directive(line: &str) -> Option<Directive<'_>> {
    let rest = line.trim_start_matches([' ', '\t']);
    let space = &line[..line.len() - rest.len()];
    let unescaped = rest.trim_start_matches(';');
    let escape = (unescaped.len() < rest.len()).then_some(space.len());
    let rest = scissors(unescaped)?;
    if rest.is_empty() {
        return Some(Directive { space, escape, quoted: None });
    }
    let quoted = rest.trim_start_matches([' ', '\t']);
    if quoted.len() == rest.len() {
        return None;
    }
    Some(Directive { space, escape, quoted: Some(between_quotes(quoted)?) })
}

/// What follows dashes, `8<` and dashes.
fn scissors(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('-');
    if rest.len() == text.len() {
        return None;
    }
    let rest = rest.strip_prefix("8<-")?;
    Some(rest.trim_start_matches('-'))
}

/// The text between quotes. A quote inside must have a backslash before it, which stays.
fn between_quotes(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = text[1..].strip_suffix(quote)?;
    let bytes = inner.as_bytes();
    let closed = |index: usize| index == 0 || bytes[index - 1] != b'\\';
    let ends_inside = inner.match_indices(quote).any(|(index, _)| closed(index));
    (!inner.is_empty() && !ends_inside).then_some(inner)
}

/// Finds a section marker in a line.
pub(super) fn marker(line: &str) -> Option<Marker<'_>> {
    line.match_indices("8<-").find_map(|(index, _)| {
        let before = line[..index].trim_end_matches('-');
        let dashes = index - before.len();
        let unescaped = before.trim_end_matches(';');
        if dashes == 0 {
            return None;
        }
        let rest = line[index + 2..].trim_start_matches('-');
        let bracket = rest.trim_start_matches([' ', '\t']);
        if bracket.len() == rest.len() {
            return None;
        }
        let (edge, name) = section(bracket)?;
        let escape = (unescaped.len() < before.len()).then_some(unescaped.len());
        Some(Marker { escape, edge, name })
    })
}

/// Reads `[start:name]`, blanks allowed around the words.
fn section(text: &str) -> Option<(&str, &str)> {
    let blank = [' ', '\t'];
    let inner = text.strip_prefix('[')?.trim_start_matches(blank);
    let rest = strip_word(inner, "start").or_else(|| strip_word(inner, "end"))?;
    let edge = &inner[..inner.len() - rest.len()];
    let inner = rest.trim_start_matches(blank).strip_prefix(':')?.trim_start_matches(blank);
    if !inner.starts_with(is_letter_in_any_case) {
        return None;
    }
    let rest = inner.trim_start_matches(is_section_character);
    let name = &inner[..inner.len() - rest.len()];
    rest.trim_start_matches(blank).strip_prefix(']')?;
    Some((edge, name))
}

/// What a section's name may hold behind its first letter.
pub(super) fn is_section_character(c: char) -> bool {
    c == '-' || c == '_' || c.is_ascii_digit() || is_letter_in_any_case(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_may_follow_a_directive() {
        assert!(directive("--8<-- \"a\"").is_some());
        assert!(directive("--8<-- \"a\" ").is_none());
        assert!(directive("--8<-- ").is_none());
        assert!(directive("--8<--\"a\"").is_none());
    }

    #[test]
    fn a_quote_inside_needs_a_backslash() {
        assert_eq!(directive(r#"-8<- "a\"b""#).and_then(|d| d.quoted), Some(r#"a\"b"#));
        assert_eq!(directive(r#"-8<- "a"b""#), None);
        assert_eq!(directive(r#"-8<- "a\""#).and_then(|d| d.quoted), Some(r"a\"));
        assert_eq!(directive(r#"-8<- """#), None);
    }

    #[test]
    fn a_marker_is_found_anywhere_in_a_line() {
        let found = marker("# x ;;--8<-- [Start : a-b ] y").expect("a marker");
        assert_eq!((found.edge, found.name, found.escape), ("Start", "a-b", Some(4)));
        assert_eq!(marker("8<-- [start:a]"), None);
        assert_eq!(marker("--8<--[start:a]"), None);
        assert_eq!(marker("--8<-- [start:1a]"), None);
    }
}
