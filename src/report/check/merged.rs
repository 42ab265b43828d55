//! Reports of parts of a site, joined to the one that a single run would have made.

use std::collections::HashSet;

use super::{CheckReport, Found};

/// The reports as one; none where there are none. What several of them tell is told once.
pub fn merged(reports: Vec<CheckReport>) -> Option<CheckReport> {
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
