//! Console output: follows the run, but for what people left out of it.

/// A line that stands for any lines that a person left out.
const ELISION: &str = "...";

/// The new output, or the old one where it shows the new one with parts left out.
pub(super) fn merge(old: &str, new: &str) -> String {
    let old_lines: Vec<&str> = old.lines().collect();
    let new_lines: Vec<&str> = new.lines().collect();
    let is_elided = old_lines.iter().any(|line| line.trim() == ELISION);
    if is_elided && shows(&old_lines, &new_lines) { old.to_owned() } else { new.to_owned() }
}

/// Whether the lines between the elisions come in this order, the first and last at the ends.
fn shows(old: &[&str], new: &[&str]) -> bool {
    let parts: Vec<&[&str]> = old.split(|line| line.trim() == ELISION).collect();
    let [first, middle @ .., last] = &*parts else { return old == new };
    let Some(rest) = new.strip_prefix(*first) else { return false };
    let Some(mut rest) = rest.strip_suffix(*last) else { return false };
    for part in middle.iter().filter(|part| !part.is_empty()) {
        let Some(start) = rest.windows(part.len()).position(|lines| lines == *part) else {
            return false;
        };
        rest = &rest[start + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::merge;

    #[test]
    fn what_was_left_out_stays_out() {
        let new = "a\nb\nc\nd\ne\n";
        for old in ["a\n...\ne\n", "...\n", "a\n...\nc\n...\n", "a\nb\n...\n"] {
            assert_eq!(merge(old, new), old);
        }
        for old in ["a\n...\nd\n", "b\n...\n", "a\n...\nx\n...\n", "a\nb\n"] {
            assert_eq!(merge(old, new), new);
        }
    }
}
