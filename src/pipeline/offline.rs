//! What can be said of pages by themselves: no cloud, no network, nothing runs.
//!
//! Each page is read once, several at once.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{
    Adoption, Change, Diagnostic, DiagnosticKind, Excerpt, Fate, FileCache, FileText, Leak, Level,
    Outcome, Page, PageOutcome, PagePlan, Place, Run, Skipped, Unplaced, View, ViewKind,
};
use crate::stabilise::{Learnt, Secrets, Sight};

use super::publication::{PageTexts, Publication};
use super::{Job, adopting, documented, judge, no_network, planned};

/// What was found on one page.
struct Looked {
    outcome: PageOutcome,
    skipped: Option<Skipped>,
    commands: usize,
    is_meant: bool,
}

/// Says for each page whether what it includes is there, whether its views tell the same, and whether
/// it publishes a secret.
///
/// # Errors
///
/// When the settings or a page cannot be read, or there is no page.
pub(super) fn check(job: &Job<'_>) -> Result<(Outcome, Secrets)> {
    let none = Secrets::of(&[], &Run::default(), &job.config.redact);
    let sight = Sight::beside(&none);
    let look = |page: Page, plan: PagePlan| look(job, &none, &sight, &page, plan);
    let mut looked = Vec::new();
    let mut publication = Publication::of(sight.clone());
    planned(job, &no_network, look, |(page, texts, learnt)| {
        publication.add_texts(texts, learnt);
        looked.push(page);
        Ok(())
    })?;
    let commands: Vec<usize> = looked.iter().map(|page| page.commands).collect();
    let share = job.part.share(&commands);
    let is_meant: Vec<bool> =
        looked.iter().zip(share).map(|(page, is_shared)| page.is_meant && is_shared).collect();
    let mut outcome = Outcome { level: Level::Offline, ..Outcome::default() };
    for (order, (page, is_meant)) in looked.into_iter().zip(&is_meant).enumerate() {
        let Looked { outcome: found, skipped, .. } = page;
        if *is_meant {
            outcome.pages.push(PageOutcome { order, ..found });
            outcome.skipped.extend(skipped);
        }
    }
    if outcome.pages.is_empty() && !job.part.is_partial() {
        return Err(Error::new(ErrorKind::Usage, "there is no page to look at"));
    }
    let (leaks, secrets) = publication.leaks_of(job, &is_meant);
    outcome.leaks = leaks;
    blot(&mut outcome);
    Ok((outcome, secrets))
}

/// Takes lines with a secret out of findings: it may be known from another page only.
fn blot(outcome: &mut Outcome) {
    let Outcome { leaks, pages, .. } = outcome;
    let is_same = |one: &Place, next: &Place| one.file.as_os_str() == next.file.as_os_str();
    // They are in the order of their places.
    let mut of_files: HashMap<&OsStr, &[Leak]> = HashMap::new();
    for of_file in leaks.chunk_by(|one, next| is_same(&one.place, &next.place)) {
        of_files.insert(of_file[0].place.file.as_os_str(), of_file);
    }
    for page in pages {
        for of_file in page.diagnostics.chunk_by_mut(|one, next| is_same(&one.place, &next.place)) {
            let Some(leaks) = of_files.get(of_file[0].place.file.as_os_str()) else { continue };
            for found in of_file {
                if leaks.binary_search_by_key(&found.place.line, |leak| leak.place.line).is_ok() {
                    found.text = "(this line holds a secret)".to_owned();
                    found.span = 0..found.text.len();
                }
            }
        }
    }
}

fn look(
    job: &Job<'_>,
    none: &Secrets,
    sight: &Sight,
    page: &Page,
    plan: PagePlan,
) -> (Looked, PageTexts, Learnt) {
    let place = Place::file(job.files.shown(page.file));
    let mut skipped = None;
    let mut skip = |reason: &str| {
        let (path, place) = (plan.path.clone(), place.clone());
        skipped = Some(Skipped { path, place, reason: reason.to_owned() });
    };
    let mut diagnostics = page.diagnostics.clone();
    let run = documented(job, &plan);
    let (learnt, seen) = none.sight(&run);
    let has_drawn = plan.views.iter().any(|view| !matches!(view.kind, ViewKind::Console(_)));
    if plan.skipped {
        skip("the page asks to be left alone");
    } else if has_drawn {
        let secrets = none.comparing(&learnt);
        let sent = secrets.redact_sent(run.recording, &seen);
        let adoption = adopting::look(job, page, &plan, sent, &secrets, false);
        if adoption.messages.is_none() {
            skip("it has no log with which its views could be compared");
        } else {
            diagnostics.extend(disagreements(job.files, adoption));
        }
    }
    judge(job.config, &mut diagnostics);
    let (commands, texts) = (plan.commands.len(), PageTexts::of(job, page));
    let is_meant = job.part.concerns(job.files, page, &plan);
    let PagePlan { path, not_run, views, skipped: is_skipped, .. } = plan;
    let views = views.into_iter().filter(|_| !is_skipped);
    let outcome = PageOutcome {
        path,
        place,
        order: 0,
        changes: views.map(without_text).collect(),
        hold: None,
        fate: Fate::default(),
        attempts: Vec::new(),
        not_run,
        diagnostics,
        not_seen: Vec::new(),
        unshown_log: None,
        unused: Vec::new(),
    };
    (Looked { outcome, skipped, commands, is_meant }, texts, sight.without_stand_ins(learnt))
}

/// A view of which only the place is told: nothing becomes of it, and texts of a whole site are many.
fn without_text(view: View) -> Change {
    let View { kind, mut region } = view;
    region.text = Excerpt::default();
    Change { kind, text: String::new(), region, findings: Vec::new() }
}

/// Where views do not follow from the page's log, and where words mean steps that are not there.
fn disagreements(files: &FileCache, adoption: Adoption) -> Vec<Diagnostic> {
    let views = adoption.unplaced.into_iter().map(|unplaced| {
        let hint = "look at it, or draw it anew with `doctool refresh`";
        (DiagnosticKind::ViewsDisagree, unplaced, hint)
    });
    let references = adoption.lost_references.into_iter().map(|lost| {
        let hint = "name steps of the diagram";
        (DiagnosticKind::StaleReference, lost, hint)
    });
    let mut last: Option<(PathBuf, FileText)> = None;
    let told = views.chain(references).map(|(kind, Unplaced { place, reason, .. }, hint)| {
        // Places of the same file mostly come one behind the other.
        if last.as_ref().is_none_or(|(file, _)| file.as_os_str() != place.file.as_os_str()) {
            let held = files.hold(&files.absolute(&place.file));
            last = Some((place.file.clone(), held.map(|(_, text)| text).unwrap_or_default()));
        }
        let text = last.as_ref().map_or_else(String::new, |(_, text)| line(text, place.line));
        Diagnostic {
            kind,
            severity: kind.severity(),
            span: text.len() - text.trim_start().len()
                ..text.trim_end().len().max(1).min(text.len()),
            place,
            text,
            message: reason,
            hint: Some(hint.to_owned()),
        }
    });
    told.collect()
}

/// A line as it stands, by its number.
fn line(file: &FileText, number: usize) -> String {
    let Some(span) = file.line(number.saturating_sub(1)) else { return String::new() };
    String::from_utf8_lossy(&file[span]).trim_end_matches(['\n', '\r']).to_owned()
}
