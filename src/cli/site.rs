//! Which pages of which site, run where: the words that several subcommands share.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where the command speaks")]

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Outcome, working_directory};
use crate::error::{Error, ErrorKind, Result};
use crate::merge::Conflicts;
use crate::model::{FileCache, Level};
use crate::pipeline::{Job, Part, Source};
use crate::report::progress::{Progress, Verbosity};
use crate::settings::{Config, Site, doctool};
use crate::system;

/// The site.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// The folder of `mkdocs.yml`, or one below it; the working directory if not given
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
}

/// The site, and which of its pages.
#[derive(Debug, Args)]
pub(super) struct Meant {
    /// Pages or folders of pages; the whole site if none is given
    paths: Vec<PathBuf>,
    #[command(flatten)]
    place: Where,
}

/// Pages, and where their commands run.
#[derive(Debug, Args)]
pub(super) struct Pages {
    #[command(flatten)]
    meant: Meant,
    /// Cloud profile of doctool.yml to run commands on
    #[arg(long, value_name = "NAME", conflicts_with = "replay")]
    cloud: Option<String>,
    /// Read recordings below this folder instead of running commands; may be given once a run
    #[arg(long, value_name = "DIR")]
    replay: Vec<PathBuf>,
    /// Trust neither settings nor pages, as for a change of somebody else: runs nothing, reads
    /// nothing outside of the site
    #[arg(long)]
    untrusted: bool,
    #[command(flatten)]
    telling: Telling,
}

/// How much is told while doctool works.
#[derive(Debug, Args)]
pub(super) struct Telling {
    /// Tell warnings and results only
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Tell each command, and how long it took
    #[arg(short, long)]
    verbose: bool,
}

impl Telling {
    pub(super) fn verbosity(&self) -> Verbosity {
        match self {
            Self { quiet: true, .. } => Verbosity::Quiet,
            Self { verbose: true, .. } => Verbosity::Verbose,
            _ => Verbosity::Normal,
        }
    }
}

impl Pages {
    /// How far the pages are looked into.
    pub(super) fn level(&self) -> Level {
        if self.replay.is_empty() { Level::Live } else { Level::Replay }
    }

    /// Does something with the pages while its progress is shown, and then tells what came of it.
    pub(super) fn with<T>(
        &self,
        ask: impl FnOnce(&mut Job<'_>),
        work: impl FnOnce(&mut Job<'_>) -> Result<T>,
        tell: impl FnOnce(T, &FileCache) -> Outcome,
    ) -> Outcome {
        let source = if self.replay.is_empty() {
            Source::Cloud(self.cloud.clone())
        } else {
            Source::Replay(self.replay.clone())
        };
        let progress = Progress::new(self.telling.verbosity());
        let told = |event| progress.show(event);
        let trust = if self.untrusted { Trust::None } else { Trust::Site };
        self.meant.with_site(source, (&told, trust), usize::MAX, |mut job| {
            ask(&mut job);
            if let (Trust::None, Source::Cloud(_)) = (trust, &job.source) {
                let message = "`--untrusted` runs no command, since a change may say which";
                let hint = "add `--replay DIR` to compare the pages with recordings";
                return Err(Error::new(ErrorKind::Usage, message).hint(hint));
            }
            let done = work(&mut job);
            progress.finish();
            tell(done?, job.files)
        })
    }
}

/// How often commands run.
#[derive(Debug, Args)]
pub(super) struct Rounds {
    /// Run the commands so often, at first with cold caches, and see what differs
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "replay",
        value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
}

/// How many commands run at once.
#[derive(Debug, Args)]
pub(super) struct Jobs {
    /// Run the commands of so many pages at once, where they only read; what changes things runs alone
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

impl Jobs {
    /// Says so to the job. Where nothing is said, the settings hold.
    pub(super) fn ask(&self, job: &mut Job<'_>) {
        if let Some(jobs) = self.jobs {
            job.jobs = jobs.into();
        }
    }
}

impl Rounds {
    /// The number.
    pub(super) fn count(&self) -> usize {
        self.runs.into()
    }
}

impl Where {
    /// Does something with all pages of the site.
    pub(super) fn with_site<T>(
        &self,
        source: Source,
        (events, trust): (crate::model::Events<'_>, Trust),
        work: impl FnOnce(Job<'_>) -> Result<T>,
    ) -> Result<T> {
        with_site((self, &[]), source, (events, trust), usize::MAX, work)
    }
}

impl Meant {
    /// Does something with the pages. There is room for so many bytes of their files.
    pub(super) fn with_site<T>(
        &self,
        source: Source,
        (events, trust): (crate::model::Events<'_>, Trust),
        room: usize,
        work: impl FnOnce(Job<'_>) -> Result<T>,
    ) -> Result<T> {
        with_site((&self.place, &self.paths), source, (events, trust), room, work)
    }
}

/// Reads the settings and does something with the pages of the site. There is room for so many
/// bytes of its files.
fn with_site<T>(
    (place, paths): (&Where, &[PathBuf]),
    source: Source,
    (events, trust): (crate::model::Events<'_>, Trust),
    room: usize,
    work: impl FnOnce(Job<'_>) -> Result<T>,
) -> Result<T> {
    let folder = working_directory()?;
    let mut files = FileCache::with_room(folder.clone(), room);
    let named = place.site.as_ref().map(|site| files.absolute(site));
    if let Some(named) = named.as_ref().filter(|named| !named.is_dir()) {
        let message = format!("no folder `{}`", files.shown_path(named).display());
        let hint = "`--site` names the folder of `mkdocs.yml` or `zensical.toml`, or one below it";
        return Err(Error::new(ErrorKind::Usage, message).hint(hint));
    }
    let mut site = Site::find(named.as_deref().unwrap_or(&folder))?;
    let mut config = Config::read(&site.folder.join(doctool::FILE_NAME))?;
    if trust == Trust::None {
        site = site.untrusted()?;
        config = config.untrusted()?;
    }
    // Where includes may lie anywhere, and somebody has agreed to that, links may lead anywhere too.
    if site.snippets.as_ref().is_none_or(|snippets| snippets.restrict_base_path) {
        // What is asked for by name and lies beside the site is meant.
        let beside = paths.iter().map(|path| files.absolute(path));
        let beside = beside.filter(|path| !path.starts_with(&site.folder));
        let beside: Vec<PathBuf> =
            beside.filter_map(|path| system::canonical(&path).ok()).collect();
        files = files.confined_to(site.roots().into_iter().chain(beside).collect());
    }
    // The end of the process frees them at once; piece by piece that takes longer.
    let files = ManuallyDrop::new(files);
    work(Job {
        site: &site,
        config: &config,
        files: &files,
        paths,
        source,
        runs: 1,
        jobs: usize::from(config.run.jobs).max(1),
        retries: config.check.retries.into(),
        accept: false,
        part: Part::default(),
        conflicts: Conflicts::default(),
        events,
    })
}

/// Whose word counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// The settings say what may be read and run.
    Site,
    /// Settings and pages may be somebody's who means ill.
    None,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(super) enum Format {
    #[default]
    Text,
    Json,
}

/// A value as JSON on one line.
pub(super) fn json(value: &impl Serialize) -> Result<String> {
    let json = serde_json::to_string(value)
        .map_err(|cause| Error::new(ErrorKind::File, "cannot print this as JSON").because(cause))?;
    Ok(json + "\n")
}

/// Prints what was asked for.
pub(super) fn say(text: &str) {
    print!("{text}");
}

/// Prints what goes beside it, to standard error.
pub(super) fn tell(text: &str) {
    eprint!("{text}");
}
