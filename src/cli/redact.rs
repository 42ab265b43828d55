//! `doctool redact`: takes published secrets out of pages.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::site::{Trust, say, with_site};
use super::{DRIFT, Outcome};
use crate::pipeline::{self, Source};
use crate::report::leaks_text;

#[derive(Debug, Args)]
pub(super) struct Redact {
    /// Pages or folders of pages; the whole site if none is given
    paths: Vec<PathBuf>,
    /// Write nothing, and end with exit code 1 if there is a secret
    #[arg(long)]
    check: bool,
}

impl Redact {
    pub(super) fn run(&self) -> Outcome {
        with_site(&self.paths, Source::Cloud(None), (&|_| {}, Trust::Site), usize::MAX, |job| {
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
