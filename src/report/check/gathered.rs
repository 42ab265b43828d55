//! A report made of what a run found: an [`Outcome`] in, a [`CheckReport`] without secrets out.

use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;

use super::value::{CheckReport, CheckedPage, CheckedView, Found, Secret, SkippedPage};
use crate::model::{
    Change, Diagnostic, DiagnosticKind, FileCache, Finding, Hold, Leak, Outcome, PageOutcome,
    Place, Severity, Sides, ViewKind,
};
use crate::report::diff::Diff;
use crate::settings::Config;

/// What is needed to show files.
struct Gatherer<'a> {
    config: &'a Config,
    files: &'a FileCache,
    hide: &'a dyn Fn(&str) -> String,
    /// What was told already: several pages may include the same file.
    told: HashSet<(DiagnosticKind, Place)>,
}

impl CheckReport {
    /// The report of a run. `hide` takes secrets out of what is shown of the files.
    pub fn of(
        outcome: &Outcome,
        config: &Config,
        files: &FileCache,
        hide: &dyn Fn(&str) -> String,
    ) -> Self {
        let mut gatherer = Gatherer { config, files, hide, told: HashSet::new() };
        let pages: Vec<CheckedPage> =
            outcome.pages.iter().map(|page| gatherer.page(page)).collect();
        let elsewhere = gatherer.diagnostics(&outcome.elsewhere);
        let secrets = outcome.leaks.iter().filter_map(|leak| gatherer.secret(leak)).collect();
        let skipped = outcome.skipped.iter().map(|skipped| SkippedPage {
            path: skipped.path.clone(),
            file: shown(&skipped.place.file),
            reason: skipped.reason.clone(),
        });
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            level: outcome.level,
            pages,
            elsewhere,
            secrets,
            skipped: skipped.collect(),
            ignored: outcome.ignored,
            failure: None,
        }
    }
}

impl Gatherer<'_> {
    fn page(&mut self, page: &PageOutcome) -> CheckedPage {
        let stale = page.stale().filter_map(|change| self.stale(change));
        let mut findings: Vec<Found> = stale.collect();
        let is_told = |change: &Change| {
            change.region.text != change.text && self.severity(kind_of(change.kind)).is_some()
        };
        let disagrees = |change: &Change| {
            page.diagnostics.iter().any(|found| {
                found.kind == DiagnosticKind::ViewsDisagree
                    && found.place.file == change.region.place.file
            })
        };
        let views = page.changes.iter().filter(|change| change.kind != ViewKind::Prose);
        let views = views.map(|change| CheckedView {
            kind: change.kind.to_string(),
            file: shown(&change.region.place.file),
            line: change.region.place.line,
            stale: is_told(change) || disagrees(change),
        });
        let views = views.collect();
        if page.hold == Some(Hold::RunsDiffer) {
            findings.extend(self.found(
                DiagnosticKind::RunsDiffer,
                &page.place,
                "the runs differ, and not in steps that come or go",
                Some("draw what may differ, such as the order within `par`: doctool proposes `opt` and `loop` only"),
            ));
        }
        let left =
            page.findings().filter_map(|(change, finding)| self.finding(page, change, finding));
        findings.extend(left);
        findings.extend(self.diagnostics(&page.diagnostics));
        CheckedPage {
            path: page.path.clone(),
            file: shown(&page.place.file),
            order: page.order,
            views,
            not_run: page.not_run.len(),
            not_seen: page.not_seen.iter().map(|what| (self.hide)(what)).collect(),
            findings,
        }
    }

    /// How much a kind counts; none when it is not to be told.
    fn severity(&self, kind: DiagnosticKind) -> Option<Severity> {
        self.config.severity(kind)
    }

    fn found(
        &self,
        kind: DiagnosticKind,
        place: &Place,
        message: &str,
        hint: Option<&str>,
    ) -> Option<Found> {
        let found = Found::at(kind, self.severity(kind)?, place, (self.hide)(message));
        Some(Found { hint: hint.map(self.hide), ..found })
    }

    /// A view that is not as it should be.
    fn stale(&self, change: &Change) -> Option<Found> {
        let Diff { place, text } = Diff::of(change, self.files, self.hide);
        let kind = change.kind;
        let message = format!("the {kind} is stale");
        Some(Found {
            view: Some(kind.to_string()),
            diff: Some(text),
            ..self.found(kind_of(kind), &place, &message, None)?
        })
    }

    /// What a person has to look at.
    fn finding(&self, page: &PageOutcome, change: &Change, finding: &Finding) -> Option<Found> {
        let place = page.place(change, finding, false);
        let Finding { kind, text, span, message, hint, .. } = finding;
        let mut notes = Vec::new();
        if let Some(Sides { base, page, run }) = &finding.sides {
            for (side, lines) in [("was", base), ("page", page), ("run", run)] {
                notes.extend(lines.iter().map(|line| format!("{side}: {}", (self.hide)(line))));
                if lines.is_empty() {
                    notes.push(format!("{side}: (nothing)"));
                }
            }
        }
        let found = self.found(kind.kind(), &place, message, None)?;
        // A diagram follows what was sent: only settings make more of that than a note.
        let is_raised = self.config.diagnostics.contains_key(&kind.kind());
        let severity = match kind.is_left_to_do() || is_raised {
            true => found.severity,
            false => Severity::Note,
        };
        let view = Some(change.kind.to_string());
        let found = Found { severity, notes, view, hint: hint.clone(), ..found };
        Some(self.marked(found, text, span))
    }

    /// What authors should know beside views, what was told already left out.
    fn diagnostics(&mut self, found: &[Diagnostic]) -> Vec<Found> {
        let mut told = Vec::new();
        for diagnostic in found {
            let Diagnostic { kind, place, text, span, message, hint, .. } = diagnostic;
            if !self.told.insert((*kind, place.clone())) {
                continue;
            }
            if let Some(found) = self.found(*kind, place, message, hint.as_deref()) {
                told.push(if place.line > 0 { self.marked(found, text, span) } else { found });
            }
        }
        told
    }

    /// The finding with the line that it is in.
    fn marked(&self, found: Found, text: &str, span: &Range<usize>) -> Found {
        let hidden = (self.hide)(text);
        let span = if hidden == text { (span.start, span.end) } else { (0, hidden.len()) };
        Found { text: Some(hidden), span: Some(span), ..found }
    }

    fn secret(&self, leak: &Leak) -> Option<Found> {
        let Leak { place, kind, value } = leak;
        let message = format!("a secret is published here: a {kind}");
        let hint = Some("take it out with `doctool redact`");
        let secret = Some(Secret { kind: kind.clone(), value: *value });
        Some(Found {
            secret,
            ..self.found(DiagnosticKind::PublishedSecret, place, &message, hint)?
        })
    }
}

/// What it is called when a view of this kind is not as it should be.
fn kind_of(view: ViewKind) -> DiagnosticKind {
    match view {
        ViewKind::Console(_) => DiagnosticKind::OutputChanged,
        ViewKind::Diagram => DiagnosticKind::SequenceChanged,
        ViewKind::Body | ViewKind::Log | ViewKind::Prose => DiagnosticKind::ContentChanged,
    }
}

fn shown(file: &Path) -> String {
    file.to_string_lossy().into_owned()
}
