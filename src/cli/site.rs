//! Which pages of which site, run where: the words that several subcommands share.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where the command speaks")]

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

/// Pages, and where their commands run.
#[derive(Debug, Args)]
pub(super) struct Pages {
    /// Pages or folders of pages; the whole site if none is given
    paths: Vec<PathBuf>,
    /// Cloud profile of doctool.yml to run commands on
    #[arg(long, value_name = "NAME", conflicts_with = "replay")]
    cloud: Option<String>,
    /// Read recordings below this folder instead of running commands; may be given once a run
    #[arg(long, value_name = "DIR")]
    replay: Vec<PathBuf>,
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
        with_site(&self.paths, source, &|event| progress.show(event), usize::MAX, |mut job| {
            ask(&mut job);
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

impl Rounds {
    /// The number.
    pub(super) fn count(&self) -> usize {
        self.runs.into()
    }
}

/// Reads the settings and does something with the pages of the site. There is room for so many
/// bytes of its files.
pub(super) fn with_site<T>(
    paths: &[PathBuf],
    source: Source,
    events: crate::model::Events<'_>,
    room: usize,
    work: impl FnOnce(Job<'_>) -> Result<T>,
) -> Result<T> {
    let folder = working_directory()?;
    let site = Site::find(&folder)?;
    let config = Config::read(&site.folder.join(doctool::FILE_NAME))?;
    let files = FileCache::with_room(folder, room);
    work(Job {
        site: &site,
        config: &config,
        files: &files,
        paths,
        source,
        runs: 1,
        accept: false,
        part: Part::default(),
        conflicts: Conflicts::default(),
        events,
    })
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
