//! What kept the job from being done: what failed, where, and what may help.
//!
//! A finding is no error: drift is a value that flows to `report`. An [`Error`] means that doctool
//! could not look. Stages put no output of a command and no bytes of an exchange into an error, because
//! those may hold secrets; `pipeline` adds what a command said once the secrets are out of it.

use std::error::Error as StdError;
use std::fmt;

use crate::model::Place;

/// What sort of thing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The words on the command line ask for something that does not exist or fit together.
    Usage,
    /// `mkdocs.yml` or `doctool.yml` cannot be used.
    Settings,
    /// A page cannot be read or understood.
    Page,
    /// A documented command failed, could not be started, or took too long.
    Command,
    /// The cloud is not there, or a part of it does not answer.
    Cloud,
    /// Exchanges could not be recorded, or a recording could not be read.
    Recording,
    /// A file could not be read or written.
    File,
}

/// A job that could not be done: kind, message, and if known the place, a hint and the cause.
///
/// Small, because every result carries one.
#[derive(Debug)]
pub struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    kind: ErrorKind,
    message: String,
    place: Option<Place>,
    hint: Option<String>,
    said: Option<String>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// The result of everything in doctool that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with a message: lower case, no full stop, names in backticks.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let message = message.into();
        Self(Box::new(Parts { kind, message, place: None, hint: None, said: None, cause: None }))
    }

    /// Where in the user's files the trouble is.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// What may help; begins with a verb.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// What the program that failed said about it. Whoever calls this has taken the secrets out.
    #[must_use]
    pub fn said(mut self, redacted: impl Into<String>) -> Self {
        self.0.said = Some(redacted.into());
        self
    }

    /// The error underneath.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// What sort of thing failed.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Where in the user's files the trouble is, if it is in one.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// What the program that failed said about it, without secrets.
    pub fn said_text(&self) -> Option<&str> {
        self.0.said.as_deref()
    }

    /// What may help, if something is known to.
    pub fn hint_text(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }
}

impl fmt::Display for Error {
    /// The message and its causes on one line, without the place and the hint.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.message)?;
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as &(dyn StdError + 'static))
    }
}

/// The known word that is spelled most alike, if one is; for hints.
pub fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let similarity = |other: &str| strsim::jaro_winkler(word, other);
    let best = known.iter().max_by(|one, two| similarity(one).total_cmp(&similarity(two)))?;
    (similarity(best) > 0.7).then_some(best)
}
