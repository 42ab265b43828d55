//! The ways in which a secret may be written besides as it is.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One way in which a secret may be written.
pub(super) struct Needle {
    pub(super) kind: String,
    pub(super) text: String,
    /// Characters on each side that also hold bits of the secret, where it is inside Base64.
    pub(super) margins: (usize, usize),
}

/// The ways in which a value may be written: as it is, escaped for JSON, HTML or a URL, in hex, and
/// at each of the three places where it can begin inside Base64.
pub(super) fn needles(kind: &str, value: &str) -> Vec<Needle> {
    let hex = hexadecimal(value);
    let mut texts = vec![value.to_owned(), hex.to_ascii_uppercase(), hex];
    // Letters and digits are written as they are wherever nothing is encoded as a whole, and most
    // secrets hold nothing else.
    if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        texts.extend(escaped(value));
        texts.sort_unstable();
        texts.dedup();
    }
    let plain = texts.into_iter().map(|text| (text, (0, 0)));
    let encoded = (0..3).flat_map(|offset| base64_cores(value, offset));
    plain
        .chain(encoded)
        .map(|(text, margins)| Needle { kind: kind.to_owned(), text, margins })
        .collect()
}

/// A value as it is escaped for JSON, HTML or a URL.
fn escaped(value: &str) -> [String; 8] {
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(value).expect("a string is JSON");
    let kept = unreserved_kept(value);
    [
        json[1..json.len() - 1].to_owned(),
        value
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;"),
        with_small_digits(&percent),
        with_small_digits(&kept),
        kept.replace("%20", "+"),
        kept.replace("%2F", "/"),
        kept,
        percent,
    ]
}

fn hexadecimal(value: &str) -> String {
    let digit = |number: u8| char::from_digit(number.into(), 16).expect("it is less than 16");
    value.bytes().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Percent-encoding that leaves RFC 3986's unreserved characters as they are.
fn unreserved_kept(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// What does not depend on the neighbours when the value stands `offset` bytes behind the start of
/// a Base64 group, in both alphabets, and how many characters on each side do.
fn base64_cores(value: &str, offset: usize) -> Vec<(String, (usize, usize))> {
    let mut bytes = vec![0; offset];
    bytes.extend_from_slice(value.as_bytes());
    let first = (offset * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    let margins = (usize::from(offset > 0), 3);
    let core = |encoded: String| (encoded[first..last].to_owned(), margins);
    let standard = core(STANDARD.encode(&bytes));
    let url_safe = core(URL_SAFE.encode(&bytes));
    if standard == url_safe { vec![standard] } else { vec![standard, url_safe] }
}

/// Percent-encoding with small hexadecimal digits, as some clients write it.
fn with_small_digits(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at(part.len().min(2));
        out.extend(["%", &escape.to_ascii_lowercase(), rest]);
    }
    out
}
