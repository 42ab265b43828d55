//! Where secrets stand: headers and fields by their names.

use std::collections::HashSet;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use regex::{Captures, Regex};

use crate::model::{Body, Exchange, Header, Run};
use crate::settings::doctool::RedactSettings;

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

/// Names of fields whose values are secret, as a regular expression.
const FIELDS: &str = "(?:[a-z0-9_-]*_)?(?:password|passwd|passphrase|secret|token|api_?key\
    |private_?key|secret_?key|temp_url_(?:key|sig)|signature|credential)|admin_?pass|original_?password";

/// The id in `"token": {"id": "…"}`, with which Keystone is asked to authenticate by token.
static TOKEN_ID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?<before>"(?<name>token)"\s*:\s*\{\s*"id"\s*:\s*")(?<value>(?:[^"\\]|\\.)*)"#)
});

static NAME: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#""(?:name|region|type)"\s*:\s*"(?<value>[^"\\]*)""#));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// The places where values are secret by name.
pub(super) struct Places {
    headers: Vec<String>,
    json_field: Regex,
    form_field: Regex,
}

impl Places {
    /// The places that doctool knows, and those of the settings.
    pub(super) fn new(settings: &RedactSettings) -> Self {
        let fields: Vec<String> = settings.fields.iter().map(|name| regex::escape(name)).collect();
        let fields = [&[FIELDS.to_owned()], &*fields].concat().join("|");
        let more = settings.headers.iter().map(|name| name.to_ascii_lowercase());
        Self {
            headers: HEADERS.iter().map(|&name| name.to_owned()).chain(more).collect(),
            json_field: pattern(&format!(
                r#"(?<before>"(?<name>(?i:{fields}))"\s*:\s*")(?<value>(?:[^"\\]|\\.)*)"#
            )),
            form_field: pattern(&format!(
                r#"(?<before>(?:^|[?&\n])(?<name>(?i:{fields}))=)(?<value>[^&\s"'<>]*)"#
            )),
        }
    }

    /// Whether a header's value is secret.
    pub(super) fn is_secret(&self, header: &str) -> bool {
        let header = header.to_ascii_lowercase();
        self.headers.contains(&header)
    }

    /// The text with a placeholder for the value of each secret field.
    pub(super) fn replaced(&self, text: &str) -> String {
        let patterns = [&self.json_field, &*TOKEN_ID, &self.form_field];
        patterns.iter().fold(text.to_owned(), |text, pattern| {
            pattern.replace_all(&text, in_place).into_owned()
        })
    }

    /// Tells `add` each value that stands in a secret place, with its kind.
    pub(super) fn visit(&self, run: &Run, add: &mut impl FnMut(&str, &str)) {
        for output in &run.outputs {
            self.visit_text(output, add);
        }
        for Exchange { request, response, .. } in &run.recording.exchanges {
            self.visit_message(&request.url, &request.headers, &request.body, add);
            if let Some(response) = response {
                self.visit_message(&response.url, &response.headers, &response.body, add);
            }
        }
    }

    fn visit_message(
        &self,
        url: &str,
        headers: &[Header],
        body: &Body,
        add: &mut impl FnMut(&str, &str),
    ) {
        self.visit_text(url, add);
        for Header { name, value } in headers.iter().filter(|header| self.is_secret(&header.name)) {
            let kind = kind_of(name);
            match value.split_once(' ') {
                Some((scheme, credentials)) if kind == CREDENTIALS => {
                    add(kind, credentials);
                    if scheme.eq_ignore_ascii_case("basic") {
                        visit_basic(credentials, add);
                    }
                }
                _ => add(kind, value),
            }
        }
        if let Body::Text(text) | Body::Cut { text, .. } = body {
            self.visit_text(text, add);
        }
    }

    fn visit_text(&self, text: &str, add: &mut impl FnMut(&str, &str)) {
        let patterns = [&self.json_field, &*TOKEN_ID];
        for found in patterns.iter().flat_map(|pattern| pattern.captures_iter(text)) {
            let raw = &found["value"];
            let value =
                serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned());
            add(kind_of(&found["name"]), &value);
        }
        for found in self.form_field.captures_iter(text) {
            let spaced = found["value"].replace('+', " ");
            let value = percent_decode_str(&spaced).decode_utf8_lossy();
            add(kind_of(&found["name"]), &value);
        }
    }
}

/// What participants, users, projects and the like are called in the run.
pub(super) fn names(run: &Run) -> HashSet<String> {
    let mut names = HashSet::new();
    for Exchange { from, to, request, response } in &run.recording.exchanges {
        names.extend([from.clone(), to.clone()]);
        for body in [Some(&request.body), response.as_ref().map(|response| &response.body)] {
            if let Some(Body::Text(text)) = body {
                names.extend(NAME.captures_iter(text).map(|found| found["value"].to_owned()));
            }
        }
    }
    names
}

/// The password in the Base64 of `user:password`.
fn visit_basic(credentials: &str, add: &mut impl FnMut(&str, &str)) {
    let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((_, password)) = decoded.as_deref().and_then(|decoded| decoded.split_once(':')) {
        add("password", password);
    }
}

fn in_place(found: &Captures<'_>) -> String {
    if found["value"].is_empty() || is_placeholder(&found["value"]) {
        return found[0].to_owned();
    }
    format!("{}{}", &found["before"], placeholder(kind_of(&found["name"])))
}

/// What stands where a secret stood.
pub(super) fn placeholder(kind: &str) -> String {
    format!("[redacted:{kind}]")
}

/// Whether the value has been replaced already.
pub(super) fn is_placeholder(value: &str) -> bool {
    value.contains("[redacted:")
}

/// What the value of a header such as `Authorization` is called.
pub(super) const CREDENTIALS: &str = "credentials";

/// What to call the value that stands under this name.
pub(super) fn kind_of(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let kinds = [
        ("pass", "password"),
        ("token", "token"),
        ("authorization", CREDENTIALS),
        ("cookie", "cookie"),
        ("key", "key"),
        ("signature", "signature"),
    ];
    kinds.iter().find(|(part, _)| name.contains(part)).map_or("secret", |(_, kind)| kind)
}
