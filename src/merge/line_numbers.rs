//! Line numbers in what people wrote about a message, such as `line 3` and `5번째 줄`: they follow the
//! lines that they mean.
//!
//! A number says nothing of the block that it counts in. So only those count that `hl_lines` of just
//! one block of the same message marks too: then it is told twice which line is meant.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::steps::{Renumbered, Stale};

static MENTION: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"\d{1,6}";
    let list = format!(r"{number}(?:\s*(?:-|–|,|and|&|~)\s*{number})*");
    Regex::new(&format!(
        r"(?i)\blines?\s+(?<after>{list})\b|(?<before>{list})\s*(?:번째\s*|번\s*)?(?:줄|행|라인)"
    ))
    .expect("the pattern is valid")
});
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d+").expect("the pattern is valid"));

/// Marked lines of a message's blocks by their old numbers: the new one, or none for a line that is
/// gone.
#[derive(Debug, Default)]
pub(super) struct LineNumbers(BTreeMap<usize, Option<usize>>);

impl LineNumbers {
    /// The numbers that are marked in just one of the blocks.
    pub(super) fn of<'a>(blocks: impl Iterator<Item = &'a [(usize, Option<usize>)]>) -> Self {
        let mut all: BTreeMap<usize, Vec<Option<usize>>> = BTreeMap::new();
        for (old, new) in blocks.flatten() {
            all.entry(*old).or_default().push(*new);
        }
        let told = all.into_iter().filter_map(|(old, new)| match &*new {
            [new] => Some((old, *new)),
            _ => None,
        });
        Self(told.collect())
    }

    /// A line of somebody's words with the numbers that the lines have now.
    pub(super) fn followed(&self, line: &str) -> Renumbered {
        let mut result = Renumbered { line: line.to_owned(), stale: Vec::new() };
        if self.0.iter().all(|(old, new)| *new == Some(*old)) {
            return result;
        }
        let mut edits: Vec<(Range<usize>, usize)> = Vec::new();
        for found in MENTION.captures_iter(line) {
            let list = found.name("after").or(found.name("before")).expect("one of the two");
            for number in NUMBER.find_iter(list.as_str()) {
                let span = list.start() + number.start()..list.start() + number.end();
                let Some(new) =
                    number.as_str().parse().ok().and_then(|old: usize| self.0.get(&old))
                else {
                    continue;
                };
                match new {
                    Some(new) => edits.push((span, *new)),
                    None => result.stale.push(Stale {
                        span,
                        reason: "this line was marked and is gone".to_owned(),
                        proposal: "say what is there now, or take the number out".to_owned(),
                    }),
                }
            }
        }
        for (span, new) in edits.into_iter().rev() {
            result.line.replace_range(span, &new.to_string());
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::LineNumbers;

    #[test]
    fn numbers_of_marked_lines_follow_and_others_stay() {
        let header: &[_] = &[(3, Some(4)), (5, Some(5))];
        let body: &[_] = &[(5, Some(9)), (7, None), (11, Some(12))];
        let numbers = LineNumbers::of([header, body].into_iter());
        for (line, followed) in [
            ("see line 3.", "see line 4."),
            ("Lines 3 and 11, line 4", "Lines 4 and 12, line 4"),
            ("3번째 줄과 11행", "4번째 줄과 12행"),
            ("line 5 is in both", "line 5 is in both"),
            ("3 lines, online 3, (3)", "3 lines, online 3, (3)"),
        ] {
            let result = numbers.followed(line);
            assert_eq!((&*result.line, result.stale.len()), (followed, 0), "{line}");
        }
        let gone = numbers.followed("as line 7 says");
        assert_eq!((&*gone.line, gone.stale[0].span.clone()), ("as line 7 says", 8..9));
    }
}
