//! The report of a check as a value: what was looked at, how far, and what was found.
//!
//! What `check --format json` prints, and what `report merge` reads back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
use crate::model::{DiagnosticKind, Level, Place, Severity, Share};

/// Everything that `check` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct CheckReport {
    /// The version of doctool.
    pub version: String,
    /// How far the pages were looked into.
    pub level: Level,
    /// Pages with views, and offline all others too; in the order of the navigation.
    pub pages: Vec<CheckedPage>,
    /// What was found on pages that have no view to verify.
    pub elsewhere: Vec<Found>,
    /// Published secrets, by place. The secrets themselves are not told.
    pub secrets: Vec<Found>,
    /// Pages that were meant and are not verified at this level.
    pub skipped: Vec<SkippedPage>,
    /// Exchanges that were left out because the settings say so.
    pub ignored: usize,
    /// Which share of the pages it is about, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// What kept the check from being finished. The rest is what was known by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
}

/// A page that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct CheckedPage {
    /// Path below docs_dir.
    pub path: String,
    /// The page's file, relative to the working directory.
    pub file: String,
    /// Which of the pages that were meant it is, counted from 0.
    pub order: usize,
    /// Its views.
    pub views: Vec<CheckedView>,
    /// Commands that were not run.
    pub not_run: usize,
    /// What was not seen of what its commands caused, because of where it was looked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_seen: Vec<String>,
    /// What was found on the page and in its files. What several pages include is told once.
    pub findings: Vec<Found>,
    /// How long its commands took together, in milliseconds; none where nothing ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
    /// What was found each time, in order, where the page ran again because it was not as it should be.
    /// `findings` are those of the last time if it was good then, and else those of the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attempts: Vec<Attempt>,
}

/// One of several attempts at a page.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Attempt {
    /// What drifted or failed; nothing if it was good.
    pub findings: Vec<Found>,
}

/// A view that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct CheckedView {
    /// `console`, `diagram`, `body` or `log`.
    pub kind: String,
    /// The file that holds it.
    pub file: String,
    /// 1-based line.
    pub line: usize,
    /// Whether it is not as it should be.
    pub stale: bool,
    /// Of a console, how long its command took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milliseconds: Option<u64>,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Found {
    /// What sort of finding it is.
    pub kind: DiagnosticKind,
    /// How much it counts.
    pub severity: Severity,
    /// The file, relative to the working directory.
    pub file: String,
    /// 1-based line; 0 means the file as a whole.
    pub line: usize,
    /// 1-based column in characters; 0 means the line as a whole.
    pub column: usize,
    /// What is the matter.
    pub message: String,
    /// What may help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The kind of view that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// From what stands in the file to what should stand there, as a unified diff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
    /// The line as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The part of the line that is meant: its first byte, and the one behind its last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<(usize, usize)>,
    /// What else is to be said, such as what the sides of a conflict say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Of a published secret, what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
}

/// What a published secret is, without it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Secret {
    /// What to call it, such as `token`.
    pub kind: String,
    /// The same number for the same value.
    pub value: usize,
}

/// A page that was meant and is not verified.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct SkippedPage {
    /// Path below docs_dir.
    pub path: String,
    /// The page's file, relative to the working directory.
    pub file: String,
    /// Why.
    pub reason: String,
}

/// What kept a check from being finished.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Failure {
    /// What failed.
    pub message: String,
    /// What the program that failed said, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
    /// What may help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The file where the trouble is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// 1-based line; 0 where none is known.
    pub line: usize,
}

/// How much there is of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
pub struct Summary {
    /// Pages looked at.
    pub pages: usize,
    /// Those of them of which a command failed, so that nothing of them is verified.
    pub failed: usize,
    /// Pages that were meant and are not verified.
    pub skipped: usize,
    /// Views verified.
    pub views: usize,
    /// Those of them that are not as they should be.
    pub stale: usize,
    /// Findings that count as errors.
    pub errors: usize,
    /// Findings that count as warnings.
    pub warnings: usize,
    /// Findings that are only told.
    pub notes: usize,
}

/// What a command said, a note a line.
pub(super) fn said(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().lines().map(|line| format!("it said: {line}")).collect()
}

impl Found {
    /// A finding at a place, with nothing but its message.
    pub(super) fn at(
        kind: DiagnosticKind,
        severity: Severity,
        place: &Place,
        message: String,
    ) -> Self {
        Self {
            kind,
            severity,
            file: place.file.to_string_lossy().into_owned(),
            line: place.line,
            column: place.column,
            message,
            hint: None,
            view: None,
            diff: None,
            text: None,
            span: None,
            notes: Vec::new(),
            secret: None,
        }
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        Place { file: self.file.clone().into(), line: self.line, column: self.column }
    }

    /// What a format says that has room for one text: the message, the notes, the hint.
    pub(super) fn told(&self) -> String {
        let mut told = self.message.clone();
        for note in &self.notes {
            told.push_str(&format!("\n{note}"));
        }
        if let Some(hint) = &self.hint {
            told.push_str(&format!("\nhint: {hint}"));
        }
        told
    }
}

impl CheckedPage {
    /// Whether a command of it failed, so that nothing of it is verified.
    pub fn has_failed(&self) -> bool {
        self.views.is_empty()
            && self.findings.iter().any(|found| found.kind == DiagnosticKind::CommandFailed)
    }
}

impl CheckReport {
    /// The report of a check that could not be finished.
    pub fn failed(error: &Error, level: Level) -> Self {
        let place = error.place();
        let failure = Failure {
            message: error.to_string(),
            said: error.said_text().map(str::to_owned),
            hint: error.hint_text().map(str::to_owned),
            file: place.map(|place| place.file.to_string_lossy().into_owned()),
            line: place.map_or(0, |place| place.line),
        };
        let of_command = place.filter(|_| error.kind() == ErrorKind::Command).map(|place| Found {
            hint: failure.hint.clone(),
            notes: said(failure.said.as_deref()),
            ..Found::at(
                DiagnosticKind::CommandFailed,
                DiagnosticKind::CommandFailed.severity(),
                place,
                failure.message.clone(),
            )
        });
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            level,
            pages: Vec::new(),
            elsewhere: of_command.into_iter().collect(),
            secrets: Vec::new(),
            skipped: Vec::new(),
            ignored: 0,
            share: None,
            failure: Some(failure),
        }
    }

    /// Every finding: those of the pages, those elsewhere, and published secrets.
    pub fn findings(&self) -> impl Iterator<Item = &Found> {
        let of_pages = self.pages.iter().flat_map(|page| &page.findings);
        of_pages.chain(&self.elsewhere).chain(&self.secrets)
    }

    /// Whether nothing was looked at.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.elsewhere.is_empty()
    }

    /// Whether a command failed that was not to, or something else kept the check from being finished.
    pub fn has_failed(&self) -> bool {
        let is_failure = |found: &Found| {
            found.kind == DiagnosticKind::CommandFailed && found.severity == Severity::Error
        };
        self.failure.is_some() || self.findings().any(is_failure)
    }

    /// How much there is of everything.
    pub fn summary(&self) -> Summary {
        let mut counts = [0; 3];
        // There may be many, and each takes room: they are gone through once.
        let mut count = |found: &Found| counts[found.severity as usize] += 1;
        let mut failed = 0;
        for page in &self.pages {
            page.findings.iter().for_each(&mut count);
            failed += usize::from(page.has_failed());
        }
        self.elsewhere.iter().chain(&self.secrets).for_each(count);
        let views = || self.pages.iter().flat_map(|page| &page.views);
        Summary {
            pages: self.pages.len(),
            failed,
            skipped: self.skipped.len(),
            views: views().count(),
            stale: views().filter(|view| view.stale).count(),
            errors: counts[Severity::Error as usize],
            warnings: counts[Severity::Warning as usize],
            notes: counts[Severity::Note as usize],
        }
    }

    /// Makes a finding of each page that is not verified at this level.
    pub fn require(&mut self, required: Level) {
        let kind = DiagnosticKind::NotVerified;
        let not_verified = |file: &str, message: String| {
            Found::at(kind, kind.severity(), &Place::file(file), message)
        };
        let is_short = self.level < required;
        for page in self.pages.iter_mut().filter(|page| is_short && !page.views.is_empty()) {
            let (is, wanted) = (self.level.how(), required.how());
            let message = format!("this page is verified {is} only, not {wanted}");
            let found = not_verified(&page.file, message);
            page.findings.push(found);
        }
        for skipped in &self.skipped {
            let message = format!("this page is not verified: {}", skipped.reason);
            self.elsewhere.push(not_verified(&skipped.file, message));
        }
    }

    /// The JSON schema of the report.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }
}
