//! What stands before the services of many clouds: one address for all of them, plain or with TLS
//! that ends there.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The front on a port of 127.0.0.1, which stays the same when it turns to TLS.
pub struct Front {
    port: u16,
    tls: Arc<AtomicBool>,
    authority: PathBuf,
}

/// Addresses of services with the first part of their paths.
pub type Services = Vec<(&'static str, String)>;

impl Front {
    /// Starts plain, before services such as `("/image", "127.0.0.1:9292")`. The certificate of its
    /// authority is written into the folder.
    pub fn new(services: Services, folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let authority = folder.join("authority.pem");
        let config = Arc::new(certified(&authority));
        let tls = Arc::new(AtomicBool::new(false));
        let is_tls = Arc::clone(&tls);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (services, config) = (services.clone(), Arc::clone(&config));
                let tls = is_tls.load(Ordering::SeqCst);
                thread::spawn(move || {
                    // A caller may go away at any time.
                    let _ = if tls {
                        let session = ServerConnection::new(config).expect("it is set up");
                        serve(StreamOwned::new(session, stream), "https", port, &services)
                    } else {
                        serve(stream, "http", port, &services)
                    };
                });
            }
        });
        Self { port, tls, authority }
    }

    /// Speaks TLS alone from now on.
    pub fn turn_to_tls(&self) {
        self.tls.store(true, Ordering::SeqCst);
    }

    /// Host and port.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The file of the certificate to believe.
    pub fn authority(&self) -> &Path {
        &self.authority
    }
}

fn certified(authority: &Path) -> ServerConfig {
    let mut own = CertificateParams::default();
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = || KeyPair::generate().expect("there is randomness");
    let issuer = CertifiedIssuer::self_signed(own, key()).expect("it can sign");
    std::fs::write(authority, issuer.pem()).expect("the folder can be written");
    let key = key();
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("it is an address");
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer).expect("it can sign");
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("there are versions")
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(key.serialize_der().into()),
        )
        .expect("key and certificate fit")
}

/// Passes on one request, and its answer with the front's own address in it.
fn serve(
    caller: impl Read + Write,
    scheme: &str,
    port: u16,
    services: &Services,
) -> std::io::Result<()> {
    let mut caller = BufReader::new(caller);
    let request = message(&mut caller)?;
    let text = String::from_utf8_lossy(&request);
    let path = text.split(' ').nth(1).unwrap_or_default();
    let Some((_, service)) = services.iter().find(|(start, _)| path.starts_with(start)) else {
        return Ok(());
    };
    let mut stream = TcpStream::connect(service)?;
    stream.write_all(&request)?;
    let mut answer = message(&mut BufReader::new(&stream))?;
    stream.shutdown(Shutdown::Both)?;
    for (_, service) in services {
        let text = String::from_utf8_lossy(&answer);
        let own = format!("{scheme}://127.0.0.1:{port}");
        answer = text.replace(&format!("http://{service}"), &own).into_bytes();
    }
    let text = String::from_utf8_lossy(&answer)
        .replace(&format!("http://127.0.0.1:{port}"), &format!("{scheme}://127.0.0.1:{port}"));
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    for line in head.split("\r\n") {
        if line.to_ascii_lowercase().starts_with("content-length: ") {
            write!(caller.get_mut(), "Content-Length: {}\r\n", body.len())?;
        } else {
            write!(caller.get_mut(), "{line}\r\n")?;
        }
    }
    write!(caller.get_mut(), "Connection: close\r\n\r\n{body}")?;
    caller.get_mut().flush()
}

/// A head and the body of the length that it gives.
fn message(stream: &mut impl std::io::BufRead) -> std::io::Result<Vec<u8>> {
    let mut message = Vec::new();
    let mut length = 0;
    while !message.ends_with(b"\r\n\r\n") {
        let start = message.len();
        if stream.read_until(b'\n', &mut message)? == 0 {
            break;
        }
        let line = String::from_utf8_lossy(&message[start..]).to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().expect("a length is a number");
        }
    }
    stream.take(length).read_to_end(&mut message)?;
    Ok(message)
}
