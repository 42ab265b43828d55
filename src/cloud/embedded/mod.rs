//! A real, small OpenStack on this machine: Keystone, Glance and the client, without root, on
//! loopback. In: a cache folder. Out: a [`Cloud`] that answers.
//!
//! Its processes outlive doctool: starting them takes seconds, and they wait for the next call.
//! Services read their proxy when they start and keep it, and a recorder lives only as long as a
//! run. So the cloud has a third process, the relay, which is the services' proxy for all their
//! life and hands their requests to a run's recorder while there is one.
//!
//! What is known between two calls is in `state.json` in the cloud's folder, written after each
//! step; whatever point a doctool was killed at, the next one goes on from there or starts clean.

mod folders;
mod ports;
mod process;
mod python;
mod recipe;
mod services;
mod start;
mod state;

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub use super::status::{Down, PartStatus, Status};
use super::{cache, probe};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Event, Events};
use folders::Folders;
use process::Process;
use start::Caches;
use state::{Part, State};

/// How long a running service may take for an answer before it counts as silent.
const PATIENCE: Duration = Duration::from_secs(5);

/// The embedded cloud of one folder.
#[derive(Debug, Clone)]
pub struct Embedded {
    folders: Folders,
}

impl Embedded {
    /// The cloud of a cache folder, such as `~/.cache/doctool`.
    pub fn new(cache: impl Into<PathBuf>) -> Self {
        Self { folders: Folders::below(&cache.into()) }
    }

    /// The same with its data elsewhere. The Python environment stays in the cache folder, where
    /// several clouds can share it.
    #[must_use]
    pub fn with_data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folders.data = folders::absolute(&folder.into());
        self
    }

    /// The cloud the environment names: `DOCTOOL_CACHE_DIR`, else the user's cache folder; and
    /// `DOCTOOL_CLOUD_DIR` for data that shall lie elsewhere.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cloud`] when there is no cache folder because
    /// nothing says where home is.
    pub fn from_environment() -> Result<Self> {
        let cloud = Self::new(cache::folder()?);
        Ok(match cache::named("DOCTOOL_CLOUD_DIR") {
            Some(data) => cloud.with_data(data),
            None => cloud,
        })
    }

    /// Brings the cloud up as far as it is not, and returns when it answers.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cloud`] with a hint when something it needs is
    /// missing, or a service does not come up.
    pub fn up(&self, events: Events<'_>) -> Result<Cloud> {
        let folders = &self.folders;
        let _turn = folders.lock(events)?;
        folders.create()?;
        if let Some(state) = usable(folders)
            && state.is_up()
            && all_answer(&state)?
        {
            return Ok(state.cloud(folders));
        }
        let venv = python::environment(folders, events)?;
        let mut state = match usable(folders) {
            Some(state) => {
                end_strays(folders, &state)?;
                State { venv, ..state }
            }
            None => {
                if State::read(folders).is_some() {
                    events(Event::Cloud(
                        "starting over: what is there is incomplete or out of date".to_owned(),
                    ));
                }
                end_everything(folders)?;
                folders.clear_data()?;
                State::new(venv)?
            }
        };
        start::start(folders, &mut state, Caches::Warm, events)?;
        events(Event::Cloud("the cloud is up".to_owned()));
        Ok(state.cloud(folders))
    }

    /// Starts the services anew, so that they have nothing in their caches. The relay, which runs
    /// may be attached to, goes on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cloud`] when the cloud is not up, or a service
    /// does not end or does not come up again.
    pub fn cool(&self, events: Events<'_>) -> Result<()> {
        let _turn = self.folders.lock(events)?;
        let Some(mut state) = usable(&self.folders) else {
            return Err(Error::new(ErrorKind::Cloud, "the embedded cloud is not up")
                .hint("run `doctool cloud up`"));
        };
        events(Event::Cloud(
            "starting the services anew, so that their caches are cold".to_owned(),
        ));
        let services = [Part::GlanceApi, Part::Keystone];
        let running: Vec<Process> =
            services.iter().filter_map(|part| state.running(*part).cloned()).collect();
        process::end(&running)?;
        // A port may stay taken for a moment. Elsewhere the services would need another relay, and
        // who is attached to this one would hear nothing more.
        let are_free =
            || services.iter().all(|part| state.ports_of(*part).into_iter().all(ports::is_free));
        let patience = Instant::now() + PATIENCE;
        while !are_free() {
            if Instant::now() > patience {
                return Err(Error::new(
                    ErrorKind::Cloud,
                    "another program took a port of the cloud",
                )
                .hint("run `doctool cloud up`, which moves the cloud to other ports"));
            }
            sleep(Duration::from_millis(50));
        }
        start::start(&self.folders, &mut state, Caches::Cold, events)
    }

    /// Ends the cloud's processes and no others. Its data stays for the next [`Embedded::up`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cloud`] when a process does not end.
    pub fn down(&self, events: Events<'_>) -> Result<Down> {
        let _turn = self.folders.lock(events)?;
        end_everything(&self.folders)
    }

    /// Like [`Embedded::down`], and removes the data, so that the next cloud has other ids,
    /// passwords and tokens. The Python environment stays.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cloud`] when a process does not end or a file
    /// cannot be removed.
    pub fn wipe(&self, events: Events<'_>) -> Result<Down> {
        let _turn = self.folders.lock(events)?;
        let down = end_everything(&self.folders)?;
        self.folders.remove_data()?;
        Ok(down)
    }

    /// What runs, and whether it answers. Waits for nobody: during an `up` it shows how far that
    /// is.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cloud`] when no question can be asked at all.
    pub fn status(&self) -> Result<Status> {
        let state = State::read(&self.folders);
        let client = probe::client(PATIENCE)?;
        let part = |part: Part| {
            let process = state.as_ref().and_then(|state| state.running(part));
            let answers = state
                .as_ref()
                .is_some_and(|state| process.is_some() && start::answers(&client, state, part));
            PartStatus {
                name: part.name().to_owned(),
                address: state.as_ref().map(|state| state.url(part)),
                process: process.map(|process| (process.pid, process.since())),
                answers,
            }
        };
        Ok(Status { parts: Part::ALL.map(part).to_vec(), data: self.folders.data.clone() })
    }

    /// The cloud, if it was brought up completely by a doctool like this one and all its processes
    /// run. Whether they answer is [`probe`](crate::cloud::probe())'s question.
    pub fn cloud(&self) -> Option<Cloud> {
        usable(&self.folders).filter(State::is_up).map(|state| state.cloud(&self.folders))
    }
}

/// The state of a cloud that need not be made anew.
fn usable(folders: &Folders) -> Option<State> {
    State::read(folders).filter(|state| state.prepared && state.recipe == recipe::mark())
}

fn all_answer(state: &State) -> Result<bool> {
    let client = probe::client(PATIENCE)?;
    Ok(Part::ALL.iter().all(|part| start::answers(&client, state, *part)))
}

/// Ends what a doctool left behind that was killed before it could write down what it had started.
fn end_strays(folders: &Folders, state: &State) -> Result<()> {
    let known: Vec<_> = state.processes.values().map(|process| process.pid).collect();
    let mut strays = process::find(|words| services::is_ours(words, &folders.data));
    strays.retain(|stray| !known.contains(&stray.pid));
    process::end(&strays)
}

/// Ends every process of this cloud, known or left behind.
fn end_everything(folders: &Folders) -> Result<Down> {
    let state = State::read(folders);
    let mut all: Vec<(String, Process)> = Vec::new();
    for part in Part::ALL {
        if let Some(process) = state.as_ref().and_then(|state| state.running(part)) {
            all.push((part.name().to_owned(), process.clone()));
        }
    }
    for stray in process::find(|words| services::is_ours(words, &folders.data)) {
        if all.iter().all(|(_, process)| process.pid != stray.pid) {
            all.push(("a process left behind".to_owned(), stray));
        }
    }
    let processes: Vec<_> = all.iter().map(|(_, process)| process.clone()).collect();
    process::end(&processes)?;
    if let Some(mut state) = state {
        state.processes.clear();
        state.write(folders)?;
    }
    Ok(Down { ended: all.into_iter().map(|(name, process)| (name, process.pid)).collect() })
}
