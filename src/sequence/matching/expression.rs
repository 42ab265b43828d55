//! What may still happen, as a value, and what it becomes when a message is laid on it.
//!
//! In: a [`Tree`], and what it costs to leave each arrow out. Out: [`Expressions`], which gives each
//! expression a number, the same for the same, and knows the steps that each allows.

use std::collections::HashMap;
use std::rc::Rc;

use super::tree::Tree;

/// The number of an expression.
pub(super) type Id = u32;

/// Nothing more happens here.
pub(super) const DONE: Id = 0;
/// Nothing more happens at all.
const STOP: Id = 1;
const NEVER: u32 = u32::MAX / 8;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Term {
    Done,
    Stop,
    Arrow(u32),
    Then(Id, Id),
    Choice(Rc<[Id]>),
    Loop(Loop),
    Together(Rc<[Id]>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Loop {
    body: Id,
    least: u32,
    most: Option<u32>,
    index: u32,
    is_begun: bool,
    /// Whether it goes another number of rounds than it should.
    is_off: bool,
}

/// The least that a way to the end costs, and one to a place where everything stops.
#[derive(Debug, Clone, Copy)]
struct Toll {
    end: u32,
    stop: u32,
}

/// What leaving an arrow out costs at least.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Loss {
    /// Whether nobody recorded speaks to whom it says.
    pub(super) is_foreign: bool,
    /// Whether no recorded message is what it says.
    pub(super) is_unheard: bool,
    /// Who speaks to whom, as a bit.
    pub(super) kind: u64,
}

/// What is known about an expression.
#[derive(Debug, Clone, Copy)]
struct Facts {
    ends: bool,
    stops: bool,
    kinds: u64,
    foreign: Toll,
    unheard: Toll,
    length: Toll,
    /// The length, where a loop counts for no more than what uncounting its rounds costs.
    needed: Toll,
    /// How many messages there may be.
    most: u32,
}

/// What an expression allows next.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) what: What,
    pub(super) next: Id,
    /// Loops of which a round begins and which go another number of rounds than they should.
    pub(super) begins: Vec<u32>,
}

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// An arrow happens.
    Arrow(u32),
    /// The rounds of a loop are no longer counted.
    Loop(u32),
}

/// All that an expression allows next.
#[derive(Debug)]
pub(super) struct Steps {
    pub(super) all: Vec<Step>,
    pub(super) threads: Vec<Thread>,
}

/// Steps of one of the things that happen at the same time.
#[derive(Debug)]
pub(super) struct Thread {
    /// Which of the steps.
    pub(super) steps: std::ops::Range<usize>,
    /// Who speaks to whom in the others.
    pub(super) others: u64,
    /// Whether it has to go on.
    pub(super) must_move: bool,
}

pub(super) struct Expressions<'a> {
    losses: &'a [Loss],
    terms: Vec<Term>,
    facts: Vec<Facts>,
    numbers: HashMap<Term, Id>,
    joined: HashMap<(Id, Id), Id>,
    /// Branches that are the same, by the number of their group.
    twins: HashMap<Id, u32>,
    steps: HashMap<Id, Rc<Steps>>,
}

impl Toll {
    fn then(self, next: Self) -> Self {
        Self { end: plus(self.end, next.end), stop: self.stop.min(plus(self.end, next.stop)) }
    }

    fn or(self, other: Self) -> Self {
        Self { end: self.end.min(other.end), stop: self.stop.min(other.stop) }
    }

    fn least(self) -> u32 {
        self.end.min(self.stop)
    }
}

fn plus(one: u32, other: u32) -> u32 {
    one.saturating_add(other).min(NEVER)
}

impl<'a> Expressions<'a> {
    pub(super) fn new(losses: &'a [Loss]) -> Self {
        let mut expressions = Self {
            losses,
            terms: Vec::new(),
            facts: Vec::new(),
            numbers: HashMap::new(),
            joined: HashMap::new(),
            twins: HashMap::new(),
            steps: HashMap::new(),
        };
        expressions.number(Term::Done);
        expressions.number(Term::Stop);
        expressions
    }

    /// The expression of a tree.
    pub(super) fn of(&mut self, tree: &Tree) -> Id {
        match tree {
            Tree::Arrow(arrow) => self.number(Term::Arrow(*arrow)),
            Tree::Sequence(parts) => {
                let parts: Vec<Id> = parts.iter().map(|part| self.of(part)).collect();
                parts.into_iter().rev().fold(DONE, |rest, part| self.then(part, rest))
            }
            Tree::Choice(branches) => {
                let mut branches: Vec<Id> = branches.iter().map(|branch| self.of(branch)).collect();
                branches.dedup();
                match branches[..] {
                    [only] => only,
                    _ => self.number(Term::Choice(branches.into())),
                }
            }
            Tree::Loop { index, body, least, most } => {
                let body = self.of(body);
                let (is_begun, is_off) = (false, false);
                self.again(Loop {
                    body,
                    least: *least,
                    most: *most,
                    index: *index,
                    is_begun,
                    is_off,
                })
            }
            Tree::Together(branches, groups) => {
                let mut all = Vec::new();
                for (branch, group) in branches.iter().zip(groups) {
                    let expression = self.of(branch);
                    self.twins.insert(expression, *group);
                    all.push(expression);
                }
                self.together(all)
            }
            Tree::Break(body) => {
                let body = self.of(body);
                let body = self.then(body, STOP);
                self.number(Term::Choice([DONE, body].into()))
            }
        }
    }

    /// Whether nothing more has to happen.
    pub(super) fn accepts(&self, id: Id) -> bool {
        self.facts[id as usize].ends || self.facts[id as usize].stops
    }

    /// How many messages must at least come that nobody recorded speaks, how many with those that
    /// were not recorded as they are, and how many at all.
    pub(super) fn losses(&self, id: Id) -> (u32, u32, u32) {
        let facts = &self.facts[id as usize];
        (facts.foreign.least(), facts.unheard.least(), facts.length.least())
    }

    /// How many messages must at least come, or loops go another number of rounds; and how many may
    /// come at most.
    pub(super) fn span(&self, id: Id) -> (u32, u32) {
        let facts = &self.facts[id as usize];
        (facts.needed.least(), facts.most)
    }

    /// What an expression allows next.
    pub(super) fn steps(&mut self, id: Id) -> Rc<Steps> {
        if let Some(known) = self.steps.get(&id) {
            return Rc::clone(known);
        }
        let mut threads = Vec::new();
        let mut all = Vec::new();
        self.threads(id, 0, &mut all, &mut threads);
        let steps = Rc::new(Steps { all, threads });
        self.steps.insert(id, Rc::clone(&steps));
        steps
    }

    fn threads(&mut self, id: Id, others: u64, all: &mut Vec<Step>, threads: &mut Vec<Thread>) {
        let (head, rest) = match self.terms[id as usize] {
            Term::Then(head, rest) => (head, rest),
            _ => (id, DONE),
        };
        let Term::Together(branches) = self.terms[head as usize].clone() else {
            let start = all.len();
            all.extend(self.allowed(id));
            let facts = self.facts[id as usize];
            let must_move = !facts.ends && !facts.stops;
            threads.push(Thread { steps: start..all.len(), others, must_move });
            return;
        };
        for (index, &branch) in branches.iter().enumerate() {
            if self.is_later_twin(&branches, index) {
                continue;
            }
            let around = branches.iter().enumerate().filter(|(other, _)| *other != index);
            let around =
                around.fold(others, |kinds, (_, other)| kinds | self.facts[*other as usize].kinds);
            let start = all.len();
            self.threads(branch, around, all, threads);
            for step in &mut all[start..] {
                let mut branches = branches.to_vec();
                branches[index] = step.next;
                let together = self.together(branches);
                step.next = self.then(together, rest);
            }
        }
        if self.facts[head as usize].ends {
            all.extend(self.allowed(rest));
        }
    }

    /// Of branches that are the same and have not begun, only the first may begin.
    fn is_later_twin(&self, branches: &[Id], index: usize) -> bool {
        let Some(group) = self.twins.get(&branches[index]) else { return false };
        branches[..index].iter().any(|other| self.twins.get(other) == Some(group))
    }

    fn allowed(&mut self, id: Id) -> Vec<Step> {
        match self.terms[id as usize].clone() {
            Term::Done | Term::Stop => Vec::new(),
            Term::Arrow(arrow) => {
                vec![Step { what: What::Arrow(arrow), next: DONE, begins: Vec::new() }]
            }
            Term::Then(..) => self.allowed_in_row(id),
            Term::Choice(branches) => {
                branches.iter().flat_map(|&branch| self.allowed(branch)).collect()
            }
            Term::Loop(again) => self.allowed_in_loop(again),
            Term::Together(branches) => {
                let mut steps = Vec::new();
                for index in 0..branches.len() {
                    if self.is_later_twin(&branches, index) {
                        continue;
                    }
                    for mut step in self.allowed(branches[index]) {
                        let mut branches = branches.to_vec();
                        branches[index] = step.next;
                        step.next = self.together(branches);
                        steps.push(step);
                    }
                }
                steps
            }
        }
    }

    /// Steps of the first part, and of those behind it as long as the ones before may be left out.
    fn allowed_in_row(&mut self, mut id: Id) -> Vec<Step> {
        let mut steps = Vec::new();
        while let Term::Then(head, rest) = self.terms[id as usize] {
            for mut step in self.allowed(head) {
                step.next = self.then(step.next, rest);
                steps.push(step);
            }
            if !self.facts[head as usize].ends {
                return steps;
            }
            id = rest;
        }
        steps.extend(self.allowed(id));
        steps
    }

    fn allowed_in_loop(&mut self, again: Loop) -> Vec<Step> {
        let mut fewer = Loop { is_begun: true, ..again };
        fewer.least = again.least.saturating_sub(1);
        fewer.most = again.most.map(|most| most.saturating_sub(1));
        let fewer = self.again(fewer);
        let mut steps = self.allowed(again.body);
        for step in &mut steps {
            step.next = self.then(step.next, fewer);
            if again.is_off {
                step.begins.push(again.index);
            }
        }
        if !again.is_begun && !again.is_off && (again.least > 0 || again.most.is_some()) {
            let off = self.again(Loop { least: 0, most: None, is_off: true, ..again });
            steps.push(Step { what: What::Loop(again.index), next: off, begins: Vec::new() });
        }
        steps
    }

    fn again(&mut self, mut again: Loop) -> Id {
        if again.most == Some(0) && again.is_begun || again.body == DONE {
            return DONE;
        }
        if again.least == 0 && again.most.is_none() {
            again.is_begun = true;
        }
        self.number(Term::Loop(again))
    }

    fn together(&mut self, mut branches: Vec<Id>) -> Id {
        if branches.contains(&STOP) {
            return STOP;
        }
        branches.retain(|&branch| branch != DONE);
        match branches[..] {
            [] => DONE,
            [only] => only,
            _ => self.number(Term::Together(branches.into())),
        }
    }

    /// One after the other. Rows nest to the right, so that equal ends of rows are the same value.
    fn then(&mut self, first: Id, rest: Id) -> Id {
        if rest == DONE {
            return first;
        }
        let mut heads = Vec::new();
        let mut at = first;
        let mut row = loop {
            match self.terms[at as usize] {
                Term::Done => break rest,
                Term::Stop => break STOP,
                Term::Then(head, next) => {
                    if let Some(&known) = self.joined.get(&(at, rest)) {
                        break known;
                    }
                    heads.push((at, head));
                    at = next;
                }
                _ => break self.number(Term::Then(at, rest)),
            }
        };
        while let Some((at, head)) = heads.pop() {
            row = self.number(Term::Then(head, row));
            self.joined.insert((at, rest), row);
        }
        row
    }

    fn number(&mut self, term: Term) -> Id {
        if let Some(&known) = self.numbers.get(&term) {
            return known;
        }
        let id = Id::try_from(self.terms.len()).expect("memory ends before");
        self.facts.push(self.facts_of(&term));
        self.terms.push(term.clone());
        self.numbers.insert(term, id);
        id
    }

    fn facts_of(&self, term: &Term) -> Facts {
        let of = |id: Id| self.facts[id as usize];
        let even = |end, stop| {
            let toll = Toll { end, stop };
            (toll, toll, toll, toll)
        };
        let (ends, stops, kinds, (foreign, unheard, length, needed)) = match term {
            Term::Done => (true, false, 0, even(0, NEVER)),
            Term::Stop => (false, true, 0, even(NEVER, 0)),
            Term::Arrow(arrow) => {
                let loss = self.losses[*arrow as usize];
                let toll = |is_lost| Toll { end: u32::from(is_lost), stop: NEVER };
                let tolls = (toll(loss.is_foreign), toll(loss.is_unheard), toll(true), toll(true));
                (false, false, loss.kind, tolls)
            }
            Term::Then(head, rest) => {
                let (head, rest) = (of(*head), of(*rest));
                let tolls = (
                    head.foreign.then(rest.foreign),
                    head.unheard.then(rest.unheard),
                    head.length.then(rest.length),
                    head.needed.then(rest.needed),
                );
                let stops = head.stops || head.ends && rest.stops;
                (head.ends && rest.ends, stops, head.kinds | rest.kinds, tolls)
            }
            Term::Choice(branches) => {
                let all = branches.iter().map(|&branch| of(branch));
                all.fold((false, false, 0, even(NEVER, NEVER)), |sum, branch| {
                    let tolls = sum.3;
                    let tolls = (
                        tolls.0.or(branch.foreign),
                        tolls.1.or(branch.unheard),
                        tolls.2.or(branch.length),
                        tolls.3.or(branch.needed),
                    );
                    let kinds = sum.2 | branch.kinds;
                    (sum.0 || branch.ends, sum.1 || branch.stops, kinds, tolls)
                })
            }
            Term::Loop(again) => {
                let body = of(again.body);
                // Going another number of rounds costs 1, whatever is in them.
                let most = u32::from(!again.is_begun);
                let toll = |body: Toll, most: u32| {
                    let all = again.least.saturating_mul(body.end).min(NEVER).min(most);
                    Toll { end: all, stop: body.stop }
                };
                let limit = if again.is_begun { NEVER } else { most };
                let tolls = (
                    toll(body.foreign, limit),
                    toll(body.unheard, limit),
                    toll(body.length, NEVER),
                    toll(body.needed, limit),
                );
                (again.least == 0 || body.ends, body.stops, body.kinds, tolls)
            }
            Term::Together(branches) => {
                let all = branches.iter().map(|&branch| of(branch));
                all.fold((true, false, 0, even(0, NEVER)), |sum, branch| {
                    let tolls = sum.3;
                    let side = |sum: Toll, other: Toll| Toll {
                        end: plus(sum.end, other.end),
                        stop: sum.stop.min(other.stop),
                    };
                    let tolls = (
                        side(tolls.0, branch.foreign),
                        side(tolls.1, branch.unheard),
                        side(tolls.2, branch.length),
                        side(tolls.3, branch.needed),
                    );
                    let kinds = sum.2 | branch.kinds;
                    (sum.0 && branch.ends, sum.1 || branch.stops, kinds, tolls)
                })
            }
        };
        let most = self.most(term);
        Facts { ends, stops, kinds, foreign, unheard, length, needed, most }
    }

    /// How many messages there may be, where a loop goes any number of rounds.
    fn most(&self, term: &Term) -> u32 {
        let of = |id: &Id| self.facts[*id as usize].most;
        match term {
            Term::Done | Term::Stop => 0,
            Term::Arrow(_) => 1,
            Term::Then(head, rest) => plus(of(head), of(rest)),
            Term::Choice(branches) => branches.iter().map(of).max().unwrap_or_default(),
            Term::Loop(again) => of(&again.body).saturating_mul(NEVER).min(NEVER),
            Term::Together(branches) => branches.iter().map(of).fold(0, plus),
        }
    }
}
