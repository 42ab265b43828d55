//! Where exchanges come from. One trait, one file a source.

pub mod requestshook;
