//! What pages' commands did: on a cloud, or as it was recorded.

use std::path::PathBuf;

use crate::capture::replay;
use crate::capture::seen::Unpaired;
use crate::cloud;
use crate::error::Result;
use crate::model::{Cloud, Fate, Fault, Run};
use crate::stabilise::{Redacted, Secrets};

use super::known::Known;
use super::{Documented, Job, Source, durations, expecting, live};

/// What a page's commands did, each time that they ran.
#[derive(Default)]
pub(super) struct PageRun {
    /// None where they failed.
    pub(super) rounds: Vec<Run>,
    pub(super) fate: Fate,
    /// What is known not to be in them.
    pub(super) notes: Notes,
    /// Whether services sent something of which it is not known if it belongs to these runs.
    pub(super) is_doubtful: bool,
}

/// What is known not to be in what was recorded of a page.
#[derive(Debug, Clone, Default)]
pub(super) struct Notes {
    /// What the source of exchanges does not see.
    pub(super) left_out: Vec<String>,
    /// Messages that belong to no exchange for sure.
    pub(super) unpaired: Vec<Unpaired>,
}

impl Notes {
    /// Adds what another run of the page does not have.
    pub(super) fn add(&mut self, other: Self) {
        for what in other.left_out {
            if !self.left_out.contains(&what) {
                self.left_out.push(what);
            }
        }
        self.unpaired.extend(other.unpaired);
    }
}

/// A page's run as it is documented and as it was this time, both without secrets.
pub(super) struct Told {
    pub(super) documented: Redacted,
    /// Every run, in order; the first is the one that may have found caches cold. None where a
    /// command failed.
    pub(super) runs: Vec<Redacted>,
    pub(super) fate: Fate,
    /// What is known not to be in them.
    pub(super) notes: Notes,
}

/// What the pages' commands did.
pub(super) struct Ran {
    /// In the order of the pages.
    pub(super) told: Vec<Told>,
    pub(super) secrets: Secrets,
    /// How many exchanges of all runs were left out because the settings say so.
    pub(super) ignored: usize,
    /// What the cloud calls the things that the pages name, if there is a cloud.
    pub(super) known: Option<Known>,
}

pub(super) fn runs(job: &Job<'_>, pages: &[Documented]) -> Result<Ran> {
    let mut known = None;
    let (runs, cloud) = match &job.source {
        Source::Replay(folders) => {
            let read = |page: &Documented| {
                let run = |folder: &PathBuf| replay::read(folder, &page.plan, &page.run.outputs);
                let rounds = folders.iter().map(run).collect::<Result<Vec<Run>>>()?;
                let unexpected =
                    rounds.iter().flat_map(|run| expecting::replayed(&page.plan, &run.recording));
                let mut unexpected: Vec<Fault> = unexpected.collect();
                unexpected.dedup();
                let fate = Fate { unexpected, ..Fate::default() };
                Ok(PageRun { rounds, fate, ..PageRun::default() })
            };
            (pages.iter().map(read).collect::<Result<Vec<PageRun>>>()?, Cloud::default())
        }
        Source::Offline => (Vec::new(), Cloud::default()),
        Source::Cloud(name) => {
            let name = name.as_ref().unwrap_or(&job.config.cloud);
            let profile = job.config.profile(name)?;
            let cloud = cloud::ready(name, &profile, job.events)?;
            let known = known.insert(Known::of(job.site, &cloud));
            let (runs, cloud) = live::run(job, pages, (cloud, &profile), known)?;
            durations::keep(job, pages, &runs);
            (runs, cloud)
        }
    };
    told(job, pages, runs, &cloud, known)
}

/// The pages' last runs, as if they had been the ones of this time.
pub(super) fn last(job: &Job<'_>, pages: &[Documented]) -> Result<Ran> {
    let last = |page: &Documented| PageRun { rounds: vec![page.run.clone()], ..PageRun::default() };
    let runs = pages.iter().map(last).collect();
    told(job, pages, runs, &Cloud::default(), None)
}

fn told(
    job: &Job<'_>,
    pages: &[Documented],
    mut runs: Vec<PageRun>,
    cloud: &Cloud,
    known: Option<Known>,
) -> Result<Ran> {
    // A secret of one page's run may turn up in another's, and one that is on a page already must
    // not be shown again in a diff.
    let mut all = Run::default();
    let rounds = runs.iter().flat_map(|page| &page.rounds);
    for run in rounds.chain(pages.iter().map(|page| &page.run)) {
        all.outputs.extend_from_slice(&run.outputs);
        all.recording.exchanges.extend_from_slice(&run.recording.exchanges);
    }
    let secrets = Secrets::of(&cloud.secrets, &all, &job.config.redact);
    // Not before: what is a secret in an ignored exchange is one elsewhere, too.
    let ignore = job.config.ignore.ready(&job.site.folder)?;
    let mut ignored = 0;
    for run in runs.iter_mut().flat_map(|page| &mut page.rounds) {
        ignored += run.recording.leave_out(|exchange| ignore.fits(exchange));
    }
    let told = pages.iter().zip(runs).map(|(page, PageRun { rounds, fate, notes, .. })| {
        let runs = rounds.iter().map(|run| secrets.redact(run)).collect();
        Told { documented: secrets.redact(&page.run), runs, fate, notes }
    });
    Ok(Ran { told: told.collect(), secrets, ignored, known })
}
