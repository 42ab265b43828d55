//! A request/response page that people edited, beside the one that its recording gives.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memchr_iter;
use regex::Regex;

use crate::model::HandEditKind;
use crate::sections::{Direction, Document, Part, Section, Tab};
use crate::sequence::Template;

use super::align::{Pair, pairs};
use super::prose::{blocks, step_references};
use super::{Findings, Hiding, Recorded, Standing, texts};

static FENCE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:`{3,}|~{3,})\s*(?<language>[\w.+-]*)(?<options>.*)$"));
static OPTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?<key>\w+)=(?<value>"[^"]*"|'[^']*')"#));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// How many messages a request/response page has.
pub(super) fn count(text: &str) -> usize {
    Document::heads(text).sections.len()
}

/// Compares a page with the recorded one. Gives how many messages it has, and how many differ.
pub(super) fn compare(
    view: &Standing<'_>,
    recorded: &Recorded<'_>,
    hiding: &dyn Hiding,
    steps: usize,
    findings: &mut Findings,
) -> (usize, usize) {
    let standing = &Document::heads(view.text);
    let mut page = Reading { view, standing, hiding, steps, findings };
    let sections = Sections::of(recorded);
    let recorded = &sections.document();
    page.prose(standing.preamble.clone());
    let titles = standing.sections.iter().map(|section| page.title(section));
    let titles: Vec<Cow<'_, str>> = titles.collect();
    let keys = standing.sections.iter().zip(&titles).map(|(section, title)| key(section, title));
    let keys: Vec<String> = keys.collect();
    let recorded_keys = recorded.sections.iter();
    let recorded_keys = recorded_keys.map(|section| key(section, recorded.title(section)));
    let recorded_keys: Vec<String> = recorded_keys.collect();
    let alike = |one: usize, other: usize| {
        let (title, other) = (&*titles[one], &recorded.sections[other]);
        stands_for(title, recorded.title(other)) || arrow(&standing.sections[one]) == arrow(other)
    };
    let mut differing = 0;
    let mut missing: Vec<usize> = Vec::new();
    let mut last = 0;
    for pair in pairs(&keys, &recorded_keys, alike) {
        match pair {
            Pair::Both(one, other) => {
                let section = standing.section(one);
                last = section.heading;
                let differs = sections.with(recorded, other, |recorded, message| {
                    page.section(&section, recorded, message, other + 1)
                });
                differing += usize::from(differs);
            }
            Pair::Standing(one) => {
                let section = &standing.sections[one];
                last = section.heading;
                differing += 1;
                page.findings.unplaced(view, last, "the message of this section is not in the log");
                page.texts(&standing.section(one));
            }
            Pair::Recorded(other) => {
                differing += 1;
                missing.push(other + 1);
                continue;
            }
        }
        page.findings.missing(view, last, &mut missing);
    }
    page.findings.missing(view, last, &mut missing);
    (standing.sections.len(), differing)
}

/// The sections that a recording gives, each with what is in it once that is wanted.
struct Sections<'r> {
    recorded: &'r Recorded<'r>,
    /// The whole page, where its heads do not tell where sections begin.
    whole: Option<String>,
}

impl<'r> Sections<'r> {
    fn of(recorded: &'r Recorded<'r>) -> Self {
        let backticks = memchr_iter(b'`', recorded.heads.as_bytes()).count();
        // In a title one would make the line that opens a fence another one.
        let is_plain = backticks == 4 * recorded.messages;
        let whole = (!is_plain).then(|| (recorded.sections)(0..recorded.messages));
        Self { recorded, whole }
    }

    fn document(&self) -> Document<'_> {
        Document::heads(self.whole.as_deref().unwrap_or(&self.recorded.heads))
    }

    /// Looks at one of the document's sections, and at the document that has all its lines.
    fn with<T>(
        &self,
        document: &Document<'_>,
        section: usize,
        look: impl FnOnce(&Document<'_>, &Section<'_>) -> T,
    ) -> T {
        if self.whole.is_some() {
            return look(document, &document.section(section));
        }
        // A head has four lines.
        let message = |section: &Section<'_>| section.heading / 4;
        let end = document.sections.get(section + 1).map_or(self.recorded.messages, message);
        let text = (self.recorded.sections)(message(&document.sections[section])..end);
        let part = Document::heads(&text);
        look(&part, &part.section(0))
    }
}

/// What tells which message a section is about.
fn key(section: &Section<'_>, title: &str) -> String {
    arrow(section) + " " + title
}

/// Whether a title is the recorded one, or the one that a person made of it.
fn stands_for(title: &str, recorded: &str) -> bool {
    title == recorded || Template::of(title).is_some_and(|template| template.fits(recorded))
}

fn arrow(section: &Section<'_>) -> String {
    section.arrow.map_or_else(String::new, |arrow| match arrow.direction {
        Direction::Request => format!("{}->{}", arrow.from, arrow.to),
        Direction::Response => format!("{}<-{}", arrow.from, arrow.to),
    })
}

/// A page while it is compared.
struct Reading<'a> {
    view: &'a Standing<'a>,
    standing: &'a Document<'a>,
    hiding: &'a dyn Hiding,
    /// How many steps the page's diagram has.
    steps: usize,
    findings: &'a mut Findings,
}

/// The lines of a tab's content as they are compared.
fn content<'d>(
    document: &'d Document<'d>,
    tab: &'d Tab<'d>,
) -> impl Iterator<Item = &'d str> + Clone {
    let lines = document.lines[tab.content.clone()].iter();
    lines.map(|line| line.strip_prefix(tab.indent).unwrap_or(line).trim_end())
}

impl<'a> Reading<'a> {
    /// A section's title without secrets.
    fn title(&self, section: &Section<'_>) -> Cow<'a, str> {
        let title = self.standing.title(section);
        self.hiding.hidden(title).map_or(Cow::Borrowed(title), Cow::Owned)
    }

    /// Compares a section with its message. Gives whether it differs.
    fn section(
        &mut self,
        section: &Section<'_>,
        recorded: &Document<'_>,
        message: &Section<'_>,
        step: usize,
    ) -> bool {
        let before = self.findings.unplaced.len();
        if let Some(number) = &section.step {
            self.edit(HandEditKind::StepNumber, section.heading, "");
            if number.number != step {
                let reason = format!("the heading of message {step} says {}", number.number);
                self.findings.unplaced(self.view, section.heading, &reason);
            }
        }
        let title = self.title(section);
        if !stands_for(&title, recorded.title(message)) {
            let reason = "this heading is not the one of its message";
            self.findings.unplaced(self.view, section.heading, reason);
        } else if title != recorded.title(message) {
            self.edit(HandEditKind::Placeholder, section.heading, "");
        }
        if arrow(section) != arrow(message) {
            let reason = "below this heading is not the arrow of its message";
            self.findings.unplaced(self.view, section.heading, reason);
        }
        self.texts(section);
        for wanted in message.tabs() {
            match section.tabs().find(|tab| tab.label == wanted.label) {
                Some(tab) => self.tab(tab, recorded, wanted),
                None => {
                    let reason = format!("this section has no tab `{}` with a fence", wanted.label);
                    self.findings.unplaced(self.view, section.heading, &reason);
                }
            }
        }
        self.findings.unplaced.len() > before
    }

    /// What stands around the tabs of a section, and tabs that are a person's own.
    fn texts(&mut self, section: &Section<'_>) {
        if !self.findings.asks_for_edits {
            return;
        }
        let mut has_prose = false;
        for part in &section.parts {
            let Part::Text(lines) = part else { continue };
            let first = lines.start;
            let found = blocks(&self.standing.lines[lines.clone()]);
            for line in found.references {
                self.edit(HandEditKind::Reference, first + line, "");
            }
            if let Some(line) = found.prose.filter(|_| !has_prose) {
                has_prose = true;
                self.edit(HandEditKind::Prose, first + line, "");
            }
            self.references(lines.clone());
        }
    }

    /// Prose that belongs to no message.
    fn prose(&mut self, lines: std::ops::Range<usize>) {
        if !self.findings.asks_for_edits {
            return;
        }
        let first = lines.clone().find(|&line| !self.standing.lines[line].trim().is_empty());
        if let Some(line) = first {
            self.edit(HandEditKind::Prose, line, "");
        }
        self.references(lines);
    }

    fn references(&mut self, lines: std::ops::Range<usize>) {
        for line in lines.filter(|&line| !self.standing.is_fenced(line)).collect::<Vec<_>>() {
            for steps in step_references(self.standing.lines[line], self.steps) {
                self.edit(HandEditKind::StepReference, line, steps);
            }
        }
    }

    /// Compares a fence and its content with those of the message.
    fn tab(&mut self, tab: &Tab<'_>, recorded: &Document<'_>, wanted: &Tab<'_>) {
        self.options(tab, recorded.lines[wanted.opener]);
        let (old, new) = (content(self.standing, tab), content(recorded, wanted));
        let reason = format!("from here on `{}` is not as in the log", tab.label);
        if !self.findings.asks_for_edits {
            if let Some(first) = texts::first_meant(old, new, self.hiding) {
                let line = tab.content.start + first.line;
                self.findings.unplaced(self.view, line, &(reason + &first.what_the_log_says()));
            }
            return;
        }
        for stretch in texts::stretches(old, new, self.hiding) {
            let line = tab.content.start + stretch.line;
            if stretch.is_left_out {
                self.edit(HandEditKind::Elision, line, "");
            } else {
                self.findings.unplaced(self.view, line, &reason);
            }
        }
    }

    /// Compares the opening line of a fence with the one that the recording gives.
    fn options(&mut self, tab: &Tab<'_>, wanted: &str) {
        if !self.findings.asks_for_edits {
            return;
        }
        let line = self.standing.lines[tab.opener];
        let (Some(standing), Some(wanted)) = (FENCE.captures(line), FENCE.captures(wanted)) else {
            return;
        };
        let options = |found: &regex::Captures<'_>| -> Vec<(String, String)> {
            OPTION
                .captures_iter(&found["options"])
                .map(|option| (option["key"].to_owned(), option["value"].to_owned()))
                .collect()
        };
        let (has, had) = (options(&standing), options(&wanted));
        let is_marked = |(key, _): &(String, String)| key == "hl_lines";
        if has.iter().any(is_marked) {
            self.edit(HandEditKind::Highlight, tab.opener, "");
        }
        let added = has.iter().any(|option| !is_marked(option) && !had.contains(option));
        let dropped = had.iter().any(|option| !has.contains(option));
        if added || dropped || standing["language"] != wanted["language"] {
            self.edit(HandEditKind::FenceOption, tab.opener, "");
        }
        let rest = OPTION.replace_all(&standing["options"], "");
        if rest.contains(['"', '\'']) {
            self.edit(HandEditKind::Slip, tab.opener, "");
        }
    }

    fn edit(&mut self, kind: HandEditKind, line: usize, text: &str) {
        self.findings.edit(kind, self.view, line, text);
    }
}
