//! The certificate authority that commands are told to believe, so that the proxy can speak TLS to
//! them in the name of the cloud's hosts.
//!
//! In: the cloud's hosts, and a folder if the authority is to be the same next time. Out: its
//! certificate, and TLS sessions with callers.
//!
//! # Who could misuse it
//!
//! Whoever has its key can speak for any host that it may vouch for, to those who believe it. So a
//! run's authority is made for the run, and its key is never written down. One that services shall
//! believe for longer is kept, readable by its owner alone, and its certificate itself says that
//! it holds for the profile's hosts only.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;
use tokio::net::TcpStream;
use tokio_rustls::StartHandshake;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

use super::hosts::Hosts;
use super::trust::{HTTP_1, HTTP_2, provider};
use crate::error::{Error, ErrorKind, Result};
use crate::system;

/// How long before now a certificate begins to hold, for clocks that differ.
const BEFORE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a host's certificate holds.
const HOST: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long an authority's own certificate holds.
const OWN: Duration = Duration::from_secs(5 * 365 * 24 * 60 * 60);

/// How a host is answered for.
#[derive(Clone)]
struct Servers {
    http_1: Arc<ServerConfig>,
    /// Would rather speak HTTP/2.
    http_2: Arc<ServerConfig>,
}

/// A certificate authority.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    servers: Mutex<HashMap<String, Servers>>,
}

impl Authority {
    /// An authority that is gone when the process is. Where the hosts are fixed, it can vouch for
    /// no others.
    pub(super) fn passing(hosts: &Hosts) -> Result<Self> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut own = own_params("of one run");
        own.name_constraints = (!hosts.learns).then(|| hosts.constraints());
        let certificate = own.self_signed(&key).map_err(failed)?.pem();
        Ok(Self::of(own, key, certificate))
    }

    /// The authority for these hosts that is kept in a folder; made on first use.
    pub(super) fn kept(folder: &Path, hosts: &Hosts) -> Result<Self> {
        let mark = mark(hosts);
        let mut own = own_params(&mark);
        own.name_constraints = Some(hosts.constraints());
        let cannot = |error: io::Error| {
            let message = format!("cannot keep a certificate authority in `{}`", folder.display());
            Error::new(ErrorKind::File, message).because(error)
        };
        fs::create_dir_all(folder).map_err(cannot)?;
        // Both in one file, which is written as a whole: two doctools may come here at once.
        let file = folder.join(format!("{mark}.key"));
        if let Ok(text) = fs::read_to_string(&file)
            && let Some((key, certificate)) = text.split_once("\n\n")
        {
            let key = KeyPair::from_pem(key).map_err(failed)?;
            return Ok(Self::of(own, key, certificate.to_owned()));
        }
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = own.self_signed(&key).map_err(failed)?.pem();
        let text = format!("{}\n\n{certificate}", key.serialize_pem().trim_end());
        write_private(&file, &text).map_err(cannot)?;
        Ok(Self::of(own, key, certificate))
    }

    fn of(own: CertificateParams, key: KeyPair, certificate: String) -> Self {
        Self { issuer: Issuer::new(own, key), certificate, servers: Mutex::default() }
    }

    /// The authority's own certificate, as text.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// Goes on to speak TLS with a caller in the name of a host.
    pub(super) async fn accept(
        &self,
        host: &str,
        caller: StartHandshake<TcpStream>,
        speaks_http_2: bool,
    ) -> io::Result<TlsStream<TcpStream>> {
        let Servers { http_1, http_2 } = self.server(host).map_err(io::Error::other)?;
        caller.into_stream(if speaks_http_2 { http_2 } else { http_1 }).await
    }

    fn server(&self, host: &str) -> Result<Servers> {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = servers.get(host) {
            return Ok(server.clone());
        }
        let http_1 = self.make_server(host)?;
        let mut http_2 = http_1.clone();
        http_2.alpn_protocols.insert(0, HTTP_2.to_vec());
        let server = Servers { http_1: Arc::new(http_1), http_2: Arc::new(http_2) };
        servers.insert(host.to_owned(), server.clone());
        Ok(server)
    }

    fn make_server(&self, host: &str) -> Result<ServerConfig> {
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::default();
        hold(&mut params, HOST);
        params.distinguished_name.push(DnType::CommonName, "recorded by doctool");
        params.subject_alt_names = vec![match host.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(host.try_into().map_err(failed)?),
        }];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let mut server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .map_err(failed)?;
        server.alpn_protocols = vec![HTTP_1.to_vec()];
        Ok(server)
    }
}

fn own_params(mark: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    hold(&mut params, OWN);
    // Two authorities of one name in one file are taken for each other.
    params.distinguished_name.push(DnType::CommonName, format!("doctool recorder {mark}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

/// Lets a certificate hold from a little before now on, for so long.
fn hold(params: &mut CertificateParams, long: Duration) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + now.saturating_sub(BEFORE);
    params.not_after = epoch + now + long;
}

/// What tells authorities for other hosts apart.
pub(super) fn mark(hosts: &Hosts) -> String {
    let digest = Sha256::digest(hosts.patterns.join("\n"));
    digest[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes a file that everybody may read, all of it or nothing.
pub(super) fn write_public(path: &Path, content: &str) -> io::Result<()> {
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(content.as_bytes())?;
    system::readable_by_all(file.as_file())?;
    file.persist(path)?;
    Ok(())
}

/// Writes a file that only its owner may read, all of it or nothing.
pub(super) fn write_private(path: &Path, content: &str) -> io::Result<()> {
    // Temporary files are made with mode 600, where there are modes.
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(content.as_bytes())?;
    file.persist(path)?;
    Ok(())
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::Recording, "a certificate cannot be made").because(error)
}
