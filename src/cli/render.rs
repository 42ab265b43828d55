//! `doctool render`: a log or another recording as one of the views, without a site.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::site::tell;
use super::{Outcome, working_directory};
use crate::capture::seen::{Seen, Unpaired};
use crate::error::{Error, ErrorKind};
use crate::model::Place;
use crate::pipeline::{self, Drawing};
use crate::settings::Config;
use crate::settings::doctool::FILE_NAME;

#[derive(Debug, Args)]
pub(super) struct Render {
    /// The log or other recording; `-` reads standard input
    log: PathBuf,
    /// What it is; told by the end of its name where that is not given
    #[arg(long, value_enum)]
    from: Option<Source>,
    /// What to make of it
    #[arg(long, value_enum)]
    to: Form,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Source {
    /// A log of the requestshook middleware or of a page; what has no other name is one
    Log,
    /// What `openstack --debug` prints or writes into a file; `.debug`
    Debug,
    /// HAR 1.2, by browsers and other proxies; `.har`
    Har,
}

impl Source {
    /// What to say where there is nothing in it, and what may help.
    fn is_none(self) -> (&'static str, &'static str) {
        match self {
            Self::Log => (
                "this is no log: it has no entry",
                "see that entries begin with a line such as `### (openstack) REQ >>> (keystone) : GET \
                 http://…`, behind two blank lines",
            ),
            Self::Debug => (
                "no client tells here what it sends",
                "see that requests are told as in `REQ: curl -g -i -X GET http://…`, which \
                 `openstack --debug` prints on standard error",
            ),
            Self::Har => (
                "this HAR file has no entry",
                "see that whoever writes it has come to its end: many write it only then",
            ),
        }
    }

    fn of(path: &Path) -> Self {
        match path.extension().and_then(OsStr::to_str) {
            Some("debug") => Self::Debug,
            Some("har") => Self::Har,
            _ => Self::Log,
        }
    }
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
        let mut input: Box<dyn Read + Send> = if self.log == Path::new("-") {
            Box::new(io::stdin())
        } else {
            let file = File::open(&self.log).map_err(|cause| {
                at(Error::new(ErrorKind::File, "cannot read this log").because(cause))
            })?;
            Box::new(file)
        };
        let out = &mut io::stdout().lock();
        let source = self.from.unwrap_or_else(|| Source::of(&self.log));
        let form = match source {
            Source::Log => None,
            Source::Debug => Some(pipeline::Form::Debug),
            Source::Har => Some(pipeline::Form::Har),
        };
        let messages = match form {
            None => pipeline::render_log(input, drawing, &config.redact, out).map_err(at)?,
            Some(form) => {
                let mut text = Vec::new();
                input.read_to_end(&mut text).map_err(|cause| {
                    at(Error::new(ErrorKind::File, "cannot read this recording").because(cause))
                })?;
                let input = (name, &*text);
                let (messages, seen) =
                    pipeline::render_recording(input, form, drawing, &config, out)?;
                self.tell_of(&seen);
                messages
            }
        };
        if messages == 0 {
            let (message, hint) = source.is_none();
            return Err(at(Error::new(ErrorKind::Recording, message).hint(hint)));
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Says what is known not to be in the view.
    fn tell_of(&self, seen: &Seen) {
        for Unpaired { line, reason } in &seen.unpaired {
            let place = Place { file: self.log.clone(), line: *line, column: 0 };
            tell(&format!("warning: not drawn: {reason}\n  --> {place}\n"));
        }
        if !seen.left_out.is_empty() {
            tell(&format!("not seen: {}\n", seen.left_out.join("; ")));
        }
    }
}
