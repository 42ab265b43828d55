//! `doctool proxy`: see what is said, for as long as one wants.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};

use super::Outcome;
use super::site::{Telling, Trust, Where, say};
use crate::cloud::devstack;
use crate::error::{Error, ErrorKind};
use crate::pipeline::{self, Job, Source};
use crate::render;
use crate::report::progress::Progress;
use crate::report::proxy_text;

#[derive(Debug, Args)]
pub(super) struct Proxy {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    asked: Option<Asked>,
    /// Cloud profile of doctool.yml whose traffic is looked at
    #[arg(long, value_name = "NAME", global = true)]
    cloud: Option<String>,
    /// Port of 127.0.0.1 to listen on
    #[arg(long, value_name = "PORT", global = true, default_value_t = 8127)]
    port: u16,
    /// Add every message in full to this file, in the format of log views
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    telling: Telling,
}

#[derive(Debug, Subcommand)]
enum Asked {
    /// Print what a service needs so that the proxy sees what it sends
    Env {
        /// The service's name in diagrams
        name: String,
        /// What to print
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Send the services of DevStack on this machine through the proxy
    Devstack {
        /// Send them directly again
        #[arg(long)]
        undo: bool,
        /// Root of the system
        #[arg(long, value_name = "DIR", default_value = "/")]
        root: PathBuf,
    },
}

/// What reads the variables.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Format {
    /// Lines for a POSIX shell
    #[default]
    Shell,
    /// A drop-in for a unit
    Systemd,
    /// Options for `docker run` and `podman run`
    Container,
}

impl Proxy {
    pub(super) fn run(&self) -> Outcome {
        let progress = Progress::new(self.telling.verbosity());
        let source = Source::Cloud(self.cloud.clone());
        let told = |event| progress.show(event);
        self.place.with_site(source, (&told, Trust::Site), |job| match &self.asked {
            None => self.stand(&job),
            Some(Asked::Env { name, format }) => {
                let variables = pipeline::proxy_environment(&job, self.port, name)?;
                say(&match format {
                    Format::Shell => proxy_text::shell(&variables),
                    Format::Systemd => proxy_text::systemd(&variables),
                    Format::Container => proxy_text::container(&variables),
                });
                Ok(ExitCode::SUCCESS)
            }
            Some(Asked::Devstack { undo: false, root }) => {
                let units = devstack::units(root)?;
                for unit in &units {
                    let variables = pipeline::proxy_environment(&job, self.port, &unit.process)?;
                    devstack::send_through_proxy(root, unit, &proxy_text::systemd(&variables))?;
                }
                restart(units.iter().map(|unit| &*unit.name));
                Ok(ExitCode::SUCCESS)
            }
            Some(Asked::Devstack { undo: true, root }) => {
                let units = devstack::send_directly(root)?;
                restart(units.iter().map(String::as_str));
                Ok(ExitCode::SUCCESS)
            }
        })
    }

    /// Runs the proxy until the process ends.
    fn stand(&self, job: &Job<'_>) -> Outcome {
        let cannot = |cause: std::io::Error| {
            let file = self.out.iter().map(|file| file.display().to_string()).collect::<String>();
            Error::new(ErrorKind::File, format!("cannot write `{file}`")).because(cause)
        };
        let open = |file| OpenOptions::new().create(true).append(true).open(file);
        let mut out = self.out.as_ref().map(open).transpose().map_err(cannot)?;
        pipeline::proxy(job, self.port, |recording| {
            say(&proxy_text::lines(recording.recording()));
            match &mut out {
                Some(out) => out.write_all(render::log(recording).as_bytes()).map_err(cannot),
                None => Ok(()),
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Says which units changed, and how that takes effect.
fn restart<'a>(units: impl Iterator<Item = &'a str>) {
    let units: Vec<&str> = units.collect();
    if units.is_empty() {
        return say("nothing was changed\n");
    }
    say(&format!(
        "changed {} units; make them see it:\n\n    systemctl daemon-reload\n    systemctl restart {}\n",
        units.len(),
        units.join(" ")
    ));
}
