//! A matcher that tries everything: all words that a small diagram stands for, in all orders of what was
//! recorded, in all ways of laying one on the other.

use std::collections::BTreeMap;

use doctool::sequence::diagram::BlockKind;
use doctool::sequence::matching::{Order, Said};

use crate::generate::{Letter, MANY, Part};

/// A word of the language as arrows, and whether everything ends with it.
type Word = (Vec<usize>, bool);
/// Words with how many loops went another number of rounds.
type Words = BTreeMap<Word, usize>;

/// More words or orders than this are not tried.
const TOO_MANY: usize = 1_500;

/// The smallest number of changes, if it is at most `limit`; an error where there is too much to try.
pub(crate) fn smallest(
    parts: &[Part],
    said: &[Said],
    order: Order,
    limit: usize,
) -> Result<Option<usize>, ()> {
    let words = words(parts, said.len() + limit, limit)?;
    let mut letters = Vec::new();
    gather(parts, &mut letters);
    letters.sort_by_key(|letter| letter.index);
    let orders = match order {
        Order::Strict => vec![(0..said.len()).collect()],
        Order::Causal => orders(said)?,
    };
    let mut best = None;
    let mut limit = limit;
    for ((word, _), rounds) in &words {
        for order in &orders {
            if *rounds > limit {
                continue;
            }
            let mut laying = Laying {
                letters: &letters,
                word,
                said,
                order,
                on: vec![None; said.len()],
                values: BTreeMap::new(),
            };
            if let Some(cost) = laying.least(0, 0, limit - rounds) {
                best = Some(cost + rounds);
                if cost + rounds == 0 {
                    return Ok(best);
                }
                limit = cost + rounds - 1;
            }
        }
    }
    Ok(best)
}

fn gather<'a>(parts: &'a [Part], out: &mut Vec<&'a Letter>) {
    for part in parts {
        match part {
            Part::Arrow(letter) => out.push(letter),
            Part::Block { branches, .. } => branches.iter().for_each(|branch| gather(branch, out)),
        }
    }
}

fn words(parts: &[Part], longest: usize, limit: usize) -> Result<Words, ()> {
    let mut all = Words::from([((Vec::new(), false), 0)]);
    for part in parts {
        let next = match part {
            Part::Arrow(letter) => Words::from([((vec![letter.index], false), 0)]),
            Part::Block { kind, least, most, branches } => {
                let branches: Result<Vec<Words>, ()> =
                    branches.iter().map(|branch| words(branch, longest, limit)).collect();
                of_block(*kind, *least, *most, &branches?, longest, limit)?
            }
        };
        all = joined(&all, &next, longest, limit)?;
    }
    Ok(all)
}

fn put(words: &mut Words, word: Word, cost: usize) {
    let known = words.entry(word).or_insert(cost);
    *known = cost.min(*known);
}

fn joined(first: &Words, second: &Words, longest: usize, limit: usize) -> Result<Words, ()> {
    let mut all = Words::new();
    for ((one, is_end), cost) in first {
        if *is_end {
            put(&mut all, (one.clone(), true), *cost);
            continue;
        }
        for ((other, is_end), more) in second {
            if one.len() + other.len() <= longest && cost + more <= limit {
                put(&mut all, ([&one[..], other].concat(), *is_end), cost + more);
            }
        }
        if all.len() > TOO_MANY {
            return Err(());
        }
    }
    Ok(all)
}

fn of_block(
    kind: BlockKind,
    least: usize,
    most: usize,
    branches: &[Words],
    longest: usize,
    limit: usize,
) -> Result<Words, ()> {
    let nothing = || Words::from([((Vec::new(), false), 0)]);
    let mut all = Words::new();
    match kind {
        BlockKind::Opt => {
            all = nothing();
            branches[0].iter().for_each(|(word, cost)| put(&mut all, word.clone(), *cost));
        }
        BlockKind::Break => {
            all = nothing();
            branches[0]
                .iter()
                .for_each(|((word, _), cost)| put(&mut all, (word.clone(), true), *cost));
        }
        BlockKind::Alt | BlockKind::Critical => {
            for (word, cost) in branches.iter().flatten() {
                put(&mut all, word.clone(), *cost);
            }
        }
        BlockKind::Loop => {
            let body = &branches[0];
            let may_be_empty = body.get(&(Vec::new(), false)) == Some(&0);
            let mut rounds = nothing();
            for count in 0.. {
                let is_off = count > most || count < least && !may_be_empty;
                for ((word, is_end), cost) in &rounds {
                    // When everything ends in a round, those behind it need not come.
                    let is_off = if *is_end { count > most } else { is_off };
                    let cost = cost + usize::from(is_off && most != MANY);
                    if cost <= limit {
                        put(&mut all, (word.clone(), *is_end), cost);
                    }
                }
                rounds.retain(|(_, is_end), _| !is_end);
                let more: Words = body
                    .iter()
                    .filter(|((word, _), _)| !word.is_empty())
                    .map(|(word, cost)| (word.clone(), *cost))
                    .collect();
                rounds = joined(&rounds, &more, longest, limit)?;
                if rounds.is_empty() {
                    break;
                }
            }
        }
        BlockKind::Par => {
            all = nothing();
            for branch in branches {
                let mut mixed = Words::new();
                for ((one, _), cost) in &all {
                    for ((other, _), more) in branch {
                        if one.len() + other.len() <= longest && cost + more <= limit {
                            let mut found = Vec::new();
                            interleave(one, other, &mut Vec::new(), &mut found);
                            found
                                .into_iter()
                                .for_each(|word| put(&mut mixed, (word, false), cost + more));
                        }
                        if mixed.len() > TOO_MANY {
                            return Err(());
                        }
                    }
                }
                all = mixed;
            }
        }
        BlockKind::Rect => all = branches[0].clone(),
    }
    Ok(all)
}

fn interleave(one: &[usize], other: &[usize], word: &mut Vec<usize>, out: &mut Vec<Vec<usize>>) {
    if one.is_empty() && other.is_empty() {
        return out.push(word.clone());
    }
    for (taken, is_one) in [(one.first(), true), (other.first(), false)] {
        let Some(taken) = taken else { continue };
        word.push(*taken);
        let (one, other) = if is_one { (&one[1..], other) } else { (one, &other[1..]) };
        interleave(one, other, word, out);
        word.pop();
    }
}

/// Pairs of messages of which the first comes before the second in every order.
pub(crate) fn rules(said: &[Said]) -> Vec<(usize, usize)> {
    let mut rules = Vec::new();
    let half = |exchange: usize, is_reply: bool| {
        said.iter().position(|said| said.exchange == exchange && said.is_reply == is_reply)
    };
    for (one, first) in said.iter().enumerate() {
        for (other, second) in said.iter().enumerate().skip(one + 1) {
            if first.caller() == second.caller() {
                rules.push((one, other));
            }
        }
        if first.is_reply {
            continue;
        }
        let is_cause = |cause: &usize| {
            let cause = &said[*cause];
            !cause.is_reply
                && cause.to == first.from
                && half(cause.exchange, true).is_none_or(|end| end > one)
        };
        let causes: Vec<usize> = (0..one).filter(is_cause).collect();
        if let Some(earliest) = causes.first() {
            rules.push((*earliest, one));
            let last = half(first.exchange, true).unwrap_or(one);
            let ends: Vec<Option<usize>> =
                causes.iter().map(|cause| half(said[*cause].exchange, true)).collect();
            if ends.iter().all(Option::is_some)
                && let Some(end) = ends.into_iter().flatten().max()
                && last < end
            {
                rules.push((last, end));
            }
        }
    }
    rules
}

fn orders(said: &[Said]) -> Result<Vec<Vec<usize>>, ()> {
    let rules = rules(said);
    let mut out = Vec::new();
    extend(said.len(), &rules, &mut Vec::new(), &mut out);
    if out.len() > TOO_MANY { Err(()) } else { Ok(out) }
}

fn extend(
    count: usize,
    rules: &[(usize, usize)],
    order: &mut Vec<usize>,
    out: &mut Vec<Vec<usize>>,
) {
    if out.len() > TOO_MANY {
        return;
    }
    if order.len() == count {
        return out.push(order.clone());
    }
    for next in 0..count {
        let comes = rules.iter().all(|(before, after)| *after != next || order.contains(before));
        if comes && !order.contains(&next) {
            order.push(next);
            extend(count, rules, order, out);
            order.pop();
        }
    }
}

/// Lays messages in one order on one word.
struct Laying<'a> {
    letters: &'a [&'a Letter],
    word: &'a [usize],
    said: &'a [Said],
    order: &'a [usize],
    /// For each message the arrow that it lies on.
    on: Vec<Option<usize>>,
    values: BTreeMap<String, String>,
}

impl Laying<'_> {
    fn least(&mut self, at: usize, used: usize, limit: usize) -> Option<usize> {
        let (arrows, messages) = (self.word.len() - at, self.order.len() - used);
        if arrows.abs_diff(messages) > limit {
            return None;
        }
        if arrows == 0 || messages == 0 {
            return Some(arrows + messages);
        }
        let mut best = None;
        let mut limit = limit;
        let (arrow, message) = (self.word[at], self.order[used]);
        if let Some((cost, values)) = self.price(arrow, message)
            && cost <= limit
        {
            let before = std::mem::replace(&mut self.values, values);
            self.on[message] = Some(arrow);
            best = self.least(at + 1, used + 1, limit - cost).map(|rest| rest + cost);
            self.on[message] = None;
            self.values = before;
        }
        for (at, used) in [(at + 1, used), (at, used + 1)] {
            match best {
                Some(0 | 1) => return best,
                Some(best) => limit = best - 1,
                None => {}
            }
            if limit > 0 {
                best = self.least(at, used, limit - 1).map(|rest| rest + 1).or(best);
            }
        }
        best
    }

    /// What laying a message on an arrow costs, if it can be, and what names stand for then.
    fn price(&self, arrow: usize, message: usize) -> Option<(usize, BTreeMap<String, String>)> {
        let (letter, said) = (self.letters[arrow], &self.said[message]);
        if (&letter.from, &letter.to, letter.is_reply) != (&said.from, &said.to, said.is_reply) {
            return None;
        }
        if said.is_reply {
            let is_request = |other: &Said| other.exchange == said.exchange && !other.is_reply;
            if let Some(request) = self.said.iter().position(is_request) {
                let on = self.on[request]?;
                if self.letters[on].exchange != letter.exchange {
                    return None;
                }
            }
        }
        let mut values = self.values.clone();
        let documented: Vec<&str> = letter.text.split('/').collect();
        let recorded: Vec<&str> = said.text.split('/').collect();
        let agrees = documented.len() == recorded.len()
            && documented.iter().zip(&recorded).all(|(name, value)| match name.starts_with('{') {
                true => {
                    let known = values.entry((*name).to_owned()).or_insert((*value).to_owned());
                    known == value
                }
                false => name == value,
            });
        if agrees { Some((0, values)) } else { Some((1, self.values.clone())) }
    }
}
