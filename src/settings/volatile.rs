//! `volatile` in doctool.yml: what differs in each run besides what doctool knows.

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::model::JsonPath;

/// Values that differ in each run and mean nothing, by their form or by their place.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolatileRule {
    /// What such a value is. Rules of one name tell values of one sort.
    pub name: String,
    /// Regular expression of such a value, as a word of its own: no letter or digit touches it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Where such a value stands in JSON, as a path such as `$.servers[*].serial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl VolatileRule {
    /// The pattern, if the rule has one.
    ///
    /// # Errors
    ///
    /// When it is no regular expression, or fits where nothing stands.
    pub fn regex(&self) -> Result<Option<Regex>> {
        let Some(pattern) = &self.pattern else { return Ok(None) };
        let regex = Regex::new(pattern).map_err(|cause| {
            self.wrong(format!("`{pattern}` is no regular expression")).because(cause)
        })?;
        if regex.is_match("") {
            return Err(self.wrong(format!("`{pattern}` fits where nothing stands")));
        }
        Ok(Some(regex))
    }

    /// The path, if the rule has one.
    ///
    /// # Errors
    ///
    /// When it is no path.
    pub fn json_path(&self) -> Result<Option<JsonPath>> {
        let path = self.path.as_deref().map(|path| {
            JsonPath::parse(path)
                .map_err(|cause| self.wrong(format!("`{path}` is no path")).because(cause))
        });
        path.transpose()
    }

    /// Whether the rule can be used.
    pub(super) fn check(&self) -> Result<()> {
        if self.pattern.is_none() && self.path.is_none() {
            let error = self.wrong("neither `pattern` nor `path` is there".to_owned());
            return Err(error.hint("say how such a value looks, or where it stands in JSON"));
        }
        self.regex()?;
        self.json_path().map(drop)
    }

    fn wrong(&self, what: String) -> Error {
        Error::new(ErrorKind::Settings, format!("`volatile`, `{}`: {what}", self.name))
    }
}
