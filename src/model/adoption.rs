//! What is known of a page that people made: how far its views tell the same, and what was edited.

use std::fmt;

use super::{Leak, Place, ViewKind};

/// What was found about one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adoption {
    /// The page's path below docs_dir.
    pub path: String,
    /// Messages in the page's last recording; none when there is no recording.
    pub messages: Option<usize>,
    /// Its views.
    pub views: Vec<AdoptedView>,
    /// What people edited and a refresh keeps.
    pub edits: Vec<HandEdit>,
    /// What a refresh would not know what to do with.
    pub unplaced: Vec<Unplaced>,
    /// Words that name steps of which some are not there.
    pub lost_references: Vec<Unplaced>,
    /// Secrets that the page and its files publish.
    pub leaks: Vec<Leak>,
}

/// A view as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdoptedView {
    /// What it shows.
    pub kind: ViewKind,
    /// Its first line.
    pub place: Place,
    /// How many messages it tells; none for console output.
    pub messages: Option<usize>,
    /// How many of them, and of those it lacks, are not as in the recording; none where there is
    /// nothing to compare it with.
    pub differing: Option<usize>,
}

/// Something that a person edited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandEdit {
    /// What sort of edit it is.
    pub kind: HandEditKind,
    /// Where it begins.
    pub place: Place,
    /// A label or a name that belongs to it; empty for most.
    pub text: String,
}

/// What sort of edit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HandEditKind {
    /// A step number in a heading of a request/response page.
    StepNumber,
    /// An admonition below a heading that holds nothing but links.
    Reference,
    /// Prose below a heading: paragraphs, notes, lists.
    Prose,
    /// `hl_lines` on the fence of a message.
    Highlight,
    /// Prose that names steps, such as `(1-4)`.
    StepReference,
    /// A block around messages of a diagram, such as `opt`.
    Block,
    /// A message with a name in the place of an id.
    Placeholder,
    /// A query that was added to a message.
    Query,
    /// A table or note that says what a name stands for.
    Legend,
    /// Any other line of a diagram: a note, a comment, a participant.
    DiagramLine,
    /// Another sequence diagram on the page.
    OwnDiagram,
    /// Lines that were left out, with `...` in their place.
    Elision,
    /// A title, a language or an option of a message's fence.
    FenceOption,
    /// A slip in an info string, so that the site does not see what was meant.
    Slip,
}

impl HandEditKind {
    /// All kinds, in the order in which they are told.
    pub const ALL: [Self; 14] = [
        Self::StepNumber,
        Self::Reference,
        Self::Prose,
        Self::Highlight,
        Self::StepReference,
        Self::Block,
        Self::Placeholder,
        Self::Query,
        Self::Legend,
        Self::DiagramLine,
        Self::OwnDiagram,
        Self::Elision,
        Self::FenceOption,
        Self::Slip,
    ];

    /// The name that reports use, such as `step-number`.
    pub fn name(self) -> &'static str {
        match self {
            Self::StepNumber => "step-number",
            Self::Reference => "reference",
            Self::Prose => "prose",
            Self::Highlight => "highlight",
            Self::StepReference => "step-reference",
            Self::Block => "block",
            Self::Placeholder => "placeholder",
            Self::Query => "query",
            Self::Legend => "legend",
            Self::DiagramLine => "diagram-line",
            Self::OwnDiagram => "own-diagram",
            Self::Elision => "elision",
            Self::FenceOption => "fence-option",
            Self::Slip => "slip",
        }
    }
}

impl fmt::Display for HandEditKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A place that a refresh would not know what to do with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unplaced {
    /// Where it begins.
    pub place: Place,
    /// What is the matter; lower case, no full stop.
    pub reason: String,
}

impl Adoption {
    /// How many edits of this kind there are.
    pub fn count(&self, kind: HandEditKind) -> usize {
        self.edits.iter().filter(|edit| edit.kind == kind).count()
    }
}
