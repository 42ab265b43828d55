//! `doctool redact`: takes published secrets out of pages.

use std::process::ExitCode;

use clap::Args;

use super::site::{Meant, Trust, say};
use super::{DRIFT, Outcome};
use crate::pipeline::{self, Source};
use crate::report::leaks_text;

#[derive(Debug, Args)]
pub(super) struct Redact {
    #[command(flatten)]
    meant: Meant,
    /// Write nothing, and end with exit code 1 if there is a secret
    #[arg(long)]
    check: bool,
}

impl Redact {
    pub(super) fn run(&self) -> Outcome {
        self.meant.with_site(Source::Cloud(None), (&|_| {}, Trust::Site), usize::MAX, |job| {
            if !self.check {
                let (leaks, pages) = pipeline::redact(&job)?;
                say(&leaks_text::redacted(&leaks, pages));
                return Ok(ExitCode::SUCCESS);
            }
            let (leaks, pages) = pipeline::leaks(&job)?;
            say(&leaks_text::published(&leaks, pages));
            Ok(if leaks.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(DRIFT) })
        })
    }
}
