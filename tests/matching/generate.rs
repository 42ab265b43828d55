//! Random diagrams and random runs of them.

use doctool::sequence::diagram::{BlockKind, Diagram, Statement};
use doctool::sequence::matching::Said;

use crate::build::{arrow, block};
use crate::random::Random;

const PATHS: [&str; 4] = ["/a", "/b", "/c/{id}", "/{id}/{other}"];
const CALLERS: [&str; 3] = ["x", "y", "z"];

/// A part of a diagram.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    Arrow(Letter),
    Block { kind: BlockKind, least: usize, most: usize, branches: Vec<Vec<Part>> },
}

/// An arrow: `exchange` is the same for a request and its replies.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) index: usize,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) is_reply: bool,
    pub(crate) exchange: usize,
}

/// More rounds than any run here goes.
pub(crate) const MANY: usize = 99;

pub(crate) struct Generator<'a> {
    pub(crate) random: &'a mut Random,
    arrows: usize,
    exchanges: usize,
    /// How many exchanges may still be made.
    left: usize,
}

impl<'a> Generator<'a> {
    pub(crate) fn new(random: &'a mut Random, exchanges: usize) -> Self {
        Self { random, arrows: 0, exchanges: 0, left: exchanges }
    }

    pub(crate) fn parts(&mut self, caller: Option<&str>, depth: usize, in_par: bool) -> Vec<Part> {
        let mut parts = Vec::new();
        for _ in 0..1 + self.random.below(2) {
            if self.left == 0 {
                break;
            }
            if depth == 0 || self.random.chance(2) {
                self.exchange(caller, depth, in_par, &mut parts);
            } else {
                let part = self.block(caller, depth - 1, in_par);
                parts.push(part);
            }
        }
        parts
    }

    fn exchange(&mut self, caller: Option<&str>, depth: usize, in_par: bool, out: &mut Vec<Part>) {
        self.left = self.left.saturating_sub(1);
        let from = caller.unwrap_or(CALLERS[self.random.below(2)]).to_owned();
        let to = format!("s{}", self.random.below(2));
        let to = if to == from { "s2".to_owned() } else { to };
        let path = *self.random.pick(&PATHS);
        let exchange = self.exchanges;
        self.exchanges += 1;
        out.push(Part::Arrow(self.letter(&from, &to, &format!("GET {path}"), false, exchange)));
        if depth > 0 && self.random.chance(3) {
            out.extend(self.parts(Some(&to), depth - 1, in_par));
        }
        let found = Part::Arrow(self.letter(&to, &from, &format!("200 OK {path}"), true, exchange));
        if self.random.chance(4) {
            let gone = self.letter(&to, &from, &format!("404 NOT FOUND {path}"), true, exchange);
            let branches = vec![vec![found], vec![Part::Arrow(gone)]];
            out.push(Part::Block { kind: BlockKind::Alt, least: 0, most: 0, branches });
        } else {
            out.push(found);
        }
    }

    fn letter(
        &mut self,
        from: &str,
        to: &str,
        text: &str,
        is_reply: bool,
        exchange: usize,
    ) -> Letter {
        let index = self.arrows;
        self.arrows += 1;
        let (from, to, text) = (from.to_owned(), to.to_owned(), text.to_owned());
        Letter { index, from, to, text, is_reply, exchange }
    }

    fn block(&mut self, caller: Option<&str>, depth: usize, in_par: bool) -> Part {
        use BlockKind::{Alt, Break, Critical, Loop, Opt, Par, Rect};
        let kind = *self.random.pick(&[Alt, Break, Critical, Loop, Opt, Par, Par, Rect]);
        // What is left of the other branches when one ends everything would be hard to try out.
        let kind = if kind == Break && in_par { Opt } else { kind };
        let (least, most) = *self.random.pick(&[(0, MANY), (0, MANY), (1, 2), (2, 2)]);
        let count = if matches!(kind, Alt | Critical | Par) { 2 } else { 1 };
        let mut branches = Vec::new();
        for _ in 0..count {
            branches.push(match kind {
                Break => {
                    let mut parts = Vec::new();
                    self.exchange(caller, 0, in_par, &mut parts);
                    parts
                }
                _ => self.parts(caller, depth, in_par || kind == Par),
            });
        }
        Part::Block { kind, least, most, branches }
    }
}

/// The parts as a diagram.
pub(crate) fn diagram(parts: &[Part]) -> Diagram {
    Diagram { statements: statements(parts) }
}

fn statements(parts: &[Part]) -> Vec<Statement> {
    let statement = |part: &Part| match part {
        Part::Arrow(letter) => arrow(&letter.from, &letter.to, &letter.text, letter.is_reply),
        Part::Block { kind, least, most, branches } => {
            let label = match (kind, *most) {
                (BlockKind::Loop, MANY) => "until done".to_owned(),
                (BlockKind::Loop, most) => format!("{least}..{most}"),
                _ => String::new(),
            };
            let branches = branches.iter().map(|branch| (label.clone(), statements(branch)));
            block(*kind, branches.collect())
        }
    };
    parts.iter().map(statement).collect()
}

/// One of the runs that a diagram stands for.
pub(crate) struct Run<'a> {
    random: &'a mut Random,
    /// How often each exchange of the diagram began.
    began: Vec<usize>,
    values: [(&'static str, &'static str); 2],
    next: usize,
}

impl<'a> Run<'a> {
    pub(crate) fn of(random: &'a mut Random, parts: &[Part]) -> Vec<Said> {
        let other = *random.pick(&["7c", "a4"]);
        let values = [("{id}", "7c"), ("{other}", other)];
        let mut run = Run { random, began: vec![0; 64], values, next: 0 };
        run.parts(parts).0
    }

    /// What happens, and whether everything ends with it.
    fn parts(&mut self, parts: &[Part]) -> (Vec<Said>, bool) {
        let mut all = Vec::new();
        for part in parts {
            let (said, is_end) = match part {
                Part::Arrow(letter) => (vec![self.said(letter)], false),
                Part::Block { kind, least, most, branches } => {
                    self.block(*kind, (*least, *most), branches)
                }
            };
            all.extend(said);
            if is_end {
                return (all, true);
            }
        }
        (all, false)
    }

    fn block(
        &mut self,
        kind: BlockKind,
        (least, most): (usize, usize),
        branches: &[Vec<Part>],
    ) -> (Vec<Said>, bool) {
        match kind {
            BlockKind::Opt if self.random.chance(2) => (Vec::new(), false),
            BlockKind::Break if self.random.chance(2) => (Vec::new(), false),
            BlockKind::Break => (self.parts(&branches[0]).0, true),
            BlockKind::Alt | BlockKind::Critical => {
                let branch = self.random.below(branches.len());
                self.parts(&branches[branch])
            }
            BlockKind::Loop => {
                let most = if most == MANY { 2 } else { most };
                let mut all = Vec::new();
                for _ in 0..least + self.random.below(most - least + 1) {
                    let (said, is_end) = self.parts(&branches[0]);
                    all.extend(said);
                    if is_end {
                        return (all, true);
                    }
                }
                (all, false)
            }
            BlockKind::Par => {
                let mut queues: Vec<Vec<Said>> =
                    branches.iter().map(|branch| self.parts(branch).0).collect();
                queues.iter_mut().for_each(|queue| queue.reverse());
                let mut all = Vec::new();
                while queues.iter().any(|queue| !queue.is_empty()) {
                    let branch = self.random.below(queues.len());
                    all.extend(queues[branch].pop());
                }
                (all, false)
            }
            _ => self.parts(&branches[0]),
        }
    }

    fn said(&mut self, letter: &Letter) -> Said {
        if !letter.is_reply {
            self.next += 1;
            self.began[letter.exchange] = self.next;
        }
        let mut text = letter.text.clone();
        self.values.iter().for_each(|(name, value)| text = text.replace(name, value));
        Said {
            from: letter.from.clone(),
            to: letter.to.clone(),
            text,
            query: None,
            exchange: self.began[letter.exchange],
            is_reply: letter.is_reply,
            process: None,
        }
    }
}
