//! What a check demands besides that views are true: the key `check` of doctool.yml.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a check demands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CheckSettings {
    /// Days after which a recording that is replayed is too old, counted from its first answer. It may
    /// be of any age where this is not set.
    #[schemars(range(min = 1))]
    pub max_age: Option<u64>,
    /// How often a page that drifted or failed live runs again before it is told so.
    pub retries: u16,
}
