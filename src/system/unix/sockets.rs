//! Limits of the system on connections.

use std::io;
use std::net::TcpListener;

use rustix::process::{Resource, getrlimit, setrlimit};

/// Lets the process hold as many connections as the system allows it: each exchange of a proxy has two, and
/// most shells begin with a limit that is made for programs that have few.
pub(crate) fn hold_many() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it fails, callers wait until others are served.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Lets so many callers wait at a door until they are let in, if the system allows as many.
pub(crate) fn let_wait(door: &TcpListener, callers: i32) -> io::Result<()> {
    Ok(rustix::net::listen(door, callers)?)
}
