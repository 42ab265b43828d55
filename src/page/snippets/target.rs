//! What an include names: a target as it is written in, its path and what it selects out.

use std::sync::LazyLock;

use regex::Regex;

use super::grammar::is_section_character;
use crate::page::python::{is_letter_in_any_case, strip};

/// A path and what it selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) path: &'a str,
    pub(super) selector: Selector<'a>,
}

/// Which lines of a file are included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selector<'a> {
    Whole,
    Ranges(Vec<Range>),
    Section(&'a str),
    /// A `-` without a number, at which the site's build stops.
    Broken,
}

/// A range of lines as written; none stands for the first or last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    first: Option<i64>,
    last: Option<i64>,
}

/// Splits what stands between the quotes; none when no path is left.
///
/// The path is the shortest one behind which line ranges or a section name reach to the end.
pub(super) fn parse(text: &str) -> Option<Target<'_>> {
    let (path, selector) = split(text);
    let path = strip(path);
    if path.is_empty() {
        return None;
    }
    let selector = match selector {
        None => Selector::Whole,
        Some(selector) if selector.starts_with(is_letter_in_any_case) => {
            Selector::Section(selector)
        }
        Some(selector) => {
            let ranges: Option<Vec<_>> = selector.split(',').map(range).collect();
            ranges.map_or(Selector::Broken, Selector::Ranges)
        }
    };
    Some(Target { path, selector })
}

/// The path and what follows the colon behind it.
fn split(text: &str) -> (&str, Option<&str>) {
    static RANGES: LazyLock<Regex> = LazyLock::new(|| {
        let number = "-?[0-9]*";
        let next = format!("(?:(?:-[0-9]*|[0-9]+)(?::{number})?|:{number})");
        Regex::new(&format!("(?::{number}){{1,2}}(?:,{next})*$")).expect("a valid pattern")
    });
    // The leftmost match of a pattern that ends with the text is the longest selector there is.
    let ranges =
        if text.contains(':') { RANGES.find(text).map(|found| found.start()) } else { None };
    let name = text.trim_end_matches(is_section_character);
    let section = name
        .ends_with(':')
        .then(|| name.len() - 1)
        .filter(|colon| text[colon + 1..].starts_with(is_letter_in_any_case));
    match ranges.into_iter().chain(section).min() {
        Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
        None => (text, None),
    }
}

fn range(text: &str) -> Option<Range> {
    let (first, last) = match text.split_once(':') {
        Some((first, last)) => (first, last),
        None => (text, ""),
    };
    let number = |text: &str| match text {
        "" => Some(None),
        "-" => None,
        // More digits than fit are beyond any file, on the side that the sign says.
        digits if digits.starts_with('-') => Some(Some(digits.parse().unwrap_or(i64::MIN))),
        digits => Some(Some(digits.parse().unwrap_or(i64::MAX))),
    };
    Some(Range { first: number(first)?, last: number(last)? })
}

/// The lines of a range in a file of so many lines. They are counted from 1, negative numbers from
/// the end, where -1 is the last one. Empty when there are none.
pub(super) fn slice(total: usize, range: Range) -> std::ops::Range<usize> {
    let total = i64::try_from(total).unwrap_or(i64::MAX);
    let start = match range.first {
        None => 0,
        Some(first) if first < 0 => total.saturating_add(first).max(0),
        Some(first) => (first - 1).clamp(0, total),
    };
    let end = match range.last {
        None => total,
        Some(last) if last < 0 => total.saturating_add(1).saturating_add(last).clamp(0, total),
        Some(last) => last.min(total),
    };
    let index = |line: i64| usize::try_from(line).unwrap_or(0);
    if start < end { index(start)..index(end) } else { 0..0 }
}
