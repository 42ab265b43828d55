//! What runs have created on a cloud and not yet removed, so that nothing is left over.
//!
//! In: exchanges as they end, and requests that may make something. Out: the things that are still there, also
//! after a crash: each is on disk before whoever asked for it goes on; and what was asked for, as long as nobody
//! has seen what came of it. Nothing else is ever in here. Holds
//! addresses, ids and names; no headers and no content, since those may hold secrets.

mod traces;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Asked, Created, Exchange, Place};
use crate::system;

pub use traces::{Candidate, candidates, made};

/// The ledger of one cloud.
#[derive(Debug)]
pub struct Ledger {
    file: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Open once there is something to write.
    open: Option<File>,
    left: Vec<Created>,
    asked: Vec<Asked>,
    /// Why something could not be written down.
    fault: Option<io::Error>,
}

/// A line of the file.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Entry {
    Made(Created),
    Gone(String),
    Asked(Asked),
    /// What came of it is known.
    Settled(Asked),
}

impl Ledger {
    /// The ledger in this file, which need not be there.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be read.
    pub fn open(file: PathBuf) -> Result<Self> {
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(cause) => {
                let error = Error::new(ErrorKind::File, "cannot read what runs have created");
                return Err(error.because(cause).at(Place::file(&file)));
            }
        };
        let mut state = State::default();
        // A line that is cut short was being written when the power went.
        for entry in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            state.apply(entry);
        }
        Ok(Self { file, state: Mutex::new(state) })
    }

    /// Where it is kept.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Writes down what an exchange has made or removed, or has asked for as long as it has no answer. What
    /// goes wrong is told by [`fault`](Self::fault).
    pub fn witness(&self, exchange: &Exchange) {
        let asked = traces::asked(exchange);
        if exchange.response.is_none() {
            let asked = asked.filter(|asked| self.same(asked).is_none());
            return asked.into_iter().for_each(|asked| self.write(Entry::Asked(asked)));
        }
        for created in made(exchange) {
            self.made(created);
        }
        if let Some(url) = traces::removed(exchange) {
            self.gone(&url);
        }
        // Last, so that a crash leaves it known twice rather than not at all.
        if let Some(asked) = asked {
            self.settle(&asked);
        }
    }

    /// Notes what came of what was asked for.
    pub fn settle(&self, asked: &Asked) {
        if let Some(asked) = self.same(asked) {
            self.write(Entry::Settled(asked));
        }
    }

    /// Notes that a thing was made.
    pub fn made(&self, thing: Created) {
        self.write(Entry::Made(thing));
    }

    /// What was asked for under the same name.
    fn same(&self, asked: &Asked) -> Option<Asked> {
        self.state().asked.iter().find(|other| is_same(other, asked)).cloned()
    }

    /// Notes that a thing is gone.
    pub fn gone(&self, url: &str) {
        if self.state().left.iter().any(|created| created.url == url) {
            self.write(Entry::Gone(url.to_owned()));
        }
    }

    /// What is left, in the order in which it was made.
    pub fn left(&self) -> Vec<Created> {
        self.state().left.clone()
    }

    /// What was asked for, and nobody has seen what came of it.
    pub fn asked(&self) -> Vec<Asked> {
        self.state().asked.clone()
    }

    /// Whether a thing of this id or name was made and is left.
    pub fn has(&self, word: &str) -> bool {
        let is_meant =
            |created: &Created| created.id == word || created.name.as_deref() == Some(word);
        self.state().left.iter().any(is_meant)
    }

    /// Fails when something could not be written down.
    ///
    /// # Errors
    ///
    /// With what went wrong first.
    pub fn fault(&self) -> Result<()> {
        let Some(cause) = self.state().fault.take() else { return Ok(()) };
        let error = Error::new(ErrorKind::File, "cannot write down what a command has created");
        Err(error.because(cause).at(Place::file(&self.file)))
    }

    /// Removes the file if nothing is left.
    pub fn close(&self) {
        let mut state = self.state();
        if state.left.is_empty() && state.asked.is_empty() {
            state.open = None;
            // It is not there where nothing was made.
            let _ = fs::remove_file(&self.file);
            // It stays where there are others.
            let _ = self.file.parent().map(fs::remove_dir);
        }
    }

    fn write(&self, entry: Entry) {
        let mut state = self.state();
        let line = serde_json::to_string(&entry).expect("texts are JSON") + "\n";
        if let Err(error) = append(&self.file, &mut state.open, &line) {
            state.fault.get_or_insert(error);
        }
        state.apply(entry);
    }

    // A panic elsewhere leaves the state usable: each change of it is a single one.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Made(created) => {
                self.left.retain(|other| other.url != created.url);
                self.left.push(created);
            }
            // What is below a thing goes with it.
            Entry::Gone(url) => {
                let below = format!("{url}/");
                self.left.retain(|created| created.url != url && !created.url.starts_with(&below));
            }
            Entry::Asked(asked) => self.asked.push(asked),
            Entry::Settled(asked) => self.asked.retain(|other| !is_same(other, &asked)),
        }
    }
}

fn is_same(one: &Asked, other: &Asked) -> bool {
    (&one.collection, &one.name) == (&other.collection, &other.name)
}

fn append(file: &Path, open: &mut Option<File>, line: &str) -> io::Result<()> {
    if open.is_none() {
        let folder = file.parent().unwrap_or(file);
        fs::create_dir_all(folder)?;
        let mut new = OpenOptions::new().create(true).read(true).append(true).open(file)?;
        // The line before may have been cut short.
        new.write_all(b"\n")?;
        system::sync_folder(folder)?;
        *open = Some(new);
    }
    let Some(open) = open else { return Ok(()) };
    open.write_all(line.as_bytes())?;
    open.sync_data()
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::{Asked, Created, Entry, Ledger};

    fn created(id: &str) -> Created {
        let url = format!("http://x/things/{id}");
        Created { url, sort: "thing".to_owned(), id: id.to_owned(), name: None }
    }

    #[test]
    fn what_was_asked_for_is_known_until_it_is_settled() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let file = folder.path().join("mine.jsonl");
        let ledger = Ledger::open(file.clone()).expect("there is none");
        let asked = |name: &str| Asked {
            collection: "http://x/things".to_owned(),
            name: name.to_owned(),
            at: SystemTime::UNIX_EPOCH,
        };
        for name in ["a", "b"] {
            ledger.write(Entry::Asked(asked(name)));
        }
        ledger.settle(&Asked { at: SystemTime::now(), ..asked("a") });
        ledger.settle(&asked("c"));
        drop(ledger);
        let ledger = Ledger::open(file.clone()).expect("it can be read");
        assert_eq!(ledger.asked(), [asked("b")]);
        ledger.close();
        assert!(file.exists(), "it is not settled");
        ledger.settle(&asked("b"));
        ledger.close();
        assert!(!file.exists());
    }

    #[test]
    fn what_was_made_is_known_after_a_crash_even_if_the_last_line_is_cut_short() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let file = folder.path().join("ledger/mine.jsonl");
        let ledger = Ledger::open(file.clone()).expect("there is none");
        for id in ["a", "b", "c"] {
            ledger.write(Entry::Made(created(id)));
        }
        ledger.gone("http://x/things/b");
        ledger.fault().expect("all of it is written");
        drop(ledger);
        let mut text = std::fs::read_to_string(&file).expect("it is there");
        text.push_str("{\"gone\":\"http://x/thi");
        std::fs::write(&file, text).expect("the file can be written");
        let ledger = Ledger::open(file.clone()).expect("it can be read");
        assert_eq!(ledger.left(), [created("a"), created("c")]);
        ledger.gone("http://x/things/c");
        drop(ledger);
        let ledger = Ledger::open(file.clone()).expect("it can be read");
        assert_eq!(ledger.left(), [created("a")]);
        ledger.gone("http://x/things/a");
        ledger.close();
        assert!(!file.exists(), "nothing is left");
    }
}
