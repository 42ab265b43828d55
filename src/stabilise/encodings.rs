//! The ways in which a secret may be written besides as it is.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A secret as it may be written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Needle {
    pub(super) kind: String,
    pub(super) text: String,
    /// Characters on each side that also hold bits of the secret, where it is inside Base64.
    pub(super) margins: (usize, usize),
}

/// One way in which a value may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    HexSmall,
    HexLarge,
    Json,
    Html,
    Percent,
    PercentSmall,
    /// Percent-encoding that leaves some characters as they are.
    Kept,
    KeptSmall,
    KeptPlus,
    KeptSlash,
    /// Inside Base64, so many bytes behind the beginning of a group.
    Base64(usize),
    UrlSafe(usize),
}

/// The ways in which any value may be written: as it is, in hex, and at each of the three places where
/// it can begin inside Base64.
const ALWAYS: [Way; 9] = [
    Way::Plain,
    Way::HexSmall,
    Way::HexLarge,
    Way::Base64(0),
    Way::UrlSafe(0),
    Way::Base64(1),
    Way::UrlSafe(1),
    Way::Base64(2),
    Way::UrlSafe(2),
];

/// How else a value may be written that does not consist of letters and digits: those are written as
/// they are wherever nothing is encoded as a whole. The first two of these are all that the characters
/// call for that percent-encoding may leave alone.
const ESCAPED: [Way; 8] = [
    Way::Percent,
    Way::PercentSmall,
    Way::Json,
    Way::Html,
    Way::Kept,
    Way::KeptSmall,
    Way::KeptPlus,
    Way::KeptSlash,
];

impl Way {
    /// All ways in which a value may be written. Some may come to the same.
    pub(super) fn all(value: &str) -> impl Iterator<Item = Self> {
        let may_stay = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let escaped: &[Self] = if value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            &[]
        } else if value.bytes().all(may_stay) {
            &ESCAPED[..2]
        } else {
            &ESCAPED
        };
        ALWAYS.iter().chain(escaped).copied()
    }

    /// The first bytes of a long value as it is written in this way, from its beginning. It is plain if
    /// that consists of letters and digits.
    pub(super) fn beginning<const LENGTH: usize>(
        self,
        first: &str,
        is_plain: bool,
    ) -> [u8; LENGTH] {
        let text = match self {
            Self::HexSmall | Self::HexLarge => self.text(first.get(..LENGTH / 2).unwrap_or(first)),
            Self::Base64(_) | Self::UrlSafe(_) => self.text(first),
            _ if is_plain => return start(first.as_bytes()),
            _ => self.text(first),
        };
        start(text.as_bytes())
    }

    /// A value as it is written in this way. What it begins with depends on the value's beginning only.
    pub(super) fn text(self, value: &str) -> String {
        let percent = || utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        match self {
            Self::Plain => value.to_owned(),
            Self::HexSmall => hexadecimal(value, *b"0123456789abcdef"),
            Self::HexLarge => hexadecimal(value, *b"0123456789ABCDEF"),
            Self::Json => {
                let json = serde_json::to_string(value).expect("a string is JSON");
                json[1..json.len() - 1].to_owned()
            }
            Self::Html => value
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
            Self::Percent => percent(),
            Self::PercentSmall => with_small_digits(&percent()),
            Self::Kept => unreserved_kept(value),
            Self::KeptSmall => with_small_digits(&unreserved_kept(value)),
            Self::KeptPlus => unreserved_kept(value).replace("%20", "+"),
            Self::KeptSlash => unreserved_kept(value).replace("%2F", "/"),
            Self::Base64(offset) => base64_core(&STANDARD, value, offset),
            Self::UrlSafe(offset) => base64_core(&URL_SAFE, value, offset),
        }
    }

    /// The value as it is to be looked for.
    pub(super) fn needle(self, kind: &str, value: &str) -> Needle {
        let margins = match self {
            Self::Base64(offset) | Self::UrlSafe(offset) => (usize::from(offset > 0), 3),
            _ => (0, 0),
        };
        Needle { kind: kind.to_owned(), text: self.text(value), margins }
    }
}

/// The first bytes of what is longer.
fn start<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    *bytes.first_chunk().expect("a long value is written longer")
}

/// The ways in which a value may be written, each as it is to be looked for.
pub(super) fn needles(kind: &str, value: &str) -> Vec<Needle> {
    Way::all(value).map(|way| way.needle(kind, value)).collect()
}

fn hexadecimal(value: &str, digits: [u8; 16]) -> String {
    let mut hex = String::with_capacity(2 * value.len());
    for byte in value.bytes() {
        for half in [byte >> 4, byte & 15] {
            hex.push(char::from(digits[usize::from(half)]));
        }
    }
    hex
}

/// Percent-encoding that leaves RFC 3986's unreserved characters as they are.
fn unreserved_kept(value: &str) -> String {
    utf8_percent_encode(value, RESERVED).to_string()
}

/// What does not depend on the neighbours when the value stands `offset` bytes behind the start of
/// a Base64 group.
fn base64_core(alphabet: &impl Engine, value: &str, offset: usize) -> String {
    let mut bytes = Vec::with_capacity(offset + value.len());
    bytes.resize(offset, 0);
    bytes.extend_from_slice(value.as_bytes());
    let first = (offset * 8).div_ceil(6);
    let last = bytes.len() * 8 / 6;
    let mut encoded = alphabet.encode(&bytes);
    encoded.truncate(last);
    encoded.drain(..first.min(encoded.len()));
    encoded
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
