//! Reports of parts of a site, joined to the one that a single run would have made.

use std::collections::HashSet;

use super::{CheckReport, Failure, Found};

/// Why reports of shares are not all of one site: shares that were made in different ways may leave pages
/// out, and so do shares that are not there.
fn incomplete(reports: &[CheckReport]) -> Option<Failure> {
    let shares: Vec<_> = reports.iter().filter_map(|report| report.share.as_ref()).collect();
    let first = shares.first()?;
    let (message, hint) = if shares.iter().any(|share| share.mark != first.mark) {
        let message = "these shares do not belong together: pages were shared out in another way";
        let hint = "give all shares the same pages, and the same times with `--durations`";
        (message.to_owned(), hint)
    } else {
        let missing: Vec<String> = (1..=first.of)
            .filter(|number| shares.iter().all(|share| share.number != *number))
            .map(|number| format!("{number}/{}", first.of))
            .collect();
        if missing.is_empty() {
            return None;
        }
        let message = format!("there is no report of the share {}", missing.join(", "));
        (message, "give the reports of all shares")
    };
    let hint = Some(hint.to_owned());
    Some(Failure { message, said: None, hint, file: None, line: 0 })
}

/// The reports as one; none where there are none. What several of them tell is told once.
pub fn merged(reports: Vec<CheckReport>) -> Option<CheckReport> {
    let incomplete = incomplete(&reports);
    let mut reports = reports.into_iter();
    let mut all = reports.next()?;
    for report in reports {
        // What all parts were looked into, the whole was.
        all.level = all.level.min(report.level);
        all.pages.extend(report.pages);
        all.elsewhere.extend(report.elsewhere);
        all.secrets.extend(report.secrets);
        all.skipped.extend(report.skipped);
        all.ignored += report.ignored;
        all.failure = all.failure.or(report.failure);
    }
    all.share = None;
    all.failure = all.failure.or(incomplete);
    all.pages.sort_by_key(|page| page.order);
    let mut paths = HashSet::new();
    all.pages.retain(|page| paths.insert(page.path.clone()));
    let mut told = HashSet::new();
    let mut is_new = |found: &Found| {
        told.insert((found.kind, found.place(), found.message.clone(), found.view.clone()))
    };
    all.pages.iter_mut().for_each(|page| page.findings.retain(&mut is_new));
    all.elsewhere.retain(&mut is_new);
    all.secrets.retain(&mut is_new);
    all.secrets.sort_by_key(Found::place);
    all.skipped.retain(|page| paths.insert(page.path.clone()));
    Some(all)
}
