//! `ignore` in doctool.yml: which exchanges have nothing to do with the documented commands.
//!
//! In: rules as they are written, here or in a `should_not_hook.json` of requestshook. Out: an
//! [`Ignore`] that tells whether an exchange is meant.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use regex::{Captures, Regex};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Exchange, path_of};
use crate::system;

/// What names in braces stand for unless `mappings` says something else.
pub const MAPPINGS: [(&str, &str); 2] = [
    ("{uuid}", "[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32}"),
    ("{number}", "[0-9]+"),
];

/// What any other name in braces stands for: one segment of a path or a part of one, as in diagrams.
const SEGMENT: &str = "[^/?#]+";

/// Calls that are left out of every recording.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IgnoreSettings {
    /// Regular expressions that names in `urls` and `path` stand for, such as `"{uuid}"`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub mappings: BTreeMap<String, String>,
    /// A `should_not_hook.json` of requestshook whose rules hold, too. Its path starts at doctool.yml.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import: Option<PathBuf>,
    /// What is left out: each exchange that one of the rules fits.
    pub rules: Vec<IgnoreRule>,
}

/// Exchanges that are meant. What is not given fits all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IgnoreRule {
    /// Who asks: a participant's name. Case does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Who is asked: a participant's name. Case does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The method. Case does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Regular expressions of which one is found in the URL.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub urls: Vec<String>,
    /// Regular expression that is found in the URL's path, which has no query.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// The file of requestshook: what it reads, and nothing that says more about a rule.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Imported {
    mappings: BTreeMap<String, String>,
    filters: Vec<IgnoreRule>,
}

/// Tells which exchanges are to be left out.
#[derive(Debug, Clone, Default)]
pub struct Ignore {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    from: Option<String>,
    to: Option<String>,
    method: Option<String>,
    urls: Vec<Regex>,
    path: Option<Regex>,
}

impl IgnoreSettings {
    /// The names that have an expression of their own, each with its expression: those of `mappings`
    /// first.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.mappings.iter().map(|(name, meaning)| (name.as_str(), meaning.as_str()));
        own.chain(MAPPINGS.into_iter().filter(|(name, _)| !self.mappings.contains_key(*name)))
    }

    /// The rules, ready to use. `folder` is where doctool.yml stands.
    ///
    /// # Errors
    ///
    /// When the imported file cannot be read, an expression is none, or a rule would fit everything.
    pub fn ready(&self, folder: &Path) -> Result<Ignore> {
        let mut rules = compiled(&self.rules, &self.mappings)?;
        if let Some(import) = &self.import {
            let Imported { mappings, filters } = read(&folder.join(import))?;
            rules.extend(compiled(&filters, &mappings)?);
        }
        Ok(Ignore { rules })
    }
}

impl Ignore {
    /// Whether a rule fits the exchange.
    pub fn fits(&self, exchange: &Exchange) -> bool {
        self.rules.iter().any(|rule| rule.fits(exchange))
    }

    /// Whether there is any rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl Rule {
    fn fits(&self, Exchange { from, to, request, .. }: &Exchange) -> bool {
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted.to_lowercase() == name.to_lowercase())
        };
        is(&self.from, from)
            && is(&self.to, to)
            && is(&self.method, &request.method)
            && (self.urls.is_empty() || self.urls.iter().any(|url| url.is_match(&request.url)))
            && self.path.as_ref().is_none_or(|path| path.is_match(path_of(&request.url)))
    }
}

fn read(file: &Path) -> Result<Imported> {
    let shown = system::with_slashes(file.to_owned());
    let shown = shown.display();
    let text = std::fs::read_to_string(file).map_err(|cause| {
        Error::new(ErrorKind::Settings, format!("`ignore`: cannot read `{shown}`")).because(cause)
    })?;
    // A list would do for a struct, too, and its first rule for the mappings.
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text);
    object.and_then(|object| serde_json::from_value(object.into())).map_err(|cause| {
        let message = format!("`ignore`: `{shown}` holds no rules of requestshook");
        let hint = "see that it is an object with `mappings` and `filters`";
        Error::new(ErrorKind::Settings, message).because(cause).hint(hint)
    })
}

fn compiled(rules: &[IgnoreRule], mappings: &BTreeMap<String, String>) -> Result<Vec<Rule>> {
    let names = Names::of(mappings)?;
    let compiled = |rule: &IgnoreRule| {
        let IgnoreRule { from, to, method, urls, path } = rule.clone();
        if *rule == IgnoreRule::default() {
            let hint = "give at least one of `from`, `to`, `method`, `urls` and `path`";
            return Err(wrong("a rule without keys fits every exchange".to_owned()).hint(hint));
        }
        let urls = urls.iter().map(|url| names.regex(url)).collect::<Result<_>>()?;
        let path = path.as_deref().map(|path| names.regex(path)).transpose()?;
        Ok(Rule { from, to, method, urls, path })
    };
    rules.iter().map(compiled).collect()
}

/// What names in an expression stand for.
struct Names<'a> {
    /// Finds what stands for something else.
    finder: Regex,
    meanings: HashMap<&'a str, &'a str>,
}

impl<'a> Names<'a> {
    fn of(mappings: &'a BTreeMap<String, String>) -> Result<Self> {
        let mut meanings = HashMap::from(MAPPINGS);
        for (name, meaning) in mappings {
            if name.is_empty() {
                return Err(wrong("a name below `mappings` is empty".to_owned()));
            }
            Regex::new(meaning).map_err(|cause| {
                wrong(format!("`{meaning}` below `mappings` is no regular expression"))
                    .because(cause)
            })?;
            meanings.insert(name, meaning);
        }
        // The longest first, so that no name hides another that begins with it.
        let mut names: Vec<&str> = meanings.keys().copied().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let names: Vec<String> = names.into_iter().map(regex::escape).collect();
        // Braces also stand in what regular expressions have themselves, such as `\p{Greek}`.
        let finder = format!(r"\\[pPxuU]\{{[^}}]*\}}|{}|\{{[A-Za-z_][\w-]*\}}", names.join("|"));
        let finder = Regex::new(&finder)
            .map_err(|cause| wrong("there are too many `mappings`".to_owned()).because(cause))?;
        Ok(Self { finder, meanings })
    }

    /// The regular expression that is meant.
    fn regex(&self, text: &str) -> Result<Regex> {
        let meant = self.finder.replace_all(text, |found: &Captures<'_>| {
            match self.meanings.get(&found[0]) {
                Some(meaning) => format!("(?:{meaning})"),
                None if found[0].starts_with('\\') => found[0].to_owned(),
                None => SEGMENT.to_owned(),
            }
        });
        Regex::new(&meant)
            .map_err(|cause| wrong(format!("`{text}` is no regular expression")).because(cause))
    }
}

fn wrong(what: String) -> Error {
    Error::new(ErrorKind::Settings, format!("`ignore`: {what}"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Ignore, IgnoreSettings};
    use crate::model::{Body, Exchange, Request};

    fn ignore(yaml: &str) -> Ignore {
        let settings: IgnoreSettings = serde_yaml::from_str(yaml).expect("it is YAML");
        settings.ready(Path::new(".")).expect("the rules can be used")
    }

    fn error(yaml: &str) -> String {
        let settings: IgnoreSettings = serde_yaml::from_str(yaml).expect("it is YAML");
        settings.ready(Path::new(".")).expect_err("the rules are wrong").to_string()
    }

    /// Of `nova-compute` to `placement-api`.
    fn asked(method: &str, path: &str) -> Exchange {
        let request = Request {
            method: method.to_owned(),
            url: format!("http://192.0.2.1{path}"),
            headers: Vec::new(),
            body: Body::Empty,
        };
        let (from, to) = ("nova-compute".to_owned(), "placement-api".to_owned());
        Exchange { from, to, request, response: None, process: None }
    }

    #[test]
    fn every_key_must_fit_and_one_that_is_missing_fits_all() {
        let get = asked("GET", "/placement/resource_providers?in=/x");
        for (rule, fits) in [
            ("from: Nova-Compute", true),
            ("from: nova", false),
            ("to: PLACEMENT-API, method: get", true),
            ("to: placement-api, method: PUT", false),
            ("urls: [nothing, resource_providers]", true),
            ("urls: [nothing]", false),
            ("urls: ['in=/x$']", true),
            ("path: 'in=/x$'", false),
            ("path: ^/placement/resource_providers$", true),
            ("from: nova-compute, path: ^/identity", false),
        ] {
            assert_eq!(ignore(&format!("rules: [{{{rule}}}]")).fits(&get), fits, "{rule}");
        }
        assert!(!ignore("rules: []").fits(&get));
    }

    #[test]
    fn names_stand_for_what_mappings_say_or_for_a_segment() {
        let of = |path: &str| asked("GET", &format!("/providers/{path}/traits"));
        let known = "d3adbeef-0000-4000-8000-0123456789ab";
        let rule = "rules: [{path: '/providers/{uuid}/traits$'}]";
        assert!(ignore(rule).fits(&of(known)));
        assert!(!ignore(rule).fits(&of("cafe")));
        let mapped = format!("mappings: {{'{{uuid}}': '([a-f]+)'}}\n{rule}");
        assert!(ignore(&mapped).fits(&of("cafe")));
        assert!(!ignore(&mapped).fits(&of(known)));
        let unmapped = ignore("rules: [{path: '/providers/{name}/traits$'}]");
        assert!(unmapped.fits(&of("any-thing")));
        assert!(!unmapped.fits(&of("a/b")));
        let own = ignore(r"rules: [{path: '/providers/\p{Greek}{2}/traits$'}]");
        assert!(own.fits(&of("αβ")) && !own.fits(&of("ab")));
    }

    #[test]
    fn a_rule_that_cannot_be_meant_is_an_error() {
        for (yaml, message) in [
            ("rules: [{}]", "`ignore`: a rule without keys fits every exchange"),
            ("rules: [{path: '('}]", "`ignore`: `(` is no regular expression"),
            ("rules: [{urls: ['a{3,2}']}]", "`ignore`: `a{3,2}` is no regular expression"),
            ("mappings: {'{x}': '('}", "`ignore`: `(` below `mappings` is no regular expression"),
            ("mappings: {'': 'a'}", "`ignore`: a name below `mappings` is empty"),
            ("import: nowhere.json", "`ignore`: cannot read `./nowhere.json`"),
        ] {
            assert!(error(yaml).starts_with(message), "{}", error(yaml));
        }
    }
}
