//! `permit` of a profile: what commands may do to its cloud.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Effect;

/// The effects that commands may have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Permit(Vec<Effect>);

impl Default for Permit {
    fn default() -> Self {
        Self(Effect::ALL.to_vec())
    }
}

impl Permit {
    /// Whether a command may have this effect.
    pub fn allows(&self, effect: Effect) -> bool {
        self.0.contains(&effect)
    }
}
