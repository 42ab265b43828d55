//! Headers and rules, which end whatever stands before them.

use smallvec::smallvec;

use super::rows::{Block, Look, behind_indent};
use super::tree::Node;
use super::{Parser, Queue, State};

impl<'t> Parser<'t, '_> {
    /// `# Title` on any line of the block.
    pub(super) fn hash_header(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let sane = self.dialect.sane_headers;
        let Some(at) = block.find(Look::Header, |text| is_hash_header(text, sane)) else {
            return false;
        };
        blocks.pop();
        let before = block.slice(0..at);
        // Python starts the match at the newline, so an empty line before it is not kept.
        if !before.is_empty() {
            self.parse_blocks(parent, smallvec![before]);
        }
        let header = self.tree.add(parent, "h1", block.rows()[at].line);
        self.tree.get_mut(header).text = smallvec![block.rows()[at]];
        let after = block.slice(at + 1..block.rows().len());
        if !after.is_empty() {
            let loose = self.is_state(State::LooseList);
            blocks.push(if loose { after.outdent() } else { after });
        }
        true
    }

    /// A line over `===` or `---`, at the beginning of the block.
    pub(super) fn setext_header(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let rows = block.rows();
        if rows.len() < 2 || !is_underline(rows[1].text) {
            return false;
        }
        blocks.pop();
        let header = self.tree.add(parent, "h1", block.line());
        self.tree.get_mut(header).text = smallvec![rows[0]];
        if rows.len() > 2 {
            blocks.push(block.slice(2..rows.len()));
        }
        true
    }

    /// `---`, `***` or `___` on any line of the block.
    pub(super) fn rule(&mut self, parent: Node, block: &Block<'t>, blocks: &mut Queue<'t>) -> bool {
        let Some(at) = block.find(Look::Rule, is_rule) else {
            return false;
        };
        blocks.pop();
        let before = block.slice(0..at).without_trailing_newlines();
        if !before.is_empty() {
            self.parse_blocks(parent, smallvec![before]);
        }
        self.tree.add(parent, "hr", block.rows()[at].line);
        let after = block.slice(at + 1..block.rows().len()).without_leading_newlines();
        if !after.is_empty() {
            blocks.push(after);
        }
        true
    }
}

/// Whether a line is a header. A backslash at its end makes it none.
fn is_hash_header(text: &str, sane: bool) -> bool {
    let level = text.bytes().take_while(|byte| *byte == b'#').count();
    if level == 0 {
        return false;
    }
    let backslashes = text.bytes().rev().take_while(|byte| *byte == b'\\').count();
    let spaced = level <= 6 && text[level..].starts_with(' ');
    backslashes % 2 == 0 && (spaced || !sane)
}

fn is_underline(text: &str) -> bool {
    let text = text.trim_end_matches(' ');
    let all = |mark: u8| text.bytes().all(|byte| byte == mark);
    !text.is_empty() && (all(b'=') || all(b'-'))
}

/// Whether a line is three or more of one mark with at most two blanks between them.
fn is_rule(text: &str) -> bool {
    let Some(rest) = behind_indent(text) else {
        return false;
    };
    let rest = rest.trim_end_matches(' ');
    let Some(mark) = rest.bytes().next().filter(|byte| matches!(byte, b'-' | b'_' | b'*')) else {
        return false;
    };
    let mut count = 0;
    let mut gap = 0;
    for byte in rest.bytes() {
        if byte == mark {
            count += 1;
            gap = 0;
        } else {
            gap += 1;
            if byte != b' ' || gap > 2 {
                return false;
            }
        }
    }
    count >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_three_marks_close_together() {
        assert!(is_rule("---") && is_rule("   * * *   ") && is_rule("_  _  _"));
        assert!(!is_rule("--") && !is_rule("-   -   -") && !is_rule("-*-") && !is_rule("    ---"));
    }

    #[test]
    fn a_backslash_at_the_end_makes_no_header() {
        assert!(is_hash_header("#", false) && is_hash_header("#a", false));
        assert!(is_hash_header(r"# a\\", false));
        assert!(!is_hash_header(r"# a\", false));
    }
}
