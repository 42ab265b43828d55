//! `doctool sweep`: removes what runs have left on a cloud.

use std::process::ExitCode;

use clap::Args;

use super::Outcome;
use super::site::{Trust, Where, say};
use crate::pipeline::{self, Source};

#[derive(Debug, Args)]
pub(super) struct Sweep {
    #[command(flatten)]
    place: Where,
    /// Cloud profile of doctool.yml that the runs were on
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
}

impl Sweep {
    pub(super) fn run(&self) -> Outcome {
        let source = Source::Cloud(self.cloud.clone());
        self.place.with_site(source, (&|_| {}, Trust::Site), |job| {
            let gone = pipeline::sweep(&job)?;
            for thing in &gone {
                let name = thing.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
                say(&format!("removed {}{name} ({})\n", thing.sort, thing.id));
            }
            if gone.is_empty() {
                say("nothing is left over\n");
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
