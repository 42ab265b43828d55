//! Reads a sequence diagram as Mermaid does: what its own parser accepts is accepted, and nothing
//! else.
//!
//! In: a text with or without the line `sequenceDiagram`; without it, it is read as if that stood
//! before it. Out: a [`Diagram`] whose places are those of the text, or the first [`Fault`].
//! Grammar as of Mermaid 11.17.

mod plain;
mod sense;
mod words;

use std::ops::Range;

use super::diagram::{
    Arrow, Autonumber, Block, BlockKind, Branch, Diagram, Participant, Statement, StatementKind,
};
use words::{Kind, Token, Words};

/// How deep blocks may nest.
const DEEPEST: usize = 64;

/// Why a text is no sequence diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Offset in bytes.
    pub at: usize,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// Lower case, no full stop.
    pub message: String,
    /// What may help.
    pub hint: Option<String>,
}

impl Diagram {
    /// Reads a diagram.
    ///
    /// # Errors
    ///
    /// What Mermaid would refuse first.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let plain = plain::plain(text);
        let parsed = Parser::new(text, &plain).and_then(Parser::diagram);
        let parsed = parsed.and_then(|diagram| sense::check(&diagram).map(|()| diagram));
        parsed.map_err(|Wrong { at, message, hint }| {
            let before = &text[..at];
            let start = before.rfind('\n').map_or(0, |end| end + 1);
            let line = before.matches('\n').count() + 1;
            let column = before[start..].chars().count() + 1;
            Fault { at, line, column, message, hint }
        })
    }
}

/// A fault before it is known in which line it is.
struct Wrong {
    at: usize,
    message: String,
    hint: Option<String>,
}

fn wrong<T>(at: usize, message: impl Into<String>, hint: Option<&str>) -> Result<T, Wrong> {
    Err(Wrong { at, message: message.into(), hint: hint.map(str::to_owned) })
}

/// Whether a text is one participant's name to Mermaid wherever messages name it.
pub(super) fn is_whole_name(text: &str) -> bool {
    if words::is_plain_name(text) {
        return true;
    }
    let message = format!("{text}->>{text}: x");
    let diagram = Diagram::parse(&message);
    diagram.is_ok_and(|diagram| match diagram.arrows()[..] {
        [arrow] => arrow.from == text && arrow.to == text,
        _ => false,
    })
}

struct Parser<'a> {
    text: &'a str,
    words: Words<'a>,
    next: Token,
    /// Where the last word that was taken ends.
    end: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, plain: &'a str) -> Result<Self, Wrong> {
        let next = Token { kind: Kind::End, span: 0..0 };
        let mut parser = Self { text, words: Words::new(plain), next, end: 0, depth: 0 };
        parser.advance()?;
        Ok(parser)
    }

    fn advance(&mut self) -> Result<Token, Wrong> {
        let Ok(next) = self.words.next() else {
            return wrong(self.next.span.end, "a name is missing here", None);
        };
        let taken = std::mem::replace(&mut self.next, next);
        self.end = taken.span.end.max(self.end);
        Ok(taken)
    }

    fn take(&mut self, kind: Kind, what: &str) -> Result<Token, Wrong> {
        if self.next.kind == kind { self.advance() } else { self.unexpected(what) }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.next.kind, Kind::Word(next) if next == word)
    }

    fn said(&self, token: &Token) -> &'a str {
        self.text[token.span.clone()].trim()
    }

    /// The fault that something else stands here than what is wanted.
    fn unexpected<T>(&self, wanted: &str) -> Result<T, Wrong> {
        let found = match self.next.kind {
            Kind::End => "the end of the diagram".to_owned(),
            Kind::Newline => "the end of the line".to_owned(),
            _ => format!("`{}`", self.said(&self.next).lines().next().unwrap_or_default()),
        };
        let hint = match self.next.kind {
            Kind::Word(word @ ("end" | "else" | "and" | "option")) => {
                Some(format!("take `{word}` out, or begin the block that it belongs to"))
            }
            Kind::End if wanted == "`end`" => Some("end each block with `end`".to_owned()),
            _ => None,
        };
        let at = self.next.span.start.min(self.text.len());
        Err(Wrong { at, message: format!("expected {wanted}, found {found}"), hint })
    }

    fn diagram(mut self) -> Result<Diagram, Wrong> {
        while self.next.kind == Kind::Newline {
            self.advance()?;
        }
        let mut statements = Vec::new();
        if self.is_word("sequencediagram") {
            let token = self.advance()?;
            // The grammar knows any case, and what chooses the grammar does not.
            if self.said(&token) != "sequenceDiagram" {
                return wrong(
                    token.span.start,
                    "Mermaid knows no such diagram",
                    Some("write `sequenceDiagram`"),
                );
            }
            statements.push(Statement { span: token.span, kind: StatementKind::Header });
        }
        statements.extend(self.document()?);
        if self.next.kind != Kind::End {
            return self.unexpected("a statement");
        }
        Ok(Diagram { statements })
    }

    /// Statements up to one that begins none.
    fn document(&mut self) -> Result<Vec<Statement>, Wrong> {
        let mut statements = Vec::new();
        loop {
            match self.next.kind {
                Kind::Newline | Kind::Invalid => {
                    self.advance()?;
                }
                Kind::Name => statements.push(self.message()?),
                Kind::Word(word) => match self.statement(word)? {
                    Some(statement) => statements.push(statement),
                    None => return Ok(statements),
                },
                _ => return Ok(statements),
            }
        }
    }

    fn statement(&mut self, word: &'static str) -> Result<Option<Statement>, Wrong> {
        let start = self.next.span.start;
        let kind = match word {
            "participant" | "actor" | "create" | "destroy" => self.participant(word)?,
            "box" => {
                self.advance()?;
                let label = self.rest()?;
                let mut statements = Vec::new();
                loop {
                    let start = self.next.span.start;
                    match self.next.kind {
                        Kind::Newline => {
                            self.advance()?;
                        }
                        Kind::Word(word @ ("participant" | "actor" | "destroy")) => {
                            let kind = self.participant(word)?;
                            statements.push(Statement { span: start..self.end, kind });
                        }
                        _ => break,
                    }
                }
                self.ending()?;
                StatementKind::Box { label, statements }
            }
            "autonumber" => self.autonumber()?,
            "activate" | "deactivate" => {
                self.advance()?;
                let name = self.name()?;
                StatementKind::Activation { participant: name, begins: word == "activate" }
            }
            "note" => self.note()?,
            "links" | "link" | "properties" | "details" => {
                self.advance()?;
                self.name()?;
                self.take(Kind::Text, "`:`")?;
                StatementKind::Remark
            }
            "title" | "acc" => {
                self.advance()?;
                return Ok(Some(Statement { span: start..self.end, kind: StatementKind::Remark }));
            }
            "loop" => self.block(BlockKind::Loop, "")?,
            "rect" => self.block(BlockKind::Rect, "")?,
            "opt" => self.block(BlockKind::Opt, "")?,
            "alt" => self.block(BlockKind::Alt, "else")?,
            "par" | "par_over" => self.block(BlockKind::Par, "and")?,
            "critical" => self.block(BlockKind::Critical, "option")?,
            "break" => self.block(BlockKind::Break, "")?,
            _ => return Ok(None),
        };
        let span = start..self.end;
        let is_line = matches!(
            kind,
            StatementKind::Autonumber(_)
                | StatementKind::Activation { .. }
                | StatementKind::Note { .. }
                | StatementKind::Remark
        );
        if is_line {
            self.line_end()?;
        }
        Ok(Some(Statement { span, kind }))
    }

    fn line_end(&mut self) -> Result<(), Wrong> {
        let end = self.end;
        self.take(Kind::Newline, "the end of the line")?;
        self.end = end;
        Ok(())
    }

    fn ending(&mut self) -> Result<(), Wrong> {
        if !self.is_word("end") {
            return self.unexpected("`end`");
        }
        self.advance().map(drop)
    }

    fn rest(&mut self) -> Result<String, Wrong> {
        let token = self.take(Kind::Rest, "a label")?;
        Ok(unwrapped(self.said(&token)).to_owned())
    }

    fn name(&mut self) -> Result<String, Wrong> {
        let token = self.take(Kind::Name, "a participant")?;
        Ok(self.said(&token).to_owned())
    }

    fn participant(&mut self, word: &'static str) -> Result<StatementKind, Wrong> {
        self.advance()?;
        let (word, is_created) = match (word, self.next.kind) {
            ("create", Kind::Word(word @ ("participant" | "actor" | "destroy"))) => {
                self.advance()?;
                (word, true)
            }
            ("create", _) => return self.unexpected("`participant` or `actor`"),
            _ => (word, false),
        };
        let name = self.name()?;
        let mut alias = None;
        if word != "destroy" {
            if self.next.kind == Kind::Config {
                let token = self.advance()?;
                sense::settings(self.said(&token)).or_else(|message| {
                    wrong(
                        token.span.start,
                        message,
                        Some("write settings as `@{ \"type\": \"queue\" }`"),
                    )
                })?;
            }
            if self.is_word("as") {
                self.advance()?;
                alias = Some(self.rest()?);
            }
        }
        self.line_end()?;
        Ok(match (word, is_created) {
            ("destroy", false) => StatementKind::Destroy(name),
            _ => StatementKind::Participant(Participant { name, alias, is_created }),
        })
    }

    fn autonumber(&mut self) -> Result<StatementKind, Wrong> {
        self.advance()?;
        if self.is_word("off") {
            self.advance()?;
            return Ok(StatementKind::Autonumber(Autonumber::Off));
        }
        let mut number = || {
            let token = (self.next.kind == Kind::Number).then(|| self.advance()).transpose()?;
            // Mermaid counts in fractions, too; they are read down to the whole.
            Ok(token.map(|token| {
                self.said(&token)
                    .split('.')
                    .next()
                    .and_then(|whole| whole.parse().ok())
                    .unwrap_or(0)
            }))
        };
        let start = number()?;
        let step = if start.is_some() { number()? } else { None };
        Ok(StatementKind::Autonumber(Autonumber::On { start, step }))
    }

    fn note(&mut self) -> Result<StatementKind, Wrong> {
        self.advance()?;
        let Kind::Word(place @ ("left of" | "right of" | "over")) = self.next.kind else {
            return self.unexpected("`left of`, `right of` or `over`");
        };
        self.advance()?;
        let mut participants = vec![self.name()?];
        if place == "over" && self.next.kind == Kind::Comma {
            self.advance()?;
            participants.push(self.name()?);
        }
        let (text, _) = self.words_behind_colon()?;
        Ok(StatementKind::Note { participants, text })
    }

    /// What stands behind `:`, and where.
    fn words_behind_colon(&mut self) -> Result<(String, Range<usize>), Wrong> {
        let token = self.take(Kind::Text, "`:` and a text")?;
        let behind = &self.text[token.span.start + 1..token.span.end];
        let text = unwrapped(behind.trim());
        let blanks = behind.trim_end().len();
        let start = token.span.start + 1 + blanks - text.len();
        self.end = start + text.len();
        Ok((text.to_owned(), start..start + text.len()))
    }

    fn message(&mut self) -> Result<Statement, Wrong> {
        let start = self.next.span.start;
        let from = self.name()?;
        let is_central = self.next.kind == Kind::Centre;
        if is_central {
            self.advance()?;
        }
        let arrow = self.take(Kind::Arrow, "an arrow")?;
        let head = self.said(&arrow).to_owned();
        let mut activation = None;
        match self.next.kind {
            Kind::Plus if !is_central => activation = Some('+'),
            Kind::Minus if !is_central => activation = Some('-'),
            Kind::Centre => {}
            _ => {
                return self.message_to(start, (from, head, None));
            }
        }
        self.advance()?;
        self.message_to(start, (from, head, activation))
    }

    fn message_to(
        &mut self,
        start: usize,
        (from, head, activation): (String, String, Option<char>),
    ) -> Result<Statement, Wrong> {
        let to = self.name()?;
        let (text, text_span) = self.words_behind_colon()?;
        let span = start..self.end;
        self.line_end()?;
        let is_dotted = head.contains("--");
        let arrow = Arrow { from, to, head, is_dotted, activation, text, text_span };
        Ok(Statement { span, kind: StatementKind::Message(arrow) })
    }

    /// A block whose further branches begin with a word.
    fn block(&mut self, kind: BlockKind, further: &str) -> Result<StatementKind, Wrong> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return wrong(self.next.span.start, "blocks nest deeper than doctool reads", None);
        }
        let mut branches = Vec::new();
        loop {
            let start = self.next.span.start;
            self.advance()?;
            let label = self.rest()?;
            let opener = start..start + self.text[start..self.end].trim_end().len();
            let statements = self.document()?;
            branches.push(Branch { label, opener, statements });
            if further.is_empty() || !self.is_word(further) {
                break;
            }
        }
        self.ending()?;
        self.depth -= 1;
        Ok(StatementKind::Block(Block { kind, branches }))
    }
}

/// A text without the mark that says whether it is wrapped.
fn unwrapped(text: &str) -> &str {
    let text = text.trim();
    let rest = text.strip_prefix(':').unwrap_or(text);
    let rest = rest.strip_prefix("wrap:").or_else(|| rest.strip_prefix("nowrap:"));
    rest.map_or(text, str::trim)
}

#[cfg(test)]
mod tests;
