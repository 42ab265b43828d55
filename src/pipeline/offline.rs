//! What can be said of pages by themselves: no cloud, no network, nothing runs.
//!
//! Each page is read once, several at once.

use crate::error::{Error, ErrorKind, Result};
use std::collections::HashSet;
use std::path::PathBuf;

use crate::model::{
    Adoption, Diagnostic, DiagnosticKind, FileCache, Level, Outcome, Page, PageOutcome, PagePlan,
    Place, Run, Skipped, ViewKind,
};
use crate::stabilise::Secrets;

use super::publication::{PageTexts, Publication};
use super::telling::unchanged;
use super::{Job, adopting, documented, judge, no_network, planned};

/// What was found on one page.
struct Looked {
    outcome: PageOutcome,
    skipped: Option<Skipped>,
    texts: PageTexts,
    documented: Run,
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
    let look = |page: Page, plan: PagePlan| look(job, &none, &page, plan);
    let mut looked = Vec::new();
    planned(job, &no_network, look, |page| {
        looked.push(page);
        Ok(())
    })?;
    let commands: Vec<usize> = looked.iter().map(|page| page.commands).collect();
    let share = job.part.share(&commands);
    let is_meant: Vec<bool> =
        looked.iter().zip(share).map(|(page, is_shared)| page.is_meant && is_shared).collect();
    let mut publication = Publication::default();
    let mut outcome = Outcome { level: Level::Offline, ..Outcome::default() };
    let mut all = Run::default();
    for (order, (page, is_meant)) in looked.into_iter().zip(&is_meant).enumerate() {
        let Looked { outcome: found, skipped, texts, documented, .. } = page;
        if *is_meant && !found.diagnostics.is_empty() {
            all.recording.exchanges.extend_from_slice(&documented.recording.exchanges);
        }
        publication.add_texts(texts, documented);
        if *is_meant {
            outcome.pages.push(PageOutcome { order, ..found });
            outcome.skipped.extend(skipped);
        }
    }
    if outcome.pages.is_empty() && !job.part.is_partial() {
        return Err(Error::new(ErrorKind::Usage, "there is no page to look at"));
    }
    outcome.leaks = publication.leaks_of(job, &is_meant);
    blot(&mut outcome);
    Ok((outcome, none.of_other(&all)))
}

/// Takes lines with a secret out of findings: it may be known from another page only.
fn blot(outcome: &mut Outcome) {
    let places = outcome.leaks.iter().map(|leak| (leak.place.file.clone(), leak.place.line));
    let places: HashSet<(PathBuf, usize)> = places.collect();
    for found in outcome.pages.iter_mut().flat_map(|page| &mut page.diagnostics) {
        if places.contains(&(found.place.file.clone(), found.place.line)) {
            found.text = "(this line holds a secret)".to_owned();
            found.span = 0..found.text.len();
        }
    }
}

fn look(job: &Job<'_>, none: &Secrets, page: &Page, plan: PagePlan) -> Looked {
    let place = Place::file(job.files.shown(page.file));
    let mut skipped = None;
    let mut skip = |reason: &str| {
        let (path, place) = (plan.path.clone(), place.clone());
        skipped = Some(Skipped { path, place, reason: reason.to_owned() });
    };
    let mut diagnostics = page.diagnostics.clone();
    let run = documented(job.site, &plan);
    let has_drawn = plan.views.iter().any(|view| !matches!(view.kind, ViewKind::Console(_)));
    if plan.skipped {
        skip("the page asks to be left alone");
    } else if has_drawn {
        let secrets = none.of_other(&run);
        let adoption = adopting::look(job, page, &plan, &run, &secrets);
        if adoption.messages.is_none() {
            skip("it has no log with which its views could be compared");
        } else {
            diagnostics.extend(disagreements(job.files, &adoption));
        }
    }
    judge(job.config, &mut diagnostics);
    let views = if plan.skipped { &[][..] } else { &plan.views };
    let outcome = PageOutcome {
        path: plan.path.clone(),
        place,
        order: 0,
        changes: views.iter().map(unchanged).collect(),
        hold: None,
        not_run: plan.not_run.clone(),
        diagnostics,
        not_seen: Vec::new(),
        unshown_log: None,
        unused: Vec::new(),
    };
    let is_meant = job.part.concerns(job.files, page, &plan);
    let texts = PageTexts::of(job, page);
    Looked { outcome, skipped, texts, documented: run, commands: plan.commands.len(), is_meant }
}

/// Where views do not follow from the page's log, and where words mean steps that are not there.
fn disagreements(files: &FileCache, adoption: &Adoption) -> Vec<Diagnostic> {
    let views = adoption.unplaced.iter().map(|unplaced| {
        let hint = "look at it, or draw it anew with `doctool refresh`";
        (DiagnosticKind::ViewsDisagree, &unplaced.place, unplaced.reason.clone(), hint)
    });
    let references = adoption.lost_references.iter().map(|lost| {
        let hint = "name steps of the diagram";
        (DiagnosticKind::StaleReference, &lost.place, lost.reason.clone(), hint)
    });
    let told = views.chain(references).map(|(kind, place, message, hint)| {
        let text = line(files, place);
        Diagnostic {
            kind,
            severity: kind.severity(),
            span: text.len() - text.trim_start().len()
                ..text.trim_end().len().max(1).min(text.len()),
            place: place.clone(),
            text,
            message,
            hint: Some(hint.to_owned()),
        }
    });
    told.collect()
}

/// A line of a file as it stands.
fn line(files: &FileCache, place: &Place) -> String {
    let file = files.read(&files.absolute(&place.file));
    let bytes = file.map(|file| files.bytes(file)).unwrap_or_default();
    let line = crate::page::lines(&bytes).nth(place.line.saturating_sub(1)).unwrap_or_default();
    String::from_utf8_lossy(line).trim_end_matches(['\n', '\r']).to_owned()
}
