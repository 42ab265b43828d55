//! Something about a page that its authors should know: a finding with a place, not an error.

use std::fmt;
use std::ops::Range;

use super::Place;

/// What sort of finding it is. Settings silence or raise each by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DiagnosticKind {
    /// An include names a file that does not exist.
    MissingInclude,
    /// An include names a section that its file does not have.
    MissingSection,
    /// An include leaves the base paths, which the site forbids.
    OutsideBase,
    /// An include whose file cannot be read, or whose line numbers stop the site's build.
    BrokenInclude,
    /// An include that is already being included.
    IncludeCycle,
    /// A `--8<--` that opens a block which nothing closes; it swallows the rest of the file.
    UnclosedBlock,
    /// A fence that nothing closes.
    UnclosedFence,
    /// A line that opens no fence because of what stands behind its backticks.
    DisabledFence,
    /// A fence that is indented so far that it is shown as an indented code block.
    IndentedFence,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Front matter that is not a YAML mapping, so that the site shows it as text.
    BrokenFrontMatter,
}

impl DiagnosticKind {
    /// All kinds, in the order of their names' documentation.
    pub const ALL: [Self; 11] = [
        Self::MissingInclude,
        Self::MissingSection,
        Self::OutsideBase,
        Self::BrokenInclude,
        Self::IncludeCycle,
        Self::UnclosedBlock,
        Self::UnclosedFence,
        Self::DisabledFence,
        Self::IndentedFence,
        Self::NotUtf8,
        Self::BrokenFrontMatter,
    ];

    /// The name that settings and reports use, such as `unclosed-fence`.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingInclude => "missing-include",
            Self::MissingSection => "missing-section",
            Self::OutsideBase => "outside-base",
            Self::BrokenInclude => "broken-include",
            Self::IncludeCycle => "include-cycle",
            Self::UnclosedBlock => "unclosed-block",
            Self::UnclosedFence => "unclosed-fence",
            Self::DisabledFence => "disabled-fence",
            Self::IndentedFence => "indented-fence",
            Self::NotUtf8 => "not-utf8",
            Self::BrokenFrontMatter => "broken-front-matter",
        }
    }
}

impl fmt::Display for DiagnosticKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A finding: what, where, and what may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What sort of finding it is.
    pub kind: DiagnosticKind,
    /// File, line and column.
    pub place: Place,
    /// The line itself, without its ending.
    pub text: String,
    /// The part of `text` to mark, in bytes.
    pub span: Range<usize>,
    /// Lower case, no full stop, names in backticks.
    pub message: String,
    /// What may help; begins with a verb.
    pub hint: Option<String>,
}
