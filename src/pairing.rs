//! Which elements of one sequence correspond to which of another: first those in the same order, then
//! those that moved, then those that are alike and stand between the same neighbours.
//!
//! In: keys that tell what is the same, as many sorts of them as there are, the strictest first. Out:
//! pairs, at most one for each element.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Pairs found so far, looked up from both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    of_old: Vec<Option<usize>>,
    of_new: Vec<Option<usize>>,
}

impl Pairing {
    /// No pairs yet, of sequences with so many elements.
    pub fn new(old: usize, new: usize) -> Self {
        Self { of_old: vec![None; old], of_new: vec![None; new] }
    }

    /// The new element that the old one has become, if there is one.
    pub fn of_old(&self, old: usize) -> Option<usize> {
        self.of_old.get(old).copied().flatten()
    }

    /// The old element that the new one was, if there is one.
    pub fn of_new(&self, new: usize) -> Option<usize> {
        self.of_new.get(new).copied().flatten()
    }

    /// For each new element the old one.
    pub fn into_of_new(self) -> Vec<Option<usize>> {
        self.of_new
    }

    /// Pairs elements with the same key that come in the same order, between pairs found so far.
    pub fn in_order<T: Hash + Eq + Ord>(&mut self, old: &[T], new: &[T]) {
        for (old_gap, new_gap) in self.gaps() {
            for (one, other) in pairs(&old[old_gap.clone()], &new[new_gap.clone()]) {
                self.pair(old_gap.start + one, new_gap.start + other);
            }
        }
    }

    /// Pairs elements with the same key wherever they stand, the first with the first.
    pub fn moved<T: Hash + Eq>(&mut self, old: &[T], new: &[T]) {
        let mut free: HashMap<&T, VecDeque<usize>> = HashMap::new();
        for (index, key) in old.iter().enumerate() {
            if self.of_old[index].is_none() {
                free.entry(key).or_default().push_back(index);
            }
        }
        for (index, key) in new.iter().enumerate() {
            if self.of_new[index].is_none()
                && let Some(partner) = free.get_mut(key).and_then(VecDeque::pop_front)
            {
                self.pair(partner, index);
            }
        }
    }

    /// Pairs elements that are alike and stand between the same neighbours, in order.
    pub fn alike(&mut self, are_alike: impl Fn(usize, usize) -> bool) {
        for (old_gap, new_gap) in self.gaps() {
            let mut from = old_gap.start;
            for new in new_gap {
                let fits = |&old: &usize| self.of_old[old].is_none() && are_alike(old, new);
                if self.of_new[new].is_none()
                    && let Some(old) = (from..old_gap.end).find(fits)
                {
                    self.pair(old, new);
                    from = old + 1;
                }
            }
        }
    }

    fn pair(&mut self, old: usize, new: usize) {
        self.of_old[old] = Some(new);
        self.of_new[new] = Some(old);
    }

    /// The stretches that lie between the same neighbours on both sides, neither of them empty.
    fn gaps(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let mut gaps = Vec::new();
        let (mut old, mut new) = (0, 0);
        let anchors =
            self.of_new.iter().enumerate().filter_map(|(index, old)| Some(((*old)?, index)));
        for (old_anchor, new_anchor) in anchors.chain([(self.of_old.len(), self.of_new.len())]) {
            // What moved backwards is no neighbour to go by.
            if old_anchor < old {
                continue;
            }
            if old < old_anchor && new < new_anchor {
                gaps.push((old..old_anchor, new..new_anchor));
            }
            (old, new) = (old_anchor + 1, new_anchor + 1);
        }
        gaps
    }
}

/// Indices of the elements that a common subsequence pairs, the longest where that is feasible.
pub fn pairs<T: Hash + Eq + Ord>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            pairs.extend((0..len).map(|step| (old_index + step, new_index + step)));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::Pairing;

    fn found(pairing: &Pairing) -> Vec<Option<usize>> {
        pairing.clone().into_of_new()
    }

    #[test]
    fn pairs_what_keeps_its_order_then_what_moved_then_what_is_alike() {
        let (old, new) = (["a", "b", "c", "d", "e1"], ["c", "a", "b", "x", "e2"]);
        let mut pairing = Pairing::new(5, 5);
        pairing.in_order(&old, &new);
        assert_eq!(found(&pairing), [None, Some(0), Some(1), None, None]);
        pairing.moved(&old, &new);
        assert_eq!(found(&pairing), [Some(2), Some(0), Some(1), None, None]);
        pairing.alike(|one, other| old[one][..1] == new[other][..1]);
        assert_eq!(found(&pairing), [Some(2), Some(0), Some(1), None, Some(4)]);
        assert_eq!(
            (pairing.of_old(2), pairing.of_old(3), pairing.of_old(9)),
            (Some(0), None, None)
        );
    }
}
