//! `hl_lines` of a fence: the numbers follow the lines that they mark.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Finding, FindingKind};

use super::lines::key;

static OPTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"hl_lines=(?:"(?<double>[^"]*)"|'(?<single>[^']*)')"#)
        .expect("the pattern is valid")
});

/// An opening line with numbers that fit the new content.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) opener: String,
    /// Texts of the lines that were marked and are gone.
    pub(super) lost: Vec<String>,
    /// Each marked number, and what has become of it.
    pub(super) numbers: Vec<(usize, Option<usize>)>,
}

/// The opening line of a fence whose lines went to these places. Numbers beyond the old content
/// mark nothing, and stay.
pub(super) fn moved(opener: &str, old: &[&str], new: &[&str], places: &[Option<usize>]) -> Moved {
    let unchanged = Moved { opener: opener.to_owned(), ..Moved::default() };
    let Some(option) = OPTION.captures(opener) else { return unchanged };
    let value = option.name("double").or(option.name("single")).expect("one of the two");
    let Some(ranges) = ranges(value.as_str()) else { return unchanged };
    let mut moved = Moved::default();
    let mut parts = Vec::new();
    let mut same = true;
    for (first, last) in ranges {
        let start = moved.numbers.len();
        for number in first..=last {
            let new = match old.get(number - 1) {
                None => Some(number),
                Some(_) => place(number - 1, old, new, places).map(|place| place + 1),
            };
            if new.is_none() {
                moved.lost.push(old[number - 1].trim().to_owned());
            }
            moved.numbers.push((number, new));
        }
        same &= moved.numbers[start..].iter().all(|(old, new)| *new == Some(*old));
        parts.extend(written(moved.numbers[start..].iter().filter_map(|(_, new)| *new).collect()));
    }
    if same {
        return Moved { numbers: moved.numbers, ..unchanged };
    }
    let whole = option.get(0).expect("a match has a whole").range();
    moved.opener = opener.to_owned();
    let opener = &mut moved.opener;
    if parts.is_empty() {
        // An empty list makes the fence no fence at all.
        let before = &opener[..whole.start];
        // A quote that belongs to nothing, as in `"hl_lines="3"`.
        let before = before.strip_suffix('"').filter(|rest| rest.ends_with(' ')).unwrap_or(before);
        let start = before.trim_end_matches([' ', '\t']).len();
        opener.replace_range(start..whole.end, "");
    } else {
        opener.replace_range(value.range(), &parts.join(" "));
    }
    moved
}

/// Reports that a line which the opening line marked is gone.
pub(super) fn finding(page_line: usize, new_line: usize, opener: &str, lost: &str) -> Finding {
    let span = OPTION.find(opener).map_or(0..opener.len(), |option| option.range());
    Finding {
        kind: FindingKind::LostHighlight,
        page_line,
        new_line,
        text: opener.to_owned(),
        span,
        message: format!("the line `{lost}`, which `hl_lines` marked, is gone"),
        hint: Some("mark another line, or leave it so".to_owned()),
        sides: None,
    }
}

/// Where a line of the old content stands in the new one.
fn place(line: usize, old: &[&str], new: &[&str], places: &[Option<usize>]) -> Option<usize> {
    if let Some(place) = places[line] {
        return Some(place);
    }
    // A line that moved was taken out in one place and put in at another.
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut found = (0..new.len()).filter(|&index| fits(new[index]));
        found.next().filter(|_| found.next().is_none())
    };
    let name = key(old[line]);
    only(&|new| new == old[line]).or_else(|| {
        only(&|new| name != old[line] && key(new).trim().eq_ignore_ascii_case(name.trim()))
    })
}

/// The numbers as ranges; none when the value is no list of line numbers.
fn ranges(value: &str) -> Option<Vec<(usize, usize)>> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        // Longer than any content: a slip that would take long to follow.
        (1 <= first && first <= last && last - first < 100_000).then_some((first, last))
    };
    value.split_whitespace().map(range).collect()
}

/// Numbers as they are written: neighbours as a range.
fn written(mut numbers: Vec<usize>) -> Vec<String> {
    numbers.sort_unstable();
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    runs.map(|run| match run {
        [only] => only.to_string(),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{Moved, moved};

    const OLD: [&str; 4] = ["Host: h", "Accept: a", "X-Auth-Token: t", "Via: v"];

    #[test]
    fn numbers_follow_their_lines() {
        let new = ["Host: h", "X-New: n", "Accept: b", "X-Auth-Token: t"];
        let places = [Some(0), Some(2), Some(3), None];
        let moved = moved("``` http hl_lines=\"2-3 9\" title=\"x\"", &OLD, &new, &places);
        assert_eq!(moved.opener, "``` http hl_lines=\"3-4 9\" title=\"x\"");
        assert!(moved.lost.is_empty());
    }

    #[test]
    fn a_line_that_moved_or_says_something_else_is_found_by_its_name() {
        let new = ["x-auth-token: u", "Host: h", "Accept: a"];
        let places = [Some(1), Some(2), None, None];
        let moved = moved("``` http hl_lines='3'", &OLD, &new, &places);
        assert_eq!(moved.opener, "``` http hl_lines='1'");
    }

    #[test]
    fn a_line_that_is_gone_is_told_and_an_empty_list_is_taken_out() {
        let new = ["Host: h"];
        let places = [Some(0), None, None, None];
        let told = |opener: &str| moved(opener, &OLD, &new, &places);
        assert_eq!(
            told("``` http hl_lines=\"1 4\" x"),
            Moved {
                opener: "``` http hl_lines=\"1\" x".to_owned(),
                lost: vec!["Via: v".to_owned()],
                numbers: vec![(1, Some(1)), (4, None)],
            }
        );
        assert_eq!(
            told("``` http linenums=\"1\" hl_lines=\"4\"").opener,
            "``` http linenums=\"1\""
        );
        assert_eq!(
            told("``` http linenums=\"1\" \"hl_lines=\"4\"").opener,
            "``` http linenums=\"1\""
        );
        assert_eq!(told("``` http hl_lines=\"a\"").opener, "``` http hl_lines=\"a\"");
    }
}
