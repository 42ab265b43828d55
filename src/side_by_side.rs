//! Work on many things at once, told in their order: items in, what became of each out.
//!
//! Each thread has a lane of its own, with items in turns. What it has done waits in the lane until
//! its turn comes, and a lane holds little: whoever is ahead waits, so that the memory taken does
//! not grow with the number of items.

use std::num::NonZeroUsize;
use std::sync::mpsc::sync_channel;
use std::thread;

/// Items that a thread works on before it hands them on.
const BATCH: usize = 16;

/// Batches that wait in a lane at most.
const AHEAD: usize = 2;

/// Works on each item and tells what came of it, in the order of the items, on the thread that
/// calls. Stops at the first error of whoever is told.
pub(crate) fn each<T: Sync, R: Send, E>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    tell: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    in_batches(BATCH, items, work, tell)
}

/// The same of items that are few and take long.
pub(crate) fn each_large<T: Sync, R: Send, E>(
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    tell: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    in_batches(1, items, work, tell)
}

fn in_batches<T: Sync, R: Send, E>(
    size: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut tell: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let batches = items.len().div_ceil(size);
    // How many there may be is not asked where one is enough: that means to read files.
    let most = || thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = if batches < 2 { 1 } else { most().min(batches) };
    if threads < 2 {
        return items.iter().map(work).try_for_each(tell);
    }
    let work = &work;
    thread::scope(|scope| {
        let lane = |first: usize| {
            let (sender, lane) = sync_channel(AHEAD);
            scope.spawn(move || {
                for batch in items.chunks(size).skip(first).step_by(threads) {
                    let done: Vec<R> = batch.iter().map(work).collect();
                    if sender.send(done).is_err() {
                        // Nobody wants to know any more.
                        return;
                    }
                }
            });
            lane
        };
        let lanes: Vec<_> = (0..threads).map(lane).collect();
        // A lane that ends early belongs to a thread that panicked, which the scope passes on.
        let done = lanes.iter().cycle().map_while(|lane| lane.recv().ok());
        done.flatten().try_for_each(&mut tell)
    })
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn told(count: usize, slow: impl Fn(usize) -> bool + Sync) -> Vec<usize> {
        let items: Vec<usize> = (0..count).collect();
        let mut told = Vec::new();
        let work = |item: &usize| {
            if slow(*item) {
                thread::sleep(Duration::from_millis(5));
            }
            *item
        };
        let Ok(()) = each(&items, work, |item| {
            told.push(item);
            Ok::<(), Infallible>(())
        });
        told
    }

    #[test]
    fn whatever_is_slow_the_order_stays() {
        for count in [0, 1, BATCH, BATCH + 1, 10 * BATCH + 3] {
            assert_eq!(told(count, |item| item % 17 == 3), (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn nobody_runs_far_ahead_and_an_error_ends_it() {
        let items: Vec<usize> = (0..100_000).collect();
        let done = AtomicUsize::new(0);
        let outcome = each(
            &items,
            |item| {
                done.fetch_add(1, Ordering::Relaxed);
                *item
            },
            |item| if item < 20 { Ok(()) } else { Err(item) },
        );
        assert_eq!(outcome, Err(20));
        assert!(done.into_inner() < 100_000);
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_passed_on() {
        let items: Vec<usize> = (0..10 * BATCH).collect();
        let Ok(()) =
            each(&items, |item| assert!(*item != 3 * BATCH, "no"), |()| Ok::<(), Infallible>(()));
    }
}
