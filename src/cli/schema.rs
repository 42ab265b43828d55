//! `doctool schema`: the shapes of what doctool reads and prints, for editors and validators.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::Outcome;
use super::site::say;
use crate::report::adopt_json::AdoptionReport;
use crate::report::check::{CheckEvent, CheckReport};
use crate::report::list_json::Listing;
use crate::report::noise_json::NoiseReport;
use crate::settings::Config;

#[derive(Debug, Args)]
pub(super) struct Schema {
    /// What the schema is of
    #[arg(value_enum, default_value_t)]
    of: Of,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Of {
    /// doctool.yml
    #[default]
    Settings,
    /// What `doctool list --format json` prints
    List,
    /// What `doctool adopt --format json` prints
    Adopt,
    /// What `doctool noise --format json` prints
    Noise,
    /// What `doctool check --format json` prints
    Check,
    /// A line of what `doctool check --format jsonl` prints
    Event,
}

impl Schema {
    pub(super) fn run(&self) -> Outcome {
        let schema = match self.of {
            Of::Settings => Config::schema(),
            Of::List => Listing::schema(),
            Of::Adopt => AdoptionReport::schema(),
            Of::Noise => NoiseReport::schema(),
            Of::Check => CheckReport::schema(),
            Of::Event => CheckEvent::schema(),
        };
        say(&(schema + "\n"));
        Ok(ExitCode::SUCCESS)
    }
}
