//! The stages in order: the table of contents of doctool.
//!
//! `check` and `refresh` share everything but the last step, so they cannot disagree.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;

use crate::capture::participants::{Participants, Rule};
use crate::capture::proxy::{Options, Proxy};
use crate::capture::{Capture, replay, requestshook};
use crate::cloud;
use crate::discover;
use crate::error::{Error, ErrorKind, Result};
use crate::merge;
use crate::model::{
    Change, Cloud, Command, Diagnostic, Event, Events, Exchange, FileCache, FileId, Outcome, Page,
    PageOutcome, PagePlan, Recording, Run, View, ViewKind,
};
use crate::page;
use crate::plan;
use crate::render;
use crate::report::list_json::{self, Listing, SharedFile};
use crate::run::{self, Failure, Scratch, Surroundings};
use crate::settings::{Config, Site};
use crate::stabilise::{self, Pins, Redacted, Secrets, StableRecording};
use crate::write;

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
    /// Who is told what happens.
    pub events: Events<'a>,
}

/// Says for each view whether it is as it should be. Writes nothing.
///
/// # Errors
///
/// When the job could not be done, or there was nothing to verify.
pub fn check(job: &Job<'_>) -> Result<Outcome> {
    let pages = pages(job)?;
    let runs = runs(job, &pages)?;
    compare(pages, runs)
}

/// Brings each view to what it should be.
///
/// # Errors
///
/// When the job could not be done; then no page is half written.
pub fn refresh(job: &Job<'_>) -> Result<Outcome> {
    let pages = pages(job)?;
    let runs = runs(job, &pages)?;
    let outcome = compare(pages, runs)?;
    for page in &outcome.pages {
        write_page(job, page)?;
    }
    Ok(outcome)
}

/// Runs the commands and keeps what was recorded below a folder. Gives the paths of the pages.
///
/// # Errors
///
/// When the job could not be done, or the folder cannot be written.
pub fn record(job: &Job<'_>, recordings: &Path) -> Result<Vec<String>> {
    let pages = pages(job)?;
    let runs = runs(job, &pages)?;
    for (page, run) in pages.iter().zip(&runs) {
        let recorded = stabilise::stabilise(&Run::default(), run, Pins::default());
        replay::write(recordings, &page.plan, &render::log(&recorded), recorded.outputs())?;
    }
    Ok(pages.into_iter().map(|page| page.plan.path).collect())
}

/// What every page contains, and its flaws. Runs nothing.
///
/// # Errors
///
/// When the settings or a page cannot be read.
pub fn list(job: &Job<'_>) -> Result<(Listing, Vec<Diagnostic>)> {
    let mut warnings = Vec::new();
    let mut pages = Vec::new();
    let mut includes = Includes::default();
    for (page, plan) in planned(job)? {
        includes.add(job.files, &page);
        pages.push(list_json::page(job.files, &page, &plan));
        warnings.extend(page.diagnostics);
    }
    let orphans = if job.paths.is_empty() { includes.orphans(job.files) } else { Vec::new() };
    Ok((Listing { pages, orphans, shared: includes.shared(job.files) }, warnings))
}

/// Every page that is meant, with what it documents.
fn planned(job: &Job<'_>) -> Result<Vec<(Page, PagePlan)>> {
    discover::pages(job.site, job.files, job.paths)?
        .iter()
        .map(|path| {
            let page = page::read(job.site, job.files, path)?;
            let plan = plan::plan(job.site, job.config, job.files, &page)?;
            Ok((page, plan))
        })
        .collect()
}

/// Which page includes which files.
#[derive(Default)]
struct Includes {
    pages_of: BTreeMap<PathBuf, Vec<FileId>>,
    /// Pages with the form of a view.
    view_like: Vec<FileId>,
}

impl Includes {
    fn add(&mut self, files: &FileCache, page: &Page) {
        if plan::has_form_of_view(&files.bytes(page.file)) {
            self.view_like.push(page.file);
        }
        // What the settings append to every page is meant to be shared.
        for include in page.includes.iter().filter(|include| include.origin.is_some()) {
            let Some(file) = include.file else { continue };
            let pages = self.pages_of.entry(files.path(file)).or_default();
            if pages.last() != Some(&page.file) {
                pages.push(page.file);
            }
        }
    }

    fn orphans(&self, files: &FileCache) -> Vec<String> {
        let is_orphan = |file: &&FileId| !self.pages_of.contains_key(&files.path(**file));
        self.view_like
            .iter()
            .filter(is_orphan)
            .map(|&file| shown(files, &files.path(file)))
            .collect()
    }

    fn shared(&self, files: &FileCache) -> Vec<SharedFile> {
        let several = self.pages_of.iter().filter(|(_, pages)| pages.len() > 1);
        let name = |&page: &FileId| shown(files, &files.path(page));
        several
            .map(|(file, pages)| SharedFile {
                file: shown(files, file),
                pages: pages.iter().map(name).collect(),
            })
            .collect()
    }
}

fn shown(files: &FileCache, path: &Path) -> String {
    files.shown_path(path).to_string_lossy().into_owned()
}

/// A page with commands, and what it shows now.
struct Documented {
    page: Page,
    plan: PagePlan,
    /// Its last run, as its views tell it.
    run: Run,
}

fn pages(job: &Job<'_>) -> Result<Vec<Documented>> {
    let pages: Vec<Documented> = planned(job)?
        .into_iter()
        .filter(|(_, plan)| !plan.skipped && !plan.commands.is_empty())
        .map(|(page, plan)| Documented { run: documented(job.site, &plan), page, plan })
        .collect();
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

fn runs(job: &Job<'_>, pages: &[Documented]) -> Result<Vec<Redacted>> {
    let (runs, cloud) = match &job.source {
        Source::Replay(folder) => {
            let read = |page: &Documented| replay::read(folder, &page.plan, &page.run.outputs);
            (pages.iter().map(read).collect::<Result<Vec<Run>>>()?, Cloud::default())
        }
        Source::Cloud(name) => {
            let name = name.as_ref().unwrap_or(&job.config.cloud);
            let cloud = cloud::ready(name, &job.config.profile(name)?, job.events)?;
            live(job, pages, cloud)?
        }
    };
    // A secret of one page's run may turn up in another's.
    let mut all = Run::default();
    for run in &runs {
        all.outputs.extend_from_slice(&run.outputs);
        all.recording.exchanges.extend_from_slice(&run.recording.exchanges);
    }
    let secrets = Secrets::of(&cloud.secrets, &all, &job.config.redact);
    Ok(runs.iter().map(|run| secrets.redact(run)).collect())
}

/// Runs the pages' commands one page after another. Gives the cloud back with all its secrets.
fn live(job: &Job<'_>, pages: &[Documented], mut cloud: Cloud) -> Result<(Vec<Run>, Cloud)> {
    let mut proxy = Proxy::start(recording(job.config, &cloud)?, cloud.relay.as_ref(), job.events)?;
    let programs = pages.iter().flat_map(|page| &page.plan.commands).map(caller);
    let keys: Vec<_> = programs.map(|name| ("key".to_owned(), proxy.caller(&name).key)).collect();
    cloud.secrets.extend(keys);
    let run = |page: &Documented| live_page(job, &page.plan, &cloud, &mut proxy);
    let runs = pages.iter().map(run).collect::<Result<Vec<Run>>>()?;
    Ok((runs, cloud))
}

/// The name under which a command's exchanges are seen: its program's.
fn caller(command: &Command) -> String {
    let name = Path::new(&command.argv[0]).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn recording(config: &Config, cloud: &Cloud) -> Result<Options> {
    let rule = |rule: &crate::settings::doctool::ParticipantRule| {
        let url = Regex::new(&rule.url).map_err(|cause| {
            Error::new(ErrorKind::Settings, "a participant's URL is no regular expression")
                .because(cause)
        })?;
        Ok(Rule { url, name: rule.name.clone() })
    };
    let rules = config.participants.iter().map(rule).collect::<Result<Vec<Rule>>>()?;
    let participants = Participants::new(cloud.services.clone(), rules);
    Ok(Options { body_limit: config.record.body_limit, participants, ..Options::default() })
}

/// Sets up, runs and records the page's commands, and tears down in any case.
fn live_page(
    job: &Job<'_>,
    plan: &PagePlan,
    cloud: &Cloud,
    capture: &mut dyn Capture,
) -> Result<Run> {
    let scratch = Scratch::new(&plan.files, &plan.file)?;
    let stage = Stage { job, plan, cloud, scratch: &scratch };
    let recorded = stage.all(&plan.setup, None).and_then(|_| {
        capture.begin()?;
        let outputs = stage.all(&plan.commands, Some(capture));
        let recording = capture.end()?;
        let outputs = outputs.map_err(|error| unanswered(error, &recording))?;
        Ok(Run { outputs, recording })
    });
    let torn_down = stage.all(&plan.teardown, None);
    let run = recorded?;
    torn_down?;
    Ok(run)
}

/// The error, with a hint at the service that did not answer if there was one.
fn unanswered(error: Error, recording: &Recording) -> Error {
    let silent = recording.exchanges.iter().find(|exchange| exchange.response.is_none());
    match silent {
        Some(Exchange { to, request, .. }) => error.hint(format!(
            "see why `{to}` does not answer at `{}`; nothing was written",
            request.url
        )),
        None => error,
    }
}

/// Where the commands of one page run.
struct Stage<'a> {
    job: &'a Job<'a>,
    plan: &'a PagePlan,
    cloud: &'a Cloud,
    scratch: &'a Scratch,
}

impl Stage<'_> {
    /// Runs the commands one after another, recorded if there is something to record with.
    fn all(&self, commands: &[Command], capture: Option<&mut dyn Capture>) -> Result<Vec<String>> {
        let capture = capture.map(|capture| &*capture);
        commands.iter().map(|command| self.one(command, capture)).collect()
    }

    fn one(&self, command: &Command, capture: Option<&dyn Capture>) -> Result<String> {
        let (page, text) = (self.plan.path.clone(), command.text.clone());
        (self.job.events)(Event::CommandStarted { page, command: text });
        let mut variables: BTreeMap<String, String> = self.cloud.env.clone();
        if let Some(capture) = capture {
            variables.extend(capture.environment(&caller(command)));
        }
        let surroundings = Surroundings {
            variables,
            path: self.cloud.path.clone(),
            folder: self.scratch.path().to_owned(),
            limit: Duration::from_secs(self.job.config.run.timeout),
        };
        run::run(command, &surroundings).map_err(|failure| self.explained(failure))
    }

    /// The error with what the command said, once secrets are out of it.
    fn explained(&self, Failure { error, output }: Failure) -> Error {
        let run = Run { outputs: vec![output], ..Run::default() };
        let secrets = Secrets::of(&self.cloud.secrets, &run, &self.job.config.redact);
        let said = secrets.text(run.outputs[0].trim_end());
        let error = if said.is_empty() { error } else { error.said(said) };
        if error.hint_text().is_some() {
            return error;
        }
        error.hint(format!(
            "see whether cloud `{}` is what the page expects; nothing was written",
            self.cloud.name
        ))
    }
}

/// What each view is to be, in the values that the pages document.
fn compare(pages: Vec<Documented>, runs: Vec<Redacted>) -> Result<Outcome> {
    let learnt: Vec<Pins> =
        pages.iter().zip(&runs).map(|(page, run)| stabilise::learn(&page.run, run)).collect();
    let mut outcome = Outcome::default();
    for (index, (page, run)) in pages.into_iter().zip(runs).enumerate() {
        let mut pins = learnt[index].clone();
        learnt.iter().for_each(|other| pins.add(other));
        let stable = stabilise::stabilise(&page.run, &run, pins);
        let Documented { page, plan, .. } = page;
        let shows_log = plan.views.iter().any(|view| view.kind == ViewKind::Log);
        let unshown_log = (!shows_log).then(|| render::log(&stable));
        outcome.pages.push(PageOutcome {
            changes: plan.views.iter().map(|view| changed(view, &stable)).collect(),
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

fn changed(view: &View, stable: &StableRecording) -> Change {
    let new = match view.kind {
        ViewKind::Console(index) => render::console(stable, index),
        ViewKind::Diagram => render::diagram(stable),
        ViewKind::Body => render::body(stable),
        ViewKind::Log => render::log(stable),
    };
    merge::merge(view, &new)
}

fn write_page(job: &Job<'_>, page: &PageOutcome) -> Result<()> {
    let changes: Vec<&Change> = page.stale().collect();
    write::write(&changes, |file| job.files.read(file).ok().map(|id| job.files.bytes(id)))?;
    match &page.unshown_log {
        Some(log) => write::keep(&kept_log(job.site, &page.path), log),
        None => Ok(()),
    }
}
