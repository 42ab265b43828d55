//! Where the exchanges of a profile's commands are seen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the exchanges of a profile's commands are seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CaptureSource {
    /// doctool's proxy, through which the command is sent.
    #[default]
    Proxy,
    /// The log that the requestshook middleware of the services writes: a path, seen from the
    /// site's folder, `ssh://user@host/path`, or a URL with `http` or `https`.
    Requestshook(String),
}
