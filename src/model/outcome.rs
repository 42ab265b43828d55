//! What a run found: for each page the views as they are and as they should be.

use super::{Change, Diagnostic, NotRun, Severity, distinct};

/// What was found about all pages of a run.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// In the order in which they were run.
    pub pages: Vec<PageOutcome>,
    /// What the authors of the other pages that were meant should know.
    pub elsewhere: Vec<Diagnostic>,
}

/// What was found about one page.
#[derive(Debug, Clone)]
pub struct PageOutcome {
    /// The page's path below docs_dir.
    pub path: String,
    /// Every view, changed or not.
    pub changes: Vec<Change>,
    /// What looks like a command and was not run.
    pub not_run: Vec<NotRun>,
    /// What else the page's authors should know.
    pub diagnostics: Vec<Diagnostic>,
    /// The log of a page that shows none, to be kept elsewhere for the next run.
    pub unshown_log: Option<String>,
}

impl PageOutcome {
    /// The views that are not as they should be.
    pub fn stale(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.region.text != change.text)
    }
}

impl Outcome {
    /// How many views were compared with a run.
    pub fn verified(&self) -> usize {
        self.pages.iter().map(|page| page.changes.len()).sum()
    }

    /// How many of them are not as they should be.
    pub fn stale(&self) -> usize {
        self.pages.iter().map(|page| page.stale().count()).sum()
    }

    /// What authors should know beside views, each finding once.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let pages = self.pages.iter().flat_map(|page| &page.diagnostics);
        distinct(pages.chain(&self.elsewhere))
    }

    /// Whether there is something to say: a stale view, or a page that its site cannot show.
    pub fn has_drift(&self) -> bool {
        self.stale() > 0 || self.diagnostics().next().is_some()
    }

    /// Whether the settings count a finding as an error.
    pub fn has_error(&self) -> bool {
        self.diagnostics().any(|found| found.severity == Severity::Error)
    }
}
