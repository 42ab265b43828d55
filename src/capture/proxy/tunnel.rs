//! Tunnels: what a caller asks for with `CONNECT`, and what follows a change of protocol.
//!
//! In: a connection whose next bytes are no HTTP request to the proxy. Out: for the cloud's own
//! hosts, the connection inside TLS, to be read like any other; for others, the bytes passed both
//! ways, untouched and unseen but counted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::BufMut as _;
use tempfile::TempPath;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsStream;

use super::authority::Authority;
use super::body::Length;
use super::callers::Known;
use super::connection::Engine;
use super::hosts;
use super::refusal::Refusal;
use super::target::Tunnel;
use super::trust::Trust;
use super::wire::{Connection, Incoming, Outgoing, Passage};
use crate::model::Directory;

/// How long a caller may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// What tells a caller that its tunnel stands.
const STANDS: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// What a proxy needs that looks inside TLS.
pub(super) struct Secure {
    pub(super) authority: Authority,
    pub(super) trust: Trust,
    pub(super) hosts: hosts::Known,
    /// How exchanges tell which hosts are the cloud's.
    pub(super) directory: Directory,
    pub(super) unseen: Counts,
    /// The certificates that commands are told to believe.
    pub(super) bundle: Bundle,
}

/// Where the certificates stand.
pub(super) enum Bundle {
    /// In a file that goes with the proxy.
    Passing(TempPath),
    /// In one that stays.
    Kept(PathBuf),
}

/// Connections during recordings that nobody could look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Host and port.
    pub to: String,
    /// How many there were.
    pub connections: usize,
    /// Whether the host is the cloud's, but the caller did not believe the proxy's certificate.
    pub distrusted: bool,
}

/// How often which host was asked for.
#[derive(Default)]
pub(super) struct Counts(Mutex<BTreeMap<(String, bool), usize>>);

impl Counts {
    fn add(&self, engine: &Engine, tunnel: &Tunnel, distrusted: bool) {
        if engine.journal.as_ref().is_some_and(|journal| journal.is_open()) {
            let to = (format!("{}:{}", tunnel.host, tunnel.port), distrusted);
            let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *counts.entry(to).or_default() += 1;
        }
    }

    /// What there was.
    pub(super) fn all(&self) -> Vec<Unseen> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let unseen = counts.iter().map(|((to, distrusted), connections)| Unseen {
            to: to.clone(),
            connections: *connections,
            distrusted: *distrusted,
        });
        unseen.collect()
    }
}

impl Bundle {
    /// The file.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Passing(path) => path,
            Self::Kept(path) => path,
        }
    }
}

/// Opens a tunnel. Gives the connection inside it if that is to be read; otherwise serves it to its
/// end.
pub(super) async fn open(
    mut caller: Connection,
    engine: &Engine,
    from: &Known,
    tunnel: &Tunnel,
) -> Option<Connection> {
    let secure = engine.secure.as_ref();
    match secure.filter(|secure| from.believes && secure.is_cloud(engine, tunnel)) {
        Some(secure) => look_inside(caller, engine, secure, tunnel).await,
        None => {
            if let Some(secure) = secure {
                secure.unseen.add(engine, tunnel, false);
            }
            if let Err(refusal) = pass_through(&mut caller, engine, tunnel).await {
                refusal.write(caller.outgoing.buffer(), false);
                let _ = caller.outgoing.flush().await;
                caller.linger(HANDSHAKE).await;
            }
            None
        }
    }
}

impl Secure {
    fn is_cloud(&self, engine: &Engine, tunnel: &Tunnel) -> bool {
        let named = || {
            let exchanges = engine.journal.iter();
            let exchanges =
                exchanges.flat_map(|journal| journal.exchanges(self.directory.may_tell));
            self.directory.hosts(&exchanges.collect::<Vec<_>>())
        };
        self.hosts.fits(&tunnel.host, named)
    }
}

async fn look_inside(
    mut caller: Connection,
    engine: &Engine,
    secure: &Secure,
    tunnel: &Tunnel,
) -> Option<Connection> {
    caller.outgoing.buffer().put_slice(STANDS);
    caller.outgoing.flush().await.ok()?;
    // Whoever sends before it is told that the tunnel stands speaks no TLS.
    let (stream, _) = caller.into_stream().filter(|(_, ahead)| ahead.is_empty())?;
    let accepted = timeout(HANDSHAKE, secure.authority.accept(&tunnel.host, stream)).await;
    match accepted {
        Ok(Ok(stream)) => Some(Connection::secure(TlsStream::Server(stream))),
        _ => {
            secure.unseen.add(engine, tunnel, true);
            None
        }
    }
}

async fn pass_through(
    caller: &mut Connection,
    engine: &Engine,
    tunnel: &Tunnel,
) -> Result<(), Refusal> {
    let Tunnel { host, port, .. } = tunnel;
    let connecting = TcpStream::connect((host.as_str(), *port));
    let stream = match timeout(engine.connect_timeout, connecting).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return Err(Refusal::bad_gateway(format!("cannot reach `{host}:{port}`: {error}")));
        }
        Err(_) => {
            let reason = format!("`{host}:{port}` does not let itself be connected to");
            return Err(Refusal::gateway_timeout(reason));
        }
    };
    caller.outgoing.buffer().put_slice(STANDS);
    if caller.outgoing.flush().await.is_ok() {
        splice(caller, &mut Connection::new(stream)).await;
    }
    Ok(())
}

/// Passes everything both ways until both sides have ended, or one breaks off.
pub(super) async fn splice(caller: &mut Connection, service: &mut Connection) {
    let there = one_way(&mut caller.incoming, &mut service.outgoing);
    let back = one_way(&mut service.incoming, &mut caller.outgoing);
    if tokio::try_join!(there, back).is_err() {
        caller.reset_on_close();
        service.reset_on_close();
    }
}

async fn one_way(from: &mut Incoming, to: &mut Outgoing) -> Result<(), ()> {
    let mut everything = Passage::new(Length::UntilClose, false, None);
    everything.run(from, to).await.map_err(drop)?;
    to.shutdown().await.map_err(drop)
}
