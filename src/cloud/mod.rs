//! Clouds that commands run on: profiles, readiness, the embedded one.
//!
//! In: a profile of doctool.yml. Out: a [`Cloud`] that answers, or why it does not.

mod cache;
mod catalog;
mod debugged;
pub mod devstack;
mod effects;
#[cfg(unix)]
pub mod embedded;
#[cfg(not(unix))]
#[path = "not_embedded.rs"]
pub mod embedded;
mod external;
mod left_over;
mod probe;
mod status;

pub use catalog::DIRECTORY;
pub use debugged::{CLIENT, debugged};
pub use effects::{effect, targets};
pub use left_over::{Removal, Said, TOKEN, look, remove};
pub use probe::probe;

use std::path::PathBuf;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Events};
use crate::settings::doctool::CloudProfile;

use embedded::Embedded;

/// The user's folder for what doctool keeps between runs.
///
/// # Errors
///
/// When the environment names none.
pub fn cache_folder() -> Result<PathBuf> {
    cache::folder()
}

/// Empties the caches of an embedded cloud by starting its services anew. False for other clouds,
/// whose profiles say how that is done.
///
/// # Errors
///
/// When a service does not end or does not come up again.
pub fn cool(profile: &CloudProfile, events: Events<'_>) -> Result<bool> {
    if profile.embedded.is_some() {
        Embedded::from_environment()?.cool(events)?;
    }
    Ok(profile.embedded.is_some())
}

/// The cloud of a profile. An embedded one that does not run is brought up; one that runs in part
/// is not repaired in passing, because somebody should know.
///
/// # Errors
///
/// When the cloud or a part of it does not answer, or the profile lacks something.
pub fn ready(name: &str, profile: &CloudProfile, events: Events<'_>) -> Result<Cloud> {
    if profile.embedded.is_none() {
        return external::cloud(name, profile);
    }
    let embedded = Embedded::from_environment()?;
    let cloud = match embedded.cloud() {
        Some(cloud) => {
            probe(&cloud)?;
            cloud
        }
        None => {
            let parts = embedded.status()?.parts;
            let missing = parts.iter().find(|part| part.process.is_none());
            if let (Some(missing), true) =
                (missing, parts.iter().any(|part| part.process.is_some()))
            {
                let message = format!("`{}` of the embedded cloud does not run", missing.name);
                let hint = "run `doctool cloud up`: it starts what is missing";
                return Err(Error::new(ErrorKind::Cloud, message).hint(hint));
            }
            embedded.up(events)?
        }
    };
    Ok(Cloud { name: name.to_owned(), ..cloud })
}
