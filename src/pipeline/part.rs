//! Which of the pages that are meant are looked at: a share of them, or those that changed.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::model::{FileCache, Page, PagePlan};

/// A part of the pages that are meant; all of them by default.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// One of several shares.
    pub shard: Option<Shard>,
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

    /// For each page whether it is in the share. The pages with the most commands are shared out
    /// first, each to the share with the fewest commands, so that the shares take about as long.
    pub(super) fn share(&self, commands: &[usize]) -> Vec<bool> {
        let Some(Shard { index, count }) = self.shard else { return vec![true; commands.len()] };
        let mut order: Vec<usize> = (0..commands.len()).collect();
        order.sort_by_key(|&page| std::cmp::Reverse(commands[page]));
        let mut loads = vec![0; count];
        let mut is_meant = vec![false; commands.len()];
        for page in order {
            let least = (0..count).min_by_key(|&share| loads[share]).unwrap_or_default();
            loads[least] += commands[page].max(1);
            is_meant[page] = least == index;
        }
        is_meant
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, Shard};

    #[test]
    fn each_page_is_in_one_share_and_shares_are_even() {
        let commands = [1, 9, 1, 1, 4, 2, 3, 0, 1, 1];
        let shares: Vec<Vec<bool>> = (0..3)
            .map(|index| {
                let shard = Some(Shard { index, count: 3 });
                Part { shard, changed: None }.share(&commands)
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
