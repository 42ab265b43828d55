//! What `doctool list` says to people: for each page its commands, views and broken includes.

use std::fmt::Write as _;

use super::counted;
use super::list_json::{ListedPage, SiteListing};
use crate::model::{Diagnostic, Severity};

/// What is told of a page, and what it adds to the counts.
#[derive(Debug, Default)]
pub struct ToldPage {
    /// Nothing for a page that documents nothing and has no flaw: those are only counted.
    pub text: String,
    counts: Counts,
}

/// How much was listed.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    pages: usize,
    run: usize,
    not_run: usize,
    views: usize,
    includes: usize,
    broken: usize,
    errors: usize,
    warnings: usize,
}

impl Counts {
    /// Counts a page, and those of its flaws that were not told before.
    pub fn add(&mut self, page: &ToldPage, flaws: &[Diagnostic]) {
        self.pages += page.counts.pages;
        self.run += page.counts.run;
        self.not_run += page.counts.not_run;
        self.views += page.counts.views;
        self.includes += page.counts.includes;
        self.broken += page.counts.broken;
        let errors = flaws.iter().filter(|flaw| flaw.severity == Severity::Error).count();
        self.errors += errors;
        self.warnings += flaws.len() - errors;
    }
}

/// A page as text.
pub fn page(page: &ListedPage<'_>) -> ToldPage {
    let run = page.commands.iter().filter(|command| command.runs).count();
    let counts = Counts {
        pages: 1,
        run,
        not_run: page.commands.len() - run,
        views: page.views.len(),
        includes: page.includes.len(),
        broken: page.includes.iter().filter(|include| is_broken(include.status)).count(),
        ..Counts::default()
    };
    ToldPage { text: text(page), counts }
}

/// What is told when all pages are: the site as a whole, and the counts.
pub fn site(site: &SiteListing, counts: Counts) -> String {
    let mut out = String::new();
    for file in &site.orphans {
        let _ = writeln!(out, "{file}: looks like a view, and no page includes it");
    }
    for shared in &site.shared {
        let _ = writeln!(out, "{}: included by {}", shared.file, shared.pages.join(", "));
    }
    let Counts { pages, run, not_run, views, includes, broken, errors, warnings } = counts;
    let errors = match errors {
        0 => String::new(),
        errors => format!(", {}", counted(errors, "error")),
    };
    let _ = writeln!(
        out,
        "{}, {} to run, {not_run} not run, {}, {} ({broken} broken){errors}, {}",
        counted(pages, "page"),
        counted(run, "command"),
        counted(views, "view"),
        counted(includes, "include"),
        counted(warnings, "warning"),
    );
    out
}

fn text(page: &ListedPage<'_>) -> String {
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
        let target = include.target.unwrap_or_default();
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
