//! Commands that are asked to tell what they send, as a source of exchanges.
//!
//! In: a command that is about to run. Out: the same command with words that have it write a log file, and
//! the exchanges in that. What the file holds as details for the curious is taken out of what the command
//! printed: that shows what it shows without these words.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

use super::read;
use super::records::records;
use crate::capture::participants::Participants;
use crate::capture::seen::Seen;
use crate::capture::{Capture, Prepared};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Exchange, Recording};

/// Adds to the words of a command those that have it write what it sends into a file; none where its
/// program knows no such words.
pub type Rule = fn(&[String], &Path) -> Option<Vec<String>>;

/// What commands tell of themselves.
#[derive(Debug)]
pub struct DebugOutput {
    rule: Rule,
    participants: Participants,
    /// Only its owner can read what is in it.
    folder: TempDir,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_open: bool,
    /// The callers of the commands so far, each with the file it writes.
    files: Vec<(String, PathBuf)>,
    /// How many files there were in all.
    number: usize,
    /// How many of the files the last news told.
    told: usize,
}

impl DebugOutput {
    /// Asks commands by this rule.
    ///
    /// # Errors
    ///
    /// When there is no room for the files.
    pub fn new(rule: Rule, participants: Participants) -> Result<Self> {
        let folder = tempfile::tempdir().map_err(|cause| {
            Error::new(ErrorKind::File, "cannot make a folder for what commands tell")
                .because(cause)
        })?;
        Ok(Self { rule, participants, folder, state: Mutex::default() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn seen(files: &[(String, PathBuf)], participants: &mut Participants) -> Result<Seen> {
        let mut seen = Seen::default();
        for (caller, path) in files {
            seen.append(read(&text(path)?, caller, participants.directory()));
        }
        participants.resolve(&mut seen.recording);
        Ok(seen)
    }
}

/// What a command has written; nothing where it has not even begun to.
fn text(path: &Path) -> Result<String> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(cause) => {
            Err(Error::new(ErrorKind::Recording, "cannot read what a command tells of itself")
                .because(cause))
        }
    }
}

impl Capture for DebugOutput {
    fn environment(&self, _caller: &str) -> Vec<(String, String)> {
        // With `--debug` the client no longer hides the warnings of Python itself.
        vec![("PYTHONWARNINGS".to_owned(), "ignore".to_owned())]
    }

    fn prepared(&self, argv: &[String], caller: &str) -> Prepared {
        let mut state = self.state();
        let path = self.folder.path().join(state.number.to_string());
        match (self.rule)(argv, &path) {
            Some(words) => {
                state.number += 1;
                state.files.push((caller.to_owned(), path));
                Prepared::Asked(words)
            }
            None => Prepared::Unseen,
        }
    }

    fn printed(&self, output: String) -> Result<String> {
        let path = self.state().files.last().map(|(_, path)| path.clone());
        match path {
            Some(path) => Ok(without_details(&output, &text(&path)?)),
            None => Ok(output),
        }
    }

    fn begin(&mut self) -> Result<()> {
        let mut state = self.state();
        if state.is_open {
            return Err(Error::new(ErrorKind::Recording, "a recording has begun and not ended"));
        }
        state.is_open = true;
        Ok(())
    }

    fn news(&self) -> Result<Vec<Exchange>> {
        let mut state = self.state();
        let files = state.files[state.told..].to_vec();
        state.told = state.files.len();
        drop(state);
        Ok(Self::seen(&files, &mut self.participants.clone())?.recording.exchanges)
    }

    fn end(&mut self) -> Result<Recording> {
        Ok(self.seen()?.recording)
    }

    fn seen(&mut self) -> Result<Seen> {
        let mut state = self.state();
        if !std::mem::take(&mut state.is_open) {
            return Err(Error::new(ErrorKind::Recording, "no recording has begun"));
        }
        let files = std::mem::take(&mut state.files);
        state.told = 0;
        drop(state);
        let seen = Self::seen(&files, &mut self.participants);
        for (_, path) in &files {
            // The folder goes away with everything in it; this is only sooner.
            let _ = fs::remove_file(path);
        }
        seen
    }
}

/// The output without what the log file has as details. Both tell the same in the same order, so each is
/// looked for behind the one before.
fn without_details(output: &str, log: &str) -> String {
    let mut kept = String::with_capacity(output.len());
    let mut rest = output;
    for record in records(log).iter().filter(|record| record.is_detail == Some(true)) {
        let printed = format!("{}\n", record.text);
        // Nothing but a line end may stand anywhere: it is only taken where it is the very next.
        let at = match record.text {
            "" => rest.starts_with('\n').then_some(0),
            _ => find_at_line(&kept, rest, &printed),
        };
        let Some(at) = at else { continue };
        kept.push_str(&rest[..at]);
        rest = &rest[at + printed.len()..];
    }
    kept + rest
}

/// Where lines stand in a text that follows another.
fn find_at_line(before: &str, text: &str, lines: &str) -> Option<usize> {
    let begins_line = before.is_empty() || before.ends_with('\n');
    let is_at_line = |at: &usize| match at {
        0 => begins_line,
        at => text[..*at].ends_with('\n'),
    };
    // What was printed without the end of its line stands before a detail on the same line.
    let mut places = text.match_indices(lines).map(|(at, _)| at);
    let first = places.next()?;
    Some(first).filter(is_at_line).or_else(|| places.find(is_at_line)).or(Some(first))
}

#[cfg(test)]
mod tests {
    use super::without_details;

    #[test]
    fn details_are_taken_out_and_nothing_else() {
        let log = "2026-11-28 14:32:26.454 1 INFO a START\n2026-11-28 14:32:26.454 1 DEBUG a RESP BODY: x\n\ny\n\
                   2026-11-28 14:32:26.454 1 WARNING a careful\n2026-11-28 14:32:26.454 1 DEBUG a START\n\
                   2026-11-28 14:32:26.454 1 DEBUG a \n";
        let output = "START\nRESP BODY: x\n\ny\ncareful\n+--+\n| START\nSTART\n\nSTART\n";
        assert_eq!(without_details(output, log), "careful\n+--+\n| START\nSTART\n");
        assert_eq!(without_details("table\n", log), "table\n");
        assert_eq!(without_details("no end of lineSTART\nrest", log), "no end of linerest");
    }
}
