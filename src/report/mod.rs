//! Tells people and machines what was found. Gives text; `cli` prints it.

pub mod adopt_json;
pub mod adopt_text;
pub mod check;
mod diff;
pub mod leaks_text;
pub mod list_json;
pub mod list_text;
pub mod noise_json;
pub mod noise_text;
pub mod plan_text;
pub mod progress;
pub mod proxy_text;
pub mod starter_text;
pub mod text;

/// A number of things, such as `1 page` or `2 pages`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 || what.ends_with('s') { "" } else { "s" })
}
