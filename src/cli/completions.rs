//! `doctool completions`: what a shell needs to complete doctool's words.

use std::process::ExitCode;

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Outcome;
use super::site::say;

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self) -> Outcome {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Args::command(), "doctool", &mut script);
        say(&String::from_utf8_lossy(&script));
        Ok(ExitCode::SUCCESS)
    }
}
