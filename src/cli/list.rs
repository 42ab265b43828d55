//! `doctool list`: pages and what is in them.

use std::io::BufWriter;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::site::{say, tell, with_site};
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline::{self, Job, Source};
use crate::report::list_json::{self, ListedPage, Writer};
use crate::report::list_text::{self, Counts};
use crate::report::text::{self, Colour};

#[derive(Debug, Args)]
pub(super) struct List {
    /// Pages or folders of pages; the whole site if none is given
    paths: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

/// How many bytes of files to keep for pages still to come. Pages that include the same file
/// mostly stand close to each other.
const ROOM: usize = 4 << 20;

/// Bytes to print at once.
const BUFFER: usize = 64 << 10;

impl List {
    pub(super) fn run(&self, colour: Colour) -> Outcome {
        with_site(&self.paths, Source::Cloud(None), &|_| {}, ROOM, |job| {
            match self.format {
                Format::Text => as_text(&job, colour)?,
                Format::Json => as_json(&job)?,
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn as_text(job: &Job<'_>, colour: Colour) -> Result<()> {
    let mut counts = Counts::default();
    let site = pipeline::list(job, list_text::page, |page, warnings| {
        for warning in &warnings {
            tell(&text::warning(warning, colour));
        }
        say(&page.text);
        counts.add(&page);
        Ok(())
    })?;
    say(&list_text::site(&site, counts));
    Ok(())
}

fn as_json(job: &Job<'_>) -> Result<()> {
    let mut writer = Writer::new(BufWriter::with_capacity(BUFFER, std::io::stdout().lock()))
        .map_err(unprinted)?;
    let json = |page: &ListedPage<'_>| list_json::json(page);
    let site = pipeline::list(job, json, |page, _| writer.page(&page).map_err(unprinted))?;
    writer.finish(&site).map_err(unprinted)
}

fn unprinted(cause: std::io::Error) -> Error {
    Error::new(ErrorKind::File, "cannot print the listing").because(cause)
}
