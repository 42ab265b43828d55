//! Which line of a view as it stands is which message of the recording.
//!
//! In: what tells each message on both sides. Out: pairs, and what has no partner. People put names
//! such as `{image_id}` for parts of a path and add queries; a message with those is still the one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::hash::Hash;

use foldhash::{HashMap, HashMapExt as _, HashSet};
use similar::{Algorithm, DiffOp, capture_diff_slices};

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
pub(super) fn pairs<S: AsRef<str>>(
    standing: &[S],
    recorded: &[S],
    resemble: impl Fn(usize, usize) -> bool,
) -> Vec<Pair> {
    let standing: Vec<&str> = standing.iter().map(AsRef::as_ref).collect();
    let mut recorded: Vec<&str> = recorded.iter().map(AsRef::as_ref).collect();
    let mut edited = BTreeMap::new();
    for &message in &standing {
        if let Entry::Vacant(place) = edited.entry(message)
            && let Some(template) = Template::of(message)
        {
            place.insert(template);
        }
    }
    if !edited.is_empty() {
        let known: HashSet<&str> = standing.iter().copied().collect();
        for message in recorded.iter_mut().filter(|message| !known.contains(*message)) {
            let edited = edited.iter().find(|(_, template)| template.fits(message));
            *message = edited.map_or(*message, |(standing, _)| standing);
        }
    }
    let mut pairs = Vec::new();
    for op in differences(&standing, &recorded) {
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
