//! `doctool init`: first settings and a workflow for the site at hand.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::site::{Trust, Where, say};
use crate::pipeline::{self, Source};
use crate::report::starter_text;
use crate::starter::Ci;

#[derive(Debug, Args)]
pub(super) struct Init {
    #[command(flatten)]
    place: Where,
    /// Which CI to write a workflow for; the one that the repository uses if not given
    #[arg(long, value_enum)]
    ci: Option<Service>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Service {
    /// .github/workflows/doctool.yml
    Github,
    /// .gitlab/doctool.yml, and a .gitlab-ci.yml that includes it
    Gitlab,
    /// No workflow
    None,
}

impl Init {
    pub(super) fn run(&self) -> Outcome {
        let ci = self.ci.map(|service| match service {
            Service::Github => Ci::Github,
            Service::Gitlab => Ci::Gitlab,
            Service::None => Ci::None,
        });
        self.place.with_site(Source::Cloud(None), (&|_| {}, Trust::Site), |job| {
            let (survey, files) = pipeline::init(&job, ci)?;
            say(&starter_text::started(&survey, &files, job.files));
            Ok(ExitCode::SUCCESS)
        })
    }
}
