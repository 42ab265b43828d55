//! Quotes and definition lists.

use smallvec::smallvec;

use super::early::give_back;
use super::rows::{Block, Look, Row, behind_indent};
use super::tree::{Node, Rows};
use super::{Parser, Queue, State};
use crate::model::ContainerKind;
use crate::page::python::{is_word, strip};

impl<'t> Parser<'t, '_> {
    /// Lines that begin with `>`, and those that follow them.
    pub(super) fn quote(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let test = |text| behind_indent(text).is_some_and(|rest| rest.starts_with('>'));
        let Some(at) = block.find(Look::Quote, test) else {
            return false;
        };
        blocks.pop();
        self.parse_blocks(parent, smallvec![block.slice(0..at)]);
        let head = block.rows()[at];
        let mut rows: Vec<_> =
            block.rows()[at..].iter().map(|row| Row { text: quoted(row.text), ..*row }).collect();
        if at > 0 {
            // Python keeps the newline before the first `>`.
            rows.insert(0, Row { text: "", ..head });
        }
        let callout = self.dialect.callouts.then(|| callout(block.rows()[at].text)).flatten();
        let last = self.tree.last_child(parent);
        let joined =
            last.filter(|last| self.tree.tag(*last) == "blockquote" && !self.dialect.quotes);
        let node = joined.unwrap_or_else(|| {
            let kind = match callout {
                None => ContainerKind::Blockquote,
                Some(Callout { collapsible: true, .. }) => ContainerKind::Details,
                Some(Callout { collapsible: false, .. }) => ContainerKind::Admonition,
            };
            let title = callout.map(|callout| callout.title).filter(|title| !title.is_empty());
            self.tree.add_container(parent, "blockquote", head.line, kind, title)
        });
        if let Some(callout) = callout {
            // The title stands where the callout's line was, as a paragraph.
            let first = usize::from(at > 0);
            rows[first].text = if callout.title.is_empty() { "title" } else { callout.title };
            rows.insert(first + 1, Row { text: "", ..head });
        }
        self.states.push(State::Quote);
        self.parse_chunk(node, &Block::new(rows));
        self.states.pop();
        true
    }

    /// A line that begins with `:`, with the terms before it and what is indented under it.
    pub(super) fn definition(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let Some(at) = block.find(Look::Definition, |text| defined(text).is_some()) else {
            return false;
        };
        let head = block.rows()[at];
        let stripped = |row: &Row<'t>| Row { text: strip(row.text), ..*row };
        let is_term = |row: &Row<'t>| !row.text.is_empty();
        let mut terms: Rows<'t> = block.rows()[..at].iter().map(stripped).filter(is_term).collect();
        let mut sibling = self.tree.last_child(parent);
        if terms.is_empty() && sibling.is_none() {
            return false;
        }
        blocks.pop();
        let behind = block.slice(at + 1..block.rows().len());
        let (inner, rest) =
            if is_lazy(&behind) { (behind, Block::new(Vec::new())) } else { behind.detab(4) };
        let mut rows = vec![Row { text: defined(head.text).unwrap_or_default(), ..head }];
        if !inner.is_empty() {
            rows.extend_from_slice(inner.rows());
        }
        let mut state = State::List;
        if let Some(paragraph) =
            sibling.filter(|last| terms.is_empty() && self.tree.tag(*last) == "p")
        {
            // The paragraph before holds the terms.
            state = State::LooseList;
            terms = std::mem::take(&mut self.tree.get_mut(paragraph).text);
            self.tree.remove_last(parent);
            sibling = self.tree.last_child(parent);
        }
        let list = match sibling.filter(|last| self.tree.tag(*last) == "dl") {
            Some(list) => {
                let last = self.tree.last_child(list);
                let is_loose =
                    |last| self.tree.tag(last) == "dd" && !self.tree.get(last).children.is_empty();
                if terms.is_empty() && last.is_some_and(is_loose) {
                    state = State::LooseList;
                }
                list
            }
            None => self.tree.add(parent, "dl", block.line()),
        };
        for term in terms {
            let node = self.tree.add(list, "dt", term.line);
            self.tree.get_mut(node).text = smallvec![term];
        }
        self.states.push(state);
        let node = self.item(list, "dd", head.line);
        self.parse_blocks(node, smallvec![Block::new(rows)]);
        self.states.pop();
        give_back(blocks, rest);
        true
    }
}

/// A line of a quote without its `>`.
fn quoted(text: &str) -> &str {
    if strip(text) == ">" {
        return "";
    }
    match behind_indent(text).and_then(|rest| rest.strip_prefix('>')) {
        Some(rest) => rest.strip_prefix(' ').unwrap_or(rest),
        None => text,
    }
}

/// The text behind the `:` of a definition.
fn defined(text: &str) -> Option<&str> {
    let rest = behind_indent(text)?.strip_prefix(':')?;
    let content = rest.trim_start_matches(' ');
    let blanks = (rest.len() - content.len()).min(3);
    (blanks > 0).then(|| &rest[blanks..])
}

/// Whether what follows a definition's first line belongs to it without being indented.
fn is_lazy(block: &Block<'_>) -> bool {
    if block.is_empty() {
        return false;
    }
    let first = block.first();
    let blanks = first.len() - first.trim_start_matches(' ').len();
    // Python matches up to three blanks and one more character, which may be the newline.
    match first[blanks..].chars().next() {
        Some(c) => blanks <= 3 && c != ':',
        None => blanks <= 3 && block.rows().len() > 1,
    }
}

/// The head of a quote that Quotes makes an admonition of.
#[derive(Debug, Clone, Copy)]
struct Callout<'t> {
    title: &'t str,
    collapsible: bool,
}

fn callout(text: &str) -> Option<Callout<'_>> {
    let rest =
        behind_indent(text)?.strip_prefix('>')?.trim_start_matches(' ').strip_prefix("[!")?;
    let (words, rest) = rest.split_once(']')?;
    let is_type = |word: &str| !word.is_empty() && word.chars().all(|c| is_word(c) || c == '-');
    if !words.split('|').all(|word| is_type(word.trim_matches(' '))) || words.starts_with(' ') {
        return None;
    }
    let title = rest.strip_prefix(['-', '+']);
    Some(Callout { title: strip(title.unwrap_or(rest)), collapsible: title.is_some() })
}
