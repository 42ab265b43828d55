//! Tells people and machines what was found. One file a format.

pub mod list_json;
