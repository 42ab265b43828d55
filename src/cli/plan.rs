//! `doctool plan`: what a run would do.

use std::process::ExitCode;

use clap::Args;

use super::site::{Meant, Trust, say};
use super::{DRIFT, Outcome};
use crate::pipeline::{self, Source};
use crate::report::plan_text;

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    meant: Meant,
    /// Cloud profile of doctool.yml that the commands would run on
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
}

impl Plan {
    pub(super) fn run(&self) -> Outcome {
        let source = Source::Cloud(self.cloud.clone());
        self.meant.with_site(source, (&|_| {}, Trust::Site), usize::MAX, |job| {
            let pages = pipeline::plan(&job)?;
            say(&plan_text::plan(&pages));
            let mut steps = pages.iter().flat_map(|page| &page.steps);
            let permitted = steps.all(|step| step.permitted);
            Ok(if permitted { ExitCode::SUCCESS } else { ExitCode::from(DRIFT) })
        })
    }
}
