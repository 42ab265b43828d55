//! What a page asks for and does not get, said where it stands.
//!
//! In: a page's plan. Out: a diagnostic for each command that only its form keeps from running, and
//! an error for a file that is not the site's, or where nothing is left to run.

use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Diagnostic, DiagnosticKind, FileCache, NotRun, PagePlan, Place, Severity};
use crate::settings::Site;
use crate::system;

/// Commands that somebody may think are run.
pub fn refused(files: &FileCache, plan: &PagePlan) -> Vec<Diagnostic> {
    plan.not_run.iter().filter_map(|command| diagnostic(files, command)).collect()
}

fn diagnostic(files: &FileCache, command: &NotRun) -> Option<Diagnostic> {
    let hint = command.hint.clone()?;
    let file = files.read(&command.place.file).ok()?;
    let bytes = files.bytes(file);
    let line = bytes.split(|byte| *byte == b'\n').nth(command.place.line - 1)?;
    let text = String::from_utf8_lossy(line).trim_end().to_owned();
    let first = command.text.split_whitespace().next().unwrap_or_default();
    let start = text.find(first).unwrap_or(0);
    Some(Diagnostic {
        kind: DiagnosticKind::RefusedCommand,
        severity: Severity::Warning,
        place: Place { column: text[..start].chars().count() + 1, ..command.place.clone() },
        span: start..text.len(),
        text,
        message: format!("this command is not run: it {}", command.reason),
        hint: Some(hint),
    })
}

/// That no command of any page may run, with the place of the first that somebody may think is run.
pub fn nothing_runs(told: Vec<Diagnostic>) -> Error {
    let error =
        Error::new(ErrorKind::Usage, "none of these pages documents a command that may run");
    let mut told = told.into_iter();
    match told.find(|found| found.kind == DiagnosticKind::RefusedCommand) {
        Some(Diagnostic { place, message, hint, .. }) => {
            let error = error.at(place).because(message);
            hint.into_iter().fold(error, Error::hint)
        }
        None => {
            error.hint("see what doctool finds on them, and why it is not run, with `doctool list`")
        }
    }
}

/// The files that a page wants to have copied, absolute. A command may send them anywhere, so they
/// are the site's own.
pub(super) fn within(
    site: &Site,
    files: &FileCache,
    page: &Place,
    folder: &Path,
    wanted: &[PathBuf],
) -> Result<Vec<PathBuf>> {
    // Most pages want none, and to ask where the roots lead costs more than all else here.
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let roots = site.roots();
    let file = |path: &PathBuf| {
        let file = files.absolute(&folder.join(path));
        // One that is not there is told when it is copied.
        let real = system::canonical(&file).unwrap_or_else(|_| file.clone());
        if roots.iter().any(|root| real.starts_with(root)) || !real.exists() {
            return Ok(file);
        }
        let message = format!("`{}` in `files` lies outside of the site", path.display());
        let hint = "put a copy of it beside the page";
        Err(Error::new(ErrorKind::Page, message).at(page.clone()).hint(hint))
    };
    wanted.iter().map(file).collect()
}
