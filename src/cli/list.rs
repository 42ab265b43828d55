//! `doctool list`: pages and what is in them.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::site::{Format, json, say, tell, with_site};
use super::{DRIFT, Outcome};
use crate::model::{Diagnostic, Severity, distinct};
use crate::pipeline::{self, Source};
use crate::report::list_text;
use crate::report::text::{self, Colour};

#[derive(Debug, Args)]
pub(super) struct List {
    /// Pages or folders of pages; the whole site if none is given
    paths: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl List {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        with_site(&self.paths, Source::Cloud(None), &|_| {}, |job| {
            let (listing, warnings) = pipeline::list(&job)?;
            match self.format {
                Format::Text => {
                    tell(&text::diagnostics(distinct(&warnings), &str::to_owned, colour));
                    say(&list_text::listing(&listing));
                }
                Format::Json => say(&json(&listing)?),
            }
            let is_error = |found: &Diagnostic| found.severity == Severity::Error;
            Ok(if warnings.iter().any(is_error) {
                ExitCode::from(DRIFT)
            } else {
                ExitCode::SUCCESS
            })
        })
    }
}
