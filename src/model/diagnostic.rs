//! Something about a page that its authors should know: a finding with a place, not an error.
//!
//! All kinds of findings are named here, also those that a check of views and a merge make, so that
//! settings and reports know one set of names.

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
    /// A command prints something else than its page shows.
    OutputChanged,
    /// Other messages are sent than a diagram shows, or in an order that it does not allow.
    SequenceChanged,
    /// Messages say something else than a page shows.
    ContentChanged,
    /// Several runs differ in a way that no diagram can be drawn of.
    RunsDiffer,
    /// The views of a page do not tell the same as its log.
    ViewsDisagree,
    /// A documented command failed.
    CommandFailed,
    /// A command that its page expects to fail did not, or not so.
    UnexpectedResult,
    /// A page drifted or failed, and did not when it ran again.
    Flaky,
    /// A person and the cloud changed the same lines.
    Conflict,
    /// A person made something else of generated lines.
    HandEdit,
    /// A step number in prose means nothing, or something else than it did.
    StaleReference,
    /// A line that was marked is gone.
    LostHighlight,
    /// What was written about a message that is gone.
    LeftOver,
    /// A page publishes a token, a password or the like.
    PublishedSecret,
    /// A recording that is replayed is older than the settings allow.
    RecordingTooOld,
    /// A page that drifted was recorded with another version of the client.
    ClientChanged,
    /// A page that drifted was recorded with another version of a service.
    CloudChanged,
    /// A page was not verified at the level that was required.
    NotVerified,
    /// A message that was seen belongs to no exchange for sure, and is in none.
    UnpairedMessage,
}

impl DiagnosticKind {
    /// Flaws of pages, in the order of their documentation.
    pub const OF_PAGES: [Self; 15] = [
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

    /// Kinds of drift, in the order of their documentation.
    pub const OF_DRIFT: [Self; 19] = [
        Self::OutputChanged,
        Self::SequenceChanged,
        Self::ContentChanged,
        Self::RunsDiffer,
        Self::ViewsDisagree,
        Self::CommandFailed,
        Self::UnexpectedResult,
        Self::Flaky,
        Self::Conflict,
        Self::HandEdit,
        Self::StaleReference,
        Self::LostHighlight,
        Self::LeftOver,
        Self::PublishedSecret,
        Self::RecordingTooOld,
        Self::ClientChanged,
        Self::CloudChanged,
        Self::NotVerified,
        Self::UnpairedMessage,
    ];

    /// All kinds.
    pub fn all() -> Vec<Self> {
        [&Self::OF_PAGES[..], &Self::OF_DRIFT].concat()
    }

    /// What it counts where the settings do not say.
    pub fn severity(self) -> Severity {
        match self {
            Self::OutputChanged
            | Self::SequenceChanged
            | Self::ContentChanged
            | Self::CommandFailed
            | Self::UnexpectedResult
            | Self::NotVerified => Severity::Error,
            Self::HandEdit | Self::ClientChanged | Self::CloudChanged => Severity::Note,
            _ => Severity::Warning,
        }
    }

    /// What a finding of this kind means, on one line that begins with a capital.
    pub fn summary(self) -> &'static str {
        match self {
            Self::MissingInclude => "An include names a file that does not exist",
            Self::MissingSection => "An include names a section that its file does not have",
            Self::MissingLines => "An include names lines that its file does not have",
            Self::OutsideBase => "An include leaves the base paths",
            Self::BrokenInclude => "An include stops the site's build",
            Self::IncludeCycle => "An include of a file that is being included",
            Self::UnclosedBlock => "A block of includes that nothing closes",
            Self::UnclosedFence => "A fence that nothing closes",
            Self::DisabledFence => "A line of backticks that opens no fence",
            Self::MangledOption => "A fence's options are others than were meant",
            Self::IndentedFence => "A fence is shown as an indented code block",
            Self::NotUtf8 => "Bytes that are not UTF-8",
            Self::BrokenFrontMatter => "Front matter that is not a YAML mapping",
            Self::UnreadableDiagram => "A sequence diagram that Mermaid refuses",
            Self::RefusedCommand => "A command in a form that is not run",
            Self::OutputChanged => "A command prints something else",
            Self::SequenceChanged => "Other messages are sent, or in another order",
            Self::ContentChanged => "Messages say something else",
            Self::RunsDiffer => "Several runs differ in a way that no diagram tells",
            Self::ViewsDisagree => "A view does not follow from the page's log",
            Self::CommandFailed => "A documented command failed",
            Self::UnexpectedResult => "A command did not fail as it was to",
            Self::Flaky => "A page that is good only now and then",
            Self::Conflict => "A person and the cloud changed the same lines",
            Self::HandEdit => "A person made something else of what the cloud said",
            Self::StaleReference => "A reference to a step that is not there",
            Self::LostHighlight => "A highlighted line is gone",
            Self::LeftOver => "Words about a message that is gone",
            Self::PublishedSecret => "A secret is published",
            Self::RecordingTooOld => "A recording is older than it may be",
            Self::ClientChanged => "Another version of the client",
            Self::CloudChanged => "Another version of a service",
            Self::NotVerified => "A page was not verified as it was required",
            Self::UnpairedMessage => "A message that belongs to no exchange for sure",
        }
    }

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
            Self::OutputChanged => "output-changed",
            Self::SequenceChanged => "sequence-changed",
            Self::ContentChanged => "content-changed",
            Self::RunsDiffer => "runs-differ",
            Self::ViewsDisagree => "views-disagree",
            Self::CommandFailed => "command-failed",
            Self::UnexpectedResult => "unexpected-result",
            Self::Flaky => "flaky",
            Self::Conflict => "conflict",
            Self::HandEdit => "hand-edit",
            Self::StaleReference => "stale-reference",
            Self::LostHighlight => "lost-highlight",
            Self::LeftOver => "left-over",
            Self::PublishedSecret => "published-secret",
            Self::RecordingTooOld => "recording-too-old",
            Self::ClientChanged => "client-changed",
            Self::CloudChanged => "cloud-changed",
            Self::NotVerified => "not-verified",
            Self::UnpairedMessage => "unpaired-message",
        }
    }
}

impl fmt::Display for DiagnosticKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// How much a finding counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is told; `check` counts it as drift. Whoever reads it need not do anything.
    Note,
    /// It is told; `check` counts it as drift.
    Warning,
    /// `list` and `refresh` count it as drift too.
    Error,
}

impl Severity {
    /// The word that reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
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
        for kind in DiagnosticKind::all() {
            let name = serde_json::to_value(kind).expect("it is a word");
            assert_eq!(name, kind.name());
        }
    }
}
