//! `doctool record`: keeps what a run says, to replay it without a cloud.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use super::site::{Pages, say};
use crate::pipeline;
use crate::report::counted;

#[derive(Debug, Args)]
pub(super) struct Record {
    #[command(flatten)]
    pages: Pages,
    /// Folder for the recordings, a folder a page
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

impl Record {
    pub(super) fn run(&self) -> Outcome {
        self.pages.with(
            |_| {},
            |job| pipeline::record(job, &self.out),
            |(pages, ignored), _| {
                pages.iter().for_each(|page| say(&format!("recorded {page}\n")));
                if ignored > 0 {
                    say(&format!("{} ignored\n", counted(ignored, "exchange")));
                }
                Ok(ExitCode::SUCCESS)
            },
        )
    }
}
