//! The words the command understands, turned into settings; one file a subcommand.

mod list;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Error, Result};

/// Keeps captured output in MkDocs pages true to a live cloud.
#[derive(Debug, Parser)]
#[command(name = "doctool", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show pages and what is in them
    List(list::Args),
}

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let result = match args.command {
        Command::List(args) => list::run(&args),
    };
    result.unwrap_or_else(|error| {
        tell(&error);
        ExitCode::from(2)
    })
}

#[expect(clippy::print_stderr, reason = "the command line is where errors are told")]
fn tell(error: &Error) {
    eprintln!("error: {error}");
    if let Some(place) = error.place() {
        eprintln!("  --> {place}");
    }
    if let Some(hint) = error.hint_text() {
        eprintln!("  help: {hint}");
    }
}

/// The working directory.
fn working_directory() -> Result<std::path::PathBuf> {
    std::env::current_dir().map_err(|error| {
        Error::new(crate::error::ErrorKind::File, "cannot tell the working directory")
            .because(error)
    })
}
