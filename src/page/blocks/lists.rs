//! Ordered and unordered lists, and what is indented under the items of any list.

use smallvec::smallvec;

use super::rows::{Block, Row, behind_indent, is_indented};
use super::tree::Node;
use super::{Parser, Queue, State};
use crate::model::ContainerKind;
use crate::page::python::is_digit;
use crate::settings::ListStyle;

impl<'t> Parser<'t, '_> {
    /// A block that is indented under the items of a list, or of a definition list too.
    pub(super) fn list_indent(
        &mut self,
        definitions: bool,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let is_item = |tag: &str| tag == "li" || definitions && tag == "dd";
        let is_list = |tag: &str| matches!(tag, "ul" | "ol") || definitions && tag == "dl";
        let last = self.tree.last_child(parent);
        let ends_with_list = last.is_some_and(|last| is_list(self.tree.tag(last)));
        let in_item = is_item(self.tree.tag(parent));
        if !block.is_indented(4) || self.is_state(State::Detabbed) || !(in_item || ends_with_list) {
            return false;
        }
        blocks.pop();
        let indent = block.first().bytes().take_while(|byte| *byte == b' ').count() / 4;
        // In a tight list the parent is the right one already.
        let mut level = usize::from(self.is_state(State::List));
        let mut sibling = parent;
        while indent > level {
            let Some(child) = self.tree.last_child(sibling) else {
                break;
            };
            let tag = self.tree.tag(child);
            if is_list(tag) {
                level += 1;
            } else if !is_item(tag) {
                break;
            }
            sibling = child;
        }
        let block = block.loose_detab(4 * level);
        self.states.push(State::Detabbed);
        let last_item = self.tree.last_child(sibling);
        if in_item {
            let list = last.filter(|_| ends_with_list).unwrap_or(parent);
            self.parse_blocks(list, smallvec![block]);
        } else if is_item(self.tree.tag(sibling)) {
            self.parse_blocks(sibling, smallvec![block]);
        } else if let Some(item) = last_item.filter(|item| is_item(self.tree.tag(*item))) {
            if self.tree.has_text(item) {
                self.tree.wrap_text(item, true);
            }
            self.parse_chunk(item, &block);
        } else {
            let item = self.item(sibling, if definitions { "dd" } else { "li" }, block.line());
            self.parse_blocks(item, smallvec![block]);
        }
        self.states.pop();
        true
    }

    /// A new item of a list.
    pub(super) fn item(&mut self, list: Node, tag: &'static str, line: u32) -> Node {
        let kind = if tag == "dd" { ContainerKind::Definition } else { ContainerKind::List };
        self.tree.add_container(list, tag, line, kind, None)
    }

    /// A block that begins with an item.
    pub(super) fn list(
        &mut self,
        ordered: bool,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        if marked(block.first(), ordered, !ordered).is_none() {
            return false;
        }
        blocks.pop();
        let sane = self.dialect.lists == ListStyle::Sane;
        let mut items = items(block, ordered || !sane, !ordered || !sane).into_iter();
        let own = if ordered { "ol" } else { "ul" };
        let is_sibling = |tag: &str| tag == own || !sane && matches!(tag, "ol" | "ul");
        let sibling = self.tree.last_child(parent).filter(|last| is_sibling(self.tree.tag(*last)));
        let list = if let Some(list) = sibling {
            if let Some(last) = self.tree.last_child(list) {
                self.loosen(last);
            }
            // The first item follows a blank line, so its text is a paragraph.
            let item = self.item(list, "li", block.line());
            self.states.push(State::LooseList);
            if let Some(first) = items.next() {
                self.parse_blocks(item, smallvec![first]);
            }
            self.states.pop();
            list
        } else if matches!(self.tree.tag(parent), "ol" | "ul") {
            parent
        } else {
            self.tree.add(parent, own, block.line())
        };
        self.states.push(State::List);
        for block in items {
            let last = self.tree.last_child(list).filter(|_| block.is_indented(4));
            let item = match last {
                Some(item) => item,
                None => self.item(list, "li", block.line()),
            };
            self.parse_blocks(item, smallvec![block]);
        }
        self.states.pop();
        true
    }

    /// Makes paragraphs of the text of an item behind which another one follows a blank line.
    fn loosen(&mut self, item: Node) {
        if self.tree.has_text(item) {
            self.tree.wrap_text(item, true);
        }
        if let Some(last) = self.tree.last_child(item) {
            let tail = std::mem::take(&mut self.tree.get_mut(last).tail);
            if !super::rows::is_empty(&tail) {
                let line = tail[0].line;
                let paragraph = self.tree.add(item, "p", line);
                self.tree.get_mut(paragraph).text = tail;
            }
        }
    }
}

/// What follows an item's marker, if the line begins with one of these kinds.
fn marked(text: &str, ordered: bool, unordered: bool) -> Option<&str> {
    let rest = behind_indent(text)?;
    let behind = rest.trim_start_matches(is_digit);
    let rest = if behind.len() < rest.len() {
        behind.strip_prefix('.').filter(|_| ordered)?
    } else {
        rest.strip_prefix(['*', '+', '-']).filter(|_| unordered)?
    };
    let content = rest.trim_start_matches(' ');
    (content.len() < rest.len()).then_some(content)
}

/// The items of a block. Lines that are indented by a level are an item of their own, to be parsed
/// under the one before.
fn items<'t>(block: &Block<'t>, ordered: bool, unordered: bool) -> Vec<Block<'t>> {
    let mut items: Vec<Vec<Row<'t>>> = Vec::new();
    for row in block.rows() {
        if let Some(text) = marked(row.text, ordered, unordered) {
            items.push(vec![Row { text, ..*row }]);
            continue;
        }
        let is_nested = is_indented(row.text, 4)
            && row.text.get(4..).and_then(|text| marked(text, true, true)).is_some();
        let last_is_nested = items.last().is_some_and(|item| is_indented(item[0].text, 4));
        match items.last_mut() {
            Some(item) if !is_nested || last_is_nested => item.push(*row),
            _ => items.push(vec![*row]),
        }
    }
    items.into_iter().map(Block::new).collect()
}
