//! Finds many long texts in one go: needles in, their places out.
//!
//! An automaton of whole tokens in all their encodings grows to the size of all that is secret, and a
//! site has thousands. So the automaton knows only how needles begin, and which needle it is, is looked
//! up in order. `finds_what_an_automaton_of_all_finds` compares both.

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, packed};

use super::encodings::Needle;

/// How many bytes of a needle the automaton knows, if all needles are as long.
const BEGINNING: usize = 12;

/// Needles that are ready to be looked for.
pub(super) struct Finder {
    /// Finds how needles begin, each with as many bytes.
    beginnings: AhoCorasick,
    /// Finds them many bytes at a time, where they are few and the processor can.
    packed: Option<packed::Searcher>,
    /// By text, each once.
    needles: Vec<Needle>,
}

impl Finder {
    /// Finds these. Of those that are written alike, the first counts.
    pub(super) fn new(mut needles: Vec<Needle>) -> Self {
        needles.retain(|needle| !needle.text.is_empty());
        needles.sort_by(|one, other| one.text.cmp(&other.text));
        needles.dedup_by(|one, other| one.text == other.text);
        let length = needles.iter().map(|needle| needle.text.len()).min();
        let length = length.unwrap_or_default().min(BEGINNING);
        let beginnings: BTreeSet<&[u8]> =
            needles.iter().map(|needle| &needle.text.as_bytes()[..length]).collect();
        let packed = packed::Config::new().builder().extend(&beginnings).build();
        let beginnings = AhoCorasick::new(beginnings).expect("beginnings fit into memory");
        Self { beginnings, packed, needles }
    }

    /// The needles in a text, in order and apart: at each place the longest.
    pub(super) fn find<'a>(
        &'a self,
        text: &'a [u8],
    ) -> impl Iterator<Item = (&'a Needle, Range<usize>)> + 'a {
        let mut done = 0;
        let beginnings = self.beginnings.find_overlapping_iter(text);
        // All are of one length, so they come in the order in which they begin.
        beginnings.filter_map(move |found| {
            let start = found.start();
            let needle = (start >= done).then(|| self.longest(&text[start..])).flatten()?;
            done = start + needle.text.len();
            Some((needle, start..done))
        })
    }

    /// Whether a needle is in a text. That is asked of all that is read, and hardly ever one is.
    pub(super) fn is_in(&self, text: &[u8]) -> bool {
        let Some(packed) = &self.packed else {
            return !self.needles.is_empty() && self.find(text).next().is_some();
        };
        let mut rest = text;
        while let Some(found) = packed.find(rest) {
            if self.longest(&rest[found.start()..]).is_some() {
                return true;
            }
            rest = &rest[found.start() + 1..];
        }
        false
    }

    /// The longest needle that a text begins with.
    fn longest(&self, text: &[u8]) -> Option<&Needle> {
        let mut before = text;
        loop {
            let behind = self.needles.partition_point(|needle| needle.text.as_bytes() <= before);
            let needle = self.needles[..behind].last()?;
            let known = needle.text.as_bytes();
            let common = known.iter().zip(text).take_while(|(one, other)| one == other).count();
            if common == known.len() {
                return Some(needle);
            }
            // What comes before this one and begins the text is what both have in common, or less.
            before = &text[..common];
        }
    }
}

#[cfg(test)]
mod tests {
    use aho_corasick::{AhoCorasick, MatchKind};

    use super::{Finder, Needle};

    fn finder(texts: &[String]) -> Finder {
        let needle =
            |text: &String| Needle { kind: String::new(), text: text.clone(), margins: (0, 0) };
        Finder::new(texts.iter().map(needle).collect())
    }

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
                (0..length).map(|_| if next(3) == 0 { 'b' } else { 'a' }).collect()
            })
            .collect()
    }

    #[test]
    fn finds_what_an_automaton_of_all_finds() {
        let mut seed = 7;
        let mut found = 0;
        for round in 0..400 {
            let needles = words(&mut seed, 1 + round % 30, 1 + round % 6, 20);
            let text = words(&mut seed, 1, 300, 300).concat();
            let all = AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&needles)
                .expect("there are few");
            let expected: Vec<_> = all.find_iter(&text).map(|found| found.range()).collect();
            let finder = finder(&needles);
            let ours: Vec<_> = finder.find(text.as_bytes()).map(|(_, span)| span).collect();
            assert_eq!(ours, expected, "{needles:?} in {text}");
            for end in (0..text.len()).step_by(7) {
                let text = &text.as_bytes()[..end];
                assert_eq!(finder.is_in(text), finder.find(text).next().is_some(), "{needles:?}");
            }
            found += ours.len();
        }
        assert!(found > 1000, "{found} were there to be found");
    }

    #[test]
    fn nothing_is_found_of_nothing() {
        assert_eq!(finder(&[]).find(b"text").count(), 0);
        assert!(!finder(&[]).is_in(b"text"));
        assert_eq!(finder(&[String::new()]).find(b"text").count(), 0);
    }
}
