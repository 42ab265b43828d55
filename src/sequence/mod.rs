//! A Mermaid sequence diagram as lines: which are messages, which blocks they stand in, and which notes
//! and comments belong to them.
//!
//! In: the diagram's text, with or without the line `sequenceDiagram`. Out: a [`Drawing`]. Reads any
//! text and never fails: what it does not know is a line like others.

pub mod diagram;
mod learning;
pub mod matching;
mod parse;
pub mod readable;
mod template;
pub mod written;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use diagram::Diagram;
pub use learning::{Learnt, learnt};
pub use parse::Fault;
pub use template::{Template, shape};

static MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    // As `parse` knows them: whole and half heads on either side.
    let arrow = r"(?:<<)?--?(?:>>?|x|\)|\|[\\/]|\\\\|//)|(?:/\||\\\||//|\\\\)--?";
    Regex::new(&format!(
        r"^\s*(?<from>[^\s:%][^:]*?)\s*(?<arrow>{arrow})\s*(?<active>[+-]?)\s*(?<to>[^\s:>][^:]*?)\s*:\s*(?<label>.*?)\s*$",
    ))
    .expect("the pattern is valid")
});

/// A message as its line has it.
#[derive(Debug, PartialEq, Eq)]
struct Message<'a> {
    from: &'a str,
    to: &'a str,
    is_dotted: bool,
    /// How many bars begin with it; -1 where one ends.
    bars: i64,
    label: &'a str,
    /// Where the label begins.
    start: usize,
}

impl<'a> Message<'a> {
    /// The message that a line is, if it is one.
    fn read(line: &'a str) -> Option<Self> {
        Self::plain(line).or_else(|| Self::any(line))
    }

    /// A message in any form that the grammar has.
    fn any(line: &'a str) -> Option<Self> {
        let found = MESSAGE.captures(line)?;
        let part = |name| found.name(name).map_or("", |part| part.as_str());
        let bars = match part("active") {
            "+" => 1,
            "-" => -1,
            _ => 0,
        };
        let is_dotted = part("arrow").contains("--");
        let start = found.name("label").map_or(line.len(), |label| label.start());
        let label = part("label");
        let (mut from, mut to) = (part("from"), part("to"));
        // `()` is where an arrow meets the middle of a bar, or belongs to a name: the grammar knows.
        if (from.ends_with("()") || to.starts_with("()"))
            && let Ok(diagram) = Diagram::parse(line)
            && let [arrow] = diagram.arrows()[..]
        {
            from = from.get(..arrow.from.len()).unwrap_or(from);
            to = to.strip_prefix("()").map_or(to, str::trim_start);
        }
        Some(Self { from, to, is_dotted, bars, label, start })
    }
}

impl<'a> Message<'a> {
    /// The message that a line is without doubt: as doctool writes it, between names of letters, digits,
    /// `_`, `.` and `-`.
    fn plain(line: &'a str) -> Option<Self> {
        let whole = line.trim_end();
        let text = whole.trim_start();
        let from = plain_name(text)?;
        let rest = &text[from.len()..];
        let (is_dotted, rest) = match rest.strip_prefix("-->>") {
            Some(rest) => (true, rest),
            None => (false, rest.strip_prefix("->>")?),
        };
        let to = plain_name(rest)?;
        let label = rest[to.len()..].strip_prefix(':')?.trim_start();
        let start = if label.is_empty() { line.len() } else { whole.len() - label.len() };
        Some(Self { from, to, is_dotted, bars: 0, label, start })
    }
}

/// The name that a text begins with, up to the arrow or colon behind it. A dash that could begin any
/// other arrow is none of a plain name.
fn plain_name(text: &str) -> Option<&str> {
    let bytes = text.as_bytes();
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let mut end = 0;
    loop {
        end += bytes[end..].iter().take_while(|byte| is_letter(byte)).count();
        match &bytes[end..] {
            [] | [b':', ..] | [b'-', b'>', b'>', ..] | [b'-', b'-', b'>', b'>', ..] => break,
            [b'-', b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'w' | b'y' | b'z', ..] => end += 1,
            _ => return None,
        }
    }
    bytes.first()?.is_ascii_alphanumeric().then(|| &text[..end])
}

/// Words that begin a line which is no message.
const WORDS: [&str; 29] = [
    "accdescr",
    "acctitle",
    "activate",
    "actor",
    "alt",
    "and",
    "autonumber",
    "box",
    "break",
    "create",
    "critical",
    "deactivate",
    "destroy",
    "details",
    "else",
    "end",
    "link",
    "links",
    "loop",
    "note",
    "opt",
    "option",
    "par",
    "par_over",
    "participant",
    "properties",
    "rect",
    "sequencediagram",
    "title",
];

/// Words that begin a block.
pub const OPENING: [&str; 9] =
    ["alt", "box", "break", "critical", "loop", "opt", "par", "par_over", "rect"];

/// A diagram as its lines.
pub struct Drawing<'a> {
    /// All lines in order.
    pub lines: Vec<Line<'a>>,
    /// The lines of the messages.
    pub messages: Vec<usize>,
    /// In the order of their first lines, so that an outer one comes before what is in it.
    pub blocks: Vec<Block>,
}

/// A line of a diagram.
pub struct Line<'a> {
    /// As it stands, indent included.
    pub text: &'a str,
    /// Which message it is, if it is one.
    pub message: Option<usize>,
    /// The innermost block that it stands in; its first and last lines stand in it, too.
    pub block: Option<usize>,
}

/// Lines from `opt`, `alt` and the like to `end`.
pub struct Block {
    /// Its first line.
    pub open: usize,
    /// Its last line.
    pub close: usize,
    /// The block that it stands in.
    pub parent: Option<usize>,
}

impl Line<'_> {
    /// The word of the grammar that the line begins with, in lower case; none for a message.
    pub fn word(&self) -> Option<String> {
        if self.message.is_some() { None } else { word(self.text) }
    }

    /// Whether the line ends a block.
    pub fn is_end(&self) -> bool {
        self.word().as_deref() == Some("end")
    }

    /// Whether the line is a comment.
    pub fn is_comment(&self) -> bool {
        self.text.trim_start().starts_with("%%")
    }

    /// Whether the line says something about the message above it.
    fn is_remark(&self) -> bool {
        matches!(self.word().as_deref(), Some("note" | "activate" | "deactivate"))
    }
}

impl<'a> Drawing<'a> {
    /// Reads a diagram. A block that is not closed goes on to the last line.
    pub fn read(text: &'a str) -> Self {
        let mut drawing = Self { lines: Vec::new(), messages: Vec::new(), blocks: Vec::new() };
        let mut open: Vec<usize> = Vec::new();
        for (index, text) in text.lines().enumerate() {
            let mut line = Line { text, message: None, block: open.last().copied() };
            match word(text) {
                Some(word) if OPENING.contains(&&*word) => {
                    let block = drawing.blocks.len();
                    drawing.blocks.push(Block { open: index, close: 0, parent: line.block });
                    open.push(block);
                    line.block = Some(block);
                }
                Some(word) if word == "end" => {
                    if let Some(block) = open.pop() {
                        drawing.blocks[block].close = index;
                    }
                }
                Some(_) => {}
                None if Message::plain(text).is_some() || MESSAGE.is_match(text) => {
                    line.message = Some(drawing.messages.len());
                    drawing.messages.push(index);
                }
                None => {}
            }
            drawing.lines.push(line);
        }
        for block in open {
            drawing.blocks[block].close = drawing.lines.len() - 1;
        }
        drawing
    }

    /// A message without the blanks around it.
    pub fn message(&self, message: usize) -> &'a str {
        self.lines[self.messages[message]].text.trim()
    }

    /// The lines of a message and of what belongs to it: comments above, notes below.
    pub fn attached(&self, message: usize) -> Range<usize> {
        let line = self.messages[message];
        let before = self.lines[..line].iter().rev().take_while(|line| line.is_comment());
        let after = self.lines[line + 1..].iter().take_while(|line| line.is_remark());
        line - before.count()..line + 1 + after.count()
    }

    /// Where something goes that comes before a message, and before the blocks around it.
    pub fn before(&self, message: usize) -> usize {
        match self.outermost(message) {
            Some(block) => self.blocks[block].open,
            None => self.attached(message).start,
        }
    }

    /// Where something goes that comes after everything: behind the last message and its blocks.
    pub fn end(&self) -> usize {
        let Some(last) = self.messages.len().checked_sub(1) else { return self.lines.len() };
        match self.outermost(last) {
            Some(block) => self.blocks[block].close + 1,
            None => self.attached(last).end,
        }
    }

    /// The outermost block around a message.
    pub fn outermost(&self, message: usize) -> Option<usize> {
        let inner = self.lines[self.messages[message]].block;
        std::iter::successors(inner, |&block| self.blocks[block].parent).last()
    }

    /// The messages that stand in a block.
    pub fn inside(&self, block: usize) -> Range<usize> {
        let Block { open, close, .. } = self.blocks[block];
        let first = self.messages.partition_point(|&line| line < open);
        first..self.messages.partition_point(|&line| line <= close)
    }

    /// Whether a message stands in a block.
    pub fn is_in(&self, message: usize, block: usize) -> bool {
        self.inside(block).contains(&message)
    }
}

/// The word of the grammar that a line begins with, in lower case.
fn word(text: &str) -> Option<String> {
    let text = text.trim_start();
    let is_other = |part: char| !part.is_alphanumeric() && part != '_';
    let (first, rest) = text.split_at(text.find(is_other).unwrap_or(text.len()));
    if first.is_ascii() && !WORDS.iter().any(|word| word.eq_ignore_ascii_case(first)) {
        return None;
    }
    let word = first.to_lowercase();
    let ends = rest.is_empty() || rest.starts_with([' ', '\t', ':', '{']);
    (ends
        && WORDS.contains(&&*word)
        && !(rest.trim_start().starts_with("->") || rest.trim_start().starts_with("--")))
    .then_some(word)
}

/// A message with one way of writing blanks and arrows: what two lines are compared by.
pub fn normal(line: &str) -> Cow<'_, str> {
    let text = line.trim();
    let Some(Message { from, to, is_dotted, label, .. }) = Message::read(line) else {
        return text.into();
    };
    let parts = [from, if is_dotted { "-->>" } else { "->>" }, to, ": "];
    match parts.iter().try_fold(text, |rest, part| rest.strip_prefix(part)) {
        Some(rest) if rest == label => text.into(),
        _ => (parts.concat() + label).into(),
    }
}

/// The ends of a message, and which half of an exchange it is.
pub fn ends(line: &str) -> Option<(String, String, bool)> {
    let Message { from, to, is_dotted, .. } = Message::read(line)?;
    Some((from.to_owned(), to.to_owned(), is_dotted))
}

/// The label of a message, with where it begins.
pub fn label(line: &str) -> Option<(usize, &str)> {
    Message::read(line).map(|message| (message.start, message.label))
}

/// How many bars begin with a message: 1 with one, -1 where one ends with it.
pub fn activation(line: &str) -> i64 {
    Message::read(line).map_or(0, |message| message.bars)
}

/// What a line begins with.
pub fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

#[cfg(test)]
mod tests {
    use super::{Drawing, Message};

    /// Parts of lines in any order: what is read the short way is compared with the pattern.
    #[test]
    fn a_plain_message_is_read_as_the_pattern_reads_it() {
        const PARTS: [&str; 16] = [
            "a", "nova-x", "b.c_1", "-", "->>", "-->>", "->", "x", ":", ": ", " ", "\t", "+",
            "GET /x", "()", "한",
        ];
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut plain = 0;
        for _ in 0..50_000 {
            let mut line = String::new();
            for fixed in [None, None, Some("->>"), None, None, Some(":"), None, None] {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let index = usize::try_from((state >> 33) % 32).expect("it is small");
                line.push_str(fixed.filter(|_| index < 24).unwrap_or(PARTS[index % PARTS.len()]));
            }
            if let Some(message) = Message::plain(&line) {
                plain += 1;
                assert_eq!(Some(message), Message::any(&line), "{line:?}");
            }
        }
        assert!(plain > 100, "{plain}");
    }

    #[test]
    fn every_block_of_the_grammar_ends_with_its_own_end() {
        for word in super::OPENING {
            let text =
                format!("opt outside\n{word} inside\na->>b: x\nend\nb->>c: y\nend\nc->>d: z\n");
            let drawing = Drawing::read(&text);
            let blocks: Vec<_> =
                drawing.messages.iter().map(|&line| drawing.lines[line].block).collect();
            assert_eq!(blocks, [Some(1), Some(0), None], "{word}");
        }
    }
}
