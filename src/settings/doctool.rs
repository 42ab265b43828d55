//! `doctool.yml`: which cloud, which programs may run, what is secret. Every key has a default.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result, nearest};
use crate::model::{DiagnosticKind, Place, Severity};

use super::capture::{CaptureSources, Shape};
pub use super::permit::Permit;
pub use super::run::RunSettings;
use super::{CheckSettings, DiagramSettings, IgnoreSettings, VolatileRule, hosts};

/// The name of the file, beside `mkdocs.yml`.
pub const FILE_NAME: &str = "doctool.yml";

/// The profile that every site has.
pub const EMBEDDED: &str = "embedded";

/// Settings of doctool for one site.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "doctool.yml")]
pub struct Config {
    /// The profile that commands run on unless `--cloud` names another.
    pub cloud: String,
    /// Profiles by name. `embedded` is always there.
    pub clouds: BTreeMap<String, CloudProfile>,
    /// What may run, and how.
    pub run: RunSettings,
    /// What is kept of what is recorded.
    pub record: RecordSettings,
    /// Which orders of messages are the one that a diagram shows.
    pub sequence: SequenceOrder,
    /// How large diagrams stay readable. Pages may say otherwise in their front matter.
    pub diagrams: DiagramSettings,
    /// Names for services, by their URL; the first rule that fits wins.
    pub participants: Vec<ParticipantRule>,
    /// Which exchanges are left out of every recording.
    pub ignore: IgnoreSettings,
    /// What is secret besides what doctool knows.
    pub redact: RedactSettings,
    /// What differs in each run besides what doctool knows.
    pub volatile: Vec<VolatileRule>,
    /// How much each kind of finding counts, besides what it counts by itself.
    #[schemars(extend("propertyNames" = { "enum": DiagnosticKind::all() }))]
    pub diagnostics: BTreeMap<DiagnosticKind, Level>,
    /// What a check demands.
    pub check: CheckSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cloud: EMBEDDED.to_owned(),
            clouds: BTreeMap::new(),
            run: RunSettings::default(),
            record: RecordSettings::default(),
            sequence: SequenceOrder::default(),
            diagrams: DiagramSettings::default(),
            participants: Vec::new(),
            ignore: IgnoreSettings::default(),
            redact: RedactSettings::default(),
            volatile: Vec::new(),
            diagnostics: BTreeMap::new(),
            check: CheckSettings::default(),
        }
    }
}

/// How much a kind of diagnostic counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It is not told.
    Off,
    /// It is told, and `check` exits with 1.
    Warning,
    /// It is told, and `list` and `refresh` exit with 1, too.
    Error,
}

/// Which orders of messages are the one that a diagram shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SequenceOrder {
    /// Those in which each caller keeps its own order, and an exchange stays inside the exchange
    /// that caused it.
    #[default]
    Causal,
    /// The very order of the diagram.
    Strict,
}

/// A cloud to run commands on: the embedded one, or one that variables lead to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CloudProfile {
    /// The embedded cloud of this kind, which doctool installs and starts by itself.
    pub embedded: Option<EmbeddedKind>,
    /// Variables for commands, such as `OS_CLOUD`. One without a value is taken from the
    /// environment that doctool runs in.
    pub env: BTreeMap<String, Option<String>>,
    /// The cloud's hosts, whose traffic inside TLS is recorded: names, addresses, and `*.DOMAIN` for
    /// all names below a domain. Where they are not given, those that `env` and the cloud's catalog
    /// lead to.
    pub hosts: Option<Vec<String>>,
    /// Commands that empty the cloud's caches, for `refresh --runs`. The embedded cloud restarts its
    /// services instead.
    pub cold: Vec<String>,
    /// Where the exchanges of commands are seen: `proxy`, `debug`, `requestshook` with where its log is,
    /// `har` with where its file is, or a list of such, whose views are merged.
    #[schemars(with = "Shape")]
    pub capture: CaptureSources,
    /// What commands may do to the cloud.
    #[schemars(default)]
    pub permit: Permit,
    /// Whether commands may destroy what the run has not made. The embedded cloud is disposable.
    pub disposable: bool,
    /// Whether what pages create and do not remove stays. Otherwise it is removed when the run ends.
    pub keep: bool,
}

/// A kind of embedded cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EmbeddedKind {
    /// Keystone, Glance and the `openstack` client.
    Openstack,
}

/// What is kept of what is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RecordSettings {
    /// Bytes of a body that are kept; longer ones are cut.
    pub body_limit: usize,
}

impl Default for RecordSettings {
    fn default() -> Self {
        Self { body_limit: 1024 * 1024 }
    }
}

/// A name for the service behind URLs of a form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParticipantRule {
    /// Regular expression, searched in the URL.
    pub url: String,
    /// The participant's name.
    pub name: String,
}

/// What is secret besides what doctool knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RedactSettings {
    /// Headers whose values are secret.
    pub headers: Vec<String>,
    /// Fields in JSON, forms and queries whose values are secret.
    pub fields: Vec<String>,
    /// Values that pages may publish, such as a password that a page makes up.
    pub allow: Vec<String>,
}

impl Config {
    /// Reads the file; the defaults where there is none.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is no YAML, or has a key or value that nothing knows.
    pub fn read(path: &Path) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                let message = format!("cannot read `{}`", path.display());
                return Err(Error::new(ErrorKind::Settings, message).because(error));
            }
        };
        let config = Self::parse(&text).map_err(|(message, line, column)| {
            let place = Place { file: path.to_owned(), line, column };
            let error = Error::new(ErrorKind::Settings, message.clone()).at(place);
            match suggestion(&message) {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let checked =
            config.checked().and_then(|config| config.ignore.ready(folder).map(|_| config));
        checked.map_err(|error| error.at(Place::file(path)))
    }

    /// The profile of this name.
    ///
    /// # Errors
    ///
    /// When there is none; the hint names one that is spelled alike.
    pub fn profile(&self, name: &str) -> Result<CloudProfile> {
        if let Some(profile) = self.clouds.get(name) {
            let disposable = profile.disposable || profile.embedded.is_some();
            return Ok(CloudProfile { disposable, ..profile.clone() });
        }
        if name == EMBEDDED {
            let embedded = Some(EmbeddedKind::Openstack);
            return Ok(CloudProfile { embedded, disposable: true, ..CloudProfile::default() });
        }
        let known: Vec<&str> = self.clouds.keys().map(String::as_str).chain([EMBEDDED]).collect();
        let error = Error::new(ErrorKind::Settings, format!("there is no cloud `{name}`"));
        Err(match nearest(name, &known) {
            Some(nearest) => error.hint(format!("use `{nearest}`, or add `{name}` to {FILE_NAME}")),
            None => error.hint(format!("add it below `clouds:` in {FILE_NAME}")),
        })
    }

    /// How much a kind of diagnostic counts; none when it is not to be told.
    pub fn severity(&self, kind: DiagnosticKind) -> Option<Severity> {
        match self.diagnostics.get(&kind) {
            Some(Level::Off) => None,
            Some(Level::Warning) => Some(Severity::Warning),
            None => Some(kind.severity()),
            Some(Level::Error) => Some(Severity::Error),
        }
    }

    /// The JSON schema of the file.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(Self);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }

    /// The message, line and column of what is wrong.
    fn parse(text: &str) -> std::result::Result<Self, (String, usize, usize)> {
        if text
            .lines()
            .all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#'))
        {
            return Ok(Self::default());
        }
        serde_yaml::from_str(text).map_err(|error| {
            let (line, column) =
                error.location().map_or((0, 0), |location| (location.line(), location.column()));
            let message = error.to_string();
            let place = format!(" at line {line} column {column}");
            (message.strip_suffix(&place).unwrap_or(&message).to_owned(), line, column)
        })
    }

    fn checked(self) -> Result<Self> {
        for rule in &self.participants {
            Regex::new(&rule.url).map_err(|error| {
                let message = format!("`participants`: `{}` is no regular expression", rule.url);
                Error::new(ErrorKind::Settings, message).because(error)
            })?;
        }
        self.volatile.iter().try_for_each(VolatileRule::check)?;
        if let Some(name) = self.run.relative() {
            let message = format!("`run.allow`: `{name}` is a path that is not absolute");
            let hint = "write the program's name alone, or its path from `/`";
            return Err(Error::new(ErrorKind::Settings, message).hint(hint));
        }
        DiagramSettings::default().of_page(&self.diagrams)?;
        for (name, profile) in &self.clouds {
            hosts::check(name, profile.hosts.as_deref().unwrap_or_default())?;
            if profile.embedded.is_some() && !profile.env.is_empty() {
                let message = format!("cloud `{name}` has both `embedded` and `env`");
                let hint = "keep `embedded`, which sets its own variables, or make two clouds";
                return Err(Error::new(ErrorKind::Settings, message).hint(hint));
            }
        }
        Ok(self)
    }
}

/// What was meant by the key that a message of serde names as unknown.
fn suggestion(message: &str) -> Option<String> {
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let (unknown, known) = quoted.split_first()?;
    if !message.contains("unknown field") && !message.contains("unknown variant") {
        return None;
    }
    nearest(unknown, known).map(|nearest| format!("write `{nearest}` if that is what you mean"))
}

#[cfg(test)]
mod tests {
    use super::Config;

    fn error(text: &str) -> String {
        let folder = tempfile::tempdir().expect("there is room for a file");
        let path = folder.path().join("doctool.yml");
        std::fs::write(&path, text).expect("the folder can be written");
        let error = Config::read(&path).expect_err("the text is wrong");
        let place = error.place().map(|place| format!("{}:{}", place.line, place.column));
        format!("{} {error} | {}", place.unwrap_or_default(), error.hint_text().unwrap_or("-"))
    }

    #[test]
    fn an_unknown_key_is_an_error_with_a_place_and_a_suggestion() {
        let text = "cloud: mine\nclouds:\n  mine:\n    embeded: openstack\n";
        assert_eq!(
            error(text),
            "4:5 clouds.mine: unknown field `embeded`, expected one of `embedded`, `env`, `hosts`, \
             `cold`, `capture`, `permit`, `disposable`, `keep` | write `embedded` if that is what you \
             mean"
        );
        assert!(error("run: {alow: [curl]}").ends_with("| write `allow` if that is what you mean"));
        let unknown = error("diagnostics:\n  unclosed-fense: off\n");
        assert!(
            unknown.starts_with("2:3 diagnostics: unknown variant `unclosed-fense`"),
            "{unknown}"
        );
        assert!(
            unknown.ends_with("| write `unclosed-fence` if that is what you mean"),
            "{unknown}"
        );
        let unknown = error("diagnostics: {unclosed-fence: warn}");
        assert!(unknown.ends_with("| write `warning` if that is what you mean"), "{unknown}");
    }

    #[test]
    fn a_rule_for_what_is_volatile_must_make_sense() {
        for (rule, message) in [
            ("name: x", "`volatile`, `x`: neither `pattern` nor `path` is there"),
            ("name: x, pattern: '('", "`volatile`, `x`: `(` is no regular expression"),
            ("name: x, pattern: 'a*'", "`volatile`, `x`: `a*` fits where nothing stands"),
            ("name: x, path: 'a.b'", "`volatile`, `x`: `a.b` is no path: a path begins with `$`"),
            ("pattern: x", "missing field `name`"),
        ] {
            let error = error(&format!("volatile: [{{{rule}}}]"));
            assert!(error.contains(message), "{error}");
        }
        let rule = "volatile: [{name: x, pattern: 'x-\\d+', path: '$..x'}]";
        assert!(Config::parse(rule).is_ok_and(|config| config.checked().is_ok()));
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        for text in ["", "# nothing\n", "run: {}\n"] {
            assert_eq!(Config::parse(text), Ok(Config::default()), "{text}");
        }
    }

    #[test]
    fn a_cloud_that_does_not_exist_is_suggested_another() {
        let error = Config::default().profile("embeded").expect_err("it is misspelled");
        assert_eq!(error.hint_text(), Some("use `embedded`, or add `embeded` to doctool.yml"));
    }

    #[test]
    fn the_schema_refuses_unknown_keys_too() {
        let schema: serde_json::Value =
            serde_json::from_str(&Config::schema()).expect("it is JSON");
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["properties"]["run"]["default"]["timeout"], 120);
    }
}
