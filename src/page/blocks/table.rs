//! Tables. What matters here is that a block that is one is nothing else.

use std::collections::HashMap;

use super::rows::Block;
use super::tree::Node;
use super::{Parser, Queue};

impl<'t> Parser<'t, '_> {
    /// A block whose first two rows are a header and a line of dashes.
    pub(super) fn table(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        if !is_table(block) {
            return false;
        }
        blocks.pop();
        let table = self.tree.add(parent, "table", block.line());
        self.tree.get_mut(table).text = block.rows().into();
        true
    }
}

fn is_table(block: &Block<'_>) -> bool {
    let [header, separator, ..] = block.rows() else {
        return false;
    };
    // Most blocks are none, and that is quick to see.
    let separator = separator.text.trim_matches(' ');
    if !separator.chars().all(|c| matches!(c, '|' | ':' | '-' | ' ')) {
        return false;
    }
    let header = header.text.trim_matches(' ');
    let border = Border { left: header.starts_with('|'), right: ends_with_pipe(header) };
    let columns = border.cells(header);
    // The other rows are looked at last: a block that they make no table of may come back often.
    if border.cells(separator) != columns {
        return false;
    }
    if columns == 1 {
        let has_pipe = |text: &str| text.starts_with('|') || ends_with_pipe(text);
        let mut rows = block.rows()[1..].iter();
        if !(border.left || border.right) || !rows.all(|row| has_pipe(row.text.trim_matches(' '))) {
            return false;
        }
    }
    true
}

/// Whether the header row has a pipe at its sides, which the other rows may then have too.
struct Border {
    left: bool,
    right: bool,
}

impl Border {
    fn cells(&self, row: &str) -> usize {
        let mut row = row;
        if self.left || self.right {
            row = row.strip_prefix('|').unwrap_or(row);
            if ends_with_pipe(row) {
                row = &row[..row.len() - 1];
            }
        }
        pipes(row) + 1
    }
}

/// Whether a row ends with a pipe that no backslash escapes.
fn ends_with_pipe(row: &str) -> bool {
    let Some(rest) = row.strip_suffix('|') else {
        return false;
    };
    rest.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0
}

/// A run of backticks, possibly with a backslash before it.
struct Ticks {
    start: usize,
    end: usize,
    size: usize,
    escape: usize,
}

/// How many pipes of a row separate cells: not the escaped ones, and not those in inline code.
fn pipes(row: &str) -> usize {
    let (ticks, pipes) = marks(row);
    let mut of_size: HashMap<usize, Vec<usize>> = HashMap::new();
    for (index, run) in ticks.iter().enumerate() {
        of_size.entry(run.size).or_default().push(index);
    }
    let mut count = 0;
    let mut pipes = pipes.into_iter().peekable();
    let mut index = 0;
    while let Some(open) = ticks.get(index) {
        index += 1;
        let size = open.size - open.escape;
        let others = of_size.get(&size).map(Vec::as_slice).unwrap_or_default();
        let close = others.get(others.partition_point(|other| *other < index));
        if let Some(close) = close.filter(|_| size > 0) {
            while pipes.next_if(|pipe| *pipe < open.start).is_some() {
                count += 1;
            }
            while pipes.next_if(|pipe| *pipe < ticks[*close].end).is_some() {}
            index = close + 1;
        }
    }
    count + pipes.count()
}

/// The backticks and pipes of a row, without those that a backslash escapes.
fn marks(row: &str) -> (Vec<Ticks>, Vec<usize>) {
    let bytes = row.as_bytes();
    let (mut ticks, mut pipes) = (Vec::new(), Vec::new());
    let mut index = 0;
    while index < bytes.len() {
        let next = bytes.get(index + 1);
        match bytes[index] {
            b'\\' if matches!(next, Some(b'\\' | b'|')) => index += 2,
            b'\\' if next == Some(&b'`') => {
                let size = bytes[index + 1..].iter().take_while(|byte| **byte == b'`').count();
                ticks.push(Ticks { start: index, end: index + 1 + size, size, escape: 1 });
                index += 1 + size;
            }
            b'`' => {
                let size = bytes[index..].iter().take_while(|byte| **byte == b'`').count();
                ticks.push(Ticks { start: index, end: index + size, size, escape: 0 });
                index += size;
            }
            b'|' => {
                pipes.push(index);
                index += 1;
            }
            _ => index += 1,
        }
    }
    (ticks, pipes)
}
