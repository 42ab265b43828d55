//! `doctool refresh`: brings pages up to date.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::site::{Jobs, Pages, Rounds, say, tell};
use super::{DRIFT, FAILED, Outcome};
use crate::merge::Conflicts;
use crate::pipeline;
use crate::report::check::{CheckReport, Report as _, Text};
use crate::report::plan_text;
use crate::report::text::{self, Colour};

#[derive(Debug, Args)]
pub(super) struct Refresh {
    #[command(flatten)]
    pages: Pages,
    /// What to do where a person and the cloud changed the same lines; kept and reported if not given
    #[arg(long, value_enum, value_name = "SIDE")]
    conflict: Option<Side>,
    #[command(flatten)]
    rounds: Rounds,
    #[command(flatten)]
    jobs: Jobs,
    /// Write the blocks that several runs call for
    #[arg(long)]
    accept: bool,
    /// Show what would run, and what would be written from the last recording; run and write nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Side {
    /// Keep what the page says
    Mine,
    /// Take what the cloud says, also over what a person made of generated lines
    Theirs,
    /// Write both between marks
    Markers,
}

impl Refresh {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        let conflicts = match self.conflict {
            None => Conflicts::Keep,
            Some(Side::Mine) => Conflicts::Mine,
            Some(Side::Theirs) => Conflicts::Theirs,
            Some(Side::Markers) => Conflicts::Markers,
        };
        let ask = |job: &mut pipeline::Job<'_>| {
            job.conflicts = conflicts;
            job.runs = self.rounds.count();
            self.jobs.ask(job);
            job.accept = self.accept;
        };
        if self.dry_run {
            let work = |job: &mut pipeline::Job<'_>| {
                let (planned, outcome, secrets) = pipeline::dry_run(job)?;
                let hide = |text: &str| secrets.text(text);
                Ok((planned, CheckReport::of(&outcome, job.config, job.files, &hide)))
            };
            return self.pages.with(ask, work, |(planned, report), _| {
                say(&plan_text::plan(&planned));
                say(&Text(colour).told(&report));
                let has_findings = report.findings().next().is_some();
                Ok(if has_findings { ExitCode::from(DRIFT) } else { ExitCode::SUCCESS })
            });
        }
        self.pages.with(
            ask,
            |job| pipeline::refresh(job),
            |(outcome, secrets), files| {
                let hide = |text: &str| secrets.text(text);
                say(&text::refresh(&outcome, files, &hide, colour));
                let failed = outcome.pages.iter().filter_map(|page| page.fate.failed.as_ref());
                failed.for_each(|fault| tell(&text::fault(fault, &hide, colour)));
                if outcome.has_failed() {
                    return Ok(ExitCode::from(FAILED));
                }
                let is_done =
                    !outcome.holds_back() && !outcome.leaves_work() && !outcome.has_error();
                Ok(if is_done { ExitCode::SUCCESS } else { ExitCode::from(DRIFT) })
            },
        )
    }
}
