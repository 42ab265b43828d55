//! What a page says to doctool below `doctool:` in its front matter.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{FrontMatter, Place};
use crate::settings::DiagramSettings;

use super::expect::Expectations;

/// The value of the key `doctool`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wishes {
    /// Commands to run before the documented ones; no view shows them.
    pub(super) setup: Vec<String>,
    /// Commands to run afterwards in any case; no view shows them.
    pub(super) teardown: Vec<String>,
    /// Documented values whose live ones are to be looked up, by what the page calls them.
    pub(super) vars: BTreeMap<String, LookUp>,
    /// Files to put into the commands' working directory, relative to the page.
    pub(super) files: Vec<PathBuf>,
    /// Leave the page alone.
    pub(super) skip: bool,
    /// Which included file is which view, where that cannot be told from its place.
    pub(super) views: ViewTargets,
    /// Which documented commands are to fail: `fail` or `fail 409`, of the last command, or by command.
    pub(super) expect: Option<Expectations>,
    /// How the page shows its diagram, where it is not as `doctool.yml` says.
    pub(super) diagrams: DiagramSettings,
}

/// A documented value, and the command that prints the live one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LookUp {
    pub(super) documented: String,
    pub(super) command: String,
}

/// Targets of includes, as they are written.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ViewTargets {
    pub(super) diagram: Option<String>,
    pub(super) body: Option<String>,
    pub(super) log: Option<String>,
}

/// Reads the key; the defaults where it is not there.
///
/// # Errors
///
/// When it has a key or a value that nothing knows.
pub(super) fn wishes(front_matter: Option<&FrontMatter>, page: &Place) -> Result<Wishes> {
    let Some(value) = front_matter.and_then(|matter| matter.value.get("doctool")) else {
        return Ok(Wishes::default());
    };
    serde_yaml::from_value(value.clone()).map_err(|error| {
        let line = front_matter.map_or(1, |matter| {
            let before = matter.text.lines().take_while(|line| !line.starts_with("doctool"));
            matter.lines.start + 1 + before.count()
        });
        let hint = "write `setup`, `teardown`, `vars`, `files`, `skip`, `views`, `expect` or `diagrams` below `doctool:`";
        Error::new(ErrorKind::Page, "front matter that doctool cannot read")
            .because(error)
            .at(Place::line(&page.file, line))
            .hint(hint)
    })
}
