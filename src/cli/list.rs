//! `doctool list`: pages and what is in them.

use std::io::BufWriter;
use std::process::ExitCode;

use clap::Args;

use super::site::{Format, Meant, Trust, say, tell};
use super::{DRIFT, Outcome};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Diagnostic, Severity, Told};
use crate::pipeline::{self, Job, Source};
use crate::report::list_json::{self, ListedPage, Writer};
use crate::report::list_text::{self, Counts};
use crate::report::text::{self, Colour};

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    meant: Meant,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How many bytes of files to keep for pages still to come. Pages that include the same file
/// mostly stand close to each other.
const ROOM: usize = 1 << 20;

/// Bytes to print at once.
const BUFFER: usize = 64 << 10;

impl List {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        self.meant.with_site(Source::Cloud(None), (&|_| {}, Trust::Site), ROOM, |job| {
            let has_error = match self.format {
                Format::Text => as_text(&job, colour)?,
                Format::Json => as_json(&job)?,
            };
            Ok(if has_error { ExitCode::from(DRIFT) } else { ExitCode::SUCCESS })
        })
    }
}

/// Gives whether a finding is an error.
fn as_text(job: &Job<'_>, colour: Colour) -> Result<bool> {
    let (mut counts, mut told, mut has_error) = (Counts::default(), Told::default(), false);
    let site = pipeline::list(job, list_text::page, |page, mut found| {
        told.leave_new(&mut found);
        tell(&text::diagnostics(&found, &str::to_owned, colour));
        say(&page.text);
        counts.add(&page, &found);
        has_error |= found.iter().any(is_error);
        Ok(())
    })?;
    say(&list_text::site(&site, counts));
    Ok(has_error)
}

/// Gives whether a finding is an error.
fn as_json(job: &Job<'_>) -> Result<bool> {
    let mut has_error = false;
    let mut writer = Writer::new(BufWriter::with_capacity(BUFFER, std::io::stdout().lock()))
        .map_err(unprinted)?;
    let json = |page: &ListedPage<'_>| list_json::json(page);
    let site = pipeline::list(job, json, |page, found| {
        has_error |= found.iter().any(is_error);
        writer.page(&page).map_err(unprinted)
    })?;
    writer.finish(&site).map_err(unprinted)?;
    Ok(has_error)
}

fn is_error(found: &Diagnostic) -> bool {
    found.severity == Severity::Error
}

fn unprinted(cause: std::io::Error) -> Error {
    Error::new(ErrorKind::File, "cannot print the listing").because(cause)
}
