//! `doctool noise`: what a cloud at rest sends by itself.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::Outcome;
use super::site::{Format, Telling, Trust, Where, json, say};
use crate::pipeline::{self, Source};
use crate::report::noise_json::NoiseReport;
use crate::report::noise_text;
use crate::report::progress::Progress;

#[derive(Debug, Args)]
pub(super) struct Noise {
    #[command(flatten)]
    place: Where,
    /// How long to watch
    #[arg(long = "for", value_name = "SECONDS", default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// Cloud profile of doctool.yml to watch
    #[arg(long, value_name = "NAME")]
    cloud: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    telling: Telling,
}

impl Noise {
    pub(super) fn run(&self) -> Outcome {
        let progress = Progress::new(self.telling.verbosity());
        let source = Source::Cloud(self.cloud.clone());
        self.place.with_site(source, (&|event| progress.show(event), Trust::Site), |job| {
            let noise = pipeline::noise(&job, Duration::from_secs(self.seconds));
            progress.finish();
            let noise = noise?;
            match self.format {
                Format::Text => say(&noise_text::noise(&noise)),
                Format::Json => say(&json(&NoiseReport::of(&noise))?),
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}
