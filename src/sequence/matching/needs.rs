//! Which of several callers goes first where all would say the same.
//!
//! In: messages of different chains that say the same, and an arrow for one of them. Out: the messages,
//! first the one whose chain has to go on soonest. Clients that run at the same time begin alike, and
//! the diagram shows only later who of them was first. So what comes next in a chain and not in the
//! others is looked for, and the arrow that is left for it. Whoever needs the earliest is best laid
//! first: another order that fits stays one that fits when the two change places up to there.
//!
//! This is only the order in which moves are tried; none is left out.

use super::fits::Fits;
use super::recorded::Recorded;

/// How far one looks ahead in a chain.
const AHEAD: usize = 32;

/// The messages that are not used yet of each chain.
pub(super) struct Left<'a> {
    recorded: &'a Recorded<'a>,
    chains: Vec<&'a [u32]>,
}

impl<'a> Left<'a> {
    /// What is left when so many messages of each chain were used.
    pub(super) fn of(recorded: &'a Recorded<'a>, used: &[u32]) -> Self {
        let chains = recorded.chains.iter().zip(used);
        Self { recorded, chains: chains.map(|(chain, &used)| &chain[used as usize..]).collect() }
    }

    /// Puts messages that say the same into the order of need, where the arrow is the next.
    pub(super) fn sort(&self, heads: &mut [u32], arrow: u32, fits: &Fits<'_>) {
        let label = |head: u32| self.recorded.messages[head as usize].label;
        heads.sort_by_key(|&head| label(head));
        for alike in heads.chunk_by_mut(|&one, &other| label(one) == label(other)) {
            if alike.len() > 1 {
                let mut ranked = self.ranked(alike, 0, arrow, fits);
                ranked.sort_by_key(|&(head, need)| (need, head));
                alike.iter_mut().zip(ranked).for_each(|(place, (head, _))| *place = head);
            }
        }
    }

    /// Each of these with the arrow that it needs soonest, looked for from so far ahead. Of those that
    /// go on alike, the one that needs something else sooner also needs the first arrow of what they
    /// share.
    fn ranked(&self, heads: &[u32], ahead: usize, arrow: u32, fits: &Fits<'_>) -> Vec<(u32, u32)> {
        let ahead = self.shared(heads, ahead);
        let mut groups: Vec<(Option<u32>, Vec<u32>)> = Vec::new();
        for &head in heads {
            let label = self.label(self.chain(head), ahead).filter(|_| ahead < AHEAD);
            match groups.iter_mut().find(|(of, _)| *of == label) {
                Some((_, group)) => group.push(head),
                None => groups.push((label, vec![head])),
            }
        }
        let mut all = Vec::new();
        for (label, group) in groups {
            let Some(label) = label else {
                all.extend(group.into_iter().map(|head| (head, u32::MAX)));
                continue;
            };
            let mut ranked = self.ranked(&group, ahead + 1, arrow, fits);
            ranked.sort_by_key(|&(head, need)| (need, head));
            let arrows = fits.arrows_of(label);
            let next = arrows.partition_point(|&other| other <= arrow) + self.nearer(label, ahead);
            let needs = ranked.into_iter().enumerate().map(|(index, (head, need))| {
                let first = arrows.get(next + index).copied().unwrap_or(u32::MAX);
                (head, first.min(need))
            });
            all.extend(needs);
        }
        all
    }

    fn chain(&self, head: u32) -> &'a [u32] {
        self.chains[self.recorded.messages[head as usize].chain as usize]
    }

    fn label(&self, chain: &[u32], place: usize) -> Option<u32> {
        chain.get(place).map(|&message| self.recorded.messages[message as usize].label)
    }

    /// How far ahead, from some place on, all of these chains have the same.
    fn shared(&self, heads: &[u32], ahead: usize) -> usize {
        let first = self.chain(heads[0]);
        let is_shared = |place: &usize| {
            let label = self.label(first, *place);
            label.is_some()
                && heads.iter().all(|&head| self.label(self.chain(head), *place) == label)
        };
        let several = heads.len() > 1;
        ahead + (ahead..AHEAD).take_while(|place| several && is_shared(place)).count()
    }

    /// How many chains say something sooner than so far ahead.
    fn nearer(&self, label: u32, ahead: usize) -> usize {
        let is_nearer = |other: &&&[u32]| {
            (0..ahead.min(other.len())).any(|place| self.label(other, place) == Some(label))
        };
        self.chains.iter().filter(is_nearer).count()
    }
}
