//! What clients on keystoneauth tell about themselves with `--debug`, as a source of exchanges.
//!
//! In: what such a client prints, or writes into its log file. Out: the exchanges that are told there.
//! An answer belongs to the request that its connection, its id or its place says it does; where none of
//! them is certain it is told apart, and is in no exchange. [`DebugOutput`] asks commands for it.

mod records;
mod said;
mod source;

pub use source::{DebugOutput, Rule};

use std::collections::HashMap;
use std::time::SystemTime;

use super::seen::{Seen, Unpaired};
use crate::model::{Body, Directory, Exchange, Header, Message, Request, Response};

use records::records;
use said::Said;

/// What keystoneauth writes in place of a token.
const HASHED: &str = "{SHA256}";
/// What keystoneauth writes in place of a content that is neither JSON nor plain text.
const OMITTED: &str = "Omitted, Content-Type is set to ";
/// What keystoneauth writes in place of the catalog in an answer.
const NO_CATALOG: &str = "\"catalog\": \"<removed>\"";

/// The exchanges in what a client told, asked by this caller; whom they went to is left empty.
pub fn read(text: &str, caller: &str, directory: Directory) -> Seen {
    let said: Vec<(usize, Option<SystemTime>, Said<'_>)> = records(text)
        .into_iter()
        .filter_map(|record| Some((record.line, record.time, Said::of(record.text)?)))
        .collect();
    let mut reader = Reader { caller, ids: directory.request_ids, ..Reader::default() };
    // What tells which request an answer belongs to comes after it.
    for (_, _, said) in &said {
        if let Said::Used { method, url, id } = said {
            reader.used.entry(id).or_insert((method, url));
        }
    }
    for (line, time, said) in said {
        reader.take(At { line, time }, said);
    }
    reader.done()
}

/// Where and when something is told.
#[derive(Debug, Clone, Copy)]
struct At {
    line: usize,
    time: Option<SystemTime>,
}

/// An exchange of which not everything has been told yet.
#[derive(Debug)]
struct Open {
    exchange: usize,
    /// Its status, if its connection told it.
    carried: Option<String>,
}

#[derive(Debug, Default)]
struct Reader<'a> {
    caller: &'a str,
    /// Headers of an answer that tell it from all others.
    ids: &'static [&'static str],
    /// Method and URL of the request that got an answer with this id.
    used: HashMap<&'a str, (&'a str, &'a str)>,
    seen: Seen,
    /// Requests without an answer.
    open: Vec<Open>,
    /// The address of a request for a token that was not sent yet.
    logging_in: Option<(&'a str, At)>,
    /// The exchange with a request for a token whose answer may follow.
    logged_in: Option<usize>,
    /// The exchange whose answer was told last and has no content yet.
    answered: Option<usize>,
    log_ins: usize,
    hashed: usize,
    contents: usize,
    requests: usize,
    has_no_catalog: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, at: At, said: Said<'a>) {
        match said {
            Said::Asks { method, url, headers, content } => {
                self.answered = None;
                let body = content.map_or(Body::Empty, |content| self.content_sent(content));
                let exchange = self.asked(at, method, url, headers, body);
                self.open.push(Open { exchange, carried: None });
            }
            Said::LogsIn { url } => {
                self.forget_log_in();
                self.logging_in = Some((url, at));
            }
            Said::Carried { method, url, status, length } => {
                self.carried(at, method, &url, status, length);
            }
            Said::Answered { status, headers } => {
                let id = self.ids.iter().find_map(|name| header(&headers, name));
                let used = id.and_then(|id| self.used.get(id).copied());
                self.answered(at, status, &headers, used);
            }
            Said::Content(text) => match self.answered.take() {
                Some(exchange) => {
                    let body = self.content_answered(exchange, text);
                    if let Some(response) = &mut self.seen.recording.exchanges[exchange].response {
                        response.body = body;
                    }
                }
                None => self.unpaired(at, "a content whose answer is not certain"),
            },
            Said::Token(text) => {
                let Some(exchange) = self.logged_in.take() else { return };
                if let Some(response) = &mut self.seen.recording.exchanges[exchange].response {
                    response.body = Body::Text(text.to_owned());
                }
            }
            Said::Used { .. } => {}
        }
    }

    /// A request for a token that no connection tells anything of.
    fn forget_log_in(&mut self) {
        if let Some((_, at)) = self.logging_in.take() {
            self.unpaired(at, "a request for a token whose answer is not told");
        }
    }

    fn asked(
        &mut self,
        At { time, .. }: At,
        method: &str,
        url: &str,
        headers: Vec<Header>,
        body: Body,
    ) -> usize {
        self.hashed += hashed(&headers);
        let recording = &mut self.seen.recording;
        let exchange = recording.exchanges.len();
        let (from, to) = (self.caller.to_owned(), String::new());
        let (method, url) = (method.to_owned(), url.to_owned());
        let request = Request { method, url, headers, body };
        recording.exchanges.push(Exchange { from, to, request, response: None, process: None });
        recording.messages.push(Message::Request(exchange));
        self.seen.times.push(time);
        exchange
    }

    fn respond(&mut self, at: At, exchange: usize, status: &str, headers: &[Header]) {
        self.hashed += hashed(headers);
        let recording = &mut self.seen.recording;
        let url = recording.exchanges[exchange].request.url.clone();
        let (status, headers) = (status.to_owned(), headers.to_vec());
        // Until something says otherwise, its content is not told. Some answers have a length and none.
        let is_empty = recording.exchanges[exchange].request.method == "HEAD" || status == "304";
        let body = match header(&headers, "content-length") {
            Some("0") | None => Body::Empty,
            Some(_) if is_empty => Body::Empty,
            Some(length) => Body::Bytes { head: Vec::new(), length: length.parse().ok() },
        };
        recording.exchanges[exchange].response = Some(Response { status, url, headers, body });
        recording.messages.push(Message::Response(exchange));
        self.seen.times.push(at.time);
    }

    /// A status that a connection tells: of an open request, of one for a token, or of one of which
    /// nothing else is told, as where an answer leads elsewhere.
    fn carried(&mut self, at: At, method: &str, url: &str, status: &str, length: Option<u64>) {
        let place = place(url);
        let exchanges = &self.seen.recording.exchanges;
        let is_it = |open: &&mut Open| {
            let request = &exchanges[open.exchange].request;
            open.carried.is_none() && request.method == method && self::place(&request.url) == place
        };
        if let Some(open) = self.open.iter_mut().find(is_it) {
            open.carried = Some(status.to_owned());
            return;
        }
        let is_log_in = self.logging_in.is_some_and(|(log_in, _)| self::place(log_in) == place);
        let unknown = Body::Bytes { head: Vec::new(), length: None };
        if let (true, Some((log_in, asked))) = (is_log_in, self.logging_in.take()) {
            self.log_ins += 1;
            let exchange = self.asked(asked, method, log_in, Vec::new(), unknown);
            self.respond(at, exchange, status, &[]);
            if let Some(response) = &mut self.seen.recording.exchanges[exchange].response {
                response.body = Body::Bytes { head: Vec::new(), length };
            }
            self.logged_in = Some(exchange);
            return;
        }
        self.requests += 1;
        let exchange = self.asked(at, method, url, Vec::new(), unknown);
        self.open.push(Open { exchange, carried: Some(status.to_owned()) });
    }

    /// An answer belongs to the request that its id was used for; else to the only one that is open and
    /// for which the connection does not tell another status.
    fn answered(&mut self, at: At, status: &str, headers: &[Header], used: Option<(&str, &str)>) {
        self.answered = None;
        let exchanges = &self.seen.recording.exchanges;
        let is_used = |open: &Open| {
            used.is_some_and(|(method, url)| {
                let request = &exchanges[open.exchange].request;
                request.method == method && place(&request.url) == place(url)
            })
        };
        let fits = |open: &Open| open.carried.as_ref().is_none_or(|carried| carried == status);
        let mut fitting: Vec<usize> =
            (0..self.open.len()).filter(|index| fits(&self.open[*index])).collect();
        if fitting.iter().any(|index| is_used(&self.open[*index])) {
            fitting.retain(|index| is_used(&self.open[*index]));
        }
        // A status that came over the connection has come before its answer is told.
        if fitting.iter().any(|index| self.open[*index].carried.is_some()) {
            fitting.retain(|index| self.open[*index].carried.is_some());
        }
        match *fitting {
            [index] => {
                let exchange = self.open.remove(index).exchange;
                self.respond(at, exchange, status, headers);
                self.answered = Some(exchange);
            }
            [] => self.unpaired(at, "an answer whose request is not told"),
            [..] => self.unpaired(at, "an answer to one of several requests at once"),
        }
    }

    fn unpaired(&mut self, at: At, reason: &str) {
        self.seen.unpaired.push(Unpaired { line: at.line, reason: reason.to_owned() });
    }

    fn content_sent(&mut self, content: &str) -> Body {
        // Python's words for things that are read while they are sent.
        let is_object = content.starts_with('<')
            && content.ends_with('>')
            && (content.contains(" at 0x") || content.starts_with("<_io."));
        if content == "<binary_data>" || is_object {
            self.contents += 1;
            return Body::Bytes { head: Vec::new(), length: None };
        }
        Body::Text(content.to_owned())
    }

    fn content_answered(&mut self, exchange: usize, text: &str) -> Body {
        if !text.starts_with(OMITTED) {
            self.has_no_catalog |= text.contains(NO_CATALOG);
            return Body::Text(text.to_owned());
        }
        let response = self.seen.recording.exchanges[exchange].response.as_ref();
        let length = response.and_then(|response| header(&response.headers, "content-length"));
        match length {
            Some("0") => Body::Empty,
            length => {
                Body::Bytes { head: Vec::new(), length: length.and_then(|it| it.parse().ok()) }
            }
        }
    }

    fn done(mut self) -> Seen {
        self.forget_log_in();
        let answers = self.seen.recording.exchanges.iter();
        let untold = answers.filter(|exchange| {
            let body = exchange.response.as_ref().map(|response| &response.body);
            matches!(body, Some(Body::Bytes { head, length }) if head.is_empty() && *length != Some(0))
        });
        self.contents += untold.count();
        let mut left_out =
            ["what services send each other", "the words of statuses"].map(str::to_owned).to_vec();
        let mut add = |count: usize, one: &str, several: &str| match count {
            0 => {}
            1 => left_out.push(one.to_owned()),
            count => left_out.push(several.replace("{}", &count.to_string())),
        };
        add(
            self.log_ins,
            "headers and content of the request for a token",
            "headers and contents of {} requests for tokens",
        );
        add(self.requests, "headers of 1 request", "headers of {} requests");
        add(
            self.hashed,
            "1 token, of which it tells a checksum",
            "{} tokens, of which it tells checksums",
        );
        add(self.contents, "1 content", "{} contents");
        add(usize::from(self.has_no_catalog), "the catalog in an answer", "");
        self.seen.left_out =
            if self.seen.recording.messages.is_empty() { vec![] } else { left_out };
        self.seen
    }
}

fn header<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    Some(&header.value)
}

fn hashed(headers: &[Header]) -> usize {
    headers.iter().filter(|header| header.value.starts_with(HASHED)).count()
}

/// Host, port and path, by which addresses are compared that are spelled in several ways.
fn place(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let implied = if scheme.eq_ignore_ascii_case("https") { ":443" } else { ":80" };
    let authority = authority.strip_suffix(implied).unwrap_or(authority);
    let path = if path.is_empty() { "/" } else { path };
    format!("{}{path}", authority.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::capture::seen::Seen;
    use crate::model::{Body, Directory};

    fn read(text: &str, caller: &str) -> Seen {
        let directory = Directory { request_ids: &["x-id"], ..Directory::default() };
        super::read(text, caller, directory)
    }

    fn told(text: &str) -> (Vec<String>, Vec<String>) {
        let seen = read(text, "client");
        assert_eq!(seen.times.len(), seen.recording.messages.len());
        let arrows = seen.recording.arrows().map(|arrow| arrow.label()).collect();
        let unpaired = seen.unpaired.iter().map(|it| format!("{}: {}", it.line, it.reason));
        (arrows, unpaired.collect())
    }

    #[test]
    fn an_answer_is_paired_by_the_id_that_was_used_for_a_request() {
        let text = "REQ: curl -g -i -X GET http://h/a\nREQ: curl -g -i -X GET \"http://h/b?x=1\"\n\
                    RESP: [200] X-Id: req-1\nRESP BODY: {\"b\": 1}\n\
                    GET call to x for http://h:80/b?x=1 used request id req-1\n\
                    RESP: [404] A: b\n";
        let (arrows, unpaired) = told(text);
        assert_eq!(arrows, ["GET /a", "GET /b", "200 /b", "404 /a"]);
        assert!(unpaired.is_empty(), "{unpaired:?}");
    }

    #[test]
    fn what_cannot_be_paired_is_told_and_never_guessed() {
        let text = "RESP: [200] A: b\nREQ: curl -g -i -X GET http://h/a\n\
                    REQ: curl -g -i -X GET http://h/a\nRESP: [200] A: b\nRESP BODY: {}\n";
        let (arrows, unpaired) = told(text);
        assert_eq!(arrows, ["GET /a", "GET /a"]);
        assert_eq!(
            unpaired,
            [
                "1: an answer whose request is not told",
                "4: an answer to one of several requests at once",
                "5: a content whose answer is not certain"
            ]
        );
    }

    #[test]
    fn a_request_that_only_the_connection_tells_is_one() {
        let text = "REQ: curl -g -i -X GET http://h/a\nhttp://h:80 \"GET /a HTTP/1.1\" 302 0\n\
                    RESP: [302] Content-Length: 0 Location: http://h/b\n\
                    http://h:80 \"GET /b HTTP/1.1\" 200 9\nRESP: [200] Content-Length: 9\n\
                    RESP BODY: Omitted, Content-Type is set to image/png. Only application/json, text/plain responses have their bodies logged.\n";
        let seen = read(text, "client");
        let arrows: Vec<_> = seen.recording.arrows().map(|arrow| arrow.label()).collect();
        assert_eq!(arrows, ["GET /a", "302 /a", "GET /b", "200 /b"]);
        let answer = seen.recording.exchanges[1].response.as_ref().expect("it was answered");
        assert_eq!(answer.body, Body::Bytes { head: Vec::new(), length: Some(9) });
        assert_eq!(seen.left_out[2..], ["headers of 1 request", "1 content"]);
    }

    #[test]
    fn a_log_in_without_an_answer_is_told_and_a_head_has_no_content() {
        let text = "Making authentication request to http://h/v3/auth/tokens\n\
                    REQ: curl -g -i -X HEAD http://h/x\nRESP: [200] Content-Length: 9\n";
        let seen = read(text, "client");
        assert_eq!(seen.unpaired[0].reason, "a request for a token whose answer is not told");
        let answer = seen.recording.exchanges[0].response.as_ref().expect("it was answered");
        assert_eq!(answer.body, Body::Empty);
    }

    #[test]
    fn a_log_in_is_known_by_its_connection_and_its_answer() {
        let text = "Making authentication request to http://h/v3/auth/tokens\n\
                    http://h:80 \"POST /v3/auth/tokens HTTP/1.1\" 201 40\n{\"token\": {\"catalog\": []}}\n\
                    REQ: curl -g -i -X GET http://h/x -H \"X-Auth-Token: {SHA256}aa\"\n";
        let seen = read(text, "client");
        let exchange = &seen.recording.exchanges[0];
        assert_eq!(exchange.request.body, Body::Bytes { head: Vec::new(), length: None });
        let body = exchange.response.as_ref().map(|response| &response.body);
        assert_eq!(body, Some(&Body::Text("{\"token\": {\"catalog\": []}}".into())));
        assert_eq!(
            seen.left_out[2..],
            [
                "headers and content of the request for a token",
                "1 token, of which it tells a checksum"
            ]
        );
    }
}
