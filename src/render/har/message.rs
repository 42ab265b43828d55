//! A request or a response as the fields of a JSON object, the last ones of which are still to come.
//!
//! In: a message. Out: its JSON but for the brace at the end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;

use crate::model::{Content, Entry, Json, Line};

/// A field before its text, and the text.
pub(super) fn field(out: &mut String, name: &str, text: &str) {
    out.push_str(name);
    Json::push_quoted(out, text);
}

/// A request.
pub(super) fn request(out: &mut String, entry: &Entry<'_>) {
    asked(out, &entry.method, &entry.url, &entry.headers);
    if entry.body != Content::Empty {
        out.push_str(",\"postData\":{");
        content(out, entry);
    }
    sizes(out, size(&entry.body));
}

/// What a response says of a request that is not there.
pub(super) fn no_request(out: &mut String, method: &str, url: &str) {
    asked(out, method, url, &[]);
    sizes(out, 0);
}

fn asked(out: &mut String, method: &str, url: &str, headers: &[Line<'_>]) {
    field(out, "{\"method\":", method);
    field(out, ",\"url\":", url);
    out.push_str(VERSION);
    pairs(out, headers.iter().map(|Line { name, value }| (&**name, &**value)));
    out.push_str(",\"queryString\":");
    query(out, url);
}

const VERSION: &str = ",\"httpVersion\":\"HTTP/1.1\",\"cookies\":[],\"headers\":";

/// A response.
pub(super) fn response(out: &mut String, entry: &Entry<'_>) {
    let told = entry.status.as_deref().unwrap_or_default();
    let (code, reason) = told.split_once(' ').unwrap_or((told, ""));
    let code = code.parse::<u16>().unwrap_or_default().to_string();
    out.extend(["{\"status\":", &code]);
    field(out, ",\"statusText\":", reason);
    out.push_str(VERSION);
    pairs(out, entry.headers.iter().map(|Line { name, value }| (&**name, &**value)));
    out.extend([",\"content\":{\"size\":", &size(&entry.body).to_string(), ","]);
    content(out, entry);
    let location = header(&entry.headers, "location").unwrap_or_default();
    field(out, ",\"redirectURL\":", location);
    sizes(out, size(&entry.body));
    let behind = told.strip_prefix(&*code);
    let is_plain = match reason {
        "" => behind == Some(""),
        reason => behind.and_then(|behind| behind.strip_prefix(' ')) == Some(reason),
    };
    if !is_plain {
        // The whole status, where it is no number with a reason behind it.
        field(out, ",\"_status\":", told);
    }
}

/// What stands for a response that is not there.
pub(super) fn no_response(out: &mut String) {
    out.extend(["{\"status\":0,\"statusText\":\"\"", VERSION, "[],\"content\":{\"size\":0,"]);
    field(out, "\"mimeType\":", UNKNOWN);
    out.push_str(",\"text\":\"\"},\"redirectURL\":\"\"");
    sizes(out, -1);
    field(out, ",\"_error\":", "there is no response");
}

const UNKNOWN: &str = "application/octet-stream";

fn content(out: &mut String, entry: &Entry<'_>) {
    field(out, "\"mimeType\":", header(&entry.headers, "content-type").unwrap_or(UNKNOWN));
    // Bytes of the whole body, where only the beginning is there; null where nobody knows.
    let cut_from = match &entry.body {
        Content::Empty => {
            field(out, ",\"text\":", "");
            None
        }
        Content::Text(text) => {
            field(out, ",\"text\":", text);
            None
        }
        Content::Cut(text, length) => {
            field(out, ",\"text\":", text);
            Some(Some(*length))
        }
        Content::Bytes(head, length) => {
            field(out, ",\"text\":", &STANDARD.encode(head));
            out.push_str(",\"encoding\":\"base64\"");
            Some(*length)
        }
    };
    if let Some(length) = cut_from {
        let length = length.map_or("null".to_owned(), |length| length.to_string());
        out.extend([",\"_cutFrom\":", &length]);
    }
    out.push('}');
}

fn sizes(out: &mut String, body: i64) {
    out.extend([",\"headersSize\":-1,\"bodySize\":", &body.to_string()]);
}

/// Bytes of the whole body; -1 where nobody knows.
fn size(body: &Content<'_>) -> i64 {
    let length = match body {
        Content::Empty => Some(0),
        Content::Text(text) => Some(text.len() as u64),
        Content::Cut(_, length) => Some(*length),
        Content::Bytes(_, length) => *length,
    };
    length.and_then(|length| i64::try_from(length).ok()).unwrap_or(-1)
}

fn pairs<T: AsRef<str>>(out: &mut String, pairs: impl Iterator<Item = (T, T)>) {
    out.push('[');
    for (index, (name, value)) in pairs.enumerate() {
        field(out, if index == 0 { "{\"name\":" } else { ",{\"name\":" }, name.as_ref());
        field(out, ",\"value\":", value.as_ref());
        out.push('}');
    }
    out.push(']');
}

/// The value of the first header of this name.
pub(super) fn header<'a>(headers: &'a [Line<'_>], name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
    Some(&header.value)
}

fn query(out: &mut String, url: &str) {
    let url = url.split('#').next().unwrap_or_default();
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let read =
        |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let parts = query.split('&').filter(|pair| !pair.is_empty());
    pairs(
        out,
        parts.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (read(name), read(value))
        }),
    );
}
