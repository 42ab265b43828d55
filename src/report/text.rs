//! For people: diffs with their places, errors with their hints, a summary at the end.

use std::fmt::Write as _;
use std::ops::Range;

use super::diff::Diff;
use super::{counted, leaks_text, not_seen};
use crate::error::Error;
use crate::model::{
    Change, Diagnostic, Fault, FileCache, Finding, Hold, Outcome, PageOutcome, Place, Severity,
    Sides,
};

/// Whether colour is wanted: a value, so that what is printed is decided at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    None,
    /// Escape sequences as terminals understand them.
    Ansi,
}

/// What a stretch of text is, to be coloured.
#[derive(Clone, Copy)]
pub(super) enum Style {
    Error,
    Warning,
    Place,
    Added,
    Removed,
    Hint,
}

impl Colour {
    pub(super) fn paint(self, style: Style, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        self.push(&mut out, style, text);
        out
    }

    /// Adds a text in colour.
    fn push(self, out: &mut String, style: Style, text: &str) {
        let code = match (self, style) {
            (Self::None, _) => return out.push_str(text),
            (_, Style::Error) => "1;31",
            (_, Style::Warning) => "1;33",
            (_, Style::Place) => "1",
            (_, Style::Added) => "32",
            (_, Style::Removed) => "31",
            (_, Style::Hint) => "36",
        };
        out.extend(["\u{1b}[", code, "m", text, "\u{1b}[0m"]);
    }
}

/// An error: what failed, where, what the program said, what may help.
pub fn error(error: &Error, colour: Colour) -> String {
    let said = error.said_text().unwrap_or_default();
    trouble(&error.to_string(), error.place(), (said, error.hint_text()), colour)
}

/// A command that did otherwise than its page says, told as an error is.
pub fn fault(fault: &Fault, hide: &dyn Fn(&str) -> String, colour: Colour) -> String {
    let Fault { place, message, said, hint } = fault;
    let said = said.as_deref().map(hide).unwrap_or_default();
    let hint = hint.as_deref().map(hide);
    trouble(&hide(message), Some(place), (&said, hint.as_deref()), colour)
}

fn trouble(
    message: &str,
    place: Option<&Place>,
    (said, hint): (&str, Option<&str>),
    colour: Colour,
) -> String {
    let mut out = format!("{} {message}\n", colour.paint(Style::Error, "error:"));
    if let Some(place) = place {
        out.push_str(&format!("  --> {}\n", colour.paint(Style::Place, &place.to_string())));
    }
    for line in said.lines() {
        out.push_str(&format!("    | {line}\n"));
    }
    if let Some(hint) = hint {
        out.push_str(&format!("{} {hint}\n", colour.paint(Style::Hint, "hint:")));
    }
    out
}

/// What `refresh` did: a line a page, what is left to people, and a summary.
pub fn refresh(
    outcome: &Outcome,
    files: &FileCache,
    hide: &dyn Fn(&str) -> String,
    colour: Colour,
) -> String {
    let mut out = String::new();
    for page in &outcome.pages {
        if page.fate.failed.is_some() {
            let _ = writeln!(out, "{}: a command failed; not rewritten", page.path);
            continue;
        }
        if let Some(hold) = page.hold {
            out.push_str(&held(page, hold, files, hide, colour));
            continue;
        }
        let views: Vec<String> = page
            .stale()
            .map(|change| {
                format!("{} ({})", change.kind, files.shown_path(&change.region.file).display())
            })
            .collect();
        let what = if views.is_empty() { "unchanged".to_owned() } else { views.join(", ") };
        let _ = writeln!(out, "{}: {what}", page.path);
        out.push_str(&findings(page, true, hide, colour));
    }
    out.push_str(&diagnostics(outcome.diagnostics(), hide, colour));
    out.push_str(&leaks(outcome, colour));
    let _ = writeln!(
        out,
        "{} of {} rewritten on {}{}{}",
        outcome.written(),
        counted(outcome.verified(), "view"),
        counted(outcome.pages.iter().filter(|page| page.fate.failed.is_none()).count(), "page"),
        found(outcome),
        left_out(outcome)
    );
    let hidden = |page: &PageOutcome| page.not_seen.iter().map(|what| hide(what)).collect();
    let pages: Vec<(&str, Vec<String>)> =
        outcome.pages.iter().map(|page| (&*page.path, hidden(page))).collect();
    out.push_str(&not_seen(pages.iter().map(|(path, what)| (*path, &**what))));
    out
}

/// A page that is not written, and why.
fn held(
    page: &PageOutcome,
    hold: Hold,
    files: &FileCache,
    hide: &dyn Fn(&str) -> String,
    colour: Colour,
) -> String {
    let how = match hold {
        Hold::Proposal => "the runs differ; not rewritten",
        Hold::RunsDiffer => "the runs differ, and not in steps that come, go or change places",
        Hold::Unexpected => "a command did not fail as the page expects; not rewritten",
    };
    let mut out = format!("{}: {how}\n\n", page.path);
    let faults = page.fate.unexpected.iter();
    faults.for_each(|unexpected| out.push_str(&(fault(unexpected, hide, colour) + "\n")));
    let hint = match hold {
        Hold::Unexpected => return out,
        Hold::Proposal => {
            page.stale().for_each(|change| out.push_str(&diff(change, files, hide, colour)));
            "write this, with the blocks that say how, with `--accept`"
        }
        Hold::RunsDiffer => {
            "draw what may differ, such as another answer within `alt`: doctool proposes `opt`, `loop` and `par` only"
        }
    };
    let _ = writeln!(out, "{} {hint}\n", colour.paint(Style::Hint, "hint:"));
    out
}

/// What a person has to look at on a page, with places in the files as they stand or as written.
fn findings(
    page: &PageOutcome,
    written: bool,
    hide: &dyn Fn(&str) -> String,
    colour: Colour,
) -> String {
    let told = page.findings().map(|(change, finding)| {
        let place = page.place(change, finding, written);
        let Finding { kind, text, span, message, hint, .. } = finding;
        let mut notes = Vec::new();
        if let Some(Sides { base, page, run }) = &finding.sides {
            for (side, lines) in [("was", base), ("page", page), ("run", run)] {
                notes.extend(lines.iter().map(|line| format!("{side}: {}", hide(line))));
                if lines.is_empty() {
                    notes.push(format!("{side}: (nothing)"));
                }
            }
        }
        let hidden = hide(text);
        let span = if hidden == *text { span.clone() } else { 0..hidden.len() };
        let head = format!("{}[{kind}]:", if kind.is_left_to_do() { "warning" } else { "note" });
        let snippet = Snippet {
            style: Style::Warning,
            head: &head,
            message: &hide(message),
            place: &place,
            text: Some(&hidden),
            span,
        };
        snippet.shown(&notes, hint.as_deref(), colour)
    });
    told.collect()
}

/// That there are secrets on the pages, which a refresh does not take out.
fn leaks(outcome: &Outcome, colour: Colour) -> String {
    let Some(first) = outcome.leaks.first() else { return String::new() };
    let head = colour.paint(Style::Warning, "warning[published-secret]:");
    let place = colour.paint(Style::Place, &first.place.to_string());
    let hint = colour.paint(Style::Hint, "hint:");
    format!(
        "{head} these pages publish {}\n  --> {place} is the first place\n   = {hint} see all with \
         `doctool redact --check`, and take them out with `doctool redact`\n\n",
        leaks_text::kinds(&outcome.leaks)
    )
}

fn found(outcome: &Outcome) -> String {
    match outcome.findings() {
        0 => String::new(),
        count => format!("; {} to look at", counted(count, "place")),
    }
}

/// A diff from what stands in the file to what the cloud says, with the file's line numbers.
fn diff(
    change: &Change,
    files: &FileCache,
    hide: &dyn Fn(&str) -> String,
    colour: Colour,
) -> String {
    let Diff { place, text } = Diff::of(change, files, hide);
    let place = colour.paint(Style::Place, &place.to_string());
    format!("{place}: the {} is stale\n{}\n", change.kind, coloured(&text, colour))
}

/// A unified diff, what is added and what is removed in colours.
pub(super) fn coloured(diff: &str, colour: Colour) -> String {
    let mut out = String::new();
    for line in diff.split_inclusive('\n') {
        let style = match line.as_bytes().first() {
            Some(b'+') => Some(Style::Added),
            Some(b'-') => Some(Style::Removed),
            _ => None,
        };
        let text = line.trim_end_matches(['\n', '\r']);
        out.push_str(&style.map_or_else(|| text.to_owned(), |style| colour.paint(style, text)));
        out.push('\n');
    }
    out
}

/// What authors should know about their pages, each with the line and a caret below it. `hide` takes
/// secrets out of what is shown of the files.
pub fn diagnostics<'a>(
    found: impl IntoIterator<Item = &'a Diagnostic>,
    hide: &dyn Fn(&str) -> String,
    colour: Colour,
) -> String {
    found.into_iter().map(|diagnostic| self::diagnostic(diagnostic, hide, colour)).collect()
}

fn diagnostic(diagnostic: &Diagnostic, hide: &dyn Fn(&str) -> String, colour: Colour) -> String {
    let Diagnostic { kind, severity, place, text, span, message, hint } = diagnostic;
    let hidden = hide(text);
    let span = if hidden == *text { span.clone() } else { 0..hidden.len() };
    let style = match severity {
        Severity::Note | Severity::Warning => Style::Warning,
        Severity::Error => Style::Error,
    };
    let head = format!("{}[{kind}]:", severity.name());
    let snippet =
        Snippet { style, head: &head, message: &hide(message), place, text: Some(&hidden), span };
    snippet.shown(&[], hint.as_deref().map(hide).as_deref(), colour)
}

/// A line of a file with what is to be said about a part of it.
pub(super) struct Snippet<'a> {
    pub(super) style: Style,
    pub(super) head: &'a str,
    pub(super) message: &'a str,
    pub(super) place: &'a Place,
    /// None where the file as a whole is meant.
    pub(super) text: Option<&'a str>,
    /// Bytes of the line.
    pub(super) span: Range<usize>,
}

impl Snippet<'_> {
    /// The line with a caret below the part, notes and a hint.
    pub(super) fn shown(&self, notes: &[String], hint: Option<&str>, colour: Colour) -> String {
        let mut out = String::new();
        self.push(&mut out, notes, hint, colour);
        out
    }

    /// Adds what is shown of it.
    pub(super) fn push(
        &self,
        out: &mut String,
        notes: &[String],
        hint: Option<&str>,
        colour: Colour,
    ) {
        let Self { style, head, message, place, text, span } = self;
        let number = place.line.to_string();
        let margin = " ".repeat(number.len());
        colour.push(out, *style, head);
        out.extend([" ", message, "\n", &margin, "--> "]);
        colour.push(out, Style::Place, &place.to_string());
        out.push('\n');
        if let Some(text) = text {
            let before = text.get(..span.start).unwrap_or_default();
            // Tabs stay tabs, so that the caret stands below what it marks whatever a tab's width is.
            let blanks = before.chars().map(|character| if character == '\t' { '\t' } else { ' ' });
            let marked = text.get(span.clone()).unwrap_or_default().chars().count().max(1);
            out.extend([&margin, " |\n", &number, " | ", text, "\n", &margin, " | "]);
            out.extend(blanks);
            colour.push(out, *style, &"^".repeat(marked));
            out.push('\n');
        }
        for note in notes {
            out.extend([&margin, " = ", note, "\n"]);
        }
        if let Some(hint) = hint {
            out.extend([&margin, " = "]);
            colour.push(out, Style::Hint, "hint:");
            out.extend([" ", hint, "\n"]);
        }
        out.push('\n');
    }
}

fn left_out(outcome: &Outcome) -> String {
    let ignored = match outcome.ignored {
        0 => String::new(),
        count => format!("; {} ignored", counted(count, "exchange")),
    };
    let not_run: usize = outcome.pages.iter().map(|page| page.not_run.len()).sum();
    match not_run {
        0 => ignored,
        count => format!("{ignored}; {} not run, see `doctool list`", counted(count, "command")),
    }
}
