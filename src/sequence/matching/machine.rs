//! How messages are laid on a diagram, one move at a time.
//!
//! In: a specification and what was recorded. Out: for each place that one can be in, the moves to
//! others and what they cost.

use std::ops::Range;
use std::rc::Rc;

use super::Specification;
use super::expression::{Expressions, Id, Step, Steps, What};
use super::fits::{Fits, bit};
use super::prefixes::{Family, Node, Prefixes};
use super::recorded::Recorded;
use super::tree::Line;

/// What one change costs. Of answers with as many changes, those with fewer texts that changed are
/// better: two messages that changed places are no two new texts.
pub(super) const CHANGE: u32 = 1 << 12;

/// How far one has come: the expression, for each chain the node that it has come to, what names stand
/// for (0 where nothing yet), and for each chain and its open requests the arrows that they lie on (0 where
/// none). Who of a family has come how far is not told yet, so they stand sorted.
pub(super) type Place = Rc<[u32]>;

/// The next message of a chain: which place has the chain, and the node that it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    chain: u32,
    pub(super) node: u32,
}

/// One move.
#[derive(Debug, Clone)]
pub(super) enum Move {
    /// A message is laid on an arrow that says the same, or (`is_same` false) something else.
    Lay { arrow: u32, head: Head, is_same: bool, begins: Vec<u32> },
    /// A message is laid on no arrow.
    Add(Head),
    /// An arrow is left without a message.
    Miss { arrow: u32, begins: Vec<u32> },
    /// The rounds of a loop are not counted.
    Uncount(u32),
}

pub(super) struct Machine<'a> {
    prefixes: &'a Prefixes,
    /// For each kind the families that have messages of it.
    families_of: Vec<Vec<u32>>,
    chains: usize,
    messages: u32,
    lines: &'a [Option<Line>],
    pub(super) expressions: Expressions<'a>,
    pub(super) start: Id,
    fits: &'a Fits<'a>,
    names: usize,
    has_break: bool,
}

impl<'a> Machine<'a> {
    /// With `has_names`, names stand for the same value everywhere.
    pub(super) fn new(
        specification: &'a Specification,
        recorded: &'a Recorded<'a>,
        fits: &'a Fits<'a>,
        has_names: bool,
    ) -> Self {
        let compiled = &specification.compiled;
        let mut expressions = Expressions::new(fits.losses());
        let start = expressions.of(&compiled.tree);
        let prefixes = &recorded.prefixes;
        let mut families_of: Vec<Vec<u32>> = vec![Vec::new(); recorded.kinds.len()];
        for Node { kind, family, .. } in &prefixes.nodes[1..] {
            let families = &mut families_of[*kind as usize];
            if families.last() != Some(family) {
                families.push(*family);
            }
        }
        Self {
            prefixes,
            families_of,
            chains: recorded.chains.len(),
            messages: u32::try_from(recorded.messages.len()).expect("few messages"),
            lines: &compiled.lines,
            expressions,
            start,
            fits,
            names: if has_names { compiled.names.len() } else { 0 },
            has_break: compiled.has_break,
        }
    }

    pub(super) fn first(&self) -> Place {
        let mut place = vec![0; 1 + self.chains + self.names];
        place[0] = self.start;
        place.into()
    }

    fn node(&self, node: u32) -> &'a Node {
        &self.prefixes.nodes[node as usize]
    }

    /// How many chains have come to a node or went on from it.
    fn come(&self, place: &[u32], node: u32) -> usize {
        let end = self.node(node).end;
        let chains = self.prefixes.families[self.node(node).family as usize].chains.clone();
        let nodes = &place[1 + chains.start..1 + chains.end];
        nodes.iter().filter(|&&other| (node..end).contains(&other)).count()
    }

    fn may_come(&self, place: &[u32], head: Head) -> bool {
        let node = self.node(head.node);
        let is_used = |&other: &u32| self.come(place, other) == self.node(other).messages.len();
        let is_busy = |service: &u32| {
            place[1..=self.chains].iter().any(|&node| self.node(node).busy.contains(service))
        };
        node.after.iter().all(is_used) && node.within.as_ref().is_none_or(is_busy)
    }

    fn known<'p>(&self, place: &'p [u32]) -> &'p [u32] {
        let start = 1 + self.chains;
        &place[start..start + self.names]
    }

    /// Where in a place the arrows stand on which the open requests of a chain lie.
    fn open(&self, place: &[u32], chain: usize) -> Range<usize> {
        let open = |&node: &u32| self.node(node).open.len();
        let before: usize = place[1..=chain].iter().map(open).sum();
        let start = 1 + self.chains + self.names + before;
        start..start + open(&place[1 + chain])
    }

    /// The next messages of the chains of a family. Of chains that have come equally far, the first
    /// speaks for all.
    fn heads_in(&self, place: &[u32], family: u32, out: &mut Vec<Head>) {
        let Family { top, chains } = &self.prefixes.families[family as usize];
        let top = std::slice::from_ref(top);
        for chain in chains.clone() {
            if chain > chains.start && self.are_alike(place, chain - 1, chain) {
                continue;
            }
            let node = place[1 + chain];
            let next = if node == 0 { top } else { &self.node(node).children };
            let is_free = |&&node: &&u32| {
                chains.len() == 1 || self.come(place, node) < self.node(node).messages.len()
            };
            let chain = u32::try_from(chain).expect("few chains");
            out.extend(next.iter().filter(is_free).map(|&node| Head { chain, node }));
        }
    }

    /// Whether no drawing tells two chains apart.
    fn are_alike(&self, place: &[u32], one: usize, other: usize) -> bool {
        let are_twins = |(&one, &other): (&u32, &u32)| {
            one == other || one > 0 && other > 0 && self.fits.are_twins(one - 1, other - 1)
        };
        let open = |chain| &place[self.open(place, chain)];
        place[1 + one] == place[1 + other] && open(one).iter().zip(open(other)).all(are_twins)
    }

    /// The messages that may come next, the one that was recorded first at the front.
    pub(super) fn heads(&self, place: &[u32]) -> Vec<Head> {
        let mut all = Vec::with_capacity(self.prefixes.families.len());
        let families = 0..u32::try_from(self.prefixes.families.len()).expect("few chains");
        families.for_each(|family| self.heads_in(place, family, &mut all));
        if all.len() > 1 {
            all.sort_by_cached_key(|head| {
                self.node(head.node).messages[self.come(place, head.node)]
            });
        }
        let heads: Vec<Head> =
            all.iter().copied().filter(|&head| self.may_come(place, head)).collect();
        // What waits for something that never comes is taken as it is.
        if heads.is_empty() { all } else { heads }
    }

    /// Whether every message was used and nothing more has to happen.
    pub(super) fn is_end(&self, place: &[u32]) -> bool {
        self.is_read(place) && self.expressions.accepts(place[0])
    }

    /// Whether every message was used.
    pub(super) fn is_read(&self, place: &[u32]) -> bool {
        let depths = place[1..=self.chains].iter().map(|&node| self.node(node).depth);
        depths.sum::<u32>() == self.messages
    }

    /// What the way to the end costs at least.
    pub(super) fn estimate(&self, place: &[u32]) -> u32 {
        let (mut foreign, mut unknown) = self.fits.all_strangers;
        let mut left = self.messages;
        for &node in &place[1..=self.chains] {
            let (strange, said_otherwise) = self.fits.strangers[node as usize];
            foreign -= strange;
            unknown -= said_otherwise;
            left -= self.node(node).depth;
        }
        let (lost, unheard, _) = self.expressions.losses(place[0]);
        // Whatever the messages say, each lies on one arrow at most.
        let (least, most) = self.expressions.span(place[0]);
        let (short, over) = (least.saturating_sub(left - foreign), left.saturating_sub(most));
        let cost = foreign + (unknown + lost.max(short)).max(unheard);
        cost.max(over + lost).saturating_mul(CHANGE)
    }

    pub(super) fn steps(&mut self, place: &[u32]) -> Rc<Steps> {
        self.expressions.steps(place[0])
    }

    /// The place after a move that uses a message, lays one on an arrow, or both.
    pub(super) fn after(
        &self,
        place: &[u32],
        next: Id,
        head: Option<Head>,
        arrow: Option<u32>,
        names: &[(u32, u32)],
    ) -> Place {
        let fixed = 1 + self.chains;
        let mut after = Vec::with_capacity(place.len() + 1);
        after.extend_from_slice(&place[..fixed + self.names]);
        after[0] = next;
        if self.names > 0 {
            names.iter().for_each(|&(name, value)| after[fixed + name as usize] = value);
        }
        match head {
            None => after.extend_from_slice(&place[fixed + self.names..]),
            Some(head) => {
                self.advance(place, head, arrow, &mut after);
                self.sort(&mut after, None);
            }
        }
        after.into()
    }

    /// Takes a chain one message further. `after` gets the arrows of all open requests.
    fn advance(&self, place: &[u32], head: Head, arrow: Option<u32>, after: &mut Vec<u32>) {
        let node = self.node(head.node);
        let open = self.open(place, head.chain as usize);
        let answered = node.answers.map(|answers| open.start + answers);
        // Who answers for a twin leaves the own request to it.
        let asked = arrow.and_then(|arrow| self.lines[arrow as usize].as_ref()?.request);
        let asked = asked.map_or(0, |asked| asked + 1);
        let own = answered.map_or(0, |answered| place[answered]);
        let lies = |&at: &usize| match place[at] {
            lies if asked > 0 && own > 0 && lies == asked => own,
            lies => lies,
        };
        let is_left = |at: &usize| Some(*at) != answered;
        let start = 1 + self.chains + self.names;
        after.extend((start..open.end).filter(is_left).map(|at| lies(&at)));
        if node.is_answered {
            after.push(arrow.map_or(0, |arrow| arrow + 1));
        }
        after.extend((open.end..place.len()).map(|at| lies(&at)));
        after[1 + head.chain as usize] = head.node;
    }

    /// Sorts the chains of each family, and what is told of each of them.
    fn sort(&self, place: &mut [u32], mut told: Option<&mut [usize]>) {
        for Family { chains, .. } in self.prefixes.families.iter().filter(|it| it.chains.len() > 1)
        {
            let of = |chain: usize| (place[1 + chain], &place[self.open(place, chain)]);
            if chains.clone().is_sorted_by_key(of) {
                continue;
            }
            let mut sorted: Vec<usize> = chains.clone().collect();
            sorted.sort_by_key(|&chain| of(chain));
            let nodes: Vec<u32> = sorted.iter().map(|&chain| place[1 + chain]).collect();
            let open: Vec<u32> = sorted.iter().flat_map(|&chain| of(chain).1).copied().collect();
            if let Some(told) = &mut told {
                let sorted: Vec<usize> = sorted.iter().map(|&chain| told[chain]).collect();
                told[chains.clone()].copy_from_slice(&sorted);
            }
            let start = self.open(place, chains.start).start;
            place[start..start + open.len()].copy_from_slice(&open);
            place[1 + chains.start..1 + chains.end].copy_from_slice(&nodes);
        }
    }

    /// The recorded message of each move; none of moves without one.
    pub(super) fn messages(&self, chains: &[Vec<u32>], moves: &[Move]) -> Vec<Option<u32>> {
        let mut place = self.first().to_vec();
        // Where each chain stood at first, and the order in which they began.
        let mut told: Vec<usize> = (0..self.chains).collect();
        let mut begun = Vec::new();
        let mut ended = vec![0; self.chains];
        let mut heads: Vec<Option<(usize, u32)>> = Vec::with_capacity(moves.len());
        for taken in moves {
            let (head, arrow) = match taken {
                Move::Lay { head, arrow, .. } => (*head, Some(*arrow)),
                Move::Add(head) => (*head, None),
                Move::Miss { .. } | Move::Uncount(_) => {
                    heads.push(None);
                    continue;
                }
            };
            let chain = told[head.chain as usize];
            if ended[chain] == 0 {
                begun.push(chain);
            }
            ended[chain] = head.node;
            heads.push(Some((chain, self.node(head.node).depth - 1)));
            let mut after = place[..1 + self.chains + self.names].to_vec();
            self.advance(&place, head, arrow, &mut after);
            self.sort(&mut after, Some(&mut told));
            place = after;
        }
        let chain_of = self.prefixes.chains(&ended, &begun);
        let message = |(chain, at): (usize, u32)| chains[chain_of[chain] as usize][at as usize];
        heads.into_iter().map(|head| head.map(message)).collect()
    }

    /// Whether a message may lie on an arrow as far as its request is concerned. Of requests of several
    /// processes that are open and say the same, no drawing tells which one a reply answers.
    fn belongs(&self, place: &[u32], arrow: u32, head: Head) -> bool {
        let line = self.lines[arrow as usize].as_ref().expect("remarks are left out");
        let (Some(asked), Some(answers)) = (line.request, self.node(head.node).answers) else {
            return true;
        };
        let own = self.open(place, head.chain as usize);
        let lies = place[own.start + answers];
        let mut others = (1 + self.chains + self.names..place.len()).filter(|at| !own.contains(at));
        lies == asked + 1
            || lies > 0
                && self.fits.are_twins(lies - 1, asked)
                && others.any(|at| place[at] == asked + 1)
    }

    /// How a message may lie on the arrow of a step.
    pub(super) fn lays(
        &self,
        place: &[u32],
        step: &Step,
        head: Head,
        is_same: bool,
        out: &mut Vec<(Move, u32, Place)>,
    ) {
        let What::Arrow(arrow) = step.what else { return };
        let said = self.node(head.node);
        let is_between = self.fits.kinds[arrow as usize].is_some_and(|kind| kind == said.kind);
        if !is_between || !self.belongs(place, arrow, head) {
            return;
        }
        let lay = |is_same| Move::Lay { arrow, head, is_same, begins: step.begins.clone() };
        let mut fits = false;
        if self.fits.says(arrow, said.class) {
            let names = match self.names {
                0 => vec![Vec::new()],
                _ => self.fits.names(arrow, said.class, self.known(place)),
            };
            fits = !names.is_empty();
            if is_same {
                out.extend(names.into_iter().map(|names| {
                    let after = self.after(place, step.next, Some(head), Some(arrow), &names);
                    (lay(true), 0, after)
                }));
            }
        }
        if !is_same && !fits {
            let after = self.after(place, step.next, Some(head), Some(arrow), &[]);
            out.push((lay(false), CHANGE + 1, after));
        }
    }

    /// The moves without a change, or those with one.
    pub(super) fn moves(&mut self, place: &[u32], is_change: bool) -> Vec<(Move, u32, Place)> {
        let steps = self.steps(place);
        let thread = self.independent(place, &steps);
        let (range, heads) = match thread {
            Some((range, heads)) => (range, heads),
            None => (0..steps.all.len(), self.heads(place)),
        };
        let mut out = Vec::new();
        if is_change {
            for &head in &heads {
                let after = self.after(place, place[0], Some(head), None, &[]);
                out.push((Move::Add(head), CHANGE, after));
            }
        }
        for step in &steps.all[range] {
            if is_change {
                out.push(self.without(place, step));
            }
            for &head in &heads {
                self.lays(place, step, head, !is_change, &mut out);
            }
        }
        out
    }

    /// The move that takes a step without a message.
    pub(super) fn without(&self, place: &[u32], step: &Step) -> (Move, u32, Place) {
        let after = self.after(place, step.next, None, None, &[]);
        let taken = match step.what {
            What::Arrow(arrow) => Move::Miss { arrow, begins: step.begins.clone() },
            What::Loop(index) => Move::Uncount(index),
        };
        (taken, CHANGE, after)
    }

    /// Steps with messages that can be looked at first without losing anything, because the next move
    /// of that thread or of those messages is one of them, and all other moves can wait: nobody else
    /// can use the messages, and using them early is in nobody's way. So things that happen at the
    /// same time are not looked at in every order.
    fn independent(&self, place: &[u32], steps: &Steps) -> Option<(Range<usize>, Vec<Head>)> {
        let is_alone = matches!(&steps.threads[..], [thread]
            if thread.steps.len() == steps.all.len() && thread.others == 0);
        let mut second = None;
        for thread in &steps.threads {
            if !is_alone && !thread.must_move {
                continue;
            }
            let Some(heads) = self.heads_of(place, thread.others, &steps.all[thread.steps.clone()])
            else {
                continue;
            };
            if heads.is_empty() && (!thread.must_move || self.has_break) {
                continue;
            }
            let says = |step: &Step| match step.what {
                What::Arrow(arrow) => {
                    heads.iter().any(|&head| self.fits.says(arrow, self.node(head.node).class))
                }
                What::Loop(_) => false,
            };
            if steps.all[thread.steps.clone()].iter().any(says) {
                return Some((thread.steps.clone(), heads));
            }
            second = second.or(Some((thread.steps.clone(), heads)));
        }
        second
    }

    /// The next messages of the chains that steps need; none if one of them has to wait or can be laid
    /// on something else.
    fn heads_of(&self, place: &[u32], others: u64, steps: &[Step]) -> Option<Vec<Head>> {
        let mut families = Vec::new();
        let mut heads = Vec::new();
        for step in steps {
            let What::Arrow(arrow) = step.what else { continue };
            let Some(kind) = self.fits.kinds[arrow as usize] else { continue };
            for &family in &self.families_of[kind as usize] {
                if families.contains(&family) {
                    continue;
                }
                families.push(family);
                let before = heads.len();
                self.heads_in(place, family, &mut heads);
                let is_elsewhere = |&head: &Head| {
                    others & bit(self.node(head.node).kind) != 0 || !self.may_come(place, head)
                };
                if heads[before..].iter().any(is_elsewhere) {
                    return None;
                }
            }
        }
        Some(heads)
    }
}
