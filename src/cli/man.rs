//! `doctool man`: manual pages, one for doctool and one for each subcommand.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _};

use super::Outcome;
use super::site::say;
use crate::error::{Error, ErrorKind};

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write `doctool.1`, `doctool-check.1` and so on into this folder instead of printing the first
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Man {
    pub(super) fn run(&self) -> Outcome {
        let command = super::Args::command();
        let Some(folder) = &self.out else {
            let mut page = Vec::new();
            clap_mangen::Man::new(command)
                .render(&mut page)
                .expect("writing to memory does not fail");
            say(&String::from_utf8_lossy(&page));
            return Ok(ExitCode::SUCCESS);
        };
        let written = std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder));
        written.map_err(|cause| {
            let message = format!("cannot write manual pages into `{}`", folder.display());
            Error::new(ErrorKind::File, message).because(cause)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
