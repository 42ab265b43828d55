//! The log that the services' middleware writes, as a source of exchanges.
//!
//! In: where the log is, and commands that run. Out: what was added to the log meanwhile. The log
//! says who called; nothing has to be set for a command.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::reach::{self, Reach};
use super::{Entries, Pairing, add};
use crate::capture::Capture;
use crate::capture::participants::Participants;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Event, Events, Exchange, Recording};

/// How long nothing may be added before the log counts as quiet.
const QUIET: Duration = Duration::from_millis(300);
/// How often the log is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long the log may take until every request has its response.
const SETTLE: Duration = Duration::from_secs(5);
/// Bytes at the end of the log by which it is known again.
const MARK: u64 = 256;

/// What the middleware writes for a name that it does not know.
const UNKNOWN: &str = "unknown";
const FROM_HEADER: &str = "x-requestshook-request-from";

/// A log that services write.
///
/// Of what is in it when a recording begins nothing is taken. A file that is moved away and begun
/// anew is read on in both; one that is cut short is read from its start.
#[derive(Debug)]
pub struct HookedLog {
    place: String,
    reach: Reach,
    participants: Participants,
    begun: Option<Begun>,
    /// The exchanges of the recording that news have told.
    told: Mutex<BTreeSet<usize>>,
    /// Holds off other runs that read the same file: what one causes would be in the other.
    _turn: Option<File>,
}

/// The log as it was when a recording began.
#[derive(Debug)]
struct Begun {
    length: u64,
    /// What stood before that place.
    mark: Vec<u8>,
    /// The file itself, wherever it is moved.
    file: Option<File>,
}

impl HookedLog {
    /// The log at a place: a path, seen from a folder, or a URL. Waits for its turn where another run
    /// reads the same file, and says so.
    ///
    /// # Errors
    ///
    /// When the place is none, or the file cannot be opened.
    pub fn new(
        place: &str,
        folder: &Path,
        participants: Participants,
        events: Events<'_>,
    ) -> Result<Self> {
        let unreadable = |cause| unreadable(place, cause);
        let reach = Reach::new(place, folder).map_err(unreadable)?;
        let waits =
            || events(Event::Cloud(format!("waiting for another run that reads `{place}`")));
        let turn = reach.turn(waits).map_err(unreadable)?;
        Ok(Self {
            place: place.to_owned(),
            reach,
            participants,
            begun: None,
            told: Mutex::default(),
            _turn: turn,
        })
    }

    /// What was added since the recording began.
    fn added(
        &self,
        begun: &Begun,
    ) -> std::result::Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
        if let Some(old) = &begun.file {
            let now = self.reach.open()?;
            let is_same = match &now {
                Some(now) => reach::identity(now)? == reach::identity(old)?,
                None => false,
            };
            if !is_same {
                let mut added = since(begun, |from| reach::read(old, from))?;
                added.extend(now.map_or(Ok(Vec::new()), |now| reach::read(&now, 0))?);
                return Ok(added);
            }
        }
        since(begun, |from| self.reach.read(from))
    }
}

/// What is behind the mark; everything where the mark is no longer there.
fn since<E>(
    begun: &Begun,
    read: impl Fn(u64) -> std::result::Result<Vec<u8>, E>,
) -> std::result::Result<Vec<u8>, E> {
    let mark = begun.mark.len();
    let mut bytes = read(begun.length - mark as u64)?;
    if bytes.starts_with(&begun.mark) {
        bytes.drain(..mark);
        return Ok(bytes);
    }
    read(0)
}

impl Capture for HookedLog {
    fn environment(&self, _caller: &str) -> Vec<(String, String)> {
        Vec::new()
    }

    fn begin(&mut self) -> Result<()> {
        if self.begun.is_some() {
            return Err(Error::new(ErrorKind::Recording, "a recording has begun and not ended"));
        }
        let unreadable = |cause| unreadable(&self.place, cause);
        let length = self.reach.length().map_err(unreadable)?;
        let mark = self.reach.read(length.saturating_sub(MARK)).map_err(unreadable)?;
        let file = self.reach.open().map_err(unreadable)?;
        // It may have become longer in between.
        let length = length.saturating_sub(MARK) + mark.len() as u64;
        self.begun = Some(Begun { length, mark, file });
        self.told().clear();
        Ok(())
    }

    fn news(&self) -> Result<Vec<Exchange>> {
        let Some(begun) = &self.begun else { return Ok(Vec::new()) };
        let exchanges = self.settled(begun)?.exchanges.into_iter().enumerate();
        let mut told = self.told();
        let is_new = |(index, exchange): &(usize, Exchange)| {
            exchange.response.is_some() && told.insert(*index)
        };
        Ok(exchanges.filter(is_new).map(|(_, exchange)| exchange).collect())
    }

    fn end(&mut self) -> Result<Recording> {
        let begun = self.begun.take();
        let begun =
            begun.ok_or_else(|| Error::new(ErrorKind::Recording, "no recording has begun"))?;
        self.settled(&begun)
    }
}

impl HookedLog {
    fn told(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was said since the recording began, once the log is quiet.
    fn settled(&self, begun: &Begun) -> Result<Recording> {
        let deadline = Instant::now() + SETTLE;
        let (mut length, mut still_since) = (0, Instant::now());
        loop {
            let added = self.added(begun).map_err(|cause| unreadable(&self.place, cause))?;
            if added.len() != length {
                (length, still_since) = (added.len(), Instant::now());
            }
            let is_over = Instant::now() >= deadline;
            if still_since.elapsed() >= QUIET || is_over {
                let (mut recording, open) = recorded(&added);
                let is_whole = open == 0 && (added.is_empty() || ends_an_entry(&added));
                if is_whole || is_over {
                    self.name(&mut recording);
                    return Ok(recording);
                }
            }
            thread::sleep(LOOK);
        }
    }

    /// Names those that the middleware does not know.
    fn name(&self, recording: &mut Recording) {
        let mut named = self.participants.clone();
        let mut by_url = recording.clone();
        named.resolve(&mut by_url);
        for (exchange, by_url) in recording.exchanges.iter_mut().zip(by_url.exchanges) {
            if exchange.to == UNKNOWN {
                exchange.to = by_url.to;
            }
            if exchange.from == UNKNOWN {
                let header = |name: &str| {
                    let header = exchange.request.headers.iter().find(|header| {
                        header.name.eq_ignore_ascii_case(name) && header.value != UNKNOWN
                    })?;
                    header.value.split(['/', ' ']).next().filter(|word| !word.is_empty())
                };
                if let Some(name) = header(FROM_HEADER).or_else(|| header("user-agent")) {
                    exchange.from = name.to_owned();
                }
            }
            // The middleware itself takes the first word of `User-Agent`, too.
            exchange.from = self.participants.program(&exchange.from);
        }
    }
}

/// What was said, and how many requests have no response.
fn recorded(log: &[u8]) -> (Recording, usize) {
    let mut recording = Recording::default();
    let mut pairing = Pairing::default();
    for entry in Entries::new(log) {
        add(&mut recording, &mut pairing, entry.expect("bytes in memory can be read"));
    }
    (recording, pairing.open())
}

/// Whether the log ends with the blank line behind an entry, and not in the midst of one.
fn ends_an_entry(log: &[u8]) -> bool {
    log.ends_with(b"\n\n") || log.ends_with(b"\n\r\n")
}

fn unreadable(place: &str, cause: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::new(ErrorKind::Recording, format!("cannot read the log at `{place}`"))
        .because(cause)
        .hint("see what stands below `capture` in doctool.yml")
}
