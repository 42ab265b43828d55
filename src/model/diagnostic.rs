//! Something about a page that its authors should know: a finding with a place, not an error.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Place;

/// What sort of finding it is. Settings silence or raise each by its name.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum DiagnosticKind {
    /// An include names a file that does not exist.
    MissingInclude,
    /// An include names a section that its file does not have.
    MissingSection,
    /// An include names lines that its file does not have.
    MissingLines,
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
    /// Options of a fence that a stray quote makes others than were meant.
    MangledOption,
    /// A fence that is indented so far that it is shown as an indented code block.
    IndentedFence,
    /// Bytes that are not UTF-8.
    NotUtf8,
    /// Front matter that is not a YAML mapping, so that the site shows it as text.
    BrokenFrontMatter,
    /// A sequence diagram that Mermaid refuses.
    UnreadableDiagram,
    /// A documented command of a program that may run, in a form that must not.
    RefusedCommand,
}

impl DiagnosticKind {
    /// All kinds, in the order of their names' documentation.
    pub const ALL: [Self; 15] = [
        Self::MissingInclude,
        Self::MissingSection,
        Self::MissingLines,
        Self::OutsideBase,
        Self::BrokenInclude,
        Self::IncludeCycle,
        Self::UnclosedBlock,
        Self::UnclosedFence,
        Self::DisabledFence,
        Self::MangledOption,
        Self::IndentedFence,
        Self::NotUtf8,
        Self::BrokenFrontMatter,
        Self::UnreadableDiagram,
        Self::RefusedCommand,
    ];

    /// The name that settings and reports use, such as `unclosed-fence`.
    pub fn name(self) -> &'static str {
        match self {
            Self::MissingInclude => "missing-include",
            Self::MissingSection => "missing-section",
            Self::MissingLines => "missing-lines",
            Self::OutsideBase => "outside-base",
            Self::BrokenInclude => "broken-include",
            Self::IncludeCycle => "include-cycle",
            Self::UnclosedBlock => "unclosed-block",
            Self::UnclosedFence => "unclosed-fence",
            Self::DisabledFence => "disabled-fence",
            Self::MangledOption => "mangled-option",
            Self::IndentedFence => "indented-fence",
            Self::NotUtf8 => "not-utf8",
            Self::BrokenFrontMatter => "broken-front-matter",
            Self::UnreadableDiagram => "unreadable-diagram",
            Self::RefusedCommand => "refused-command",
        }
    }
}

impl fmt::Display for DiagnosticKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How much a finding counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is told; `check` counts it as drift.
    Warning,
    /// `list` and `refresh` count it as drift too.
    Error,
}

impl Severity {
    /// The word that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A finding: what, where, and what may help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// What sort of finding it is.
    pub kind: DiagnosticKind,
    /// How much it counts: a warning, until the site's settings are asked.
    pub severity: Severity,
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

/// Findings without those that are told already: several pages may include the same file.
pub fn distinct<'a>(
    diagnostics: impl IntoIterator<Item = &'a Diagnostic>,
) -> impl Iterator<Item = &'a Diagnostic> {
    let mut told = HashSet::new();
    diagnostics.into_iter().filter(move |found| told.insert((found.kind, &found.place)))
}

/// Remembers which findings were told, where they come page by page.
#[derive(Debug, Default)]
pub struct Told(HashSet<(DiagnosticKind, Place)>);

impl Told {
    /// Leaves those that were not told before.
    pub fn leave_new(&mut self, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.retain(|found| self.0.insert((found.kind, found.place.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::DiagnosticKind;

    #[test]
    fn settings_and_reports_use_the_same_names() {
        for kind in DiagnosticKind::ALL {
            let name = serde_json::to_value(kind).expect("it is a word");
            assert_eq!(name, kind.name());
        }
    }
}
