//! `doctool report`: what is done with reports of checks.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Outcome;
use super::reporting::{Reporting, ended, read};
use crate::error::{Error, ErrorKind, Result};
use crate::report::check::{self, CheckReport};
use crate::report::text::Colour;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Join the JSON reports of shards to the report of one run, and end as that would
    Merge(Merge),
}

#[derive(Debug, Args)]
pub(super) struct Merge {
    /// Files that `check --report json=FILE` wrote
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    reporting: Reporting,
}

impl Merge {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        let reports =
            self.files.iter().map(|file| read(file)).collect::<Result<Vec<CheckReport>>>()?;
        let report = check::merged(reports).expect("at least one file is given");
        self.reporting.tell(&report, colour)?;
        if let Some(failure) = &report.failure {
            let message = format!("a check could not be finished: {}", failure.message);
            return Err(Error::new(ErrorKind::Page, message));
        }
        if report.is_empty() {
            return Err(Error::new(ErrorKind::Page, "these reports verified nothing"));
        }
        Ok(ended(&report))
    }
}
