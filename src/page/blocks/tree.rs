//! The tree that blocks become: only as much of it as decides what later blocks stand in.

use smallvec::SmallVec;

use super::rows::{Row, is_empty};
use crate::model::ContainerKind;

/// An element's place in a [`Tree`].
pub(super) type Node = usize;

/// The whole document.
pub(super) const ROOT: Node = 0;

/// The lines of a text, which mostly is a single one.
pub(super) type Rows<'t> = SmallVec<[Row<'t>; 1]>;

/// An element. Text of inline elements is part of it, since nothing looks into that here.
#[derive(Debug)]
pub(super) struct Element<'t> {
    pub(super) tag: &'t str,
    pub(super) class: &'t str,
    pub(super) parent: Option<Node>,
    pub(super) children: SmallVec<[Node; 2]>,
    /// What stands before the first child.
    pub(super) text: Rows<'t>,
    /// What follows the element itself.
    pub(super) tail: Rows<'t>,
    /// What it is to a fence in it, with the title as written.
    pub(super) container: Option<(ContainerKind, Option<&'t str>)>,
    /// The page's line that begins it.
    pub(super) line: u32,
}

/// All elements of a page.
#[derive(Debug)]
pub(super) struct Tree<'t> {
    elements: Vec<Element<'t>>,
}

impl<'t> Tree<'t> {
    /// A document with room for so many elements.
    pub(super) fn with_room(elements: usize) -> Self {
        let mut tree = Self { elements: Vec::with_capacity(elements) };
        tree.detached("div", 0);
        tree
    }

    /// A new element that stands nowhere yet.
    pub(super) fn detached(&mut self, tag: &'t str, line: u32) -> Node {
        self.elements.push(Element {
            tag,
            class: "",
            parent: None,
            children: SmallVec::new(),
            text: Rows::new(),
            tail: Rows::new(),
            container: None,
            line,
        });
        self.elements.len() - 1
    }

    /// A new last child.
    pub(super) fn add(&mut self, parent: Node, tag: &'t str, line: u32) -> Node {
        let node = self.detached(tag, line);
        self.append(parent, node);
        node
    }

    /// A new last child that holds other blocks.
    pub(super) fn add_container(
        &mut self,
        parent: Node,
        tag: &'t str,
        line: u32,
        kind: ContainerKind,
        title: Option<&'t str>,
    ) -> Node {
        let node = self.add(parent, tag, line);
        self.get_mut(node).container = Some((kind, title));
        node
    }

    pub(super) fn append(&mut self, parent: Node, node: Node) {
        self.get_mut(node).parent = Some(parent);
        self.get_mut(parent).children.push(node);
    }

    pub(super) fn insert_first(&mut self, parent: Node, node: Node) {
        self.get_mut(node).parent = Some(parent);
        self.get_mut(parent).children.insert(0, node);
    }

    pub(super) fn remove_last(&mut self, parent: Node) {
        if let Some(node) = self.get_mut(parent).children.pop() {
            self.get_mut(node).parent = None;
        }
    }

    pub(super) fn get(&self, node: Node) -> &Element<'t> {
        &self.elements[node]
    }

    pub(super) fn get_mut(&mut self, node: Node) -> &mut Element<'t> {
        &mut self.elements[node]
    }

    pub(super) fn len(&self) -> usize {
        self.elements.len()
    }

    pub(super) fn tag(&self, node: Node) -> &'t str {
        self.elements[node].tag
    }

    pub(super) fn last_child(&self, node: Node) -> Option<Node> {
        self.elements[node].children.last().copied()
    }

    pub(super) fn has_text(&self, node: Node) -> bool {
        !is_empty(&self.elements[node].text)
    }

    /// Whether it is what an indented code block becomes.
    pub(super) fn is_code_block(&self, node: Node) -> bool {
        let element = self.get(node);
        let first = element.children.first();
        element.tag == "pre" && first.is_some_and(|child| self.tag(*child) == "code")
    }

    /// Moves the text of an element into a new paragraph, which becomes its first or last child.
    pub(super) fn wrap_text(&mut self, node: Node, first: bool) {
        let element = self.get_mut(node);
        let text = std::mem::take(&mut element.text);
        let line = element.line;
        let paragraph = self.detached("p", line);
        self.get_mut(paragraph).text = text;
        if first {
            self.insert_first(node, paragraph);
        } else {
            self.append(node, paragraph);
        }
    }
}
