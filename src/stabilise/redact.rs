//! Takes secrets out of a run, by their place and then by value wherever else they turn up.
//!
//! In: what the cloud profile knows to be secret, and a run, whose headers and fields say what else
//! is. Out: the run with a placeholder, such as `[redacted:token]`, for each.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::{Captures, Regex};

use crate::model::{Body, Exchange, Header, Recording, Request, Response, Run};

/// A run in which no known secret is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted(Run);

impl Redacted {
    pub(super) fn run(&self) -> &Run {
        &self.0
    }

    pub(super) fn into_run(self) -> Run {
        self.0
    }
}

/// Header names whose values are secret, in lower case (Keystone, Swift, Glance, RFC 9110, 6265).
const HEADERS: [&str; 13] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
    "x-account-meta-temp-url-key",
    "x-api-key",
    "x-auth-key",
    "x-auth-token",
    "x-container-meta-temp-url-key",
    "x-image-meta-location",
    "x-service-token",
    "x-storage-token",
    "x-subject-token",
];

/// Names of fields, in JSON, forms and queries, whose values are secret. `_` stands for `_`, `-` or
/// nothing.
const FIELDS: &str = "(?:[a-z0-9_-]*_)?(?:password|passwd|passphrase|secret|token|api_?key\
    |private_?key|secret_?key|temp_url_(?:key|sig)|signature|credential)|admin_?pass|original_?password";

static JSON_FIELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r#"(?<before>"(?<name>(?i:{FIELDS}))"\s*:\s*")(?<value>(?:[^"\\]|\\.)*)"#))
});
/// The id in `"token": {"id": "…"}`, with which Keystone is asked to authenticate by token.
static TOKEN_ID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?<before>"(?<name>token)"\s*:\s*\{\s*"id"\s*:\s*")(?<value>(?:[^"\\]|\\.)*)"#)
});
static FORM_FIELD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(r#"(?<before>(?:^|[?&\n])(?<name>(?i:{FIELDS}))=)(?<value>[^&\s"'<>]*)"#))
});
/// What is secret by its shape alone: Fernet and JSON web tokens, private keys.
static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?<token>gAAAAA[A-Za-z0-9_-]{60,}={0,2}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,})|(?s:-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----.*?-----END (?:[A-Z]+ )*PRIVATE KEY-----)",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A secret shorter than this is replaced only where it stands as a secret: it may be a word.
const SHORTEST_BY_VALUE: usize = 6;

/// Secret values and what to call them.
pub struct Secrets {
    /// Finds the values in all encodings; a match's pattern is an index into `found`.
    finder: AhoCorasick,
    found: Vec<Needle>,
}

/// One way in which a secret may be written.
struct Needle {
    kind: String,
    text: String,
    /// Characters on each side that also hold bits of the secret, where it is inside Base64.
    margins: (usize, usize),
}

impl Secrets {
    /// The values known beforehand as (kind, value), and those that stand in secret places of a run.
    pub fn of(known: &[(String, String)], run: &Run) -> Self {
        let mut values: BTreeMap<String, String> = BTreeMap::new();
        let mut add = |kind: &str, value: &str| {
            if !value.is_empty() && !value.starts_with("[redacted:") {
                values.entry(value.to_owned()).or_insert_with(|| kind.to_owned());
            }
        };
        for (kind, value) in known {
            add(kind, value);
        }
        visit(run, &mut add);
        let found: Vec<Needle> = values
            .iter()
            .filter(|(value, _)| value.len() >= SHORTEST_BY_VALUE)
            .flat_map(|(value, kind)| needles(kind, value))
            .collect();
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(found.iter().map(|needle| &needle.text))
            .expect("the secrets of a run fit into memory");
        Self { finder, found }
    }

    /// The run without secrets.
    pub fn redact(&self, run: &Run) -> Redacted {
        let Recording { exchanges, messages } = &run.recording;
        Redacted(Run {
            outputs: run.outputs.iter().map(|output| self.text(output)).collect(),
            recording: Recording {
                exchanges: exchanges.iter().map(|exchange| self.exchange(exchange)).collect(),
                messages: messages.clone(),
            },
        })
    }

    /// A text without secrets.
    pub fn text(&self, text: &str) -> String {
        let placed =
            [&*JSON_FIELD, &TOKEN_ID, &FORM_FIELD].iter().fold(text.to_owned(), |text, pattern| {
                pattern.replace_all(&text, in_place).into_owned()
            });
        let shaped = SHAPE.replace_all(&placed, |found: &Captures<'_>| {
            placeholder(if found.name("token").is_some() { "token" } else { "private-key" })
        });
        self.by_value(&shaped)
    }

    fn by_value(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut done = 0;
        for found in self.finder.find_iter(text) {
            let needle = &self.found[found.pattern()];
            let Some(before) = text.get(done..found.start()) else { continue };
            let start = found.start() - run_of_base64(before.chars().rev(), needle.margins.0);
            out.push_str(&text[done..start]);
            out.push_str(&placeholder(&needle.kind));
            done = found.end() + run_of_base64(text[found.end()..].chars(), needle.margins.1);
        }
        out.push_str(&text[done..]);
        out
    }

    fn exchange(&self, exchange: &Exchange) -> Exchange {
        let Exchange { from, to, request, response } = exchange;
        Exchange {
            from: from.clone(),
            to: to.clone(),
            request: Request {
                method: request.method.clone(),
                url: self.text(&request.url),
                headers: self.headers(&request.headers),
                body: self.body(&request.body),
            },
            response: response.as_ref().map(|response| Response {
                status: response.status.clone(),
                url: self.text(&response.url),
                headers: self.headers(&response.headers),
                body: self.body(&response.body),
            }),
        }
    }

    fn headers(&self, headers: &[Header]) -> Vec<Header> {
        headers
            .iter()
            .map(|Header { name, value }| Header {
                name: name.clone(),
                value: self.header(name, value),
            })
            .collect()
    }

    fn header(&self, name: &str, value: &str) -> String {
        if !is_secret_header(name) || value.is_empty() || value.contains("[redacted:") {
            return self.text(value);
        }
        let kind = kind_of(name);
        match value.split_once(' ') {
            Some((scheme, _)) if kind == "credentials" => format!("{scheme} {}", placeholder(kind)),
            _ => placeholder(kind),
        }
    }

    fn body(&self, body: &Body) -> Body {
        match body {
            Body::Empty => Body::Empty,
            Body::Text(text) => Body::Text(self.text(text)),
            Body::Cut { text, length } => Body::Cut { text: self.text(text), length: *length },
            Body::Bytes { head, length } => Body::Bytes { head: self.bytes(head), length: *length },
        }
    }

    /// The first bytes of a body; all of them go when there is a secret among them.
    fn bytes(&self, head: &[u8]) -> Vec<u8> {
        if self.finder.is_match(head) { b"[redacted]".to_vec() } else { head.to_vec() }
    }
}

/// How many characters next to a match belong to the same Base64 group.
fn run_of_base64(characters: impl Iterator<Item = char>, most: usize) -> usize {
    let in_alphabet =
        |character: &char| character.is_ascii_alphanumeric() || "+/-_=".contains(*character);
    characters.take(most).take_while(in_alphabet).count()
}

/// Tells `add` each value that stands in a secret place, with its kind.
fn visit(run: &Run, add: &mut impl FnMut(&str, &str)) {
    for output in &run.outputs {
        visit_text(output, add);
    }
    for Exchange { request, response, .. } in &run.recording.exchanges {
        visit_message(&request.url, &request.headers, &request.body, add);
        if let Some(response) = response {
            visit_message(&response.url, &response.headers, &response.body, add);
        }
    }
}

fn visit_message(url: &str, headers: &[Header], body: &Body, add: &mut impl FnMut(&str, &str)) {
    visit_text(url, add);
    for Header { name, value } in headers.iter().filter(|header| is_secret_header(&header.name)) {
        let kind = kind_of(name);
        match value.split_once(' ') {
            Some((scheme, credentials)) if kind == "credentials" => {
                add(kind, credentials);
                if scheme.eq_ignore_ascii_case("basic") {
                    visit_basic(credentials, add);
                }
            }
            _ => add(kind, value),
        }
    }
    if let Body::Text(text) | Body::Cut { text, .. } = body {
        visit_text(text, add);
    }
}

/// The password in the Base64 of `user:password`.
fn visit_basic(credentials: &str, add: &mut impl FnMut(&str, &str)) {
    let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((_, password)) = decoded.as_deref().and_then(|decoded| decoded.split_once(':')) {
        add("password", password);
    }
}

fn visit_text(text: &str, add: &mut impl FnMut(&str, &str)) {
    for found in [&*JSON_FIELD, &TOKEN_ID].iter().flat_map(|pattern| pattern.captures_iter(text)) {
        let raw = &found["value"];
        let value = serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned());
        add(kind_of(&found["name"]), &value);
    }
    for found in FORM_FIELD.captures_iter(text) {
        let spaced = found["value"].replace('+', " ");
        let value = percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy();
        add(kind_of(&found["name"]), &value);
    }
}

fn in_place(found: &Captures<'_>) -> String {
    if found["value"].is_empty() || found["value"].contains("[redacted:") {
        return found[0].to_owned();
    }
    format!("{}{}", &found["before"], placeholder(kind_of(&found["name"])))
}

fn is_secret_header(name: &str) -> bool {
    HEADERS.contains(&&*name.to_ascii_lowercase())
}

fn placeholder(kind: &str) -> String {
    format!("[redacted:{kind}]")
}

fn kind_of(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let kinds = [
        ("pass", "password"),
        ("token", "token"),
        ("authorization", "credentials"),
        ("cookie", "cookie"),
        ("key", "key"),
        ("signature", "signature"),
    ];
    kinds.iter().find(|(part, _)| name.contains(part)).map_or("secret", |(_, kind)| kind)
}

/// The ways in which a value may be written: as it is, escaped for JSON, HTML or a URL, in hex, and
/// at each of the three places where it can begin inside Base64.
fn needles(kind: &str, value: &str) -> Vec<Needle> {
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(value).expect("a string is JSON");
    let hex: String = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut texts = vec![
        value.to_owned(),
        json[1..json.len() - 1].to_owned(),
        value
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;"),
        with_small_digits(&percent),
        with_small_digits(&unreserved_kept(value)),
        unreserved_kept(value),
        unreserved_kept(value).replace("%20", "+"),
        unreserved_kept(value).replace("%2F", "/"),
        percent,
        hex.to_uppercase(),
        hex,
    ];
    texts.sort();
    texts.dedup();
    let plain = texts.into_iter().map(|text| (text, (0, 0)));
    let encoded = (0..3).flat_map(|offset| base64_cores(value, offset));
    plain
        .chain(encoded)
        .map(|(text, margins)| Needle { kind: kind.to_owned(), text, margins })
        .collect()
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

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{Run, Secrets};

    const PASSWORD: &str = "s3cr/t p&ss+word?~";

    fn secrets() -> Secrets {
        Secrets::of(&[("password".to_owned(), PASSWORD.to_owned())], &Run::default())
    }

    #[test]
    fn a_value_is_found_in_every_encoding() {
        let percent = "s3cr%2Ft%20p%26ss%2Bword%3F~";
        for text in [PASSWORD, percent, &percent.to_lowercase(), &percent.replace("%20", "+")] {
            assert_eq!(secrets().text(&format!("<{text}>")), "<[redacted:password]>");
        }
        for prefix in ["", "a", "ab", "abc", "user:"] {
            let encoded = STANDARD.encode(format!("{prefix}{PASSWORD} and more"));
            let redacted = secrets().text(&format!("x {encoded}"));
            assert!(redacted.contains("[redacted:password]"), "{prefix}: {redacted}");
            let left = redacted.replace("[redacted:password]", "");
            assert!(left.len() < encoded.len() - PASSWORD.len(), "{prefix}: {redacted}");
        }
    }

    #[test]
    fn fields_are_secret_by_name() {
        let secrets = Secrets::of(&[], &Run::default());
        for (text, redacted) in [
            (r#"{"adminPass": "x"}"#, r#"{"adminPass": "[redacted:password]"}"#),
            (
                r#"{"password" :"a\"b", "name": "n"}"#,
                r#"{"password" :"[redacted:password]", "name": "n"}"#,
            ),
            (r#"{"token": {"id": "abc"}}"#, r#"{"token": {"id": "[redacted:token]"}}"#),
            ("http://h/x?client_secret=abc&y=1", "http://h/x?client_secret=[redacted:secret]&y=1"),
            (r#"{"password_expires_at": "x"}"#, r#"{"password_expires_at": "x"}"#),
            (r#"{"methods": ["password"]}"#, r#"{"methods": ["password"]}"#),
        ] {
            assert_eq!(secrets.text(text), redacted);
        }
    }

    #[test]
    fn redacting_twice_is_once() {
        let once =
            secrets().text(&format!("{{\"password\": \"{PASSWORD}\"}} gAAAAA{}", "b".repeat(100)));
        assert_eq!(secrets().text(&once), once);
        assert_eq!(once, "{\"password\": \"[redacted:password]\"} [redacted:token]");
    }
}
