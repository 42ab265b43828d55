//! What keeps a live run from doing harm: which programs it starts, what they may do to the cloud,
//! when they have to end, and what they must not leave behind.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::capture::proxy::Witness;
use crate::cloud;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Ledger;
use crate::model::{Cloud, Command, Effect, Event, Exchange};
use crate::plan;
use crate::run::{Interrupt, Listener, Programs};
use crate::settings::doctool::{CloudProfile, FILE_NAME};

use super::known::file_name;
use super::{Documented, Job};

/// What keeps the commands of a run in bounds.
pub(super) struct Guard<'a> {
    profile: &'a CloudProfile,
    /// Who makes things for the pages.
    callers: HashSet<String>,
    cloud: String,
    pub(super) programs: Arc<Programs>,
    pub(super) interrupt: Interrupt,
    pub(super) ledger: Arc<Ledger>,
    _listener: Listener,
}

impl<'a> Guard<'a> {
    /// Bounds for the commands of a run on this cloud, with a word about what an earlier run has left
    /// there. From now on, signals are for the run.
    ///
    /// # Errors
    ///
    /// When the ledger cannot be read, or signals cannot be listened to.
    pub(super) fn new(job: &Job<'_>, cloud: &Cloud, profile: &'a CloudProfile) -> Result<Self> {
        let guard = Self::quietly(job, cloud, profile)?;
        let left = guard.ledger.left().len();
        if left > 0 {
            let (left, name) = (things(left), &cloud.name);
            (job.events)(Event::Warning(format!(
                "an earlier run has left {left} on cloud `{name}`; removed after this one, or now by \
                 `doctool sweep`"
            )));
        }
        Ok(guard)
    }

    /// The same without the word.
    pub(super) fn quietly(job: &Job<'_>, cloud: &Cloud, profile: &'a CloudProfile) -> Result<Self> {
        let (interrupt, listener) = Interrupt::listen().map_err(|cause| {
            Error::new(ErrorKind::Command, "cannot listen to signals").because(cause)
        })?;
        let path = cloud.env.get("PATH").map(String::as_str);
        let programs =
            Programs::new(cloud.path.clone(), path, &job.config.run.allow, job.site.roots());
        let ledger = Ledger::open(ledger(job, cloud)?)?;
        Ok(Self {
            profile,
            callers: HashSet::new(),
            cloud: cloud.name.clone(),
            programs: Arc::new(programs),
            interrupt,
            ledger: Arc::new(ledger),
            _listener: listener,
        })
    }

    /// Whether something may be removed that is what a run asked for, though nobody saw that it was made
    /// for it.
    pub(super) fn may_remove_unseen(&self) -> bool {
        self.profile.disposable
    }

    /// Says who makes things for the pages, which are written down. What services make for themselves
    /// is theirs to remove.
    pub(super) fn watch(&mut self, callers: HashSet<String>) {
        self.callers = callers;
    }

    /// Writes down what an exchange has made.
    pub(super) fn saw(&self, exchange: &Exchange) {
        if self.callers.contains(&exchange.from) {
            self.ledger.witness(exchange);
        }
    }

    /// Writes down what commands make, as they make it.
    pub(super) fn witness(&self) -> Witness {
        let (ledger, callers) = (Arc::clone(&self.ledger), self.callers.clone());
        Witness(Arc::new(move |exchange: &Exchange| {
            if callers.contains(&exchange.from) {
                ledger.witness(exchange);
            }
        }))
    }

    /// Whether all that the pages would run may be started and is permitted, before anything is.
    ///
    /// # Errors
    ///
    /// When one may not, at its place.
    pub(super) fn admit(&self, pages: &[Documented]) -> Result<()> {
        let commands = pages.iter().flat_map(|page| page.plan.all_commands());
        for command in commands {
            self.programs.file(command)?;
            self.permitted(command)?;
        }
        Ok(())
    }

    /// Whether a command may do what it does, now that it names what is on the cloud.
    ///
    /// # Errors
    ///
    /// When it may not, or when what was made before could not be written down.
    pub(super) fn check(&self, command: &Command) -> Result<()> {
        self.ledger.fault()?;
        self.permitted(command)?;
        if self.profile.disposable || cloud::effect(&command.argv) != Effect::Destroy {
            return Ok(());
        }
        let targets = cloud::targets(&command.argv);
        let foreign = targets.iter().find(|target| !self.ledger.has(target));
        if let (false, None) = (targets.is_empty(), foreign) {
            return Ok(());
        }
        let what = foreign.map_or_else(
            || format!("what `{}` destroys", command.text),
            |target| format!("`{target}`, which `{}` destroys,", command.text),
        );
        let message = format!("{what} was not made by this run");
        let hint = format!(
            "make it in the page's `setup`, or set `disposable: true` for cloud `{}` in {FILE_NAME} \
             if everything on it may be destroyed",
            self.cloud
        );
        Err(Error::new(ErrorKind::Command, message).at(command.place.clone()).hint(hint))
    }

    fn permitted(&self, command: &Command) -> Result<()> {
        let effect = cloud::effect(&command.argv);
        if self.profile.permit.allows(effect) {
            return Ok(());
        }
        let message = format!(
            "cloud `{}` does not permit `{}`, which is a command of class `{effect}`",
            self.cloud, command.text
        );
        let hint = format!("add `{effect}` to the profile's `permit` in {FILE_NAME} if it may run");
        Err(Error::new(ErrorKind::Command, message).at(command.place.clone()).hint(hint))
    }

    /// The command that prints a token for the cloud; none where the settings do not let it run.
    pub(super) fn token_command(job: &Job<'_>) -> Option<Command> {
        let place = crate::model::Place::file(FILE_NAME);
        plan::asked_for(job.config, &place, cloud::TOKEN).ok()
    }
}

/// Where the ledger of a site and a cloud is: not in the site, where it could come from somebody else
/// and say that things are to be removed.
fn ledger(job: &Job<'_>, cloud: &Cloud) -> Result<PathBuf> {
    let name = format!("{}-{}l", site_mark(&job.site.folder), file_name(cloud));
    Ok(cloud::cache_folder()?.join("ledger").join(name))
}

/// What tells a site from others of this machine.
pub(super) fn site_mark(folder: &Path) -> String {
    let site = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    site.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// So many things, in words.
pub(super) fn things(count: usize) -> String {
    match count {
        1 => "1 thing".to_owned(),
        count => format!("{count} things"),
    }
}
