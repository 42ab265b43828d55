//! The hosts of the cloud: those that its recordings talk to.
//!
//! In: runs. Out: a pattern that finds these hosts, with their ports, in any text.

use std::collections::BTreeSet;

use regex::Regex;

use crate::model::{Body, Exchange, Json, Run};

/// A pattern for the hosts in request lines, `Host` headers and catalogs of the runs; none where
/// there is none. [`is_one`] says whether a match is a host.
pub(super) fn pattern<'a>(runs: impl IntoIterator<Item = &'a Run>) -> Option<Regex> {
    let mut hosts = BTreeSet::new();
    for exchange in runs.into_iter().flat_map(|run| &run.recording.exchanges) {
        add_all(exchange, &mut hosts);
    }
    if hosts.is_empty() {
        return None;
    }
    let mut hosts: Vec<String> = hosts.iter().map(|host| regex::escape(host)).collect();
    // The first alternative that fits wins, and one host may begin with another.
    hosts.sort_by_key(|host| std::cmp::Reverse(host.len()));
    Some(super::pattern(&format!(r"(?:{})(?::[0-9]{{1,5}})?", hosts.join("|"))))
}

fn add_all(exchange: &Exchange, hosts: &mut BTreeSet<String>) {
    let Exchange { request, response, .. } = exchange;
    hosts.extend(host_of_url(&request.url).map(str::to_owned));
    let host = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case("host"));
    hosts.extend(host.and_then(|header| without_port(&header.value)).map(str::to_owned));
    let Some(response) = response else { return };
    hosts.extend(host_of_url(&response.url).map(str::to_owned));
    if let Body::Text(text) = &response.body
        && text.contains("\"catalog\"")
        && let Some(answer) = Json::parse(text)
        && let Some(catalog) = answer.get("token").and_then(|token| token.get("catalog"))
    {
        add_urls(catalog, hosts);
    }
}

/// Adds the host of every URL in a catalog.
fn add_urls(json: &Json, hosts: &mut BTreeSet<String>) {
    match json {
        Json::Scalar(_) => {
            hosts.extend(json.as_str().and_then(host_of_url).map(str::to_owned));
        }
        Json::Array(elements) => elements.iter().for_each(|element| add_urls(element, hosts)),
        Json::Object(members) => members.iter().for_each(|(_, value)| add_urls(value, hosts)),
    }
}

fn host_of_url(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    without_port(authority.rsplit('@').next()?)
}

/// The host of `host`, `host:port` and `[address]:port`.
fn without_port(authority: &str) -> Option<&str> {
    let end = match authority.find(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let host = &authority[..end];
    let is_host = |host: &&str| {
        host.chars().all(|part| part.is_alphanumeric() || ".-_[]:".contains(part))
            && host.chars().any(char::is_alphanumeric)
    };
    Some(host).filter(is_host)
}

/// Whether a match is a host where it stands: not a part of a longer name, and a name that might be
/// any word only where a host is meant.
pub(super) fn is_one(before: &str, authority: &str, after: &str) -> bool {
    let mut behind = after.chars();
    let goes_on = matches!(behind.next(), Some('.' | '-' | '_'))
        && behind.next().is_some_and(char::is_alphanumeric);
    let mut ahead = before.chars().rev();
    let has_begun = matches!(ahead.next(), Some('.' | '-' | '_'))
        && ahead.next().is_some_and(char::is_alphanumeric);
    let might_be_a_word = !authority.contains(['.', ':']);
    !goes_on && !has_begun && (!might_be_a_word || before.ends_with("//"))
}

#[cfg(test)]
mod tests {
    use super::super::{Class, Piece, Volatile};
    use crate::model::{Body, Exchange, Header, Recording, Request, Response, Run};

    fn volatile() -> Volatile {
        let catalog =
            r#"{"token": {"catalog": [{"endpoints": [{"url": "http://[fd00::7]:8774/v2.1"}]}]}}"#;
        let exchange = |url: &str, host: &str, body: &str| Exchange {
            from: "openstack".to_owned(),
            to: "keystone".to_owned(),
            request: Request {
                method: "GET".to_owned(),
                url: url.to_owned(),
                headers: vec![Header { name: "Host".to_owned(), value: host.to_owned() }],
                body: Body::Empty,
            },
            response: Some(Response {
                status: "200 OK".to_owned(),
                url: url.to_owned(),
                headers: Vec::new(),
                body: Body::Text(body.to_owned()),
            }),
            process: None,
        };
        let exchanges = vec![
            exchange("http://182.161.114.101/identity/", "182.161.114.101", catalog),
            exchange("http://controller:9292/", "images.example.org", ""),
        ];
        let recording = Recording { exchanges, messages: Vec::new() };
        Volatile::new(&[], [&Run { outputs: Vec::new(), recording }]).expect("there is no rule")
    }

    fn hosts(text: &str) -> Vec<&str> {
        let volatile = volatile();
        let pieces = volatile.pieces(text).into_iter();
        let host = |piece| match piece {
            Piece::Volatile(Class::Authority, host) => Some(host),
            _ => None,
        };
        pieces.filter_map(host).collect()
    }

    #[test]
    fn hosts_of_the_cloud_are_found_wherever_they_stand() {
        assert_eq!(hosts("http://182.161.114.101/identity/"), ["182.161.114.101"]);
        assert_eq!(hosts("http://182.161.114.101:8080/v1"), ["182.161.114.101:8080"]);
        assert_eq!(hosts("at 182.161.114.101."), ["182.161.114.101"]);
        assert_eq!(hosts("http://controller/"), ["controller"]);
        assert_eq!(
            hosts("at controller:9292, or images.example.org"),
            ["controller:9292", "images.example.org"]
        );
        assert_eq!(hosts("http://[fd00::7]:8774/v2.1"), ["[fd00::7]:8774"]);
    }

    #[test]
    fn other_hosts_and_words_are_left() {
        for text in [
            "8.8.8.8",
            "http://example.org/",
            "1182.161.114.101",
            "x.182.161.114.101.nip.io",
            "the controller",
        ] {
            assert_eq!(hosts(text), Vec::<&str>::new(), "{text}");
        }
    }
}
