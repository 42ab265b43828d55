//! What people write about messages: references to steps, and what names in a diagram stand for.

use std::sync::LazyLock;

use memchr::memchr;
use regex::Regex;

/// `(5)`, `(1-4)`, `(6)-(9)` or `(10), (12)`.
static STEPS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\([0-9]{1,4}(?:\s*[-–~]\s*[0-9]{1,4})?\)(?:\s*[-–~]\s*\([0-9]{1,4}\)|(?:,\s*\([0-9]{1,4}(?:\s*[-–~]\s*[0-9]{1,4})?\))+)?",
    )
});
static LINK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:[-*+]\s+)?(?:\[[^\]]*\]\([^)]*\)|<?https?://\S+)[\s.,]*$"));
static ADMONITION: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(?:!!!|\?\?\?\+?)\s*\w"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// How often a line names steps of a diagram with this many messages. Other numbers, as in `(2023)` or
/// `f(1)`, name none.
pub(super) fn step_references(line: &str, messages: usize) -> Vec<&str> {
    references(line).filter(|steps| numbers(steps).all(|step| exists(step, messages))).collect()
}

/// References to several steps of which some are not there. A number alone may be no reference.
pub(super) fn lost_references(line: &str, messages: usize) -> Vec<&str> {
    let is_lost = |steps: &&str| {
        let is_some = numbers(steps).any(|step| exists(step, messages));
        is_some && !numbers(steps).all(|step| exists(step, messages))
    };
    references(line).filter(is_lost).collect()
}

fn references(line: &str) -> impl Iterator<Item = &str> {
    let is_call = |start: usize| {
        let before = line[..start].bytes().next_back();
        before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b']'))
    };
    // Most lines have no bracket, and that is quick to see.
    let line = if memchr(b'(', line.as_bytes()).is_some() { line } else { "" };
    STEPS.find_iter(line).filter(move |found| !is_call(found.start())).map(|found| found.as_str())
}

fn numbers(steps: &str) -> impl Iterator<Item = usize> {
    steps.split(|part: char| !part.is_ascii_digit()).filter_map(|number| number.parse().ok())
}

fn exists(step: usize, messages: usize) -> bool {
    (1..=messages).contains(&step)
}

/// What a stretch of prose lines holds, each as the index of its first line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Blocks {
    /// Admonitions that hold nothing but links.
    pub(super) references: Vec<usize>,
    /// The first line of anything else.
    pub(super) prose: Option<usize>,
}

/// Reads the lines between a heading and its tabs.
pub(super) fn blocks(lines: &[&str]) -> Blocks {
    let mut blocks = Blocks::default();
    let mut index = 0;
    while index < lines.len() {
        let start = index;
        index += 1;
        if lines[start].trim().is_empty() {
            continue;
        }
        if lines[start].starts_with(['!', '?']) && ADMONITION.is_match(lines[start]) {
            let is_inside = |line: &&str| line.trim().is_empty() || line.starts_with([' ', '\t']);
            index += lines[index..].iter().take_while(|line| is_inside(line)).count();
            let mut content = lines[start + 1..index].iter().filter(|line| !line.trim().is_empty());
            let has_content = content.clone().next().is_some();
            if has_content && content.all(|line| LINK.is_match(line.trim())) {
                blocks.references.push(start);
                continue;
            }
        }
        blocks.prose.get_or_insert(start);
    }
    blocks
}

/// The first lines of the tables and paragraphs that say what names stand for: a name and its value
/// in one line.
pub(super) fn legends(lines: &[&str], values: &[(String, String)]) -> Vec<usize> {
    let says = |line: &str| {
        values.iter().any(|(name, value)| line.contains(&**name) && line.contains(&**value))
    };
    let mut legends = Vec::new();
    let mut start = 0;
    for (index, line) in lines.iter().enumerate() {
        if line.trim().is_empty() {
            start = index + 1;
        } else if says(line) && legends.last() != Some(&start) {
            legends.push(start);
        }
    }
    legends
}

#[cfg(test)]
mod tests {
    use super::{Blocks, blocks, legends, lost_references, step_references};

    #[test]
    fn references_name_steps_that_exist() {
        let line =
            "as in `(1-4)`, then (6)-(9) and (10), (12), 요청(5)에; f(1), (2023), [x](3), (13)";
        assert_eq!(step_references(line, 12), ["(1-4)", "(6)-(9)", "(10), (12)", "(5)"]);
    }

    #[test]
    fn a_reference_that_goes_too_far_is_lost() {
        let line = "as in (3-14) or (2) of (2023), then (11), (13) but (20-30)";
        assert_eq!(lost_references(line, 12), ["(3-14)", "(11), (13)"]);
    }

    #[test]
    fn an_admonition_of_links_is_a_reference() {
        let lines = [
            "",
            "!!! reference \"API\"",
            "    [GET](https://x)",
            "",
            "text",
            "!!! note",
            "    text",
        ];
        assert_eq!(blocks(&lines), Blocks { references: vec![1], prose: Some(4) });
        assert_eq!(blocks(&["!!! note", "    see [GET](https://x)"]).prose, Some(0));
    }

    #[test]
    fn a_table_with_a_name_and_its_value_is_a_legend() {
        let values = [("image_id".to_owned(), "a42b".to_owned())];
        let lines = [
            "image_id",
            "",
            "| a | b |",
            "|---|---|",
            "| `image_id` | a42b |",
            "| image_id | a42b |",
        ];
        assert_eq!(legends(&lines, &values), [2]);
    }
}
