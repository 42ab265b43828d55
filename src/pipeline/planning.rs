//! What a live run would do: which commands, in order, of which class, and what they would create.
//! Runs nothing.

use crate::cloud;
use crate::error::Result;
use crate::ledger;
use crate::model::{Command, Outcome, PagePlan, Phase, PlannedPage, PlannedStep};
use crate::settings::doctool::CloudProfile;
use crate::stabilise::Secrets;

use super::{Documented, Job, Source, compare, pages, ran};

/// What a run of the pages would do on the job's cloud.
///
/// # Errors
///
/// When the settings or a page cannot be read, or there is no such cloud.
pub fn plan(job: &Job<'_>) -> Result<Vec<PlannedPage>> {
    let pages = pages(job)?.documented;
    planned(job, &pages)
}

/// What a refresh would do: what it would run, and the views that differ from the last recording, or
/// from the one that is replayed. Writes nothing.
///
/// # Errors
///
/// As [`plan`], and when there is no view to compare.
pub fn dry_run(job: &Job<'_>) -> Result<(Vec<PlannedPage>, Outcome, Secrets)> {
    let pages = pages(job)?;
    let (planned, ran) = match &job.source {
        Source::Cloud(_) => (planned(job, &pages.documented)?, ran::last(job, &pages.documented)?),
        _ => (Vec::new(), ran::runs(job, &pages.documented)?),
    };
    let outcome = compare(job, pages, &ran)?;
    Ok((planned, outcome, ran.secrets))
}

fn planned(job: &Job<'_>, pages: &[Documented]) -> Result<Vec<PlannedPage>> {
    let name = match &job.source {
        Source::Cloud(Some(name)) => name,
        _ => &job.config.cloud,
    };
    let profile = job.config.profile(name)?;
    let page = |page: &Documented| PlannedPage {
        path: page.plan.path.clone(),
        steps: steps(&page.plan, &profile),
        creates: page.run.recording.exchanges.iter().flat_map(ledger::made).collect(),
    };
    Ok(pages.iter().map(page).collect())
}

fn steps(plan: &PagePlan, profile: &CloudProfile) -> Vec<PlannedStep> {
    let step = |phase: Phase, command: &Command| {
        let effect = cloud::effect(&command.argv);
        let permitted = profile.permit.allows(effect);
        PlannedStep { phase, command: command.clone(), effect, permitted, expected: None }
    };
    let setup = plan.setup.iter().map(|command| step(Phase::Setup, command));
    let variables = plan.variables.iter().map(|variable| step(Phase::LookUp, &variable.command));
    let documented = plan.commands.iter().enumerate().map(|(index, command)| PlannedStep {
        expected: plan.expected.get(&index).copied(),
        ..step(Phase::Documented, command)
    });
    let teardown = plan.teardown.iter().map(|command| step(Phase::Teardown, command));
    setup.chain(variables).chain(documented).chain(teardown).collect()
}
