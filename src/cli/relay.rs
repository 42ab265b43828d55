//! `doctool cloud relay`: what the embedded cloud starts beside its services.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use super::Outcome;
use crate::capture::relay;

/// Passes on what services send, through the recorder of whichever run is attached.
#[derive(Debug, clap::Args)]
pub(super) struct Relay {
    /// Where services send their requests.
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Where runs attach.
    #[arg(long, value_name = "ADDRESS")]
    control: SocketAddr,
    /// JSON file with the control key and the callers.
    #[arg(long, value_name = "FILE")]
    credentials: PathBuf,
}

impl Relay {
    /// Serves until the process ends.
    pub(super) fn run(&self) -> Outcome {
        relay::serve(self.listen, self.control, &self.credentials)?;
        Ok(ExitCode::SUCCESS)
    }
}
