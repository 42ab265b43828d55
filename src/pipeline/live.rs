//! Pages' commands on a live cloud, recorded.

use std::collections::HashSet;
use std::time::Instant;

use regex::Regex;

use crate::capture::Capture;
use crate::capture::participants::{Participants, Rule};
use crate::capture::proxy::{Hosts, Options, Unseen};
use crate::cloud;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Effect, Event, Fate, Fault, Place};
use crate::run::Scratch;
use crate::settings::Config;
use crate::settings::doctool::{CloudProfile, FILE_NAME, ParticipantRule};
use crate::stabilise::Volatile;

use super::expecting::caller;
use super::guard::Guard;
use super::known::Known;
use super::ran::PageRun;
use super::stage::{Round, Stage, names_things};
use super::turns::Manner;
use super::{Documented, Job, at_once, left_over, sources};

/// Runs the pages' commands, each page as often as the job says and as many at once, and learns what
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
    let mut guard = Guard::new(job, &cloud, profile)?;
    guard.admit(pages)?;
    let callers = pages.iter().flat_map(|page| page.plan.all_commands()).map(caller);
    let callers: HashSet<String> = callers.collect();
    guard.watch(callers.clone());
    let mut capture = sources::open(job, &cloud, profile, guard.witness())?;
    let jobs = if job.jobs > 1 { job.jobs.min(pages.len()) } else { 0 };
    let beside: Vec<_> = (1..=jobs).filter_map(|number| capture.beside(number)).collect();
    if beside.len() < jobs {
        let message = "pages run one after another: a log does not tell whose exchanges are whose";
        (job.events)(Event::Warning(message.to_owned()));
    }
    for name in &callers {
        cloud.secrets.extend(capture.secrets(name));
        cloud.secrets.extend(beside.iter().flat_map(|capture| capture.secrets(name)));
    }
    let volatile = Volatile::new(&job.config.volatile, pages.iter().map(|page| &page.run))?;
    let runner = Runner { job, pages, cloud: &cloud, guard: &guard, profile, volatile };
    let runs = if beside.is_empty() {
        runner.in_turn(known, &mut *capture)
    } else {
        at_once::run(&runner, known, &mut *capture, beside)
    };
    for unseen in capture.unseen() {
        (job.events)(Event::Warning(overlooked(&unseen, &cloud.name)));
    }
    let cleaned = if profile.keep { Ok(()) } else { left_over::clean_up(job, &cloud, &guard) };
    // What went wrong first is what a person has to know first.
    let runs = runs?;
    cleaned?;
    Ok((runs, cloud))
}

/// The pages of a run, and where it takes place.
pub(super) struct Runner<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) pages: &'a [Documented],
    pub(super) cloud: &'a Cloud,
    pub(super) guard: &'a Guard<'a>,
    profile: &'a CloudProfile,
    volatile: Volatile,
}

impl Runner<'_> {
    /// Runs one page after another.
    fn in_turn(&self, known: &mut Known, capture: &mut dyn Capture) -> Result<Vec<PageRun>> {
        (0..self.pages.len()).map(|index| self.page(index, known, &mut *capture)).collect()
    }

    /// Runs a page as often as the job says. What is wrong with the page alone is no error.
    ///
    /// # Errors
    ///
    /// When no other page can run then.
    pub(super) fn page(
        &self,
        index: usize,
        known: &mut Known,
        capture: &mut dyn Capture,
    ) -> Result<PageRun> {
        let page = &self.pages[index];
        let start = Instant::now();
        let mut rounds = self.rounds(page, known, capture);
        if let Ok(run) = &mut rounds {
            run.fate.took = Some(start.elapsed());
        }
        (self.job.events)(Event::PageEnded { page: page.plan.path.clone() });
        match rounds {
            Err(error) if is_of_page(&error, self.guard) => {
                let file = Place::file(self.job.files.shown_path(&page.plan.file));
                let failed = Some(fault(&error, &file));
                let fate = Fate { failed, took: Some(start.elapsed()), ..Fate::default() };
                Ok(PageRun { fate, ..PageRun::default() })
            }
            rounds => rounds,
        }
    }

    fn rounds(
        &self,
        page: &Documented,
        known: &mut Known,
        capture: &mut dyn Capture,
    ) -> Result<PageRun> {
        let scratch = Scratch::new(&page.plan.files, &page.plan.file)?;
        let stage = Stage::new(self.job, page, (self.cloud, self.guard), &scratch, &self.volatile);
        if self.job.runs > 1 {
            stage.cool(self.profile)?;
        }
        let mut all = PageRun::default();
        for _ in 0..self.job.runs {
            let Round { run, unexpected, took, notes, is_doubtful } =
                stage.run(known, &mut *capture)?;
            if all.rounds.is_empty() {
                all.fate.commands = took;
            }
            all.rounds.push(run);
            all.fate.unexpected.extend(unexpected);
            all.notes.add(notes);
            all.is_doubtful |= is_doubtful;
        }
        // What several runs did alike is told once.
        let mut told = HashSet::new();
        let is_new = |fault: &Fault| told.insert((fault.place.clone(), fault.message.clone()));
        all.fate.unexpected.retain(is_new);
        Ok(all)
    }

    /// How a page gets on with others.
    pub(super) fn manner(&self, page: &Documented) -> Manner {
        let plan = &page.plan;
        let mut commands = plan.all_commands();
        let only_reads = commands.all(|command| cloud::effect(&command.argv) == Effect::Read);
        // What looks values up is not recorded, and so not told from what others cause.
        if !only_reads || !plan.variables.is_empty() || self.job.runs > 1 {
            Manner::Alone
        } else if names_things(page, &self.volatile) {
            Manner::Informed
        } else {
            Manner::Beside
        }
    }
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
    let participants = Participants::new(cloud.services.clone(), rules).on(cloud::DIRECTORY);
    Ok(Options {
        body_limit: config.record.body_limit,
        participants,
        hosts: Hosts { patterns: cloud.hosts.clone(), learns: cloud.learns_hosts },
        authorities: cloud.authorities.clone(),
        ..Options::default()
    })
}
