//! A sequence diagram as values, each with its place in the text that it was read from.

use std::ops::Range;

/// A sequence diagram.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagram {
    /// Its statements in order; those in blocks and boxes stand in them. Comments are none.
    pub statements: Vec<Statement>,
}

/// A statement and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its bytes in the text, without the blanks around it and what ends it. That of a block or box
    /// reaches from its first word to its `end`.
    pub span: Range<usize>,
    /// What it says.
    pub kind: StatementKind,
}

/// What a statement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// The line `sequenceDiagram`.
    Header,
    /// `participant` or `actor`, with or without `create` before it.
    Participant(Participant),
    /// `destroy`, with the participant's name.
    Destroy(String),
    /// An arrow with its text.
    Message(Arrow),
    /// `activate` or `deactivate`.
    Activation {
        /// Whose bar begins or ends.
        participant: String,
        /// Whether it begins.
        begins: bool,
    },
    /// `Note`, with the participants that it stands at and its text.
    Note {
        /// Those it stands beside or over.
        participants: Vec<String>,
        /// What it says.
        text: String,
    },
    /// `autonumber`.
    Autonumber(Autonumber),
    /// `box`, with what stands in it.
    Box {
        /// What stands behind the word: colour and name.
        label: String,
        /// Its participants.
        statements: Vec<Statement>,
    },
    /// `opt`, `loop` and the like.
    Block(Block),
    /// Anything that says something about the diagram and nothing of the sequence: `title`,
    /// `accTitle`, `accDescr`, `link`, `links`, `properties`, `details`.
    Remark,
}

/// A participant that is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// What messages call it.
    pub name: String,
    /// What the diagram shows instead of the name, if it says so.
    pub alias: Option<String>,
    /// Whether it appears with the next message only.
    pub is_created: bool,
}

/// A message as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// Who stands left of the arrow.
    pub from: String,
    /// Who stands right of it.
    pub to: String,
    /// The arrow itself as written, such as `-->>`, without `+` and `-`.
    pub head: String,
    /// Whether its line is dotted, as that of replies is.
    pub is_dotted: bool,
    /// The bar that begins or ends with it: `+` or `-`.
    pub activation: Option<char>,
    /// What it says, entities as they are written.
    pub text: String,
    /// Where the text stands; empty and at the end where there is none.
    pub text_span: Range<usize>,
}

/// `autonumber` in its forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Autonumber {
    /// Numbers are shown; from `start` on if it is given, else as they go on, `step` apart.
    On {
        /// The number of the next message.
        start: Option<u64>,
        /// How far apart numbers are.
        step: Option<u64>,
    },
    /// Numbers are not shown from here on.
    Off,
}

/// Statements under a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Which condition.
    pub kind: BlockKind,
    /// One where the grammar knows only one, such as for `opt`.
    pub branches: Vec<Branch>,
}

/// The sorts of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// `loop`.
    Loop,
    /// `alt` and its `else`.
    Alt,
    /// `opt`.
    Opt,
    /// `par`, and `par_over`, with `and`.
    Par,
    /// `critical` and its `option`.
    Critical,
    /// `break`.
    Break,
    /// `rect`: a background.
    Rect,
}

/// One of the ways a block goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// What stands behind `opt`, `else` and the like.
    pub label: String,
    /// The line that begins it, without the blanks around it.
    pub opener: Range<usize>,
    /// What happens in it.
    pub statements: Vec<Statement>,
}

impl Diagram {
    /// All messages in the order of the text, whatever blocks they stand in.
    pub fn arrows(&self) -> Vec<&Arrow> {
        let mut arrows = Vec::new();
        gather(&self.statements, &mut arrows);
        arrows
    }

    /// The participants that are declared.
    pub fn participants(&self) -> Vec<&Participant> {
        let mut participants = Vec::new();
        let mut open: Vec<&Statement> = self.statements.iter().rev().collect();
        while let Some(statement) = open.pop() {
            match &statement.kind {
                StatementKind::Participant(participant) => participants.push(participant),
                StatementKind::Box { statements, .. } => open.extend(statements.iter().rev()),
                StatementKind::Block(block) => {
                    let inside = block.branches.iter().rev();
                    open.extend(inside.flat_map(|branch| branch.statements.iter().rev()));
                }
                _ => {}
            }
        }
        participants
    }

    /// The line of each of the [messages](Self::arrows) in the text that was read, counted from 0.
    pub fn lines_of_arrows(&self, text: &str) -> Vec<usize> {
        let (mut line, mut at) = (0, 0);
        let of_arrow = |arrow: &Arrow| {
            line += text[at..arrow.text_span.start].matches('\n').count();
            at = arrow.text_span.start;
            line
        };
        self.arrows().into_iter().map(of_arrow).collect()
    }
}

fn gather<'a>(statements: &'a [Statement], arrows: &mut Vec<&'a Arrow>) {
    for statement in statements {
        match &statement.kind {
            StatementKind::Message(arrow) => arrows.push(arrow),
            StatementKind::Box { statements, .. } => gather(statements, arrows),
            StatementKind::Block(block) => {
                block.branches.iter().for_each(|branch| gather(&branch.statements, arrows));
            }
            _ => {}
        }
    }
}
