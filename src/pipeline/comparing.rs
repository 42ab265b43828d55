//! What the pages of a job are to be after their runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Event, Outcome, View};
use crate::stabilise::{self, Pins, Redacted, Volatile};

use super::ran::Ran;
use super::telling::Telling;
use super::{Job, Pages};

/// What each view is to be, in the values that the pages document.
pub(super) fn compare(job: &Job<'_>, pages: Pages, ran: &Ran) -> Result<Outcome> {
    let Pages { documented: pages, elsewhere, skipped, leaks, share } = pages;
    let all = ran.told.iter().flat_map(|told| {
        [told.documented.run()].into_iter().chain(told.runs.iter().map(Redacted::run))
    });
    let volatile = Volatile::new(&job.config.volatile, all)?;
    // One live value stands for one documented value on all pages: for that of the first. Each time
    // that the commands ran, there were other live values.
    let rounds = ran.told.iter().map(|told| told.runs.len()).max().unwrap_or_default();
    let mut pins = vec![Pins::default(); rounds];
    for told in &ran.told {
        for (live, pins) in told.runs.iter().zip(&mut pins) {
            pins.add(&stabilise::learn(&volatile, &told.documented, live));
        }
    }
    if let Some(known) = &ran.known {
        pins.iter_mut().for_each(|pins| pins.add(&known.bindings.pins(&volatile)));
    }
    let level = job.source.level();
    let ignored = ran.ignored;
    let mut outcome =
        Outcome { elsewhere, leaks, level, skipped, ignored, share, ..Outcome::default() };
    let mut shown = BTreeMap::new();
    for (mut page, told) in pages.into_iter().zip(&ran.told) {
        let telling = Telling { job, volatile: &volatile, secrets: &ran.secrets, pins: &pins };
        if told.fate.failed.is_some() {
            outcome.pages.push(telling.untold(page, told));
            continue;
        }
        let path = page.plan.path.clone();
        page.plan.views.retain(|view| is_told_first(job, &mut shown, &path, view));
        outcome.pages.push(telling.page(page, told));
    }
    if outcome.verified() == 0 && !outcome.has_failed() {
        return Err(Error::new(ErrorKind::Page, "these pages have no view to verify"));
    }
    Ok(outcome)
}

/// Whether no page before this one tells the same part of the same file. Two cannot: the first does.
fn is_told_first(
    job: &Job<'_>,
    told: &mut BTreeMap<(PathBuf, usize), String>,
    page: &str,
    view: &View,
) -> bool {
    let region = &view.region;
    let first =
        told.entry((region.file.clone(), region.span.start)).or_insert_with(|| page.to_owned());
    if first != page {
        let file = region.place.file.display();
        (job.events)(Event::Warning(format!(
            "`{file}` is told by `{first}`, not again by `{page}`"
        )));
    }
    first == page
}
