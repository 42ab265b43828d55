//! `doctool record`: keeps what a run says, to replay it without a cloud.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::site::{Jobs, Pages, say, tell};
use super::{FAILED, Outcome};
use crate::pipeline::{self, Recorded};
use crate::report::counted;
use crate::report::text::{self, Colour};

#[derive(Debug, Args)]
pub(super) struct Record {
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    jobs: Jobs,
    /// Folder for the recordings, a folder a page
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Record {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        self.pages.with(
            |job| self.jobs.ask(job),
            |job| pipeline::record(job, &self.out),
            |Recorded { pages, ignored, failed }, _| {
                pages.iter().for_each(|page| say(&format!("recorded {page}\n")));
                if ignored > 0 {
                    say(&format!("{} ignored\n", counted(ignored, "exchange")));
                }
                // What they said went through the same hands as what errors say.
                failed.iter().for_each(|fault| tell(&text::fault(fault, &str::to_owned, colour)));
                Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
            },
        )
    }
}
