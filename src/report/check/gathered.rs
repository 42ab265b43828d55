//! A report made of what a run found: an [`Outcome`] in, a [`CheckReport`] without secrets out.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use foldhash::{HashMap, HashMapExt as _, HashSet};

use super::value::{
    self, Attempt, CheckReport, CheckedPage, CheckedView, Found, Secret, SkippedPage,
};
use crate::model::{
    Change, Diagnostic, DiagnosticKind, Fault, FileCache, Finding, Hold, Leak, Outcome,
    PageOutcome, Place, Severity, Sides, ViewKind,
};
use crate::report::diff::Diff;
use crate::settings::Config;
use crate::side_by_side;

/// Secrets that one thread tells before it hands them on, which takes longer than one of them.
const PORTION: usize = 512;

/// What is needed to show files.
struct Gatherer<'a> {
    config: &'a Config,
    files: &'a FileCache,
    hide: &'a (dyn Fn(&str) -> String + Sync),
}

impl CheckReport {
    /// The report of a run. `hide` takes secrets out of what is shown of the files.
    pub fn of(
        outcome: &Outcome,
        config: &Config,
        files: &FileCache,
        hide: &(dyn Fn(&str) -> String + Sync),
    ) -> Self {
        let gatherer = Gatherer { config, files, hide };
        // Of a failed page nothing is verified, whether that is told as a finding or not.
        let is_silent = |page: &&PageOutcome| {
            page.fate.failed.is_some() && config.severity(DiagnosticKind::CommandFailed).is_none()
        };
        let (silent, pages): (Vec<&PageOutcome>, Vec<&PageOutcome>) =
            outcome.pages.iter().partition(is_silent);
        let unplaced: Vec<&Diagnostic> = outcome
            .elsewhere
            .iter()
            .chain(silent.iter().flat_map(|page| &page.diagnostics))
            .collect();
        let mut told = Told::default();
        let of_pages = pages.iter().map(|page| told.are_new(page.diagnostics.iter()));
        let new_on: Vec<Vec<bool>> = of_pages.collect();
        let new_elsewhere = told.are_new(unplaced.iter().copied());
        let indices: Vec<usize> = (0..pages.len()).collect();
        let mut told_pages = Vec::with_capacity(indices.len());
        let page = |index: &usize| gatherer.page(pages[*index], &new_on[*index]);
        let Ok(()) = side_by_side::each(&indices, page, |page| {
            told_pages.push(page);
            Ok::<(), Infallible>(())
        });
        let elsewhere = gatherer.diagnostics(unplaced.iter().copied(), &new_elsewhere);
        let secrets = gatherer.secrets(&outcome.leaks);
        let skipped = outcome.skipped.iter().map(|skipped| SkippedPage {
            path: skipped.path.clone(),
            file: shown(&skipped.place.file),
            reason: skipped.reason.clone(),
        });
        let silent = silent.into_iter().map(|page| SkippedPage {
            path: page.path.clone(),
            file: shown(&page.place.file),
            reason: "a command failed".to_owned(),
        });
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            level: outcome.level,
            pages: told_pages,
            elsewhere,
            secrets,
            skipped: skipped.chain(silent).collect(),
            ignored: outcome.ignored,
            share: outcome.share.clone(),
            failure: None,
        }
    }
}

/// What is told already: what several pages include is told once, by the first of them.
#[derive(Default)]
struct Told<'a> {
    files: HashMap<&'a OsStr, HashSet<(DiagnosticKind, usize, usize)>>,
}

impl<'a> Told<'a> {
    /// Whether each of these is told for the first time. Many are in the same file, one behind another.
    fn are_new(&mut self, found: impl Iterator<Item = &'a Diagnostic>) -> Vec<bool> {
        let mut is_new = Vec::new();
        let mut found = found.peekable();
        while let Some(first) = found.peek() {
            let file = first.place.file.as_os_str();
            let places = self.files.entry(file).or_default();
            let is_there = |found: &&Diagnostic| found.place.file.as_os_str() == file;
            while let Some(Diagnostic { kind, place, .. }) = found.next_if(is_there) {
                is_new.push(places.insert((*kind, place.line, place.column)));
            }
        }
        is_new
    }
}

impl Gatherer<'_> {
    fn page(&self, page: &PageOutcome, new: &[bool]) -> CheckedPage {
        let mut findings = self.trouble(page);
        findings.reserve(page.diagnostics.len());
        let attempts: Vec<Attempt> = page
            .attempts
            .iter()
            .map(|attempt| Attempt { findings: self.trouble(attempt) })
            .collect();
        findings.extend(self.flaky(page, &attempts));
        let is_told = |change: &Change| {
            change.region.text != change.text && self.severity(change.kind.drift()).is_some()
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
            milliseconds: match change.kind {
                ViewKind::Console(index) => {
                    page.fate.commands.get(index).copied().map(milliseconds)
                }
                _ => None,
            },
        });
        let views = views.collect();
        let left =
            page.findings().filter_map(|(change, finding)| self.finding(page, change, finding));
        findings.extend(left);
        findings.extend(self.diagnostics(&page.diagnostics, new));
        CheckedPage {
            path: page.path.clone(),
            file: shown(&page.place.file),
            order: page.order,
            views,
            not_run: page.not_run.len(),
            not_seen: page.not_seen.iter().map(|what| (self.hide)(what)).collect(),
            findings,
            milliseconds: page.fate.took.map(milliseconds),
            attempts,
        }
    }

    /// What a run of a page says against it.
    fn trouble(&self, page: &PageOutcome) -> Vec<Found> {
        let mut findings: Vec<Found> =
            page.stale().filter_map(|change| self.stale(change)).collect();
        let failed = page.fate.failed.iter();
        findings
            .extend(failed.filter_map(|fault| self.fault(DiagnosticKind::CommandFailed, fault)));
        let unexpected = page.fate.unexpected.iter();
        findings.extend(
            unexpected.filter_map(|fault| self.fault(DiagnosticKind::UnexpectedResult, fault)),
        );
        if page.hold == Some(Hold::RunsDiffer) {
            findings.extend(self.found(
                DiagnosticKind::RunsDiffer,
                &page.place,
                "the runs differ, and not in steps that come or go",
                Some("draw what may differ, such as the order within `par`: doctool proposes `opt` and `loop` only"),
            ));
        }
        findings
    }

    /// That a page is good only now and then, with what the other attempts say.
    fn flaky(&self, page: &PageOutcome, attempts: &[Attempt]) -> Option<Found> {
        let (last, before) = attempts.split_last()?;
        if !last.findings.is_empty() {
            return None;
        }
        let message = format!("this page is good at attempt {} only", attempts.len());
        let mut notes = Vec::new();
        for (number, attempt) in (1..).zip(before) {
            for found in &attempt.findings {
                notes.push(format!("attempt {number}: {}: {}", found.place(), found.message));
                notes.extend(found.notes.iter().map(|note| format!("attempt {number}: {note}")));
                let diff = found.diff.iter().flat_map(|diff| diff.lines());
                notes.extend(diff.map(|line| format!("attempt {number}: {line}")));
            }
        }
        let hint = "see what differs from run to run, such as other work on the cloud";
        let found = self.found(DiagnosticKind::Flaky, &page.place, &message, Some(hint))?;
        Some(Found { notes, ..found })
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

    /// A command that did otherwise than its page says.
    fn fault(&self, kind: DiagnosticKind, fault: &Fault) -> Option<Found> {
        let Fault { place, message, said, hint } = fault;
        let found = self.found(kind, place, message, hint.as_deref())?;
        let said = said.as_deref().map(self.hide);
        Some(Found { notes: value::said(said.as_deref()), ..found })
    }

    /// A view that is not as it should be.
    fn stale(&self, change: &Change) -> Option<Found> {
        let Diff { place, text } = Diff::of(change, self.files, self.hide);
        let kind = change.kind;
        let message = format!("the {kind} is stale");
        Some(Found {
            view: Some(kind.to_string()),
            diff: Some(text),
            ..self.found(kind.drift(), &place, &message, None)?
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

    /// What authors should know beside views, as far as it was not told already.
    fn diagnostics<'d>(
        &self,
        found: impl IntoIterator<Item = &'d Diagnostic>,
        new: &[bool],
    ) -> Vec<Found> {
        let new = found.into_iter().zip(new).filter(|(_, is_new)| **is_new);
        // Many say the same.
        let mut hidden = Hidden::default();
        let told = new.filter_map(|(diagnostic, _)| {
            let Diagnostic { kind, place, text, span, message, hint, .. } = diagnostic;
            let message = hidden.of(message, self.hide);
            let found = Found::at(*kind, self.severity(*kind)?, place, message);
            let hint = hint.as_deref().map(|hint| hidden.of(hint, self.hide));
            let found = Found { hint, ..found };
            Some(if place.line > 0 { self.marked(found, text, span) } else { found })
        });
        told.collect()
    }

    /// The finding with the line that it is in.
    fn marked(&self, found: Found, text: &str, span: &Range<usize>) -> Found {
        let hidden = (self.hide)(text);
        let span = if hidden == text { (span.start, span.end) } else { (0, hidden.len()) };
        Found { text: Some(hidden), span: Some(span), ..found }
    }

    /// Published secrets. There may be thousands, of few kinds.
    fn secrets(&self, leaks: &[Leak]) -> Vec<Found> {
        let mut of_kind: HashMap<&str, Option<Found>> = HashMap::new();
        for Leak { place, kind, .. } in leaks {
            of_kind.entry(kind).or_insert_with(|| {
                let message = format!("a secret is published here: a {kind}");
                let hint = Some("take it out with `doctool redact`");
                self.found(DiagnosticKind::PublishedSecret, place, &message, hint)
            });
        }
        let secret = |Leak { place, kind, value }: &Leak| {
            let Found { kind: finding, severity, message, hint, .. } = of_kind[&**kind].as_ref()?;
            let secret = Some(Secret { kind: kind.clone(), value: *value });
            let found = Found::at(*finding, *severity, place, message.clone());
            Some(Found { hint: hint.clone(), secret, ..found })
        };
        let portions: Vec<&[Leak]> = leaks.chunks(PORTION).collect();
        let of_portion =
            |portion: &&[Leak]| portion.iter().filter_map(secret).collect::<Vec<Found>>();
        let mut secrets = Vec::with_capacity(leaks.len());
        let Ok(()) = side_by_side::each_large(&portions, of_portion, |found| {
            secrets.extend(found);
            Ok::<(), Infallible>(())
        });
        secrets
    }
}

/// Texts from which secrets were taken out, and what was left of them.
#[derive(Default)]
struct Hidden<'a>(HashMap<&'a str, String>);

impl<'a> Hidden<'a> {
    fn of(&mut self, text: &'a str, hide: &dyn Fn(&str) -> String) -> String {
        self.0.entry(text).or_insert_with(|| hide(text)).clone()
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn shown(file: &Path) -> String {
    file.to_string_lossy().into_owned()
}
