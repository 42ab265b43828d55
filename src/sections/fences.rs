//! Which lines of a text stand in fences: so that a `#` in shown text is not taken for a heading.
//!
//! In: lines without endings. Out: opening and closing lines as indices. A slip in an info string does
//! not matter here: a person meant a fence, and will repair it.

use std::collections::HashMap;

use memchr::memchr;

/// A fence that is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) opener: usize,
    pub(super) closer: usize,
}

/// The outermost fences in order. As pymdownx.superfences reads them, a fence ends at the same
/// backticks behind the same indent, and is none if a line with less indent comes before.
pub(super) fn fences(lines: &[&str]) -> Vec<Fence> {
    let mut fences = Vec::new();
    // Where the search for an end that is not there stopped, so that no stretch is searched twice.
    let mut open_until: HashMap<(&str, &str), usize> = HashMap::new();
    let mut index = 0;
    while index < lines.len() {
        if let Some((indent, marker)) = opening(lines[index])
            && open_until.get(&(indent, marker)).is_none_or(|&end| end <= index)
        {
            match closer(&lines[index + 1..], indent, marker) {
                Ok(length) => {
                    let closer = index + 1 + length;
                    fences.push(Fence { opener: index, closer });
                    index = closer;
                }
                Err(length) => {
                    open_until.insert((indent, marker), index + 1 + length);
                }
            }
        }
        index += 1;
    }
    fences
}

/// Indent and backticks of a line that opens a fence.
fn opening(line: &str) -> Option<(&str, &str)> {
    // Most lines open none, and that is quick to see.
    let indent = indent(line);
    let begin = &line[indent.len()..];
    let mark = *begin.as_bytes().first().filter(|mark| b"`~".contains(mark))?;
    let (marker, info) = begin.split_at(begin.bytes().take_while(|byte| *byte == mark).count());
    let is_code_span = mark == b'`' && memchr(b'`', info.as_bytes()).is_some();
    (marker.len() >= 3 && !is_code_span).then_some((indent, marker))
}

/// What stands before the backticks of an opening line.
pub(super) fn indent(line: &str) -> &str {
    &line[..line.bytes().take_while(|byte| b" \t>".contains(byte)).count()]
}

/// The line that ends the fence, or the one at which the search for it ended.
fn closer(lines: &[&str], indent: &str, marker: &str) -> Result<usize, usize> {
    let mark = marker.as_bytes()[0];
    for (index, line) in lines.iter().enumerate() {
        let bytes = line.as_bytes();
        // Hardly any line has a mark behind the indent.
        if !begins(bytes, indent.as_bytes()) {
            if !line.trim().is_empty() {
                return Err(index);
            }
        } else if bytes.get(indent.len()) == Some(&mark)
            && line[indent.len()..].trim_end() == marker
        {
            return Ok(index);
        }
    }
    Err(lines.len())
}

/// Whether a line begins with an indent. In a tab that has four blanks, which are compared at once.
fn begins(line: &[u8], indent: &[u8]) -> bool {
    match <&[u8; 4]>::try_from(indent) {
        Ok(four) => line.first_chunk() == Some(four),
        Err(_) => line.starts_with(indent),
    }
}

#[cfg(test)]
mod tests {
    use super::fences;

    fn found(text: &str) -> Vec<(usize, usize)> {
        let lines: Vec<&str> = text.lines().collect();
        fences(&lines).iter().map(|fence| (fence.opener, fence.closer)).collect()
    }

    #[test]
    fn a_fence_ends_at_its_own_backticks_and_indent() {
        assert_eq!(found("````\n```\n````\n~~~ x\n```\n~~~\n"), [(0, 2), (3, 5)]);
        assert_eq!(found("    ``` x\n```\n    ```\n"), [], "less indent ends the block around it");
        assert_eq!(found("    ``` x\n        ```\n\n    ```\n"), [(0, 3)]);
        assert_eq!(found("> ```\n> # a\n> ```\n"), [(0, 2)]);
    }

    #[test]
    fn what_nothing_closes_is_no_fence() {
        assert_eq!(found("```\ntext\n"), []);
        assert_eq!(found("```a``` b\n```\nx\n```\n"), [(1, 3)]);
        assert_eq!(found("  ``` a\n  ``` b\nx\n  ``` c\n  ```\n"), [(3, 4)]);
    }

    #[test]
    fn a_slip_in_the_info_string_still_opens_a_fence() {
        assert_eq!(found("``` json linenums=\"1\" \"hl_lines=\"3\"\n{}\n```\n"), [(0, 2)]);
    }
}
