//! Where the exchanges of a profile's commands are seen.

use std::fmt;

use schemars::JsonSchema;
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Where the exchanges of a profile's commands are seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CaptureSource {
    /// doctool's proxy, through which the command is sent.
    #[default]
    Proxy,
    /// What the command itself tells when it is asked to with `--debug`.
    Debug,
    /// The log that the requestshook middleware of the services writes: a path, seen from the
    /// site's folder, `ssh://user@host/path`, or a URL with `http` or `https`.
    Requestshook(String),
    /// A HAR file that another program writes: a path, seen from the site's folder.
    Har(String),
}

/// What may stand for a source.
const WORDS: &[&str] = &["proxy", "debug", "requestshook", "har"];

impl CaptureSource {
    fn of<E: serde::de::Error>(word: &str, place: Option<String>) -> Result<Self, E> {
        match (word, place) {
            ("proxy", None) => Ok(Self::Proxy),
            ("debug", None) => Ok(Self::Debug),
            ("requestshook", Some(place)) => Ok(Self::Requestshook(place)),
            ("har", Some(place)) => Ok(Self::Har(place)),
            ("requestshook" | "har", None) => {
                Err(E::custom(format!("`{word}` says where its file is: `{word}: PLACE`")))
            }
            ("proxy" | "debug", Some(_)) => {
                Err(E::custom(format!("nothing stands behind `{word}`")))
            }
            _ => Err(E::unknown_variant(word, WORDS)),
        }
    }
}

/// The sources of a profile, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptureSources(Vec<CaptureSource>);

impl Default for CaptureSources {
    fn default() -> Self {
        Self(vec![CaptureSource::default()])
    }
}

impl CaptureSources {
    /// The sources, the one that is trusted most first.
    pub fn all(&self) -> &[CaptureSource] {
        &self.0
    }
}

impl Serialize for CaptureSources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &*self.0 {
            [one] => one.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for CaptureSources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Sources)
    }
}

/// A source of a list.
struct Listed(CaptureSource);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Source).map(Self)
    }
}

struct Source;

impl<'de> Visitor<'de> for Source {
    type Value = CaptureSource;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`proxy`, `debug`, `requestshook: PLACE` or `har: FILE`")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<CaptureSource, E> {
        CaptureSource::of(word, None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CaptureSource, A::Error> {
        let Some((word, place)) = map.next_entry::<String, String>()? else {
            return Err(A::Error::custom("there is no source"));
        };
        match map.next_key::<String>()? {
            None => CaptureSource::of(&word, Some(place)),
            Some(_) => Err(A::Error::custom("several sources stand in a list: `- proxy`")),
        }
    }
}

struct Sources;

impl<'de> Visitor<'de> for Sources {
    type Value = CaptureSources;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Source.expecting(formatter)?;
        formatter.write_str(", or a list of such")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<CaptureSources, E> {
        Source.visit_str(word).map(|source| CaptureSources(vec![source]))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<CaptureSources, A::Error> {
        Source.visit_map(map).map(|source| CaptureSources(vec![source]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<CaptureSources, A::Error> {
        let mut sources = Vec::new();
        while let Some(Listed(source)) = list.next_element()? {
            if sources.contains(&source) {
                return Err(A::Error::custom("a source stands there twice"));
            }
            sources.push(source);
        }
        if sources.is_empty() {
            return Err(A::Error::custom("there is no source"));
        }
        Ok(CaptureSources(sources))
    }
}

/// One source, or several.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(super) enum Shape {
    One(CaptureSource),
    Several(#[schemars(length(min = 1))] Vec<CaptureSource>),
}

#[cfg(test)]
mod tests {
    use super::{CaptureSource, CaptureSources};

    fn read(text: &str) -> Result<Vec<CaptureSource>, String> {
        let read = serde_yaml::from_str::<CaptureSources>(text);
        read.map(|sources| sources.0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_source_is_a_word_a_place_or_a_list_of_both() {
        let hooked = CaptureSource::Requestshook("/x.log".into());
        assert_eq!(read("debug"), Ok(vec![CaptureSource::Debug]));
        assert_eq!(read("requestshook: /x.log"), Ok(vec![hooked.clone()]));
        let list = "- proxy\n- requestshook: /x.log\n- har: x.har\n";
        let har = CaptureSource::Har("x.har".into());
        assert_eq!(read(list), Ok(vec![CaptureSource::Proxy, hooked, har]));
    }

    #[test]
    fn what_is_no_source_says_what_would_be_one() {
        for (text, expected) in [
            (
                "prox",
                "unknown variant `prox`, expected one of `proxy`, `debug`, `requestshook`, `har`",
            ),
            ("har", "`har` says where its file is: `har: PLACE`"),
            ("debug: x", "nothing stands behind `debug`"),
            ("{har: a, requestshook: b}", "several sources stand in a list: `- proxy`"),
            ("[]", "there is no source"),
            ("[proxy, proxy]", "a source stands there twice"),
            (
                "3",
                "expected `proxy`, `debug`, `requestshook: PLACE` or `har: FILE`, or a list of such",
            ),
        ] {
            let error = read(text).expect_err("it is no source");
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
