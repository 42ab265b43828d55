//! The words the command understands, turned into settings; one file a subcommand.

mod adopt;
mod check;
mod cloud;
mod completions;
mod init;
mod list;
mod man;
mod noise;
mod plan;
mod proxy;
mod record;
mod redact;
mod refresh;
mod relay;
mod render;
mod report;
mod reporting;
mod schema;
mod site;
mod sweep;

use std::env;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::error::{Error, ErrorKind, Result};
use crate::report::text::{self, Colour};
use crate::system;

/// Keeps console output, sequence diagrams, request/response pages and logs in MkDocs pages true to
/// a live cloud.
#[derive(Debug, Parser)]
#[command(
    name = "doctool",
    version,
    infer_subcommands = true,
    after_help = "Exit codes: 0 nothing to say, or written; 1 something found or left to you: drift, a secret, a place that is not recognised; 2 the job could not be done"
)]
struct Args {
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t)]
    color: When,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Also where the output is no terminal
    Always,
    /// Not at all
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what pages contain: includes, fences, commands, views
    List(list::List),
    /// Say whether pages show what the cloud answers now; writes nothing
    Check(check::Check),
    /// Bring pages up to date with what the cloud answers now
    Refresh(refresh::Refresh),
    /// Run the commands of pages and keep the recordings in a folder
    Record(record::Record),
    /// Show what would run on the cloud, in order, and what it would do there; runs nothing
    Plan(plan::Plan),
    /// Remove what runs have created on a cloud and left there, as after a crash
    Sweep(sweep::Sweep),
    /// Look at pages that people made: what a refresh would keep, and what it could not place
    Adopt(adopt::Adopt),
    /// Join reports of checks
    #[command(subcommand)]
    Report(report::Command),
    /// Take published secrets out of pages and change nothing else; needs no cloud
    Redact(redact::Redact),
    /// Turn a log of exchanges into a diagram or a page, however long it is; needs no site
    Render(render::Render),
    /// Watch a cloud at rest: what its services send by themselves, and rules to ignore that
    Noise(noise::Noise),
    /// Run the proxy by itself and show what is said; or print what services need to be seen
    Proxy(proxy::Proxy),
    /// Run a small OpenStack on this machine: Keystone, Glance and the client
    #[command(subcommand)]
    Cloud(cloud::Command),
    /// Print the JSON schema of doctool.yml, or of what a subcommand prints
    Schema(schema::Schema),
    /// Write first settings, and a workflow for a CI, for the site at hand
    Init(init::Init),
    /// Print what a shell needs to complete the words of doctool
    Completions(completions::Completions),
    /// Print the manual page, or write one for each subcommand
    Man(man::Man),
}

/// What a subcommand ends with.
type Outcome = Result<ExitCode>;

/// Exit code 1: there is something to say.
const DRIFT: u8 = 1;
/// Exit code 2: the job could not be done.
const FAILED: u8 = 2;

/// Runs the command with the arguments of this process.
pub fn main() -> ExitCode {
    let Args { color, command } = Args::parse();
    let outcome = match command {
        Command::List(list) => list.run(colour(color, std::io::stderr().is_terminal())),
        Command::Check(check) => check.run(colour(color, std::io::stdout().is_terminal())),
        Command::Refresh(refresh) => refresh.run(colour(color, std::io::stdout().is_terminal())),
        Command::Record(record) => record.run(colour(color, std::io::stderr().is_terminal())),
        Command::Plan(plan) => plan.run(),
        Command::Sweep(sweep) => sweep.run(),
        Command::Adopt(adopt) => adopt.run(),
        Command::Report(report::Command::Merge(merge)) => {
            merge.run(colour(color, std::io::stdout().is_terminal()))
        }
        Command::Redact(redact) => redact.run(),
        Command::Render(render) => render.run(),
        Command::Noise(noise) => noise.run(),
        Command::Proxy(proxy) => proxy.run(),
        Command::Cloud(command) => cloud::run(command),
        Command::Schema(schema) => schema.run(),
        Command::Init(init) => init.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
    };
    outcome.unwrap_or_else(|error| {
        let colour = colour(color, std::io::stderr().is_terminal());
        site::tell(&text::error(&error, colour));
        ExitCode::from(FAILED)
    })
}

/// The working directory.
fn working_directory() -> Result<PathBuf> {
    env::current_dir().map_err(|cause| {
        Error::new(ErrorKind::File, "there is no working directory").because(cause)
    })
}

fn colour(when: When, is_terminal: bool) -> Colour {
    let wanted = match when {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            let is_wanted = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
            is_terminal && is_wanted && system::shows_colours()
        }
    };
    if wanted { Colour::Ansi } else { Colour::None }
}
