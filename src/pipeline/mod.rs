//! The stages in order: the table of contents of doctool.
//!
//! `check` and `refresh` share everything but the last step, so they cannot disagree.

mod listing;
mod live;
mod side_by_side;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::capture::{replay, requestshook};
use crate::cloud;
use crate::discover;
use crate::error::{Error, ErrorKind, Result};
use crate::merge::{Conflicts, Eyes, Merge, Runs, Texts};
use crate::model::{
    Change, Cloud, Diagnostic, Event, Events, FileCache, Outcome, Page, PageOutcome, PagePlan, Run,
    View, ViewKind,
};
use crate::page;
use crate::plan;
use crate::render;
use crate::report::list_json::{self, ListedPage, SiteListing};
use crate::settings::{Config, Site};
use crate::stabilise::{self, Pins, Redacted, Secrets, StableRecording};
use crate::write;

use listing::{Includes, PageIncludes};

/// Where runs come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The cloud of this profile; the configured one where none is named.
    Cloud(Option<String>),
    /// Recordings in this folder.
    Replay(PathBuf),
}

/// What is to be done to which pages.
pub struct Job<'a> {
    /// The site's settings.
    pub site: &'a Site,
    /// doctool's settings for the site.
    pub config: &'a Config,
    /// The site's files.
    pub files: &'a FileCache,
    /// The pages meant; all where there is none.
    pub paths: &'a [PathBuf],
    /// Where runs come from.
    pub source: Source,
    /// What is done where a person and the cloud changed the same lines.
    pub conflicts: Conflicts,
    /// Who is told what happens.
    pub events: Events<'a>,
}

/// Says for each view whether it is as it should be, and what must not be shown when that is told.
/// Writes nothing.
///
/// # Errors
///
/// When the job could not be done, or there was nothing to verify.
pub fn check(job: &Job<'_>) -> Result<(Outcome, Secrets)> {
    let pages = pages(job)?;
    let (runs, secrets) = runs(job, &pages)?;
    Ok((compare(job, pages, runs, &secrets)?, secrets))
}

/// Brings each view to what it should be.
///
/// # Errors
///
/// When the job could not be done; then no page is half written.
pub fn refresh(job: &Job<'_>) -> Result<(Outcome, Secrets)> {
    let pages = pages(job)?;
    let (runs, secrets) = runs(job, &pages)?;
    let outcome = compare(job, pages, runs, &secrets)?;
    for page in &outcome.pages {
        write_page(job, page)?;
    }
    Ok((outcome, secrets))
}

/// Runs the commands and keeps what was recorded below a folder. Gives the paths of the pages.
///
/// # Errors
///
/// When the job could not be done, or the folder cannot be written.
pub fn record(job: &Job<'_>, recordings: &Path) -> Result<Vec<String>> {
    let pages = pages(job)?;
    let (runs, _) = runs(job, &pages)?;
    for (page, run) in pages.iter().zip(&runs) {
        let recorded = stabilise::stabilise(&Run::default(), run, Pins::default());
        replay::write(recordings, &page.plan, &render::log(&recorded), recorded.outputs())?;
    }
    Ok(pages.into_iter().map(|page| page.plan.path).collect())
}

/// What every page contains, and its flaws, told page by page in the form that is wanted; and what
/// the site is as a whole. Runs nothing.
///
/// # Errors
///
/// When the settings or a page cannot be read, or it cannot be told.
pub fn list<T: Send>(
    job: &Job<'_>,
    form: impl Fn(&ListedPage<'_>) -> T + Sync,
    mut tell: impl FnMut(T, Vec<Diagnostic>) -> Result<()>,
) -> Result<SiteListing> {
    let files = job.files;
    let mut includes = Includes::default();
    let listed = |page: Page, plan: PagePlan| {
        let told = form(&list_json::page(files, &page, &plan));
        (told, PageIncludes::of(files, &page), page.diagnostics)
    };
    planned(job, listed, |(told, of_page, warnings)| {
        includes.add(of_page);
        tell(told, warnings)
    })?;
    Ok(includes.listing(files, job.paths.is_empty()))
}

/// Reads every page that is meant, with what it documents, several at once. What is kept of each
/// is handed on in their order.
fn planned<T: Send>(
    job: &Job<'_>,
    keep: impl Fn(Page, PagePlan) -> T + Sync,
    mut hand_on: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let Job { site, config, files, .. } = *job;
    let paths = discover::pages(site, files, job.paths)?;
    let read = |path: &PathBuf| {
        let page = page::read(site, files, path)?;
        let plan = plan::plan(site, config, files, &page)?;
        Ok(keep(page, plan))
    };
    side_by_side::each(&paths, read, |read: Result<T>| hand_on(read?))
}

/// A page with commands, and what it shows now.
struct Documented {
    page: Page,
    plan: PagePlan,
    /// Its last run, as its views tell it.
    run: Run,
}

fn pages(job: &Job<'_>) -> Result<Vec<Documented>> {
    let site = job.site;
    let mut pages = Vec::new();
    let keep = |page, plan: PagePlan| {
        let runs = !plan.skipped && !plan.commands.is_empty();
        runs.then(|| Documented { run: documented(site, &plan), page, plan })
    };
    planned(job, keep, |kept| {
        pages.extend(kept);
        Ok(())
    })?;
    if pages.is_empty() {
        return Err(Error::new(
            ErrorKind::Usage,
            "none of these pages documents a command that may run",
        )
        .hint("see what doctool finds on them, and why it is not run, with `doctool list`"));
    }
    Ok(pages)
}

/// A page's last run: its log view, or the log kept for it, and its console output.
fn documented(site: &Site, plan: &PagePlan) -> Run {
    let text =
        |kind| plan.views.iter().find(|view| view.kind == kind).map(|view| &*view.region.text);
    let kept = || std::fs::read_to_string(kept_log(site, &plan.path)).unwrap_or_default();
    let log = text(ViewKind::Log).map_or_else(kept, str::to_owned);
    let outputs = (0..plan.commands.len())
        .map(|index| text(ViewKind::Console(index)).unwrap_or_default().to_owned());
    Run { outputs: outputs.collect(), recording: requestshook::parse(&log).unwrap_or_default() }
}

/// Where the log of a page without a log view is kept.
fn kept_log(site: &Site, page: &str) -> PathBuf {
    replay::folder(&site.folder.join(".doctool"), page).join("log.md")
}

fn runs(job: &Job<'_>, pages: &[Documented]) -> Result<(Vec<Redacted>, Secrets)> {
    let (runs, cloud) = match &job.source {
        Source::Replay(folder) => {
            let read = |page: &Documented| replay::read(folder, &page.plan, &page.run.outputs);
            (pages.iter().map(read).collect::<Result<Vec<Run>>>()?, Cloud::default())
        }
        Source::Cloud(name) => {
            let name = name.as_ref().unwrap_or(&job.config.cloud);
            let cloud = cloud::ready(name, &job.config.profile(name)?, job.events)?;
            let plans: Vec<&PagePlan> = pages.iter().map(|page| &page.plan).collect();
            live::run(job, &plans, cloud)?
        }
    };
    // A secret of one page's run may turn up in another's, and one that is on a page already must
    // not be shown again in a diff.
    let mut all = Run::default();
    for run in runs.iter().chain(pages.iter().map(|page| &page.run)) {
        all.outputs.extend_from_slice(&run.outputs);
        all.recording.exchanges.extend_from_slice(&run.recording.exchanges);
    }
    let secrets = Secrets::of(&cloud.secrets, &all, &job.config.redact);
    Ok((runs.iter().map(|run| secrets.redact(run)).collect(), secrets))
}

/// What each view is to be, in the values that the pages document.
fn compare(
    job: &Job<'_>,
    pages: Vec<Documented>,
    runs: Vec<Redacted>,
    secrets: &Secrets,
) -> Result<Outcome> {
    let documented: Vec<Redacted> = pages.iter().map(|page| secrets.redact(&page.run)).collect();
    let learnt: Vec<Pins> = documented
        .iter()
        .zip(&runs)
        .map(|(documented, run)| stabilise::learn(documented.run(), run))
        .collect();
    let mut outcome = Outcome::default();
    let mut told = BTreeMap::new();
    for (index, ((page, documented), run)) in
        pages.into_iter().zip(documented).zip(runs).enumerate()
    {
        let mut pins = learnt[index].clone();
        learnt.iter().for_each(|other| pins.add(other));
        let stable = stabilise::stabilise(documented.run(), &run, pins);
        let Documented { page, mut plan, .. } = page;
        plan.views.retain(|view| is_told_first(job, &mut told, &plan.path, view));
        let shows_log = plan.views.iter().any(|view| view.kind == ViewKind::Log);
        let unshown_log = (!shows_log).then(|| render::log(&stable));
        outcome.pages.push(PageOutcome {
            changes: merged(job, &plan, documented, &stable, secrets),
            path: plan.path,
            not_run: plan.not_run,
            diagnostics: page.diagnostics,
            unshown_log,
        });
    }
    if outcome.verified() == 0 {
        return Err(Error::new(ErrorKind::Page, "these pages have no view to verify"));
    }
    Ok(outcome)
}

/// The page's views and words, merged with the run. What was generated from the page's last
/// recording is the base.
fn merged(
    job: &Job<'_>,
    plan: &PagePlan,
    documented: Redacted,
    stable: &StableRecording,
    secrets: &Secrets,
) -> Vec<Change> {
    let base = StableRecording::redacted(documented);
    let hide = |text: &str| secrets.text(text);
    let eyes = Eyes { hide: &hide, mask: &stabilise::masked, conflicts: job.conflicts };
    let runs = Runs {
        documented: base.recording(),
        live: stable.recording(),
        partners: stable.partners(),
    };
    let merge = Merge::new(&runs, eyes);
    let has_base = !base.recording().exchanges.is_empty();
    let views = plan.views.iter().map(|view| {
        let base = has_base.then(|| drawn(view.kind, &base));
        let new = drawn(view.kind, stable);
        merge.view(&Texts { view, base: base.as_deref(), new: &new })
    });
    let mut changes: Vec<Change> = views.collect();
    changes.extend(merge.prose(plan, &changes));
    changes
}

/// Whether no page before this one tells the same part of the same file. Two cannot: the first does.
fn is_told_first(
    job: &Job<'_>,
    told: &mut BTreeMap<(PathBuf, usize), String>,
    page: &str,
    view: &View,
) -> bool {
    let region = &view.region;
    let first =
        told.entry((region.file.clone(), region.span.start)).or_insert_with(|| page.to_owned());
    if first != page {
        let file = region.place.file.display();
        (job.events)(Event::Warning(format!(
            "`{file}` is told by `{first}`, not again by `{page}`"
        )));
    }
    first == page
}

fn drawn(kind: ViewKind, recording: &StableRecording) -> String {
    match kind {
        ViewKind::Console(index) => render::console(recording, index),
        ViewKind::Diagram => render::diagram(recording),
        ViewKind::Body => render::body(recording),
        ViewKind::Log => render::log(recording),
        ViewKind::Prose => String::new(),
    }
}

fn write_page(job: &Job<'_>, page: &PageOutcome) -> Result<()> {
    let changes: Vec<&Change> = page.stale().collect();
    write::write(&changes, |file| job.files.read(file).ok().map(|id| job.files.bytes(id)))?;
    match &page.unshown_log {
        Some(log) => write::keep(&kept_log(job.site, &page.path), log),
        None => Ok(()),
    }
}
