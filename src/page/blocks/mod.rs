//! Blocks as Python-Markdown 3.11.3 and the extensions of pymdown-extensions 13.1 parse them: the
//! page's lines with placeholders for fences in, what each fence stands in out.
//!
//! Only the structure counts here. Each kind of block is tried in the order of its priority, and
//! may give back a part of what it took, just as there.

mod early;
mod heads;
mod lists;
mod quotes;
mod references;
mod rows;
mod slashes;
mod table;
mod titles;
mod tree;

use std::collections::HashMap;
use std::sync::Arc;

pub(super) use self::rows::Row as BlockRow;

use self::rows::{Begins, Block, Blocks, Row};
use self::slashes::Slashes;
use self::tree::{Node, ROOT, Tree};
use super::html::{Kept, Stash};
use crate::model::{Container, ContainerKind};
use crate::settings::{Dialect, EarlyBlock, FenceSettings, FenceStyle};

/// How deep blocks may nest. Python gives up at a depth that depends on its stack; beyond this one
/// everything is a paragraph.
const DEEPEST: usize = 150;

/// Where a fence ends up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placed {
    /// In these containers, from the outside in.
    In(Vec<Container>),
    /// In an indented code block, which shows its lines as they are.
    IndentedCode,
    /// Nowhere: the page does not show it.
    Nowhere,
}

/// Parses the document, in which a placeholder stands for each fence and for each piece of HTML.
/// Gives where each fence ends up.
///
/// `original` gives the lines of a fence as they were, for when an indented code block takes it.
pub(super) fn place<'t>(
    dialect: &Dialect,
    fences: &FenceSettings,
    stash: &'t Stash,
    rows: Vec<Row<'t>>,
    count: usize,
    original: impl Fn(usize) -> (usize, Vec<Row<'t>>),
) -> Vec<Placed> {
    let original = &original;
    let mut parser = Parser {
        dialect,
        fences,
        stash,
        original,
        tree: Tree::with_room(LIKELY_ELEMENTS * (count + 1)),
        states: Vec::new(),
        order: Order::of(dialect),
        spent: vec![false; stash.len()],
        reverted: vec![false; count],
        footnotes: Vec::new(),
        footnote_places: HashMap::new(),
        slashes: Slashes::default(),
        depth: 0,
    };
    parser.parse_chunk(ROOT, &Block::new(rows));
    parser.parse_footnotes();
    let places = parser.placed(count).into_iter().zip(&parser.reverted);
    let place = |(containers, reverted): (Option<Vec<Container>>, &bool)| match containers {
        Some(containers) => Placed::In(containers),
        None if *reverted => Placed::IndentedCode,
        None => Placed::Nowhere,
    };
    places.map(place).collect()
}

/// Elements for each fence, most often.
const LIKELY_ELEMENTS: usize = 6;

/// What the parser is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    List,
    LooseList,
    Detabbed,
    Quote,
    Slashes,
}

/// The kinds of blocks, each of which looks for its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Processor {
    Admonition,
    Details,
    Tabbed { alternate: bool },
    MarkdownInHtml,
    Empty,
    ListIndent,
    Slashes,
    DefinitionIndent,
    Code,
    Table,
    HashHeader,
    SetextHeader,
    Rule,
    OrderedList,
    UnorderedList,
    Definition,
    Quote,
    Footnote,
    Abbreviation,
    Reference,
    Paragraph,
}

/// The processors that a dialect has, highest priority first.
fn order(dialect: &Dialect) -> Vec<Processor> {
    let mut order: Vec<_> = dialect
        .early
        .iter()
        .map(|block| match *block {
            EarlyBlock::Admonition => Processor::Admonition,
            EarlyBlock::Details => Processor::Details,
            EarlyBlock::Tabbed { alternate } => Processor::Tabbed { alternate },
            EarlyBlock::MarkdownInHtml => Processor::MarkdownInHtml,
        })
        .collect();
    let others = [
        (true, Processor::Empty),
        (true, Processor::ListIndent),
        (!dialect.blocks.is_empty(), Processor::Slashes),
        (dialect.definitions, Processor::DefinitionIndent),
        (true, Processor::Code),
        (true, Processor::Table),
        (true, Processor::HashHeader),
        (true, Processor::SetextHeader),
        (true, Processor::Rule),
        (true, Processor::OrderedList),
        (true, Processor::UnorderedList),
        (dialect.definitions, Processor::Definition),
        (true, Processor::Quote),
        (dialect.footnotes, Processor::Footnote),
        (dialect.abbreviations, Processor::Abbreviation),
        (true, Processor::Reference),
        (true, Processor::Paragraph),
    ];
    order.extend(others.into_iter().filter(|(enabled, _)| *enabled).map(|(_, kind)| kind));
    order
}

impl Processor {
    /// What the lines of a block begin with that could be one of its own, and whether any block could
    /// that is indented: no text is looked at that could not be taken.
    fn may_take(self) -> (Begins, bool) {
        match self {
            // What is indented may belong to an open one.
            Self::Admonition => (Begins::EXCLAMATION, true),
            Self::Details => (Begins::QUESTION, true),
            Self::Tabbed { .. } => (Begins::EQUALS, true),
            Self::ListIndent | Self::DefinitionIndent | Self::Code => (Begins::NONE, true),
            Self::Table => (Begins::PIPE | Begins::COLON | Begins::DASH | Begins::NOTHING, false),
            Self::HashHeader => (Begins::HASH, false),
            Self::SetextHeader => (Begins::EQUALS | Begins::DASH, false),
            Self::Rule => (Begins::DASH | Begins::STAR | Begins::UNDERSCORE, false),
            Self::OrderedList => (Begins::DIGIT, false),
            Self::UnorderedList => (Begins::DASH | Begins::STAR | Begins::PLUS, false),
            Self::Definition => (Begins::COLON, false),
            Self::Quote => (Begins::GREATER, false),
            Self::Footnote | Self::Reference => (Begins::BRACKET, false),
            Self::Abbreviation => (Begins::STAR, false),
            Self::MarkdownInHtml => (Begins::PLACEHOLDER, false),
            Self::Empty | Self::Slashes | Self::Paragraph => (Begins::ANYTHING, true),
        }
    }
}

/// The processors of a dialect, highest priority first, each as a bit in sets of them.
struct Order {
    processors: Vec<Processor>,
    /// Those that a block is for which has a line that begins with the mark of this bit.
    by_mark: [u32; Begins::MARKS],
    /// Those that an indented block is for.
    indented: u32,
}

impl Order {
    fn of(dialect: &Dialect) -> Self {
        let processors = order(dialect);
        let (mut by_mark, mut indented) = ([0; Begins::MARKS], 0);
        for (index, processor) in processors.iter().enumerate() {
            let (begins, if_indented) = processor.may_take();
            begins.each(|mark| by_mark[mark] |= 1 << index);
            indented |= u32::from(if_indented) << index;
        }
        Self { processors, by_mark, indented }
    }

    /// Those that could take a block, in their order.
    fn of_block(&self, block: &Block<'_>) -> Candidates {
        let mut set = if block.is_indented(4) { self.indented } else { 0 };
        block.begins_with().each(|mark| set |= self.by_mark[mark]);
        Candidates(set)
    }
}

/// Places in an [`Order`].
struct Candidates(u32);

impl Iterator for Candidates {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let next = (self.0 != 0).then(|| self.0.trailing_zeros() as usize);
        self.0 &= self.0.wrapping_sub(1);
        next
    }
}

struct Parser<'t, 's> {
    dialect: &'s Dialect,
    fences: &'s FenceSettings,
    stash: &'t Stash,
    original: &'s dyn Fn(usize) -> (usize, Vec<Row<'t>>),
    tree: Tree<'t>,
    states: Vec<State>,
    order: Order,
    /// Which entries of the stash have become elements.
    spent: Vec<bool>,
    /// Which fences an indented code block has taken.
    reverted: Vec<bool>,
    /// Footnotes in the order of their first definition: line and text.
    footnotes: Vec<(u32, Block<'t>)>,
    /// The place of each among them, by id.
    footnote_places: HashMap<String, usize>,
    slashes: Slashes<'t>,
    depth: usize,
}

/// Blocks still to be parsed; the next one is the last.
type Queue<'t> = Blocks<'t>;

impl<'t> Parser<'t, '_> {
    /// Splits a text at its blank lines and parses the blocks.
    fn parse_chunk(&mut self, parent: Node, block: &Block<'t>) {
        self.parse_blocks(parent, block.split());
    }

    fn parse_blocks(&mut self, parent: Node, mut blocks: Queue<'t>) {
        blocks.reverse();
        self.depth += 1;
        while let Some(block) = blocks.last() {
            let block = block.clone();
            if self.depth > DEEPEST {
                self.paragraph(parent, &mut blocks);
                continue;
            }
            for index in self.order.of_block(&block) {
                let processor = self.order.processors[index];
                if self.run(processor, parent, &block, &mut blocks) {
                    break;
                }
            }
        }
        self.depth -= 1;
    }

    /// Lets a processor try the next block; it takes it off the queue if it is one of its own.
    fn run(
        &mut self,
        processor: Processor,
        parent: Node,
        block: &Block<'t>,
        blocks: &mut Queue<'t>,
    ) -> bool {
        match processor {
            Processor::Admonition => self.admonition(parent, block, blocks),
            Processor::Details => self.details(parent, block, blocks),
            Processor::Tabbed { alternate } => self.tabbed(alternate, parent, block, blocks),
            Processor::MarkdownInHtml => self.markdown_in_html(parent, block, blocks),
            Processor::Empty => self.empty(block, blocks),
            Processor::ListIndent => self.list_indent(false, parent, block, blocks),
            Processor::Slashes => self.slashes(parent, block, blocks),
            Processor::DefinitionIndent => self.list_indent(true, parent, block, blocks),
            Processor::Code => self.code(parent, block, blocks),
            Processor::Table => self.table(parent, block, blocks),
            Processor::HashHeader => self.hash_header(parent, block, blocks),
            Processor::SetextHeader => self.setext_header(parent, block, blocks),
            Processor::Rule => self.rule(parent, block, blocks),
            Processor::OrderedList => self.list(true, parent, block, blocks),
            Processor::UnorderedList => self.list(false, parent, block, blocks),
            Processor::Definition => self.definition(parent, block, blocks),
            Processor::Quote => self.quote(parent, block, blocks),
            Processor::Footnote => self.footnote(block, blocks),
            Processor::Abbreviation => self.abbreviation(block, blocks),
            Processor::Reference => self.reference(block, blocks),
            Processor::Paragraph => self.paragraph(parent, blocks),
        }
    }

    fn is_state(&self, state: State) -> bool {
        self.states.last() == Some(&state)
    }

    /// A block that is empty or begins with an empty line.
    fn empty(&mut self, block: &Block<'t>, blocks: &mut Queue<'t>) -> bool {
        if !block.is_empty() && !block.first().is_empty() {
            return false;
        }
        blocks.pop();
        let rest = block.slice(1..block.rows().len());
        if !rest.is_empty() {
            blocks.push(rest);
        }
        true
    }

    /// An indented code block. A fence in it is none: its lines are shown as they are.
    fn code(&mut self, parent: Node, block: &Block<'t>, blocks: &mut Queue<'t>) -> bool {
        let is_super = self.fences.style == FenceStyle::Super;
        if is_super && self.fences.disable_indented_code_blocks || !block.is_indented(4) {
            return false;
        }
        blocks.pop();
        let block = if is_super { self.revert_fences(block) } else { block.clone() };
        let (inner, rest) = block.detab(4);
        let code = match self.tree.last_child(parent) {
            Some(last) if self.tree.is_code_block(last) => self.tree.get(last).children[0],
            _ => {
                let pre = self.tree.add(parent, "pre", block.line());
                self.tree.add(pre, "code", block.line())
            }
        };
        self.tree.get_mut(code).text.extend_from_slice(inner.rows());
        if !rest.is_empty() {
            blocks.push(rest);
        }
        true
    }

    /// Puts the lines of fences back in place of their placeholders.
    fn revert_fences(&mut self, block: &Block<'t>) -> Block<'t> {
        if !block.rows().iter().any(|row| row.text.ends_with('\u{3}')) {
            return block.clone();
        }
        let mut rows = Vec::new();
        for row in block.rows() {
            let text = row.text.trim_start_matches(['>', ' ']);
            let indent = row.text.len() - text.len();
            match self.stash.alone(text) {
                Some(Kept::Fence(fence)) if !self.reverted[*fence] => {
                    self.reverted[*fence] = true;
                    let (width, lines) = (self.original)(*fence);
                    let surplus = width.saturating_sub(indent);
                    rows.extend(lines.into_iter().map(|row| Row {
                        text: row.text.get(surplus..).unwrap_or_default(),
                        ..row
                    }));
                }
                _ => rows.push(*row),
            }
        }
        Block::new(rows)
    }

    fn paragraph(&mut self, parent: Node, blocks: &mut Queue<'t>) -> bool {
        let Some(block) = blocks.pop() else {
            return true;
        };
        if block.is_blank() {
            return true;
        }
        if !self.is_state(State::List) {
            let paragraph = self.tree.add(parent, "p", block.line());
            self.tree.get_mut(paragraph).text = block.stripped_rows();
            return true;
        }
        // In a tight list the text belongs to the item itself.
        match self.tree.last_child(parent) {
            Some(sibling) => self.tree.get_mut(sibling).tail.extend_from_slice(block.rows()),
            None if self.tree.has_text(parent) => {
                self.tree.get_mut(parent).text.extend_from_slice(block.rows());
            }
            None => self.tree.get_mut(parent).text = block.stripped_rows(),
        }
        true
    }

    /// Where the placeholders of fences have ended up.
    fn placed(&self, count: usize) -> Vec<Option<Vec<Container>>> {
        let mut places = vec![None; count];
        // From the root: an element may have been cut off, with whatever is in it.
        let mut ahead = vec![(ROOT, 0)];
        let mut visited = vec![false; self.tree.len()];
        let mut chain = Vec::new();
        while let Some((node, depth)) = ahead.pop() {
            if std::mem::replace(&mut visited[node], true) {
                continue;
            }
            let element = self.tree.get(node);
            chain.truncate(depth);
            // Next to none has any.
            if !element.tail.is_empty() {
                self.place_text(&element.tail, &chain, &mut places);
            }
            if let Some((kind, title)) = element.container {
                let head = element.line as usize;
                chain.push(Container { kind, title: title.map(Arc::from), head });
            }
            self.place_text(&element.text, &chain, &mut places);
            ahead.extend(element.children.iter().map(|child| (*child, chain.len())));
        }
        places
    }

    /// Places the fences whose placeholders stand in a text.
    fn place_text(
        &self,
        rows: &[Row<'t>],
        chain: &[Container],
        places: &mut [Option<Vec<Container>>],
    ) {
        for row in rows {
            for index in self.stash.all(row.text) {
                match self.stash.get(index) {
                    Kept::Fence(fence) if !self.reverted[*fence] => {
                        places[*fence] = Some(chain.to_vec());
                    }
                    Kept::Raw { line, fences } => {
                        let head = *line as usize;
                        let raw = Container { kind: ContainerKind::RawHtml, title: None, head };
                        for fence in fences {
                            places[*fence] = Some([chain, std::slice::from_ref(&raw)].concat());
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
