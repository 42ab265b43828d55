//! Connections to services.
//!
//! In: whom a request is for. Out: a connection, used before or new. Each caller's connection has
//! its own, because then a service sees its clients' connections come and go as it would without
//! a recorder between.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use tokio_rustls::TlsStream;

use super::refusal::Refusal;
use super::target::{Scheme, Target};
use super::trust::Trust;
use super::wire::Connection;

/// Idle connections that one caller's connection holds on to.
const MOST_IDLE: usize = 8;

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Peer {
    /// A service, by host and port.
    Service(String, u16),
    /// A service that is spoken to inside TLS.
    SecureService(String, u16),
    /// A run's recorder, for any service.
    Recorder(SocketAddr),
}

/// The idle connections that a caller's connection may use again.
#[derive(Default)]
pub(super) struct Pool {
    idle: Vec<(Peer, Connection)>,
}

impl Peer {
    /// The service itself.
    pub(super) fn service(target: &Target) -> Self {
        let (host, port) = (target.host().to_owned(), target.port());
        match target.scheme() {
            Scheme::Http => Self::Service(host, port),
            Scheme::Https => Self::SecureService(host, port),
        }
    }

    /// A new connection. Who is spoken to inside TLS must prove itself to what is trusted.
    pub(super) async fn connect(
        &self,
        patience: Duration,
        trust: Option<&Trust>,
    ) -> Result<Connection, Refusal> {
        let late =
            || Refusal::gateway_timeout(format!("{self} does not let itself be connected to"));
        let connecting = async {
            let stream = match self {
                Self::Service(host, port) | Self::SecureService(host, port) => {
                    TcpStream::connect((host.as_str(), *port)).await
                }
                Self::Recorder(address) => TcpStream::connect(address).await,
            };
            let stream = stream
                .map_err(|error| Refusal::bad_gateway(format!("cannot reach {self}: {error}")))?;
            match (self, trust) {
                (Self::SecureService(host, _), Some(trust)) => {
                    let _ = stream.set_nodelay(true);
                    let stream = trust.connect(host, stream).await.map_err(|error| {
                        Refusal::bad_gateway(format!("cannot speak TLS with {self}: {error}"))
                    })?;
                    Ok(Connection::secure(TlsStream::Client(stream)))
                }
                (Self::SecureService(..), None) => {
                    Err(Refusal::not_implemented("nothing is looked at inside TLS here"))
                }
                _ => Ok(Connection::new(stream)),
            }
        };
        timeout(patience, connecting).await.unwrap_or_else(|_| Err(late()))
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service(host, port) | Self::SecureService(host, port) => {
                write!(formatter, "`{host}:{port}`")
            }
            Self::Recorder(address) => write!(formatter, "the recorder at `{address}`"),
        }
    }
}

impl Pool {
    /// An idle connection that still stands.
    pub(super) fn take(&mut self, peer: &Peer) -> Option<Connection> {
        while let Some(at) = self.idle.iter().position(|(other, _)| other == peer) {
            let (_, mut connection) = self.idle.swap_remove(at);
            if connection.is_fresh() {
                return Some(connection);
            }
        }
        None
    }

    /// Holds on to a connection that its peer keeps open.
    pub(super) fn put(&mut self, peer: Peer, connection: Connection) {
        // What peers closed in the meantime goes now: a caller's connection may live for days.
        self.idle.retain_mut(|(_, other)| other.is_fresh());
        if self.idle.len() == MOST_IDLE {
            self.idle.remove(0);
        }
        self.idle.push((peer, connection));
    }
}
