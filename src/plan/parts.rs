//! The parts of a diagram that is shown in several: a page and its diagram in, the files and blocks of
//! all parts out.
//!
//! A part goes on where the one before it ends, and says so: by its number, as `diagram-part2.md`
//! does, or by the number of its first message.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use regex::Regex;

use crate::model::{DiagramPart, Fence, FileCache, Include, Page, View, ViewKind};
use crate::sequence::readable;
use crate::settings::Site;

use super::region;
use super::views::{self, Skipped};

static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?<name>.*?)[-_.]?part[-_]?(?<number>\d+)(?<ending>\.\w+)?$")
        .expect("the pattern is valid")
});

static AUTONUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*autonumber(?:[ \t]+(?<first>\d+))?[ \t]*$").expect("the pattern is valid")
});

/// Words of lines that any part may begin with.
const HEAD: [&str; 7] =
    ["sequencediagram", "autonumber", "participant", "actor", "box", "end", "title"];

/// The parts of the diagram among the views; the diagram itself is the first of them. None where it
/// does not stand in a file of its own, or where its block draws more than that.
pub(super) fn of_diagram(
    site: &Site,
    files: &FileCache,
    page: &Page,
    views: &[View],
    skipped: &Skipped,
) -> Vec<DiagramPart> {
    let Some(view) = views.iter().find(|view| view.kind == ViewKind::Diagram) else {
        return Vec::new();
    };
    let mut parts: Vec<DiagramPart> = Vec::new();
    for (index, include) in page.includes.iter().enumerate() {
        if skipped.includes(index, include) || !views::can_be_view(include) {
            continue;
        }
        let Some(fence) = include.fence.map(|fence| &page.fences[fence]) else { continue };
        let Some(part) = part(site, files, page, include, fence) else { continue };
        let is_next = match parts.last() {
            None => part.region.file == view.region.file && part.region.span == view.region.span,
            Some(last) => follows(&parts, last, &part),
        };
        if is_next {
            parts.push(part);
        }
    }
    parts
}

/// What an include brings into a block of the page, if that is a whole diagram.
fn part(
    site: &Site,
    files: &FileCache,
    page: &Page,
    include: &Include,
    fence: &Fence,
) -> Option<DiagramPart> {
    if !views::is_sequence_diagram(fence) || draws_more(page, fence, include) {
        return None;
    }
    // What cannot be read is no part.
    let region = region::of_include(site, page, files, include).ok()??;
    let lines = lines(page, fence)?;
    // Lines out of the middle of a file leave no place for others.
    let is_whole = include.file.is_none_or(|file| region.span.end == files.bytes(file).len())
        && region.place.line == 1;
    let is_own = |index: &usize| page.origin(*index).is_some_and(|line| line.file == page.file);
    let before = fence.content().take_while(|&index| index < include.lines.start).filter(is_own);
    let numbers = before.filter_map(|index| AUTONUMBER.captures(page.line(index))).last();
    let first = numbers.as_ref().and_then(|numbers| numbers.name("first")?.as_str().parse().ok());
    is_whole.then(|| DiagramPart {
        region,
        target: include.target.clone().unwrap_or_default(),
        fence: lines,
        is_numbered: numbers.is_some(),
        first_number: first,
    })
}

/// Whether a block draws more than what the include brings in and what any part may begin with.
fn draws_more(page: &Page, fence: &Fence, include: &Include) -> bool {
    let is_outside = |index: &usize| !include.lines.contains(index);
    fence.content().filter(is_outside).any(|index| {
        let line = page.line(index);
        let is_blank = line.trim().is_empty() || line.trim_start().starts_with("%%");
        let word = line.split_whitespace().next().unwrap_or_default().to_lowercase();
        let begins = index < include.lines.start && HEAD.contains(&word.as_str());
        !is_blank && !begins
    })
}

/// The lines of the page's own file that a block reaches over.
fn lines(page: &Page, fence: &Fence) -> Option<RangeInclusive<usize>> {
    let own = |index| page.origin(index).filter(|origin| origin.file == page.file);
    Some(own(fence.opener())?.line..=own(fence.closer())?.line)
}

/// Whether a part goes on where the last one of these ends.
fn follows(parts: &[DiagramPart], last: &DiagramPart, next: &DiagramPart) -> bool {
    if parts.iter().any(|part| part.region.file == next.region.file) {
        return false;
    }
    let (name, number) = numbered(&last.target);
    let (next_name, next_number) = numbered(&next.target);
    if name == next_name && next_number == Some(number.unwrap_or(1) + 1) {
        return true;
    }
    let texts: Vec<&str> = parts.iter().map(|part| &*part.region.text).collect();
    let messages = readable::whole(&texts).messages();
    let first = match AUTONUMBER.captures(next.region.text.lines().next().unwrap_or_default()) {
        Some(found) => found.name("first").and_then(|first| first.as_str().parse().ok()),
        None => next.first_number,
    };
    messages > 0 && first == u64::try_from(messages + 1).ok()
}

/// A file's name without the number of a part, and the number.
fn numbered(target: &str) -> (String, Option<usize>) {
    match NUMBERED.captures(target) {
        Some(found) => {
            let ending = found.name("ending").map_or("", |ending| ending.as_str());
            (format!("{}{ending}", &found["name"]), found["number"].parse().ok())
        }
        None => (target.to_owned(), None),
    }
}

/// The name of the file for the part behind that of this name.
pub fn next_name(target: &str) -> String {
    let Some(found) = NUMBERED.captures(target) else {
        let (name, ending) = match target.rsplit_once('.') {
            Some((name, ending)) if !ending.contains('/') => (name, format!(".{ending}")),
            _ => (target, String::new()),
        };
        return format!("{name}-part2{ending}");
    };
    let number = found.name("number").expect("the pattern has one");
    let next = number.as_str().parse().map_or(2, |number: usize| number + 1);
    format!("{}{next}{}", &target[..number.start()], &target[number.end()..])
}

#[cfg(test)]
mod tests {
    use super::{next_name, numbered};

    #[test]
    fn a_part_is_named_after_the_one_before_it() {
        for (name, next) in [
            ("image/list/diagram.md", "image/list/diagram-part2.md"),
            ("image/list/diagram-part2.md", "image/list/diagram-part3.md"),
            ("image.d/diagram_part9", "image.d/diagram_part10"),
            ("image.d/diagram", "image.d/diagram-part2"),
        ] {
            assert_eq!(next_name(name), next);
            assert_eq!(numbered(name).0, numbered(next).0);
            assert_eq!(numbered(next).1, Some(numbered(name).1.unwrap_or(1) + 1));
        }
    }
}
