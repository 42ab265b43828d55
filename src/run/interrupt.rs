//! What a person or the system says while commands run: end.
//!
//! In: the signals INT, TERM and HUP. Out: how often one came. While nobody listens, they end doctool
//! as they end any program.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// How often somebody may ask before doctool ends without cleaning up.
const PATIENCE: usize = 3;

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
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let listens = Arc::new(AtomicBool::new(true));
        let listener = Listener(Arc::clone(&listens));
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                let times = count.fetch_add(1, Ordering::SeqCst) + 1;
                // The handler stays, so that what the system would do has to be done here.
                if times >= PATIENCE || !listens.load(Ordering::SeqCst) {
                    // It does not return for these signals.
                    let _ = emulate_default_handler(signal);
                }
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
    }
}
