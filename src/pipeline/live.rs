//! Pages' commands on a live cloud, recorded.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::Regex;

use crate::capture::participants::{Participants, Rule};
use crate::capture::proxy::{Hosts, Options, Unseen};
use crate::capture::seen::Unpaired;
use crate::capture::{Capture, Prepared};
use crate::cloud;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Command, Event, Exchange, Place, Recording, Run, Variable};
use crate::plan;
use crate::run::{self, Failure, Scratch, Surroundings};
use crate::settings::Config;
use crate::settings::doctool::{CloudProfile, FILE_NAME, ParticipantRule};
use crate::stabilise::{Bindings, Secrets, Volatile};

use super::guard::Guard;
use super::known::Known;
use super::{Documented, Job, left_over, sources};

/// Runs the pages' commands one page after another, each as often as the job says, and learns what
/// their values are called on the cloud. Gives for each page what is known not to be in its runs, and
/// the cloud with all its secrets.
///
/// Where there are several runs, the first finds caches cold if the profile can do that.
pub(super) fn run(
    job: &Job<'_>,
    pages: &[Documented],
    (mut cloud, profile): (Cloud, &CloudProfile),
    known: &mut Known,
) -> Result<(Vec<Vec<Run>>, Vec<Notes>, Cloud)> {
    let mut guard = Guard::new(job, &cloud, profile)?;
    guard.admit(pages)?;
    let callers = pages.iter().flat_map(|page| page.plan.all_commands()).map(caller);
    let callers: HashSet<String> = callers.collect();
    guard.watch(callers.clone());
    let mut capture = sources::open(job, &cloud, profile, guard.witness())?;
    let keys: Vec<_> = callers.iter().flat_map(|name| capture.secrets(name)).collect();
    cloud.secrets.extend(keys);
    let runs = all_pages(job, pages, (&cloud, profile), &guard, known, &mut *capture);
    for unseen in capture.unseen() {
        (job.events)(Event::Warning(overlooked(&unseen, &cloud.name)));
    }
    let cleaned = if profile.keep { Ok(()) } else { left_over::clean_up(job, &cloud, &guard) };
    // What went wrong first is what a person has to know first.
    let (runs, notes) = runs?.into_iter().unzip();
    cleaned?;
    Ok((runs, notes, cloud))
}

fn all_pages(
    job: &Job<'_>,
    pages: &[Documented],
    (cloud, profile): (&Cloud, &CloudProfile),
    guard: &Guard<'_>,
    known: &mut Known,
    capture: &mut dyn Capture,
) -> Result<Vec<(Vec<Run>, Notes)>> {
    let volatile = Volatile::new(&job.config.volatile, pages.iter().map(|page| &page.run))?;
    let mut runs = Vec::with_capacity(pages.len());
    for page in pages {
        let plan = &page.plan;
        let scratch = Scratch::new(&plan.files, &plan.file)?;
        let pace = Cell::new(Pace::UNHURRIED);
        let notes = RefCell::default();
        let (scratch, volatile) = (&scratch, &volatile);
        let stage = Stage { job, page, cloud, guard, pace, notes, scratch, volatile };
        if job.runs > 1 {
            stage.cool(profile)?;
        }
        let rounds = (0..job.runs).map(|_| stage.run(known, &mut *capture));
        let rounds = rounds.collect::<Result<Vec<Run>>>();
        (job.events)(Event::PageEnded { page: plan.path.clone() });
        runs.push((rounds?, stage.notes.into_inner()));
    }
    Ok(runs)
}

/// What is known not to be in what was recorded of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    /// What the source of exchanges does not see.
    pub(super) left_out: Vec<String>,
    /// Messages that belong to no exchange for sure.
    pub(super) unpaired: Vec<Unpaired>,
}

/// How long the commands at hand may go on.
#[derive(Clone, Copy)]
struct Pace {
    deadline: Option<Instant>,
    patience: usize,
}

impl Pace {
    /// That of commands that end with the first interrupt.
    const UNHURRIED: Self = Self { deadline: None, patience: 1 };
    /// That of commands that clean up, and go on when somebody interrupts the others.
    const CLEANING: Self = Self { deadline: None, patience: 2 };
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

/// The name under which a command's exchanges are seen: its program's.
fn caller(command: &Command) -> String {
    let name = Path::new(&command.argv[0]).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
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

/// The error, with a hint at the service that did not answer if there was one.
fn unanswered(error: Error, recording: &Recording) -> Error {
    let silent = recording.exchanges.iter().find(|exchange| exchange.response.is_none());
    match silent {
        Some(Exchange { to, request, .. }) => error.hint(format!(
            "see why `{to}` does not answer at `{}`; nothing was written",
            request.url
        )),
        None => error,
    }
}

/// Where the commands of one page run.
struct Stage<'a> {
    job: &'a Job<'a>,
    page: &'a Documented,
    cloud: &'a Cloud,
    guard: &'a Guard<'a>,
    pace: Cell<Pace>,
    notes: RefCell<Notes>,
    scratch: &'a Scratch,
    volatile: &'a Volatile,
}

impl Stage<'_> {
    /// Empties the cloud's caches.
    fn cool(&self, profile: &CloudProfile) -> Result<()> {
        let name = &self.cloud.name;
        if !cloud::cool(profile, self.job.events)? && profile.cold.is_empty() {
            let message = format!(
                "cloud `{name}` is not made cold: what it keeps from before is not asked for; say \
                 below `cold` in doctool.yml how to empty its caches"
            );
            (self.job.events)(Event::Warning(message));
        }
        for text in &profile.cold {
            let place = Place::file(FILE_NAME);
            let command = plan::asked_for(self.job.config, &place, text)?;
            self.one(&command, &Known::of(self.job.site, self.cloud), None)?;
        }
        Ok(())
    }

    /// Sets up, runs and records the page's commands, and tears down in any case.
    fn run(&self, known: &mut Known, capture: &mut dyn Capture) -> Result<Run> {
        let limit = Duration::from_secs(self.job.config.run.page_timeout);
        self.pace.set(Pace { deadline: Some(Instant::now() + limit), ..Pace::UNHURRIED });
        let prepared = self.set_up(known, capture).and_then(|()| self.look_up(known));
        let recorded = prepared.and_then(|()| self.record(known, capture));
        self.pace.set(Pace::CLEANING);
        let torn_down = self.watched(&self.page.plan.teardown, known, capture);
        let run = recorded?;
        torn_down?;
        Ok(run)
    }

    /// Runs the setup. It is recorded to see which ids the things have that it makes.
    fn set_up(&self, known: &mut Known, capture: &mut dyn Capture) -> Result<()> {
        let run = self.watched(&self.page.plan.setup, known, capture)?;
        if self.names_things() {
            known.bindings.learn_by_name(self.volatile, &self.page.run, &run);
        }
        Ok(())
    }

    /// Runs commands that no view shows, and sees what they make and remove.
    fn watched(
        &self,
        commands: &[Command],
        known: &Known,
        capture: &mut dyn Capture,
    ) -> Result<Run> {
        if commands.is_empty() {
            return Ok(Run::default());
        }
        capture.begin()?;
        let outputs = self.all(commands, known, capture);
        let recording = capture.end()?;
        Ok(Run { recording, outputs: outputs? })
    }

    /// Finds the live values of those that the page says how to look up.
    fn look_up(&self, known: &mut Known) -> Result<()> {
        for Variable { name, documented, command } in &self.page.plan.variables {
            let output = self.one(command, known, None)?;
            let wrong = |message: String| {
                Error::new(ErrorKind::Page, format!("`vars.{name}`: {message}"))
                    .at(command.place.clone())
            };
            let live = output.trim();
            if live.is_empty() || live.contains(char::is_whitespace) {
                let message = format!("`{}` prints no single value", command.text);
                let hint = "have it print the value alone, as `--format value --column id` does";
                return Err(wrong(message).hint(hint));
            }
            if !known.bindings.bind(self.volatile, documented, live) {
                let message = format!("`{documented}` is not known for a value that is volatile");
                let hint = "say what such values look like below `volatile` in doctool.yml";
                return Err(wrong(message).hint(hint));
            }
        }
        Ok(())
    }

    /// Runs and records the documented commands.
    fn record(&self, known: &mut Known, capture: &mut dyn Capture) -> Result<Run> {
        capture.begin()?;
        let outputs = self.documented(known, capture);
        let seen = capture.seen()?;
        self.note(seen.left_out, seen.unpaired);
        let recording = seen.recording;
        let outputs = outputs.map_err(|error| unanswered(error, &recording))?;
        let run = Run { outputs, recording };
        self.learn(known, &run)?;
        Ok(run)
    }

    /// Keeps in mind what is not in the recording.
    fn note(&self, left_out: Vec<String>, unpaired: Vec<Unpaired>) {
        let mut notes = self.notes.borrow_mut();
        for what in left_out {
            if !notes.left_out.contains(&what) {
                notes.left_out.push(what);
            }
        }
        notes.unpaired.extend(unpaired);
    }

    /// Runs the documented commands. What one prints may say what the next one calls a thing.
    fn documented(&self, known: &mut Known, capture: &dyn Capture) -> Result<Vec<String>> {
        let commands = &self.page.plan.commands;
        let mut outputs = Vec::with_capacity(commands.len());
        for (index, command) in commands.iter().enumerate() {
            outputs.push(self.one(command, known, Some(capture))?);
            if index + 1 < commands.len() && self.names_things() {
                let run = Run { outputs: outputs.clone(), ..Run::default() };
                self.learn(known, &run)?;
            }
        }
        Ok(outputs)
    }

    /// Learns what values are called on the cloud.
    fn learn(&self, known: &mut Known, run: &Run) -> Result<()> {
        let volatile = Volatile::new(&self.job.config.volatile, [&self.page.run, run])?;
        let redacted =
            |run: &Run| Secrets::of(&self.cloud.secrets, run, &self.job.config.redact).redact(run);
        let documented = redacted(&self.page.run);
        // What has nothing to do with the commands would be taken for what they sent.
        let ignore = self.job.config.ignore.ready(&self.job.site.folder)?;
        let mut run = run.clone();
        run.recording.leave_out(|exchange| ignore.fits(exchange));
        known.bindings.learn(&volatile, &documented, &redacted(&run));
        Ok(())
    }

    /// Whether a command of the page names a thing by a value that is another on each cloud.
    fn names_things(&self) -> bool {
        let plan = &self.page.plan;
        let commands = plan.commands.iter().chain(&plan.teardown);
        let mut words = commands.flat_map(|command| command.argv.iter().chain(&command.input));
        words.any(|word| !Bindings::default().translated(self.volatile, word).values.is_empty())
    }

    /// Runs the commands one after another. The first that fails is the last.
    fn all(
        &self,
        commands: &[Command],
        known: &Known,
        capture: &dyn Capture,
    ) -> Result<Vec<String>> {
        commands.iter().map(|command| self.one(command, known, Some(capture))).collect()
    }

    /// Runs a command, on the live things that it names.
    fn one(
        &self,
        command: &Command,
        known: &Known,
        capture: Option<&dyn Capture>,
    ) -> Result<String> {
        let (page, text) = (self.page.plan.path.clone(), command.text.clone());
        let started = Event::CommandStarted { page: page.clone(), command: text.clone() };
        (self.job.events)(started);
        let mut variables: BTreeMap<String, String> = self.cloud.env.clone();
        if let Some(capture) = capture {
            variables.extend(capture.environment(&caller(command)));
        }
        let pace = self.pace.get();
        let surroundings = Surroundings {
            variables,
            programs: Arc::clone(&self.guard.programs),
            folder: self.scratch.path().to_owned(),
            limit: Duration::from_secs(self.job.config.run.timeout),
            deadline: pace.deadline,
            interrupt: self.guard.interrupt.clone(),
            patience: pace.patience,
        };
        let mut values = Vec::new();
        let mut live = |text: &String| {
            let translated = known.bindings.translated(self.volatile, text);
            values.extend(translated.values);
            translated.text
        };
        let command = Command {
            argv: command.argv.iter().map(&mut live).collect(),
            input: command.input.as_ref().map(&mut live),
            ..command.clone()
        };
        self.guard.check(&command)?;
        let command = match capture {
            Some(capture) => self.prepared(command, capture),
            None => command,
        };
        let start = Instant::now();
        let printed = run::run(&command, &surroundings);
        let took = start.elapsed();
        (self.job.events)(Event::CommandEnded { page, command: text, took });
        if let Some(capture) = capture {
            // What it has made is written down before the next command runs.
            capture.settle();
            capture.news()?.iter().for_each(|exchange| self.guard.saw(exchange));
        }
        let shown = |output: String| match capture {
            Some(capture) => capture.printed(output),
            None => Ok(output),
        };
        match printed {
            Ok(output) => shown(output),
            Err(Failure { error, output }) => {
                let failure = Failure { error, output: shown(output)? };
                Err(self.explained(failure, &values, known))
            }
        }
    }

    /// The command as it is started, so that what it sends is seen.
    fn prepared(&self, command: Command, capture: &dyn Capture) -> Command {
        match capture.prepared(&command.argv, &caller(&command)) {
            Prepared::AsItIs => command,
            Prepared::Asked(argv) => Command { argv, ..command },
            Prepared::Unseen => {
                let program = caller(&command);
                self.note(vec![format!("what `{program}` sends in `{}`", command.text)], vec![]);
                command
            }
        }
    }

    /// The error with what the command said, once secrets are out of it. `values` are those that
    /// name things in the command.
    fn explained(
        &self,
        Failure { error, output }: Failure,
        values: &[(String, Option<String>)],
        known: &Known,
    ) -> Error {
        let run = Run { outputs: vec![output], ..Run::default() };
        let secrets = Secrets::of(&self.cloud.secrets, &run, &self.job.config.redact);
        let said = secrets.text(run.outputs[0].trim_end());
        let cloud = &self.cloud.name;
        let complains = |value: &str| said.contains(value);
        let unknown = values.iter().find_map(|(documented, live)| match live {
            Some(live) if live != documented && complains(live) => Some(format!(
                "see whether `{live}`, which stands for `{documented}` on cloud `{cloud}`, is still \
                 there; if not, refresh the page that makes it in the same run, or delete `{}`",
                self.job.files.shown_path(known.file()).display()
            )),
            None if complains(documented) => Some(format!(
                "refresh the page that makes `{documented}` in the same run, or say below `vars` \
                 in the page's front matter how to look it up on cloud `{cloud}`"
            )),
            _ => None,
        });
        let error = if said.is_empty() { error } else { error.said(said) };
        if error.hint_text().is_some() {
            return error;
        }
        error.hint(unknown.unwrap_or_else(|| {
            format!("see whether cloud `{cloud}` is what the page expects; nothing was written")
        }))
    }
}
