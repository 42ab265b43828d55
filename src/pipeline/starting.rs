//! Looks over a site that has no settings yet, and writes the files that it can begin with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::model::{Page, PagePlan, StarterFile, Survey};
use crate::starter::{self, Ci};
use crate::write::Writer;

use super::{Job, no_network, planned};

/// Writes settings, and a workflow for a CI, that suit what the site documents. A file that is there
/// stays as it is.
///
/// # Errors
///
/// When a page cannot be read, or a file cannot be written.
pub fn init(job: &Job<'_>, ci: Option<Ci>) -> Result<(Survey, Vec<StarterFile>)> {
    let writer = Writer::open(job.site)?;
    let root = repository(&job.site.folder);
    let mut survey = survey(job)?;
    survey.folder = job.site.folder.strip_prefix(&root).map(Path::to_owned).unwrap_or_default();
    let ci = ci.unwrap_or_else(|| starter::ci_of(&root));
    let mut files = Vec::new();
    for (place, text) in starter::files(&survey, ci) {
        let path = match place {
            starter::Path::OfSite(path) => job.site.folder.join(path),
            starter::Path::OfRepository(path) => root.join(path),
        };
        let is_there = path.exists();
        if !is_there {
            writer.keep(&path, &text)?;
        }
        let there = is_there.then(|| fs::read_to_string(&path).unwrap_or_default());
        let lacks = there.and_then(|there| starter::lacks(place, &there));
        files.push(StarterFile { path, text, is_there, lacks });
    }
    Ok((survey, files))
}

/// The folder of the repository that a folder belongs to, or the folder itself.
fn repository(folder: &Path) -> PathBuf {
    let root = folder.ancestors().find(|above| above.join(".git").exists());
    root.unwrap_or(folder).to_owned()
}

fn survey(job: &Job<'_>) -> Result<Survey> {
    let mut survey = Survey::default();
    let programs = |_: Page, plan: PagePlan| {
        let not_allowed = plan.not_run.iter().filter_map(|command| {
            let program = command.text.split_whitespace().next()?.to_owned();
            // `NAME=value` is none that could be allowed.
            let is_program = !program.contains('=');
            let is_unlisted =
                command.reason.starts_with(&format!("`{program}` is not in `run.allow`"));
            (is_program && is_unlisted).then_some(program)
        });
        (plan.commands.len(), not_allowed.collect::<Vec<String>>())
    };
    planned(job, &no_network, programs, |(commands, not_allowed)| {
        survey.pages += 1;
        survey.commands += commands;
        for program in not_allowed {
            *survey.programs.entry(program).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(survey)
}
