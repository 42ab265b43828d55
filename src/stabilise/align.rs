//! Which documented exchange a live exchange corresponds to.
//!
//! Exchanges are compared by what they say, never by their number: first those that say all the
//! same, then those between the same two that ask for the same thing, in order; then those that
//! moved; and at last what stands between the same neighbours and asks for something similar.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::model::{Body, Exchange, Header, path_of};

use super::volatile::Volatile;

/// For each live exchange the index of the documented one that it repeats, if there is one. No two
/// have the same.
pub(super) fn exchanges(
    volatile: &Volatile,
    documented: &[Exchange],
    live: &[Exchange],
) -> Vec<Option<usize>> {
    let old = keys(volatile, documented);
    let new = keys(volatile, live);
    let mut found = Partners::new(old.len(), new.len());
    found.in_order(&old, &new, 0..old.len(), 0..new.len(), |key| key.whole);
    for (old_gap, new_gap) in found.gaps() {
        found.in_order(&old, &new, old_gap, new_gap, |key| key.asked);
    }
    found.moved(&old, &new, |key| key.whole);
    found.moved(&old, &new, |key| key.asked);
    for (old_gap, new_gap) in found.gaps() {
        found.similar(&old, &new, old_gap, new_gap);
    }
    found.of_new
}

/// What an exchange is compared by.
struct Key {
    /// All that it says but for volatile values.
    whole: u64,
    /// Caller, service, method and path.
    asked: u64,
    /// Caller, service and method.
    ends: u64,
    /// The path, segment by segment.
    segments: Vec<String>,
}

fn keys(volatile: &Volatile, exchanges: &[Exchange]) -> Vec<Key> {
    exchanges.iter().map(|exchange| key(volatile, exchange)).collect()
}

fn key(volatile: &Volatile, exchange: &Exchange) -> Key {
    let masked = |text: &str| volatile.masked(text);
    let content = |body: &Body| content(volatile, body);
    let Exchange { from, to, request, response } = exchange;
    // Who has no name is called by host and port.
    let ends = digest(&(masked(from), masked(to), &request.method));
    let path = masked(path_of(&request.url));
    let answer = response
        .as_ref()
        .map(|response| (&response.status, names(&response.headers), content(&response.body)));
    let asked = digest(&(ends, &path));
    let query = request.url.split_once('?').map(|(_, query)| masked(query));
    let question = (query, names(&request.headers), content(&request.body));
    Key {
        whole: digest(&(asked, question, answer)),
        asked,
        ends,
        segments: path.split('/').map(str::to_owned).collect(),
    }
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn names(headers: &[Header]) -> Vec<String> {
    headers.iter().map(|header| header.name.to_ascii_lowercase()).collect()
}

fn content(volatile: &Volatile, body: &Body) -> Option<String> {
    match body {
        Body::Text(text) | Body::Cut { text, .. } => Some(volatile.masked(text)),
        Body::Empty | Body::Bytes { .. } => None,
    }
}

/// Who corresponds to whom so far, both ways.
struct Partners {
    of_old: Vec<Option<usize>>,
    of_new: Vec<Option<usize>>,
}

impl Partners {
    fn new(old: usize, new: usize) -> Self {
        Self { of_old: vec![None; old], of_new: vec![None; new] }
    }

    fn pair(&mut self, old: usize, new: usize) {
        self.of_old[old] = Some(new);
        self.of_new[new] = Some(old);
    }

    /// Pairs those with the same key that come in the same order.
    fn in_order(
        &mut self,
        old: &[Key],
        new: &[Key],
        old_range: Range<usize>,
        new_range: Range<usize>,
        by: impl Fn(&Key) -> u64,
    ) {
        let old_keys: Vec<u64> = old[old_range.clone()].iter().map(&by).collect();
        let new_keys: Vec<u64> = new[new_range.clone()].iter().map(&by).collect();
        for (one, other) in pairs(&old_keys, &new_keys) {
            self.pair(old_range.start + one, new_range.start + other);
        }
    }

    /// Pairs those with the same key wherever they stand, the first with the first.
    fn moved(&mut self, old: &[Key], new: &[Key], by: impl Fn(&Key) -> u64) {
        let mut free: HashMap<u64, VecDeque<usize>> = HashMap::new();
        for (index, key) in
            old.iter().enumerate().filter(|(index, _)| self.of_old[*index].is_none())
        {
            free.entry(by(key)).or_default().push_back(index);
        }
        for (index, key) in new.iter().enumerate() {
            if self.of_new[index].is_none()
                && let Some(partner) = free.get_mut(&by(key)).and_then(VecDeque::pop_front)
            {
                self.pair(partner, index);
            }
        }
    }

    /// Pairs those of a gap that have the same ends and half of the path in common.
    fn similar(&mut self, old: &[Key], new: &[Key], old_gap: Range<usize>, new_gap: Range<usize>) {
        let mut from = old_gap.start;
        for index in new_gap {
            let fits = |&candidate: &usize| {
                self.of_old[candidate].is_none() && are_similar(&old[candidate], &new[index])
            };
            if self.of_new[index].is_none()
                && let Some(partner) = (from..old_gap.end).find(fits)
            {
                self.pair(partner, index);
                from = partner + 1;
            }
        }
    }

    /// The stretches without partner that lie between the same neighbours on both sides.
    fn gaps(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let mut gaps = Vec::new();
        let (mut old, mut new) = (0, 0);
        let anchors =
            self.of_new.iter().enumerate().filter_map(|(index, old)| Some(((*old)?, index)));
        for (old_anchor, new_anchor) in anchors.chain([(self.of_old.len(), self.of_new.len())]) {
            // What moved backwards is no neighbour to go by.
            if old_anchor < old {
                continue;
            }
            if old < old_anchor && new < new_anchor {
                gaps.push((old..old_anchor, new..new_anchor));
            }
            (old, new) = (old_anchor + 1, new_anchor + 1);
        }
        gaps
    }
}

fn are_similar(old: &Key, new: &Key) -> bool {
    let same = old.segments.iter().filter(|segment| !segment.is_empty());
    let same = same.filter(|segment| new.segments.contains(segment)).count();
    let longest = old.segments.len().max(new.segments.len()) - 1;
    old.ends == new.ends && same * 2 >= longest
}

/// Indices of the elements that a longest common subsequence pairs.
pub(super) fn pairs<T: Hash + Eq + Ord>(old: &[T], new: &[T]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            pairs.extend((0..len).map(|step| (old_index + step, new_index + step)));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::exchanges;
    use crate::model::{Body, Exchange, Request, Response};
    use crate::stabilise::volatile::Volatile;

    fn exchange(text: &str) -> Exchange {
        let [from, to, method, path, body]: [&str; 5] =
            text.split(' ').collect::<Vec<_>>().try_into().expect("the sample has five words");
        Exchange {
            from: from.to_owned(),
            to: to.to_owned(),
            request: Request {
                method: method.to_owned(),
                url: format!("http://h{path}"),
                headers: Vec::new(),
                body: Body::Empty,
            },
            response: Some(Response {
                status: "200 OK".to_owned(),
                url: format!("http://h{path}"),
                headers: Vec::new(),
                body: Body::Text(body.to_owned()),
            }),
        }
    }

    #[track_caller]
    fn aligned(old: &[&str], new: &[&str], expected: &[Option<usize>]) {
        let read = |texts: &[&str]| texts.iter().map(|text| exchange(text)).collect::<Vec<_>>();
        assert_eq!(exchanges(&Volatile::everywhere(), &read(old), &read(new)), expected);
    }

    const ROOT: &str = "a k GET / r";
    const TOKEN: &str = "a k POST /tokens t";
    const LIST: &str = "a g GET /v2/images l";

    #[test]
    fn one_more_exchange_moves_the_others() {
        aligned(
            &[ROOT, TOKEN, LIST],
            &[ROOT, "g k GET / r", TOKEN, LIST],
            &[Some(0), None, Some(1), Some(2)],
        );
    }

    #[test]
    fn of_equal_questions_the_one_with_the_same_answer_is_meant() {
        let other = "a k POST /tokens other";
        aligned(
            &[ROOT, TOKEN, LIST],
            &[ROOT, other, TOKEN, LIST],
            &[Some(0), None, Some(1), Some(2)],
        );
    }

    #[test]
    fn what_changed_its_answer_or_its_place_is_still_the_same() {
        aligned(
            &[ROOT, TOKEN, LIST],
            &[ROOT, "a k POST /tokens u", LIST],
            &[Some(0), Some(1), Some(2)],
        );
        aligned(&[ROOT, TOKEN, LIST], &[TOKEN, ROOT, LIST], &[Some(1), Some(0), Some(2)]);
    }

    #[test]
    fn a_path_with_another_version_stands_for_the_one_in_its_place() {
        aligned(
            &[ROOT, LIST, TOKEN],
            &[ROOT, "a g GET /v3/images m", TOKEN],
            &[Some(0), Some(1), Some(2)],
        );
        aligned(&[ROOT, LIST], &[ROOT, "a g GET /other m"], &[Some(0), None]);
    }
}
