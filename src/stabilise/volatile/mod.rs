//! What differs in each run and means nothing: one place that knows what an id looks like.
//!
//! In: the site's own rules, and the runs, which say what the hosts of the cloud are. Out: texts cut
//! into what they say and the volatile values in it.

mod hosts;
mod readings;
pub(in crate::stabilise) mod twins;

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use crate::error::Result;
use crate::model::{Json, JsonPath, Run, Trail};
use crate::settings::VolatileRule;

pub(super) use readings::{Reading, field_of_line};

/// A sort of volatile value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Class {
    /// `req-` and a UUID, or Swift's `tx…`.
    RequestId,
    /// A UUID with dashes.
    Uuid,
    /// 32 hexadecimal digits.
    Hex32,
    /// A token, or what stands where one stood.
    Token,
    /// The id by which Keystone's audit follows a token; only its place tells it.
    AuditId,
    /// A host of the cloud, with its port if it has one.
    Authority,
    /// A point in time as ISO 8601 writes it.
    IsoTime,
    /// A point in time as HTTP writes it.
    HttpDate,
    /// A point in time in seconds since 1970.
    Epoch,
    /// A checksum of content that holds volatile values; only its place tells it.
    Checksum,
    /// Version of the interpreter that the client happens to run on.
    Interpreter,
    /// What the site's rule with this index finds; rules of one name share the first one's index.
    Site(usize),
}

impl Class {
    /// Whether one value stands for one thing everywhere. Times do not: two things may happen in
    /// one second of one run and in two seconds of another.
    pub(super) fn is_identity(self) -> bool {
        !self.is_time() && !matches!(self, Self::Token | Self::Interpreter)
    }

    fn is_time(self) -> bool {
        matches!(self, Self::IsoTime | Self::HttpDate | Self::Epoch)
    }

    /// Whether people write such a value into commands to name a thing by it.
    pub(super) fn is_typed(self) -> bool {
        matches!(self, Self::Uuid | Self::Hex32 | Self::Authority | Self::Site(_))
    }

    /// Whether a value that only its place tells can be one of this class.
    fn fits(self, value: &str) -> bool {
        match self {
            Self::AuditId => AUDIT_ID.is_match(value),
            Self::Epoch => EPOCH.is_match(value),
            _ => !value.is_empty() && value != "null" && !value.contains(char::is_whitespace),
        }
    }

    /// How the value is written, where that means something: a time with fractions of a second is
    /// no time without.
    fn form(self, value: &str) -> Cow<'_, str> {
        if self.is_time() { DIGITS.replace_all(value, "0") } else { Cow::Borrowed("") }
    }

    /// What stands in a mask for a value of this class.
    fn mark(self, value: &str) -> String {
        // Days and months have names in it.
        let form = if self == Self::HttpDate { Cow::Borrowed("") } else { self.form(value) };
        format!("\u{0}{self:?}{form}\u{0}")
    }
}

/// A stretch of text: what it says, or a value that stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Literal(&'a str),
    Volatile(Class, &'a str),
}

impl Piece<'_> {
    /// Whether two stretches say the same.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Literal(one), Self::Literal(two)) => one == two,
            (Self::Volatile(one, value), Self::Volatile(two, other)) => {
                one == two && one.mark(value) == two.mark(other)
            }
            _ => false,
        }
    }
}

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// What tells a value by its shape alone. [`class_of`] says which class a match is of.
static SHAPES: LazyLock<Regex> = LazyLock::new(|| {
    let uuid = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
    let weekday = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
    let month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
    let clock = r"\d{2}:\d{2}:\d{2}";
    let token = super::find::TOKEN;
    pattern(&format!(
        r"(?x-u)
        req-{uuid}|tx[0-9a-f]{{21}}-[0-9a-f]{{10}}[\w-]*
        |{uuid}
        |[0-9a-f]{{32}}
        |{token}|\[redacted:token\]
        |(?:127\.0\.0\.1|localhost):\d{{2,5}}
        |\d{{4}}-\d{{2}}-\d{{2}}[T\x20]{clock}(?:\.\d+)?(?:Z|[+-]\d{{2}}:?\d{{2}})?
        |{weekday},\x20\d{{2}}\x20{month}\x20\d{{4}}\x20{clock}\x20GMT
        |1\d{{9}}\.\d{{1,9}}(?:_[0-9a-f]{{8}})?
        |CPython/\d+\.\d+\.\d+\w*"
    ))
});

static AUDIT_ID: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[A-Za-z0-9_-]{16,64}$"));
static EPOCH: LazyLock<Regex> = LazyLock::new(|| pattern(r"^1[0-9]{9}(?:[0-9]{3})?(?:\.[0-9]+)?$"));
static DIGITS: LazyLock<Regex> = LazyLock::new(|| pattern("[0-9]+"));

/// The class of a match of [`SHAPES`].
fn class_of(value: &str) -> Class {
    let bytes = value.as_bytes();
    match bytes {
        [b'r', b'e', b'q', ..] | [b't', b'x', ..] => Class::RequestId,
        [b'[', ..] | [b'g', ..] | [b'e', b'y', ..] => Class::Token,
        [b'C', b'P', ..] => Class::Interpreter,
        [first, ..] if first.is_ascii_uppercase() && bytes.contains(&b',') => Class::HttpDate,
        _ if value.starts_with("127.0.0.1:") || value.starts_with("localhost:") => Class::Authority,
        _ if bytes.contains(&b':') => Class::IsoTime,
        _ if bytes.contains(&b'.') => Class::Epoch,
        _ if bytes.len() == 32 => Class::Hex32,
        _ => Class::Uuid,
    }
}

/// What is volatile on a site and in the runs of its pages.
pub struct Volatile {
    /// The site's own patterns; they come first where several match.
    patterns: Vec<(Class, Regex)>,
    /// The hosts of the cloud; none where nothing is known of them.
    hosts: Option<Regex>,
    paths: Vec<(Class, JsonPath)>,
}

impl Volatile {
    /// What is volatile by the site's rules and in these runs.
    ///
    /// # Errors
    ///
    /// When a rule's pattern or path cannot be read.
    pub fn new<'a>(
        rules: &[VolatileRule],
        runs: impl IntoIterator<Item = &'a Run>,
    ) -> Result<Self> {
        let (mut patterns, mut paths) = (Vec::new(), Vec::new());
        for rule in rules {
            let first = rules.iter().position(|other| other.name == rule.name);
            let class = Class::Site(first.expect("it is there"));
            patterns.extend(rule.regex()?.map(|regex| (class, regex)));
            paths.extend(rule.json_path()?.map(|path| (class, path)));
        }
        Ok(Self { patterns, hosts: hosts::pattern(runs), paths })
    }

    /// What is volatile on any site, whatever its cloud.
    #[cfg(test)]
    pub(super) fn everywhere() -> Self {
        Self { patterns: Vec::new(), hosts: None, paths: Vec::new() }
    }

    /// Cuts a text into what it says and the volatile values in it.
    pub(super) fn pieces<'a>(&self, text: &'a str) -> Vec<Piece<'a>> {
        let mut pieces = Vec::new();
        let mut finders = self.finders(text);
        let mut done = 0;
        while let Some((class, start, end)) = next(&mut finders, done) {
            if done < start {
                pieces.push(Piece::Literal(&text[done..start]));
            }
            pieces.push(Piece::Volatile(class, &text[start..end]));
            done = end;
        }
        if done < text.len() {
            pieces.push(Piece::Literal(&text[done..]));
        }
        pieces
    }

    /// The finders, those that win first.
    fn finders<'a>(&'a self, text: &'a str) -> Vec<Finder<'a>> {
        let site = self.patterns.iter().map(|(class, regex)| (Some(*class), regex));
        let hosts = self.hosts.iter().map(|regex| (Some(Class::Authority), regex));
        let finders = site.chain(hosts).chain([(None, &*SHAPES)]);
        finders.map(|(class, regex)| Finder { class, regex, text, found: Found::Unknown }).collect()
    }

    /// The text with each volatile value replaced by what `replace` gives for it.
    pub(super) fn replaced<'a>(
        &self,
        text: &'a str,
        mut replace: impl FnMut(Class, &'a str) -> String,
    ) -> String {
        let pieces = self.pieces(text).into_iter().map(|piece| match piece {
            Piece::Literal(literal) => Cow::Borrowed(literal),
            Piece::Volatile(class, value) => Cow::Owned(replace(class, value)),
        });
        pieces.collect()
    }

    /// The text with the names of classes for its volatile values: equal for texts that say the
    /// same.
    pub fn masked(&self, text: &str) -> String {
        self.replaced(text, |class, value| class.mark(value))
    }

    /// The class of a text that is one volatile value and nothing else.
    pub(super) fn class(&self, text: &str) -> Option<Class> {
        match &*self.pieces(text) {
            [Piece::Volatile(class, _)] => Some(*class),
            _ => None,
        }
    }

    /// How the value at a place in JSON is to be read.
    pub(super) fn reading(&self, name: &str, trail: Option<&Trail<'_>>) -> Reading {
        let rule = self.paths.iter().find(|(_, path)| path.leads_to(trail));
        rule.map_or_else(|| readings::of_field(name), |(class, _)| Reading::Whole(*class))
    }

    /// How a header's value is to be read.
    pub(super) fn header_reading(&self, name: &str) -> Reading {
        readings::of_header(name)
    }

    /// What a JSON value says, without its volatile values and the order of its keys. `name` is the
    /// key under which it stands, `trail` the way there.
    pub(super) fn masked_json(&self, name: &str, json: &Json, trail: Option<&Trail<'_>>) -> Json {
        match json {
            Json::Scalar(token) => Json::Scalar(match self.reading(name, trail) {
                Reading::Content => token.clone(),
                Reading::Whole(class) if class.fits(json.as_str().unwrap_or(token)) => {
                    class.mark(token)
                }
                _ => self.masked(token),
            }),
            Json::Array(elements) => {
                let element = |(index, element)| {
                    self.masked_json(name, element, Some(&Trail::element(trail, index)))
                };
                Json::Array(elements.iter().enumerate().map(element).collect())
            }
            Json::Object(members) => {
                let member = |(key, value): &(String, Json)| {
                    let value = self.masked_json(key, value, Some(&Trail::member(trail, key)));
                    (self.masked(key), value)
                };
                let mut members: Vec<(String, Json)> = members.iter().map(member).collect();
                members.sort_by(|(one, _), (two, _)| one.cmp(two));
                Json::Object(members)
            }
        }
    }
}

/// Whether two values that only their place tells are of this class, and written alike.
pub(super) fn both_are(class: Class, one: &str, two: &str) -> bool {
    class.fits(one) && class.fits(two) && class.form(one) == class.form(two)
}

/// Whether a mask holds the mark of something's id.
pub(super) fn bears_an_id(mask: &str) -> bool {
    mask.contains("\u{0}Uuid\u{0}")
        || mask.contains("\u{0}Hex32\u{0}")
        || mask.contains("\u{0}Site(")
}

/// One pattern on its way through a text.
struct Finder<'a> {
    /// None for [`SHAPES`], whose matches tell their class.
    class: Option<Class>,
    regex: &'a Regex,
    text: &'a str,
    /// The next match; looked for again only once it lies behind, so that a text is read once.
    found: Found,
}

#[derive(Clone, Copy)]
enum Found {
    Unknown,
    Nothing,
    At(Class, usize, usize),
}

/// The first match from a position on that stands alone.
fn next(finders: &mut [Finder<'_>], from: usize) -> Option<(Class, usize, usize)> {
    let found = finders.iter_mut().filter_map(|finder| finder.next(from));
    // Of matches that begin at one place, the first is that of the first finder.
    found.min_by_key(|(_, start, _)| *start)
}

impl Finder<'_> {
    fn next(&mut self, from: usize) -> Option<(Class, usize, usize)> {
        match self.found {
            Found::At(class, start, end) if start >= from => return Some((class, start, end)),
            Found::Nothing => return None,
            Found::At(..) | Found::Unknown => {}
        }
        let mut position = from;
        while let Some(found) = self.regex.find_at(self.text, position) {
            let (start, end) = (found.start(), found.end());
            let class = self.class.unwrap_or_else(|| class_of(found.as_str()));
            if start < end && stands_alone(class, self.text, start, end) {
                self.found = Found::At(class, start, end);
                return Some((class, start, end));
            }
            position = end_of_word(self.text, start);
        }
        self.found = Found::Nothing;
        None
    }
}

/// Whether no letter or digit touches the value. An underscore may, as in `AUTH_` and an id.
fn stands_alone(class: Class, text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (&text[..start], &text[end..]);
    let touches = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let alone = !touches(before.chars().next_back()) && !touches(after.chars().next());
    alone && (class != Class::Authority || hosts::is_one(before, &text[start..end], after))
}

/// Where the letters and digits that begin at `start` end: no value can begin between.
fn end_of_word(text: &str, start: usize) -> usize {
    let word = text[start..].chars().take_while(|character| character.is_alphanumeric());
    let length = word.map(char::len_utf8).sum::<usize>();
    let first = text[start..].chars().next().map_or(1, char::len_utf8);
    start + length.max(first)
}

#[cfg(test)]
mod tests {
    use super::{Class, Piece, Volatile};

    const UUID: &str = "a42bfade-78ec-4c95-b7b4-272ba265072c";

    #[test]
    fn finds_each_class() {
        let volatile = Volatile::everywhere();
        for (text, class) in [
            (format!("req-{UUID}"), Class::RequestId),
            ("tx0123456789abcdef01234-0063b2827dglance".to_owned(), Class::RequestId),
            (UUID.to_owned(), Class::Uuid),
            ("de5af600557d44d0996e667499376dbb".to_owned(), Class::Hex32),
            (format!("gAAAAA{}", "b".repeat(90)), Class::Token),
            ("[redacted:token]".to_owned(), Class::Token),
            ("127.0.0.1:5000".to_owned(), Class::Authority),
            ("2023-01-02T09:46:12.000000Z".to_owned(), Class::IsoTime),
            ("2023-01-02 09:46:12+09:00".to_owned(), Class::IsoTime),
            ("Fri, 30 Dec 2022 01:38:09 GMT".to_owned(), Class::HttpDate),
            ("1672364289.12345".to_owned(), Class::Epoch),
            ("1672364289.12345_00000000".to_owned(), Class::Epoch),
            ("CPython/3.11.7".to_owned(), Class::Interpreter),
        ] {
            assert_eq!(volatile.pieces(&text), [Piece::Volatile(class, &text)]);
        }
    }

    #[test]
    fn leaves_numbers_names_and_hashes() {
        let volatile = Volatile::everywhere();
        for text in [
            "21233664",
            "1134410240",
            "0000000000.00000",
            "cirros-0.6.1-x86_64-disk",
            "v3.14",
            "2020-04-07",
            "0123456789abcdef",
            "127.0.0.1",
        ] {
            assert_eq!(volatile.pieces(text), [Piece::Literal(text)]);
        }
        let sha512 = "0".repeat(128);
        assert_eq!(volatile.pieces(&sha512), [Piece::Literal(&sha512)]);
    }

    #[test]
    fn a_mask_tells_texts_apart_by_what_they_say() {
        let masked = |text: &str| Volatile::everywhere().masked(text);
        let [one, two] = [UUID, "98b68b53-2939-474e-aab1-64a49c57e941"]
            .map(|id| masked(&format!("/v2/images/{id}/file")));
        assert_eq!(one, two);
        assert_ne!(one, masked(&format!("/v2/images/{UUID}")));
    }

    #[test]
    fn a_time_that_is_written_in_another_way_says_something_else() {
        let masked = |text: &str| Volatile::everywhere().masked(text);
        let time = masked("2023-01-02T09:46:12.000000Z");
        assert_eq!(time, masked("2024-11-30T23:00:00.123456Z"));
        for other in [
            "2023-01-02T09:46:12Z",
            "2023-01-02 09:46:12.000000Z",
            "2023-01-02T09:46:12.000000+09:00",
            "Fri, 30 Dec 2022 01:38:09 GMT",
        ] {
            assert_ne!(time, masked(other), "{other}");
        }
    }
}
