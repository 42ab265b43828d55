//! Which line of a view as it stands is which message of the recording.
//!
//! In: what tells each message on both sides. Out: pairs, and what has no partner. People put names
//! such as `{image_id}` for parts of a path and add queries; a message with those is still the one.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use crate::sequence::Template;

/// A message as it stands, as it is recorded, or both; as indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    Both(usize, usize),
    Standing(usize),
    Recorded(usize),
}

/// Pairs messages in order. Where as many stand as are recorded between two that are alike, those
/// that `resemble` each other are pairs, too.
pub(super) fn pairs(
    standing: &[String],
    recorded: &[String],
    resemble: impl Fn(usize, usize) -> bool,
) -> Vec<Pair> {
    let known: BTreeSet<&String> = standing.iter().collect();
    let edited = known.iter().filter_map(|&message| Some((message, Template::of(message)?)));
    let edited: Vec<(&String, Template)> = edited.collect();
    let stands_for = |message: &String| -> String {
        if known.contains(message) {
            return message.clone();
        }
        let fits = |(_, template): &&(&String, Template)| template.fits(message);
        edited.iter().find(fits).map_or(message, |(standing, _)| standing).clone()
    };
    let recorded: Vec<String> = recorded.iter().map(stands_for).collect();
    let mut pairs = Vec::new();
    for op in differences(standing, &recorded) {
        let (old, new) = (op.old_range(), op.new_range());
        let is_equal = matches!(op, DiffOp::Equal { .. });
        if old.len() == new.len() {
            for (old, new) in old.zip(new) {
                if is_equal || resemble(old, new) {
                    pairs.push(Pair::Both(old, new));
                } else {
                    pairs.extend([Pair::Standing(old), Pair::Recorded(new)]);
                }
            }
        } else {
            pairs.extend(old.map(Pair::Standing));
            pairs.extend(new.map(Pair::Recorded));
        }
    }
    pairs
}

/// What differs in two sequences. Texts are compared once, and then only which of them it is.
pub(super) fn differences<T: Eq + Hash>(old: &[T], new: &[T]) -> Vec<DiffOp> {
    let mut known = HashMap::with_capacity(old.len() + new.len());
    let [old, new] = [old, new].map(|texts| {
        let number = |text| {
            let next = known.len();
            *known.entry(text).or_insert(next)
        };
        texts.iter().map(number).collect::<Vec<usize>>()
    });
    capture_diff_slices(Algorithm::Myers, &old, &new)
}

#[cfg(test)]
mod tests {
    use super::{Pair, pairs};

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn names_and_queries_do_not_keep_messages_apart() {
        let standing = texts(&["GET /a", "GET /x/{id}/{id}?q=1", "GET /own", "PUT /b"]);
        let recorded = texts(&["GET /a", "GET /x/1/1", "PUT /b", "GET /c"]);
        assert_eq!(
            pairs(&standing, &recorded, |_, _| false),
            [
                Pair::Both(0, 0),
                Pair::Both(1, 1),
                Pair::Standing(2),
                Pair::Both(3, 2),
                Pair::Recorded(3),
            ]
        );
    }
}
