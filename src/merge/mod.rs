//! A page's views as they stand and as they are now, made into views that keep what people wrote.
//!
//! In: each view with its text, as it was generated from the page's last recording, as it stands, and
//! as it is generated now; and which message of the last recording is which now. Out: a [`Change`] a
//! view, and what a person has to look at. Structure first: a request/response page is merged message
//! by message, a diagram line by line; only inside such a part are lines merged. Places in what people
//! wrote follow what they point at: step numbers their messages, `hl_lines` their lines.

mod body;
mod console;
mod diagram;
mod highlights;
mod left_over;
mod line_numbers;
mod lines;
mod prose;
mod steps;
mod style;

use std::collections::HashSet;

use crate::model::{Change, Finding, FindingKind, Recording, Sides, View, ViewKind};

use lines::Clash;
use steps::{Renumbered, Stale, Steps};

/// What is done where a person and the cloud changed the same lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conflicts {
    /// The page stays as it is there, and the place is reported.
    #[default]
    Keep,
    /// The page stays as it is there.
    Mine,
    /// The page follows the cloud there, also where only a person changed what was generated.
    Theirs,
    /// Both stand there between marks.
    Markers,
}

/// What a merge needs to know of texts, and what it is to do with conflicts.
pub struct Eyes<'a> {
    /// A text without secrets, with as many lines.
    pub hide: &'a dyn Fn(&str) -> String,
    /// A text as it reads without its volatile values: equal for texts that say the same.
    pub mask: &'a dyn Fn(&str) -> String,
    /// What is done with conflicts.
    pub conflicts: Conflicts,
}

impl Eyes<'_> {
    fn hidden(&self, line: &str) -> String {
        (self.hide)(line)
    }

    fn said(&self, line: &str) -> String {
        (self.mask)(line)
    }
}

/// What a page's last recording and the new run have to do with each other.
pub struct Runs<'a> {
    /// The page's last recording; empty where there is none.
    pub documented: &'a Recording,
    /// The new one.
    pub live: &'a Recording,
    /// For each new exchange the documented one that it repeats.
    pub partners: &'a [Option<usize>],
}

/// Merges the views of one page.
pub struct Merge<'a> {
    steps: Steps,
    eyes: Eyes<'a>,
}

/// A view's three texts.
pub struct Texts<'a> {
    /// The view and its text as it stands.
    pub view: &'a View,
    /// As it was generated from the page's last recording; none where there is none.
    pub base: Option<&'a str>,
    /// As it is generated now.
    pub new: &'a str,
    /// Lines of a diagram, counted from 0, whose messages stay although they were not sent.
    pub unseen: &'a HashSet<usize>,
}

/// What a view is to be, and what there is to say about it.
#[derive(Debug, Default)]
struct Merged {
    lines: Vec<String>,
    findings: Vec<Finding>,
}

impl<'a> Merge<'a> {
    /// A merge of the views of one page.
    pub fn new(runs: &Runs<'_>, eyes: Eyes<'a>) -> Self {
        Self { steps: Steps::new(runs.documented, runs.live, runs.partners), eyes }
    }

    /// What is to stand in the view's place.
    pub fn view(&self, texts: &Texts<'_>) -> Change {
        let Texts { view, base, new, unseen } = texts;
        let old = &*view.region.text;
        let merged = match view.kind {
            ViewKind::Console(_) => console::merge(old, new),
            ViewKind::Diagram => diagram::merge(*base, old, new, unseen, (&self.steps, &self.eyes)),
            ViewKind::Body => body::merge(*base, old, new, &self.steps, &self.eyes),
            ViewKind::Log | ViewKind::Prose => Merged::of(new),
        };
        let text = merged.lines.iter().map(|line| format!("{line}\n")).collect();
        let region = view.region.clone();
        Change { kind: view.kind, region, text, findings: merged.findings }
    }
}

impl Merged {
    /// A text that is taken as it is.
    fn of(text: &str) -> Self {
        Self { lines: text.lines().map(str::to_owned).collect(), findings: Vec::new() }
    }

    /// Adds a line that stands on the page, with the step numbers of now.
    fn push_written(&mut self, page_line: usize, line: &str, steps: &Steps) {
        let text = self.written(page_line, line, steps);
        self.lines.push(text);
    }

    /// A line that stands on the page, with the step numbers of now; reports those that cannot be
    /// told.
    fn written(&mut self, page_line: usize, line: &str, steps: &Steps) -> String {
        let Renumbered { line: text, stale } = steps.renumbered(line);
        self.tell_stale(page_line, line, stale);
        text
    }

    /// Reports numbers in a line that cannot be told.
    fn tell_stale(&mut self, page_line: usize, line: &str, stale: Vec<Stale>) {
        let new_line = self.lines.len();
        self.findings.extend(stale.into_iter().map(|stale| Finding {
            kind: FindingKind::StaleReference,
            page_line,
            new_line,
            text: line.to_owned(),
            span: stale.span,
            message: stale.reason,
            hint: Some(stale.proposal),
            sides: None,
        }));
    }

    /// Reports what the three sides say in one place. `page_line` and `new_line` are where the part
    /// begins in the view as it stands and as it is to be.
    fn clash(&mut self, kind: FindingKind, clash: Clash, page_line: usize, new_line: usize) {
        let Clash { page_line: line, merged_line, base, page, run } = clash;
        let (message, hint) = match kind {
            FindingKind::Conflict => (
                "a person and the cloud changed the same lines",
                "edit the page, or choose with `--conflict=mine`, `theirs` or `markers`",
            ),
            _ => (
                "a person made something else of what the cloud said",
                "undo the edit, or take it back with `doctool refresh --conflict=theirs`",
            ),
        };
        let text = page.first().or(base.first()).cloned().unwrap_or_default();
        self.findings.push(Finding {
            kind,
            page_line: page_line + line,
            new_line: new_line + merged_line,
            span: text.len() - text.trim_start().len()..text.trim_end().len(),
            text,
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
            sides: Some(Sides { base, page, run }),
        });
    }
}
