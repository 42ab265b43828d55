//! How long pages took the last time, kept in the cache folder for each site and cloud.
//!
//! In: pages with the time that their commands took. Out: the times by page, so that shares of pages take
//! about as long. A file that cannot be read or written is as good as none.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::cloud;

use super::guard::site_mark;
use super::ran::PageRun;
use super::{Documented, Job, Source};

/// Milliseconds by the page's path.
pub(super) type Durations = BTreeMap<String, u64>;

/// What is known of the pages of a live run. Times that the job is given go before those that are kept.
pub(super) fn known(job: &Job<'_>) -> Durations {
    match (&job.part.durations, file(job)) {
        (Some(given), _) => given.clone(),
        (None, Some(file)) => read(&file),
        (None, None) => Durations::new(),
    }
}

/// Keeps how long these pages took. What is kept of others stays. A part of the site keeps nothing: what one
/// share took must not change how the next one is made.
pub(super) fn keep(job: &Job<'_>, pages: &[Documented], runs: &[PageRun]) {
    let Some(file) = file(job).filter(|_| !job.part.is_partial()) else { return };
    let mut all = read(&file);
    for (page, run) in pages.iter().zip(runs) {
        // One that failed may have taken any time.
        if let (None, Some(took)) = (&run.fate.failed, run.fate.took) {
            let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            all.insert(page.plan.path.clone(), milliseconds);
        }
    }
    let text = serde_json::to_string_pretty(&all).expect("texts and numbers are JSON");
    // The next run shares out by the number of commands then.
    let folder = file.parent().map_or(Ok(()), fs::create_dir_all);
    let beside = file.with_extension(std::process::id().to_string());
    let _ = folder.and_then(|()| fs::write(&beside, text)).and_then(|()| fs::rename(beside, file));
}

fn read(file: &PathBuf) -> Durations {
    fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

/// The file of the job's site and cloud; none where nothing runs.
fn file(job: &Job<'_>) -> Option<PathBuf> {
    let Source::Cloud(name) = &job.source else { return None };
    let name = name.as_ref().unwrap_or(&job.config.cloud);
    let readable = |part: char| if part.is_ascii_alphanumeric() { part } else { '-' };
    let name: String = name.chars().map(readable).collect();
    let folder = cloud::cache_folder().ok()?.join("durations");
    Some(folder.join(format!("{}-{name}.json", site_mark(&job.site.folder))))
}
