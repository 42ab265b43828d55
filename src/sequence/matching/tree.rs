//! A diagram as what may happen: blocks without words, arrows with what they stand for.
//!
//! In: a [`Diagram`]. Out: a [`Tree`], and for each arrow who speaks to whom, what it stands for, and of
//! which request it is the reply.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::sequence::diagram::{Block, BlockKind, Branch, Diagram, Statement, StatementKind};

use super::documented::{Documented, resolved};

/// What may happen. Arrows are indices in [`Diagram::arrows`].
#[derive(Debug, Clone)]
pub(super) enum Tree {
    /// One message.
    Arrow(u32),
    /// One after the other.
    Sequence(Vec<Tree>),
    /// Exactly one of them.
    Choice(Vec<Tree>),
    /// Again and again.
    Loop {
        /// Which loop of the specification.
        index: u32,
        /// One round.
        body: Box<Tree>,
        /// At least so many rounds.
        least: u32,
        /// At most so many.
        most: Option<u32>,
    },
    /// At the same time. Those with the same number say the same.
    Together(Vec<Tree>, Vec<u32>),
    /// Not at all, or nothing happens after it.
    Break(Box<Tree>),
}

/// An arrow that stands for messages.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Who stands at its ends, entities resolved.
    pub(super) ends: (String, String),
    /// Whether it is a reply.
    pub(super) is_reply: bool,
    /// What it says.
    pub(super) said: Documented,
    /// For a reply the arrow of its request, if there is one.
    pub(super) request: Option<u32>,
}

/// A diagram that was read as a specification.
pub(super) struct Compiled {
    pub(super) tree: Tree,
    /// For each arrow what it stands for; none for those that are remarks.
    pub(super) lines: Vec<Option<Line>>,
    /// The names in braces.
    pub(super) names: Vec<String>,
    /// For each participant that is shown under another name that name.
    pub(super) aliases: HashMap<String, String>,
    /// The labels of the loops.
    pub(super) loops: Vec<String>,
    /// Whether the sequence may end early.
    pub(super) has_break: bool,
}

impl Compiled {
    pub(super) fn of(diagram: &Diagram) -> Self {
        let mut compiled = Self {
            tree: Tree::Sequence(Vec::new()),
            lines: Vec::new(),
            names: Vec::new(),
            aliases: HashMap::new(),
            loops: Vec::new(),
            has_break: false,
        };
        compiled.tree = compiled.sequence(&diagram.statements);
        let mut open = Vec::new();
        let mut tree = std::mem::replace(&mut compiled.tree, Tree::Sequence(Vec::new()));
        compiled.pair(&tree, &mut open);
        compiled.find_twins(&mut tree, &mut 0);
        compiled.tree = tree;
        compiled
    }

    /// The first arrow in a loop.
    pub(super) fn first_in(&self, index: u32) -> Option<usize> {
        first_in(&self.tree, index)
    }

    fn sequence(&mut self, statements: &[Statement]) -> Tree {
        let mut parts = Vec::new();
        for statement in statements {
            match &statement.kind {
                StatementKind::Message(arrow) => {
                    let index = number(self.lines.len());
                    let said = Documented::of(&arrow.text, &mut self.names);
                    self.lines.push(said.map(|said| Line {
                        ends: (resolved(&arrow.from), resolved(&arrow.to)),
                        is_reply: arrow.is_dotted,
                        said,
                        request: None,
                    }));
                    if self.lines[index as usize].is_some() {
                        parts.push(Tree::Arrow(index));
                    }
                }
                StatementKind::Box { statements, .. } => parts.push(self.sequence(statements)),
                StatementKind::Block(block) => parts.push(self.block(block)),
                StatementKind::Participant(participant) => {
                    if let Some(alias) = &participant.alias {
                        self.aliases.insert(resolved(&participant.name), resolved(alias));
                    }
                }
                _ => {}
            }
        }
        Tree::Sequence(parts)
    }

    fn block(&mut self, block: &Block) -> Tree {
        let mut branches = Vec::new();
        for Branch { statements, label, .. } in &block.branches {
            let body = self.sequence(statements);
            branches.push(match block.kind {
                BlockKind::Loop => {
                    let (least, most) = rounds(label);
                    self.loops.push(label.trim().to_owned());
                    let index = number(self.loops.len() - 1);
                    Tree::Loop { index, body: Box::new(body), least, most }
                }
                BlockKind::Opt => Tree::Choice(vec![body, Tree::Sequence(Vec::new())]),
                BlockKind::Break => {
                    self.has_break = true;
                    Tree::Break(Box::new(body))
                }
                _ => body,
            });
        }
        match block.kind {
            BlockKind::Alt | BlockKind::Critical if !branches.is_empty() => Tree::Choice(branches),
            BlockKind::Par => Tree::Together(branches, Vec::new()),
            _ => Tree::Sequence(branches),
        }
    }

    /// Finds the requests that replies belong to. `open` are the requests that may still be answered.
    fn pair(&mut self, tree: &Tree, open: &mut Vec<u32>) {
        match tree {
            Tree::Arrow(arrow) => self.pair_arrow(*arrow, open),
            // What one branch asks another may answer.
            Tree::Sequence(parts) | Tree::Together(parts, _) => {
                parts.iter().for_each(|part| self.pair(part, open));
            }
            Tree::Choice(branches) => self.pair_branches(branches, open),
            Tree::Loop { body, .. } | Tree::Break(body) => {
                let before = open.clone();
                self.pair(body, open);
                merge(open, &before);
            }
        }
    }

    /// A request is open behind a choice if it is after one of its branches.
    fn pair_branches(&mut self, branches: &[Tree], open: &mut Vec<u32>) {
        let mut after = Vec::new();
        for branch in branches {
            let mut open = open.clone();
            self.pair(branch, &mut open);
            merge(&mut after, &open);
        }
        *open = after;
    }

    fn pair_arrow(&mut self, arrow: u32, open: &mut Vec<u32>) {
        let line = |arrow: u32| self.lines[arrow as usize].as_ref().expect("remarks are left out");
        let reply = line(arrow);
        if !reply.is_reply {
            open.push(arrow);
            return;
        }
        let is_between = |request: &&u32| {
            let request = line(**request);
            request.ends.0 == reply.ends.1 && request.ends.1 == reply.ends.0
        };
        let has_path = |request: &&u32| line(**request).said.path == reply.said.path;
        let latest = |request: &&u32| is_between(request) && has_path(request);
        let request = open.iter().rev().find(latest).or_else(|| open.iter().rev().find(is_between));
        let request = request.copied();
        open.retain(|&other| Some(other) != request);
        let line = self.lines[arrow as usize].as_mut().expect("remarks are left out");
        line.request = request;
    }
}

impl Compiled {
    /// Finds the branches that say the same, so that it does not matter which of them begins first.
    /// Numbers are given once in a diagram: branches of an inner block may come to stand among those of
    /// an outer one.
    fn find_twins(&self, tree: &mut Tree, groups_before: &mut u32) {
        match tree {
            Tree::Arrow(_) => {}
            Tree::Sequence(parts) | Tree::Choice(parts) => {
                parts.iter_mut().for_each(|part| self.find_twins(part, groups_before));
            }
            Tree::Loop { body, .. } | Tree::Break(body) => self.find_twins(body, groups_before),
            Tree::Together(branches, groups) => {
                branches.iter_mut().for_each(|branch| self.find_twins(branch, groups_before));
                let mut known: HashMap<String, u32> = HashMap::new();
                for branch in branches.iter() {
                    let mut said = String::new();
                    self.tell(branch, &mut None, &mut said);
                    groups.push(*known.entry(said).or_insert_with(|| {
                        *groups_before += 1;
                        *groups_before
                    }));
                }
            }
        }
    }

    /// Writes what a branch says, with arrows counted from its first.
    fn tell(&self, tree: &Tree, first: &mut Option<u32>, out: &mut String) {
        let mut all = |name: &str, parts: &[Tree]| {
            out.push_str(name);
            parts.iter().for_each(|part| self.tell(part, first, out));
            out.push(')');
        };
        match tree {
            Tree::Arrow(arrow) => {
                let first = *first.get_or_insert(*arrow);
                let line = self.lines[*arrow as usize].as_ref().expect("remarks are left out");
                let request = line.request.map(|request| match request.checked_sub(first) {
                    Some(inside) => (true, inside),
                    None => (false, request),
                });
                let _ = write!(out, "{:?}", (&line.ends, line.is_reply, &line.said.text, request));
            }
            Tree::Sequence(parts) => all("row(", parts),
            Tree::Choice(parts) => all("one(", parts),
            Tree::Together(parts, _) => all("all(", parts),
            Tree::Break(body) => all("break(", std::slice::from_ref(body)),
            Tree::Loop { body, least, most, .. } => {
                let name = format!("loop {least} {most:?}(");
                all(&name, std::slice::from_ref(body));
            }
        }
    }
}

fn first_in(tree: &Tree, wanted: u32) -> Option<usize> {
    match tree {
        Tree::Arrow(_) => None,
        Tree::Sequence(parts) | Tree::Choice(parts) | Tree::Together(parts, _) => {
            parts.iter().find_map(|part| first_in(part, wanted))
        }
        Tree::Loop { body, index, .. } if *index == wanted => first(body),
        Tree::Loop { body, .. } | Tree::Break(body) => first_in(body, wanted),
    }
}

fn first(tree: &Tree) -> Option<usize> {
    match tree {
        Tree::Arrow(arrow) => Some(*arrow as usize),
        Tree::Sequence(parts) | Tree::Choice(parts) | Tree::Together(parts, _) => {
            parts.iter().find_map(first)
        }
        Tree::Loop { body, .. } | Tree::Break(body) => first(body),
    }
}

fn merge(open: &mut Vec<u32>, more: &[u32]) {
    open.extend(more);
    open.sort_unstable();
    open.dedup();
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a diagram has fewer parts")
}

/// How many rounds the label of a loop asks for: `3`, `3 times`, or a range such as `1..5`, `2..` and
/// `..4` with or without words behind it. Any number where it says nothing of the kind.
pub(super) fn rounds(label: &str) -> (u32, Option<u32>) {
    const ANY: (u32, Option<u32>) = (0, None);
    let mut words = label.split_whitespace();
    let Some(first) = words.next() else { return ANY };
    if let Some((least, most)) = first.split_once("..") {
        let least = if least.is_empty() { Ok(0) } else { least.parse() };
        let most = if most.is_empty() { Ok(None) } else { most.parse().map(Some) };
        return match (least, most) {
            (Ok(least), Ok(most)) if first != ".." && most.is_none_or(|most| most >= least) => {
                (least, most)
            }
            _ => ANY,
        };
    }
    match (first.parse(), words.next()) {
        (Ok(count), None | Some("time" | "times")) => (count, Some(count)),
        _ => ANY,
    }
}

#[cfg(test)]
mod tests {
    use super::rounds;

    #[test]
    fn some_labels_count_rounds() {
        assert_eq!(rounds("3"), (3, Some(3)));
        assert_eq!(rounds("3 times until it is active"), (3, Some(3)));
        assert_eq!(rounds("1..5 polls"), (1, Some(5)));
        assert_eq!(rounds("2.."), (2, None));
        assert_eq!(rounds("..4"), (0, Some(4)));
        for label in ["", "every minute", "5 minutes", "5..1", "..", "a..b", "until done"] {
            assert_eq!(rounds(label), (0, None), "{label}");
        }
    }
}
