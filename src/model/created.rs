//! A thing that a command has made on a cloud.

use serde::{Deserialize, Serialize};

/// A thing that was seen being made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Created {
    /// Where it answers: the address of its collection and its id.
    pub url: String,
    /// What sort of thing it is, such as `image`.
    pub sort: String,
    /// Its id.
    pub id: String,
    /// What it is called, if it has a name.
    pub name: Option<String>,
}
