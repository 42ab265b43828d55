//! What can be said of pages by themselves: no cloud, no network, nothing runs.
//!
//! Each page is read once, several at once.

use crate::error::{Error, ErrorKind, Result};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::thread;

use crate::model::{
    Adoption, Change, Diagnostic, DiagnosticKind, Excerpt, Fate, FileCache, FileText, Level,
    Outcome, Page, PageOutcome, PagePlan, Place, Run, Skipped, Unplaced, View, ViewKind,
};
use crate::page;
use crate::stabilise::{Learnt, Secrets};

use super::publication::{PageTexts, Publication};
use super::{Job, adopting, documented, judge, no_network, planned};

/// What was found on one page.
struct Looked {
    outcome: PageOutcome,
    skipped: Option<Skipped>,
    texts: PageTexts,
    learnt: Learnt,
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
    let mut outcome = Outcome { level: Level::Offline, ..Outcome::default() };
    let mut publication = Publication::new(job);
    let mut all = Learnt::default();
    for (order, (page, is_meant)) in looked.into_iter().zip(&is_meant).enumerate() {
        let Looked { outcome: found, skipped, texts, learnt, .. } = page;
        if *is_meant && !found.diagnostics.is_empty() {
            all.add(learnt.clone());
        }
        publication.add_texts(texts, learnt);
        if *is_meant {
            outcome.pages.push(PageOutcome { order, ..found });
            outcome.skipped.extend(skipped);
        }
    }
    if outcome.pages.is_empty() && !job.part.is_partial() {
        return Err(Error::new(ErrorKind::Usage, "there is no page to look at"));
    }
    let secrets = thread::scope(|scope| {
        let knowing = scope.spawn(|| none.knowing(&all));
        outcome.leaks = publication.leaks_of(job, &is_meant);
        knowing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    blot(&mut outcome);
    Ok((outcome, secrets))
}

/// Takes lines with a secret out of findings: it may be known from another page only.
fn blot(outcome: &mut Outcome) {
    let Outcome { leaks, pages, .. } = outcome;
    let mut places: HashMap<&Path, HashSet<usize>> = HashMap::new();
    for of_file in leaks.chunk_by(|one, next| one.place.file == next.place.file) {
        let lines = of_file.iter().map(|leak| leak.place.line);
        places.entry(&of_file[0].place.file).or_default().extend(lines);
    }
    for page in pages {
        let is_same = |one: &Diagnostic, next: &Diagnostic| one.place.file == next.place.file;
        for of_file in page.diagnostics.chunk_by_mut(is_same) {
            let Some(lines) = places.get(&*of_file[0].place.file) else { continue };
            for found in of_file.iter_mut().filter(|found| lines.contains(&found.place.line)) {
                found.text = "(this line holds a secret)".to_owned();
                found.span = 0..found.text.len();
            }
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
    let learnt = none.learn(&run);
    let has_drawn = plan.views.iter().any(|view| !matches!(view.kind, ViewKind::Console(_)));
    if plan.skipped {
        skip("the page asks to be left alone");
    } else if has_drawn {
        let secrets = none.knowing(&learnt);
        let adoption = adopting::look(job, page, &plan, run.recording, &secrets, false);
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
    Looked { outcome, skipped, texts, learnt, commands, is_meant }
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
    let mut lines = FileLines::new(files);
    let told = views.chain(references).map(|(kind, Unplaced { place, reason, .. }, hint)| {
        let text = lines.line(&place);
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

/// The lines of files as they stand. Places of the same file mostly come one behind the other.
struct FileLines<'a> {
    files: &'a FileCache,
    last: Option<(PathBuf, FileText, Vec<usize>)>,
}

impl<'a> FileLines<'a> {
    fn new(files: &'a FileCache) -> Self {
        Self { files, last: None }
    }

    /// A line as it stands.
    fn line(&mut self, place: &Place) -> String {
        if self.last.as_ref().is_none_or(|(file, ..)| file.as_os_str() != place.file.as_os_str()) {
            let file = self.files.read(&self.files.absolute(&place.file));
            let bytes = file.map(|file| self.files.bytes(file)).unwrap_or_default();
            let mut start = 0;
            let starts = page::lines(&bytes).map(|line| {
                let this = start;
                start += line.len();
                this
            });
            let starts = starts.collect();
            self.last = Some((place.file.clone(), bytes, starts));
        }
        let Some((_, bytes, starts)) = &self.last else { return String::new() };
        let index = place.line.saturating_sub(1);
        let Some(start) = starts.get(index) else { return String::new() };
        let end = starts.get(index + 1).copied().unwrap_or(bytes.len());
        String::from_utf8_lossy(&bytes[*start..end]).trim_end_matches(['\n', '\r']).to_owned()
    }
}
