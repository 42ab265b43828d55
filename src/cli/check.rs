//! `doctool check`: whether pages are stale.

use std::process::ExitCode;

use clap::Args;

use super::site::{Pages, say};
use super::{DRIFT, Outcome};
use crate::pipeline;
use crate::report::text::{self, Colour};

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pages: Pages,
}

impl Check {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        self.pages.with(
            |_| {},
            pipeline::check,
            |(outcome, secrets), files| {
                let hide = |text: &str| secrets.text(text);
                say(&text::check(&outcome, files, &hide, colour));
                if outcome.has_drift() { ExitCode::from(DRIFT) } else { ExitCode::SUCCESS }
            },
        )
    }
}
