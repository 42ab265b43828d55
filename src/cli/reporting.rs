//! In which forms a report is told, and where to: the words that `check` and `report` share.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::site::say;
use super::{DRIFT, FAILED};
use crate::error::{Error, ErrorKind, Result};
use crate::report::check::{
    CheckReport, Events, GitHub, JUnit, Json, Markdown, Report, Sarif, Text,
};
use crate::report::text::Colour;

/// Where GitHub shows what a step has to say.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The forms in which a report is told.
#[derive(Debug, Args)]
pub(super) struct Reporting {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Form,
    /// Also write the report to a file in this form; may be given several times
    #[arg(long, value_name = "FORMAT=FILE")]
    report: Vec<ReportFile>,
}

/// A form of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    #[default]
    Text,
    /// One JSON document; see `doctool schema check`
    Json,
    /// One JSON event a line; see `doctool schema event`
    Jsonl,
    /// JUnit XML
    Junit,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations of GitHub Actions, and Markdown for the job's summary
    Github,
    /// Markdown for a comment
    Markdown,
}

/// A file and the form of what it is to hold.
#[derive(Debug, Clone)]
struct ReportFile {
    form: Form,
    path: PathBuf,
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (form, path) =
            text.split_once('=').ok_or("write `FORMAT=FILE`, such as `junit=a.xml`")?;
        if path.is_empty() {
            return Err("there is no file behind `=`".to_owned());
        }
        Ok(Self { form: Form::from_str(form, false)?, path: path.into() })
    }
}

impl Form {
    fn report(self, colour: Colour) -> Box<dyn Report> {
        match self {
            Self::Text => Box::new(Text(colour)),
            Self::Json => Box::new(Json),
            Self::Jsonl => Box::new(Events),
            Self::Junit => Box::new(JUnit),
            Self::Sarif => Box::new(Sarif),
            Self::Github => Box::new(GitHub),
            Self::Markdown => Box::new(Markdown),
        }
    }
}

impl Reporting {
    /// Prints the report and writes it to all files.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub(super) fn tell(&self, report: &CheckReport, colour: Colour) -> Result<()> {
        self.format.report(colour).tell(report, &mut say);
        for ReportFile { form, path } in &self.report {
            let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
            let told = form.report(Colour::None).told(report);
            folder.and_then(|()| fs::write(path, told)).map_err(|error| cannot(path, error))?;
        }
        let summary = env::var_os(STEP_SUMMARY).filter(|path| !path.is_empty());
        if let Some(path) = summary.filter(|_| self.format == Form::Github) {
            let path = PathBuf::from(path);
            let file = OpenOptions::new().append(true).create(true).open(&path);
            let told = Markdown.told(report);
            file.and_then(|mut file| file.write_all(told.as_bytes()))
                .map_err(|error| cannot(&path, error))?;
        }
        Ok(())
    }

    /// Whether what is printed is for people.
    pub(super) fn is_text(&self) -> bool {
        self.format == Form::Text
    }

    /// Whether the report goes anywhere besides.
    pub(super) fn has_files(&self) -> bool {
        !self.report.is_empty()
    }
}

/// The exit code of a check that found this.
pub(super) fn ended(report: &CheckReport) -> ExitCode {
    if report.has_failed() {
        return ExitCode::from(FAILED);
    }
    let has_findings = report.findings().next().is_some();
    if has_findings { ExitCode::from(DRIFT) } else { ExitCode::SUCCESS }
}

fn cannot(path: &Path, cause: std::io::Error) -> Error {
    let message = format!("cannot write the report to `{}`", path.display());
    Error::new(ErrorKind::File, message).because(cause)
}

/// Reads a report that was written as JSON.
///
/// # Errors
///
/// When there is none in the file.
pub(super) fn read(path: &Path) -> Result<CheckReport> {
    let cannot = |what: &str| Error::new(ErrorKind::File, format!("{what} `{}`", path.display()));
    let text = fs::read_to_string(path).map_err(|cause| cannot("cannot read").because(cause))?;
    serde_json::from_str(&text).map_err(|cause| {
        cannot("there is no report of a check in")
            .because(cause)
            .hint("write one with `doctool check --report json=FILE`")
    })
}
