//! The smallest number of changes that lays a recording on a diagram.
//!
//! In: a [`Machine`]. Out: the moves of a way to the end. Ways with fewer changes are looked at first,
//! with an estimate of what the rest costs, and no place twice. When too many places were looked at, a
//! narrow search takes over, whose answer is a way to the end, too, but perhaps not the smallest.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::expression::What;
use super::machine::{CHANGE, Head, Machine, Move, Place};

/// How many places are looked at before the narrow search takes over.
const BUDGET: usize = 30_000;

/// How many ways the narrow search follows at once.
const WIDTH: usize = 6;

/// How many arrows it leaves out at once to find one that fits.
const REACH: usize = 48;

/// A way to the end.
pub(super) struct Way {
    pub(super) moves: Vec<Move>,
    /// Whether no other way is shorter.
    pub(super) is_smallest: bool,
}

/// A place on the way.
struct Stop {
    place: Place,
    cost: u32,
    from: Option<(u32, Move)>,
}

/// Where the search has been.
struct Tracks {
    stops: Vec<Stop>,
}

impl Tracks {
    fn moves(&self, mut stop: usize) -> Vec<Move> {
        let mut moves = Vec::new();
        while let Some((from, taken)) = &self.stops[stop].from {
            moves.push(taken.clone());
            stop = *from as usize;
        }
        moves.reverse();
        moves
    }

    fn push(&mut self, stop: Stop) -> u32 {
        self.stops.push(stop);
        u32::try_from(self.stops.len() - 1).expect("the budget is smaller")
    }
}

/// The smallest way, if it is found within the budget; else how much one costs at least.
pub(super) fn smallest(machine: &mut Machine<'_>) -> Result<Way, u32> {
    let mut tracks = Tracks { stops: Vec::new() };
    let mut best: HashMap<Place, u32> = HashMap::new();
    // What is to be looked at: first what a way through it costs least, then what is farthest. Moves
    // with changes come in a second turn, and mostly never.
    let mut waiting = BinaryHeap::new();
    let first = machine.first();
    let estimate = machine.estimate(&first);
    best.insert(first.clone(), 0);
    tracks.push(Stop { place: first, cost: 0, from: None });
    waiting.push((Reverse(estimate), 0_u32, Reverse(0_u32), false));
    let mut looked = 0;
    while let Some((Reverse(total), depth, Reverse(stop), is_change)) = waiting.pop() {
        let Stop { place, cost, .. } = &tracks.stops[stop as usize];
        let (place, cost) = (place.clone(), *cost);
        if best[&place] < cost {
            continue;
        }
        if machine.is_end(&place) {
            return Ok(Way { moves: tracks.moves(stop as usize), is_smallest: true });
        }
        looked += 1;
        if looked > BUDGET {
            return Err(total);
        }
        if !is_change {
            let estimate = total - cost;
            let later = if estimate == 0 { total + CHANGE } else { total };
            waiting.push((Reverse(later), depth, Reverse(stop), true));
        }
        for (taken, price, after) in machine.moves(&place, is_change) {
            let cost = cost + price;
            if best.get(&after).is_some_and(|&best| best <= cost) {
                continue;
            }
            let total = cost + machine.estimate(&after);
            best.insert(after.clone(), cost);
            let next = tracks.push(Stop { place: after, cost, from: Some((stop, taken)) });
            waiting.push((Reverse(total), depth + 1, Reverse(next), false));
        }
    }
    Err(0)
}

/// A way in time that grows with the number of messages and steps only. `least` is what a way costs at
/// least.
pub(super) fn narrow(machine: &mut Machine<'_>, least: u32) -> Way {
    let mut tracks = Tracks { stops: Vec::new() };
    let place = machine.first();
    let mut level = vec![tracks.push(Stop { place, cost: 0, from: None })];
    while !machine.is_read(&tracks.stops[level[0] as usize].place) {
        let mut next: HashMap<Place, u32> = HashMap::new();
        for &stop in &level {
            advance(machine, &mut tracks, stop, &mut next);
        }
        let mut ranked: Vec<(u32, u32)> = next
            .into_iter()
            .map(|(place, stop)| {
                (tracks.stops[stop as usize].cost + machine.estimate(&place), stop)
            })
            .collect();
        ranked.sort_unstable();
        ranked.truncate(WIDTH);
        level = ranked.into_iter().map(|(_, stop)| stop).collect();
    }
    let ends: Vec<u32> = level.into_iter().map(|stop| finish(machine, &mut tracks, stop)).collect();
    let cost = |stop: &u32| tracks.stops[*stop as usize].cost;
    let end = ends.into_iter().min_by_key(cost).expect("a message can always be added");
    let is_smallest = cost(&end) / CHANGE <= least / CHANGE;
    Way { moves: tracks.moves(end as usize), is_smallest }
}

/// Uses one more message: on an arrow that comes next or soon, or on none.
fn advance(
    machine: &mut Machine<'_>,
    tracks: &mut Tracks,
    stop: u32,
    next: &mut HashMap<Place, u32>,
) {
    let place = tracks.stops[stop as usize].place.clone();
    let heads = machine.heads(&place);
    let steps = machine.steps(&place);
    let mut found = Vec::new();
    for step in &steps.all {
        for &head in &heads {
            machine.lays(&place, step, head, true, &mut found);
        }
    }
    let is_fitting = !found.is_empty();
    for (taken, price, after) in found {
        keep(tracks, stop, taken, price, after, next);
    }
    let head = heads[0];
    let after = machine.after(&place, place[0], Some(head), None, &[]);
    keep(tracks, stop, Move::Add(head), CHANGE, after, next);
    if is_fitting {
        return;
    }
    let mut changed = Vec::new();
    for step in &steps.all {
        machine.lays(&place, step, head, false, &mut changed);
    }
    for (taken, price, after) in changed {
        keep(tracks, stop, taken, price, after, next);
    }
    skip(machine, tracks, stop, head, next);
}

/// Leaves arrows out until one fits.
fn skip(
    machine: &mut Machine<'_>,
    tracks: &mut Tracks,
    stop: u32,
    head: Head,
    next: &mut HashMap<Place, u32>,
) {
    let mut queue = std::collections::VecDeque::from([stop]);
    let mut seen = std::collections::HashSet::new();
    let mut looked = 0;
    while let Some(at) = queue.pop_front() {
        let place = tracks.stops[at as usize].place.clone();
        let steps = machine.steps(&place);
        let mut found = Vec::new();
        steps.all.iter().for_each(|step| machine.lays(&place, step, head, true, &mut found));
        if !found.is_empty() {
            for (taken, price, after) in found {
                keep(tracks, at, taken, price, after, next);
            }
            return;
        }
        for step in &steps.all {
            looked += 1;
            if looked > REACH {
                return;
            }
            let (taken, price, after) = machine.without(&place, step);
            if seen.insert(after.clone()) {
                let cost = tracks.stops[at as usize].cost + price;
                queue.push_back(tracks.push(Stop { place: after, cost, from: Some((at, taken)) }));
            }
        }
    }
}

fn keep(
    tracks: &mut Tracks,
    from: u32,
    taken: Move,
    price: u32,
    after: Place,
    next: &mut HashMap<Place, u32>,
) {
    let cost = tracks.stops[from as usize].cost + price;
    if next.get(&after).is_some_and(|&known| tracks.stops[known as usize].cost <= cost) {
        return;
    }
    let stop = tracks.push(Stop { place: after.clone(), cost, from: Some((from, taken)) });
    next.insert(after, stop);
}

/// Leaves out what must still happen, the least that it can.
fn finish(machine: &mut Machine<'_>, tracks: &mut Tracks, mut stop: u32) -> u32 {
    loop {
        let place = tracks.stops[stop as usize].place.clone();
        if machine.is_end(&place) {
            return stop;
        }
        let steps = machine.steps(&place);
        let arrows = steps.all.iter().filter(|step| matches!(step.what, What::Arrow(_)));
        let left = |step: &&super::expression::Step| machine.expressions.losses(step.next).2;
        let step = arrows.min_by_key(left).expect("what does not end goes on");
        let (taken, price, after) = machine.without(&place, step);
        let cost = tracks.stops[stop as usize].cost + price;
        stop = tracks.push(Stop { place: after, cost, from: Some((stop, taken)) });
    }
}
