//! Tells people and machines what was found. Gives text; `cli` prints it.

pub mod list_json;
pub mod list_text;
pub mod progress;
pub mod text;
