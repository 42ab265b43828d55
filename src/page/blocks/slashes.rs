//! `/// name` blocks of `pymdownx.blocks`: a head, options, and everything up to `///`.
//!
//! A block stays open over blank lines, so it takes its content from the blocks that follow, until
//! its end is found.

use serde_yaml::Value;
use smallvec::smallvec;

use super::early::give_back;
use super::rows::{Block, Look, Row, behind_indent, is_blank, is_indented};
use super::tree::Node;
use super::{DEEPEST, Parser, Queue, State};
use crate::model::ContainerKind;
use crate::page::python::is_word;
use crate::page::yaml;
use crate::settings::BlocksExtension;

/// How many last children are followed from an element. More than any page nests, but the tree may
/// bite its tail where leaked content has been put back.
const LONGEST: usize = 2000;

/// Blocks that are open.
#[derive(Default)]
pub(super) struct Slashes<'t> {
    stack: Vec<Entry>,
    /// What a test has found, for the run that follows it.
    found: Option<Head<'t>>,
}

#[derive(Clone, Copy)]
struct Entry {
    /// How many slashes close it.
    length: usize,
    element: Node,
    /// Where its content goes.
    target: Node,
    parent: Node,
    hungry: bool,
    /// Whether the content is parsed.
    parsed: bool,
}

struct Head<'t> {
    length: usize,
    row: Row<'t>,
    argument: Option<&'t str>,
    kind: BlocksExtension,
    /// What follows the options.
    rest: Block<'t>,
}

/// The argument of `start`: slashes, name, argument.
fn start(text: &str) -> Option<(usize, &str, Option<&str>)> {
    let rest = behind_indent(text)?;
    let length = rest.bytes().take_while(|byte| *byte == b'/').count();
    let rest = rest[length..].trim_matches(' ');
    let (name, argument) = match rest.split_once('|') {
        Some((name, argument)) => (name.trim_end_matches(' '), Some(argument.trim_matches(' '))),
        None => (rest, None),
    };
    let is_name = !name.is_empty() && name.chars().all(|c| is_word(c) || c == '-');
    (length >= 3 && is_name).then_some((length, name, argument))
}

/// How many slashes a closing line has.
fn end(text: &str) -> Option<usize> {
    let rest = behind_indent(text)?.trim_end_matches(' ');
    (rest.len() >= 3 && rest.bytes().all(|byte| byte == b'/')).then_some(rest.len())
}

impl<'t> Parser<'t, '_> {
    /// A block that opens, or more of one that is open.
    pub(super) fn slashes(
        &mut self,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        if let Some(parent) = self.hungry_parent(parent) {
            self.continue_slashes(parent, blocks);
            return true;
        }
        if !self.find_slashes(parent, block) {
            return false;
        }
        let parent = self.hungry_parent(parent).unwrap_or(parent);
        let Some(head) = self.slashes.found.take() else {
            return false;
        };
        blocks.pop();
        if matches!(self.tree.tag(parent), "li" | "dd") && self.tree.has_text(parent) {
            self.tree.wrap_text(parent, false);
        }
        let entry = self.create(parent, &head);
        self.slashes.stack.push(entry);
        give_content(blocks, head.rest, head.length, self.width(parent, &entry));
        self.parse_slashes(parent, blocks);
        true
    }

    /// The parent of the open block, if that stands at the end of this one and wants more.
    fn hungry_parent(&self, parent: Node) -> Option<Node> {
        let entry = self.slashes.stack.last().filter(|entry| entry.hungry)?;
        let next = |node: &Node| self.tree.last_child(*node);
        let mut chain = std::iter::successors(Some(parent), next).take(LONGEST);
        chain.find(|node| entry.parent == *node)
    }

    /// Looks for a head, and parses what stands before it.
    fn find_slashes(&mut self, parent: Node, block: &Block<'t>) -> bool {
        if self.slashes.stack.len() >= DEEPEST {
            return false;
        }
        let test = |text| start(text).is_some();
        let Some(at) = block.find(Look::Slashes, test) else {
            return false;
        };
        let row = block.rows()[at];
        let Some((length, name, argument)) = start(row.text) else {
            return false;
        };
        let Some(kind) = self.dialect.blocks.iter().find(|kind| is_named(kind, name)).cloned()
        else {
            return false;
        };
        let behind = block.slice(at + 1..block.rows().len());
        let Some((options, rest)) = split_header(&behind) else {
            return false;
        };
        let argument = argument.filter(|argument| !argument.is_empty());
        if !is_valid(&kind, argument, &options) {
            return false;
        }
        self.slashes.found = Some(Head { length, row, argument, kind, rest });
        if at > 0 && !block.slice(0..at).is_empty() {
            let found = self.slashes.found.take();
            self.parse_blocks(parent, smallvec![block.slice(0..at)]);
            self.slashes.found = found;
        }
        true
    }

    fn create(&mut self, parent: Node, head: &Head<'t>) -> Entry {
        let line = head.row.line;
        let title = head.argument;
        let mut parsed = true;
        let (element, target) = match &head.kind {
            BlocksExtension::Admonition(name) => {
                let kind = ContainerKind::Admonition;
                let node = self.tree.add_container(parent, "div", line, kind, title);
                self.tree.get_mut(node).class = "admonition";
                if title.is_some() || name != "admonition" {
                    let paragraph = self.tree.add(node, "p", line);
                    self.tree.get_mut(paragraph).text = smallvec![head.row];
                }
                (node, node)
            }
            BlocksExtension::Details(_) => {
                let kind = ContainerKind::Details;
                let node = self.tree.add_container(parent, "details", line, kind, title);
                (node, node)
            }
            BlocksExtension::Tab { alternate } => {
                let tab = self.tab(*alternate, parent, line, title, false);
                (self.tree.last_child(parent).unwrap_or(tab), tab)
            }
            BlocksExtension::Html => {
                let tag = title.unwrap_or("div").split(['.', '#', '[']).next().unwrap_or("div");
                parsed = !matches!(
                    tag,
                    "canvas" | "math" | "option" | "pre" | "script" | "style" | "textarea" | "code"
                );
                let kind = match tag {
                    "details" => ContainerKind::Details,
                    "blockquote" => ContainerKind::Blockquote,
                    _ => ContainerKind::Html,
                };
                let node = self.tree.add_container(parent, tag, line, kind, None);
                (node, node)
            }
            BlocksExtension::Definition => {
                let node = self.tree.add(parent, "dl", line);
                (node, node)
            }
            BlocksExtension::Caption(_) => {
                let node = self.tree.add(parent, "figcaption", line);
                (node, node)
            }
        };
        Entry { length: head.length, element, target, parent, hungry: false, parsed }
    }

    /// Gives the blocks that follow to the open block that wants more.
    fn continue_slashes(&mut self, parent: Node, blocks: &mut Queue<'t>) {
        let stack = &mut self.slashes.stack;
        let Some(entry) = stack.iter_mut().find(|entry| entry.hungry && entry.parent == parent)
        else {
            return;
        };
        entry.hungry = false;
        let entry = *entry;
        // What older extensions have put behind the block belongs into it.
        if let Some(last) = self.tree.last_child(parent).filter(|last| *last != entry.element) {
            self.tree.remove_last(parent);
            self.tree.append(entry.target, last);
        }
        self.parse_slashes(parent, blocks);
    }

    fn parse_slashes(&mut self, parent: Node, blocks: &mut Queue<'t>) {
        while let Some(entry) = self.slashes.stack.last().copied() {
            let Some(block) = blocks.pop() else {
                break;
            };
            let width = self.width(parent, &entry);
            let (inner, rest) = block.detab(width);
            let (block, rest) =
                if inner.rows().is_empty() { (block, rest.slice(0..0)) } else { (inner, rest) };
            give_back(blocks, rest);
            let rows = block.rows();
            let at = rows.iter().position(|row| end(row.text) == Some(entry.length));
            let mut content = block.slice(0..at.unwrap_or(rows.len()));
            if let Some(at) = at {
                if content.rows().last().is_some_and(|row| row.text.is_empty()) {
                    content = content.slice(0..at - 1);
                }
                give_back(blocks, block.slice(at + 1..rows.len()));
            }
            if at.is_none() || !content.is_empty() {
                if entry.parsed {
                    self.states.push(State::Slashes);
                    self.parse_chunk(entry.target, &content);
                    self.states.pop();
                } else {
                    let content = self.revert_fences(&content);
                    let target = self.tree.get_mut(entry.target);
                    target.text.extend_from_slice(content.rows());
                }
            }
            if at.is_some() {
                self.slashes.stack.pop();
            }
        }
        if let Some(entry) = self.slashes.stack.last_mut() {
            entry.hungry = true;
        }
    }

    /// How far the content of an open block is indented: as far as the list items and definitions
    /// that it stands in below this element.
    fn width(&self, top: Node, entry: &Entry) -> usize {
        if self.slashes.stack.len() < 2 {
            return 0;
        }
        let parent = |node: &Node| self.tree.get(*node).parent;
        let chain = std::iter::successors(Some(entry.element), parent).take(LONGEST);
        let below = chain.take_while(|node| *node != top).filter_map(|node| parent(&node));
        4 * below.filter(|node| matches!(self.tree.tag(*node), "li" | "dd")).count()
    }
}

fn is_named(kind: &BlocksExtension, name: &str) -> bool {
    let own = match kind {
        BlocksExtension::Admonition(own)
        | BlocksExtension::Details(own)
        | BlocksExtension::Caption(own) => own,
        BlocksExtension::Tab { .. } => "tab",
        BlocksExtension::Html => "html",
        BlocksExtension::Definition => "define",
    };
    *own == name.to_lowercase()
}

/// The options under a head, and what follows them; none when they are no mapping.
fn split_header<'t>(block: &Block<'t>) -> Option<(Value, Block<'t>)> {
    let rows = block.rows();
    let is_option = |row: &&Row<'_>| {
        let rest = row.text.trim_start_matches(' ');
        is_indented(row.text, 4) && !rest.is_empty()
    };
    let options = rows.iter().take_while(is_option).count();
    let value = if options > 0 {
        let text: Vec<_> = rows[..options].iter().map(|row| row.text).collect();
        match yaml::read(&text.join("\n"))? {
            value @ (Value::Mapping(_) | Value::Null) => value,
            _ => return None,
        }
    } else {
        Value::Null
    };
    Some((value, block.slice(options..rows.len())))
}

/// Puts what follows a head on the queue, for the block that has just been opened.
///
/// Python puts an empty line before the closing one, and takes it away again when it cuts the
/// content there. So that rows need not be copied, this is done only where it makes a difference:
/// where content is indented as far as it has to be, and so is cut before the closing line, and
/// where an empty line stands there already.
fn give_content<'t>(blocks: &mut Queue<'t>, rest: Block<'t>, length: usize, width: usize) {
    let rows = rest.rows();
    let close = rows.iter().position(|row| end(row.text) == Some(length));
    let Some(close) = close.filter(|close| *close > 0) else {
        return give_back(blocks, rest);
    };
    let empty = Row { text: "", ..rows[close] };
    let is_content = |row: &Row<'_>| is_indented(row.text, width) || is_blank(&[*row]);
    let mut content = rows[..close].to_vec();
    content.push(empty);
    if width > 0 && rows[..close].iter().all(is_content) {
        blocks.push(rest.slice(close..rows.len()));
        blocks.push(Block::new(content));
    } else if rows[close - 1].text.is_empty() {
        content.extend_from_slice(&rows[close..]);
        blocks.push(Block::new(content));
    } else {
        blocks.push(rest);
    }
}

/// Whether the block takes this argument and these options.
fn is_valid(kind: &BlocksExtension, argument: Option<&str>, options: &Value) -> bool {
    let (needs, forbids, known): (bool, bool, &[&str]) = match kind {
        BlocksExtension::Admonition(name) if name == "admonition" => (false, false, &["type"]),
        BlocksExtension::Details(name) if name == "details" => (false, false, &["open", "type"]),
        BlocksExtension::Admonition(_) | BlocksExtension::Details(_) => (false, false, &[]),
        BlocksExtension::Tab { .. } => (true, false, &["new", "select"]),
        BlocksExtension::Html => (true, false, &["markdown"]),
        BlocksExtension::Definition => (false, true, &[]),
        BlocksExtension::Caption(_) => (false, false, &["type"]),
    };
    if needs && argument.is_none() || forbids && argument.is_some() {
        return false;
    }
    let Value::Mapping(options) = options else {
        return true;
    };
    options.iter().all(|(key, value)| match key.as_str() {
        Some("attrs") => value.is_mapping(),
        Some(key @ ("open" | "new" | "select")) => known.contains(&key) && value.is_bool(),
        Some(key) => known.contains(&key) && value.is_string(),
        None => false,
    })
}
