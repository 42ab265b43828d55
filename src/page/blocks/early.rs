//! `!!!`, `???`, `===` and HTML with Markdown in it: blocks that are looked for before all others.
//!
//! The first three work alike: a head, lines that are indented under it, and later blocks that are
//! indented enough to belong to it, or to the list at its end.

use smallvec::smallvec;

use super::heads::{admonition_head, details_head, tab_head};
use super::rows::{Block, Look, Row};
use super::tree::Node;
use super::{Parser, Queue};
use crate::model::ContainerKind;
use crate::page::html::{Content, ElementId, Kept};

impl<'t> Parser<'t, '_> {
    /// `!!! note "title"`
    pub(super) fn admonition(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let test = |text: &str| admonition_head(text).is_some();
        let Some(at) = block.find(Look::Admonition, test) else {
            let is_own = |tree: &super::Tree<'t>, node| {
                tree.tag(node) == "div" && tree.get(node).class.contains("admonition")
            };
            return self.continued(parent, block, blocks, is_own);
        };
        let (head, inner, rest) = self.head(parent, block, blocks, at);
        let title = admonition_head(head.text).and_then(|found| found.title);
        let kind = ContainerKind::Admonition;
        let node = self.tree.add_container(parent, "div", head.line, kind, title);
        self.tree.get_mut(node).class = "admonition";
        if title != Some("") {
            self.title(node, "p", head, title);
        }
        self.parse_chunk(node, &inner);
        give_back(blocks, rest);
        true
    }

    /// `??? note "title"`
    pub(super) fn details(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let test = |text: &str| details_head(text).is_some();
        let Some(at) = block.find(Look::Details, test) else {
            let is_own = |tree: &super::Tree<'t>, node| tree.tag(node) == "details";
            return self.continued(parent, block, blocks, is_own);
        };
        let (head, inner, rest) = self.head(parent, block, blocks, at);
        let title = details_head(head.text).and_then(|found| found.title);
        let kind = ContainerKind::Details;
        let node = self.tree.add_container(parent, "details", head.line, kind, title);
        self.title(node, "summary", head, title);
        self.parse_chunk(node, &inner);
        give_back(blocks, rest);
        true
    }

    /// `=== "title"`
    pub(super) fn tabbed(
        &mut self,
        alternate: bool,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let test = |text: &str| tab_head(text).is_some();
        let Some(at) = block.find(Look::Tab, test) else {
            return self.continued_tab(alternate, parent, block, blocks);
        };
        let (head, inner, rest) = self.head(parent, block, blocks, at);
        let found = tab_head(head.text);
        let title = found.and_then(|found| found.title);
        let apart = found.is_some_and(|found| found.apart);
        let tab = self.tab(alternate, parent, head.line, title, apart);
        self.parse_chunk(tab, &inner);
        give_back(blocks, rest);
        true
    }

    /// A new tab: in the set that stands last, unless it is to begin a new one.
    pub(super) fn tab(
        &mut self,
        alternate: bool,
        parent: Node,
        line: u32,
        title: Option<&'t str>,
        apart: bool,
    ) -> Node {
        let set = match self.tree.last_child(parent) {
            Some(last) if self.is_tab_set(last, alternate) && !apart => last,
            _ => {
                let set = self.tree.add(parent, "div", line);
                self.tree.get_mut(set).class = set_class(alternate);
                if alternate {
                    self.tree.add(set, "div", line);
                    let content = self.tree.add(set, "div", line);
                    self.tree.get_mut(content).class = "tabbed-content";
                }
                set
            }
        };
        let (place, class) = if alternate {
            (self.tree.last_child(set).unwrap_or(set), "tabbed-block")
        } else {
            (set, "tabbed-content")
        };
        let kind = ContainerKind::Tab;
        let tab = self.tree.add_container(place, "div", line, kind, title);
        self.tree.get_mut(tab).class = class;
        tab
    }

    pub(super) fn is_tab_set(&self, node: Node, alternate: bool) -> bool {
        self.tree.tag(node) == "div" && self.tree.get(node).class == set_class(alternate)
    }

    /// Takes a block that has a head off the queue and parses what stands before it. Gives the
    /// head, what is indented under it, and the rest.
    fn head(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
        at: usize,
    ) -> (Row<'t>, Block<'t>, Block<'t>) {
        blocks.pop();
        let before = block.slice(0..at);
        // An empty line before the head is a part of the match, and does not count.
        if !before.is_empty() {
            self.parse_blocks(parent, smallvec![before]);
        }
        let (inner, rest) = block.slice(at + 1..block.rows().len()).detab(4);
        (block.rows()[at], inner, rest)
    }

    fn title(&mut self, node: Node, tag: &'static str, head: Row<'t>, title: Option<&'t str>) {
        let paragraph = self.tree.add(node, tag, head.line);
        let text = title.unwrap_or("title");
        self.tree.get_mut(paragraph).text = smallvec![Row { text, ..head }];
    }

    /// A block that is indented under an element of its own kind, or under the list at its end.
    fn continued(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
        is_own: impl Fn(&super::Tree<'t>, Node) -> bool,
    ) -> bool {
        let Some(sibling) = self.tree.last_child(parent).filter(|last| is_own(&self.tree, *last))
        else {
            return false;
        };
        let mut sibling = Some(sibling);
        let mut last = sibling.and_then(|sibling| self.tree.last_child(sibling));
        let mut indent = 0;
        while let Some(list) = last {
            last = None;
            if sibling.is_some() && block.is_indented(indent + 8) && self.is_list(list) {
                sibling = self.tree.last_child(list);
                last = sibling.and_then(|sibling| self.tree.last_child(sibling));
                indent += 4;
            }
        }
        let Some(sibling) = sibling.filter(|_| block.is_indented(indent + 4)) else {
            return false;
        };
        self.continue_in(sibling, block, blocks, indent + 4)
    }

    fn continue_in(
        &mut self,
        node: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
        indent: usize,
    ) -> bool {
        blocks.pop();
        if matches!(self.tree.tag(node), "li" | "dd") && self.tree.has_text(node) {
            self.tree.wrap_text(node, false);
        }
        let (inner, rest) = block.detab(indent);
        self.parse_chunk(node, &inner);
        give_back(blocks, rest);
        true
    }

    fn is_list(&self, node: Node) -> bool {
        matches!(self.tree.tag(node), "ul" | "ol" | "dl")
    }

    /// A block that is indented under the last tab, or under the list at its end.
    fn continued_tab(
        &mut self,
        alternate: bool,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let Some(set) = self.tree.last_child(parent).filter(|set| self.is_tab_set(*set, alternate))
        else {
            return false;
        };
        let tab = if alternate {
            self.tree.last_child(set).and_then(|content| self.tree.last_child(content))
        } else {
            self.tree.last_child(set)
        };
        let class = if alternate { "tabbed-block" } else { "tabbed-content" };
        let is_tab =
            |tree: &super::Tree<'t>, node| tree.tag(node) == "div" && tree.get(node).class == class;
        let mut sibling = Some(set);
        let mut last = tab;
        let mut indent = 0;
        while let Some(mut list) = last {
            last = None;
            let is_tab = is_tab(&self.tree, list);
            if sibling.is_none()
                || !block.is_indented(indent + 8)
                || !(is_tab || self.is_list(list))
            {
                continue;
            }
            if is_tab {
                match self.tree.last_child(list).filter(|child| self.is_list(*child)) {
                    Some(child) => list = child,
                    None => break,
                }
            }
            sibling = self.tree.last_child(list);
            last = sibling.and_then(|sibling| self.tree.last_child(sibling));
            indent += 4;
        }
        let Some(mut sibling) = sibling.filter(|_| block.is_indented(indent + 4)) else {
            return false;
        };
        if sibling == set {
            sibling = tab.unwrap_or(set);
        }
        self.continue_in(sibling, block, blocks, indent + 4)
    }

    /// An HTML element with Markdown in it, whose placeholder the block begins with.
    pub(super) fn markdown_in_html(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        let Some((index, rest)) = self.stash.first(block.first()) else {
            return false;
        };
        let Kept::Element(id) = self.stash.get(index) else {
            return false;
        };
        if self.spent[index] {
            return false;
        }
        self.spent[index] = true;
        blocks.pop();
        self.element(parent, *id);
        let mut rows = block.rows().to_vec();
        rows[0].text = rest;
        let rest = Block::new(rows);
        give_back(blocks, rest);
        true
    }

    /// Adds an HTML element and parses its content.
    fn element(&mut self, parent: Node, id: ElementId) {
        let stash = self.stash;
        let element = stash.element(id);
        let kind = match (&element.content, element.tag.as_str()) {
            (Content::Raw, _) => ContainerKind::RawHtml,
            (_, "details") => ContainerKind::Details,
            (_, "blockquote") => ContainerKind::Blockquote,
            (_, "li") => ContainerKind::List,
            (_, "dd") => ContainerKind::Definition,
            (_, "div") if element.class.split(' ').any(|class| class == "admonition") => {
                ContainerKind::Admonition
            }
            _ => ContainerKind::Html,
        };
        let node = self.tree.add_container(parent, element.tag.as_str(), element.line, kind, None);
        self.tree.get_mut(node).class = &element.class;
        let rows = element.rows();
        match element.content {
            Content::Blocks => {
                let block = Block::new(rows).without_trailing_newlines();
                if !block.is_empty() {
                    self.parse_blocks(node, block.split());
                }
            }
            Content::Spans | Content::Raw => {
                let inner: Vec<_> = rows.iter().flat_map(|row| stash.all(row.text)).collect();
                self.tree.get_mut(node).text = rows.into();
                for index in inner {
                    if let Kept::Element(id) = stash.get(index)
                        && !std::mem::replace(&mut self.spent[index], true)
                    {
                        self.element(node, *id);
                    }
                }
            }
        }
    }
}

fn set_class(alternate: bool) -> &'static str {
    if alternate { "tabbed-set tabbed-alternate" } else { "tabbed-set" }
}

/// Puts what is left of a block back on the queue.
pub(super) fn give_back<'t>(blocks: &mut Queue<'t>, rest: Block<'t>) {
    if !rest.is_empty() {
        blocks.push(rest);
    }
}
