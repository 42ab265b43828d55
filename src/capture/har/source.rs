//! A HAR file that another program writes, as a source of exchanges.
//!
//! In: where the file is, and commands that run. Out: the entries that it did not have when a recording
//! began. Programs write the whole file anew, often only when they end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{entries, told};
use crate::capture::Capture;
use crate::capture::participants::Participants;
use crate::capture::seen::Seen;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Exchange, Place, Recording};

/// How long nothing may change before the file counts as quiet.
const QUIET: Duration = Duration::from_millis(300);
/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long the file may take until it is whole.
const SETTLE: Duration = Duration::from_secs(5);

/// A HAR file that grows, or is written anew.
#[derive(Debug)]
pub struct HarFile {
    path: PathBuf,
    participants: Participants,
    begun: Option<Vec<Value>>,
    /// How many entries news have told.
    told: Mutex<usize>,
}

impl HarFile {
    /// The file of this name, seen from a folder. It need not be there.
    pub fn new(place: &str, folder: &Path, participants: Participants) -> Self {
        Self { path: folder.join(place), participants, begun: None, told: Mutex::default() }
    }

    /// All entries, none where there is no file.
    fn entries(&self) -> Result<Vec<Value>> {
        let text = match fs::read(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(self.unreadable("cannot read this HAR file").because(cause)),
        };
        entries(&text).map_err(|fault| {
            let place = Place { file: self.path.clone(), line: fault.line, column: fault.column };
            self.unreadable(&fault.message).at(place)
        })
    }

    fn unreadable(&self, message: &str) -> Error {
        Error::new(ErrorKind::Recording, message)
            .at(Place::file(&self.path))
            .hint("see what stands below `capture` in doctool.yml")
    }

    /// The entries since the recording began, once the file is quiet and whole.
    fn added(&self) -> Result<Vec<Value>> {
        let begun = self.begun.as_deref();
        let begun =
            begun.ok_or_else(|| Error::new(ErrorKind::Recording, "no recording has begun"))?;
        let deadline = Instant::now() + SETTLE;
        let stamp = || fs::metadata(&self.path).ok().map(|data| (data.len(), data.modified().ok()));
        let (mut last, mut still_since) = (stamp(), Instant::now());
        loop {
            let now = stamp();
            if now != last {
                (last, still_since) = (now, Instant::now());
            }
            let is_over = Instant::now() >= deadline;
            if still_since.elapsed() >= QUIET || is_over {
                match self.entries() {
                    // It is being written.
                    Err(_) if !is_over => {}
                    read => return read.map(|entries| without(entries, begun)),
                }
            }
            thread::sleep(LOOK);
        }
    }
}

/// The entries without those that were there before, each as often as it was.
fn without(entries: Vec<Value>, before: &[Value]) -> Vec<Value> {
    let mut before: Vec<&Value> = before.iter().collect();
    let is_new = |entry: &Value| match before.iter().position(|old| *old == entry) {
        Some(at) => {
            before.remove(at);
            false
        }
        None => true,
    };
    entries.into_iter().filter(is_new).collect()
}

impl Capture for HarFile {
    fn environment(&self, _caller: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    fn begin(&mut self) -> Result<()> {
        if self.begun.is_some() {
            return Err(Error::new(ErrorKind::Recording, "a recording has begun and not ended"));
        }
        self.begun = Some(self.entries()?);
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = 0;
        Ok(())
    }

    fn news(&self) -> Result<Vec<Exchange>> {
        if self.begun.is_none() {
            return Ok(Vec::new());
        }
        let added = self.added()?;
        let mut told_so_far = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let new = added.get(*told_so_far..).unwrap_or_default();
        let seen = told(new, &mut self.participants.clone());
        *told_so_far = added.len();
        Ok(seen.recording.exchanges)
    }

    fn end(&mut self) -> Result<Recording> {
        Ok(self.seen()?.recording)
    }

    fn seen(&mut self) -> Result<Seen> {
        let added = self.added();
        self.begun = None;
        let mut seen = told(&added?, &mut self.participants);
        if seen.recording.messages.is_empty() {
            let file = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            seen.left_out.push(format!("anything: nothing was added to `{file}` meanwhile"));
        }
        Ok(seen)
    }
}
