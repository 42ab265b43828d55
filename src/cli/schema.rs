//! `doctool schema`: what doctool.yml may say, for editors and validators.

use std::process::ExitCode;

use super::Outcome;
use super::site::say;
use crate::settings::Config;

pub(super) fn run() -> Outcome {
    say(&(Config::schema() + "\n"));
    Ok(ExitCode::SUCCESS)
}
