//! The commands of one page on a live cloud: set up, run and recorded, torn down.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::capture::seen::Unpaired;
use crate::capture::{Capture, Prepared};
use crate::cloud;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Command, Event, Exchange, Fault, Place, Recording, Run, Variable};
use crate::plan;
use crate::run::{self, Failure, Scratch, Surroundings};
use crate::settings::doctool::{CloudProfile, FILE_NAME};
use crate::stabilise::{Bindings, Secrets, Volatile};

use super::expecting::{self, Ended, caller};
use super::guard::Guard;
use super::known::Known;
use super::ran::Notes;
use super::{Documented, Job};

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

/// The error, with a hint at the service that did not answer if there was one.
fn unanswered(error: Error, recording: &Recording) -> Error {
    let silent = recording.exchanges.iter().find(|exchange| exchange.response.is_none());
    match silent {
        Some(Exchange { to, request, .. }) => error.hint(format!(
            "see why `{to}` does not answer at `{}`; nothing of this page was written",
            request.url
        )),
        None => error,
    }
}

/// A command that did not exit with 0, and the values that name things in it: as documented, and the
/// live ones that are known.
struct Stopped {
    failure: Failure,
    values: Vec<(String, Option<String>)>,
}

/// One run of a page.
pub(super) struct Round {
    pub(super) run: Run,
    /// What did not fail as it was to.
    pub(super) unexpected: Vec<Fault>,
    /// How long each command took.
    pub(super) took: Vec<Duration>,
    /// What is known not to be in it.
    pub(super) notes: Notes,
    /// Whether services sent something of which it is not known if it belongs to this run.
    pub(super) is_doubtful: bool,
}

/// Learns from a run of the page what values are called on the cloud.
pub(super) fn learn(
    job: &Job<'_>,
    page: &Documented,
    cloud: &Cloud,
    known: &mut Known,
    run: &Run,
) -> Result<()> {
    let volatile = Volatile::new(&job.config.volatile, [&page.run, run])?;
    let redacted = |run: &Run| Secrets::of(&cloud.secrets, run, &job.config.redact).redact(run);
    let documented = redacted(&page.run);
    // What has nothing to do with the commands would be taken for what they sent.
    let ignore = job.config.ignore.ready(&job.site.folder)?;
    let mut run = run.clone();
    run.recording.leave_out(|exchange| ignore.fits(exchange));
    known.bindings.learn(&volatile, &documented, &redacted(&run));
    Ok(())
}

/// Whether a command of the page names a thing by a value that is another on each cloud.
pub(super) fn names_things(page: &Documented, volatile: &Volatile) -> bool {
    let plan = &page.plan;
    let commands = plan.commands.iter().chain(&plan.teardown);
    let mut words = commands.flat_map(|command| command.argv.iter().chain(&command.input));
    words.any(|word| !Bindings::default().translated(volatile, word).values.is_empty())
}

/// Where the commands of one page run.
pub(super) struct Stage<'a> {
    job: &'a Job<'a>,
    page: &'a Documented,
    cloud: &'a Cloud,
    guard: &'a Guard<'a>,
    pace: Cell<Pace>,
    notes: RefCell<Notes>,
    scratch: &'a Scratch,
    volatile: &'a Volatile,
}

impl<'a> Stage<'a> {
    /// Where this page's commands run: in this folder, and on this cloud.
    pub(super) fn new(
        job: &'a Job<'a>,
        page: &'a Documented,
        (cloud, guard): (&'a Cloud, &'a Guard<'a>),
        scratch: &'a Scratch,
        volatile: &'a Volatile,
    ) -> Self {
        let pace = Cell::new(Pace::UNHURRIED);
        let notes = RefCell::default();
        Self { job, page, cloud, guard, pace, notes, scratch, volatile }
    }

    /// Empties the cloud's caches.
    pub(super) fn cool(&self, profile: &CloudProfile) -> Result<()> {
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
    pub(super) fn run(&self, known: &mut Known, capture: &mut dyn Capture) -> Result<Round> {
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
    fn record(&self, known: &mut Known, capture: &mut dyn Capture) -> Result<Round> {
        capture.begin()?;
        let ended = self.documented(known, capture);
        let seen = capture.seen()?;
        self.note(seen.left_out, seen.unpaired);
        let recording = seen.recording;
        let ignore = self.job.config.ignore.ready(&self.job.site.folder)?;
        let is_doubtful = capture.doubtful().iter().any(|exchange| !ignore.fits(exchange));
        let ended = ended.map_err(|error| unanswered(error, &recording))?;
        let outputs = ended.iter().map(|ended| ended.output.clone()).collect();
        let run = Run { outputs, recording };
        self.learn(known, &run)?;
        let secrets = Secrets::of(&self.cloud.secrets, &run, &self.job.config.redact);
        let hide = |text: &str| secrets.text(text);
        let unexpected = expecting::unexpected(&self.page.plan, &ended, &run.recording, hide);
        let took = ended.iter().map(|ended| ended.took).collect();
        let notes = self.notes.take();
        Ok(Round { run, unexpected, took, notes, is_doubtful })
    }

    /// Keeps in mind what is not in the recording.
    fn note(&self, left_out: Vec<String>, unpaired: Vec<Unpaired>) {
        self.notes.borrow_mut().add(Notes { left_out, unpaired });
    }

    /// Runs the documented commands. What one prints may say what the next one calls a thing.
    fn documented(&self, known: &mut Known, capture: &dyn Capture) -> Result<Vec<Ended>> {
        let commands = &self.page.plan.commands;
        let mut all: Vec<Ended> = Vec::with_capacity(commands.len());
        for (index, command) in commands.iter().enumerate() {
            let (before, start) = (capture.count(), Instant::now());
            let may_fail = self.page.plan.expected.contains_key(&index);
            let (output, succeeded) = match self.start(command, known, Some(capture))? {
                Ok(output) => (output, true),
                Err(Stopped { failure, .. }) if may_fail && failure.status.is_some() => {
                    (failure.output, false)
                }
                Err(stopped) => return Err(self.explained(stopped, known)),
            };
            all.push(Ended { output, succeeded, before, took: start.elapsed() });
            if index + 1 < commands.len() && self.names_things() {
                let outputs = all.iter().map(|ended| ended.output.clone()).collect();
                self.learn(known, &Run { outputs, ..Run::default() })?;
            }
        }
        Ok(all)
    }

    /// Learns what values are called on the cloud.
    fn learn(&self, known: &mut Known, run: &Run) -> Result<()> {
        learn(self.job, self.page, self.cloud, known, run)
    }

    fn names_things(&self) -> bool {
        names_things(self.page, self.volatile)
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

    /// Runs a command that is to succeed, on the live things that it names.
    fn one(
        &self,
        command: &Command,
        known: &Known,
        capture: Option<&dyn Capture>,
    ) -> Result<String> {
        self.start(command, known, capture)?.map_err(|stopped| self.explained(stopped, known))
    }

    /// Runs a command, on the live things that it names. Gives what it printed, or how it stopped; an
    /// error where it may not run.
    fn start(
        &self,
        command: &Command,
        known: &Known,
        capture: Option<&dyn Capture>,
    ) -> Result<std::result::Result<String, Stopped>> {
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
        Ok(match printed {
            Ok(output) => Ok(shown(output)?),
            Err(failure) => {
                let output = shown(failure.output)?;
                Err(Stopped { failure: Failure { output, ..failure }, values })
            }
        })
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

    /// The error with what the command said, once secrets are out of it.
    fn explained(&self, Stopped { failure, values }: Stopped, known: &Known) -> Error {
        let Failure { error, output, .. } = failure;
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
            format!("see whether cloud `{cloud}` is what the page expects; nothing of this page was written")
        }))
    }
}
