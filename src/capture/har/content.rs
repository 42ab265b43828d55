//! What HAR says about the content of a message.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::model::{Body, Header};

/// Bytes that are kept of what is no text.
const HEAD: usize = 32;

/// What stands in a form as it is (WHATWG URL, `application/x-www-form-urlencoded`).
const IN_FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'*').remove(b'-').remove(b'.').remove(b'_');

/// The content of a request.
pub(super) fn of_request(request: &Value) -> Body {
    let post = &request["postData"];
    let size = number(&request["bodySize"]);
    match post["text"].as_str() {
        Some(text) if !text.is_empty() || post.get("_cutFrom").is_some() => body(post, text),
        _ => match form(&post["params"]) {
            Some(form) => Body::Text(form),
            None => untold(size),
        },
    }
}

/// The content of an answer, as it is without what packs it.
pub(super) fn of_response(response: &Value, headers: &[Header]) -> Body {
    let content = &response["content"];
    match content["text"].as_str() {
        Some(text) if !text.is_empty() || content.get("_cutFrom").is_some() => body(content, text),
        // An empty text beside a size is what some write for a content that they have not kept.
        _ => {
            let is_named = |header: &&Header| header.name.eq_ignore_ascii_case("content-length");
            let length = || headers.iter().find(is_named)?.value.parse().ok();
            untold(
                number(&content["size"]).or_else(length).or_else(|| number(&response["bodySize"])),
            )
        }
    }
}

fn body(content: &Value, text: &str) -> Body {
    let is_base64 =
        content["encoding"].as_str().is_some_and(|word| word.eq_ignore_ascii_case("base64"));
    let cut_from = content.get("_cutFrom");
    match (is_base64, cut_from) {
        (false, None) => Body::Text(text.to_owned()),
        (false, Some(length)) => {
            let length = length.as_u64().unwrap_or(text.len() as u64);
            Body::Cut { text: text.to_owned(), length }
        }
        (true, Some(length)) => {
            Body::Bytes { head: STANDARD.decode(text).unwrap_or_default(), length: length.as_u64() }
        }
        (true, None) => match STANDARD.decode(text.replace(['\n', '\r'], "")) {
            Ok(bytes) => of_bytes(bytes),
            // It says what it is not.
            Err(_) => Body::Text(text.to_owned()),
        },
    }
}

fn of_bytes(bytes: Vec<u8>) -> Body {
    let length = bytes.len() as u64;
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Body::Text(text),
        Ok(text) => of_no_text(text.as_bytes(), length),
        Err(error) => of_no_text(error.as_bytes(), length),
    }
}

fn of_no_text(bytes: &[u8], length: u64) -> Body {
    Body::Bytes { head: bytes[..HEAD.min(bytes.len())].to_vec(), length: Some(length) }
}

/// A content of which nothing but its length is there.
fn untold(length: Option<u64>) -> Body {
    match length {
        None | Some(0) => Body::Empty,
        length => Body::Bytes { head: Vec::new(), length },
    }
}

/// A form as it is sent, of which only the fields are there.
fn form(params: &Value) -> Option<String> {
    let written = |text: &Value| {
        let text = utf8_percent_encode(text.as_str().unwrap_or_default(), IN_FORM).to_string();
        text.replace("%20", "+")
    };
    let fields = params.as_array()?.iter();
    let fields: Vec<String> = fields
        .map(|field| format!("{}={}", written(&field["name"]), written(&field["value"])))
        .collect();
    (!fields.is_empty()).then(|| fields.join("&"))
}

/// A number of bytes; none where it is -1 or no number.
fn number(value: &Value) -> Option<u64> {
    let whole = |number: f64| (number >= 0.0).then_some(number as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(whole))
}
