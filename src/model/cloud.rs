//! A cloud that answers: what a command needs in order to use it, and what must never be shown.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Variables that name a file of certificates to believe: those that OpenStack's clients, Python's
/// requests, OpenSSL, curl, the AWS tools and Node read.
pub const CERTIFICATE_VARIABLES: [&str; 6] = [
    "AWS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "OS_CACERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
];

/// The host in an absolute HTTP URL: a name or address in lower case, without port and brackets.
pub fn host_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Whether a host, in lower case and without brackets, is one of these names, addresses and
/// `*.DOMAIN`.
pub fn names_host(patterns: &[String], host: &str) -> bool {
    patterns.iter().any(|pattern| {
        let pattern = pattern.to_ascii_lowercase();
        match pattern.strip_prefix('*') {
            Some(end) => host.len() > end.len() && host.ends_with(end),
            None => host == pattern.trim_start_matches('[').trim_end_matches(']'),
        }
    })
}

/// A cloud that is up, seen from a command that is about to run on it.
#[derive(Clone, Default)]
pub struct Cloud {
    /// The profile's name in doctool.yml, or the built-in one's.
    pub name: String,
    /// What tells this cloud from others behind a profile of the same name, such as its address. Ids
    /// that are known of one cloud say nothing on another.
    pub identity: String,
    /// Variables a command needs to reach the cloud, such as `OS_CLOUD`.
    pub env: BTreeMap<String, String>,
    /// Folders to look for programs in before `PATH`.
    pub path: Vec<PathBuf>,
    /// The services whose addresses are known beforehand; others are named from what they say.
    pub services: Vec<Service>,
    /// Its hosts, whose traffic inside TLS is recorded: names, addresses, and `*.DOMAIN`.
    pub hosts: Vec<String>,
    /// Whether the hosts in its catalog are among them.
    pub learns_hosts: bool,
    /// Files of certificates that are believed besides those of the system.
    pub authorities: Vec<PathBuf>,
    /// Values that must never be shown, with what to call them, such as `password`.
    pub secrets: Vec<(String, String)>,
    /// Where to ask for what the services themselves send, when they were started for that.
    pub relay: Option<Relay>,
}

impl Cloud {
    /// Whether what stands at a URL is the cloud's own for sure, so that it may see the user's token.
    pub fn owns(&self, url: &str) -> bool {
        let is_below = |service: &Service| {
            url.strip_prefix(&*service.url).is_some_and(|rest| rest.starts_with('/'))
        };
        self.services.iter().any(is_below)
            || host_of(url).is_some_and(|host| names_host(&self.hosts, &host))
    }
}

/// A service and where it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Participant name in diagrams, such as `glance-api`.
    pub name: String,
    /// URL prefix, such as `http://127.0.0.1:9292/image`.
    pub url: String,
}

/// A process that lives as long as the cloud and passes on what its services send. While a run is
/// attached to it, it sends that through the run's recorder.
#[derive(Clone)]
pub struct Relay {
    /// Where runs attach; loopback.
    pub control: SocketAddr,
    /// Proves that a run belongs to the user who started the cloud.
    pub key: String,
    /// The callers whose traffic comes through the relay.
    pub callers: Vec<Caller>,
}

/// Somebody whose requests are recorded: the user name and password it gives the proxy.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    /// Participant name, sent as the proxy user.
    pub name: String,
    /// Sent as the proxy password, so that only those who were told may use the recorder.
    pub key: String,
}

// Written by hand so that keys, passwords and the environment cannot end up in a message.
impl fmt::Debug for Cloud {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Cloud").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Relay").field("control", &self.control).finish_non_exhaustive()
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Caller").field("name", &self.name).finish_non_exhaustive()
    }
}
