//! What asks a process to end: Ctrl-C, Ctrl-Break, the window that is closed.

use std::io;
use std::process;
use std::sync::{Mutex, OnceLock, PoisonError};

/// How a process ends that Ctrl-C has ended (`STATUS_CONTROL_C_EXIT`).
const ENDED: u32 = 0xC000_013A;

type Listener = Box<dyn FnMut() -> bool + Send>;

/// All who listen. The system knows one handler a process.
static LISTENERS: Mutex<Vec<Listener>> = Mutex::new(Vec::new());
static HANDLER: OnceLock<Option<String>> = OnceLock::new();

/// Tells of each signal from now on. Where that is answered with true, it ends the process as it ends any.
pub(crate) fn listen(heard: impl FnMut() -> bool + Send + 'static) -> io::Result<()> {
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(heard));
    let fault =
        HANDLER.get_or_init(|| ctrlc::set_handler(tell).err().map(|error| error.to_string()));
    fault.as_ref().map_or(Ok(()), |fault| Err(io::Error::other(fault.clone())))
}

fn tell() {
    let mut listeners = LISTENERS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut ends = false;
    for heard in listeners.iter_mut() {
        // Each of them is told, whatever the others say.
        ends |= heard();
    }
    if ends {
        process::exit(ENDED.cast_signed());
    }
}
