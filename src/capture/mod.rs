//! Where exchanges come from. One trait, one file a source.

pub mod replay;
pub mod requestshook;
