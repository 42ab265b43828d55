//! What an exchange has made or taken away.
//!
//! In: an exchange that is over. Out: the addresses of things. Knows HTTP, and that services say the
//! id of what they have made; nothing of any one service.

use std::time::SystemTime;

use serde_json::Value;

use crate::model::{Asked, Body, Created, Exchange, clock};

/// The things that an exchange has made: a `POST` to a collection that was answered with 201 or 202
/// and an id. A `PUT` may have replaced what was there before, so it counts for nothing.
pub fn made(exchange: &Exchange) -> Vec<Created> {
    let Some(response) = &exchange.response else { return Vec::new() };
    let is_made = ["201", "202"].iter().any(|code| response.status.starts_with(code));
    let collection = address(&exchange.request.url);
    if !is_wish(exchange) || !is_made {
        return Vec::new();
    }
    let Body::Text(text) = &response.body else { return Vec::new() };
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return Vec::new() };
    let last = collection.rsplit('/').next().unwrap_or_default();
    if let Some(created) = thing(collection, last, &Value::Object(members.clone())) {
        return vec![created];
    }
    // Most services wrap what they answer with in an object of its own, or in a list of several.
    let wrapped = members.iter().filter_map(|(sort, value)| match value {
        Value::Array(values) => {
            Some(values.iter().filter_map(|value| thing(collection, sort, value)).collect())
        }
        value => thing(collection, sort, value).map(|created| vec![created]),
    });
    let mut wrapped: Vec<Vec<Created>> =
        wrapped.filter(|found: &Vec<_>| !found.is_empty()).collect();
    // More than one means that the answer is about something else.
    if wrapped.len() == 1 { wrapped.swap_remove(0) } else { Vec::new() }
}

/// Whether an exchange may make a thing. An action is done to a thing and makes none below itself.
fn is_wish(exchange: &Exchange) -> bool {
    exchange.request.method == "POST" && !address(&exchange.request.url).ends_with("/action")
}

/// What an exchange asks to be made, if it says what that is to be called.
pub(super) fn asked(exchange: &Exchange) -> Option<Asked> {
    let Body::Text(text) = &exchange.request.body else { return None };
    if !is_wish(exchange) {
        return None;
    }
    let wish: Value = serde_json::from_str(text).ok()?;
    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let wrapped = || match wish.as_object()?.values().next()? {
        value if wish.as_object()?.len() == 1 => name(value),
        _ => None,
    };
    let name = name(&wish).or_else(wrapped)?;
    let collection = address(&exchange.request.url).to_owned();
    Some(Asked { collection, name, at: SystemTime::now() })
}

/// A thing that may be what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The thing.
    pub thing: Created,
    /// When it was made, if that is known.
    pub made: Option<SystemTime>,
}

/// The things of that name in what a service says of a collection, or of one thing in it.
pub fn candidates(asked: &Asked, text: &str) -> Vec<Candidate> {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else { return Vec::new() };
    let last = asked.collection.rsplit('/').next().unwrap_or_default();
    let alone = Value::Object(members.clone());
    let listed = members.iter().flat_map(|(sort, value)| match value {
        Value::Array(values) => values.iter().map(|value| (&**sort, value)).collect(),
        value => vec![(&**sort, value)],
    });
    let candidates = listed.chain([(last, &alone)]).filter_map(|(sort, value)| {
        let thing = thing(&asked.collection, sort, value)?;
        let times = ["created_at", "created"].iter().filter_map(|name| value.get(name)?.as_str());
        let made = times.filter_map(clock::rfc3339).next();
        (thing.name.as_ref() == Some(&asked.name)).then_some(Candidate { thing, made })
    });
    candidates.collect()
}

/// The address of a thing that an exchange has taken away, or found gone.
pub(super) fn removed(exchange: &Exchange) -> Option<String> {
    let status = &exchange.response.as_ref()?.status;
    let is_gone = status.starts_with('2') || status.starts_with("404");
    (exchange.request.method == "DELETE" && is_gone)
        .then(|| address(&exchange.request.url).to_owned())
}

fn thing(collection: &str, sort: &str, value: &Value) -> Option<Created> {
    let id = value.get("id")?.as_str().filter(|id| is_segment(id))?;
    Some(Created {
        url: format!("{collection}/{id}"),
        sort: sort.strip_suffix('s').unwrap_or(sort).to_owned(),
        id: id.to_owned(),
        name: value.get("name").and_then(Value::as_str).map(str::to_owned),
    })
}

/// Whether the id can stand in an address as it is, and leads nowhere else there.
fn is_segment(id: &str) -> bool {
    let is_plain = |part: char| part.is_ascii_alphanumeric() || "-_.~".contains(part);
    !id.is_empty() && id.chars().all(is_plain) && !id.chars().all(|part| part == '.')
}

/// The address without query, and without a `/` at its end.
fn address(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::{Asked, Body, Exchange, asked, candidates, made, removed};
    use crate::model::{Request, Response};

    fn exchange(method: &str, url: &str, status: &str, body: &str) -> Exchange {
        let body = Body::Text(body.to_owned());
        Exchange {
            from: "client".to_owned(),
            to: "service".to_owned(),
            request: Request {
                method: method.to_owned(),
                url: url.to_owned(),
                headers: Vec::new(),
                body: Body::Empty,
            },
            response: Some(Response {
                status: status.to_owned(),
                url: url.to_owned(),
                headers: Vec::new(),
                body,
            }),
            process: None,
        }
    }

    fn urls(exchange: &Exchange) -> Vec<String> {
        made(exchange).into_iter().map(|created| created.url).collect()
    }

    #[test]
    fn an_id_in_the_answer_to_a_post_is_a_thing_that_was_made() {
        let one =
            exchange("POST", "http://x/images/", "201 Created", r#"{"id": "a", "name": "n"}"#);
        assert_eq!(urls(&one), ["http://x/images/a"]);
        let wrapped = r#"{"server": {"id": "a", "links": []}}"#;
        assert_eq!(
            urls(&exchange("POST", "http://x/servers", "202 Accepted", wrapped)),
            ["http://x/servers/a"]
        );
        let several = r#"{"networks": [{"id": "a"}, {"id": "b"}]}"#;
        assert_eq!(
            urls(&exchange("POST", "http://x/networks?y=z", "201 Created", several)),
            ["http://x/networks/a", "http://x/networks/b"]
        );
    }

    #[test]
    fn what_was_not_seen_being_made_is_not_taken_for_made() {
        let body = r#"{"id": "a"}"#;
        for (method, url, status, body) in [
            ("GET", "http://x/images", "200 OK", body),
            ("POST", "http://x/images", "200 OK", body),
            ("POST", "http://x/images", "409 Conflict", body),
            ("PUT", "http://x/images/a", "201 Created", body),
            ("POST", "http://x/servers/s/action", "202 Accepted", body),
            ("POST", "http://x/tokens", "201 Created", r#"{"token": {"user": {"id": "u"}}}"#),
            ("POST", "http://x/images", "201 Created", r#"{"id": "../users/admin"}"#),
            ("POST", "http://x/images", "201 Created", r#"{"id": ".."}"#),
            ("POST", "http://x/images", "201 Created", "no JSON"),
        ] {
            assert_eq!(
                urls(&exchange(method, url, status, body)),
                [""; 0],
                "{method} {url} {body}"
            );
        }
    }

    #[test]
    fn a_post_that_says_a_name_asks_for_a_thing() {
        for (method, url, body, wish) in [
            ("POST", "http://x/images?a=b", r#"{"name": "n"}"#, Some(("http://x/images", "n"))),
            (
                "POST",
                "http://x/servers",
                r#"{"server": {"name": "n"}}"#,
                Some(("http://x/servers", "n")),
            ),
            ("PUT", "http://x/images", r#"{"name": "n"}"#, None),
            ("POST", "http://x/servers/s/action", r#"{"createImage": {"name": "n"}}"#, None),
            ("POST", "http://x/tokens", r#"{"auth": {"user": {"name": "u"}}}"#, None),
            ("POST", "http://x/images", r#"{"a": {"name": "n"}, "b": 1}"#, None),
            ("POST", "http://x/images", "name=n", None),
        ] {
            let mut exchange = exchange(method, url, "201 Created", "");
            exchange.request.body = Body::Text(body.to_owned());
            let asked = asked(&exchange);
            let asked = asked.as_ref().map(|asked| (&*asked.collection, &*asked.name));
            assert_eq!(asked, wish, "{method} {url} {body}");
        }
    }

    #[test]
    fn candidates_have_the_name_and_tell_when_they_were_made() {
        let at = SystemTime::UNIX_EPOCH;
        let asked = Asked { collection: "http://x/images".to_owned(), name: "n".to_owned(), at };
        let found = |text: &str| {
            let candidates = candidates(&asked, text).into_iter();
            candidates.map(|found| (found.thing.url, found.made)).collect::<Vec<_>>()
        };
        let list = r#"{"first": "/images", "images": [{"id": "a", "name": "n"}, {"id": "b", "name": "m"},
            {"id": "c", "name": "n", "created_at": "1970-01-01T00:00:07Z"}]}"#;
        let made = Some(at + Duration::from_secs(7));
        let [a, c] = ["a", "c"].map(|id| format!("http://x/images/{id}"));
        assert_eq!(found(list), [(a.clone(), None), (c, made)]);
        let wrapped = r#"{"server": {"id": "a", "name": "n", "created": "1970-01-01T00:00:07Z"}}"#;
        assert_eq!(found(wrapped), [(a.clone(), made)]);
        assert_eq!(found(r#"{"id": "a", "name": "n"}"#), [(a, None)]);
        assert_eq!(found(r#"{"images": [{"id": "..", "name": "n"}]}"#), []);
        assert_eq!(found("no JSON"), []);
    }

    #[test]
    fn a_thing_that_is_not_found_is_gone_too() {
        let gone = |status| removed(&exchange("DELETE", "http://x/images/a?b", status, ""));
        assert_eq!(gone("204 No Content").as_deref(), Some("http://x/images/a"));
        assert_eq!(gone("404 Not Found").as_deref(), Some("http://x/images/a"));
        assert_eq!(gone("409 Conflict"), None);
    }
}
