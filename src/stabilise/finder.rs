//! Finds many values in all the ways in which they may be written: values in, their places out.
//!
//! An automaton of whole tokens in all their encodings grows to the size of all that is secret, and a
//! site has thousands. So long values are told by how they begin, and an automaton knows the beginnings
//! of short ones only; which one it is, is looked up in order. `finds_what_an_automaton_of_all_finds`
//! compares both.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::encodings::{Needle, needles};
use super::long_values::{LONG, LongValues, longest, sorted};

/// How many bytes of a short value the automaton knows, if all are as long.
const BEGINNING: usize = 12;

/// Values that are ready to be looked for.
pub(super) struct Finder {
    long: LongValues,
    short: Option<ShortValues>,
}

impl Finder {
    /// Finds these values, each with its kind. Of those that are written alike, the one counts that comes
    /// first by its letters.
    pub(super) fn new(values: impl Iterator<Item = (String, String)>) -> Self {
        let (long, short): (Vec<_>, Vec<_>) = values.partition(|(value, _)| value.len() >= LONG);
        let short: BTreeMap<String, String> = short.into_iter().collect();
        let short = short.iter().flat_map(|(value, kind)| needles(kind, value)).collect();
        Self { long: LongValues::new(long), short: ShortValues::new(sorted(short)) }
    }

    /// The values in a text as they are written there, in order and apart: at each place the longest.
    pub(super) fn find<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl Iterator<Item = (&'a Needle, Range<usize>)> + 'a {
        let mut long = self.long.find(text).peekable();
        let short = self.short.iter().flat_map(|short| short.find(text));
        let mut short = short.peekable();
        let mut done = 0;
        iter::from_fn(move || {
            loop {
                let is_first = match (long.peek(), short.peek()) {
                    (Some((one, _)), Some((other, _))) if one == other => {
                        short.next();
                        true
                    }
                    (Some((one, _)), Some((other, _))) => one < other,
                    (one, None) => one.is_some(),
                    (None, Some(_)) => false,
                };
                let (start, needle) = if is_first { long.next() } else { short.next() }?;
                if start >= done {
                    done = start + needle.text.len();
                    return Some((needle, start..done));
                }
            }
        })
    }
}

/// Short values that are ready to be looked for.
struct ShortValues {
    /// Finds how needles begin, each with as many bytes.
    beginnings: AhoCorasick,
    /// By text, each once.
    needles: Vec<Needle>,
}

impl ShortValues {
    /// Finds these needles, which are sorted; none where there is none.
    fn new(needles: Vec<Needle>) -> Option<Self> {
        let length = needles.iter().map(|needle| needle.text.len()).min()?.min(BEGINNING);
        let beginnings: BTreeSet<&[u8]> =
            needles.iter().map(|needle| &needle.text.as_bytes()[..length]).collect();
        let beginnings = AhoCorasick::new(beginnings).expect("beginnings fit into memory");
        Some(Self { beginnings, needles })
    }

    /// The places of a text where one of the needles begins, in order, with the longest that stands
    /// there.
    fn find<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = (usize, &'a Needle)> + 'a {
        // All are of one length, so they come in the order in which they begin.
        let beginnings = self.beginnings.find_overlapping_iter(text);
        beginnings.filter_map(|found| {
            let start = found.start();
            Some((start, longest(&self.needles, &text[start..])?))
        })
    }
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};

    use super::{Finder, needles};

    /// Words of few letters, so that they overlap and begin alike; the same each time.
    fn words(seed: &mut u64, count: usize, shortest: usize, longest: usize) -> Vec<String> {
        let mut next = |below: usize| {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(*seed >> 33).expect("31 bits") % below
        };
        (0..count)
            .map(|_| {
                let length = shortest + next(longest - shortest + 1);
                let letter = |_| ["a", "a", "a", "b", "b", "/", "é"][next(7)];
                (0..length).map(letter).collect()
            })
            .collect()
    }

    #[test]
    fn finds_what_an_automaton_of_all_finds() {
        let mut seed = 7;
        let mut found = 0;
        for round in 0..400 {
            let values = words(&mut seed, 1 + round % 30, 1 + round % 18, 24);
            let all = values.iter().flat_map(|value| needles("kind", value));
            let all: Vec<String> =
                all.map(|needle| needle.text).filter(|text| !text.is_empty()).collect();
            // What is written in all ways, cut anywhere, between words of the same letters.
            let mut text = String::new();
            for (index, between) in words(&mut seed, 40, 0, 30).into_iter().enumerate() {
                let needle = &all[(index * 7 + round) % all.len()];
                let end =
                    (0..=needle.len() - index % 2).rev().find(|end| needle.is_char_boundary(*end));
                text.push_str(&between);
                text.push_str(&needle[..end.unwrap_or_default()]);
            }
            let automaton = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&all)
                .expect("there are few");
            let expected: Vec<_> = automaton.find_iter(&text).map(|found| found.range()).collect();
            let finder = Finder::new(values.iter().map(|value| (value.clone(), String::new())));
            let ours: Vec<_> = finder.find(text.as_bytes()).map(|(_, span)| span).collect();
            assert_eq!(ours, expected, "{values:?} in {text}");
            found += ours.len();
        }
        assert!(found > 1000, "{found} were there to be found");
    }

    #[test]
    fn nothing_is_found_of_nothing() {
        let finder = |values: &[&str]| {
            Finder::new(values.iter().map(|value| ((*value).to_owned(), String::new())))
        };
        assert_eq!(finder(&[]).find(b"text").count(), 0);
        assert_eq!(finder(&[""]).find(b"text").count(), 0);
    }
}
