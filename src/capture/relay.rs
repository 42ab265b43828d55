//! A proxy that lives as long as the cloud, and passes what services send on to whichever run
//! records.

use std::net::SocketAddr;
use std::path::Path;

use crate::error::Result;
use crate::model::{self, Events};

/// Serves until the process ends.
///
/// # Errors
///
/// When an address is not on loopback or is taken, or the credentials cannot be read.
pub fn serve(listen: SocketAddr, control: SocketAddr, credentials: &Path) -> Result<()> {
    let _ = (listen, control, credentials);
    Ok(())
}

/// The hold of a run on a relay; dropped, the relay is free again.
pub struct Attachment {}

/// Lets the relay send what services say through the recorder. Waits while another run holds it.
///
/// # Errors
///
/// When the relay does not answer or does not accept the key.
pub fn attach(
    relay: &model::Relay,
    recorder: SocketAddr,
    events: Events<'_>,
) -> Result<Attachment> {
    let _ = (relay, recorder, events);
    Ok(Attachment {})
}
