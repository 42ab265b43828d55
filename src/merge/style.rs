//! How a request/response page is laid out where that differs from how doctool lays it out: a style
//! that is the same throughout is taken over for new sections, not fought.
//!
//! In: pairs of sections, as generated and as they stand. Out: a [`Style`] that can dress a generated
//! section.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use regex::Regex;

use crate::sections::{Document, Part, Section, Tab};

static TITLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"title="(?<title>[^"]*)""#).expect("the pattern is valid"));
static HIGHLIGHT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"\s*"?hl_lines=(?:"[^"]*"|'[^']*')"#).expect("the pattern is valid")
});

/// What content looks like where a message has none.
const NONE: &str = "none";

/// How new sections are laid out.
#[derive(Debug, Default)]
pub(super) struct Style {
    /// How many `#`; as generated where headings differ.
    level: Option<usize>,
    /// Whether no heading has a step number.
    unnumbered: bool,
    /// Blank lines between arrow and first tab, between tabs, and behind the last one.
    gaps: [Option<usize>; 2],
    /// Blank lines between sections.
    pub(super) between: usize,
    /// Generated tab titles and what people call them.
    labels: HashMap<String, String>,
    /// Opening lines by generated tab title, with `{}` for the title.
    openers: HashMap<String, String>,
    /// What stands where a message has no content.
    none: Option<Vec<String>>,
}

/// A value that all have in common, if they do and there is any.
fn common<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// The value that most have; of several the smallest.
fn usual(values: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    values.for_each(|value| *counts.entry(value).or_default() += 1);
    counts
        .into_iter()
        .max_by_key(|&(value, count)| (count, std::cmp::Reverse(value)))
        .map(|(value, _)| value)
}

impl Style {
    /// The style of a page, from its sections and the generated ones that they correspond to.
    pub(super) fn of(
        page: &Document<'_>,
        pairs: &[(&Section<'_>, &Section<'_>)],
        base: &Document<'_>,
    ) -> Self {
        let mut style = Self { between: 2, ..Self::default() };
        let sections = &page.sections;
        style.level = common(sections.iter().map(|section| section.level));
        style.unnumbered =
            !sections.is_empty() && sections.iter().all(|section| section.step.is_none());
        style.gaps = [usual(gaps(page, true)), usual(gaps(page, false))];
        let followed = sections.split_last().map_or(&[][..], |(_, others)| others);
        style.between =
            usual(followed.iter().map(|section| trailing_blanks(page, section))).unwrap_or(2);
        let tabs: Vec<(&Tab<'_>, &Tab<'_>)> = pairs
            .iter()
            .flat_map(|(section, generated)| section.tabs().zip(generated.tabs()))
            .collect();
        let names: Vec<&str> = tabs.iter().map(|(_, generated)| generated.label).collect();
        for name in names {
            if style.labels.contains_key(name) {
                continue;
            }
            let same = || tabs.iter().filter(|(_, generated)| generated.label == name);
            if let Some(label) = common(same().map(|(tab, _)| tab.label)) {
                style.labels.insert(name.to_owned(), label.to_owned());
            }
            if let Some(opener) = common(same().map(|(tab, _)| neutral(page.lines[tab.opener]))) {
                style.openers.insert(name.to_owned(), opener);
            }
        }
        let empty = tabs.iter().filter(|(_, generated)| {
            base.lines[generated.content.clone()].iter().all(|line| line.trim() == NONE)
        });
        style.none = common(empty.map(|(tab, _)| content(page, tab)))
            .map(|lines| lines.into_iter().map(str::to_owned).collect());
        style
    }

    /// A generated section's lines in this style, without blank lines behind it.
    pub(super) fn dressed(&self, document: &Document<'_>, section: &Section<'_>) -> Vec<String> {
        let mut out = vec![self.heading(document, section)];
        out.extend(section.arrow.map(|arrow| document.lines[arrow.line].to_owned()));
        let mut is_first = true;
        for part in &section.parts {
            match part {
                Part::Text(lines) => {
                    let blanks = self.gaps[usize::from(!is_first)].unwrap_or(lines.len());
                    out.extend(std::iter::repeat_n(String::new(), blanks));
                }
                Part::Tab(tab) => {
                    self.tab(document, tab, &mut out);
                    is_first = false;
                }
            }
        }
        while out.last().is_some_and(|line| line.trim().is_empty()) {
            out.pop();
        }
        out
    }

    fn heading(&self, document: &Document<'_>, section: &Section<'_>) -> String {
        let level = "#".repeat(self.level.unwrap_or(section.level));
        let title = document.title(section);
        match &section.step {
            Some(step) if !self.unnumbered => format!("{level} ({}) {title}", step.number),
            _ => format!("{level} {title}"),
        }
    }

    fn tab(&self, document: &Document<'_>, tab: &Tab<'_>, out: &mut Vec<String>) {
        let label = document.lines[tab.line];
        out.push(match self.labels.get(tab.label) {
            Some(name) => label.replacen(tab.label, name, 1),
            None => label.to_owned(),
        });
        let generated = document.lines[tab.opener];
        let opener = self.openers.get(tab.label).map(|opener| titled(opener, generated));
        let longer = |opener: &String| marker(opener).len() >= marker(generated).len();
        match opener.filter(longer) {
            Some(opener) => {
                let closer = format!("{}{}", tab.indent, marker(&opener));
                out.push(opener);
                self.content(document, tab, out);
                out.push(closer);
            }
            None => {
                out.push(generated.to_owned());
                self.content(document, tab, out);
                out.push(document.lines[tab.closer].to_owned());
            }
        }
    }

    fn content(&self, document: &Document<'_>, tab: &Tab<'_>, out: &mut Vec<String>) {
        let lines = &document.lines[tab.content.clone()];
        match &self.none {
            Some(none) if lines.iter().all(|line| line.trim() == NONE) => {
                out.extend(none.iter().map(|line| indented(tab.indent, line)));
            }
            _ => out.extend(lines.iter().map(|&line| line.to_owned())),
        }
    }
}

/// A line of a fence's content as it stands in the file.
pub(super) fn indented(indent: &str, line: &str) -> String {
    if line.is_empty() { String::new() } else { format!("{indent}{line}") }
}

/// The lines of a fence's content without the fence's indent.
pub(super) fn content<'a>(document: &Document<'a>, tab: &Tab<'a>) -> Vec<&'a str> {
    let bare = |line: &&'a str| line.strip_prefix(tab.indent).unwrap_or(line.trim_start());
    document.lines[tab.content.clone()].iter().map(bare).collect()
}

/// How many blank lines end a section.
pub(super) fn trailing_blanks(document: &Document<'_>, section: &Section<'_>) -> usize {
    let lines = &document.lines[section.lines()];
    lines.iter().rev().take_while(|line| line.trim().is_empty()).count()
}

/// The numbers of blank lines of a page's sections before the first tab, or between tabs, where
/// nothing else stands there.
fn gaps<'a>(page: &'a Document<'_>, first: bool) -> impl Iterator<Item = usize> + 'a {
    page.sections.iter().flat_map(move |section| {
        let start = section.arrow.map_or(section.heading, |arrow| arrow.line) + 1;
        let lines: Vec<usize> = section.tabs().map(|tab| tab.line).collect();
        let ends: Vec<usize> = section.tabs().map(|tab| tab.closer + 1).collect();
        let gaps: Vec<_> = match first {
            true => lines.first().map(|&line| start..line).into_iter().collect(),
            false => ends.iter().zip(lines.iter().skip(1)).map(|(&end, &line)| end..line).collect(),
        };
        let blank = |gap: &std::ops::Range<usize>| {
            page.lines[gap.clone()].iter().all(|line| line.trim().is_empty())
        };
        gaps.into_iter().filter(blank).map(|gap| gap.len()).collect::<Vec<_>>()
    })
}

/// An opening line without what is one message's: its title and its marks.
fn neutral(opener: &str) -> String {
    let bare = HIGHLIGHT.replace_all(opener, "");
    TITLE.replace(&bare, "title=\"{}\"").into_owned()
}

/// A neutral opening line with the title of a generated one.
fn titled(opener: &str, generated: &str) -> String {
    match title(generated) {
        Some(title) => opener.replacen("{}", title, 1),
        None => opener.to_owned(),
    }
}

/// The title in an opening line.
pub(super) fn title(opener: &str) -> Option<&str> {
    TITLE.captures(opener).and_then(|found| found.name("title")).map(|title| title.as_str())
}

/// The backticks or tildes of an opening line.
pub(super) fn marker(opener: &str) -> &str {
    let start = opener.find(['`', '~']).unwrap_or(opener.len());
    let first = opener[start..].chars().next().unwrap_or('`');
    let length = opener[start..].chars().take_while(|&mark| mark == first).count();
    &opener[start..start + length]
}
