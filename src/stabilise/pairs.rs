//! Where a name may stand in a text, told by a pair of its letters: names in, and their places out.
//!
//! Names have letters that are frequent everywhere. A search for few pairs that are rare passes over
//! most of a text at once.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use aho_corasick::{Match, packed};

/// Pairs of letters that are rare in other words, one for each name and shape that doctool knows. Those
/// of shapes have a capital letter, and count as they are written.
const PAIRS: [&str; 11] = ["ss", "cr", "ke", "ki", "iz", "gn", "mp", "-m", "yJ", "gA", "-B"];

/// Finds pairs of letters, however they are written, and what they may be a part of.
#[derive(Clone)]
pub(super) struct Pairs {
    finder: packed::Searcher,
    /// For each pattern of the finder, what has its pair.
    names: Vec<Arc<[Paired]>>,
}

/// A name or a shape with a pair of letters in it.
struct Paired {
    /// Its index among all.
    pattern: usize,
    text: Box<[u8]>,
    /// Where the pair begins.
    at: usize,
}

impl Pairs {
    /// Finds these shapes, as they are written, and names, however they are written; none where the
    /// machine cannot do so quickly. Patterns are counted from the first shape on.
    pub(super) fn of<'a>(shapes: &[&str], names: impl Iterator<Item = &'a str>) -> Option<Self> {
        let shapes = shapes.iter().map(|&shape| shape.to_owned());
        let names: Vec<String> = shapes.chain(names.map(str::to_ascii_lowercase)).collect();
        let mut pairs: Vec<String> = PAIRS.iter().map(|&pair| pair.to_owned()).collect();
        for name in &names {
            if !pairs.iter().any(|pair| name.contains(pair)) {
                pairs.push(name.chars().take(2).collect());
            }
        }
        let mut builder = packed::Config::new().builder();
        let mut with_pairs = Vec::new();
        for pair in &pairs {
            // Where a shorter one begins alike, only one of them is found.
            let alike = |other: &&String| other.starts_with(pair) || pair.starts_with(&**other);
            let with_pair = pairs.iter().filter(alike).flat_map(|pair| {
                names.iter().enumerate().flat_map(move |(pattern, name)| {
                    let paired =
                        move |(at, _)| Paired { pattern, text: name.as_bytes().into(), at };
                    name.match_indices(pair).map(paired)
                })
            });
            let with_pair: Arc<[Paired]> = with_pair.collect();
            for written in ways(pair) {
                builder.add(written);
                with_pairs.push(Arc::clone(&with_pair));
            }
        }
        Some(Self { finder: builder.build()?, names: with_pairs })
    }

    /// The first of the patterns that are in a text from a place on, and where it ends.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut at = from;
        loop {
            let pair = self.finder.find_in(text, (at..text.len()).into())?;
            if let Some(found) = self.around(text, &pair, from) {
                return Some(found);
            }
            at = pair.start() + 1;
        }
    }

    /// What stands around a pair that was found, from a place on: of several the one that begins first,
    /// and of those the longest. Gives its pattern and its end.
    fn around(&self, text: &[u8], pair: &Match, from: usize) -> Option<(usize, usize)> {
        let found = self.names[pair.pattern().as_usize()].iter().filter_map(|paired| {
            let start = pair.start().checked_sub(paired.at).filter(|start| *start >= from)?;
            let end = start + paired.text.len();
            let is_it = text.get(start..end)?.eq_ignore_ascii_case(&paired.text);
            is_it.then_some((paired.pattern, start, end))
        });
        let first = found.min_by_key(|(_, start, end)| (*start, Reverse(*end)))?;
        Some((first.0, first.2))
    }
}

/// The ways to write a pair, whatever the case; one, if it has a capital letter.
fn ways(pair: &str) -> BTreeSet<String> {
    if pair.bytes().any(|letter| letter.is_ascii_uppercase()) {
        return BTreeSet::from([pair.to_owned()]);
    }
    let way = |large: usize| {
        let letters = pair.chars().enumerate();
        let letter = |(at, letter): (usize, char)| match large >> at & 1 {
            0 => letter,
            _ => letter.to_ascii_uppercase(),
        };
        letters.map(letter).collect()
    };
    (0..1 << pair.len()).map(way).collect()
}
