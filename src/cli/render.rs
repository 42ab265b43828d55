//! `doctool render`: a log as one of the views, without a site.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{Outcome, working_directory};
use crate::error::{Error, ErrorKind};
use crate::model::Place;
use crate::pipeline::{self, Drawing};
use crate::settings::Config;
use crate::settings::doctool::FILE_NAME;

#[derive(Debug, Args)]
pub(super) struct Render {
    /// The log; `-` reads standard input
    log: PathBuf,
    /// What to make of it
    #[arg(long, value_enum)]
    to: Form,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// A line of a Mermaid sequence diagram for each message
    Diagram,
    /// A section with tabs for each message
    Body,
    /// The log itself, without secrets
    Log,
    /// HAR 1.2, which browsers and other proxies read
    Har,
}

impl Render {
    pub(super) fn run(&self) -> Outcome {
        let config = Config::read(&working_directory()?.join(FILE_NAME))?;
        let drawing = match self.to {
            Form::Diagram => Drawing::Diagram,
            Form::Body => Drawing::Body,
            Form::Log => Drawing::Log,
            Form::Har => Drawing::Har,
        };
        let name = if self.log == Path::new("-") { Path::new("standard input") } else { &self.log };
        let at = |error: Error| error.at(Place::file(name));
        let input: Box<dyn Read + Send> = if self.log == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let file = File::open(&self.log).map_err(|cause| {
                at(Error::new(ErrorKind::File, "cannot read this log").because(cause))
            })?;
            Box::new(file)
        };
        let out = &mut io::stdout().lock();
        let messages = pipeline::render_log(input, drawing, &config.redact, out).map_err(at)?;
        if messages == 0 {
            let message = "this is no log: it has no entry";
            let hint = "see that entries begin with a line such as `### (openstack) REQ >>> \
                        (keystone) : GET http://…`, behind two blank lines";
            return Err(at(Error::new(ErrorKind::Recording, message).hint(hint)));
        }
        Ok(ExitCode::SUCCESS)
    }
}
