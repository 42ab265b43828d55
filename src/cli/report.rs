//! `doctool report`: what is done with reports of checks.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Outcome;
use super::reporting::{Reporting, ended};
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
        let reports = self.files.iter().map(read).collect::<Result<Vec<CheckReport>>>()?;
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

fn read(path: &PathBuf) -> Result<CheckReport> {
    let cannot = |what: &str| Error::new(ErrorKind::File, format!("{what} `{}`", path.display()));
    let text = fs::read_to_string(path).map_err(|cause| cannot("cannot read").because(cause))?;
    serde_json::from_str(&text).map_err(|cause| {
        cannot("there is no report of a check in")
            .because(cause)
            .hint("write one with `doctool check --report json=FILE`")
    })
}
