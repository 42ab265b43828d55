//! What a run found: for each page the views as they are and as they should be.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Change, Diagnostic, DiagnosticKind, Fate, Finding, FindingKind, Leak, NotRun, Place, Severity,
    ViewKind, distinct,
};

/// What was found about all pages of a run.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// In the order in which they were run.
    pub pages: Vec<PageOutcome>,
    /// What the authors of the other pages that were meant should know.
    pub elsewhere: Vec<Diagnostic>,
    /// Secrets that the pages publish, but for those in logs.
    pub leaks: Vec<Leak>,
    /// How many exchanges of all runs were left out because the settings say so.
    pub ignored: usize,
    /// How far the pages were looked into.
    pub level: Level,
    /// Pages that were meant and not looked into so far.
    pub skipped: Vec<Skipped>,
    /// Which share of the pages these are, if they are one.
    pub share: Option<Share>,
}

/// One of several shares of the pages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Share {
    /// Which of them, counted from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
    /// The same for shares that belong together: it says which page is in which share.
    pub mark: String,
}

/// How far a page was looked into; each level includes those before.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Deserialize,
    Serialize,
    JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The page by itself: what it includes, and whether its views follow from its log.
    Offline,
    /// The page beside a recording.
    Replay,
    /// The page beside what the cloud says now.
    #[default]
    Live,
}

impl Level {
    /// How a page was verified, such as `by replay`.
    pub fn how(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Replay => "by replay",
            Self::Live => "live",
        }
    }
}

/// A page that was meant and is not verified at the level of the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The page's path below docs_dir.
    pub path: String,
    /// The page's file.
    pub place: Place,
    /// Why; lower case, no full stop.
    pub reason: String,
}

/// Why a page is not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// Several runs call for blocks in the diagram, which the changes put in. They are only proposed
    /// until somebody accepts them.
    Proposal,
    /// Several runs differ in a way that doctool proposes no blocks for.
    RunsDiffer,
    /// A command did not fail as the page expects: what it tells is another story.
    Unexpected,
}

/// What was found about one page.
#[derive(Debug, Clone)]
pub struct PageOutcome {
    /// The page's path below docs_dir.
    pub path: String,
    /// The page's file.
    pub place: Place,
    /// Which of the pages that are meant it is, counted from 0.
    pub order: usize,
    /// Every view, changed or not, and what else on the page has to follow them.
    pub changes: Vec<Change>,
    /// Why the page is not written, if it is not.
    pub hold: Option<Hold>,
    /// What became of its commands. Where they failed, there are no changes.
    pub fate: Fate,
    /// What each attempt came to, the first one too, where there were several.
    pub attempts: Vec<PageOutcome>,
    /// What looks like a command and was not run.
    pub not_run: Vec<NotRun>,
    /// What else the page's authors should know.
    pub diagnostics: Vec<Diagnostic>,
    /// What was not seen of what its commands caused, because of where it was looked for.
    pub not_seen: Vec<String>,
    /// The log of a page that shows none, to be kept elsewhere for the next run.
    pub unshown_log: Option<String>,
    /// Files that the page no longer shows once the changes are written, and that go then.
    pub unused: Vec<PathBuf>,
}

impl PageOutcome {
    /// What is not as it should be.
    pub fn stale(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.region.text != change.text)
    }

    /// Takes it back that files are missing which have been made.
    pub fn forget_missing(&mut self) {
        let Self { changes, diagnostics, .. } = self;
        let is_made = |target: &str| {
            let mut made = changes.iter().filter(|change| change.region.span.is_empty());
            made.any(|change| !change.text.is_empty() && change.region.file.ends_with(target))
        };
        diagnostics.retain(|found| {
            let target = found.text.get(found.span.clone()).unwrap_or_default();
            found.kind != DiagnosticKind::MissingInclude || !is_made(target.trim())
        });
    }

    /// Takes it back that a diagram said otherwise than what was sent, once it follows that.
    pub fn forget_deviations(&mut self) {
        for change in &mut self.changes {
            change.findings.retain(|finding| finding.kind != FindingKind::Sequence);
        }
    }

    /// What a person has to look at, each with the part that it is in.
    pub fn findings(&self) -> impl Iterator<Item = (&Change, &Finding)> {
        self.changes
            .iter()
            .flat_map(|change| change.findings.iter().map(move |finding| (change, finding)))
    }

    /// Where a finding is: in the file as it stands, or as it is once all changes are written.
    pub fn place(&self, change: &Change, finding: &Finding, written: bool) -> Place {
        let region = &change.region;
        let first = region.place.line;
        let column = match finding.text.get(..finding.span.start) {
            Some(before) => before.chars().count() + region.prefix.chars().count() + 1,
            None => 0,
        };
        let line = if written {
            let above = self.changes.iter().filter(|other| {
                other.region.file == region.file && other.region.span.start < region.span.start
            });
            let (old, new) = above.fold((0, 0), |(old, new), other| {
                (old + other.region.text.lines().count(), new + other.text.lines().count())
            });
            first + finding.new_line + new - old
        } else {
            first + finding.page_line
        };
        Place { file: region.place.file.clone(), line, column }
    }
}

impl Outcome {
    /// How many views were compared with a run.
    pub fn verified(&self) -> usize {
        self.pages.iter().map(|page| views(page.changes.iter())).sum()
    }

    /// How many of them are not as they should be.
    pub fn stale(&self) -> usize {
        self.pages.iter().map(|page| views(page.stale())).sum()
    }

    /// How many findings there are.
    pub fn findings(&self) -> usize {
        self.pages.iter().map(|page| page.findings().count()).sum()
    }

    /// Whether a command failed, so that there is no run of its page.
    pub fn has_failed(&self) -> bool {
        self.pages.iter().any(|page| page.fate.failed.is_some())
    }

    /// Whether a page is not written that differs.
    pub fn holds_back(&self) -> bool {
        self.pages.iter().any(|page| page.hold.is_some())
    }

    /// How many views were written.
    pub fn written(&self) -> usize {
        let written = self.pages.iter().filter(|page| page.hold.is_none());
        written.map(|page| views(page.stale())).sum()
    }

    /// Whether something is left for a person to do.
    pub fn leaves_work(&self) -> bool {
        let findings =
            |page: &PageOutcome| page.findings().any(|(_, finding)| finding.kind.is_left_to_do());
        self.pages.iter().any(findings)
    }

    /// What authors should know beside views, each diagnostic once.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let pages = self.pages.iter().flat_map(|page| &page.diagnostics);
        distinct(pages.chain(&self.elsewhere))
    }

    /// Whether the settings count a diagnostic as an error.
    pub fn has_error(&self) -> bool {
        self.diagnostics().any(|found| found.severity == Severity::Error)
    }
}

/// How many of these are views.
fn views<'a>(changes: impl Iterator<Item = &'a Change>) -> usize {
    changes.filter(|change| change.kind != ViewKind::Prose).count()
}
