//! What runs have created and left: removed at the end of a run, or by `doctool sweep`.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::cloud::{self, Removal, Said};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{self, Candidate};
use crate::model::{Asked, Cloud, Created, Event};
use crate::run::{self, Scratch, Surroundings};
use crate::write::Writer;

use super::Job;
use super::guard::{Guard, things};

/// How long a service may take to make what it was asked for when nobody waits for its answer any more.
const AT_WORK: Duration = Duration::from_secs(5);
/// How long to wait before it is looked for again.
const PAUSE: Duration = Duration::from_millis(500);
/// By how much a time that a service tells may be too early: many leave out what is below a second.
const ROUNDED: Duration = Duration::from_secs(2);

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
    let removal = if guard.ledger.left().is_empty() && guard.ledger.asked().is_empty() {
        Removal::default()
    } else {
        let token = token(job, cloud, guard)?;
        let unsure = unanswered(cloud, guard, token.as_deref())?;
        let left = guard.ledger.left();
        let mut removal =
            cloud::remove(cloud, left, token.as_deref(), |thing| guard.ledger.gone(&thing.url))?;
        removal.left.extend(unsure);
        removal
    };
    guard.ledger.fault()?;
    guard.ledger.close();
    Ok(removal)
}

/// Looks for what requests have made whose answers nobody has seen, and writes down that it was made. Gives
/// what may be that, and why it must not be removed.
fn unanswered(
    cloud: &Cloud,
    guard: &Guard<'_>,
    token: Option<&str>,
) -> Result<Vec<(Created, String)>> {
    let mut unsure = Vec::new();
    for asked in guard.ledger.asked() {
        let mut found = found(cloud, &asked, token)?;
        while matches!(&found, Ok(things) if things.is_empty())
            && asked.at.elapsed().is_ok_and(|since| since < AT_WORK)
        {
            thread::sleep(PAUSE);
            found = self::found(cloud, &asked, token)?;
        }
        let things = match found {
            Ok(things) => things,
            Err(reason) => {
                let Asked { collection: url, name, .. } = asked;
                let why =
                    format!("what came of the request to make `{name}` is not known: {reason}");
                let (sort, id) = (String::new(), name.clone());
                unsure.push((Created { url, sort, id, name: Some(name) }, why));
                continue;
            }
        };
        let is_known =
            |thing: &Created| guard.ledger.left().iter().any(|left| left.url == thing.url);
        let (certain, doubts): (Vec<_>, Vec<_>) = things.into_iter().partition(|candidate| {
            is_known(&candidate.thing) || candidate.made.is_some() && guard.may_remove_unseen()
        });
        certain.into_iter().for_each(|candidate| guard.ledger.made(candidate.thing));
        if doubts.is_empty() {
            guard.ledger.settle(&asked);
        }
        unsure.extend(doubts.into_iter().map(|Candidate { thing, made }| {
            let when = if made.is_some() { "then" } else { "at a time that it does not tell" };
            let why = format!(
                "a run asked for it or its like and ended before the answer; it was made {when}, and nobody \
                 saw by whom, so remove it by hand if it is of no use"
            );
            (thing, why)
        }));
    }
    Ok(unsure)
}

/// What may have been made because of a request: what has its name and is not older; or why that cannot
/// be seen.
fn found(
    cloud: &Cloud,
    asked: &Asked,
    token: Option<&str>,
) -> Result<std::result::Result<Vec<Candidate>, String>> {
    let list = match cloud::look(cloud, &asked.collection, Some(&asked.name), token)? {
        Ok(list) => list,
        Err(reason) => return Ok(Err(reason)),
    };
    let since = by_its_clock(asked.at, &list).checked_sub(ROUNDED).unwrap_or(asked.at);
    let mut found = Vec::new();
    for mut candidate in ledger::candidates(asked, &list.text) {
        if candidate.made.is_none()
            && let Ok(Said { text, .. }) = cloud::look(cloud, &candidate.thing.url, None, token)?
            && let Some(same) = ledger::candidates(asked, &text).pop()
        {
            candidate.made = same.made;
        }
        if candidate.made.is_none_or(|made| made >= since) {
            found.push(candidate);
        }
    }
    Ok(Ok(found))
}

/// What a service's clock showed at a time of ours.
fn by_its_clock(time: SystemTime, said: &Said) -> SystemTime {
    let Some(date) = said.date else { return time };
    let now = SystemTime::now();
    match date.duration_since(now) {
        Ok(ahead) => time.checked_add(ahead),
        Err(behind) => time.checked_sub(behind.duration()),
    }
    .unwrap_or(time)
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
