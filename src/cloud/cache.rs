//! Where doctool keeps what it knows between runs. In: the environment. Out: a folder.

use std::env;
use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Result};
use crate::system;

/// The user's cache folder for doctool.
pub(super) fn folder() -> Result<PathBuf> {
    if let Some(folder) = named("DOCTOOL_CACHE_DIR") {
        return Ok(folder);
    }
    system::cache_folder(named).map_err(|variable| {
        let message = format!("there is no place for the cloud: {variable} is not set");
        Error::new(ErrorKind::Cloud, message).hint("name a folder in DOCTOOL_CACHE_DIR")
    })
}

/// The path in an environment variable, unless it is empty.
pub(super) fn named(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}
