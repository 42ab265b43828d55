//! Pages' commands on a live cloud, recorded.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use regex::Regex;

use crate::capture::Capture;
use crate::capture::participants::{Participants, Rule};
use crate::capture::proxy::{Options, Proxy};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Command, Event, Exchange, PagePlan, Recording, Run};
use crate::run::{self, Failure, Scratch, Surroundings};
use crate::settings::Config;
use crate::settings::doctool::ParticipantRule;
use crate::stabilise::Secrets;

use super::Job;

/// Runs the pages' commands one page after another. Gives the cloud back with all its secrets.
pub(super) fn run(
    job: &Job<'_>,
    plans: &[&PagePlan],
    mut cloud: Cloud,
) -> Result<(Vec<Run>, Cloud)> {
    let mut proxy = Proxy::start(recording(job.config, &cloud)?, cloud.relay.as_ref(), job.events)?;
    let programs = plans.iter().flat_map(|plan| &plan.commands).map(caller);
    let keys: Vec<_> = programs.map(|name| ("key".to_owned(), proxy.caller(&name).key)).collect();
    cloud.secrets.extend(keys);
    let runs = plans.iter().map(|plan| page(job, plan, &cloud, &mut proxy));
    let runs = runs.collect::<Result<Vec<Run>>>()?;
    Ok((runs, cloud))
}

/// The name under which a command's exchanges are seen: its program's.
fn caller(command: &Command) -> String {
    let name = Path::new(&command.argv[0]).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn recording(config: &Config, cloud: &Cloud) -> Result<Options> {
    let rule = |rule: &ParticipantRule| {
        let url = Regex::new(&rule.url).map_err(|cause| {
            Error::new(ErrorKind::Settings, "a participant's URL is no regular expression")
                .because(cause)
        })?;
        Ok(Rule { url, name: rule.name.clone() })
    };
    let rules = config.participants.iter().map(rule).collect::<Result<Vec<Rule>>>()?;
    let participants = Participants::new(cloud.services.clone(), rules);
    Ok(Options { body_limit: config.record.body_limit, participants, ..Options::default() })
}

/// Sets up, runs and records the page's commands, and tears down in any case.
fn page(job: &Job<'_>, plan: &PagePlan, cloud: &Cloud, capture: &mut dyn Capture) -> Result<Run> {
    let scratch = Scratch::new(&plan.files, &plan.file)?;
    let stage = Stage { job, plan, cloud, scratch: &scratch };
    let recorded = stage.all(&plan.setup, None).and_then(|_| {
        capture.begin()?;
        let outputs = stage.all(&plan.commands, Some(capture));
        let recording = capture.end()?;
        let outputs = outputs.map_err(|error| unanswered(error, &recording))?;
        Ok(Run { outputs, recording })
    });
    let torn_down = stage.all(&plan.teardown, None);
    let run = recorded?;
    torn_down?;
    Ok(run)
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
    plan: &'a PagePlan,
    cloud: &'a Cloud,
    scratch: &'a Scratch,
}

impl Stage<'_> {
    /// Runs the commands one after another, recorded if there is something to record with.
    fn all(&self, commands: &[Command], capture: Option<&mut dyn Capture>) -> Result<Vec<String>> {
        let capture = capture.map(|capture| &*capture);
        commands.iter().map(|command| self.one(command, capture)).collect()
    }

    fn one(&self, command: &Command, capture: Option<&dyn Capture>) -> Result<String> {
        let (page, text) = (self.plan.path.clone(), command.text.clone());
        (self.job.events)(Event::CommandStarted { page, command: text });
        let mut variables: BTreeMap<String, String> = self.cloud.env.clone();
        if let Some(capture) = capture {
            variables.extend(capture.environment(&caller(command)));
        }
        let surroundings = Surroundings {
            variables,
            path: self.cloud.path.clone(),
            folder: self.scratch.path().to_owned(),
            limit: Duration::from_secs(self.job.config.run.timeout),
        };
        run::run(command, &surroundings).map_err(|failure| self.explained(failure))
    }

    /// The error with what the command said, once secrets are out of it.
    fn explained(&self, Failure { error, output }: Failure) -> Error {
        let run = Run { outputs: vec![output], ..Run::default() };
        let secrets = Secrets::of(&self.cloud.secrets, &run, &self.job.config.redact);
        let said = secrets.text(run.outputs[0].trim_end());
        let error = if said.is_empty() { error } else { error.said(said) };
        if error.hint_text().is_some() {
            return error;
        }
        error.hint(format!(
            "see whether cloud `{}` is what the page expects; nothing was written",
            self.cloud.name
        ))
    }
}
