//! Recordings on disk: `DIR/<page>/log.md` in the log format and `DIR/<page>/console.txt`, a
//! console session.
//!
//! In: a folder and a page with its commands. Out: the [`Run`] that was recorded, so that everything
//! after a run can be done without a cloud.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{PagePlan, Place, Run};

use super::requestshook;

const LOG: &str = "log.md";
const CONSOLE: &str = "console.txt";

/// The page's folder below the folder of recordings: its path without `index.md` or `.md`.
pub fn folder(recordings: &Path, page: &str) -> PathBuf {
    let name = page.strip_suffix("index.md").or_else(|| page.strip_suffix(".md")).unwrap_or(page);
    recordings.join(name.trim_end_matches('/'))
}

/// Reads a page's recording. Without a console session its outputs are those that the page shows.
///
/// # Errors
///
/// When there is no log, it has no entry, or the session is of other commands.
pub fn read(recordings: &Path, page: &PagePlan, shown: &[String]) -> Result<Run> {
    let folder = folder(recordings, &page.path);
    let log = folder.join(LOG);
    let text = fs::read_to_string(&log).map_err(|cause| {
        Error::new(ErrorKind::Recording, format!("cannot read the recording of `{}`", page.path))
            .because(cause)
            .at(Place::file(&log))
            .hint("record it with `doctool record --out DIR`")
    })?;
    // Commands that send nothing leave an empty log.
    let recording = match requestshook::parse(&text) {
        None if !text.trim().is_empty() => {
            let message = "this file is no log: it has no entry";
            return Err(Error::new(ErrorKind::Recording, message).at(Place::file(&log)));
        }
        recording => recording.unwrap_or_default(),
    };
    let console = folder.join(CONSOLE);
    let outputs = match fs::read_to_string(&console) {
        Ok(text) => outputs(&text, page).map_err(|error| error.at(Place::file(&console)))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => shown.to_vec(),
        Err(cause) => {
            let message = "cannot read this console session";
            let error = Error::new(ErrorKind::Recording, message).because(cause);
            return Err(error.at(Place::file(&console)));
        }
    };
    Ok(Run { outputs, recording })
}

/// Writes a page's recording: the drawn log, and the console session.
///
/// # Errors
///
/// When the folder cannot be written.
pub fn write(recordings: &Path, page: &PagePlan, log: &str, outputs: &[String]) -> Result<()> {
    let folder = folder(recordings, &page.path);
    let session: String = page
        .commands
        .iter()
        .zip(outputs)
        .map(|(command, output)| format!("$ {}\n{}", command.text, ended(output)))
        .collect();
    let written = fs::create_dir_all(&folder)
        .and_then(|()| fs::write(folder.join(LOG), log))
        .and_then(|()| fs::write(folder.join(CONSOLE), session));
    written.map_err(|cause| {
        Error::new(ErrorKind::File, "cannot write a recording")
            .because(cause)
            .at(Place::file(&folder))
    })
}

/// The text with a newline at its end, if it has any line.
fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// What each command of the page printed, from a session of just these commands.
fn outputs(session: &str, page: &PagePlan) -> Result<Vec<String>> {
    let mut outputs: Vec<String> = Vec::with_capacity(page.commands.len());
    for line in session.split_inclusive('\n') {
        let next = page.commands.get(outputs.len());
        let typed = line.strip_prefix("$ ").map(str::trim_end);
        match (typed, next, outputs.last_mut()) {
            (Some(typed), Some(command), _) if typed == command.text => outputs.push(String::new()),
            (None, _, Some(output)) => output.push_str(line),
            (Some(_), None, Some(output)) => output.push_str(line),
            _ => return Err(of_others(page)),
        }
    }
    if outputs.len() < page.commands.len() { Err(of_others(page)) } else { Ok(outputs) }
}

fn of_others(page: &PagePlan) -> Error {
    let message = format!("this session is not of the commands of `{}`", page.path);
    Error::new(ErrorKind::Recording, message).hint("record the page again with `doctool record`")
}
