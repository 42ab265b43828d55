//! Where secrets stand: headers and fields by their names.
//!
//! In: a text, or a run. Out: the values in such places, each with its span and its kind.

use std::ops::Range;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use foldhash::{HashSet, HashSetExt as _};
use memchr::{memchr, memchr2, memmem};
use percent_encoding::percent_decode_str;
use regex::Regex;

use crate::model::{Body, Exchange, Header, Run, TextForm};
use crate::settings::doctool::RedactSettings;

use super::find::{self, Found};
use super::windows::{self, Behind, Window, Windows};

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

/// Bytes of the longest word that may be a field, unless the settings name a longer one.
const LONGEST_WORD: usize = 100;

/// The id in `"token": {"id": "…"}`, with which Keystone is asked to authenticate by token.
static TOKEN_ID: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#""(?<name>token)"\s*:\s*\{\s*"id"\s*:\s*"(?<value>(?:[^"\\]|\\.)*)"#)
});

/// The fields whose values are names.
static NAMES: LazyLock<[memmem::Finder<'_>; 3]> =
    LazyLock::new(|| [r#""name""#, r#""region""#, r#""type""#].map(memmem::Finder::new));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// Values in secret places that say that there is nothing.
static NOTHING: LazyLock<Regex> = LazyLock::new(|| pattern("^(?i:null|none|true|false)$"));

/// Longer than all of these, in whatever case.
const LONGER_THAN_NOTHING: usize = 16;

fn is_nothing(value: &str) -> bool {
    value.len() < LONGER_THAN_NOTHING && NOTHING.is_match(value)
}

/// What people write where a secret stood: stars, a name in brackets, a variable, an ellipsis behind
/// at most a few characters, the digest that `openstack --debug` prints.
static STAND_IN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?x)^(?:
            [*•.…_-]+ | [xX]{3,}
            | <[^<>]*> | \{\{?[\w\x20.-]*\}?\} | %\(\w+\)s
            | \$\{?(?:[A-Z_][A-Z0-9_]*|[a-z_]*(?:token|pass|secret|key)[a-z_]*)\}? | \$\([^)]*\)
            | (?i:your[\w-]*|redacted|hidden|masked|removed|str|string)
            | .{0,19}(?:\.{3}|…)
            | \{SHA(?:1|256)\}[0-9a-f]+
        )$",
    )
});

/// Longer than the words among these.
const LONGER_THAN_A_STAND_IN: usize = 80;

/// Whether a value may be one of these. Tokens are long, and this is quick to see.
fn may_stand_in(value: &str) -> bool {
    let is_letter = |first: &u8| first.is_ascii_alphanumeric() && !b"xXyY".contains(first);
    value.len() < LONGER_THAN_A_STAND_IN || !value.as_bytes().first().is_some_and(is_letter)
}

/// What in a secret place is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StandIns {
    /// Only what doctool itself put there: a live password may look like anything.
    Marks,
    /// Also what people put there.
    Any,
}

/// A value that stands where values are secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// Where it stands, as bytes of the text.
    pub(super) span: Range<usize>,
    pub(super) kind: &'static str,
    /// What it is, however the text writes it.
    pub(super) value: String,
}

/// What is seen at once in a text, without knowing any secret.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// What stands in secret places.
    pub(super) placed: Vec<Placed>,
    /// How many of these, from the first on, are fields.
    fields: usize,
    /// What is secret by its shape.
    pub(super) shaped: Vec<Found>,
}

impl Seen {
    /// The values of fields.
    pub(super) fn fields(&self) -> &[Placed] {
        &self.placed[..self.fields]
    }
}

/// The places where values are secret by name.
#[derive(Clone)]
pub(super) struct Places {
    headers: Vec<String>,
    /// Fields of JSON, also as Python prints them and inside another JSON string.
    json_fields: [Regex; 3],
    form_field: Regex,
    quoted_field: Regex,
    quoted_header: Regex,
    /// A row of a table.
    row: Regex,
    /// A line of YAML.
    yaml: Regex,
    field: Regex,
    /// What is longer is no word.
    longest_word: usize,
    windows: Windows,
    stand_ins: StandIns,
}

impl Places {
    /// The places that doctool knows, and those of the settings.
    pub(super) fn new(settings: &RedactSettings, stand_ins: StandIns) -> Self {
        let fields: Vec<String> = settings.fields.iter().map(|name| regex::escape(name)).collect();
        let fields = [&[FIELDS.to_owned()], &*fields].concat().join("|");
        let more = settings.headers.iter().map(|name| name.to_ascii_lowercase());
        let headers: Vec<String> =
            HEADERS.iter().map(|&name| name.to_owned()).chain(more).collect();
        let names: Vec<String> = headers.iter().map(|name| regex::escape(name)).collect();
        let names = names.join("|");
        let json = |quote: &str, value: &str| {
            pattern(&format!(
                r#"{quote}(?<name>(?i-u:{fields}|{names})){quote}\s*:\s*[bu]?{quote}(?<value>{value})"#
            ))
        };
        Self {
            json_fields: [
                json("\"", r#"(?:[^"\\]|\\.)*"#),
                json("'", r"(?:[^'\\]|\\.)*"),
                json(r#"\\""#, r#"(?:[^"\\]|\\[^"])*"#),
            ],
            form_field: pattern(&format!(
                r#"(?:^|[?&;\s])(?<name>(?i-u:{fields}))=(?<value>[^&\s"'<>]*)"#
            )),
            quoted_field: pattern(&format!(
                r#"(?:^|[?&;\s])(?<name>(?i-u:{fields}))=["'](?<value>[^"'\r\n]*)"#
            )),
            quoted_header: pattern(&format!(
                r#"["'](?<name>(?i-u:{names})):[ \t]*(?<value>[^"'\r\n]*)["']"#
            )),
            row: pattern(&format!(
                r"^[-+ \t]*\|[ \t]*(?<name>(?i-u:{fields}))[ \t]*\|[ \t]*(?<value>[^|\r\n]*?)[ \t]*\|"
            )),
            yaml: pattern(&format!(
                r#"^[-+ \t]*(?<name>(?i-u:{fields})):[ \t]+["']?(?<value>[^\s"'{{\[|>&*!#][^\s"']*)["']?[ \t\r]*$"#
            )),
            field: pattern(&format!("^(?i-u:{fields})$")),
            longest_word: settings.fields.iter().map(String::len).fold(LONGEST_WORD, usize::max),
            windows: Windows::new(settings.fields.iter().chain(&headers).map(String::as_str)),
            stand_ins,
            headers,
        }
    }

    /// The same places, where these values are no secrets.
    pub(super) fn leaving(&self, stand_ins: StandIns) -> Self {
        Self { stand_ins, ..self.clone() }
    }

    /// Whether a header's value is secret.
    pub(super) fn is_secret(&self, header: &str) -> bool {
        let Some(first) = header.bytes().next() else { return false };
        let first = first.to_ascii_lowercase();
        // Asked of each header of a long log, and hardly ever are two letters the same.
        let mut alike = self.headers.iter().filter(|name| name.as_bytes().first() == Some(&first));
        alike.any(|name| name.eq_ignore_ascii_case(header))
    }

    /// Whether this is what fields with secrets are called, and so a word that says nothing. What is long
    /// is no word.
    pub(super) fn is_field(&self, word: &str) -> bool {
        word.len() <= self.longest_word && self.field.is_match(word)
    }

    /// Whether a value in a secret place is a secret, and nothing that stands for one.
    pub(super) fn is_secret_value(&self, value: &str) -> bool {
        let is_stand_in = match self.stand_ins {
            StandIns::Marks => false,
            StandIns::Any => may_stand_in(value) && STAND_IN.is_match(value),
        };
        !value.is_empty() && !is_placeholder(value) && !is_nothing(value) && !is_stand_in
    }

    /// Whether anything in the text may be secret by its place or its shape.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        self.windows.may_be_in(text.as_bytes())
    }

    /// What stands in secret places of a text, and what is secret by its shape. In prose, a line with
    /// the name of a header or a field may explain it instead.
    pub(super) fn seen(&self, form: TextForm, text: &str) -> Seen {
        let windows = self.windows.of(text);
        if windows.is_empty() {
            return Seen::default();
        }
        let shape = |window: Window<'_>| find::shaped(window.text, window.shapes()).collect();
        let shaped = windows.each(text, shape, |found: &mut Found| &mut found.span);
        let mut placed = self.fields_of(text, &windows);
        let fields = placed.len();
        if form == TextForm::Shown {
            let rule = |window: Window<'_>| self.lines_in(window);
            placed.extend(windows.each(text, rule, |placed| &mut placed.span));
        }
        Seen { placed, fields, shaped }
    }

    /// The values of fields, wherever they stand.
    pub(super) fn fields(&self, text: &str) -> Vec<Placed> {
        self.fields_of(text, &self.windows.of(text))
    }

    fn fields_of(&self, text: &str, windows: &windows::Found) -> Vec<Placed> {
        windows.each(text, |window| self.fields_in(window), |placed| &mut placed.span)
    }

    fn fields_in(&self, window: Window<'_>) -> Vec<Placed> {
        let from_json = |raw: &str| {
            serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned())
        };
        let from_form =
            |raw: &str| percent_decode_str(&raw.replace('+', " ")).decode_utf8_lossy().into_owned();
        let mut fields = Vec::new();
        let [double, single, escaped] = &self.json_fields;
        for (pattern, behind) in [
            (double, Behind::DoubleQuote),
            (single, Behind::SingleQuote),
            (escaped, Behind::Backslash),
            (&TOKEN_ID, Behind::DoubleQuote),
        ] {
            if let Some(stretch) = window.stretch(&[behind]) {
                placed(pattern, window.text, stretch, from_json, &mut fields);
            }
        }
        for (start, line) in window.lines(&[Behind::Equals]) {
            on_line(&self.form_field, (start, line), from_form, &mut fields);
        }
        for (start, line) in window.lines(&[Behind::Equals]) {
            on_line(&self.quoted_field, (start, line), str::to_owned, &mut fields);
        }
        fields.retain(|placed| self.is_secret_value(&placed.value));
        fields
    }

    /// The values of headers and fields on lines of logs and of what commands print.
    fn lines_in(&self, window: Window<'_>) -> Vec<Placed> {
        let mut found = Vec::new();
        let is_quoted = |line: &str| memchr2(b'"', b'\'', line.as_bytes()).is_some();
        let is_yaml = |line: &str| {
            let name = line.trim_start_matches(['-', '+', ' ', '\t']).split(':').next();
            !self.windows.are_words() || name.is_some_and(|name| self.field.is_match(name))
        };
        for line in window.lines(&[Behind::Colon]) {
            self.header_on(line, &mut found);
        }
        for line in window.lines(&[Behind::Colon]).filter(|(_, line)| is_quoted(line)) {
            on_line(&self.quoted_header, line, str::to_owned, &mut found);
        }
        for line in window.lines(&[Behind::Cell]) {
            on_line(&self.row, line, str::to_owned, &mut found);
        }
        for line in window.lines(&[Behind::Colon]).filter(|(_, line)| is_yaml(line)) {
            on_line(&self.yaml, line, str::to_owned, &mut found);
        }
        let found = found.into_iter().map(without_scheme);
        found.filter(|placed| self.is_secret_value(&placed.value)).collect()
    }

    /// The value of a header that a line is, behind marks of a quote, a table or a diff.
    fn header_on(&self, (start, line): (usize, &str), all: &mut Vec<Placed>) {
        let Some((before, value)) = line.split_once(':') else { return };
        let before = before.as_bytes();
        let is_behind_marks = |name: &&String| {
            let marks = before.len().checked_sub(name.len());
            marks.is_some_and(|marks| {
                before[..marks].iter().all(|mark| b"-+<>| \t".contains(mark))
                    && before[marks..].eq_ignore_ascii_case(name.as_bytes())
            })
        };
        let Some(name) = self.headers.iter().find(is_behind_marks) else { return };
        let begin = start + line.len() - value.trim_start_matches([' ', '\t']).len();
        let value = value.trim_matches([' ', '\t']).trim_end_matches([' ', '\t', '\r']);
        if memchr(b'\r', value.as_bytes()).is_none() {
            let span = begin..begin + value.len();
            all.push(Placed { span, kind: kind_of(name), value: value.to_owned() });
        }
    }

    /// Tells `add` each value that stands in a secret place of a run, with its kind.
    pub(super) fn visit(&self, run: &Run, add: &mut impl FnMut(&str, &str)) {
        for output in &run.outputs {
            visit(&self.seen(TextForm::Shown, output).placed, add);
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
        let body = match body {
            Body::Text(text) | Body::Cut { text, .. } => self.fields(text),
            Body::Empty | Body::Bytes { .. } => Vec::new(),
        };
        let headers = headers.iter().map(|Header { name, value }| (&**name, &**value));
        self.visit_parts(&self.fields(url), headers, &body, add);
    }

    /// The same of a message in which the fields are known.
    pub(super) fn visit_parts<'a>(
        &self,
        url: &[Placed],
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[Placed],
        add: &mut impl FnMut(&str, &str),
    ) {
        visit(url, add);
        for (name, value) in headers.filter(|(name, _)| self.is_secret(name)) {
            let placed = Placed { span: 0..0, kind: kind_of(name), value: value.to_owned() };
            visit(&[without_scheme(placed)], add);
        }
        visit(body, add);
    }
}

/// Tells `add` the values, and the passwords inside credentials.
pub(super) fn visit(placed: &[Placed], add: &mut impl FnMut(&str, &str)) {
    for Placed { kind, value, .. } in placed {
        add(kind, value);
        if *kind == CREDENTIALS {
            visit_basic(value, add);
        }
    }
}

/// Adds what a pattern finds that begins in this stretch, each value read as the text writes it.
fn placed(
    pattern: &Regex,
    text: &str,
    stretch: Range<usize>,
    read: impl Fn(&str) -> String,
    all: &mut Vec<Placed>,
) {
    let mut at = stretch.start;
    while at < stretch.end
        && let Some(found) = pattern.captures_at(text, at)
    {
        let value = found.name("value").expect("every pattern names the value");
        let kind = kind_of(&found["name"]);
        all.push(Placed { span: value.range(), kind, value: read(value.as_str()) });
        at = found.get_match().end();
    }
}

/// Adds what a pattern finds on a line that begins at a place in the text.
fn on_line(
    pattern: &Regex,
    (start, line): (usize, &str),
    read: impl Fn(&str) -> String,
    all: &mut Vec<Placed>,
) {
    let before = all.len();
    placed(pattern, line, 0..line.len(), read, all);
    for Placed { span, .. } in &mut all[before..] {
        *span = start + span.start..start + span.end;
    }
}

/// The credentials behind a scheme such as `Basic`; any other value as it is.
fn without_scheme(mut placed: Placed) -> Placed {
    if placed.kind == CREDENTIALS
        && let Some((scheme, credentials)) = placed.value.split_once(' ')
    {
        placed.span.start += scheme.len() + 1;
        placed.value = credentials.to_owned();
    }
    placed
}

/// What participants, users, projects and the like are called in the run.
pub(super) fn names(run: &Run) -> HashSet<String> {
    let mut names = HashSet::new();
    for Exchange { from, to, request, response, .. } in &run.recording.exchanges {
        for participant in [from, to] {
            if !names.contains(participant) {
                names.insert(participant.clone());
            }
        }
        for body in [Some(&request.body), response.as_ref().map(|response| &response.body)] {
            if let Some(Body::Text(text)) = body {
                names_in(text, &mut names);
            }
        }
    }
    names
}

/// Adds the values of fields that hold names. None of them has an escape in it.
fn names_in(text: &str, names: &mut HashSet<String>) {
    for field in &*NAMES {
        for start in field.find_iter(text.as_bytes()) {
            let value = || {
                let value = text[start + field.needle().len()..].trim_start().strip_prefix(':')?;
                let value = value.trim_start().strip_prefix('"')?;
                let end = memchr2(b'"', b'\\', value.as_bytes())?;
                value[end..].starts_with('"').then(|| &value[..end])
            };
            if let Some(value) = value().filter(|value| !names.contains(*value)) {
                names.insert(value.to_owned());
            }
        }
    }
}

/// The password in the Base64 of `user:password`.
fn visit_basic(credentials: &str, add: &mut impl FnMut(&str, &str)) {
    let decoded = STANDARD.decode(credentials).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if let Some((_, password)) = decoded.as_deref().and_then(|decoded| decoded.split_once(':')) {
        add("password", password);
    }
}

/// What stands where a secret stood.
pub(super) fn placeholder(kind: &str) -> String {
    format!("[redacted:{kind}]")
}

/// Whether the value has been replaced already.
pub(super) fn is_placeholder(value: &str) -> bool {
    // Most have no bracket, and that is quick to see.
    memchr(b'[', value.as_bytes()).is_some() && value.contains("[redacted:")
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
