//! What a person or the system says while commands run: end.
//!
//! In: signals that ask doctool to end. Out: how often one came. While nobody listens, they end doctool
//! as they end any program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::system;

/// How often somebody may ask before doctool ends without cleaning up.
const PATIENCE: usize = 3;

/// How many listen: what the system tells, it tells the process.
static LISTENING: AtomicUsize = AtomicUsize::new(0);

/// How often the run was asked to end.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

/// Listens as long as it lives. There is one a process: signals are for all of it.
#[derive(Debug)]
pub struct Listener(Arc<AtomicBool>);

impl Interrupt {
    /// Listens to signals from now on.
    ///
    /// # Errors
    ///
    /// When the system does not let it.
    pub fn listen() -> io::Result<(Self, Listener)> {
        let interrupt = Self::default();
        let count = Arc::clone(&interrupt.0);
        let listens = Arc::new(AtomicBool::new(true));
        LISTENING.fetch_add(1, Ordering::SeqCst);
        let listener = Listener(Arc::clone(&listens));
        system::listen(move || {
            let times = count.fetch_add(1, Ordering::SeqCst) + 1;
            match listens.load(Ordering::SeqCst) {
                true => times >= PATIENCE,
                // A later run may listen.
                false => LISTENING.load(Ordering::SeqCst) == 0,
            }
        })?;
        Ok((interrupt, listener))
    }

    /// How often the run was asked to end.
    pub fn times(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// Asks the run to end, as a signal does.
    pub fn ask(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
        LISTENING.fetch_sub(1, Ordering::SeqCst);
    }
}
