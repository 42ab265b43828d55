//! Clouds that commands run on: profiles, readiness, the embedded one.

pub mod embedded;
mod probe;

pub use probe::probe;
