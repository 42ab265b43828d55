//! What people wrote about messages that are no longer sent: kept at the end of the view, in a block
//! that is closed and easy to find.

use crate::model::{Finding, FindingKind};

/// The head of the block.
const HEAD: &str = "??? warning \"Written about messages that are no longer sent\"";

/// What was written about one message: what it was called, and the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeftOver {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
}

/// A page without the block of an earlier refresh, and the block with the blank lines before it.
pub(super) fn split(page: &str) -> (&str, &str) {
    let mut start = 0;
    // Where the blank lines begin that stand before this line.
    let mut blank = 0;
    for line in page.split_inclusive('\n') {
        if line.trim_end() == HEAD {
            return page.split_at(blank);
        }
        start += line.len();
        if !line.trim().is_empty() {
            blank = start;
        }
    }
    (page, "")
}

/// The lines to put at the end, below the block of an earlier refresh if there is one.
pub(super) fn block(left_over: &[LeftOver], is_begun: bool) -> Vec<String> {
    let mut out = Vec::new();
    if left_over.is_empty() {
        return out;
    }
    if !is_begun {
        out.extend([String::new(), HEAD.to_owned()]);
    }
    for LeftOver { title, lines } in left_over {
        out.extend([String::new(), format!("    {title}"), String::new()]);
        let indented = |line: &String| match line.is_empty() {
            true => String::new(),
            false => format!("    {line}"),
        };
        out.extend(lines.iter().map(indented));
    }
    out
}

/// Reports that a line of a diagram has become a comment at its end.
pub(super) fn in_diagram(page_line: usize, new_line: usize, text: &str) -> Finding {
    Finding {
        kind: FindingKind::LeftOver,
        page_line,
        new_line,
        text: text.to_owned(),
        span: 0..text.len(),
        message: "this was drawn around messages that are no longer sent".to_owned(),
        hint: Some(
            "draw it where it belongs now, from the comments at the end of the diagram".to_owned(),
        ),
        sides: None,
    }
}

/// The lines without blank ones at their ends; none if there is nothing else.
pub(super) fn trimmed(lines: Vec<String>) -> Option<Vec<String>> {
    let is_text = |line: &String| !line.trim().is_empty();
    let first = lines.iter().position(is_text)?;
    let last = lines.iter().rposition(is_text)?;
    Some(lines[first..=last].to_vec())
}
