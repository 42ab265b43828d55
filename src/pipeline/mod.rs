//! The stages in order: the table of contents of doctool.
//!
//! `check` and `refresh` share everything but the last step, so they cannot disagree.

mod adopting;
mod drawing;
mod freshness;
mod guard;
mod known;
mod left_over;
mod listing;
mod live;
mod noise;
mod offline;
mod part;
mod planning;
mod proxying;
mod publication;
mod ran;
mod rendering;
mod showing;
mod side_by_side;
mod sources;
mod specified;
mod starting;
mod telling;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use crate::capture::{replay, requestshook};
use crate::discover;
use crate::error::{Error, ErrorKind, Result};
use crate::fetch::Fetcher;
use crate::merge::Conflicts;
use crate::model::{
    Adoption, Change, Diagnostic, Edit, Event, Events, Fetched, FileCache, Hold, Leak, Level,
    Outcome, Page, PageOutcome, PagePlan, Place, Prose, Remote, Run, Skipped, View, ViewKind,
};
use crate::page;
use crate::plan as planner;
use crate::render;
use crate::report::list_json::{self, ListedPage, SiteListing};
use crate::settings::{Config, Site};
use crate::stabilise::{self, Pins, Redacted, Secrets, StableRecording, Volatile};
use crate::write::Writer;

pub use left_over::sweep;
use listing::{Includes, PageIncludes};
pub use noise::noise;
pub use part::{Part, Shard};
pub use planning::{dry_run, plan};
pub use proxying::{proxy, proxy_environment};
use publication::{FoundSecret, Publication};
use ran::{Ran, runs};
use telling::Telling;

pub use drawing::Drawing;
pub use rendering::{Form, render_log, render_recording};
pub use starting::init;

/// Where runs come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The cloud of this profile; the configured one where none is named.
    Cloud(Option<String>),
    /// Recordings in these folders, one a run.
    Replay(Vec<PathBuf>),
    /// Nowhere: the pages are looked at by themselves.
    Offline,
}

impl Source {
    /// How far pages are looked into.
    fn level(&self) -> Level {
        match self {
            Self::Cloud(_) => Level::Live,
            Self::Replay(_) => Level::Replay,
            Self::Offline => Level::Offline,
        }
    }
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
    /// How often each page's commands run; at least once.
    pub runs: usize,
    /// Whether blocks are written that several runs call for, or only proposed.
    pub accept: bool,
    /// What is done where a person and the cloud changed the same lines.
    pub conflicts: Conflicts,
    /// Which of the pages meant are looked at.
    pub part: Part,
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
    if matches!(job.source, Source::Offline) {
        return offline::check(job);
    }
    // Where commands run, one doctool at a time does that.
    let is_live = matches!(job.source, Source::Cloud(_));
    let _writer = is_live.then(|| Writer::open(job.site)).transpose()?;
    let pages = pages(job)?;
    if pages.documented.is_empty() {
        // Nothing of the part runs, so no cloud is needed either.
        return Ok((pages.unverified(job), Secrets::of(&[], &Run::default(), &job.config.redact)));
    }
    let ran = runs(job, &pages.documented)?;
    Ok((compare(job, pages, &ran)?, ran.secrets))
}

/// Brings each view to what it should be.
///
/// # Errors
///
/// When the job could not be done; then no page is half written.
pub fn refresh(job: &Job<'_>) -> Result<(Outcome, Secrets)> {
    let writer = Writer::open(job.site)?;
    let pages = pages(job)?;
    let ran = runs(job, &pages.documented)?;
    let mut outcome = compare(job, pages, &ran)?;
    for page in &mut outcome.pages {
        page.hold = page.hold.filter(|hold| !(job.accept && *hold == Hold::Proposal));
        if page.hold.is_some() {
            page.forget_deviations();
            continue;
        }
        write_page(job, &writer, page)?;
        page.forget_missing();
        page.forget_deviations();
    }
    ran.known.as_ref().map_or(Ok(()), |known| known.keep(&writer))?;
    Ok((outcome, ran.secrets))
}

/// Runs the commands and keeps what was recorded below a folder. Gives the paths of the pages, and how
/// many exchanges the settings say to ignore, which are not kept.
///
/// # Errors
///
/// When the job could not be done, or the folder cannot be written.
pub fn record(job: &Job<'_>, recordings: &Path) -> Result<(Vec<String>, usize)> {
    let writer = Writer::open(job.site)?;
    let pages = pages(job)?.documented;
    let ran = runs(job, &pages)?;
    for (page, run) in pages.iter().zip(&ran.told) {
        let recorded = StableRecording::redacted(run.live.clone());
        replay::write(recordings, &page.plan, &render::log(&recorded), recorded.outputs())?;
    }
    ran.known.as_ref().map_or(Ok(()), |known| known.keep(&writer))?;
    Ok((pages.into_iter().map(|page| page.plan.path).collect(), ran.ignored))
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
    planned(job, &no_network, listed, |(told, of_page, warnings)| {
        includes.add(of_page);
        tell(told, warnings)
    })?;
    Ok(includes.listing(files, job.paths.is_empty()))
}

/// Where the pages publish secrets, and how many pages there are. Writes nothing.
///
/// # Errors
///
/// When the settings or a page cannot be read.
pub fn leaks(job: &Job<'_>) -> Result<(Vec<Leak>, usize)> {
    let (findings, pages) = findings(job)?;
    Ok((findings.into_iter().map(|finding| finding.leak).collect(), pages))
}

/// Takes published secrets out of the pages: out of all files, or of none. Gives what
/// [`leaks`] gave before.
///
/// # Errors
///
/// When the settings or a page cannot be read, or a file cannot be written.
pub fn redact(job: &Job<'_>) -> Result<(Vec<Leak>, usize)> {
    let writer = Writer::open(job.site)?;
    let (findings, pages) = findings(job)?;
    let (leaks, edits): (Vec<Leak>, Vec<Edit>) =
        findings.into_iter().map(|finding| (finding.leak, finding.edit)).unzip();
    writer.edit(&edits, job.files)?;
    Ok((leaks, pages))
}

/// What people made of the pages: whether views tell the same, hand edits, published secrets.
/// Runs and writes nothing.
///
/// # Errors
///
/// When the settings or a page cannot be read.
pub fn adopt(job: &Job<'_>) -> Result<Vec<Adoption>> {
    let mut publication = Publication::default();
    let mut adoptions = Vec::new();
    let none = Secrets::of(&[], &Run::default(), &job.config.redact);
    planned(job, &no_network, both, |(page, plan)| {
        let documented = documented(job.site, &plan);
        let secrets = none.of_other(&documented);
        adoptions.push(adopting::look(job, &page, &plan, &documented, &secrets));
        publication.add(job, &page, documented);
        Ok(())
    })?;
    let findings = publication.findings(job);
    adopting::share_out(&mut adoptions, &publication, findings);
    Ok(adoptions)
}

fn findings(job: &Job<'_>) -> Result<(Vec<FoundSecret>, usize)> {
    let mut publication = Publication::default();
    planned(job, &no_network, both, |(page, plan)| {
        publication.add(job, &page, documented(job.site, &plan));
        Ok(())
    })?;
    Ok((publication.findings(job), publication.pages()))
}

/// Reads every page that is meant, with what it documents, several at once. What is kept of each
/// is handed on in their order.
fn planned<T: Send>(
    job: &Job<'_>,
    remote: Remote<'_>,
    keep: impl Fn(Page, PagePlan) -> T + Sync,
    mut hand_on: impl FnMut(T) -> Result<()>,
) -> Result<()> {
    let Job { site, config, files, .. } = *job;
    let paths = discover::pages(site, files, job.paths)?;
    let read = |path: &PathBuf| {
        let mut page = page::read_with(site, files, remote, path)?;
        page.diagnostics.extend(planner::unreadable(files, &page));
        let plan = planner::plan(site, config, files, &page)?;
        page.diagnostics.extend(planner::refused(files, &plan));
        judge(config, &mut page.diagnostics);
        Ok(keep(page, plan))
    };
    side_by_side::each(&paths, read, |read: Result<T>| hand_on(read?))
}

/// Keeps a page whole.
fn both(page: Page, plan: PagePlan) -> (Page, PagePlan) {
    (page, plan)
}

/// What does not touch the network.
fn no_network(_: &str) -> Fetched {
    Fetched::Offline
}

/// Silences and raises findings as the settings say.
fn judge(config: &Config, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.retain_mut(|found| match config.severity(found.kind) {
        Some(severity) => {
            found.severity = severity;
            true
        }
        None => false,
    });
}

/// The pages of a job.
struct Pages {
    /// Those with commands.
    documented: Vec<Documented>,
    /// What the authors of the others should know.
    elsewhere: Vec<Diagnostic>,
    /// Others with commands, none of which runs.
    skipped: Vec<Skipped>,
    /// Secrets that the pages publish, but for those in logs.
    leaks: Vec<Leak>,
}

impl Pages {
    /// What there is to say where nothing runs.
    fn unverified(self, job: &Job<'_>) -> Outcome {
        let Self { elsewhere, skipped, leaks, .. } = self;
        Outcome { elsewhere, skipped, leaks, level: job.source.level(), ..Outcome::default() }
    }
}

/// What is kept of a page.
enum Kept {
    Documented(Box<Documented>),
    Elsewhere(Vec<Diagnostic>, Option<Skipped>),
}

/// A page with commands, and what it shows now.
struct Documented {
    page: Page,
    plan: PagePlan,
    prose: Prose,
    /// Which of the pages that are meant it is.
    order: usize,
    /// Its last run, as its views tell it.
    run: Run,
}

fn pages(job: &Job<'_>) -> Result<Pages> {
    let mut pages = Vec::new();
    let site = job.site;
    let is_replay = matches!(job.source, Source::Replay(_));
    let fetcher = site.snippets.as_ref().map(Fetcher::new);
    let remote = |url: &str| match &fetcher {
        Some(fetcher) if !is_replay => fetcher.fetch(url),
        // A replay works without a network.
        _ => Fetched::Offline,
    };
    let keep = |page: Page, plan: PagePlan| {
        let is_meant = job.part.concerns(job.files, &page, &plan);
        let kept = if plan.skipped || plan.commands.is_empty() {
            let skipped = skipped(job.files, &page, &plan);
            Kept::Elsewhere(page.diagnostics, skipped)
        } else {
            let prose = planner::prose(job.files, &page, &plan);
            let run = documented(site, &plan);
            Kept::Documented(Box::new(Documented { run, prose, order: 0, page, plan }))
        };
        (kept, is_meant)
    };
    let mut kept = Vec::new();
    planned(job, &remote, keep, |page| {
        kept.push(page);
        Ok(())
    })?;
    let commands: Vec<usize> = kept
        .iter()
        .map(|(kept, _)| match kept {
            Kept::Documented(page) => page.plan.commands.len() + page.plan.setup.len(),
            Kept::Elsewhere(..) => 0,
        })
        .collect();
    let share = job.part.share(&commands);
    let (mut elsewhere, mut not_verified, mut is_meant) = (Vec::new(), Vec::new(), Vec::new());
    for (order, ((kept, is_changed), is_shared)) in kept.into_iter().zip(share).enumerate() {
        match kept {
            Kept::Documented(page) => {
                pages.push(Documented { order, ..*page });
                is_meant.push(is_changed && is_shared);
            }
            Kept::Elsewhere(diagnostics, skipped) if is_changed && is_shared => {
                elsewhere.extend(diagnostics);
                not_verified.extend(skipped);
            }
            Kept::Elsewhere(..) => {}
        }
    }
    if pages.is_empty() && !job.part.is_partial() {
        return Err(Error::new(
            ErrorKind::Usage,
            "none of these pages documents a command that may run",
        )
        .hint("see what doctool finds on them, and why it is not run, with `doctool list`"));
    }
    let leaks = published(job, &pages, &is_meant);
    let mut is_meant = is_meant.into_iter();
    pages.retain(|_| is_meant.next().unwrap_or_default());
    Ok(Pages { documented: pages, elsewhere, skipped: not_verified, leaks })
}

/// Why a page that documents something is not verified.
fn skipped(files: &FileCache, page: &Page, plan: &PagePlan) -> Option<Skipped> {
    let reason = match (plan.skipped, plan.commands.is_empty(), plan.not_run.is_empty()) {
        (true, false, _) => "the page asks to be left alone",
        (_, true, false) => "none of its commands may run; see why with `doctool list`",
        _ => return None,
    };
    let place = Place::file(files.shown(page.file));
    Some(Skipped { path: plan.path.clone(), place, reason: reason.to_owned() })
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

/// What each view is to be, in the values that the pages document.
fn compare(job: &Job<'_>, pages: Pages, ran: &Ran) -> Result<Outcome> {
    let Pages { documented: pages, elsewhere, skipped, leaks } = pages;
    let all = ran
        .told
        .iter()
        .flat_map(|told| [told.documented.run()].into_iter().chain(told.runs().map(Redacted::run)));
    let volatile = Volatile::new(&job.config.volatile, all)?;
    // One live value stands for one documented value on all pages: for that of the first. Each time
    // that the commands ran, there were other live values.
    let rounds = ran.told.iter().map(|told| told.runs().count()).max().unwrap_or_default();
    let mut pins = vec![Pins::default(); rounds];
    for told in &ran.told {
        for (live, pins) in told.runs().zip(&mut pins) {
            pins.add(&stabilise::learn(&volatile, &told.documented, live));
        }
    }
    if let Some(known) = &ran.known {
        pins.iter_mut().for_each(|pins| pins.add(&known.bindings.pins(&volatile)));
    }
    let level = job.source.level();
    let ignored = ran.ignored;
    let mut outcome = Outcome { elsewhere, leaks, level, skipped, ignored, ..Outcome::default() };
    let mut shown = BTreeMap::new();
    for (mut page, told) in pages.into_iter().zip(&ran.told) {
        let path = page.plan.path.clone();
        page.plan.views.retain(|view| is_told_first(job, &mut shown, &path, view));
        let telling = Telling { job, volatile: &volatile, secrets: &ran.secrets, pins: &pins };
        outcome.pages.push(telling.page(page, told));
    }
    if outcome.verified() == 0 {
        return Err(Error::new(ErrorKind::Page, "these pages have no view to verify"));
    }
    Ok(outcome)
}

/// Where the pages meant publish secrets, but for logs, which are written anew. A secret of one page
/// may turn up on another, so all pages are looked at.
fn published(job: &Job<'_>, pages: &[Documented], is_meant: &[bool]) -> Vec<Leak> {
    let mut publication = Publication::default();
    let mut logs = HashSet::new();
    for Documented { page, plan, run, .. } in pages {
        publication.add(job, page, run.clone());
        let views = plan.views.iter().filter(|view| view.kind == ViewKind::Log);
        logs.extend(views.map(|view| view.region.place.file.clone()));
    }
    let mut found = publication.leaks_of(job, is_meant);
    found.retain(|leak| !logs.contains(&leak.place.file));
    found
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

fn write_page(job: &Job<'_>, writer: &Writer, page: &PageOutcome) -> Result<()> {
    let changes: Vec<&Change> = page.stale().collect();
    let file = kept_log(job.site, &page.path);
    let log = page.unshown_log.as_deref().map(|log| (&*file, log));
    writer.write(&changes, log, |file| job.files.read(file).ok().map(|id| job.files.bytes(id)))?;
    page.unused.iter().try_for_each(|file| writer.remove(file))
}
