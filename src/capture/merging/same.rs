//! Which exchanges of two sources are the same.
//!
//! In: what two sources saw. Out: pairs. An id that an answer bears decides. Without one on both sides,
//! method, path and status have to agree; of several that do, order decides, and time, where both sources
//! know it.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::skew::{self, Span};
use crate::capture::seen::Seen;
use crate::model::{Exchange, Header, Message};

/// How far a view may reach out of the one that it lies in: clocks are read a little before or after.
const SLACK: i128 = Duration::from_millis(100).as_nanos() as i128;

/// The exchanges of two sources that are the same.
#[derive(Debug)]
pub(super) struct Pairs {
    first: Vec<Option<usize>>,
    second: Vec<Option<usize>>,
}

/// What is known of an exchange to find it among others.
struct Known<'a> {
    exchange: &'a Exchange,
    id: Option<&'a str>,
    span: Span,
}

impl Pairs {
    pub(super) fn of(first: &Seen, second: &Seen, ids: &[&str]) -> Self {
        let (a, b) = (known(first, ids), known(second, ids));
        let mut pairs = Self { first: vec![None; a.len()], second: vec![None; b.len()] };
        let mut by_id: HashMap<&str, Vec<usize>> = HashMap::new();
        for (other, it) in b.iter().enumerate() {
            it.id.into_iter().for_each(|id| by_id.entry(id).or_default().push(other));
        }
        for (index, own) in a.iter().enumerate() {
            let Some(others) = own.id.and_then(|id| by_id.get(id)) else { continue };
            let is_it = |other: &&usize| {
                pairs.second[**other].is_none() && is_same_target(own.exchange, b[**other].exchange)
            };
            if let Some(other) = others.iter().find(is_it) {
                pairs.join(index, *other);
            }
        }
        let skews = skew::Skews::of(&pairs.spans(&a, &b));
        pairs.join_by_order(&a, &b, &skews);
        pairs
    }

    pub(super) fn of_first(&self, index: usize) -> Option<usize> {
        self.first[index]
    }

    pub(super) fn of_second(&self, index: usize) -> Option<usize> {
        self.second[index]
    }

    /// How far the clock of the second source is behind that of the first.
    pub(super) fn skews(&self, first: &Seen, second: &Seen) -> skew::Skews {
        skew::Skews::of(&self.spans(&known(first, &[]), &known(second, &[])))
    }

    fn join(&mut self, first: usize, second: usize) {
        self.first[first] = Some(second);
        self.second[second] = Some(first);
    }

    fn spans(&self, a: &[Known<'_>], b: &[Known<'_>]) -> Vec<(String, Span, Span)> {
        let joined = self.first.iter().enumerate();
        joined
            .filter_map(|(index, other)| {
                let (own, other) = (&a[index], &b[(*other)?]);
                Some((other.exchange.to.clone(), own.span, other.span))
            })
            .collect()
    }

    /// Joins what is alike and has no id to tell it by. Neither of two pairs may have its exchanges in
    /// another order, so each is looked for behind the pair before it, as far as there is one.
    fn join_by_order(&mut self, a: &[Known<'_>], b: &[Known<'_>], skews: &skew::Skews) {
        let others = by_target(b);
        for (target, alike) in by_target(a) {
            let Some(others) = others.get(&target) else { continue };
            for (place, &index) in alike.iter().enumerate() {
                if self.first[index].is_some() {
                    continue;
                }
                let own = &a[index];
                let mut before = alike[..place].iter().rev().filter_map(|&at| {
                    let other = self.first[at]?;
                    is_same_question(a[at].exchange, own.exchange).then_some(other)
                });
                let from = before.next().map_or(0, |other| other + 1);
                let fits = |other: &&usize| {
                    let it = &b[**other];
                    self.second[**other].is_none()
                        && (own.id.is_none() || it.id.is_none())
                        && is_alike(own.exchange, it.exchange)
                        && skews
                            .of_host(&it.exchange.to)
                            .is_none_or(|skew| own.span.may_be(it.span.moved(skew), SLACK))
                };
                let behind = others.partition_point(|other| *other < from);
                if let Some(other) = others[behind..].iter().find(fits) {
                    self.join(index, *other);
                }
            }
        }
    }
}

/// The exchanges with the same method, path and query, in their order.
fn by_target<'a>(known: &[Known<'a>]) -> BTreeMap<(&'a str, &'a str), Vec<usize>> {
    let mut groups: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (index, it) in known.iter().enumerate() {
        let request = &it.exchange.request;
        groups.entry((&request.method, target(&request.url))).or_default().push(index);
    }
    groups
}

fn known<'a>(seen: &'a Seen, ids: &[&str]) -> Vec<Known<'a>> {
    let exchanges = seen.recording.exchanges.iter();
    let mut known: Vec<Known<'a>> = exchanges
        .map(|exchange| Known { exchange, id: id(exchange, ids), span: Span::default() })
        .collect();
    for (message, time) in seen.recording.messages.iter().zip(&seen.times) {
        let time = time.map(skew::nanoseconds);
        match *message {
            Message::Request(exchange) => known[exchange].span.asked = time,
            Message::Response(exchange) => known[exchange].span.answered = time,
        }
    }
    known
}

/// What tells an exchange from all others.
fn id<'a>(exchange: &'a Exchange, ids: &[&str]) -> Option<&'a str> {
    let headers = &exchange.response.as_ref()?.headers;
    let is_id = |header: &&Header| ids.iter().any(|name| header.name.eq_ignore_ascii_case(name));
    headers.iter().find(is_id).map(|header| &*header.value)
}

/// Whether two views may be of one exchange.
fn is_alike<'a>(first: &'a Exchange, second: &'a Exchange) -> bool {
    let code = |exchange: &'a Exchange| {
        let response = exchange.response.as_ref();
        response.map(|response| response.status.split(' ').next().unwrap_or_default())
    };
    let has_same_code = code(first).zip(code(second)).is_none_or(|(own, other)| own == other);
    has_same_code && is_same_question(first, second)
}

/// Whether two views ask for the same, as far as they name who asks and whom.
fn is_same_question(first: &Exchange, second: &Exchange) -> bool {
    let may_be = |own: &str, other: &str| {
        own == other || super::name_worth(own) < 2 || super::name_worth(other) < 2
    };
    is_same_target(first, second)
        && may_be(&first.from, &second.from)
        && may_be(&first.to, &second.to)
}

/// Whether two views have the same method, path and query.
fn is_same_target(first: &Exchange, second: &Exchange) -> bool {
    let (own, other) = (&first.request, &second.request);
    own.method == other.method && target(&own.url) == target(&other.url)
}

/// Path and query of a URL.
fn target(url: &str) -> &str {
    let rest = url.find("://").map_or(url, |scheme| &url[scheme + 3..]);
    let rest = rest.find('/').map_or("/", |start| &rest[start..]);
    rest.split('#').next().unwrap_or_default().trim_end_matches('/')
}
