//! `run` in `doctool.yml`: which programs may run, how, and for how long.

use std::path::{Path, is_separator};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What may run, and how.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RunSettings {
    /// Programs that commands may start, by name, or by absolute path where it matters which file is
    /// meant. Nothing else runs.
    pub allow: Vec<String>,
    /// Whether lines that need a shell, such as those with a pipe, are run by one. Such a line can
    /// start any program.
    pub shell: bool,
    /// Seconds after which a command is ended.
    #[schemars(range(min = 1))]
    pub timeout: u64,
    /// Seconds after which the commands of a page are ended, without its `teardown`.
    #[schemars(range(min = 1))]
    pub page_timeout: u64,
    /// Pages whose commands run at once, where they only read.
    #[schemars(range(min = 1))]
    pub jobs: u16,
}

impl Default for RunSettings {
    fn default() -> Self {
        let allow = vec!["openstack".to_owned()];
        Self { allow, shell: false, timeout: 120, page_timeout: 1800, jobs: 1 }
    }
}

impl RunSettings {
    /// The name of a program that is given by a path which depends on the working directory.
    pub(super) fn relative(&self) -> Option<&str> {
        let is_relative =
            |name: &&String| name.contains(is_separator) && !Path::new(name).is_absolute();
        self.allow.iter().find(is_relative).map(String::as_str)
    }
}
