//! What `doctool list` says to people: for each page its commands, views and broken includes.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::counted;
use super::list_json::{ListedPage, Listing};

/// The listing as text. Pages that document nothing and have no flaw are only counted.
pub fn listing(listing: &Listing) -> String {
    let mut out = String::new();
    for page in &listing.pages {
        out.push_str(&self::page(page));
    }
    for file in &listing.orphans {
        let _ = writeln!(out, "{file}: looks like a view, and no page includes it");
    }
    for shared in &listing.shared {
        let _ = writeln!(out, "{}: included by {}", shared.file, shared.pages.join(", "));
    }
    let count = |of: fn(&ListedPage) -> usize| listing.pages.iter().map(of).sum::<usize>();
    let run = count(|page| page.commands.iter().filter(|command| command.runs).count());
    let not_run = count(|page| page.commands.len()) - run;
    let broken =
        count(|page| page.includes.iter().filter(|include| is_broken(include.status)).count());
    let found = || listing.pages.iter().flat_map(|page| &page.diagnostics);
    let distinct = |severity| {
        let found = found().filter(|found| found.severity == severity);
        let places: HashSet<_> =
            found.map(|found| (found.kind, &found.file, found.line, found.column)).collect();
        places.len()
    };
    let errors = match distinct("error") {
        0 => String::new(),
        errors => format!(", {}", counted(errors, "error")),
    };
    let _ = writeln!(
        out,
        "{}, {} to run, {not_run} not run, {}, {} ({broken} broken){errors}, {}",
        counted(listing.pages.len(), "page"),
        counted(run, "command"),
        counted(count(|page| page.views.len()), "view"),
        counted(count(|page| page.includes.len()), "include"),
        counted(distinct("warning"), "warning"),
    );
    out
}

fn page(page: &ListedPage) -> String {
    let mut lines = Vec::new();
    for command in &page.commands {
        let place = format!("{}:{}", command.file, command.line);
        lines.push(match &command.reason {
            None => format!("  run      {place}  {}", command.command),
            Some(reason) => format!("  not run  {place}  {}  ({reason})", command.command),
        });
    }
    for view in &page.views {
        lines
            .push(format!("  {:<7}  {}:{}  {} lines", view.kind, view.file, view.line, view.lines));
    }
    for include in page.includes.iter().filter(|include| is_broken(include.status)) {
        let target = include.target.as_deref().unwrap_or_default();
        lines.push(format!(
            "  include  {}:{}  {target}  ({})",
            include.file, include.line, include.status
        ));
    }
    if lines.is_empty() {
        String::new()
    } else {
        format!("{}\n{}\n\n", page.path, lines.join("\n"))
    }
}

/// Whether an include does not bring in what it names.
fn is_broken(status: &str) -> bool {
    matches!(status, "missing" | "outside-base" | "cycle" | "error")
}
