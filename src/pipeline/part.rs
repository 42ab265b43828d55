//! Which of the pages that are meant are looked at: a share of them, or those that changed.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use sha2::{Digest as _, Sha256};

use crate::model::{FileCache, Page, PagePlan, Share};

/// A part of the pages that are meant; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// One of several shares.
    pub shard: Option<Shard>,
    /// How long pages are said to take, in milliseconds by their paths; what is kept of earlier runs where
    /// nobody says so.
    pub durations: Option<BTreeMap<String, u64>>,
    /// Files that changed, absolute: pages that neither are one of them nor include one are left out.
    pub changed: Option<HashSet<PathBuf>>,
}

/// One of several shares of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which of them, counted from 0.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

impl Part {
    /// Whether this may leave pages out.
    pub(super) fn is_partial(&self) -> bool {
        self.shard.is_some() || self.changed.is_some()
    }

    /// Whether a page changed.
    pub(super) fn concerns(&self, files: &FileCache, page: &Page, plan: &PagePlan) -> bool {
        let Some(changed) = &self.changed else { return true };
        let included = page.includes.iter().filter_map(|include| include.file);
        let mut read = [page.file].into_iter().chain(included);
        read.any(|file| changed.contains(&*files.path(file)))
            || plan.files.iter().any(|file| changed.contains(file))
            || plan.views.iter().any(|view| changed.contains(&view.region.file))
    }

    /// For each page whether it is in the share.
    pub(super) fn share(&self, weights: &[usize]) -> Vec<bool> {
        let Some(Shard { index, count }) = self.shard else { return vec![true; weights.len()] };
        shares(weights, count).into_iter().map(|share| share == index).collect()
    }

    /// Which share it is, with a mark of how all pages are shared out. Pages are told by their paths.
    pub(super) fn mark(&self, pages: &[(&str, usize)], weights: &[usize]) -> Option<Share> {
        let Shard { index, count } = self.shard?;
        let mut digest = Sha256::new();
        for ((path, _), share) in pages.iter().zip(shares(weights, count)) {
            digest.update(format!("{share} {path}\n"));
        }
        let mark = digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Some(Share { number: index + 1, of: count, mark })
    }
}

/// The share of each page. Those with the most work are shared out first, each to the share with the
/// least, so that the shares take about as long.
fn shares(weights: &[usize], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|&page| std::cmp::Reverse(weights[page]));
    let mut loads = vec![0; count];
    let mut shares = vec![0; weights.len()];
    for page in order {
        let least = (0..count).min_by_key(|&share| loads[share]).unwrap_or_default();
        loads[least] += weights[page].max(1);
        shares[page] = least;
    }
    shares
}

/// How much work each page is, from its path and its number of commands: how long it takes, where that is
/// known of some page; a command takes as long elsewhere as it does there. Otherwise its commands count.
pub(super) fn weights(pages: &[(&str, usize)], durations: &BTreeMap<String, u64>) -> Vec<usize> {
    let known: Vec<Option<usize>> = pages
        .iter()
        .map(|(path, _)| {
            durations.get(*path).map(|time| usize::try_from(*time).unwrap_or(usize::MAX))
        })
        .collect();
    let of_known =
        pages.iter().zip(&known).filter_map(|((_, commands), time)| Some((*commands, (*time)?)));
    let (commands, time) = of_known.fold((0_usize, 0_usize), |(commands, time), (more, longer)| {
        (commands + more, time.saturating_add(longer))
    });
    let a_command = time.checked_div(commands).unwrap_or(1).max(1);
    let weight = |((_, commands), known): (&(&str, usize), Option<usize>)| {
        known.unwrap_or(commands.saturating_mul(a_command))
    };
    pages.iter().zip(known).map(weight).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Part, Shard, shares, weights};

    #[test]
    fn shares_take_about_as_long_by_what_pages_took() {
        let pages: Vec<(String, usize)> = (0..40).map(|page| (format!("p{page}"), 1)).collect();
        let pages: Vec<(&str, usize)> =
            pages.iter().map(|(path, count)| (&**path, *count)).collect();
        // Some take a hundred times as long as others, and of some nothing is known.
        let time = |page: usize| [100, 10_000, 300, 700, 2_000][page % 5] + page as u64;
        let known: BTreeMap<String, u64> = (0..40)
            .filter(|page| page % 7 != 0)
            .map(|page| (pages[page].0.to_owned(), time(page)))
            .collect();
        let weights = weights(&pages, &known);
        assert_eq!(weights[1], 10_001);
        assert!((1_000..10_000).contains(&weights[7]), "as long as others: {}", weights[7]);
        let shares = shares(&weights, 5);
        let mut loads = [0; 5];
        shares.iter().zip(&weights).for_each(|(share, weight)| loads[*share] += weight);
        let (least, most) = (loads.iter().min().unwrap(), loads.iter().max().unwrap());
        // The one that is added last makes the difference.
        assert!(most - least <= *weights.iter().max().unwrap(), "{loads:?}");
        assert!(*most < 2 * *least, "{loads:?}");
    }

    #[test]
    fn without_times_commands_count() {
        assert_eq!(weights(&[("a", 3), ("b", 1)], &BTreeMap::new()), [3, 1]);
    }

    #[test]
    fn each_page_is_in_one_share_and_shares_are_even() {
        let commands = [1, 9, 1, 1, 4, 2, 3, 0, 1, 1];
        let shares: Vec<Vec<bool>> = (0..3)
            .map(|index| {
                let shard = Some(Shard { index, count: 3 });
                Part { shard, ..Part::default() }.share(&commands)
            })
            .collect();
        for page in 0..commands.len() {
            assert_eq!(shares.iter().filter(|share| share[page]).count(), 1, "page {page}");
        }
        let load = |share: &Vec<bool>| -> usize {
            share.iter().zip(commands).filter(|(is_in, _)| **is_in).map(|(_, count)| count).sum()
        };
        let loads: Vec<usize> = shares.iter().map(load).collect();
        assert!(loads.iter().all(|load| (7..=9).contains(load)), "{loads:?}");
        assert_eq!(Part::default().share(&commands), vec![true; 10]);
    }
}
