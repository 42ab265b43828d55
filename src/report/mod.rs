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

use std::collections::BTreeMap;

/// What was not seen on which pages, a line for all pages of which the same is true.
fn not_seen<'a>(pages: impl Iterator<Item = (&'a str, &'a [String])>) -> String {
    let mut told: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (path, what) in pages.filter(|(_, what)| !what.is_empty()) {
        told.entry(what.join("; ")).or_default().push(path);
    }
    let line = |(what, pages): (String, Vec<&str>)| match *pages {
        [page] => format!("not seen on `{page}`: {what}\n"),
        _ => format!("not seen on `{}` and {} more: {what}\n", pages[0], pages.len() - 1),
    };
    told.into_iter().map(line).collect()
}

/// A number of things, such as `1 page` or `2 pages`.
pub fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 || what.ends_with('s') { "" } else { "s" })
}
