//! Which pages of which site, run where: the words that several subcommands share.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where the command speaks")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{Outcome, working_directory};
use crate::error::{Error, ErrorKind, Result};
use crate::merge::Conflicts;
use crate::model::FileCache;
use crate::pipeline::{Job, Source};
use crate::report::progress::Progress;
use crate::settings::{Config, Site, doctool};

/// Pages, and where their commands run.
#[derive(Debug, Args)]
pub(super) struct Pages {
    /// Pages or folders of pages; the whole site if none is given
    paths: Vec<PathBuf>,
    /// Cloud profile of doctool.yml to run commands on
    #[arg(long, value_name = "NAME", conflicts_with = "replay")]
    cloud: Option<String>,
    /// Read recordings below this folder instead of running commands
    #[arg(long, value_name = "DIR")]
    replay: Option<PathBuf>,
}

impl Pages {
    /// Does something with the pages while its progress is shown, and then tells what came of it.
    pub(super) fn with<T>(
        &self,
        conflicts: Conflicts,
        work: impl FnOnce(&Job<'_>) -> Result<T>,
        tell: impl FnOnce(T, &FileCache) -> ExitCode,
    ) -> Outcome {
        let source = match &self.replay {
            Some(folder) => Source::Replay(folder.clone()),
            None => Source::Cloud(self.cloud.clone()),
        };
        let progress = Progress::new();
        with_site(&self.paths, source, &|event| progress.show(event), |job| {
            let job = Job { conflicts, ..job };
            let done = work(&job);
            progress.finish();
            Ok(tell(done?, job.files))
        })
    }
}

/// Reads the settings and does something with the pages of the site.
pub(super) fn with_site<T>(
    paths: &[PathBuf],
    source: Source,
    events: crate::model::Events<'_>,
    work: impl FnOnce(Job<'_>) -> Result<T>,
) -> Result<T> {
    let folder = working_directory()?;
    let site = Site::find(&folder)?;
    let config = Config::read(&site.folder.join(doctool::FILE_NAME))?;
    let files = FileCache::new(folder);
    let conflicts = Conflicts::default();
    work(Job { site: &site, config: &config, files: &files, paths, source, conflicts, events })
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
