//! `par` around exchanges that runs send in another order.
//!
//! In: a diagram that has every message of all runs, and the runs. Out: the diagram with a `par` around
//! each stretch whose order varies, no longer than it must be. What keeps its order in all runs shares a
//! branch.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::{Edited, Order, Said, Seen};
use crate::sequence::matching::Specification;

/// How many blocks are put into one diagram at most.
const MOST_BLOCKS: usize = 32;

/// Puts `par` around what came in another order in some runs; none where there is nothing of the kind.
pub(super) fn with_branches(text: &str, runs: &[Vec<Said>], order: Order) -> Option<String> {
    let first = with_block(text, runs, order)?;
    // Within a branch, and within an exchange, order may vary again.
    let further =
        (1..MOST_BLOCKS).try_fold(first, |text, _| match with_block(&text, runs, order) {
            Some(text) => Ok(text),
            None => Err(text),
        });
    Some(further.unwrap_or_else(|text| text))
}

/// Puts one `par` around the first stretch of the outermost exchanges whose order varies.
fn with_block(text: &str, runs: &[Vec<Said>], order: Order) -> Option<String> {
    let lay = |specification: &Specification, run: &[Said]| specification.regardless_of_order(run);
    let seen = Seen::laid(text, runs, lay)?;
    let exchanges = Exchanges::of(&seen, runs, order);
    let stretch = exchanges.stretch(&seen)?;
    let branches: Vec<(String, Vec<usize>)> = exchanges
        .branches(&stretch)
        .iter()
        .enumerate()
        .map(|(index, branch)| {
            let arrows = exchanges.arrows(&stretch, branch);
            let what = seen.what(&arrows);
            let opener = match index {
                0 => format!("par {what}: another order in {} of {} runs", stretch.runs, seen.runs),
                _ => format!("and {what}"),
            };
            (opener, arrows)
        })
        .collect();
    let mut edited = Edited::of(&seen);
    edited.branches(&stretch.arrows, &branches);
    Some(edited.finish())
}

/// The exchanges of a diagram, each called by its first arrow, and how their order varies.
struct Exchanges {
    /// For each arrow its exchange.
    of: Vec<usize>,
    /// For each exchange the one that caused it.
    causes: Vec<Option<usize>>,
    /// Those with the same cause that change places.
    crossed: Vec<Crossed>,
}

/// Two exchanges that came in another order than they are drawn.
struct Crossed {
    /// As they are drawn.
    pair: [usize; 2],
    /// For each run whether it has the other order.
    in_runs: Vec<bool>,
}

/// Exchanges side by side whose order varies, and all that stands between them.
struct Stretch {
    /// What caused them all.
    cause: Option<usize>,
    exchanges: BTreeSet<usize>,
    /// Their arrows, and no others.
    arrows: Range<usize>,
    /// How many runs have another order.
    runs: usize,
}

impl Exchanges {
    fn of(seen: &Seen<'_>, runs: &[Vec<Said>], order: Order) -> Self {
        let count = seen.said.len();
        let mut exchanges =
            Self { of: (0..count).collect(), causes: vec![None; count], crossed: Vec::new() };
        for (run, laid) in runs.iter().zip(&seen.laid) {
            let mut first = HashMap::new();
            for (said, arrow) in run.iter().zip(laid) {
                let Some(arrow) = *arrow else { continue };
                exchanges.of[arrow] = *first.entry(said.exchange).or_insert(arrow);
            }
        }
        exchanges.find_causes(seen);
        exchanges.find_crossed(seen, order);
        exchanges
    }

    /// What was open when an exchange began, and whose service began it, caused it.
    fn find_causes(&mut self, seen: &Seen<'_>) {
        let mut open: Vec<usize> = Vec::new();
        for (arrow, (from, ..)) in seen.said.iter().enumerate() {
            let exchange = self.of[arrow];
            if exchange == arrow {
                let cause = open.iter().rev().find(|&&open| seen.said[open].1 == *from);
                self.causes[arrow] = cause.copied();
                open.push(arrow);
            } else {
                open.retain(|&open| open != exchange);
            }
        }
    }

    fn find_crossed(&mut self, seen: &Seen<'_>, order: Order) {
        let count = seen.said.len();
        let places = seen.laid.iter().map(|laid| {
            let mut places = vec![None; count];
            for (place, arrow) in laid.iter().enumerate() {
                arrow.iter().for_each(|&arrow| places[arrow] = Some(place));
            }
            places
        });
        let places: Vec<Vec<Option<usize>>> = places.collect();
        let all: Vec<usize> = (0..count).filter(|&arrow| self.of[arrow] == arrow).collect();
        for (index, &one) in all.iter().enumerate() {
            for &other in &all[index + 1..] {
                let is_free = order == Order::Causal && seen.said[one].0 != seen.said[other].0;
                if is_free || self.causes[one] != self.causes[other] {
                    continue;
                }
                let (ones, others) = (self.counted(one, order), self.counted(other, order));
                let turned = |places: &Vec<Option<usize>>| {
                    let mut pairs =
                        ones.iter().flat_map(|one| others.iter().map(move |other| (*one, *other)));
                    pairs.any(|(one, other)| match (places[one], places[other]) {
                        (Some(first), Some(second)) => (one < other) != (first < second),
                        _ => false,
                    })
                };
                let in_runs: Vec<bool> = places.iter().map(turned).collect();
                if in_runs.contains(&true) {
                    self.crossed.push(Crossed { pair: [one, other], in_runs });
                }
            }
        }
    }

    /// The arrows of an exchange whose order counts: also those of what it caused, if all order does.
    fn counted(&self, exchange: usize, order: Order) -> Vec<usize> {
        let is_counted = |&arrow: &usize| match order {
            Order::Causal => self.of[arrow] == exchange,
            Order::Strict => self.is_in(arrow, exchange),
        };
        (0..self.of.len()).filter(is_counted).collect()
    }

    /// The exchange with this cause that an arrow belongs to, itself or by what it caused.
    fn with_cause(&self, arrow: usize, cause: Option<usize>) -> Option<usize> {
        let mut above = std::iter::successors(Some(self.of[arrow]), |&inner| self.causes[inner]);
        above.find(|&exchange| self.causes[exchange] == cause)
    }

    fn is_in(&self, arrow: usize, exchange: usize) -> bool {
        let mut above = std::iter::successors(Some(self.of[arrow]), |&inner| self.causes[inner]);
        above.any(|above| above == exchange)
    }

    /// The first stretch that a block can stand around, the outermost before what is in it.
    fn stretch(&self, seen: &Seen<'_>) -> Option<Stretch> {
        let depth = |exchange: usize| {
            std::iter::successors(self.causes[exchange], |&inner| self.causes[inner]).count()
        };
        let mut pairs: Vec<[usize; 2]> = self.crossed.iter().map(|crossed| crossed.pair).collect();
        pairs.sort_by_key(|&[one, _]| depth(one));
        pairs.into_iter().find_map(|pair| self.around(seen, pair))
    }

    /// The stretch with all that stands between a pair, and with all that crosses something in it.
    fn around(&self, seen: &Seen<'_>, pair: [usize; 2]) -> Option<Stretch> {
        let cause = self.causes[pair[0]];
        let mut exchanges = BTreeSet::from(pair);
        loop {
            let before = exchanges.len();
            for Crossed { pair, .. } in &self.crossed {
                if pair.iter().any(|one| exchanges.contains(one)) {
                    exchanges.extend(pair);
                }
            }
            let inside: Vec<usize> = (0..self.of.len())
                .filter(|&arrow| exchanges.iter().any(|&exchange| self.is_in(arrow, exchange)))
                .collect();
            let arrows = *inside.first()?..inside.last()? + 1;
            for arrow in arrows.clone() {
                exchanges.insert(self.with_cause(arrow, cause)?);
            }
            if exchanges.len() > before {
                continue;
            }
            let is_of = |crossed: &&Crossed| exchanges.contains(&crossed.pair[0]);
            let of = || self.crossed.iter().filter(is_of);
            let runs = (0..seen.runs).filter(|&run| of().any(|crossed| crossed.in_runs[run]));
            let runs = runs.count();
            return seen.is_plain(arrows.clone()).then_some(Stretch {
                cause,
                exchanges,
                arrows,
                runs,
            });
        }
    }

    /// Exchanges that keep their order in all runs, together.
    fn branches(&self, stretch: &Stretch) -> Vec<Vec<usize>> {
        let mut branches: Vec<Vec<usize>> = Vec::new();
        let is_crossed = |one: usize, other: usize| {
            self.crossed.iter().any(|Crossed { pair, .. }| *pair == [one, other])
        };
        for &exchange in &stretch.exchanges {
            let keeps = |branch: &&mut Vec<usize>| {
                branch.iter().all(|&before| !is_crossed(before, exchange))
            };
            match branches.iter_mut().find(keeps) {
                Some(branch) => branch.push(exchange),
                None => branches.push(vec![exchange]),
            }
        }
        branches
    }

    /// The arrows of a branch.
    fn arrows(&self, stretch: &Stretch, branch: &[usize]) -> Vec<usize> {
        let belongs = |arrow: &usize| {
            self.with_cause(*arrow, stretch.cause).is_some_and(|above| branch.contains(&above))
        };
        stretch.arrows.clone().filter(belongs).collect()
    }
}
