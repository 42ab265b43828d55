//! Several pages at once on a live cloud.
//!
//! In: the pages and as many sources as may record at once. Out: what all pages did, as if one had run
//! after another. Each thread has a source of its own; what runs alone is recorded by the first one.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::capture::Capture;
use crate::error::{Error, Result};
use crate::model::Event;

use super::known::Known;
use super::live::Runner;
use super::ran::PageRun;
use super::stage::learn;
use super::turns::{Manner, Turns};

/// What the threads share.
struct Shared<'a> {
    state: Mutex<State<'a>>,
    /// Somebody has ended something.
    changed: Condvar,
}

struct State<'a> {
    turns: Turns,
    known: &'a mut Known,
    /// What each page did, once it is over.
    done: Vec<Option<Done>>,
    /// How many pages have told what they have learnt; these come first.
    learnt: usize,
    /// What ended all, and of which page.
    error: Option<(usize, Error)>,
    /// Whether a thread has panicked, so that its page never ends.
    is_broken: bool,
}

struct Done {
    run: PageRun,
    /// What is known then, where that is more than what the run says.
    known: Option<Known>,
}

/// Runs the pages, in turns where they do not get on with others.
///
/// # Errors
///
/// When something fails that is more than one page. Of several such errors, that of the first page.
pub(super) fn run(
    runner: &Runner<'_>,
    known: &mut Known,
    alone: &mut (dyn Capture + Send),
    beside: Vec<Box<dyn Capture + Send>>,
) -> Result<Vec<PageRun>> {
    let turns = Turns::new(runner.pages.iter().map(|page| runner.manner(page)));
    let done = runner.pages.iter().map(|_| None).collect();
    let state = State { turns, known, done, learnt: 0, error: None, is_broken: false };
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new() };
    let alone = Mutex::new(alone);
    thread::scope(|scope| {
        for mut capture in beside {
            let (shared, alone) = (&shared, &alone);
            scope.spawn(move || work(runner, shared, &mut *capture, alone));
        }
    });
    let state = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    match state.error {
        Some((_, error)) => Err(error),
        None => Ok(state.done.into_iter().flatten().map(|done| done.run).collect()),
    }
}

/// Runs one page after another until there is none.
fn work(
    runner: &Runner<'_>,
    shared: &Shared<'_>,
    capture: &mut dyn Capture,
    alone: &Mutex<&mut (dyn Capture + Send)>,
) {
    let _watch = Watch(shared);
    while let Some((index, manner, mut known)) = shared.next() {
        let ran = if manner == Manner::Alone {
            // Nobody else has it, and whoever panicked with it ends everything.
            let mut capture = alone.lock().unwrap_or_else(PoisonError::into_inner);
            runner.page(index, &mut known, &mut **capture)
        } else {
            runner.page(index, &mut known, capture)
        };
        shared.end(runner, (index, manner), ran, known);
    }
}

/// Lets the others end when a thread panics.
struct Watch<'s, 'a>(&'s Shared<'a>);

impl Drop for Watch<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.state().is_broken = true;
            self.0.changed.notify_all();
        }
    }
}

impl<'a> Shared<'a> {
    /// Waits for a page that may begin. None when there is none any more.
    fn next(&self) -> Option<(usize, Manner, Known)> {
        let mut state = self.state();
        loop {
            if state.error.is_some() || state.is_broken || state.turns.are_over() {
                return None;
            }
            if let Some((index, manner)) = state.turns.begin() {
                return Some((index, manner, state.known.clone()));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes down what a page did.
    fn end(
        &self,
        runner: &Runner<'_>,
        (index, manner): (usize, Manner),
        ran: Result<PageRun>,
        known: Known,
    ) {
        let mut state = self.state();
        match ran {
            Err(error) => {
                if state.error.as_ref().is_none_or(|(other, _)| index < *other) {
                    state.error = Some((index, error));
                }
            }
            Ok(run) if run.is_doubtful && manner != Manner::Alone => {
                let path = &runner.pages[index].plan.path;
                (runner.job.events)(Event::Warning(format!(
                    "`{path}` runs again, alone: services sent something meanwhile, and it is not known \
                     for whom"
                )));
                state.turns.again_alone(index);
            }
            Ok(run) => {
                state.turns.end(index);
                // What runs beside others has not heard of what they have learnt.
                let known = (manner != Manner::Beside).then_some(known);
                state.done[index] = Some(Done { run, known });
                state.learn(runner);
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    // A panic elsewhere ends the scope, and all with it; nothing is read then but that it is over.
    fn state(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State<'_> {
    /// Learns from the pages in their order, as far as they are over: what the first says goes before
    /// what others say.
    fn learn(&mut self, runner: &Runner<'_>) {
        while let Some(Some(done)) = self.done.get_mut(self.learnt) {
            let page = &runner.pages[self.learnt];
            match done.known.take() {
                Some(known) => *self.known = known,
                None => {
                    for run in &done.run.rounds {
                        // It could be learnt by the page itself, so it can be now.
                        let _ = learn(runner.job, page, runner.cloud, self.known, run);
                    }
                }
            }
            self.learnt += 1;
        }
    }
}
