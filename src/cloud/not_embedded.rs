//! The embedded cloud where OpenStack's services do not run: there is none, and whoever asks is told so.

pub use super::status::{Down, PartStatus, Status};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Events};

/// There is none.
#[derive(Debug, Clone)]
pub enum Embedded {}

impl Embedded {
    /// Says that there is none.
    ///
    /// # Errors
    ///
    /// Always, with [`ErrorKind::Cloud`].
    pub fn from_environment() -> Result<Self> {
        let message =
            "the services of OpenStack do not run on this system, so there is no embedded cloud";
        let hint = "run doctool in the Windows Subsystem for Linux, or name a cloud that is elsewhere in \
                    `clouds` of doctool.yml";
        Err(Error::new(ErrorKind::Cloud, message).hint(hint))
    }

    /// Never called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn up(&self, _: Events<'_>) -> Result<Cloud> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn cool(&self, _: Events<'_>) -> Result<()> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn down(&self, _: Events<'_>) -> Result<Down> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn wipe(&self, _: Events<'_>) -> Result<Down> {
        match *self {}
    }

    /// Never called.
    ///
    /// # Errors
    ///
    /// None.
    pub fn status(&self) -> Result<Status> {
        match *self {}
    }

    /// Never called.
    pub fn cloud(&self) -> Option<Cloud> {
        match *self {}
    }
}
