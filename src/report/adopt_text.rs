//! What `doctool adopt` says to people: a table a page, what is not recognised, and a summary.

use std::fmt::Write as _;

use super::adopt_json::has_something;
use super::{counted, leaks_text};
use crate::model::{AdoptedView, Adoption, HandEditKind, Leak, Place};

/// Which places are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// Those that are not recognised.
    Unplaced,
    /// Those of every edit and every secret, too.
    All,
}

/// What is known of the pages. Those about which there is nothing to say are only counted.
pub fn adoption(pages: &[Adoption], places: Places) -> String {
    let mut out = String::new();
    for page in pages.iter().filter(|page| has_something(page)) {
        out.push_str(&self::page(page, places));
    }
    let with_views = pages.iter().filter(|page| !page.views.is_empty()).count();
    let sum = |of: fn(&Adoption) -> usize| pages.iter().map(of).sum::<usize>();
    let _ = writeln!(out, "all pages");
    for kind in HandEditKind::ALL {
        let count = pages.iter().map(|page| page.count(kind)).sum::<usize>();
        if count > 0 {
            let _ = writeln!(out, "  {count:>5}  {}", label(kind));
        }
    }
    let leaks: Vec<Leak> = pages.iter().flat_map(|page| &page.leaks).cloned().collect();
    if !leaks.is_empty() {
        let kinds = leaks_text::kinds(&leaks);
        let _ = writeln!(out, "  published: {kinds}; take them out with `doctool redact`");
    }
    let _ = writeln!(
        out,
        "{} with views of {}, {}, {} not recognised, {}",
        counted(with_views, "page"),
        pages.len(),
        counted(sum(|page| page.edits.len()), "hand edit"),
        counted(sum(|page| page.unplaced.len()), "place"),
        counted(leaks.len(), "secret"),
    );
    out
}

fn page(page: &Adoption, places: Places) -> String {
    let mut out = format!("{}\n", page.path);
    for view in &page.views {
        let _ =
            writeln!(out, "  {:<7}  {}  {}", view.kind.to_string(), view.place, judgement(view));
    }
    for kind in HandEditKind::ALL {
        let edits = page.edits.iter().filter(|edit| edit.kind == kind);
        let count = edits.clone().count();
        if count > 0 {
            let _ = writeln!(out, "  {count:>5}  {}", label(kind));
        }
        for edit in edits.filter(|_| places == Places::All) {
            let text = format!("         {}  {}", edit.place, edit.text);
            let _ = writeln!(out, "{}", text.trim_end());
        }
    }
    if !page.leaks.is_empty() {
        let _ = writeln!(out, "  published: {}", leaks_text::kinds(&page.leaks));
        for leak in page.leaks.iter().filter(|_| places == Places::All) {
            let Leak { place, kind, .. } = leak;
            let _ = writeln!(out, "         {place}  {kind}");
        }
    }
    if !page.unplaced.is_empty() {
        out.push_str("  not recognised:\n");
    }
    for unplaced in &page.unplaced {
        let place: &Place = &unplaced.place;
        let _ = writeln!(out, "         {place}  {}", unplaced.reason);
    }
    out.push('\n');
    out
}

/// How far a view tells what the log does.
fn judgement(view: &AdoptedView) -> String {
    match (view.messages, view.differing) {
        (None, _) => "the log does not say what it must be".to_owned(),
        (Some(messages), None) => format!("{}, no log", counted(messages, "message")),
        (Some(messages), Some(0)) => format!("{}, as in the log", counted(messages, "message")),
        (Some(messages), Some(differing)) => {
            format!("{}, {differing} not as in the log", counted(messages, "message"))
        }
    }
}

/// What a kind of edit is called.
fn label(kind: HandEditKind) -> &'static str {
    match kind {
        HandEditKind::StepNumber => "step numbers in headings",
        HandEditKind::Reference => "references below headings",
        HandEditKind::Prose => "sections with prose",
        HandEditKind::Highlight => "fences with highlighted lines",
        HandEditKind::StepReference => "references to steps in prose",
        HandEditKind::Block => "blocks in diagrams",
        HandEditKind::Placeholder => "messages with names for ids",
        HandEditKind::Query => "queries added to messages",
        HandEditKind::Legend => "tables or notes that say what a name stands for",
        HandEditKind::DiagramLine => "other lines in diagrams",
        HandEditKind::OwnDiagram => "further diagrams",
        HandEditKind::Elision => "places where lines are left out",
        HandEditKind::FenceOption => "fences with other options, title or language",
        HandEditKind::Slip => "slips in info strings",
    }
}
