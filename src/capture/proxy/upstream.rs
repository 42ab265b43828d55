//! Connections to services.
//!
//! In: whom a request is for. Out: a connection, used before or new. Each caller's connection has
//! its own, because then a service sees its clients' connections come and go as it would without
//! a recorder between.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::refusal::Refusal;
use super::target::Target;
use super::wire::Connection;

/// Idle connections that one caller's connection holds on to.
const MOST_IDLE: usize = 8;

/// The other end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Peer {
    /// A service, by host and port.
    Service(String, u16),
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
        Self::Service(target.host().to_owned(), target.port())
    }

    /// A new connection.
    pub(super) async fn connect(&self, patience: Duration) -> Result<Connection, Refusal> {
        let connected = match self {
            Self::Service(host, port) => {
                timeout(patience, TcpStream::connect((host.as_str(), *port))).await
            }
            Self::Recorder(address) => timeout(patience, TcpStream::connect(address)).await,
        };
        match connected {
            Ok(Ok(stream)) => Ok(Connection::new(stream)),
            Ok(Err(error)) => Err(Refusal::bad_gateway(format!("cannot reach {self}: {error}"))),
            Err(_) => {
                Err(Refusal::gateway_timeout(format!("{self} does not let itself be connected to")))
            }
        }
    }
}

impl std::fmt::Display for Peer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Service(host, port) => write!(formatter, "`{host}:{port}`"),
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
