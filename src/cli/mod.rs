//! The words the command understands, turned into settings.

mod cloud;
mod relay;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Error, Result};

/// Keeps console output, sequence diagrams, request/response pages and logs in MkDocs pages true to a live cloud.
#[derive(Debug, Parser)]
#[command(name = "doctool", version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a small OpenStack on this machine: Keystone, Glance and the client
    #[command(subcommand)]
    Cloud(cloud::Command),
}

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    let args = Args::parse();
    let outcome = match args.command {
        Command::Cloud(command) => cloud::run(command),
    };
    outcome.unwrap_or_else(|error| fail(&error))
}

/// Tells what kept the job from being done.
#[expect(clippy::print_stderr, reason = "this is where the command speaks")]
fn fail(error: &Error) -> ExitCode {
    eprintln!("error: {error}");
    if let Some(place) = error.place() {
        eprintln!("  in {place}");
    }
    if let Some(hint) = error.hint_text() {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(2)
}

/// What a subcommand ends with.
type Outcome = Result<ExitCode>;
