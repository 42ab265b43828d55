//! For people: diffs with their places, what else was found with the line that it is in, a summary at
//! the end.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write as _;

use super::{CheckReport, CheckedPage, Failure, Found, Report};
use crate::model::{DiagnosticKind, Leak, Level, Severity};
use crate::report::text::{Colour, Snippet, Style, coloured};
use crate::report::{counted, leaks_text, not_seen};
use crate::side_by_side;

/// The report as text.
#[derive(Debug, Clone, Copy)]
pub struct Text(pub Colour);

impl Report for Text {
    fn told(&self, report: &CheckReport) -> String {
        let mut out = String::new();
        self.tell(report, &mut |part| out.push_str(part));
        out
    }

    fn tell(&self, report: &CheckReport, say: &mut dyn FnMut(&str)) {
        // What was found in views comes first, of all pages.
        for are_of_views in [true, false] {
            let told = |page: &CheckedPage| {
                let mut out = String::new();
                let findings = page.findings.iter();
                for found in findings.filter(|found| is_of_view(found) == are_of_views) {
                    self.found(&mut out, page, found);
                }
                out
            };
            let Ok(()) = side_by_side::each(&report.pages, told, |part| {
                say(&part);
                Ok::<(), Infallible>(())
            });
        }
        let mut out = String::new();
        report.elsewhere.iter().for_each(|found| self.push(&mut out, found));
        out.push_str(&self.secrets(&report.secrets));
        if let Some(failure) = &report.failure {
            out.push_str(&self.failure(failure));
        }
        out.push_str(&summary(report));
        out.push('\n');
        let pages = report.pages.iter().map(|page| (&*page.path, &*page.not_seen));
        out.push_str(&not_seen(pages));
        out.push_str(&skipped(report));
        say(&out);
    }
}

impl Text {
    fn found(&self, out: &mut String, page: &CheckedPage, found: &Found) {
        match &found.diff {
            Some(diff) => {
                let place = self.0.paint(Style::Place, &found.place().to_string());
                let diff = coloured(diff, self.0);
                out.extend([&*place, ": ", &found.message, "\n", &diff, "\n"]);
            }
            None if found.kind == DiagnosticKind::RunsDiffer => {
                let hint = self.0.paint(Style::Hint, "hint:");
                let told = found.hint.as_deref().unwrap_or_default();
                out.extend([&*page.path, ": ", &found.message, "\n\n", &hint, " ", told, "\n\n"]);
            }
            None => self.push(out, found),
        }
    }

    /// Adds what was found, with the line that it is in.
    fn push(&self, out: &mut String, found: &Found) {
        let style = if found.severity == Severity::Error { Style::Error } else { Style::Warning };
        let head = [found.severity.name(), "[", found.kind.name(), "]:"].concat();
        let (start, end) = found.span.unwrap_or_default();
        let snippet = Snippet {
            style,
            head: &head,
            message: &found.message,
            place: &found.place(),
            text: found.text.as_deref(),
            span: start..end,
        };
        snippet.push(out, &found.notes, found.hint.as_deref(), self.0);
    }

    /// That there are secrets on the pages. `redact --check` tells where all of them are.
    fn secrets(&self, secrets: &[Found]) -> String {
        let Some(first) = secrets.first() else { return String::new() };
        let leaks: Vec<Leak> = secrets
            .iter()
            .filter_map(|found| {
                let secret = found.secret.clone()?;
                Some(Leak { place: found.place(), kind: secret.kind, value: secret.value })
            })
            .collect();
        let style = if first.severity == Severity::Error { Style::Error } else { Style::Warning };
        let head = format!("{}[{}]:", first.severity.name(), first.kind);
        let head = self.0.paint(style, &head);
        let place = self.0.paint(Style::Place, &first.place().to_string());
        let hint = self.0.paint(Style::Hint, "hint:");
        format!(
            "{head} these pages publish {}\n  --> {place} is the first place\n   = {hint} see \
             all with `doctool redact --check`, and take them out with `doctool redact`\n\n",
            leaks_text::kinds(&leaks)
        )
    }

    fn failure(&self, failure: &Failure) -> String {
        let head = self.0.paint(Style::Error, "error:");
        format!("{head} the check could not be finished: {}\n\n", failure.message)
    }
}

/// Whether something was found in a view; if not, it is another flaw of the page.
fn is_of_view(found: &Found) -> bool {
    found.view.is_some() || found.kind == DiagnosticKind::RunsDiffer
}

/// What came of it, on one line.
pub(super) fn summary(report: &CheckReport) -> String {
    let totals = report.summary();
    let views = counted(totals.views, "view");
    let judgement = match (totals.stale, report.level) {
        (0, Level::Offline) => format!("{views} consistent"),
        (stale, Level::Offline) => format!("{stale} of {views} inconsistent"),
        (0, _) => format!("{views} up to date"),
        (stale, _) => format!("{stale} of {views} stale"),
    };
    let mut line = format!(
        "{judgement} on {}, {}",
        counted(totals.pages - totals.failed, "page"),
        report.level.how()
    );
    let (mut places, mut flaws) = (0, BTreeMap::new());
    for found in report.pages.iter().flat_map(|page| &page.findings).chain(&report.elsewhere) {
        if !is_of_view(found) {
            *flaws.entry(found.severity).or_insert(0) += 1;
        } else if found.diff.is_none() && found.kind != DiagnosticKind::RunsDiffer {
            places += 1;
        }
    }
    if places > 0 {
        let _ = write!(line, "; {} to look at", counted(places, "place"));
    }
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        if let Some(&count) = flaws.get(&severity) {
            let _ = write!(line, "; {}", counted(count, severity.name()));
        }
    }
    if !report.secrets.is_empty() {
        let _ = write!(line, "; {}", counted(report.secrets.len(), "secret"));
    }
    if report.ignored > 0 {
        let _ = write!(line, "; {} ignored", counted(report.ignored, "exchange"));
    }
    match report.pages.iter().map(|page| page.not_run).sum::<usize>() {
        0 => {}
        count => {
            let _ = write!(line, "; {} not run, see `doctool list`", counted(count, "command"));
        }
    }
    line
}

/// How many pages are not verified, and why.
fn skipped(report: &CheckReport) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for page in &report.skipped {
        reasons.entry(&page.reason).or_default().push(&page.path);
    }
    let told = reasons.into_iter().map(|(reason, pages)| match &*pages {
        [page] => format!("skipped `{page}`: {reason}\n"),
        [page, ..] => {
            format!("skipped `{page}` and {} more: {reason}\n", pages.len() - 1)
        }
        [] => String::new(),
    });
    told.collect()
}
