//! Several sources of exchanges as one.
//!
//! In: what each source saw of the same commands, the one that is trusted most first. Out: every exchange
//! once, each part of it as the source tells it that knows most of it. `same` finds which exchanges are
//! the same, `skew` how far clocks are apart, `order` where what only one has seen belongs.

mod order;
mod same;
mod several;
mod skew;

#[cfg(test)]
mod tests;

pub use several::Several;

use super::seen::Seen;
use crate::model::{Body, Exchange, Header, Message, Response};

use same::Pairs;

/// What two sources saw, where `ids` are the headers of an answer that tell it from all others.
pub fn merged(first: Seen, second: Seen, ids: &[&str]) -> Seen {
    let pairs = Pairs::of(&first, &second, ids);
    let placed = order::placed(&first, &second, &pairs);
    let taken = |seen: Vec<Exchange>| seen.into_iter().map(Some).collect::<Vec<_>>();
    let mut exchanges = [taken(first.recording.exchanges), taken(second.recording.exchanges)];
    // Where each exchange of the sources went.
    let mut places = exchanges.each_ref().map(|exchanges| vec![None; exchanges.len()]);
    let mut seen = Seen::default();
    for placed in placed {
        let index = exchange_of(placed.message);
        let views = match placed.source {
            0 => [Some(index), pairs.of_first(index)],
            _ => [pairs.of_second(index), Some(index)],
        };
        let place = places[placed.source][index].unwrap_or_else(|| {
            let mut view = |source: usize| exchanges[source][views[source]?].take();
            let exchange = match (view(0), view(1)) {
                (Some(own), Some(other)) => richer(own, other),
                (own, other) => own.or(other).expect("each is taken once"),
            };
            seen.recording.exchanges.push(exchange);
            seen.recording.exchanges.len() - 1
        });
        for (source, view) in views.into_iter().enumerate() {
            if let Some(view) = view {
                places[source][view] = Some(place);
            }
        }
        seen.recording.messages.push(match placed.message {
            Message::Request(_) => Message::Request(place),
            Message::Response(_) => Message::Response(place),
        });
        seen.times.push(placed.time);
    }
    // What one does not see, the other may.
    seen.left_out = first.left_out.into_iter().filter(|it| second.left_out.contains(it)).collect();
    if !seen.left_out.is_empty() {
        seen.unpaired = [first.unpaired, second.unpaired].concat();
    }
    seen
}

fn exchange_of(message: Message) -> usize {
    let (Message::Request(exchange) | Message::Response(exchange)) = message;
    exchange
}

/// The exchange with each part from the side that knows more of it; from the first where both know the
/// same.
fn richer(first: Exchange, second: Exchange) -> Exchange {
    let name = |first: String, second: String| {
        if name_worth(&second) > name_worth(&first) { second } else { first }
    };
    let mut request = first.request;
    let other = second.request;
    request.headers = headers(request.headers, other.headers);
    request.body = body(request.body, other.body);
    if request.url.split_once("://").is_none() {
        request.url = other.url;
    }
    let response = match (first.response, second.response) {
        (Some(own), Some(other)) => Some(Response {
            // A status with its words says more than one without.
            status: match other.status.strip_prefix(&*own.status) {
                Some(words) if words.starts_with(' ') => other.status,
                _ => own.status,
            },
            url: if own.url == "None" { other.url } else { own.url },
            headers: headers(own.headers, other.headers),
            body: body(own.body, other.body),
        }),
        (own, other) => own.or(other),
    };
    Exchange {
        from: name(first.from, second.from),
        to: name(first.to, second.to),
        request,
        response,
        process: first.process.or(second.process),
    }
}

/// How much a name says: nothing, an address, or who it is.
fn name_worth(name: &str) -> u8 {
    match name {
        "" | "unknown" | "client" => 0,
        // A host and its port.
        name if name.contains([':', '.']) => 1,
        _ => 2,
    }
}

fn headers(first: Vec<Header>, second: Vec<Header>) -> Vec<Header> {
    if telling(&second) > telling(&first) { second } else { first }
}

/// How many headers say what was sent: no marks that a source has put there itself, none that are for the
/// next hop only, and no checksums in place of values.
fn telling(headers: &[Header]) -> usize {
    let is_telling = |header: &&Header| {
        let name = header.name.to_ascii_lowercase();
        let is_mark = name.starts_with("x-requestshook-");
        let is_hop_by_hop =
            matches!(&*name, "connection" | "keep-alive" | "te" | "transfer-encoding" | "via")
                || name.starts_with("x-forwarded-")
                || name.starts_with("proxy-");
        !is_mark && !is_hop_by_hop && !header.value.starts_with('{')
    };
    headers.iter().filter(is_telling).count()
}

fn body(first: Body, second: Body) -> Body {
    if body_worth(&second) > body_worth(&first) { second } else { first }
}

/// How much of a content is there: kind, and bytes. What is only known to be left out says less than that
/// there is none, unless its length is known.
fn body_worth(body: &Body) -> (u8, usize) {
    match body {
        Body::Bytes { head, length: None } if head.is_empty() => (0, 0),
        Body::Empty => (1, 0),
        Body::Bytes { head, .. } if head.is_empty() => (2, 0),
        Body::Bytes { head, length } => (3, head.len() + usize::from(length.is_some())),
        Body::Cut { text, .. } => (4, text.len()),
        // Both have all of it.
        Body::Text(_) => (5, 0),
    }
}
