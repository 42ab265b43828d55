//! Character classes as Python's `str` and `re` define them, where Rust's differ.

use std::sync::LazyLock;

use regex::Regex;

/// What `str.strip()` strips and `\s` matches: Rust's white space and four separators of ASCII.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `str.strip()`
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// What `\w` matches: letters and numbers of any script, and `_`; no combining marks.
pub(super) fn is_word(c: char) -> bool {
    static LETTER_OR_NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[\p{L}\p{N}]$").expect("a valid pattern"));
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    LETTER_OR_NUMBER.is_match(c.encode_utf8(&mut [0; 4]))
}

/// What `\d` matches: decimal digits of any script.
pub(super) fn is_digit(c: char) -> bool {
    static DIGIT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\p{Nd}$").expect("a valid pattern"));
    // Most characters are no number of any sort, which is quick to see.
    c.is_ascii_digit()
        || !c.is_ascii() && c.is_numeric() && DIGIT.is_match(c.encode_utf8(&mut [0; 4]))
}

/// What `[a-z]` matches when case is ignored: four letters outside ASCII are among it, because
/// they turn into ASCII letters in lower or upper case.
pub(super) fn is_letter_in_any_case(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '\u{130}' | '\u{131}' | '\u{17f}' | '\u{212a}')
}

/// Whether `text` begins with `word` (lower case ASCII) when case is ignored as `re` does; gives
/// what follows.
pub(super) fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for expected in word.chars() {
        let c = rest.next()?;
        let same = c.to_ascii_lowercase() == expected
            || expected == 's' && c == '\u{17f}'
            || expected == 'k' && c == '\u{212a}';
        if !same {
            return None;
        }
    }
    Some(rest.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_digits_are_numbers_of_some_sort() {
        let digit = Regex::new(r"^\p{Nd}$").expect("a valid pattern");
        let digits = (char::MIN..=char::MAX).filter(|c| digit.is_match(c.encode_utf8(&mut [0; 4])));
        let mut count = 0;
        for c in digits {
            assert!(is_digit(c), "{c:?}");
            count += 1;
        }
        assert!(count > 500);
    }
}
