//! The words the command understands, turned into settings.

mod relay;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;

/// Keeps documentation pages true to a live cloud.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The embedded cloud.
    #[command(subcommand)]
    Cloud(Cloud),
}

#[derive(Debug, Subcommand)]
enum Cloud {
    /// Passes on what services send.
    #[command(hide = true)]
    Relay(relay::Relay),
}

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Cloud(Cloud::Relay(relay)) => relay.run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the edge, where errors become words")]
fn tell(error: &Error) -> ExitCode {
    eprintln!("error: {error}");
    if let Some(hint) = error.hint_text() {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(2)
}
