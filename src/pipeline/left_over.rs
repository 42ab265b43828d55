//! What runs have created and left: removed at the end of a run, or by `doctool sweep`.

use std::sync::Arc;
use std::time::Duration;

use crate::cloud::{self, Removal};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Created, Event};
use crate::run::{self, Scratch, Surroundings};
use crate::write::Writer;

use super::Job;
use super::guard::{Guard, things};

/// Removes what runs on the cloud of the job have created and left. Gives what is gone.
///
/// # Errors
///
/// When the cloud does not answer, or something cannot be removed.
pub fn sweep(job: &Job<'_>) -> Result<Vec<Created>> {
    let super::Source::Cloud(name) = &job.source else { return Ok(Vec::new()) };
    let _writer = Writer::open(job.site)?;
    let name = name.as_ref().unwrap_or(&job.config.cloud);
    let profile = job.config.profile(name)?;
    let cloud = cloud::ready(name, &profile, job.events)?;
    let guard = Guard::quietly(job, &cloud, &profile)?;
    let removal = remove(job, &cloud, &guard)?;
    match removal.left.first() {
        Some(_) => Err(left(&removal, &cloud)),
        None => Ok(removal.gone),
    }
}

/// Removes what is in the ledger at the end of a run, and says so. What cannot be removed stays
/// there.
pub(super) fn clean_up(job: &Job<'_>, cloud: &Cloud, guard: &Guard<'_>) -> Result<()> {
    if guard.ledger.left().is_empty() {
        guard.ledger.close();
        return Ok(());
    }
    let removal = remove(job, cloud, guard)?;
    for Created { sort, id, name, .. } in &removal.gone {
        let name = name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
        let message = format!("removed {sort}{name} ({id}), which was left on the cloud");
        (job.events)(Event::Warning(message));
    }
    if removal.left.is_empty() { Ok(()) } else { Err(left(&removal, cloud)) }
}

fn left(removal: &Removal, cloud: &Cloud) -> Error {
    let list: Vec<String> =
        removal.left.iter().map(|(thing, why)| format!("{}: {why}", thing.url)).collect();
    let message =
        format!("{} could not be removed from cloud `{}`", things(list.len()), cloud.name);
    Error::new(ErrorKind::Cloud, message)
        .said(list.join("\n"))
        .hint("run `doctool sweep` when the cloud answers again")
}

fn remove(job: &Job<'_>, cloud: &Cloud, guard: &Guard<'_>) -> Result<Removal> {
    let left = guard.ledger.left();
    let removal = if left.is_empty() {
        Removal::default()
    } else {
        let token = token(job, cloud, guard)?;
        cloud::remove(cloud, left, token.as_deref(), |thing| guard.ledger.gone(&thing.url))?
    };
    guard.ledger.fault()?;
    guard.ledger.close();
    Ok(removal)
}

/// A token of the profile's user, got by the client itself, which knows all ways to log in.
fn token(job: &Job<'_>, cloud: &Cloud, guard: &Guard<'_>) -> Result<Option<String>> {
    let Some(command) = Guard::token_command(job) else { return Ok(None) };
    let scratch = Scratch::new(&[], &job.site.file)?;
    let surroundings = Surroundings {
        variables: cloud.env.clone(),
        programs: Arc::clone(&guard.programs),
        folder: scratch.path().to_owned(),
        limit: Duration::from_secs(job.config.run.timeout),
        deadline: None,
        interrupt: guard.interrupt.clone(),
        patience: 2,
    };
    let output = run::run(&command, &surroundings).map_err(|failure| {
        // What it printed may hold a password, and says little besides.
        failure.error.hint("run `doctool sweep` when the cloud answers again")
    })?;
    Ok(Some(output.trim().to_owned()))
}
