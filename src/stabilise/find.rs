//! Secrets in a text, each with its place, so that nothing else of the text needs to change.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::places::{Placed, placeholder};

/// Fernet and JSON web tokens, as a regular expression. What follows `gAAAAA` in a Fernet token is a
/// time, which is no `A`; in Base64 of other things it may be.
pub(super) const TOKEN: &str = r"gAAAAA[B-Za-z0-9_-][A-Za-z0-9_-]{19,}={0,2}|eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}";

/// What is secret by its shape alone, at the beginning of a text: tokens, private keys.
static SHAPE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        r"^(?:{TOKEN}|(?s:-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----.*?-----END (?:[A-Z]+ )*PRIVATE KEY-----))",
    ))
});

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[redacted:[^\]\s]*\]"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// A stretch of a text that is secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Bytes of the text.
    pub span: Range<usize>,
    /// What to call it, such as `token`.
    pub kind: String,
}

impl Found {
    /// What stands in its place once it is taken out.
    pub fn placeholder(&self) -> String {
        placeholder(&self.kind)
    }
}

impl From<&Placed> for Found {
    fn from(placed: &Placed) -> Self {
        Self { span: placed.span.clone(), kind: placed.kind.to_owned() }
    }
}

/// A Fernet token has at least as many characters. People cut tokens short, but then nothing else may
/// touch what is left: it could be from the middle of something in Base64.
const WHOLE_TOKEN: usize = 60;

/// What is secret by its shape and begins at one of these places, which are in order.
pub(super) fn shaped(
    text: &str,
    starts: impl Iterator<Item = usize>,
) -> impl Iterator<Item = Found> {
    let stands_alone = |start: usize| {
        !text[..start].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '+')
    };
    let mut done = 0;
    starts.filter_map(move |start| {
        let found = (start >= done).then(|| SHAPE.find(&text[start..])).flatten()?;
        done = start + found.end();
        let kind = if found.as_str().starts_with('-') { "private-key" } else { "token" };
        let counts = found.len() >= WHOLE_TOKEN || stands_alone(start);
        counts.then(|| Found { span: start..start + found.end(), kind: kind.to_owned() })
    })
}

/// Whether a value is found by its shape wherever it stands as it is.
pub(super) fn is_shaped(value: &str) -> bool {
    let shape = if value.len() >= WHOLE_TOKEN { SHAPE.find(value) } else { None };
    shape.is_some_and(|found| found.len() == value.len())
}

/// The stretches in order. Those that overlap become one, named as the first one given, and those
/// inside a placeholder are none: a secret may be a word that placeholders use.
pub(super) fn apart(text: &str, found: Vec<Found>) -> Vec<Found> {
    if found.is_empty() {
        return found;
    }
    let marks: Vec<Range<usize>> = PLACEHOLDER.find_iter(text).map(|mark| mark.range()).collect();
    let is_marked = |span: &Range<usize>| {
        let after = marks.partition_point(|mark| mark.start <= span.start);
        after > 0 && span.end <= marks[after - 1].end
    };
    let mut ranked: Vec<(usize, Found)> = found.into_iter().enumerate().collect();
    ranked.retain(|(_, found)| !is_marked(&found.span));
    ranked.sort_by_key(|(rank, found)| (found.span.start, *rank));
    let mut apart: Vec<(usize, Found)> = Vec::new();
    for (rank, next) in ranked {
        match apart.last_mut() {
            Some((best, last)) if next.span.start < last.span.end => {
                last.span.end = last.span.end.max(next.span.end);
                if rank < *best {
                    *best = rank;
                    last.kind = next.kind;
                }
            }
            _ => apart.push((rank, next)),
        }
    }
    apart.into_iter().map(|(_, found)| found).collect()
}

#[cfg(test)]
mod tests {
    use super::{apart, is_shaped, shaped};

    #[test]
    fn a_token_is_no_part_of_other_base64() {
        let token = "gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJv";
        let spans = |text: &str| {
            let starts = text.match_indices("gAAAAA").map(|(start, _)| start);
            shaped(text, starts).map(|found| found.span).collect::<Vec<_>>()
        };
        assert_eq!(spans(&format!("/tokens/{token}...")).len(), 1);
        assert!(spans(&format!("data:image/png;base64,iVBORw{token}+/")).is_empty());
        assert!(spans(&format!("base64,gAAAAA{}", "A".repeat(90))).is_empty());
        assert_eq!(spans(&format!("\\n{token}{token}")).len(), 1, "a whole token is one anywhere");
        assert!(is_shaped(&token.repeat(2)) && !is_shaped(token));
        assert!(!is_shaped(&format!("{}!", token.repeat(2))));
    }

    #[test]
    fn what_overlaps_is_one_and_placeholders_are_left() {
        let found =
            |span: std::ops::Range<usize>, kind: &str| super::Found { span, kind: kind.to_owned() };
        let text = "0123456789 [redacted:token]";
        let all = vec![found(4..6, "b"), found(2..5, "c"), found(7..8, "a"), found(21..26, "x")];
        assert_eq!(apart(text, all), [found(2..6, "b"), found(7..8, "a")]);
    }
}
