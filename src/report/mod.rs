//! Tells people and machines what was found. Gives text; `cli` prints it.

pub mod adopt_json;
pub mod adopt_text;
pub mod leaks_text;
pub mod list_json;
pub mod list_text;
pub mod plan_text;
pub mod progress;
pub mod text;

/// A number of things, such as `1 page` or `2 pages`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 || what.ends_with('s') { "" } else { "s" })
}
