//! Pages that drifted or failed live, run again: a page that is good then is flaky, and says so.
//!
//! In: what a run came to. Out: the same, with what each further attempt came to. Nothing is hidden: a page
//! that is good in the end still holds what it was before.

use crate::error::Result;
use crate::model::{DiagnosticKind, Outcome, PageOutcome};

use super::comparing::compare;
use super::ran::runs;
use super::{Documented, Job, Pages};

/// Runs pages that are not as they should be again, as often as the job says. `documented` are the pages
/// as they are documented, in the order of those of the outcome.
///
/// # Errors
///
/// When the cloud is gone, or somebody interrupts.
pub(super) fn again(job: &Job<'_>, documented: &[Documented], outcome: &mut Outcome) -> Result<()> {
    for _ in 0..job.retries {
        let (places, pages): (Vec<usize>, Vec<Documented>) = outcome
            .pages
            .iter()
            .zip(documented)
            .enumerate()
            .filter(|(_, (page, _))| !is_good(job, page))
            .map(|(place, (_, documented))| (place, documented.clone()))
            .unzip();
        if pages.is_empty() {
            break;
        }
        let ran = runs(job, &pages)?;
        let attempt = compare(job, Pages::of(pages), &ran)?;
        for (place, attempt) in places.into_iter().zip(attempt.pages) {
            add(job, &mut outcome.pages[place], attempt);
        }
    }
    Ok(())
}

/// Adds an attempt to those of a page. A page is as it was when it was good, and otherwise as it was at
/// first: what an attempt leaves may keep the next one from the same.
fn add(job: &Job<'_>, page: &mut PageOutcome, attempt: PageOutcome) {
    if page.attempts.is_empty() {
        let first = PageOutcome { attempts: Vec::new(), ..page.clone() };
        page.attempts.push(first);
    }
    page.attempts.push(attempt.clone());
    if is_good(job, &attempt) {
        let attempts = std::mem::take(&mut page.attempts);
        *page = PageOutcome { attempts, ..attempt };
    }
}

/// Whether a page drifted in no way that counts, and no command failed.
fn is_good(job: &Job<'_>, page: &PageOutcome) -> bool {
    let counts = |kind: DiagnosticKind| job.config.severity(kind).is_some();
    page.fate.failed.is_none()
        && !(page.hold.is_some() || page.stale().any(|change| counts(change.kind.drift())))
}
