//! HAR 1.2, the format in which browsers and proxies exchange recordings.
//!
//! In: exchanges, one after another. Out: the parts of a JSON document. What HAR cannot hold stands
//! in fields that begin with `_`, as its specification wants: participants, the steps of request and
//! response, and how long content is of which only the beginning is there.

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde::Serialize;

use crate::model::{Content as Told, Entry, Line};
use crate::stabilise::StableEntry;

use super::push_number;

/// What stands before the first exchange.
pub fn har_begin(out: &mut String) {
    let version = env!("CARGO_PKG_VERSION");
    out.extend(["{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"doctool\",\"version\":\""]);
    out.extend([version, "\"},\"entries\":["]);
}

/// What stands behind the last exchange.
pub fn har_end(out: &mut String) {
    out.push_str("\n]}}\n");
}

/// A request or a response, drawn apart from the other side of its exchange, which may be far off.
#[derive(Debug)]
pub struct HarSide {
    is_request: bool,
    /// As JSON, without the brace at its end.
    drawn: String,
    /// The participants as JSON.
    names: String,
    method: String,
    url: String,
    time: Option<SystemTime>,
}

impl HarSide {
    /// Draws a message.
    pub fn of(entry: &StableEntry<'_>) -> Self {
        let entry = entry.entry();
        let is_request = entry.status.is_none();
        let date = || header(&entry.headers, "date").filter(|_| !is_request);
        let drawn = if is_request { json(&Request::of(entry)) } else { json(&Response::of(entry)) };
        Self {
            is_request,
            drawn: without_end(drawn),
            names: ["\"_from\":", &json(&entry.from), ",\"_to\":", &json(&entry.to)].concat(),
            method: entry.method.clone().into_owned(),
            url: entry.url.clone().into_owned(),
            time: date().and_then(|date| httpdate::parse_http_date(date).ok()),
        }
    }

    /// Whether it is no response.
    pub fn is_request(&self) -> bool {
        self.is_request
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("a message is JSON")
}

fn without_end(mut object: String) -> String {
    object.pop();
    object
}

/// Draws exchanges as HAR entries.
#[derive(Debug)]
pub struct Har {
    is_first: bool,
    /// When the last exchange took place that says so, as it is written.
    time: (SystemTime, String),
}

impl Default for Har {
    fn default() -> Self {
        Self { is_first: true, time: (UNIX_EPOCH, timestamp(UNIX_EPOCH)) }
    }
}

impl Har {
    /// Adds an exchange, of which the request or the response may be missing, each with its step.
    /// A log says when an exchange took place in the `Date` of the response only; without one, it
    /// was when the one before was.
    pub fn exchange(
        &mut self,
        out: &mut String,
        request: Option<(usize, &HarSide)>,
        response: Option<(usize, &HarSide)>,
    ) {
        let Some((_, any)) = request.or(response) else { return };
        if let Some(time) = response.and_then(|(_, side)| side.time)
            && time != self.time.0
        {
            self.time = (time, timestamp(time));
        }
        out.push_str(if self.is_first { "\n" } else { ",\n" });
        self.is_first = false;
        out.extend(["{\"startedDateTime\":\"", &self.time.1, "\",\"time\":0,\"request\":"]);
        match request {
            Some((_, side)) => out.push_str(&side.drawn),
            None => out.push_str(&without_end(json(&Request::missing(&any.method, &any.url)))),
        }
        out.push_str("},\"response\":");
        match response {
            Some((_, side)) => {
                out.push_str(&side.drawn);
                if side.url != any.url {
                    // What the response calls its URL, where that is not the request's.
                    out.extend([",\"_url\":", &json(&side.url)]);
                }
            }
            None => out.push_str(&without_end(json(&Response::missing()))),
        }
        out.push_str("},\"cache\":{},\"timings\":{\"send\":0,\"wait\":0,\"receive\":0},");
        out.push_str(&any.names);
        for (name, side) in [("request", request), ("response", response)] {
            let Some((step, _)) = side else { continue };
            out.extend([",\"_", name, "Step\":"]);
            push_number(out, step);
        }
        out.push('}');
    }
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Pair<'a> {
    name: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Query {
    name: String,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    method: &'a str,
    url: &'a str,
    http_version: &'a str,
    cookies: [Empty; 0],
    headers: Vec<Pair<'a>>,
    query_string: Vec<Query>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<Content<'a>>,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    status: u16,
    status_text: &'a str,
    http_version: &'a str,
    cookies: [Empty; 0],
    headers: Vec<Pair<'a>>,
    content: Content<'a>,
    #[serde(rename = "redirectURL")]
    redirect_url: &'a str,
    headers_size: i64,
    body_size: i64,
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    /// The whole status, where it is no number with a reason behind it.
    #[serde(rename = "_status", skip_serializing_if = "Option::is_none")]
    exact: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    mime_type: &'a str,
    text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'a str>,
    /// Bytes of the whole, where only the beginning is there; null where nobody knows.
    #[serde(rename = "_cutFrom", skip_serializing_if = "Option::is_none")]
    cut_from: Option<Option<u64>>,
}

impl<'a> Request<'a> {
    fn of(entry: &'a Entry<'_>) -> Self {
        let body = &entry.body;
        Self {
            headers: pairs(&entry.headers),
            post_data: (*body != Told::Empty)
                .then(|| Content { size: None, ..Content::of(body, &entry.headers) }),
            body_size: size(body),
            ..Self::missing(&entry.method, &entry.url)
        }
    }

    /// What the response says of it.
    fn missing(method: &'a str, url: &'a str) -> Self {
        Self {
            method,
            url,
            http_version: "HTTP/1.1",
            cookies: [],
            headers: Vec::new(),
            query_string: query(url),
            post_data: None,
            headers_size: -1,
            body_size: 0,
        }
    }
}

impl<'a> Response<'a> {
    fn of(entry: &'a Entry<'_>) -> Self {
        let told = entry.status.as_deref().unwrap_or_default();
        let (code, reason) = told.split_once(' ').unwrap_or((told, ""));
        let code: u16 = code.parse().unwrap_or_default();
        let is_plain = match reason {
            "" => told == code.to_string(),
            reason => told == format!("{code} {reason}"),
        };
        Self {
            status: code,
            exact: (!is_plain).then_some(told),
            status_text: reason,
            headers: pairs(&entry.headers),
            content: Content::of(&entry.body, &entry.headers),
            redirect_url: header(&entry.headers, "location").unwrap_or_default(),
            body_size: size(&entry.body),
            error: None,
            ..Self::missing()
        }
    }

    fn missing() -> Self {
        Self {
            status: 0,
            status_text: "",
            http_version: "HTTP/1.1",
            cookies: [],
            headers: Vec::new(),
            content: Content::of(&Told::Empty, &[]),
            redirect_url: "",
            headers_size: -1,
            body_size: -1,
            error: Some("there is no response"),
            exact: None,
        }
    }
}

impl<'a> Content<'a> {
    fn of(body: &'a Told<'_>, headers: &'a [Line<'_>]) -> Self {
        let (text, encoding, cut_from) = match body {
            Told::Empty => ("".into(), None, None),
            Told::Text(text) => (Cow::Borrowed(&**text), None, None),
            Told::Cut(text, length) => (Cow::Borrowed(&**text), None, Some(Some(*length))),
            Told::Bytes(head, length) => {
                (STANDARD.encode(head).into(), Some("base64"), Some(*length))
            }
        };
        let mime_type = header(headers, "content-type").unwrap_or("application/octet-stream");
        Self { size: Some(size(body)), mime_type, text, encoding, cut_from }
    }
}

/// Bytes of the whole body; -1 where nobody knows.
fn size(body: &Told<'_>) -> i64 {
    let length = match body {
        Told::Empty => Some(0),
        Told::Text(text) => Some(text.len() as u64),
        Told::Cut(_, length) => Some(*length),
        Told::Bytes(_, length) => *length,
    };
    length.and_then(|length| i64::try_from(length).ok()).unwrap_or(-1)
}

fn pairs<'a>(headers: &'a [Line<'_>]) -> Vec<Pair<'a>> {
    headers.iter().map(|Line { name, value }| Pair { name, value }).collect()
}

fn header<'a>(headers: &'a [Line<'_>], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    Some(&header.value)
}

fn query(url: &str) -> Vec<Query> {
    let url = url.split('#').next().unwrap_or_default();
    let Some((_, query)) = url.split_once('?') else { return Vec::new() };
    let read =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Query { name: read(name), value: read(value) }
        })
        .collect()
}

/// A time as RFC 3339 writes it, in UTC.
fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years from March on, so that the day that comes and goes is the last: 400 of them have 146,097
    // days, and their months repeat every five.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    let year = era * 400 + year + carry;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn dates_of_responses_become_timestamps() {
        for (date, written) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"),
            ("Tue, 29 Feb 2000 23:59:59 GMT", "2000-02-29T23:59:59.000Z"),
            ("Mon, 02 Jan 2023 06:46:12 GMT", "2023-01-02T06:46:12.000Z"),
            ("Tue, 31 Dec 2024 12:00:01 GMT", "2024-12-31T12:00:01.000Z"),
        ] {
            let time = httpdate::parse_http_date(date).expect("it is a date");
            assert_eq!(timestamp(time), written);
        }
    }
}
