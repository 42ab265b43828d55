//! `doctool adopt`: what people made of pages, and whether a refresh would find it again.

use std::process::ExitCode;

use clap::Args;

use super::site::{Format, Meant, Trust, json, say};
use super::{DRIFT, Outcome};
use crate::pipeline::{self, Source};
use crate::report::adopt_json::AdoptionReport;
use crate::report::adopt_text::{self, Places};

#[derive(Debug, Args)]
pub(super) struct Adopt {
    #[command(flatten)]
    meant: Meant,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also tell the place of every edit and of every secret; JSON always does
    #[arg(long)]
    places: bool,
}

impl Adopt {
    pub(super) fn run(&self) -> Outcome {
        self.meant.with_site(Source::Cloud(None), (&|_| {}, Trust::Site), usize::MAX, |job| {
            let pages = pipeline::adopt(&job)?;
            let places = if self.places { Places::All } else { Places::Unplaced };
            match self.format {
                Format::Text => say(&adopt_text::adoption(&pages, places)),
                Format::Json => say(&json(&AdoptionReport::of(&pages))?),
            }
            let is_placed = pages.iter().all(|page| page.unplaced.is_empty());
            Ok(if is_placed { ExitCode::SUCCESS } else { ExitCode::from(DRIFT) })
        })
    }
}
