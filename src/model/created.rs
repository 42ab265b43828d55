//! Things that commands make on a cloud.

use std::time::SystemTime;

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

/// A request to make a thing, of which nobody has seen what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Asked {
    /// The address of the collection in which the thing is to be.
    pub collection: String,
    /// What it is to be called.
    pub name: String,
    /// When the last of the request was about to be passed on.
    pub at: SystemTime,
}
