//! What differs in each run and means nothing: one type, one place that knows what an id looks like.

use std::sync::LazyLock;

use regex::Regex;

/// A sort of volatile value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Class {
    /// `req-` and a UUID, or Swift's `tx…`.
    RequestId,
    /// A UUID with dashes.
    Uuid,
    /// 32 hexadecimal digits.
    Hex32,
    /// An id that only its place tells, such as a token's audit id.
    Opaque,
    /// Host and port on loopback, in a URL or alone.
    Authority,
    /// A point in time, in ISO 8601 or as HTTP writes it.
    Time,
    /// Version of the interpreter that the client happens to run on.
    Interpreter,
}

impl Class {
    /// Whether one value stands for one thing everywhere. Times do not: two things may happen in
    /// one second of one run and in two seconds of another.
    pub(super) fn is_identity(self) -> bool {
        !matches!(self, Self::Time | Self::Interpreter)
    }
}

/// A stretch of text: what it says, or a value that stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Literal(&'a str),
    Volatile(Class, &'a str),
}

/// Alternatives in the order of [`CLASSES`]; the first that fits wins.
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    let uuid = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}";
    let weekday = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
    let month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
    let clock = r"\d{2}:\d{2}:\d{2}";
    Regex::new(&format!(
        r"(?x)
        (req-{uuid}|tx[0-9a-f]{{21}}-[0-9a-f]{{10}}[\w-]*)
        |({uuid})
        |([0-9a-f]{{32}})
        |((?:127\.0\.0\.1|localhost):\d{{2,5}})
        |(\d{{4}}-\d{{2}}-\d{{2}}[T\x20]{clock}(?:\.\d+)?(?:Z|[+-]\d{{2}}:?\d{{2}})?
          |{weekday},\x20\d{{2}}\x20{month}\x20\d{{4}}\x20{clock}\x20GMT)
        |(CPython/\d+\.\d+\.\d+\w*)"
    ))
    .expect("the pattern is valid")
});

const CLASSES: [Class; 6] = [
    Class::RequestId,
    Class::Uuid,
    Class::Hex32,
    Class::Authority,
    Class::Time,
    Class::Interpreter,
];

/// Cuts a text into what it says and the volatile values in it.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut done, mut position) = (0, 0);
    while let Some(captures) = PATTERN.captures_at(text, position) {
        let mut groups = CLASSES.iter().zip(1..);
        let (class, value) = groups
            .find_map(|(&class, group)| Some((class, captures.get(group)?)))
            .expect("every alternative is a group");
        if !stands_alone(text, value.start(), value.end()) {
            position = end_of_word(text, value.start());
            continue;
        }
        if done < value.start() {
            pieces.push(Piece::Literal(&text[done..value.start()]));
        }
        pieces.push(Piece::Volatile(class, value.as_str()));
        done = value.end();
        position = done;
    }
    if done < text.len() {
        pieces.push(Piece::Literal(&text[done..]));
    }
    pieces
}

/// Whether no letter or digit touches the value. An underscore may, as in `AUTH_` and an id.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let touches = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    !touches(text[..start].chars().next_back()) && !touches(text[end..].chars().next())
}

/// Where the letters and digits that begin at `start` end: no value can begin between.
fn end_of_word(text: &str, start: usize) -> usize {
    let word = text[start..].chars().take_while(|character| character.is_alphanumeric());
    start + word.map(char::len_utf8).sum::<usize>().max(1)
}

/// The text with each volatile value replaced by what `replace` gives for it.
pub(super) fn replaced<'a>(
    text: &'a str,
    mut replace: impl FnMut(Class, &'a str) -> String,
) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Literal(literal) => literal.to_owned(),
            Piece::Volatile(class, value) => replace(class, value),
        })
        .collect()
}

/// The text with the names of classes for its volatile values: equal for texts that say the same.
pub fn masked(text: &str) -> String {
    replaced(text, |class, _| format!("\u{0}{class:?}\u{0}"))
}

/// Whether a mask holds the mark of something's id.
pub(super) fn bears_an_id(mask: &str) -> bool {
    [Class::Uuid, Class::Hex32].iter().any(|class| mask.contains(&format!("\u{0}{class:?}\u{0}")))
}

/// How the value under a JSON key or header is to be read, where its shape does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// By its shape.
    Shape,
    /// As it stands: it follows from content, whatever it looks like.
    Literal,
    /// As one volatile value, whatever it looks like.
    Whole(Class),
}

/// The reading of what stands under a JSON key or in a header.
///
/// Checksums look like ids and mean something; audit ids mean nothing and look like anything
/// (Keystone's API reference, "audit_ids").
pub(super) fn reading(name: &str) -> Reading {
    match &*name.to_ascii_lowercase() {
        "checksum" | "etag" | "content-md5" | "md5" | "os_hash_value" => Reading::Literal,
        "audit_ids" | "audit_chain_id" => Reading::Whole(Class::Opaque),
        "x-timestamp" => Reading::Whole(Class::Time),
        _ => Reading::Shape,
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Piece, masked, pieces};

    #[test]
    fn finds_each_class() {
        let uuid = "a42bfade-78ec-4c95-b7b4-272ba265072c";
        for (text, class) in [
            (format!("req-{uuid}"), Class::RequestId),
            (uuid.to_owned(), Class::Uuid),
            ("de5af600557d44d0996e667499376dbb".to_owned(), Class::Hex32),
            ("127.0.0.1:5000".to_owned(), Class::Authority),
            ("2023-01-02T09:46:12.000000Z".to_owned(), Class::Time),
            ("2023-01-02 09:46:12".to_owned(), Class::Time),
            ("Fri, 30 Dec 2022 01:38:09 GMT".to_owned(), Class::Time),
            ("CPython/3.11.7".to_owned(), Class::Interpreter),
        ] {
            assert_eq!(pieces(&text), [Piece::Volatile(class, &text)]);
        }
    }

    #[test]
    fn leaves_numbers_names_and_hashes() {
        for text in
            ["21233664", "cirros-0.6.1-x86_64-disk", "v3.14", "2020-04-07", "0123456789abcdef"]
        {
            assert_eq!(pieces(text), [Piece::Literal(text)]);
        }
        let sha512 = "0".repeat(128);
        assert_eq!(pieces(&sha512), [Piece::Literal(&sha512)]);
    }

    #[test]
    fn a_mask_tells_texts_apart_by_what_they_say() {
        let [one, two] =
            ["a42bfade-78ec-4c95-b7b4-272ba265072c", "98b68b53-2939-474e-aab1-64a49c57e941"]
                .map(|id| masked(&format!("/v2/images/{id}/file")));
        assert_eq!(one, two);
        assert_ne!(one, masked("/v2/images/a42bfade-78ec-4c95-b7b4-272ba265072c"));
    }
}
