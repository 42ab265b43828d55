//! The text of a diagram cut into words, by the rules of Mermaid's own lexer.
//!
//! Rules as of Mermaid 11.17, `sequenceDiagram.jison`: the first one that fits wins, and which ones
//! are asked depends on what stood before.

use std::ops::Range;

/// What a word is to the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of a line, or `;`, or the end of the text.
    Newline,
    Number,
    /// What the grammar passes over where a line may begin, and refuses elsewhere.
    Invalid,
    /// A word of the grammar, in lower case.
    Word(&'static str),
    /// A participant's name.
    Name,
    /// `@{ … }` behind a participant's name.
    Config,
    /// The rest of a line behind `opt`, `as` and the like; may be empty.
    Rest,
    /// From `:` on.
    Text,
    Arrow,
    Comma,
    Plus,
    Minus,
    /// `()`
    Centre,
    End,
}

/// A word and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Name,
    Alias,
    Line,
}

/// Words that a rule looks for, in the order of the rules, and what follows them.
const WORDS: [(&str, Option<Mode>); 30] = [
    ("box", Some(Mode::Line)),
    ("participant", Some(Mode::Name)),
    ("actor", Some(Mode::Name)),
    ("create", None),
    ("destroy", Some(Mode::Name)),
    ("loop", Some(Mode::Line)),
    ("rect", Some(Mode::Line)),
    ("opt", Some(Mode::Line)),
    ("alt", Some(Mode::Line)),
    ("else", Some(Mode::Line)),
    ("par", Some(Mode::Line)),
    ("par_over", Some(Mode::Line)),
    ("and", Some(Mode::Line)),
    ("critical", Some(Mode::Line)),
    ("option", Some(Mode::Line)),
    ("break", Some(Mode::Line)),
    ("end", None),
    ("left of", None),
    ("right of", None),
    ("links", None),
    ("link", None),
    ("properties", None),
    ("details", None),
    ("over", None),
    ("note", None),
    ("activate", Some(Mode::Name)),
    ("deactivate", Some(Mode::Name)),
    ("sequencediagram", None),
    ("autonumber", None),
    ("off", None),
];

/// Words with more behind them that belongs to them.
const TITLES: [&str; 3] = ["title", "acctitle", "accdescr"];

pub(super) const ARROWS: [&str; 26] = [
    "->>", "<<->>", "-->>", "<<-->>", "->", "-->", "-x", "--x", "-)", "--)", "--|\\", "--|/",
    "--\\\\", "--//", "/|--", "\\|--", "//--", "\\\\--", "-|\\", "-|/", "-\\\\", "-//", "/|-",
    "\\|-", "//-", "\\\\-",
];

/// What ends a name although it begins with a dash or the like.
const NO_NAME: [&str; 16] = [
    "-x", "--x", "-)", "--)", "-|\\", "-\\", "-/", "-//", "-|/", "/|-", "\\|-", "//-", "\\\\-",
    "--|\\", "--", "()",
];

/// Cuts a text into words.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    modes: Vec<Mode>,
    is_over: bool,
}

impl<'a> Words<'a> {
    /// The words of a text that [`plain`](super::plain::plain) has gone over.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, modes: Vec::new(), is_over: false }
    }

    /// The next word. Where no rule fits: where that is.
    pub(super) fn next(&mut self) -> Result<Token, usize> {
        loop {
            let start = self.at;
            if self.is_over {
                return Ok(Token { kind: Kind::End, span: start..start });
            }
            self.is_over = start == self.text.len();
            let found = match self.modes.last() {
                None => Some(self.in_text()),
                Some(Mode::Name) => self.in_name(),
                Some(Mode::Alias) => Some(self.in_alias()),
                Some(Mode::Line) => Some(self.in_line()),
            };
            let (length, kind) = found.ok_or(start)?;
            self.at += length;
            if let Some(kind) = kind {
                return Ok(Token { kind, span: start..self.at });
            }
            // Nothing was there to skip, so nothing is left.
            if length == 0 && self.is_over {
                return Ok(Token { kind: Kind::End, span: start..start });
            }
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn in_text(&mut self) -> (usize, Option<Kind>) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return (0, Some(Kind::Newline)) };
        if first == '\n' {
            return (run(rest, |part| part == '\n'), Some(Kind::Newline));
        }
        if is_blank(first) {
            return (run(rest, is_blank), None);
        }
        let is_comment = first == '#' || (first == '%' && !rest[1..].starts_with('{'));
        if is_comment || (first != '}' && rest[first.len_utf8()..].starts_with("%%")) {
            return (line(rest), None);
        }
        if let Some(length) = number(rest) {
            return (length, Some(Kind::Number));
        }
        if let Some(found) = self.word(rest) {
            return found;
        }
        let name = name(rest);
        match first {
            ',' => (1, Some(Kind::Comma)),
            ';' => (1, Some(Kind::Newline)),
            _ if name > 0 => (name, Some(Kind::Name)),
            ':' => (run(rest, |part| !matches!(part, '#' | '\n' | ';')), Some(Kind::Text)),
            _ => {
                let arrow = ARROWS.iter().find(|arrow| starts(rest, arrow));
                match (arrow, first) {
                    (Some(arrow), _) => (arrow.len(), Some(Kind::Arrow)),
                    (None, '+') => (1, Some(Kind::Plus)),
                    (None, '-') => (1, Some(Kind::Minus)),
                    (None, '(') if rest.starts_with("()") => (2, Some(Kind::Centre)),
                    (None, _) => (first.len_utf8(), Some(Kind::Invalid)),
                }
            }
        }
    }

    fn word(&mut self, rest: &str) -> Option<(usize, Option<Kind>)> {
        // Most names are told from words by how they begin.
        if !rest.starts_with(begins_word) {
            return None;
        }
        let first = rest.as_bytes()[0].to_ascii_lowercase();
        let is_whole = |word: &str| {
            word.as_bytes()[0] == first
                && starts(rest, word)
                && !rest[word.len()..]
                    .starts_with(|next: char| next == '_' || next.is_ascii_alphanumeric())
        };
        if let Some((word, mode)) = WORDS.iter().find(|(word, _)| is_whole(word)) {
            self.modes.extend(*mode);
            return Some((word.len(), Some(Kind::Word(word))));
        }
        // A title has at least one blank and something more.
        for word in ["title", "title:"] {
            let behind = rest.get(word.len()..).filter(|_| starts(rest, word));
            let blank =
                behind.and_then(|behind| behind.chars().next().filter(|part| is_blank(*part)));
            if let Some(blank) = blank {
                let start = word.len() + blank.len_utf8();
                let length = run(&rest[start..], |part| !matches!(part, '#' | '\n' | ';'));
                if length > 0 {
                    return Some((start + length, Some(Kind::Word("title"))));
                }
            }
        }
        for (word, mark) in [("acctitle", ':'), ("accdescr", ':'), ("accdescr", '{')] {
            let Some(behind) = rest.get(word.len()..).filter(|_| starts(rest, word)) else {
                continue;
            };
            let blanks = run(behind, is_blank);
            let Some(after) = behind[blanks..].strip_prefix(mark) else { continue };
            let start = word.len() + blanks + 1 + run(after, is_blank);
            let value = &rest[start..];
            let length = if mark == '{' {
                // Up to its brace, or to the end where there is none.
                value.find('}').map_or(value.len(), |end| end + 1)
            } else {
                line(value)
            };
            let is_nothing = mark == '{' && value.starts_with('}');
            return Some((start + length, (!is_nothing).then_some(Kind::Word("acc"))));
        }
        None
    }

    fn in_name(&mut self) -> Option<(usize, Option<Kind>)> {
        let rest = self.rest();
        let first = rest.chars().next()?;
        if let Some(length) = passed_over(rest) {
            return Some((length, None));
        }
        if rest.starts_with("@{") {
            return Some(self.config(rest));
        }
        let narrow = run(rest, |part| {
            !matches!(part, '<'..='>' | '-' | ':' | '\n' | ',' | ';' | '@') && !is_blank(part)
        });
        if narrow > 0 && rest[narrow..].starts_with("@{") {
            return Some((narrow, Some(Kind::Name)));
        }
        let is_part = |part: char| !matches!(part, '<' | '>' | ':' | '\n' | ',' | ';' | '@');
        let word = run(rest, |part| is_part(part) && !is_blank(part));
        if word > 0 && is_alias(&rest[word..]) {
            self.modes.push(Mode::Alias);
            return Some((word, Some(Kind::Name)));
        }
        let whole = run(rest, is_part);
        if whole > 0 {
            let blanks = run(&rest[whole..], is_blank);
            let next = rest[whole + blanks..].chars().next();
            let ends = rest.len() == whole
                || matches!(next, Some('\n' | ';' | '#'))
                || rest[whole..whole + blanks].contains('\n');
            let end =
                if ends { Some(whole) } else { rest[..whole].rfind('#').filter(|at| *at > 0) };
            if let Some(end) = end {
                self.modes.pop();
                return Some((end, Some(Kind::Name)));
            }
        }
        if first == '\n' {
            return None;
        }
        self.modes.pop();
        Some((line(rest), Some(Kind::Invalid)))
    }

    /// `@{ … }`, and whether an alias follows it.
    fn config(&mut self, rest: &str) -> (usize, Option<Kind>) {
        let Some(length) = rest.find('}').filter(|end| *end > 2) else {
            return (line(rest).max(2), Some(Kind::Invalid));
        };
        let behind = &rest[length + 1..];
        if is_alias(behind) {
            self.modes.push(Mode::Alias);
        } else {
            self.modes.pop();
        }
        (length + 1, Some(Kind::Config))
    }

    fn in_alias(&mut self) -> (usize, Option<Kind>) {
        let rest = self.rest();
        if let Some(length) = passed_over(rest) {
            return (length, None);
        }
        self.modes.truncate(self.modes.len() - 2);
        if starts(rest, "as")
            && !rest[2..].starts_with(|next: char| next == '_' || next.is_ascii_alphanumeric())
        {
            self.modes.push(Mode::Line);
            return (2, Some(Kind::Word("as")));
        }
        (0, Some(Kind::Newline))
    }

    fn in_line(&mut self) -> (usize, Option<Kind>) {
        let rest = self.rest();
        if let Some(length) = passed_over(rest) {
            return (length, None);
        }
        self.modes.pop();
        (run(rest, |part| !matches!(part, '#' | '\n' | ';')), Some(Kind::Rest))
    }
}

/// Whether a word of the grammar begins with this.
fn begins_word(first: char) -> bool {
    matches!(first.to_ascii_lowercase(), 'a'..='e' | 'l' | 'n'..='p' | 'r'..='t')
}

/// Blanks as JavaScript's `\s` has them.
fn is_blank(part: char) -> bool {
    matches!(
        part,
        '\t'..='\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}'
            | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

/// Blanks or a comment at the beginning of a text, within its line.
fn passed_over(text: &str) -> Option<usize> {
    let blanks = run(text, |part| part != '\n' && is_blank(part));
    let length = if blanks == 0 && text.starts_with('#') { line(text) } else { blanks };
    (length > 0).then_some(length)
}

/// Bytes at the beginning of a text that belong together.
fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|part| !belongs(part)).unwrap_or(text.len())
}

fn line(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// Whether a text begins with a word, in any case.
fn starts(text: &str, word: &str) -> bool {
    let start = text.as_bytes().get(..word.len());
    start.is_some_and(|start| {
        // Most words are told apart by how they begin.
        start[0].eq_ignore_ascii_case(&word.as_bytes()[0])
            && start.eq_ignore_ascii_case(word.as_bytes())
    })
}

/// Whether ` as ` follows.
fn is_alias(text: &str) -> bool {
    let blanks = run(text, is_blank);
    let behind = &text[blanks..];
    blanks > 0 && starts(behind, "as") && behind[2..].starts_with(is_blank)
}

fn number(text: &str) -> Option<usize> {
    let digits = run(text, |part| part.is_ascii_digit());
    let part =
        text[digits..].strip_prefix('.').map_or(0, |part| run(part, |part| part.is_ascii_digit()));
    let length = if (1..=2).contains(&part) { digits + 1 + part } else { digits };
    (length > 0 && text[length..].starts_with([' ', '\n'])).then_some(length)
}

/// Bytes of a participant's name at the beginning of a text.
fn name(text: &str) -> usize {
    let mut end = run(text, |part| {
        !matches!(part, '/' | '\\' | '+' | '(' | ')' | '<' | '-' | '>' | ':' | '\n' | ',' | ';')
    });
    if end == 0 {
        return 0;
    }
    loop {
        let rest = &text[end..];
        if rest.starts_with(['-', '/', '\\', '(']) && NO_NAME.iter().any(|mark| starts(rest, mark))
        {
            return end;
        }
        let dashes = run(rest, |part| part == '-');
        let more = run(&rest[dashes..], |part| {
            !matches!(part, '+' | '<' | '-' | '>' | ':' | '\n' | ',' | ';')
        });
        if more == 0 {
            return end;
        }
        end += dashes + more;
    }
}

/// Whether a text is a participant's name without doubt: letters, digits, `_`, `.` and dashes that begin
/// no arrow, behind what is no word of the grammar.
pub(super) fn is_plain_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let first = &text[..bytes.iter().take_while(|byte| is_letter(byte)).count()];
    let mut words = WORDS.iter().map(|(word, _)| *word).chain(TITLES);
    let is_plain = |(at, byte): (usize, &u8)| match byte {
        b'-' => bytes.get(at + 1).is_some_and(|next| is_letter(next) && !b"xX".contains(next)),
        byte => is_letter(byte) || *byte == b'.',
    };
    !first.is_empty()
        && bytes.iter().enumerate().all(is_plain)
        && !words.any(|word| word.eq_ignore_ascii_case(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_begins_as_words_begin() {
        let words = WORDS.iter().map(|(word, _)| *word).chain(TITLES);
        assert!(words.into_iter().all(|word| word.starts_with(begins_word)));
        assert!(!NO_NAME.iter().any(|mark| !mark.starts_with(['-', '/', '\\', '('])));
    }
}
