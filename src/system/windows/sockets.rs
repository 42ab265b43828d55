//! Limits of the system on connections: Windows has none that a process can lift.

use std::io;
use std::net::TcpListener;

/// A process may hold as many connections as there is memory for.
pub(crate) fn hold_many() {}

/// How many callers wait at a door is for the system to say.
pub(crate) fn let_wait(_: &TcpListener, _: i32) -> io::Result<()> {
    Ok(())
}
