//! `doctool refresh`: brings pages up to date.

use std::process::ExitCode;

use clap::Args;

use super::site::{Pages, say, tell};
use super::{DRIFT, Outcome};
use crate::pipeline;
use crate::report::text::{self, Colour};

#[derive(Debug, Args)]
pub(super) struct Refresh {
    #[command(flatten)]
    pages: Pages,
}

impl Refresh {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        self.pages.with(pipeline::refresh, |outcome, files| {
            tell(&text::diagnostics(outcome.diagnostics(), colour));
            say(&text::refresh(&outcome, files));
            if outcome.has_error() { ExitCode::from(DRIFT) } else { ExitCode::SUCCESS }
        })
    }
}
