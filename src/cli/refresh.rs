//! `doctool refresh`: brings pages up to date.

use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use super::site::{Pages, say};
use crate::pipeline;
use crate::report::text;

#[derive(Debug, Args)]
pub(super) struct Refresh {
    #[command(flatten)]
    pages: Pages,
}

impl Refresh {
    pub(super) fn run(&self) -> Outcome {
        self.pages.with(pipeline::refresh, |outcome, files| {
            say(&text::refresh(&outcome, files));
            ExitCode::SUCCESS
        })
    }
}
