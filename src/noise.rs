//! What a cloud at rest sends by itself, told in groups.
//!
//! In: a recording of a time in which no command ran, and when its exchanges began. Out: a [`NoiseCall`]
//! for all that differ in ids only, with a pattern for a rule of `ignore`.

use std::time::{Duration, Instant};

use regex::Regex;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Exchange, NoiseCall, Recording, path_of};
use crate::settings::{Ignore, IgnoreSettings};

/// So many exchanges are needed to say how often they come.
const ENOUGH: usize = 3;

/// What stands between an id and the words beside it.
const BETWEEN: [char; 4] = ['-', '_', ':', '='];

/// Characters that mean something in a regular expression.
const SPECIAL: [char; 14] = ['\\', '.', '+', '*', '?', '(', ')', '|', '[', ']', '{', '}', '^', '$'];

/// Groups the exchanges by who asked whom for what, those that came most often first. `moments` says
/// when each of them began.
///
/// # Errors
///
/// When a rule or a mapping of the settings cannot be used.
pub fn calls(
    recording: &Recording,
    moments: &[Instant],
    settings: &IgnoreSettings,
    ignore: &Ignore,
) -> Result<Vec<NoiseCall>> {
    let names = Names::of(settings)?;
    let mut groups: Vec<(NoiseCall, Vec<Instant>)> = Vec::new();
    for (exchange, moment) in recording.exchanges.iter().zip(moments) {
        let call = names.call(exchange, ignore.fits(exchange));
        let same = |(other, _): &&mut (NoiseCall, Vec<Instant>)| {
            (&other.from, &other.to, &other.method, &other.path)
                == (&call.from, &call.to, &call.method, &call.path)
        };
        match groups.iter_mut().find(same) {
            Some((other, moments)) => {
                other.count += 1;
                other.is_ignored &= call.is_ignored;
                moments.push(*moment);
            }
            None => groups.push((call, vec![*moment])),
        }
    }
    let with_period =
        |(call, moments): (NoiseCall, Vec<Instant>)| NoiseCall { period: period(&moments), ..call };
    let mut calls: Vec<NoiseCall> = groups.into_iter().map(with_period).collect();
    calls.sort_by_key(|call| std::cmp::Reverse(call.count));
    Ok(calls)
}

/// The time from one to the next on average.
fn period(moments: &[Instant]) -> Option<Duration> {
    let (first, last) = (moments.iter().min()?, moments.iter().max()?);
    let steps = u32::try_from(moments.len() - 1).ok()?;
    (moments.len() >= ENOUGH).then(|| last.duration_since(*first) / steps)
}

/// A part of a path.
enum Piece<'a> {
    /// Stands for itself.
    Literal(&'a str),
    /// An id, by the name of what it looks like.
    Name(&'a str),
}

/// Names in braces with what they stand for.
struct Names {
    known: Vec<(String, Regex)>,
}

impl Names {
    fn of(settings: &IgnoreSettings) -> Result<Self> {
        let name = |(name, meaning): (&str, &str)| {
            let meaning = Regex::new(meaning).map_err(|cause| {
                let message = format!("`ignore`: `{meaning}` is no regular expression");
                Error::new(ErrorKind::Settings, message).because(cause)
            })?;
            Ok((name.to_owned(), meaning))
        };
        Ok(Self { known: settings.names().map(name).collect::<Result<_>>()? })
    }

    fn call(&self, Exchange { from, to, request, .. }: &Exchange, is_ignored: bool) -> NoiseCall {
        let mut pieces = Vec::new();
        for (index, segment) in path_of(&request.url).split('/').enumerate() {
            if index > 0 {
                pieces.push(Piece::Literal("/"));
            }
            self.take_apart(segment, &mut pieces);
        }
        let path = pieces.iter().map(|piece| match piece {
            Piece::Literal(text) | Piece::Name(text) => *text,
        });
        let pattern = pieces.iter().map(|piece| match piece {
            Piece::Literal(text) => escaped(text),
            Piece::Name(name) => (*name).to_owned(),
        });
        NoiseCall {
            from: from.clone(),
            to: to.clone(),
            method: request.method.clone(),
            path: path.collect(),
            pattern: format!("^{}$", pattern.collect::<String>()),
            count: 1,
            period: None,
            is_ignored,
        }
    }

    /// The parts of a segment, those that are ids by name.
    fn take_apart<'a>(&'a self, segment: &'a str, pieces: &mut Vec<Piece<'a>>) {
        for (name, meaning) in &self.known {
            let is_id = |found: &regex::Match<'_>| is_id(segment, found.range());
            if let Some(found) = meaning.find_iter(segment).find(is_id) {
                self.take_apart(&segment[..found.start()], pieces);
                pieces.push(Piece::Name(name));
                self.take_apart(&segment[found.end()..], pieces);
                return;
            }
        }
        pieces.push(Piece::Literal(segment));
    }
}

/// Whether a part of a segment is an id and not a word, such as the `2` of `v2`, or `feed`, which looks
/// like hexadecimal digits.
fn is_id(segment: &str, part: std::ops::Range<usize>) -> bool {
    let ends = |text: &str, next: Option<char>| {
        text.is_empty() || next.is_some_and(|next| BETWEEN.contains(&next))
    };
    let (before, after) = (&segment[..part.start], &segment[part.end..]);
    segment[part].contains(|next: char| next.is_ascii_digit())
        && ends(before, before.chars().next_back())
        && ends(after, after.chars().next())
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for next in text.chars() {
        if SPECIAL.contains(&next) {
            out.push('\\');
        }
        out.push(next);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::calls;
    use crate::model::{Body, Exchange, Recording, Request};
    use crate::settings::{Ignore, IgnoreRule, IgnoreSettings};

    fn asked(path: &str) -> Exchange {
        let request = Request {
            method: "GET".to_owned(),
            url: format!("http://192.0.2.1{path}"),
            headers: Vec::new(),
            body: Body::Empty,
        };
        Exchange {
            from: "a".to_owned(),
            to: "b".to_owned(),
            request,
            response: None,
            process: None,
        }
    }

    fn recording(paths: &[&str]) -> Recording {
        Recording {
            exchanges: paths.iter().map(|path| asked(path)).collect(),
            messages: Vec::new(),
        }
    }

    #[test]
    fn ids_become_names_and_words_stay() {
        let settings = |yaml: &str| serde_yaml::from_str::<IgnoreSettings>(yaml).expect("YAML");
        for (yaml, path, general) in [
            ("{}", "/v2.1/servers/d3adbeef-0000-4000-8000-0123456789ab", "/v2.1/servers/{uuid}"),
            ("{}", "/v1/AUTH_0123456789abcdef0123456789abcdef?x=1", "/v1/AUTH_{uuid}"),
            ("{}", "/v2/feed/17/beef", "/v2/feed/{number}/beef"),
            ("{}", "/", "/"),
            ("mappings: {'{hex}': '[a-f0-9]+'}", "/v2/feed/be3f", "/v2/feed/{hex}"),
            ("mappings: {'{uuid}': '([a-fA-F0-9-]+)'}", "/x/be3f-1/y", "/x/{uuid}/y"),
        ] {
            let (settings, recording) = (settings(yaml), recording(&[path]));
            let calls = calls(&recording, &[Instant::now()], &settings, &Ignore::default());
            let calls = calls.expect("the settings can be used");
            assert_eq!(calls[0].path, general);
            // What is proposed fits what was seen.
            let path = Some(calls[0].pattern.clone());
            let rules = vec![IgnoreRule { path, ..IgnoreRule::default() }];
            let ignore = IgnoreSettings { rules, ..settings }.ready(Path::new("."));
            assert!(ignore.expect("it is a rule").fits(&recording.exchanges[0]), "{general}");
        }
    }

    #[test]
    fn exchanges_that_differ_in_ids_only_are_told_together_with_their_period() {
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let recording = recording(&["/once", "/x/1", "/x/2", "/x/3"]);
        let moments = [at(0), at(1), at(7), at(11)];
        let (settings, ignore) = (IgnoreSettings::default(), Ignore::default());
        let calls = calls(&recording, &moments, &settings, &ignore).expect("there are no rules");
        let told = calls.iter().map(|call| (&*call.path, call.count, call.period));
        let expected = [("/x/{number}", 3, Some(Duration::from_secs(5))), ("/once", 1, None)];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn what_means_something_in_an_expression_is_escaped() {
        let recording = recording(&["/v2.0/a+b(c)"]);
        let (settings, ignore) = (IgnoreSettings::default(), Ignore::default());
        let calls = calls(&recording, &[Instant::now()], &settings, &ignore);
        assert_eq!(calls.expect("there are no rules")[0].pattern, r"^/v2\.0/a\+b\(c\)$");
    }
}
