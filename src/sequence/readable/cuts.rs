//! Where a diagram is cut into parts: between the exchanges of its outermost level, in as few parts as
//! fit, and of about the same size.

use std::ops::Range;

use super::LONGEST;
use super::parts::Picture;

/// What one part more costs.
const PART: u64 = 10_000;

/// What an exchange costs that begins in one part and ends in another.
const OPEN: u64 = 100_000;

/// What a part costs at most for being smaller or larger than the others.
const UNEVEN: u64 = 4_000;

/// What a part costs that does not fit and cannot be cut.
const TOO_LARGE: u64 = 1_000_000_000;

/// A place where a part may begin.
struct Place {
    line: usize,
    /// How many exchanges are open there.
    open: u64,
}

/// The lines at which further parts begin. `own` are those where the page has them; they stay as
/// long as all parts fit.
pub(super) fn cuts(picture: &Picture<'_>, own: &[usize], most: Option<usize>) -> Vec<usize> {
    let sizes = Sizes::of(picture, most.filter(|&most| most > 0));
    let all = picture.drawing.lines.len();
    let mut kept: Vec<usize> = Vec::new();
    if most != Some(0) {
        for &line in own {
            let start = kept.last().copied().unwrap_or_default();
            // Of a part with nothing to show, only its blank picture would be left.
            let shows = |lines: Range<usize>| sizes.messages(&lines) > 0;
            if picture.is_outside(line) && shows(start..line) && shows(line..all) {
                kept.push(line);
            }
        }
    }
    let bounds: Vec<usize> = [0].into_iter().chain(kept.iter().copied()).chain([all]).collect();
    if bounds.windows(2).all(|pair| sizes.fit(pair[0]..pair[1])) {
        return kept;
    }
    best(&places(picture, 0..all), 0..all, &sizes)
}

/// How large stretches of lines are.
struct Sizes {
    /// For each line how many messages and steps are shown before it, and how many characters.
    before: Vec<(usize, usize)>,
    most: Option<usize>,
    longest: usize,
}

impl Sizes {
    fn of(picture: &Picture<'_>, most: Option<usize>) -> Self {
        let (mut messages, mut characters) = (0, 0);
        let mut before = vec![(0, 0)];
        for line in 0..picture.drawing.lines.len() {
            messages += usize::from(picture.shows_message(line) || picture.begins_step(line));
            characters += picture.characters(line);
            before.push((messages, characters));
        }
        Self { before, most, longest: LONGEST.saturating_sub(picture.characters_of_heads()) }
    }

    fn messages(&self, lines: &Range<usize>) -> usize {
        self.before[lines.end].0 - self.before[lines.start].0
    }

    fn fit(&self, lines: Range<usize>) -> bool {
        let characters = self.before[lines.end].1 - self.before[lines.start].1;
        self.most.is_none_or(|most| self.messages(&lines) <= most) && characters <= self.longest
    }
}

/// Where parts may begin within these lines.
fn places(picture: &Picture<'_>, lines: Range<usize>) -> Vec<Place> {
    let messages = picture.messages(lines.clone());
    let open = picture.exchanges.open();
    let candidates = messages.skip(1).filter_map(|message| {
        let line = picture.beginning(message)?;
        (line > lines.start).then_some(Place { line, open: open[message] })
    });
    candidates.collect()
}

/// The cheapest of all ways to cut.
fn best(places: &[Place], lines: Range<usize>, sizes: &Sizes) -> Vec<usize> {
    let starts: Vec<usize> =
        [lines.start].into_iter().chain(places.iter().map(|place| place.line)).collect();
    let ends: Vec<usize> = places.iter().map(|place| place.line).chain([lines.end]).collect();
    let all = sizes.messages(&lines);
    let parts = sizes.most.map_or(1, |most| all.div_ceil(most)).max(1);
    let even = (all / parts).max(1);
    let cost = |first: usize, last: usize| {
        let stretch = starts[first]..ends[last];
        if !sizes.fit(stretch.clone()) {
            return (first == last).then_some(TOO_LARGE);
        }
        let off = sizes.messages(&stretch).abs_diff(even);
        let uneven = u64::try_from(off * off).unwrap_or(u64::MAX) * UNEVEN
            / u64::try_from(even * even).unwrap_or(1).max(1);
        let open = first.checked_sub(1).map_or(0, |place| places[place].open * OPEN);
        Some(PART + uneven.min(UNEVEN) + open)
    };
    // For each end the cheapest way to it, and where its last part begins.
    let mut ways: Vec<(u64, usize)> = Vec::new();
    for last in 0..ends.len() {
        let mut way = (u64::MAX, last);
        for first in (0..=last).rev() {
            let Some(cost) = cost(first, last) else { break };
            let before = first.checked_sub(1).map_or(0, |before| ways[before].0);
            way = way.min((before + cost, first));
        }
        ways.push(way);
    }
    let mut cuts = Vec::new();
    let mut last = ends.len();
    while let Some((_, first)) = last.checked_sub(1).map(|last| ways[last]) {
        if first > 0 {
            cuts.push(starts[first]);
        }
        last = first;
    }
    cuts.reverse();
    cuts
}
