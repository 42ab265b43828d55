//! Which documented exchange a live exchange corresponds to.
//!
//! Exchanges are compared by what they say, never by their number: first those that say all the
//! same, then those between the same two that ask for the same thing, in order; then those that
//! moved; and at last what stands between the same neighbours and asks for something similar.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use crate::model::{Body, Exchange, Header, path_of};
use crate::pairing::Pairing;

use super::volatile::Volatile;

/// For each live exchange the index of the documented one that it repeats, if there is one. No two
/// have the same.
pub(super) fn exchanges(
    volatile: &Volatile,
    documented: &[Exchange],
    live: &[Exchange],
) -> Vec<Option<usize>> {
    let keys = |exchanges: &[Exchange]| -> Vec<Key> {
        exchanges.iter().map(|exchange| key(volatile, exchange)).collect()
    };
    let (old, new) = (keys(documented), keys(live));
    let by = |of: fn(&Key) -> u64| {
        (old.iter().map(of).collect::<Vec<_>>(), new.iter().map(of).collect::<Vec<_>>())
    };
    let [whole, asked] = [by(|key| key.whole), by(|key| key.asked)];
    let mut pairing = Pairing::new(old.len(), new.len());
    pairing.in_order(&whole.0, &whole.1);
    pairing.in_order(&asked.0, &asked.1);
    pairing.moved(&whole.0, &whole.1);
    pairing.moved(&asked.0, &asked.1);
    pairing.alike(|one, other| are_similar(&old[one], &new[other]));
    pairing.into_of_new()
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

fn key(volatile: &Volatile, exchange: &Exchange) -> Key {
    let masked = |text: &str| volatile.masked(text);
    let content = |body: &Body| content(volatile, body);
    let Exchange { from, to, request, response, .. } = exchange;
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

fn are_similar(old: &Key, new: &Key) -> bool {
    let same = old.segments.iter().filter(|segment| !segment.is_empty());
    let same = same.filter(|segment| new.segments.contains(segment)).count();
    let longest = old.segments.len().max(new.segments.len()) - 1;
    old.ends == new.ends && same * 2 >= longest
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
            process: None,
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
