//! The recording forward proxy.
//!
//! In: requests in absolute form from callers that bear a name, over HTTP/1.1 on loopback. Out:
//! the same requests to whom they are for, the answers back, and a [`Recording`] of both.
//!
//! # Why neither hudsucker nor hyper
//!
//! A recorder must show what was on the wire, and must not change it. hudsucker is a proxy on
//! hyper, and hyper keeps a head in a `HeaderMap`: header names lose their spelling for the
//! program that looks at them, repeated headers move together, and the order of the wire is
//! available to its C interface alone (hyperium/hyper#2572, #3914). What it forwards would so
//! differ from what it got, and what it shows would have to be read from a copy of the wire beside
//! it. Interim responses are its own business, too: its server says `100 Continue` when the body
//! is first asked for, whatever the upstream thinks. What is left of HTTP/1.1 for a proxy that
//! forwards messages as they are is little: heads (read by `httparse`, hyper's own parser) and the
//! length of bodies. That is `head` and `body`; each refuses what two readers could understand
//! differently.
//!
//! HTTPS, HTTP/2 and WebSocket have their doors: `target` is where `CONNECT` is refused today and
//! `connection` where a tunnel would hand the stream inside it to the same loop, or to an HTTP/2
//! one beside it (hyper's, as there is no spelling to lose there); `exchange` is where a `101`
//! ends. All write to the same `journal`.
//!
//! # Why async, and only here
//!
//! A proxy waits for both ends of many connections at once, each of which may stop at any
//! moment. All else in doctool does one thing after another, so the runtime stays inside this
//! module, and what others call blocks.

mod body;
mod callers;
mod connection;
mod exchange;
mod head;
mod journal;
mod kept;
mod refusal;
mod route;
mod target;
mod upstream;
mod wire;

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::{self, Runtime};

use self::callers::{Callers, user};
use self::connection::Engine;
use self::journal::Journal;
pub(super) use self::route::Route;
use super::Capture;
use super::participants::Participants;
use super::relay::{self, Attachment};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{self, Caller, Events, Exchange, Recording};

/// What cannot stand in a URL's user name as it is (RFC 3986, section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How long the end of the proxy may take.
const STOP: Duration = Duration::from_millis(200);

/// How the proxy records.
#[derive(Debug, Clone)]
pub struct Options {
    /// Bytes of a body that are kept; the rest passes through unseen.
    pub body_limit: usize,
    /// How long a connection to a service may take to come about.
    pub connect_timeout: Duration,
    /// How long the end of a recording waits for exchanges that are under way.
    pub settle: Duration,
    /// Who owns which URL.
    pub participants: Participants,
    /// Who sees each exchange as it ends. Until it has, the exchange counts as under way.
    pub witness: Option<Witness>,
}

/// Somebody who sees exchanges one by one, of services too.
#[derive(Clone)]
pub struct Witness(pub Arc<dyn Fn(&Exchange) + Send + Sync>);

impl fmt::Debug for Witness {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Witness")
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            body_limit: 1024 * 1024,
            connect_timeout: Duration::from_secs(10),
            settle: Duration::from_secs(2),
            participants: Participants::default(),
            witness: None,
        }
    }
}

/// A running recorder; stops when dropped.
pub struct Proxy {
    attachment: Option<Attachment>,
    runtime: Option<Runtime>,
    address: SocketAddr,
    engine: Arc<Engine>,
    journal: Arc<Journal>,
    settle: Duration,
    participants: Participants,
    moments: Vec<Instant>,
}

impl Proxy {
    /// Starts to listen on a free port of 127.0.0.1. With a relay, also takes what the cloud's
    /// services send; while another run holds the relay, waits for its end and says so.
    ///
    /// # Errors
    ///
    /// When no port can be listened on, or the relay does not answer or does not accept the key.
    pub fn start(
        options: Options,
        relay: Option<&model::Relay>,
        events: Events<'_>,
    ) -> Result<Self> {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = listener.local_addr().map_err(|error| not_listening("127.0.0.1", error))?;
        let journal = Arc::new(Journal::new(options.body_limit, options.witness));
        let engine = Arc::new(Engine {
            callers: Callers::new()?,
            journal: Some(Arc::clone(&journal)),
            route: Route::default(),
            connect_timeout: options.connect_timeout,
        });
        for caller in relay.iter().flat_map(|relay| &relay.callers) {
            engine.callers.admit(caller);
        }
        let runtime = runtime()?;
        runtime.spawn(accept(listener, Arc::clone(&engine)));
        let attachment = relay.map(|relay| relay::attach(relay, address, events)).transpose()?;
        Ok(Self {
            attachment,
            runtime: Some(runtime),
            address,
            engine,
            journal,
            settle: options.settle,
            participants: options.participants,
            moments: Vec::new(),
        })
    }

    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// When each exchange of the last recording began, in their order.
    pub fn moments(&self) -> &[Instant] {
        &self.moments
    }

    /// The caller of this name, with its key, which is a secret of this run.
    pub fn caller(&self, name: &str) -> Caller {
        self.engine.callers.issue(name)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // First, so that the relay goes around the recorder before it stops.
        drop(self.attachment.take());
        if let Some(runtime) = self.runtime.take() {
            // Dropping it instead would wait for a name server, if one is being asked.
            runtime.shutdown_timeout(STOP);
        }
    }
}

impl Capture for Proxy {
    fn environment(&self, caller: &str) -> Vec<(String, String)> {
        let caller = self.caller(caller);
        let name = user(&caller.name);
        let name = utf8_percent_encode(&name, RESERVED);
        let proxy = format!("http://{name}:{}@{}", caller.key, self.address);
        // Without a value for `no_proxy` a user's own one would hide what is on loopback.
        [("http_proxy", &*proxy), ("HTTP_PROXY", &proxy), ("no_proxy", ""), ("NO_PROXY", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    fn secrets(&self, caller: &str) -> Vec<(String, String)> {
        vec![("key".to_owned(), self.caller(caller).key)]
    }

    fn begin(&mut self) -> Result<()> {
        if self.journal.begin() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Recording, "a recording has begun and not ended"))
    }

    fn settle(&self) {
        self.journal.settle(self.settle);
    }

    fn end(&mut self) -> Result<Recording> {
        let recording = self.journal.end(self.settle);
        let (mut recording, moments) =
            recording.ok_or_else(|| Error::new(ErrorKind::Recording, "no recording has begun"))?;
        self.participants.resolve(&mut recording);
        self.moments = moments;
        Ok(recording)
    }
}

/// Forwards until the process ends, recording nothing: directly, or through the recorder that the
/// route names.
pub(super) fn forward(listener: TcpListener, callers: &[Caller], route: Route) -> Result<()> {
    let known = Callers::new()?;
    callers.iter().for_each(|caller| known.admit(caller));
    let connect_timeout = Options::default().connect_timeout;
    let engine = Engine { callers: known, journal: None, route, connect_timeout };
    runtime()?.block_on(accept(listener, Arc::new(engine)));
    Ok(())
}

/// A door that [`forward`] can open.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|error| not_listening(address, error))?;
    listener.set_nonblocking(true).map_err(|error| not_listening(address, error))?;
    Ok(listener)
}

fn not_listening(address: impl std::fmt::Display, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Recording, format!("the proxy cannot listen on `{address}`"))
        .because(error)
}

fn runtime() -> Result<Runtime> {
    runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("proxy")
        .enable_all()
        .build()
        .map_err(|error| {
            Error::new(ErrorKind::Recording, "the proxy's threads cannot be started").because(error)
        })
}

/// Accepts connections for ever.
async fn accept(listener: TcpListener, engine: Arc<Engine>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tokio::spawn(connection::serve(stream, Arc::clone(&engine)));
            }
            // Mostly a lack of file descriptors, which passes when a connection ends.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}
