//! The lines that begin `!!!`, `???` and `===`: one line in, its title out.

use crate::page::python::is_word;

/// What stands on the line that begins a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head<'t> {
    pub(super) title: Option<&'t str>,
    /// Whether a tab begins a new set.
    pub(super) apart: bool,
}

/// `!!! type`, with a title or without.
pub(super) fn admonition_head(text: &str) -> Option<Head<'_>> {
    let rest = behind_mark(text, b'!')?;
    let rest = behind_words(rest.strip_prefix(' ').unwrap_or(rest))?;
    let title = title_or_end(rest)?;
    Some(Head { title, apart: false })
}

/// `??? type` or `???+ type`, with a title or without, or with a title and no type.
pub(super) fn details_head(text: &str) -> Option<Head<'_>> {
    let rest = behind_mark(text, b'?')?;
    let rest = rest.strip_prefix('+').unwrap_or(rest);
    let title = match behind_words(rest.strip_prefix(' ').unwrap_or(rest)) {
        Some(rest) => title_or_end(rest)?,
        None => Some(quoted_title(rest)?),
    };
    Some(Head { title, apart: false })
}

/// `=== "title"`, with a `!` where a new set begins, and a `+` where the tab is to be shown.
pub(super) fn tab_head(text: &str) -> Option<Head<'_>> {
    let rest = behind_mark(text, b'=')?;
    let marks = &rest[..rest.len() - rest.trim_start_matches(['+', '!']).len()];
    if !matches!(marks, "" | "+" | "!" | "+!" | "!+") {
        return None;
    }
    let title = quoted_title(&rest[marks.len()..])?;
    Some(Head { title: Some(title), apart: marks.contains('!') })
}

/// What follows three of these characters. Most lines have none, which the first byte says.
fn behind_mark(text: &str, mark: u8) -> Option<&str> {
    let is_mark = text.as_bytes().iter().take(3).filter(|byte| **byte == mark).count() == 3;
    is_mark.then(|| &text[3..])
}

/// What follows words of letters, numbers, `_` and `-` with blanks between them.
fn behind_words(text: &str) -> Option<&str> {
    let is_part = |c| is_word(c) || c == '-';
    let mut rest = text.trim_start_matches(is_part);
    if rest.len() == text.len() {
        return None;
    }
    loop {
        let next = rest.trim_start_matches(' ');
        let behind = next.trim_start_matches(is_part);
        if next.len() == rest.len() || behind.len() == next.len() {
            return Some(rest);
        }
        rest = behind;
    }
}

/// A title if there is one, where nothing else may stand.
fn title_or_end(text: &str) -> Option<Option<&str>> {
    if text.bytes().all(|byte| byte == b' ') { Some(None) } else { quoted_title(text).map(Some) }
}

/// What stands in quotes behind at least one blank, with nothing but blanks behind it.
fn quoted_title(text: &str) -> Option<&str> {
    let quoted = text.trim_start_matches(' ');
    if quoted.len() == text.len() {
        return None;
    }
    // Only the last quote has nothing behind it.
    quoted.trim_end_matches(' ').strip_prefix('"')?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    /// What the extensions look for: the title, and whether a tab stands apart.
    type Answer = Option<(Option<String>, bool)>;

    fn answer(head: Option<Head<'_>>) -> Answer {
        head.map(|head| (head.title.map(str::to_owned), head.apart))
    }

    fn pattern(pattern: &Regex, title: usize, marks: Option<usize>, text: &str) -> Answer {
        let found = pattern.captures(text)?;
        let marks = marks.and_then(|marks| found.get(marks));
        let title = found.get(title).map(|title| title.as_str().to_owned());
        Some((title, marks.is_some_and(|marks| marks.as_str().contains('!'))))
    }

    #[test]
    fn heads_are_read_as_the_patterns_of_the_extensions_read_them() {
        let words = r"[\w\-]+(?: +[\w\-]+)*";
        let pattern_of = |text: &str| Regex::new(text).expect("a valid pattern");
        let admonition = pattern_of(&format!(r#"^!!! ?({words})(?: +"(.*?)")? *$"#));
        let details =
            pattern_of(&format!(r#"^\?{{3}}\+? ?(?:(?:{words}?)?(?: +"(.*?)")|{words}?) *$"#));
        let tab = pattern_of(r#"^={3}(\+!|!\+|\+|!)? +"(.*?)" *$"#);
        // All texts of up to six of these characters behind the mark.
        let letters = ['a', '-', ' ', '"', '+', '!', '한', '.'];
        let mut found = 0;
        for number in 0..letters.len().pow(6) {
            let digits = std::iter::successors(Some(number), |number| Some(number / letters.len()));
            let digits = digits.take(6).take_while(|digit| *digit > 0);
            let behind: String = digits.map(|digit| letters[digit % letters.len()]).collect();
            for (mark, pattern, head) in [
                ("!!!", pattern(&admonition, 2, None, &format!("!!!{behind}")), 0),
                ("???", pattern(&details, 1, None, &format!("???{behind}")), 1),
                ("===", pattern(&tab, 2, Some(1), &format!("==={behind}")), 2),
            ] {
                let text = format!("{mark}{behind}");
                let head = [admonition_head, details_head, tab_head][head](&text);
                assert_eq!(answer(head), pattern, "{text:?}");
                found += usize::from(pattern.is_some());
            }
        }
        assert!(found > 1000);
    }
}
