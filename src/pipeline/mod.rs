//! The stages in order: the table of contents of doctool.
//!
//! `check` and `refresh` share everything but the last step, so they cannot disagree.

mod adopting;
mod at_once;
mod comparing;
mod drawing;
mod durations;
mod expecting;
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
mod retrying;
mod showing;
mod sources;
mod specified;
mod stage;
mod starting;
mod telling;
mod turns;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::capture::{replay, requestshook};
use crate::discover;
use crate::error::Result;
use crate::fetch::Fetcher;
use crate::merge::Conflicts;
use crate::model::{
    Adoption, Change, Diagnostic, Edit, Events, Fault, Fetched, FileCache, Hold, Leak, Level,
    Outcome, Page, PageOutcome, PagePlan, Place, Prose, Remote, Run, Share, Skipped, ViewKind,
};
use crate::page;
use crate::plan as planner;
use crate::render;
use crate::report::list_json::{self, ListedPage, SiteListing};
use crate::settings::{Config, Site};
use crate::side_by_side;
use crate::stabilise::{Secrets, Sight, StableRecording};
use crate::write::Writer;

use comparing::compare;
pub use left_over::sweep;
use listing::{Includes, PageIncludes};
pub use noise::noise;
pub use part::{Part, Shard};
pub use planning::{dry_run, plan};
pub use proxying::{proxy, proxy_environment};
use publication::{FoundSecret, PageTexts, Publication};
use ran::runs;

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
    /// How many pages' commands may run at once; at least 1.
    pub jobs: usize,
    /// How often a page that is not as it should be runs again before it is told so.
    pub retries: usize,
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
    let documented = if is_live && job.retries > 0 { pages.documented.clone() } else { Vec::new() };
    let mut outcome = compare(job, pages, &ran)?;
    retrying::again(job, &documented, &mut outcome)?;
    Ok((outcome, ran.secrets))
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
        if page.fate.failed.is_some() {
            continue;
        }
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

/// Recordings that were kept.
pub struct Recorded {
    /// The paths of their pages.
    pub pages: Vec<String>,
    /// How many exchanges the settings say to ignore, which are not kept.
    pub ignored: usize,
    /// Why other pages have no recording.
    pub failed: Vec<Fault>,
}

/// Runs the commands and keeps what was recorded below a folder.
///
/// # Errors
///
/// When the job could not be done, or the folder cannot be written.
pub fn record(job: &Job<'_>, recordings: &Path) -> Result<Recorded> {
    let writer = Writer::open(job.site)?;
    let pages = pages(job)?.documented;
    let ran = runs(job, &pages)?;
    let mut recorded = Recorded { pages: Vec::new(), ignored: ran.ignored, failed: Vec::new() };
    for (page, told) in pages.into_iter().zip(ran.told) {
        recorded.failed.extend(told.fate.failed);
        let Some(run) = told.runs.into_iter().next() else { continue };
        let run = StableRecording::redacted(run);
        replay::write(recordings, &page.plan, &render::log(&run), run.outputs())?;
        recorded.pages.push(page.plan.path);
    }
    ran.known.as_ref().map_or(Ok(()), |known| known.keep(&writer))?;
    Ok(recorded)
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
    let none = Secrets::of(&[], &Run::default(), &job.config.redact);
    let sight = Sight::beside(&none);
    let mut publication = Publication::of(sight.clone());
    let mut adoptions = Vec::new();
    planned(job, &no_network, both, |(page, plan)| {
        let documented = documented(job, &plan);
        let (learnt, seen) = none.sight(&documented);
        let secrets = none.knowing(&learnt);
        publication.add_texts(PageTexts::of(job, &page), sight.without_stand_ins(learnt));
        let sent = secrets.redact_sent(documented.recording, &seen);
        adoptions.push(adopting::look(job, &page, &plan, sent, &secrets, true));
        Ok(())
    })?;
    let findings = publication.findings(job);
    adopting::share_out(&mut adoptions, &publication, findings);
    Ok(adoptions)
}

fn findings(job: &Job<'_>) -> Result<(Vec<FoundSecret>, usize)> {
    let mut publication = Publication::new(job);
    planned(job, &no_network, both, |(page, plan)| {
        publication.add(job, &page, &documented(job, &plan));
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
    /// Which share of the site they are.
    share: Option<Share>,
}

impl Pages {
    /// These pages alone.
    fn of(documented: Vec<Documented>) -> Self {
        let (elsewhere, skipped, leaks) = (Vec::new(), Vec::new(), Vec::new());
        Self { documented, elsewhere, skipped, leaks, share: None }
    }

    /// What there is to say where nothing runs.
    fn unverified(self, job: &Job<'_>) -> Outcome {
        let Self { elsewhere, skipped, leaks, share, .. } = self;
        let level = job.source.level();
        Outcome { elsewhere, skipped, leaks, share, level, ..Outcome::default() }
    }
}

/// What is kept of a page.
enum Kept {
    Documented(Box<Documented>),
    Elsewhere(Vec<Diagnostic>, Option<Skipped>),
}

/// A page with commands, and what it shows now.
#[derive(Clone)]
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
            let run = documented(job, &plan);
            Kept::Documented(Box::new(Documented { run, prose, order: 0, page, plan }))
        };
        (kept, is_meant)
    };
    let mut kept = Vec::new();
    planned(job, &remote, keep, |page| {
        kept.push(page);
        Ok(())
    })?;
    let work: Vec<(&str, usize)> = kept
        .iter()
        .map(|(kept, _)| match kept {
            Kept::Documented(page) => {
                (&*page.plan.path, page.plan.commands.len() + page.plan.setup.len())
            }
            Kept::Elsewhere(..) => ("", 0),
        })
        .collect();
    let weights = part::weights(&work, &durations::known(job));
    let (shared_out, mark) = (job.part.share(&weights), job.part.mark(&work, &weights));
    let (mut elsewhere, mut not_verified, mut is_meant) = (Vec::new(), Vec::new(), Vec::new());
    for (order, ((kept, is_changed), is_shared)) in kept.into_iter().zip(shared_out).enumerate() {
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
        return Err(planner::nothing_runs(elsewhere));
    }
    let leaks = published(job, &pages, &is_meant);
    let mut is_meant = is_meant.into_iter();
    pages.retain(|_| is_meant.next().unwrap_or_default());
    Ok(Pages { documented: pages, elsewhere, skipped: not_verified, leaks, share: mark })
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
fn documented(job: &Job<'_>, plan: &PagePlan) -> Run {
    let text =
        |kind| plan.views.iter().find(|view| view.kind == kind).map(|view| &*view.region.text);
    let kept = || match job.files.is_folder(&job.site.folder.join(KEPT)) {
        Some(true) => std::fs::read_to_string(kept_log(job.site, &plan.path)).unwrap_or_default(),
        _ => String::new(),
    };
    let log = text(ViewKind::Log).map_or_else(|| Cow::Owned(kept()), Cow::Borrowed);
    let outputs = (0..plan.commands.len())
        .map(|index| text(ViewKind::Console(index)).unwrap_or_default().to_owned());
    Run { outputs: outputs.collect(), recording: requestshook::parse(&log).unwrap_or_default() }
}

/// The folder of a site in which doctool keeps what no page shows.
const KEPT: &str = ".doctool";

/// Where the log of a page without a log view is kept.
fn kept_log(site: &Site, page: &str) -> PathBuf {
    replay::folder(&site.folder.join(KEPT), page).join("log.md")
}

/// Where the pages meant publish secrets, but for logs, which are written anew. A secret of one page
/// may turn up on another, so all pages are looked at.
fn published(job: &Job<'_>, pages: &[Documented], is_meant: &[bool]) -> Vec<Leak> {
    let mut publication = Publication::new(job);
    let mut logs = HashSet::new();
    for Documented { page, plan, run, .. } in pages {
        publication.add(job, page, run);
        let views = plan.views.iter().filter(|view| view.kind == ViewKind::Log);
        logs.extend(views.map(|view| view.region.place.file.clone()));
    }
    let (mut found, _) = publication.leaks_of(job, is_meant);
    found.retain(|leak| !logs.contains(&leak.place.file));
    found
}

fn write_page(job: &Job<'_>, writer: &Writer, page: &PageOutcome) -> Result<()> {
    let changes: Vec<&Change> = page.stale().collect();
    let file = kept_log(job.site, &page.path);
    let log = page.unshown_log.as_deref().map(|log| (&*file, log));
    writer.write(&changes, log, |file| job.files.read(file).ok().map(|id| job.files.bytes(id)))?;
    page.unused.iter().try_for_each(|file| writer.remove(file))
}
