//! Both ends of a proxied connection, byte by byte: a client that says what it is told, and
//! services that follow a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doctool::capture::proxy::{Options, Proxy};
use doctool::model::{Caller, Header, Recording};

/// A test that waits longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// A proxy with the options that users have.
pub(crate) fn proxy() -> Proxy {
    Proxy::start(Options::default(), None, &|_| {}).unwrap()
}

/// One end of a connection.
pub(crate) struct Peer {
    pub(crate) stream: BufReader<TcpStream>,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) fn connect(address: SocketAddr) -> Self {
        Self::new(TcpStream::connect(address).unwrap())
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// The next head, its empty line included; empty at the end of the connection.
    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while self.stream.read_until(b'\n', &mut head).unwrap() > 0 && !head.ends_with(b"\r\n\r\n")
        {
        }
        head.into_iter().map(char::from).collect()
    }

    pub(crate) fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).unwrap();
        bytes
    }

    pub(crate) fn text(&mut self, length: usize) -> String {
        String::from_utf8(self.exactly(length)).unwrap()
    }

    /// Everything to the end of the connection.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).unwrap();
        bytes
    }

    /// A head and the body of the length that it gives.
    pub(crate) fn message(&mut self) -> (String, String) {
        let head = self.head();
        let length = head.lines().find_map(|line| {
            line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
        });
        let body = self.text(length.unwrap_or(0));
        (head, body)
    }

    pub(crate) fn is_closed(&mut self) -> bool {
        matches!(self.stream.get_mut().read(&mut [0]), Ok(0))
    }

    pub(crate) fn end_sending(&self) {
        self.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    }
}

/// A service that does the same on each connection.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Service {
    pub(crate) fn start(serve: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        Self::start_counting(move |peer, _| serve(peer))
    }

    /// Tells each connection its number, from 0.
    pub(crate) fn start_counting(serve: impl Fn(Peer, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let (count, serve) = (Arc::clone(&connections), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = count.fetch_add(1, Ordering::SeqCst);
                let serve = Arc::clone(&serve);
                thread::spawn(move || serve(Peer::new(stream), number));
            }
        });
        Self { address, connections }
    }

    /// Answers each request with the bytes that the function makes of its head and body.
    pub(crate) fn answering(answer: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> Self {
        Self::start(move |mut peer| {
            loop {
                let (head, body) = peer.message();
                if head.is_empty() {
                    return;
                }
                peer.send(answer(&head, &body));
            }
        })
    }

    /// Answers each request with its own head and body.
    pub(crate) fn echo() -> Self {
        Self::answering(|head, body| ok("text/plain", &format!("{head}{body}")))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// An address where nobody listens.
pub(crate) fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A plain answer with this body.
pub(crate) fn ok(content_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// The line that proves who calls.
pub(crate) fn authorization(caller: &Caller) -> String {
    let credentials = STANDARD.encode(format!("{}:{}", caller.name, caller.key));
    format!("Proxy-Authorization: Basic {credentials}\r\n")
}

/// A caller that knows its name, and its connection to the proxy.
pub(crate) struct Client {
    pub peer: Peer,
    authorization: String,
}

impl Client {
    pub(crate) fn of(proxy: &Proxy, name: &str) -> Self {
        Self::with(proxy.address(), &proxy.caller(name))
    }

    pub(crate) fn with(address: SocketAddr, caller: &Caller) -> Self {
        Self { peer: Peer::connect(address), authorization: authorization(caller) }
    }

    /// Sends a request line, the authorization, and the rest of the head and the body as given.
    pub(crate) fn send(&mut self, line: &str, rest: &str) {
        self.peer.send(format!("{line} HTTP/1.1\r\n{}{rest}", self.authorization));
    }

    pub(crate) fn get(&mut self, url: &str) -> (String, String) {
        self.send(&format!("GET {url}"), "\r\n");
        self.peer.message()
    }

    pub(crate) fn post(&mut self, url: &str, content_type: &str, body: &str) -> (String, String) {
        let length = body.len();
        let rest =
            format!("Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}");
        self.send(&format!("POST {url}"), &rest);
        self.peer.message()
    }
}

/// Headers as lines, for comparing.
pub(crate) fn lines(headers: &[Header]) -> Vec<String> {
    headers.iter().map(|header| format!("{}: {}", header.name, header.value)).collect()
}

/// What was asked and answered, for comparing.
pub(crate) fn summary(recording: &Recording) -> Vec<String> {
    let exchanges = recording.exchanges.iter();
    exchanges
        .map(|exchange| {
            let path = exchange.request.url.splitn(4, '/').nth(3).unwrap_or_default();
            let status = exchange.response.as_ref().map_or("-", |response| &response.status);
            format!("{} {} /{path} {status}", exchange.from, exchange.request.method)
        })
        .collect()
}
