//! What pages' commands did: on a cloud, or as it was recorded.

use std::path::PathBuf;

use crate::capture::replay;
use crate::cloud;
use crate::error::Result;
use crate::model::{Cloud, Run};
use crate::stabilise::{Redacted, Secrets};

use super::known::Known;
use super::live::Notes;
use super::{Documented, Job, Source, live};

/// A page's run as it is documented and as it was this time, both without secrets.
pub(super) struct Told {
    pub(super) documented: Redacted,
    pub(super) live: Redacted,
    /// What further runs did.
    pub(super) further: Vec<Redacted>,
    /// What is known not to be in them.
    pub(super) notes: Notes,
}

impl Told {
    /// Every run, in order; the first is the one that may have found caches cold.
    pub(super) fn runs(&self) -> impl Iterator<Item = &Redacted> {
        [&self.live].into_iter().chain(&self.further)
    }
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
    let mut notes = vec![Notes::default(); pages.len()];
    let (runs, cloud) = match &job.source {
        Source::Replay(folders) => {
            let read = |page: &Documented| {
                let run = |folder: &PathBuf| replay::read(folder, &page.plan, &page.run.outputs);
                folders.iter().map(run).collect()
            };
            (pages.iter().map(read).collect::<Result<Vec<Vec<Run>>>>()?, Cloud::default())
        }
        Source::Offline => (vec![Vec::new(); pages.len()], Cloud::default()),
        Source::Cloud(name) => {
            let name = name.as_ref().unwrap_or(&job.config.cloud);
            let profile = job.config.profile(name)?;
            let cloud = cloud::ready(name, &profile, job.events)?;
            let known = known.insert(Known::of(job.site, &cloud));
            let (runs, of_pages, cloud) = live::run(job, pages, (cloud, &profile), known)?;
            notes = of_pages;
            (runs, cloud)
        }
    };
    told(job, pages, (runs, notes), &cloud, known)
}

/// The pages' last runs, as if they had been the ones of this time.
pub(super) fn last(job: &Job<'_>, pages: &[Documented]) -> Result<Ran> {
    let runs: Vec<Vec<Run>> = pages.iter().map(|page| vec![page.run.clone()]).collect();
    let notes = vec![Notes::default(); pages.len()];
    told(job, pages, (runs, notes), &Cloud::default(), None)
}

fn told(
    job: &Job<'_>,
    pages: &[Documented],
    (mut runs, notes): (Vec<Vec<Run>>, Vec<Notes>),
    cloud: &Cloud,
    known: Option<Known>,
) -> Result<Ran> {
    // A secret of one page's run may turn up in another's, and one that is on a page already must
    // not be shown again in a diff.
    let mut all = Run::default();
    for run in runs.iter().flatten().chain(pages.iter().map(|page| &page.run)) {
        all.outputs.extend_from_slice(&run.outputs);
        all.recording.exchanges.extend_from_slice(&run.recording.exchanges);
    }
    let secrets = Secrets::of(&cloud.secrets, &all, &job.config.redact);
    // Not before: what is a secret in an ignored exchange is one elsewhere, too.
    let ignore = job.config.ignore.ready(&job.site.folder)?;
    let mut ignored = 0;
    for run in runs.iter_mut().flatten() {
        ignored += run.recording.leave_out(|exchange| ignore.fits(exchange));
    }
    let told = pages.iter().zip(&runs).zip(notes).map(|((page, runs), notes)| {
        let mut runs = runs.iter().map(|run| secrets.redact(run));
        Told {
            documented: secrets.redact(&page.run),
            live: runs.next().unwrap_or_default(),
            further: runs.collect(),
            notes,
        }
    });
    Ok(Ran { told: told.collect(), secrets, ignored, known })
}
