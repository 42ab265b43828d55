//! `doctool man`: manual pages, one for doctool and one for each subcommand.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::{Args, Command, CommandFactory as _};

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
        let mut command = super::Args::command().disable_help_subcommand(true);
        command.build();
        let Some(folder) = &self.out else {
            say(&page(&command));
            return Ok(ExitCode::SUCCESS);
        };
        let written = fs::create_dir_all(folder).and_then(|()| write(&command, folder));
        written.map_err(|cause| {
            let message = format!("cannot write manual pages into `{}`", folder.display());
            Error::new(ErrorKind::File, message).because(cause)
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

fn write(command: &Command, folder: &Path) -> io::Result<()> {
    for command in command.get_subcommands() {
        write(command, folder)?;
    }
    fs::write(folder.join(format!("{}.1", name(command))), page(command))
}

/// What a page is called: `doctool-cloud-up`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command) -> String {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .expect("writing to memory does not fail");
    let page = String::from_utf8_lossy(&page);
    // Without a date, which a page may do without, the version would stand in its place.
    let title = format!(".TH {} 1 \"\" \"doctool {}\"", name(command), env!("CARGO_PKG_VERSION"));
    let lines = page.lines().map(|line| if line.starts_with(".TH ") { &*title } else { line });
    let page = lines.map(|line| line.to_owned() + "\n").collect::<String>();
    // A break beside an empty line is none.
    page.replace("\n.br\n\n.br\n", "\n.sp\n")
}
