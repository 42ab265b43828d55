//! `doctool check`: whether pages are stale.

use std::collections::BTreeMap;
use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::reporting::{self, Reporting, ended};
use super::site::{Jobs, Pages, Rounds};
use crate::changes;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Level;
use crate::pipeline::{self, Job, Shard, Source};
use crate::report::check::CheckReport;
use crate::report::text::Colour;
use crate::settings::doctool;

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    rounds: Rounds,
    #[command(flatten)]
    jobs: Jobs,
    /// Look at the pages by themselves: includes, diagrams, secrets, and whether views follow from
    /// logs; no cloud, no network
    #[arg(long, conflicts_with_all = ["cloud", "replay", "runs"])]
    offline: bool,
    /// Fail for each page that is not verified at this level
    #[arg(long, value_enum, value_name = "LEVEL")]
    require: Option<Required>,
    /// Look at one of several even shares of the pages, such as `2/5`
    #[arg(long, value_name = "I/N")]
    shard: Option<ShardWord>,
    /// Share pages out by how long they took, as this JSON report of a check says; may be given several
    /// times
    #[arg(long, value_name = "REPORT", requires = "shard")]
    durations: Vec<PathBuf>,
    /// Run pages that drifted or failed again up to so often, and tell those that are good then as flaky
    #[arg(long, value_name = "N", conflicts_with_all = ["offline", "replay"])]
    retries: Option<u16>,
    /// Look only at pages that changed since this git revision, with what they include
    #[arg(long, value_name = "REV")]
    changed_since: Option<String>,
    #[command(flatten)]
    reporting: Reporting,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Required {
    /// By themselves
    Offline,
    /// Beside a recording, at least
    Replay,
    /// Beside what the cloud says now
    Live,
}

/// A share as it is written: `2/5`.
#[derive(Debug, Clone, Copy)]
struct ShardWord(Shard);

impl FromStr for ShardWord {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, count)| {
            Some((index.parse::<usize>().ok()?, count.parse::<usize>().ok()?))
        });
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => {
                Ok(Self(Shard { index: index - 1, count }))
            }
            _ => Err("write which share of how many, such as `2/5`".to_owned()),
        }
    }
}

impl Check {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        let ask = |job: &mut Job<'_>| {
            job.runs = self.rounds.count();
            self.jobs.ask(job);
            if let Some(retries) = self.retries {
                job.retries = retries.into();
            }
            job.part.shard = self.shard.map(|ShardWord(shard)| shard);
            if self.offline {
                job.source = Source::Offline;
            }
        };
        let level = if self.offline { Level::Offline } else { self.pages.level() };
        let (require, reporting) = (self.require, &self.reporting);
        let work = |job: &mut Job<'_>| {
            let report = self.durations(job).and_then(|()| self.changed(job));
            let report = report.and_then(|()| checked(job));
            Ok(report.map_err(|error| (CheckReport::failed(&error, level), error)))
        };
        self.pages.with(ask, work, |report, _| match report {
            Ok(report) => {
                let mut report = ManuallyDrop::new(report);
                if let Some(required) = require {
                    report.require(required.level());
                }
                reporting.tell(&report, colour)?;
                if report.is_empty() {
                    let message = "no page of this part has anything to verify";
                    let hint = "take fewer shares, or leave the check out where no page changed";
                    return Err(Error::new(ErrorKind::Page, message).hint(hint));
                }
                Ok(ended(&report))
            }
            Err((report, error)) => {
                // People read the error where all errors are told.
                if !reporting.is_text() || reporting.has_files() {
                    reporting.tell(&report, colour)?;
                }
                Err(error)
            }
        })
    }

    /// Reads how long pages took.
    fn durations(&self, job: &mut Job<'_>) -> Result<()> {
        if self.durations.is_empty() {
            return Ok(());
        }
        let mut all = BTreeMap::new();
        for report in &self.durations {
            let pages = reporting::read(report)?.pages.into_iter();
            all.extend(pages.filter_map(|page| Some((page.path, page.milliseconds?))));
        }
        job.part.durations = Some(all);
        Ok(())
    }

    /// Leaves out what did not change. Where the settings did, all pages are meant.
    fn changed(&self, job: &mut Job<'_>) -> Result<()> {
        let Some(revision) = &self.changed_since else { return Ok(()) };
        let changed = changes::since(&job.site.folder, revision)?;
        let settings = ["mkdocs.yml", "mkdocs.yaml", "zensical.toml", doctool::FILE_NAME];
        let is_setting = |name: &&str| changed.contains(&job.site.folder.join(name));
        if !settings.iter().any(is_setting) {
            job.part.changed = Some(changed);
        }
        Ok(())
    }
}

impl Required {
    fn level(self) -> Level {
        match self {
            Self::Offline => Level::Offline,
            Self::Replay => Level::Replay,
            Self::Live => Level::Live,
        }
    }
}

fn checked(job: &Job<'_>) -> std::result::Result<CheckReport, Error> {
    // Findings may be many: the end of the process frees them at once.
    let told = ManuallyDrop::new(pipeline::check(job)?);
    let (outcome, secrets) = &*told;
    Ok(CheckReport::of(outcome, job.config, job.files, &|text| secrets.text(text)))
}
