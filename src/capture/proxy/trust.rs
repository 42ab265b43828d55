//! Whom the proxy believes on the way to services.
//!
//! In: what the system trusts, and files with the profile's own certificates. Out: TLS sessions with
//! services that proved who they are, and the same certificates as text for commands.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::{CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, ErrorKind, Result};

/// What is spoken inside TLS, by the names that are told when it begins (RFC 7301).
pub(super) const HTTP_1: &[u8] = b"http/1.1";
pub(super) const HTTP_2: &[u8] = b"h2";

/// Certificate authorities that are believed.
pub(super) struct Trust {
    connector: TlsConnector,
    /// Would rather speak HTTP/2.
    newer: TlsConnector,
    certificates: Vec<CertificateDer<'static>>,
}

/// The cryptography that reqwest uses, too.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

impl Trust {
    /// What the system trusts, and what stands in these files.
    pub(super) fn new(files: &[PathBuf]) -> Result<Self> {
        let mut certificates = rustls_native_certs::load_native_certs().certs;
        for file in files {
            certificates.extend(read(file)?);
        }
        let mut roots = RootCertStore::empty();
        // A system's list may hold some that nobody can read.
        roots.add_parsable_certificates(certificates.iter().cloned());
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| failed("TLS cannot be set up").because(error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![HTTP_1.to_vec()];
        let mut newer = config.clone();
        newer.alpn_protocols.insert(0, HTTP_2.to_vec());
        let [connector, newer] = [config, newer].map(|config| TlsConnector::from(Arc::new(config)));
        Ok(Self { connector, newer, certificates })
    }

    /// Speaks TLS with a host, which must prove that it is the one.
    pub(super) async fn connect(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.connector.connect(name, stream).await
    }

    /// The same, with HTTP/2 if the host speaks it.
    pub(super) async fn connect_newer(
        &self,
        host: &str,
        stream: TcpStream,
    ) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        self.newer.connect(name, stream).await
    }

    /// The certificates as text, with one before them.
    pub(super) fn bundle(&self, first: &str) -> String {
        let mut text = first.to_owned();
        for certificate in &self.certificates {
            text.push_str("-----BEGIN CERTIFICATE-----\n");
            let encoded = STANDARD.encode(certificate);
            for line in encoded.as_bytes().chunks(64) {
                text.extend(line.iter().copied().map(char::from));
                text.push('\n');
            }
            text.push_str("-----END CERTIFICATE-----\n");
        }
        text
    }
}

fn read(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let unreadable = || failed(&format!("cannot read the certificates in `{}`", file.display()));
    let certificates =
        CertificateDer::pem_file_iter(file).map_err(|error| unreadable().because(error))?;
    let certificates = certificates.collect::<std::result::Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| unreadable().because(error))?;
    if certificates.is_empty() {
        let hint = "name a file of PEM certificates in the cloud's profile";
        return Err(unreadable().hint(hint));
    }
    Ok(certificates)
}

fn failed(message: &str) -> Error {
    Error::new(ErrorKind::Recording, message)
}
