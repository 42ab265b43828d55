//! How messages are laid on a diagram, one move at a time.
//!
//! In: a specification and what was recorded. Out: for each place that one can be in, the moves to
//! others and what they cost.

use std::rc::Rc;

use super::Specification;
use super::expression::{Expressions, Id, Step, Steps, What};
use super::fits::{Fits, bit};
use super::needs::Left;
use super::recorded::Recorded;
use super::tree::Line;

/// What one change costs. Of answers with as many changes, those with fewer texts that changed are
/// better: two messages that changed places are no two new texts.
pub(super) const CHANGE: u32 = 1 << 12;

/// How far one has come: the expression, how many messages of each chain were used, what names stand
/// for (0 where nothing yet), and for each open request the arrow that it lies on (0 where none).
pub(super) type Place = Rc<[u32]>;

/// One move.
#[derive(Debug, Clone)]
pub(super) enum Move {
    /// A message is laid on an arrow that says the same, or (`is_same` false) something else.
    Lay { arrow: u32, message: u32, is_same: bool, begins: Vec<u32> },
    /// A message is laid on no arrow.
    Add(u32),
    /// An arrow is left without a message.
    Miss { arrow: u32, begins: Vec<u32> },
    /// The rounds of a loop are not counted.
    Uncount(u32),
}

pub(super) struct Machine<'a> {
    pub(super) recorded: &'a Recorded<'a>,
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
        Self {
            recorded,
            lines: &compiled.lines,
            expressions,
            start,
            fits,
            names: if has_names { compiled.names.len() } else { 0 },
            has_break: compiled.has_break,
        }
    }

    pub(super) fn first(&self) -> Place {
        let mut place = vec![0; 1 + self.recorded.chains.len() + self.names];
        place[0] = self.start;
        place.into()
    }

    fn head(&self, place: &[u32], chain: u32) -> Option<u32> {
        let used = place[1 + chain as usize] as usize;
        self.recorded.chains[chain as usize].get(used).copied()
    }

    fn is_used(&self, place: &[u32], message: u32) -> bool {
        let message = &self.recorded.messages[message as usize];
        place[1 + message.chain as usize] > message.place
    }

    fn may_come(&self, place: &[u32], message: u32) -> bool {
        let message = &self.recorded.messages[message as usize];
        let is_open = |&(request, reply): &(u32, Option<u32>)| {
            self.is_used(place, request) && reply.is_none_or(|reply| !self.is_used(place, reply))
        };
        let is_busy = |service: u32| self.recorded.asked[service as usize].iter().any(is_open);
        message.after.iter().all(|&other| self.is_used(place, other))
            && message.within.is_none_or(is_busy)
    }

    fn known<'p>(&self, place: &'p [u32]) -> &'p [u32] {
        let start = 1 + self.recorded.chains.len();
        &place[start..start + self.names]
    }

    fn open<'p>(&self, place: &'p [u32]) -> &'p [u32] {
        &place[1 + self.recorded.chains.len() + self.names..]
    }

    /// The messages that may come next, the one that was recorded first at the front.
    pub(super) fn heads(&self, place: &[u32]) -> Vec<u32> {
        let chains = 0..u32::try_from(self.recorded.chains.len()).expect("few chains");
        let heads = chains.filter_map(|chain| self.head(place, chain));
        let mut all: Vec<u32> = heads.collect();
        all.sort_unstable();
        let heads: Vec<u32> =
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
        let chains = self.recorded.chains.iter().zip(&place[1..]);
        chains.into_iter().all(|(chain, &used)| used as usize == chain.len())
    }

    /// What the way to the end costs at least.
    pub(super) fn estimate(&self, place: &[u32]) -> u32 {
        let (mut foreign, mut unknown, mut left) = (0, 0, 0);
        for (counts, &used) in self.fits.strangers.iter().zip(&place[1..]) {
            let (strange, said_otherwise) = counts[used as usize];
            foreign += strange;
            unknown += said_otherwise;
            // One count more than there are messages.
            left += u32::try_from(counts.len() - 1).expect("few messages") - used;
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
        message: Option<u32>,
        arrow: Option<u32>,
        names: &[(u32, u32)],
    ) -> Place {
        let fixed = 1 + self.recorded.chains.len();
        let mut after = Vec::with_capacity(place.len() + 2);
        after.extend_from_slice(&place[..fixed + self.names]);
        after[0] = next;
        if self.names > 0 {
            names.iter().for_each(|&(name, value)| after[fixed + name as usize] = value);
        }
        let said = message.map(|message| &self.recorded.messages[message as usize]);
        let answered = said.and_then(|said| said.request);
        let open = || self.open(place).chunks(2);
        // Who answers for a twin leaves the own request to it.
        let asked = arrow.and_then(|arrow| self.lines[arrow as usize].as_ref()?.request);
        let asked = asked.map_or(0, |asked| asked + 1);
        let own = open().find(|pair| Some(pair[0]) == answered).map_or(0, |pair| pair[1]);
        for pair in open().filter(|pair| Some(pair[0]) != answered) {
            let lies = if asked > 0 && own > 0 && pair[1] == asked { own } else { pair[1] };
            after.extend_from_slice(&[pair[0], lies]);
        }
        if let (Some(message), Some(said)) = (message, said) {
            after[1 + said.chain as usize] += 1;
            if said.is_answered {
                // In the order of the recording, whichever way the place was reached.
                let start = fixed + self.names;
                let at = after[start..].chunks(2).take_while(|pair| pair[0] < message).count();
                let at = start + 2 * at;
                after.splice(at..at, [message, arrow.map_or(0, |arrow| arrow + 1)]);
            }
        }
        after.into()
    }

    /// Whether a message may lie on an arrow as far as its request is concerned. Of requests of several
    /// processes that are open and say the same, no drawing tells which one a reply answers.
    fn belongs(&self, place: &[u32], arrow: u32, message: u32) -> bool {
        let line = self.lines[arrow as usize].as_ref().expect("remarks are left out");
        let (Some(asked), Some(request)) =
            (line.request, self.recorded.messages[message as usize].request)
        else {
            return true;
        };
        let mut open = self.open(place).chunks(2);
        let Some(lies) = open.clone().find(|pair| pair[0] == request).map(|pair| pair[1]) else {
            return false;
        };
        let chain = |message: u32| self.recorded.messages[message as usize].chain;
        let is_twin = |pair: &[u32]| pair[1] == asked + 1 && chain(pair[0]) != chain(request);
        lies == asked + 1 || lies > 0 && self.fits.are_twins(lies - 1, asked) && open.any(is_twin)
    }

    /// How a message may lie on the arrow of a step.
    pub(super) fn lays(
        &self,
        place: &[u32],
        step: &Step,
        message: u32,
        is_same: bool,
        out: &mut Vec<(Move, u32, Place)>,
    ) {
        let What::Arrow(arrow) = step.what else { return };
        let said = &self.recorded.messages[message as usize];
        let is_between = self.fits.kinds[arrow as usize].is_some_and(|kind| kind == said.kind);
        if !is_between || !self.belongs(place, arrow, message) {
            return;
        }
        let lay = |is_same| Move::Lay { arrow, message, is_same, begins: step.begins.clone() };
        let mut fits = false;
        if self.fits.says(arrow, said.class) {
            let names = match self.names {
                0 => vec![Vec::new()],
                _ => self.fits.names(arrow, said.class, self.known(place)),
            };
            fits = !names.is_empty();
            if is_same {
                out.extend(names.into_iter().map(|names| {
                    let after = self.after(place, step.next, Some(message), Some(arrow), &names);
                    (lay(true), 0, after)
                }));
            }
        }
        if !is_same && !fits {
            let after = self.after(place, step.next, Some(message), Some(arrow), &[]);
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
            for &message in &heads {
                let after = self.after(place, place[0], Some(message), None, &[]);
                out.push((Move::Add(message), CHANGE, after));
            }
        }
        for step in &steps.all[range] {
            if is_change {
                out.push(self.without(place, step));
            }
            let mut heads = heads.clone();
            if let (What::Arrow(arrow), true) = (&step.what, heads.len() > 1) {
                let used = &place[1..=self.recorded.chains.len()];
                Left::of(self.recorded, used).sort(&mut heads, *arrow, self.fits);
            }
            // After which the same comes, one is as good as the other.
            let rest = |message: u32| self.recorded.messages[message as usize].rest;
            let mut seen = Vec::with_capacity(heads.len());
            heads.retain(|&message| {
                let is_new = !seen.contains(&rest(message));
                seen.push(rest(message));
                is_new
            });
            for &message in &heads {
                self.lays(place, step, message, !is_change, &mut out);
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
    fn independent(
        &self,
        place: &[u32],
        steps: &Steps,
    ) -> Option<(std::ops::Range<usize>, Vec<u32>)> {
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
                What::Arrow(arrow) => heads.iter().any(|&head| {
                    self.fits.says(arrow, self.recorded.messages[head as usize].class)
                }),
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
    fn heads_of(&self, place: &[u32], others: u64, steps: &[Step]) -> Option<Vec<u32>> {
        let mut heads = Vec::new();
        for step in steps {
            let What::Arrow(arrow) = step.what else { continue };
            let Some(kind) = self.fits.kinds[arrow as usize] else { continue };
            for &chain in &self.recorded.chains_of[kind as usize] {
                let Some(head) = self.head(place, chain) else { continue };
                if heads.contains(&head) {
                    continue;
                }
                let kind = bit(self.recorded.messages[head as usize].kind);
                if others & kind != 0 || !self.may_come(place, head) {
                    return None;
                }
                heads.push(head);
            }
        }
        Some(heads)
    }
}
