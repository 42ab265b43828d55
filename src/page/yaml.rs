//! YAML in pages: its text in, the value out.

use serde_yaml::Value;

/// How many brackets may be open at once. The YAML reader gives up before that, but takes a time
/// that grows with their square to get there.
const DEEPEST: usize = 200;

/// The value; none when it is no YAML, or nested deeper than anybody means it to be.
pub(super) fn read(text: &str) -> Option<Value> {
    if is_too_deep(text) { None } else { serde_yaml::from_str(text).ok() }
}

/// Whether so many brackets are open somewhere that the YAML reader must not be asked.
pub(super) fn is_too_deep(text: &str) -> bool {
    let mut open = 0_usize;
    text.bytes().any(|byte| {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        open > DEEPEST
    })
}
