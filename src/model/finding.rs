//! What a merge leaves to a person: a value with its place, not an error.

use std::fmt;
use std::ops::Range;

use super::DiagnosticKind;

/// What sort of finding it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FindingKind {
    /// A person and the cloud changed the same lines.
    Conflict,
    /// A person made something else of generated lines that the cloud did not change.
    HandEdit,
    /// A step number in prose means nothing any more, or something else.
    StaleReference,
    /// A line that `hl_lines` or a code annotation marked is gone.
    LostHighlight,
    /// What was sent is not what the diagram says.
    Sequence,
    /// What was written about a message stands at the end now, because the message is gone.
    LeftOver,
}

impl FindingKind {
    /// The kind by which settings and reports know it.
    pub fn kind(self) -> DiagnosticKind {
        match self {
            Self::Conflict => DiagnosticKind::Conflict,
            Self::HandEdit => DiagnosticKind::HandEdit,
            Self::StaleReference => DiagnosticKind::StaleReference,
            Self::LostHighlight => DiagnosticKind::LostHighlight,
            Self::Sequence => DiagnosticKind::SequenceChanged,
            Self::LeftOver => DiagnosticKind::LeftOver,
        }
    }

    /// Whether a person has to do something. A hand edit may stay as it is, and a diagram follows
    /// what was sent.
    pub fn is_left_to_do(self) -> bool {
        !matches!(self, Self::HandEdit | Self::Sequence)
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind().fmt(formatter)
    }
}

/// Something in a view that a person has to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What sort of finding it is.
    pub kind: FindingKind,
    /// The line in the region as it stands, counted from 0.
    pub page_line: usize,
    /// The line in the region as it is to be, counted from 0.
    pub new_line: usize,
    /// The line itself, without secrets.
    pub text: String,
    /// The part of `text` that is meant, in bytes.
    pub span: Range<usize>,
    /// Lower case, no full stop, names in backticks.
    pub message: String,
    /// What may help; begins with a verb.
    pub hint: Option<String>,
    /// What the three sides say.
    pub sides: Option<Sides>,
}

/// What the three sides of a merge say in one place, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    /// As it was generated.
    pub base: Vec<String>,
    /// As it stands on the page.
    pub page: Vec<String>,
    /// As the run says now.
    pub run: Vec<String>,
}
