//! What differs from system to system: files, locks, processes, signals.
//!
//! In: a thing that every system can do in its own way. Out: that thing done, or refused. Nothing else asks
//! which system this is, but for what as a whole is there on some only: the embedded cloud, and who looks
//! for the process behind a connection. Both sides have the same functions.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(crate) use unix::*;
#[cfg(windows)]
pub(crate) use windows::*;
