//! `doctool check`: whether pages are stale.

use std::process::ExitCode;

use clap::Args;

use super::site::{Pages, Rounds, say};
use super::{DRIFT, Outcome};
use crate::pipeline;
use crate::report::text::{self, Colour};

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    rounds: Rounds,
}

impl Check {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        let ask = |job: &mut pipeline::Job<'_>| job.runs = self.rounds.count();
        self.pages.with(ask, pipeline::check, |(outcome, secrets), files| {
            let hide = |text: &str| secrets.text(text);
            say(&text::check(&outcome, files, &hide, colour));
            if outcome.has_drift() { ExitCode::from(DRIFT) } else { ExitCode::SUCCESS }
        })
    }
}
