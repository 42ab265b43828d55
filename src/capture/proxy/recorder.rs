//! One recording of a proxy at a time. Several recorders of one proxy may record at the same time.
//!
//! In: what the journal has in this recorder's lane. Out: recordings with the names of whom they talk
//! to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Engine;
use super::journal::{Ended, Journal, Lane};
use super::tunnel::Unseen;
use super::{Capture, variables};
use crate::capture::participants::Participants;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Caller, Exchange, Recording};

/// What records in one lane.
pub(super) struct Recorder {
    pub(super) address: SocketAddr,
    engine: Arc<Engine>,
    journal: Arc<Journal>,
    lane: Lane,
    settle: Duration,
    /// What one recording says of who is where holds for the others.
    participants: Arc<Mutex<Participants>>,
    pub(super) moments: Vec<Instant>,
    doubtful: Vec<Exchange>,
}

impl Recorder {
    /// The first of a proxy.
    pub(super) fn new(
        address: SocketAddr,
        engine: Arc<Engine>,
        journal: Arc<Journal>,
        settle: Duration,
        participants: Arc<Mutex<Participants>>,
    ) -> Self {
        let (moments, doubtful) = (Vec::new(), Vec::new());
        Self { address, engine, journal, lane: 0, settle, participants, moments, doubtful }
    }

    pub(super) fn drain(&self) -> Recording {
        let mut recording = self.journal.drain(self.lane);
        self.resolve(&mut recording);
        recording
    }

    pub(super) fn caller(&self, name: &str) -> Caller {
        self.engine.callers.issue(name, self.lane)
    }

    // Names that were learnt before somebody panicked are names still.
    fn resolve(&self, recording: &mut Recording) {
        self.participants.lock().unwrap_or_else(PoisonError::into_inner).resolve(recording);
    }
}

impl Capture for Recorder {
    fn environment(&self, caller: &str) -> Vec<(String, String)> {
        let secure = self.engine.secure.as_ref().expect("a recorder looks inside TLS");
        variables(&self.caller(caller), self.address, secure.bundle.path())
    }

    fn secrets(&self, caller: &str) -> Vec<(String, String)> {
        vec![("key".to_owned(), self.caller(caller).key)]
    }

    fn unseen(&self) -> Vec<Unseen> {
        self.engine.secure.iter().flat_map(|secure| secure.unseen.all()).collect()
    }

    fn beside(&self, number: usize) -> Option<Box<dyn Capture + Send>> {
        let (engine, journal) = (Arc::clone(&self.engine), Arc::clone(&self.journal));
        let participants = Arc::clone(&self.participants);
        let first = Self::new(self.address, engine, journal, self.settle, participants);
        Some(Box::new(Self { lane: number, ..first }))
    }

    fn begin(&mut self) -> Result<()> {
        if self.journal.begin(self.lane) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Recording, "a recording has begun and not ended"))
    }

    fn settle(&self) {
        self.journal.settle(self.lane, self.settle);
    }

    fn count(&self) -> Option<usize> {
        Some(self.journal.count(self.lane))
    }

    fn end(&mut self) -> Result<Recording> {
        let ended = self.journal.end(self.lane, self.settle);
        let Ended { mut recording, moments, doubtful } =
            ended.ok_or_else(|| Error::new(ErrorKind::Recording, "no recording has begun"))?;
        self.resolve(&mut recording);
        let mut unsure = Recording { exchanges: doubtful, messages: Vec::new() };
        self.resolve(&mut unsure);
        self.doubtful = unsure.exchanges;
        self.moments = moments;
        Ok(recording)
    }

    fn doubtful(&mut self) -> Vec<Exchange> {
        std::mem::take(&mut self.doubtful)
    }
}
