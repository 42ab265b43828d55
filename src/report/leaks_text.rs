//! What `doctool redact` says: each published secret by place and kind, and how many there are. Never
//! the secret itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::counted;
use crate::model::Leak;

/// What was taken out.
pub fn redacted(leaks: &[Leak], pages: usize) -> String {
    told(leaks, pages, " taken out of", "")
}

/// What is there to be taken out.
pub fn published(leaks: &[Leak], pages: usize) -> String {
    told(leaks, pages, " in", "; take them out with `doctool redact`")
}

/// The places, and a summary with these words between the numbers and at its end.
fn told(leaks: &[Leak], pages: usize, between: &str, end: &str) -> String {
    let mut out = places(leaks);
    let pages = counted(pages, "page");
    let _ = match files(leaks) {
        0 => writeln!(out, "no secrets on {pages}"),
        files => writeln!(
            out,
            "{}{between} {} on {pages}: {}{end}",
            counted(leaks.len(), "secret"),
            counted(files, "file"),
            kinds(leaks)
        ),
    };
    out
}

/// How many there are of each kind, such as `5 tokens (2 values), 1 password`.
pub(super) fn kinds(leaks: &[Leak]) -> String {
    let mut values: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for leak in leaks {
        values.entry(&leak.kind).or_default().push(leak.value);
    }
    let kind = |(kind, values): (&str, Vec<usize>)| {
        let places = values.len();
        match values.into_iter().collect::<BTreeSet<usize>>().len() {
            distinct if distinct == places => counted(places, kind),
            distinct => format!("{} ({})", counted(places, kind), counted(distinct, "value")),
        }
    };
    values.into_iter().map(kind).collect::<Vec<_>>().join(", ")
}

fn places(leaks: &[Leak]) -> String {
    leaks.iter().map(|leak| format!("{}: {}\n", leak.place, leak.kind)).collect()
}

fn files(leaks: &[Leak]) -> usize {
    leaks.iter().map(|leak| &leak.place.file).collect::<BTreeSet<_>>().len()
}

#[cfg(test)]
mod tests {
    use super::redacted;
    use crate::model::{Leak, Place};

    #[test]
    fn says_where_and_how_many() {
        let leak = |line, kind: &str, value| Leak {
            place: Place { file: "a.md".into(), line, column: 5 },
            kind: kind.to_owned(),
            value,
        };
        let leaks = [leak(1, "token", 0), leak(2, "password", 1), leak(3, "token", 0)];
        assert_eq!(
            redacted(&leaks, 2),
            "a.md:1:5: token\na.md:2:5: password\na.md:3:5: token\n\
             3 secrets taken out of 1 file on 2 pages: 1 password, 2 tokens (1 value)\n"
        );
        assert_eq!(redacted(&[], 1), "no secrets on 1 page\n");
    }
}
