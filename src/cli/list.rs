//! `doctool list`: pages and what is in them.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::working_directory;
use crate::error::{Error, ErrorKind, Result};
use crate::model::FileCache;
use crate::report::list_json::{self, Listing};
use crate::settings::Site;
use crate::{discover, page};

/// Words of `doctool list`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Pages or folders; all pages of the site if there are none
    paths: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// Lists pages.
pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let root = working_directory()?;
    let site = Site::find(&root)?;
    let files = FileCache::new(&root);
    let mut pages = Vec::new();
    for path in discover::pages(&site, &files, &args.paths)? {
        let page = page::read(&site, &files, &path)?;
        pages.push(list_json::page(&files, &page));
    }
    let listing = Listing { pages };
    let text = match args.format {
        Format::Json => serde_json::to_string(&listing).map_err(|error| failed(error.into()))?,
        Format::Text => lines(&listing),
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").map_err(failed)?;
    Ok(ExitCode::SUCCESS)
}

fn failed(error: std::io::Error) -> Error {
    Error::new(ErrorKind::File, "cannot print").because(error)
}

fn lines(listing: &Listing) -> String {
    let line = |page: &list_json::ListedPage| {
        let (includes, fences) = (page.includes.len(), page.fences.len());
        format!("{}: includes {includes}, fences {fences}", page.path)
    };
    listing.pages.iter().map(line).collect::<Vec<_>>().join("\n")
}
