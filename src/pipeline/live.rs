//! Pages' commands on a live cloud, recorded.

use std::collections::HashSet;

use regex::Regex;

use crate::capture::Capture;
use crate::capture::participants::{Participants, Rule};
use crate::capture::proxy::{Hosts, Options, Unseen};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Event, Fate, Fault, Place, Run};
use crate::run::Scratch;
use crate::settings::Config;
use crate::settings::doctool::{CloudProfile, FILE_NAME, ParticipantRule};
use crate::stabilise::Volatile;

use super::expecting::caller;
use super::guard::Guard;
use super::known::Known;
use super::ran::PageRun;
use super::stage::Stage;
use super::{Documented, Job, left_over, sources};

/// Runs the pages' commands one page after another, each as often as the job says, and learns what
/// their values are called on the cloud. Gives the cloud back with all its secrets.
///
/// Where there are several runs, the first finds caches cold if the profile can do that. A page whose
/// command fails keeps no other page from its run.
pub(super) fn run(
    job: &Job<'_>,
    pages: &[Documented],
    (mut cloud, profile): (Cloud, &CloudProfile),
    known: &mut Known,
) -> Result<(Vec<PageRun>, Cloud)> {
    let guard = Guard::new(job, &cloud, profile)?;
    guard.admit(pages)?;
    let callers = pages.iter().flat_map(|page| page.plan.all_commands()).map(caller);
    let callers: HashSet<String> = callers.collect();
    let witness = guard.witness(callers.clone());
    let mut capture = sources::open(job, &cloud, profile, witness)?;
    let keys: Vec<_> = callers.iter().flat_map(|name| capture.secrets(name)).collect();
    cloud.secrets.extend(keys);
    let runs = all_pages(job, pages, (&cloud, profile), &guard, known, &mut *capture);
    for unseen in capture.unseen() {
        (job.events)(Event::Warning(overlooked(&unseen, &cloud.name)));
    }
    let cleaned = if profile.keep { Ok(()) } else { left_over::clean_up(job, &cloud, &guard) };
    // What went wrong first is what a person has to know first.
    let runs = runs?;
    cleaned?;
    Ok((runs, cloud))
}

fn all_pages(
    job: &Job<'_>,
    pages: &[Documented],
    (cloud, profile): (&Cloud, &CloudProfile),
    guard: &Guard<'_>,
    known: &mut Known,
    capture: &mut dyn Capture,
) -> Result<Vec<PageRun>> {
    let volatile = Volatile::new(&job.config.volatile, pages.iter().map(|page| &page.run))?;
    let mut runs = Vec::with_capacity(pages.len());
    for page in pages {
        let rounds = rounds(job, page, (cloud, profile), guard, &volatile, known, capture);
        (job.events)(Event::PageEnded { page: page.plan.path.clone() });
        runs.push(match rounds {
            Ok((rounds, unexpected)) => {
                PageRun { rounds, fate: Fate { unexpected, ..Fate::default() } }
            }
            Err(error) if is_of_page(&error, guard) => {
                let failed =
                    Some(fault(&error, &Place::file(job.files.shown_path(&page.plan.file))));
                PageRun { rounds: Vec::new(), fate: Fate { failed, ..Fate::default() } }
            }
            Err(error) => return Err(error),
        });
    }
    Ok(runs)
}

fn rounds(
    job: &Job<'_>,
    page: &Documented,
    (cloud, profile): (&Cloud, &CloudProfile),
    guard: &Guard<'_>,
    volatile: &Volatile,
    known: &mut Known,
    capture: &mut dyn Capture,
) -> Result<(Vec<Run>, Vec<Fault>)> {
    let scratch = Scratch::new(&page.plan.files, &page.plan.file)?;
    let stage = Stage::new(job, page, (cloud, guard), &scratch, volatile);
    if job.runs > 1 {
        stage.cool(profile)?;
    }
    let mut unexpected: Vec<Fault> = Vec::new();
    let mut runs = Vec::with_capacity(job.runs);
    for _ in 0..job.runs {
        let (run, faults) = stage.run(known, &mut *capture)?;
        unexpected.extend(faults);
        runs.push(run);
    }
    // What several runs did alike is told once.
    let mut told = HashSet::new();
    unexpected.retain(|fault| told.insert((fault.place.clone(), fault.message.clone())));
    Ok((runs, unexpected))
}

/// Whether an error is about what one page says. What ends all commands, or is about the cloud, is not.
fn is_of_page(error: &Error, guard: &Guard<'_>) -> bool {
    matches!(error.kind(), ErrorKind::Command | ErrorKind::Page) && guard.interrupt.times() == 0
}

fn fault(error: &Error, page: &Place) -> Fault {
    Fault {
        place: error.place().unwrap_or(page).clone(),
        message: error.to_string(),
        said: error.said_text().map(str::to_owned),
        hint: error.hint_text().map(str::to_owned),
    }
}

/// What to tell of connections that are missing in what was recorded.
pub(super) fn overlooked(Unseen { to, connections, distrusted }: &Unseen, cloud: &str) -> String {
    let connections = match connections {
        1 => "1 connection".to_owned(),
        number => format!("{number} connections"),
    };
    if *distrusted {
        return format!(
            "{connections} to `{to}` failed: the command does not believe doctool's certificate; \
             see which variable tells it of certificates, or leave the host out of `hosts`"
        );
    }
    format!(
        "{connections} to `{to}` passed unrecorded; name the host below `clouds.{cloud}.hosts` in \
         {FILE_NAME} if it is the cloud's"
    )
}

/// How the proxy records on a cloud.
pub(super) fn recording(config: &Config, cloud: &Cloud) -> Result<Options> {
    let rule = |rule: &ParticipantRule| {
        let url = Regex::new(&rule.url).map_err(|cause| {
            Error::new(ErrorKind::Settings, "a participant's URL is no regular expression")
                .because(cause)
        })?;
        Ok(Rule { url, name: rule.name.clone() })
    };
    let rules = config.participants.iter().map(rule).collect::<Result<Vec<Rule>>>()?;
    let participants = Participants::new(cloud.services.clone(), rules);
    Ok(Options {
        body_limit: config.record.body_limit,
        participants,
        hosts: Hosts { patterns: cloud.hosts.clone(), learns: cloud.learns_hosts },
        authorities: cloud.authorities.clone(),
        ..Options::default()
    })
}
