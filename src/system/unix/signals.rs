//! The signals that ask a process to end.

use std::io;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

/// Tells of each signal from now on. Where that is answered with true, the signal ends the process as it
/// ends any.
pub(crate) fn listen(mut heard: impl FnMut() -> bool + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            // The handler stays, so that what the system would do has to be done here.
            if heard() {
                // It does not return for these signals.
                let _ = emulate_default_handler(signal);
            }
        }
    })?;
    Ok(())
}
