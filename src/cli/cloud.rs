//! `doctool cloud`: the embedded cloud, by hand.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where the command speaks")]

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use clap::Subcommand;

use super::{DRIFT, Outcome, relay};
use crate::cloud::embedded::{Down, Embedded, Status};
use crate::model::{Cloud, Event};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Start what does not run, and wait until every service answers
    Up,
    /// End the cloud's processes and no others
    Down {
        /// Remove the data too, so that the next cloud has other ids and passwords
        #[arg(long)]
        wipe: bool,
    },
    /// Say what runs; exit code 1 when not everything does
    Status,
    /// Pass on what services send, through the recorder of whichever run is attached
    #[command(hide = true)]
    Relay(relay::Relay),
}

pub(super) fn run(command: Command) -> Outcome {
    let embedded = Embedded::from_environment();
    match command {
        Command::Up => {
            show_cloud(&embedded?.up(&show_event)?);
            Ok(ExitCode::SUCCESS)
        }
        Command::Down { wipe } => {
            let embedded = embedded?;
            let down =
                if wipe { embedded.wipe(&show_event)? } else { embedded.down(&show_event)? };
            show_down(&down);
            Ok(ExitCode::SUCCESS)
        }
        Command::Relay(relay) => relay.run(),
        Command::Status => {
            let status = embedded?.status()?;
            show_status(&status);
            Ok(if status.is_up() { ExitCode::SUCCESS } else { ExitCode::from(DRIFT) })
        }
    }
}

fn show_event(event: Event) {
    if let Event::Cloud(step) = event {
        eprintln!("cloud: {step}");
    }
}

fn show_cloud(cloud: &Cloud) {
    for service in &cloud.services {
        println!("{:<10}  {}", service.name, service.url);
    }
    println!("to use it by hand:");
    for (name, value) in &cloud.env {
        println!("  export {name}={}", quoted(value));
    }
    for folder in &cloud.path {
        println!("  export PATH={}:\"$PATH\"", quoted(&folder.display().to_string()));
    }
}

/// As one word of a shell.
fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

fn show_down(down: &Down) {
    if down.ended.is_empty() {
        println!("nothing was running");
    }
    for (name, pid) in &down.ended {
        println!("ended {name} ({pid})");
    }
}

fn show_status(status: &Status) {
    for part in &status.parts {
        let address = part.address.as_deref().unwrap_or("");
        match part.process {
            None => println!("{:<10}  not running", part.name),
            Some((pid, since)) => {
                let silent = if part.answers { "" } else { ", does not answer" };
                println!("{:<10}  {address}  pid {pid}, for {}{silent}", part.name, age(since));
            }
        }
    }
    println!("data        {}", status.data.display());
}

/// How long ago that was, in the two largest units.
fn age(since: SystemTime) -> String {
    let seconds = since.elapsed().unwrap_or(Duration::ZERO).as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_an_age_in_two_units() {
        let ago = |seconds| age(SystemTime::now() - Duration::from_secs(seconds));
        assert_eq!(ago(5), "5 s");
        assert_eq!(ago(65), "1 min 5 s");
        assert_eq!(ago(2 * 3600 + 61), "2 h 1 min");
        assert_eq!(ago(86400 * 3 + 3600), "3 d 1 h");
    }
}
