//! HAR 1.2, in which browsers and other proxies keep what they have seen.
//!
//! In: a HAR file by whatever program. Out: its exchanges. What doctool itself has written is read back as
//! it was; of others, participants are told by who asked and by address, and the order by time.
//! [`HarFile`] is a file that another program writes as a source of exchanges.

mod content;
mod order;
mod source;

pub use source::HarFile;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::hops::HOP_BY_HOP;
use super::participants::Participants;
use super::seen::{Seen, Unpaired};
use crate::model::{Body, Exchange, Header, Request, Response};

use order::{Placed, Times};

/// What a text that is no HAR is; line and column, from 1, where that can be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoHar {
    /// Lower case, no full stop.
    pub message: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// The exchanges in a HAR file.
///
/// # Errors
///
/// When the text is no HAR.
pub fn read(text: &[u8], participants: &mut Participants) -> Result<Seen, NoHar> {
    Ok(told(&entries(text)?, participants))
}

/// The entries of a HAR file.
fn entries(text: &[u8]) -> Result<Vec<Value>, NoHar> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    let mut har: Value = serde_json::from_slice(text).map_err(|error| NoHar {
        message: format!("this is no HAR: {error}"),
        line: error.line(),
        column: error.column(),
    })?;
    match har.pointer_mut("/log/entries").map(Value::take) {
        Some(Value::Array(entries)) => Ok(entries),
        _ => Err(NoHar {
            message: "this is no HAR: it has no `log.entries`".into(),
            line: 0,
            column: 0,
        }),
    }
}

/// What these entries tell.
fn told(entries: &[Value], participants: &mut Participants) -> Seen {
    let (mut placed, mut unpaired, mut untold) = (Vec::new(), Vec::new(), 0);
    let mut times = Times::default();
    for (index, entry) in entries.iter().enumerate() {
        let request = &entry["request"];
        let (Some(method), Some(url)) = (request["method"].as_str(), request["url"].as_str())
        else {
            let reason = format!("entry {}, which has no method or no URL", index + 1);
            unpaired.push(Unpaired { line: 0, reason });
            continue;
        };
        let is_ours = Placed::steps(entry).is_some();
        let mut answered = answer(entry, url, is_ours);
        if let Some(response) = &mut answered
            && (method.eq_ignore_ascii_case("HEAD") || response.status.starts_with("304"))
            && !is_ours
        {
            // It has the length of what it does not have.
            response.body = Body::Empty;
        }
        let from = asker(entry, participants);
        let to = entry["_to"].as_str().unwrap_or_default().to_owned();
        let body = content::of_request(request);
        for body in [Some(&body), answered.as_ref().map(|response| &response.body)] {
            let is_untold = matches!(body, Some(Body::Bytes { head, .. }) if head.is_empty());
            untold += usize::from(is_untold && !is_ours);
        }
        let headers = headers(&request["headers"], is_ours);
        let request = Request { method: method.to_uppercase(), url: url.to_owned(), headers, body };
        let exchange = Exchange { from, to, request, response: answered, process: None };
        placed.push(Placed::new(exchange, entry, &mut times));
    }
    let mut seen = order::ordered(placed);
    participants.resolve_missing(&mut seen.recording);
    if untold > 0 {
        seen.left_out.push(match untold {
            1 => "1 content, which the HAR file does not hold".to_owned(),
            count => format!("{count} contents, which the HAR file does not hold"),
        });
    }
    Seen { unpaired, ..seen }
}

/// The answer, if there was one.
fn answer(entry: &Value, url: &str, is_ours: bool) -> Option<Response> {
    let response = &entry["response"];
    let code = response["status"].as_i64().unwrap_or_default();
    let exact = response["_status"].as_str();
    let is_there = if is_ours { entry["_responseStep"].is_u64() } else { code > 0 };
    if !is_there {
        return None;
    }
    let reason = response["statusText"].as_str().unwrap_or_default();
    let status = match (exact, reason) {
        (Some(exact), _) => exact.to_owned(),
        (None, "") => code.to_string(),
        (None, reason) => format!("{code} {reason}"),
    };
    let headers = headers(&response["headers"], is_ours);
    let url = response["_url"].as_str().unwrap_or(url).to_owned();
    let body = content::of_response(response, &headers);
    Some(Response { status, url, headers, body })
}

/// Header lines. Those that are for the next hop only, and what HTTP/2 has in place of a request line, are
/// left out, unless they are kept on purpose.
fn headers(list: &Value, is_ours: bool) -> Vec<Header> {
    let mut headers: Vec<Header> = pairs(list).collect();
    if is_ours {
        return headers;
    }
    let is_named = |headers: &[Header], name: &str| {
        headers.iter().position(|header| header.name.eq_ignore_ascii_case(name))
    };
    // RFC 9113, section 8.3.1: what HTTP/1.1 calls `Host`.
    if let (None, Some(authority)) = (is_named(&headers, "host"), is_named(&headers, ":authority"))
    {
        headers[authority].name = "Host".to_owned();
    }
    headers.retain(|header| {
        let is_hop_by_hop = HOP_BY_HOP.iter().any(|name| header.name.eq_ignore_ascii_case(name));
        !is_hop_by_hop && !header.name.starts_with(':')
    });
    headers
}

/// Names and values, as `{name, value}` or, as some programs write them, `[name, value]`.
fn pairs(list: &Value) -> impl Iterator<Item = Header> + '_ {
    let pair = |pair: &Value| {
        let (name, value) = match pair {
            Value::Array(pair) => (pair.first()?, pair.get(1)?),
            pair => (pair.get("name")?, pair.get("value")?),
        };
        Some(Header { name: name.as_str()?.to_owned(), value: value.as_str()?.trim().to_owned() })
    };
    list.as_array().into_iter().flatten().filter_map(pair)
}

/// Who asked: as we wrote it, as whom it logged in to the proxy, or the program that it says it is.
fn asker(entry: &Value, participants: &Participants) -> String {
    if let Some(from) = entry["_from"].as_str() {
        return from.to_owned();
    }
    let value = |wanted: &str| {
        let mut pairs = pairs(&entry["request"]["headers"]);
        pairs.find(|header| header.name.eq_ignore_ascii_case(wanted)).map(|header| header.value)
    };
    let user = || {
        let value = value("proxy-authorization")?;
        let (scheme, credentials) = value.split_once(' ')?;
        let decoded = STANDARD.decode(credentials.trim()).ok()?;
        let user = String::from_utf8(decoded).ok()?.split(':').next()?.to_owned();
        (scheme.eq_ignore_ascii_case("basic") && !user.is_empty()).then_some(user)
    };
    let agent = || {
        let value = value("user-agent")?;
        let product = value.split(['/', ' ']).next().filter(|word| !word.is_empty())?;
        Some(participants.program(product))
    };
    user().or_else(agent).unwrap_or_else(|| "client".to_owned())
}

#[cfg(test)]
mod tests;
