//! The numbers of a part's steps as links to their sections, on a line below the part.
//!
//! Mermaid has links of its own, in menus that open at a participant. Material for MkDocs draws diagrams
//! in a shadow tree, where they do not open; so links stand beside the diagram.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Change, ViewKind};

static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^ {0,3}#{1,6} +(?<text>\((?<number>\d+)\) .*?)(?: +#+)? *$")
        .expect("the pattern is valid")
});

static OWN_ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\{[^{}]*#(?<id>[^\s{}]+)[^{}]*\}$").expect("the pattern is valid")
});

static LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?<lead>[^\[\]]*?)\[\d+\]\(#[^\s()]*\)(?: (?:\[\d+\]\(#[^\s()]*\)|\d+))*\s*$")
        .expect("the pattern is valid")
});

/// What such a line begins with, until people write something else.
pub(super) const LEAD: &str = "Steps: ";

/// The anchors of the sections on a page by the numbers of their steps.
pub(super) fn anchors(changes: &[Change]) -> BTreeMap<u64, String> {
    let bodies = changes.iter().filter(|change| change.kind == ViewKind::Body);
    let mut anchors = BTreeMap::new();
    for heading in bodies.flat_map(|body| HEADING.captures_iter(&body.text)) {
        if let Ok(number) = heading["number"].parse() {
            anchors.entry(number).or_insert_with(|| anchor(&heading["text"]));
        }
    }
    anchors
}

/// The anchor that Python-Markdown gives a heading, as its extension `toc` makes it by default.
fn anchor(heading: &str) -> String {
    if let Some(own) = OWN_ID.captures(heading) {
        return own["id"].to_owned();
    }
    let is_kept = |letter: &char| {
        letter.is_ascii_alphanumeric()
            || matches!(letter, '_' | '-')
            || letter.is_ascii_whitespace()
    };
    let text: String = heading.chars().filter(is_kept).collect();
    let words: Vec<&str> =
        text.split(|letter: char| letter == '-' || letter.is_whitespace()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let dash = |at_end: bool| if at_end { "-" } else { "" };
    let text = text.trim();
    let (first, last) = (dash(text.starts_with('-')), dash(text.ends_with('-')));
    format!("{first}{}{last}", words.join("-")).to_lowercase()
}

/// What a line of links begins with; none if the line is another one.
pub(super) fn lead(line: &str) -> Option<String> {
    LINE.captures(line).map(|found| found["lead"].to_owned())
}

/// The line for steps with these numbers. Those without a section are no links.
pub(super) fn line(lead: &str, numbers: &[u64], anchors: &BTreeMap<u64, String>) -> Option<String> {
    numbers.iter().any(|number| anchors.contains_key(number)).then(|| {
        let link = |number: &u64| match anchors.get(number) {
            Some(anchor) => format!("[{number}](#{anchor})"),
            None => number.to_string(),
        };
        format!("{lead}{}", numbers.iter().map(link).collect::<Vec<_>>().join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::{anchor, lead, line};

    #[test]
    fn anchors_are_those_of_python_markdown() {
        for (heading, expected) in [
            ("(1) GET /identity", "1-get-identity"),
            ("(5) GET /v2/images/a42bfade-78ec", "5-get-v2imagesa42bfade-78ec"),
            ("(2) 300 MULTIPLE CHOICES /identity/", "2-300-multiple-choices-identity"),
            ("(8) GET /v1/AUTH_{account} 목록", "8-get-v1auth_account"),
            ("(9) GET /a - b", "9-get-a-b"),
            ("(3) GET /x {#mine .wide}", "mine"),
        ] {
            assert_eq!(anchor(heading), expected);
        }
    }

    #[test]
    fn a_line_of_links_is_known_again_with_the_words_before_it() {
        let anchors = [(1, "1-get".to_owned()), (3, "3-get".to_owned())].into();
        let links = line("Schritte: ", &[1, 2, 3], &anchors).expect("there are sections");
        assert_eq!(links, "Schritte: [1](#1-get) 2 [3](#3-get)");
        assert_eq!(lead(&links).as_deref(), Some("Schritte: "));
        assert_eq!(lead("See [1](#1-get) for more."), None);
        assert_eq!(line("", &[2], &anchors), None);
    }
}
