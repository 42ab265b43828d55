//! What a command does to a cloud.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a command does to a cloud, from harmless to final.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// It only looks.
    Read,
    /// It makes or alters things; also what is not known.
    Change,
    /// It takes things away for good.
    Destroy,
}

impl Effect {
    /// All, in order.
    pub const ALL: [Self; 3] = [Self::Read, Self::Change, Self::Destroy];
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Read => "read",
            Self::Change => "change",
            Self::Destroy => "destroy",
        })
    }
}
