//! Addresses of the cloud on loopback. In: the ports one would like. Out: ports that are free.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// How far above the preferred port a free one is looked for.
const REACH: u16 = 500;

/// Where the processes of the cloud listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ports {
    /// The Identity service.
    pub(super) keystone: u16,
    /// The Image service.
    pub(super) glance_api: u16,
    /// Where the services send their own requests.
    pub(super) relay: u16,
    /// Where runs attach to the relay.
    pub(super) control: u16,
}

impl Ports {
    /// The usual ones: below the range that systems hand out by themselves, and always the same, so
    /// that addresses in pages hardly ever change.
    pub(super) const PREFERRED: Self =
        Self { keystone: 15000, glance_api: 15292, relay: 15080, control: 15081 };

    /// The preferred ports, or for each one that is taken the next free one above it.
    pub(super) fn choose() -> Result<Self> {
        Self::choose_with(is_free)
    }

    fn choose_with(is_free: impl Fn(u16) -> bool) -> Result<Self> {
        let mut chosen = Vec::new();
        let mut next = |preferred: u16| {
            let port = (preferred..preferred + REACH)
                .find(|port| !chosen.contains(port) && is_free(*port))
                .ok_or_else(|| {
                    let message = format!("no port from {preferred} on is free");
                    Error::new(ErrorKind::Cloud, message)
                        .hint("end a program that listens there, and try again")
                })?;
            chosen.push(port);
            Ok(port)
        };
        Ok(Self {
            keystone: next(Self::PREFERRED.keystone)?,
            glance_api: next(Self::PREFERRED.glance_api)?,
            relay: next(Self::PREFERRED.relay)?,
            control: next(Self::PREFERRED.control)?,
        })
    }
}

/// A port on loopback.
pub(super) fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Listens on the port, unless somebody else does.
pub(super) fn listen(port: u16) -> Option<TcpListener> {
    TcpListener::bind(loopback(port)).ok()
}

/// True when nobody listens on the port.
pub(super) fn is_free(port: u16) -> bool {
    listen(port).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_preferred_ports_when_they_are_free() {
        assert_eq!(Ports::choose_with(|_| true).unwrap(), Ports::PREFERRED);
    }

    #[test]
    fn goes_past_taken_ports_and_gives_none_twice() {
        let ports = Ports::choose_with(|port| port != 15000 && port != 15080).unwrap();
        assert_eq!(
            ports,
            Ports { keystone: 15001, glance_api: 15292, relay: 15081, control: 15082 }
        );
    }

    #[test]
    fn says_when_nothing_is_free() {
        let error = Ports::choose_with(|_| false).unwrap_err();
        assert_eq!(error.to_string(), "no port from 15000 on is free");
    }

    #[test]
    fn sees_that_somebody_listens() {
        let listener = TcpListener::bind(loopback(0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(!is_free(port));
        drop(listener);
        assert!(is_free(port));
    }
}
