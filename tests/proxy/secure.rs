//! A service inside TLS with a certificate authority of its own, and callers that believe one.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use doctool::capture::Capture as _;
use doctool::capture::proxy::{Hosts, Options, Proxy};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::NamedTempFile;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};

use crate::peers::{Peer, authorization};

pub(crate) type Inside = BufReader<StreamOwned<ClientConnection, TcpStream>>;
pub(crate) type Served = BufReader<StreamOwned<ServerConnection, TcpStream>>;

/// A service that is spoken to inside TLS, as `localhost` and `127.0.0.1`.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    /// The file of the authority that vouches for it.
    pub(crate) authority: NamedTempFile,
}

/// Who a service is, and who vouches for it.
pub(crate) struct Identity {
    pub(crate) config: ServerConfig,
    pub(crate) authority: NamedTempFile,
    /// Its certificate and its key as text.
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Identity {
    /// Of `localhost` and `127.0.0.1`.
    pub(crate) fn new() -> Self {
        let mut own = CertificateParams::default();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(own, KeyPair::generate().unwrap()).unwrap();
        let mut authority = NamedTempFile::new().unwrap();
        authority.write_all(issuer.pem().as_bytes()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".into(), "127.0.0.1".into()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(key.serialize_der().into()),
            )
            .unwrap();
        Self { config, authority, certificate: certificate.pem(), key: key.serialize_pem() }
    }
}

impl Service {
    pub(crate) fn start(serve: impl Fn(Served) + Send + Sync + 'static) -> Self {
        let Identity { config, authority, .. } = Identity::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (config, serve) = (Arc::new(config), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = ServerConnection::new(Arc::clone(&config)).unwrap();
                let serve = Arc::clone(&serve);
                thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                    serve(BufReader::new(StreamOwned::new(session, stream)));
                });
            }
        });
        Self { address, authority }
    }

    /// A proxy that believes the service, for a cloud on these hosts.
    pub(crate) fn proxy(&self, hosts: &[&str]) -> Proxy {
        proxy(self.authority.path(), hosts)
    }
}

/// A proxy that believes an authority, for a cloud on these hosts.
pub(crate) fn proxy(authority: &Path, hosts: &[&str]) -> Proxy {
    let authorities = vec![authority.to_owned()];
    start(Options { hosts: named(hosts), authorities, ..Options::default() })
}

pub(crate) fn named(hosts: &[&str]) -> Hosts {
    let patterns = hosts.iter().map(|host| (*host).to_owned()).collect();
    Hosts { patterns, learns: false }
}

pub(crate) fn start(options: Options) -> Proxy {
    Proxy::start(options, None, &|_| {}).unwrap()
}

/// The file of certificates that commands are told to believe.
pub(crate) fn bundle(proxy: &Proxy) -> String {
    let variables = proxy.environment("openstack");
    variables.into_iter().find(|(name, _)| name == "SSL_CERT_FILE").unwrap().1
}

/// Asks for a tunnel; gives the connection and the head of the answer.
pub(crate) fn connect(proxy: &Proxy, to: &str) -> (Peer, String) {
    let mut peer = Peer::connect(proxy.address());
    let line = authorization(&proxy.caller("openstack"));
    peer.send(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{line}\r\n"));
    let head = peer.head();
    (peer, head)
}

/// A session through a tunnel, with somebody who believes what stands in a file. Whether the other
/// side is believed turns out when something is sent.
pub(crate) fn session(proxy: &Proxy, host: &str, port: u16, believed: &Path) -> Inside {
    let (peer, head) = connect(proxy, &format!("{host}:{port}"));
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let session = ClientConnection::new(Arc::new(believing(believed)), name).unwrap();
    BufReader::new(StreamOwned::new(session, peer.stream.into_inner()))
}

/// Somebody who believes what stands in a file, and would rather speak HTTP/2.
pub(crate) fn believing(file: &Path) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(file).unwrap();
    roots.add_parsable_certificates(certificates.map(Result::unwrap));
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}
