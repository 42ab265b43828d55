//! The recording forward proxy.
//!
//! In: requests in absolute form, or in tunnels, from callers that bear a name, over HTTP/1.1 on
//! loopback. Out: the same requests to whom they are for, the answers back, and a [`Recording`] of both.
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
//! # Inside TLS
//!
//! A `CONNECT` to a host of the cloud is answered with a certificate of the proxy's own `authority`,
//! and what is inside goes through the same loop as plain requests; the service must prove itself to
//! `trust`. Where both sides would rather speak HTTP/2 they do, and each of its streams is an exchange
//! (`streams`). Tunnels to other hosts, and what follows a `101`, pass through unread (`tunnel`).
//!
//! # Why async, and only here
//!
//! A proxy waits for both ends of many connections at once, each of which may stop at any
//! moment. All else in doctool does one thing after another, so the runtime stays inside this
//! module, and what others call blocks.

mod authority;
mod body;
mod callers;
mod connection;
mod entries;
mod exchange;
#[cfg(fuzzing)]
pub mod fuzzing;
mod head;
mod hosts;
mod journal;
mod kept;
mod processes;
mod recorder;
mod refusal;
mod route;
mod stream;
mod streams;
mod target;
mod trust;
mod tunnel;
mod upstream;
mod wire;

use std::fmt;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::runtime::{self, Runtime};

use self::authority::Authority;
use self::callers::{Callers, user};
use self::connection::Engine;
pub use self::hosts::Hosts;
use self::journal::Journal;
use self::processes::Processes;
use self::recorder::Recorder;
pub(super) use self::route::Route;
use self::trust::Trust;
pub use self::tunnel::Unseen;
use self::tunnel::{Bundle, Secure};
use super::Capture;
use super::participants::Participants;
use super::relay::{self, Attachment};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{self, CERTIFICATE_VARIABLES, Caller, Events, Exchange, Recording};
use crate::system;

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
    /// The hosts whose traffic inside TLS is recorded.
    pub hosts: Hosts,
    /// Files of certificates that are believed besides those of the system.
    pub authorities: Vec<PathBuf>,
    /// Where it stands, if callers are to find it again, and it records from its first moment on; none for one
    /// that is gone after a run, with all its keys.
    pub standing: Option<Standing>,
    /// Who sees each exchange as it ends, and a `POST` before the last of it is passed on. Until it has seen
    /// the end, the exchange counts as under way.
    pub witness: Option<Witness>,
}

/// A proxy that services know from one time to the next.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The port of 127.0.0.1.
    pub port: u16,
    /// The folder of its keys, which only their owner can read.
    pub folder: PathBuf,
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
            hosts: Hosts::default(),
            authorities: Vec::new(),
            standing: None,
            witness: None,
        }
    }
}

impl Options {
    fn address(&self) -> SocketAddr {
        let port = self.standing.as_ref().map_or(0, |standing| standing.port);
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }

    fn callers(&self) -> Result<Callers> {
        match &self.standing {
            Some(standing) => Callers::kept(&standing.folder),
            None => Callers::new(),
        }
    }
}

/// What somebody of this name needs to be seen by the standing proxy with these options, whether it
/// runs now or not: variables as in [`Capture::environment`].
///
/// # Errors
///
/// When its keys and certificates cannot be read or written.
pub fn standing_environment(options: &Options, name: &str) -> Result<Vec<(String, String)>> {
    let caller = options.callers()?.issue(name, 0);
    Ok(variables(&caller, options.address(), secure(options)?.bundle.path()))
}

/// A running recorder; stops when dropped.
pub struct Proxy {
    attachment: Option<Attachment>,
    runtime: Option<Runtime>,
    recorder: Recorder,
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
        if options.standing.is_some() {
            system::hold_many();
        }
        let listener = listen(options.address())?;
        let address = listener.local_addr().map_err(|error| not_listening("127.0.0.1", error))?;
        let (witness, is_drained) = (options.witness.clone(), options.standing.is_some());
        let tokens = options.participants.directory().tokens;
        let journal = Arc::new(Journal::new(options.body_limit, witness, tokens, is_drained));
        let engine = Arc::new(Engine {
            callers: options.callers()?,
            journal: Some(Arc::clone(&journal)),
            route: Route::default(),
            connect_timeout: options.connect_timeout,
            // Only who compares recordings wants to know.
            processes: if options.standing.is_none() { Processes::start() } else { None },
            secure: Some(secure(&options)?),
        });
        for caller in relay.iter().flat_map(|relay| &relay.callers) {
            engine.callers.admit(caller, false);
        }
        let participants = Arc::new(Mutex::new(options.participants));
        let mut recorder =
            Recorder::new(address, Arc::clone(&engine), journal, options.settle, participants);
        if is_drained {
            // Services may have waited at the port, and the first of what they send counts, too.
            recorder.begin()?;
        }
        let runtime = runtime()?;
        runtime.spawn(accept(listener, engine));
        let attachment = relay.map(|relay| relay::attach(relay, address, events)).transpose()?;
        Ok(Self { attachment, runtime: Some(runtime), recorder })
    }

    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.recorder.address
    }

    /// When each exchange of the last recording began, in their order.
    pub fn moments(&self) -> &[Instant] {
        &self.recorder.moments
    }

    /// Takes out messages of a recording that goes on, as far as they are complete: some at a time, none
    /// once there are no more. Of an exchange whose request and response are taken out one after the
    /// other, both recordings tell all that is known then. Of a standing proxy this has to be asked
    /// again and again: it lets callers wait where much has not been taken out.
    pub fn drain(&mut self) -> Recording {
        self.recorder.drain()
    }

    /// The caller of this name, with its key, which is a secret of this run.
    pub fn caller(&self, name: &str) -> Caller {
        self.recorder.caller(name)
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
        self.recorder.environment(caller)
    }

    fn secrets(&self, caller: &str) -> Vec<(String, String)> {
        self.recorder.secrets(caller)
    }

    fn unseen(&self) -> Vec<Unseen> {
        self.recorder.unseen()
    }

    fn beside(&self, number: usize) -> Option<Box<dyn Capture + Send>> {
        self.recorder.beside(number)
    }

    fn begin(&mut self) -> Result<()> {
        self.recorder.begin()
    }

    fn settle(&self) {
        self.recorder.settle();
    }

    fn count(&self) -> Option<usize> {
        self.recorder.count()
    }

    fn end(&mut self) -> Result<Recording> {
        self.recorder.end()
    }

    fn doubtful(&mut self) -> Vec<Exchange> {
        self.recorder.doubtful()
    }
}

/// The variables that send a caller through the proxy.
fn variables(caller: &Caller, address: SocketAddr, bundle: &Path) -> Vec<(String, String)> {
    let name = user(&caller.name);
    let name = utf8_percent_encode(&name, RESERVED);
    let proxy = format!("http://{name}:{}@{address}", caller.key);
    let bundle = bundle.to_string_lossy();
    // Without a value for `no_proxy` a user's own one would hide what is on loopback.
    let ways =
        ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"].map(|name| (name, &*proxy));
    let all = ways.into_iter().chain(["no_proxy", "NO_PROXY"].map(|name| (name, "")));
    let all = all.chain(CERTIFICATE_VARIABLES.map(|name| (name, &*bundle)));
    all.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What is needed to look inside TLS.
fn secure(options: &Options) -> Result<Secure> {
    let trust = Trust::new(&options.authorities)?;
    let authority = match &options.standing {
        Some(standing) => Authority::kept(&standing.folder, &options.hosts)?,
        None => Authority::passing(&options.hosts)?,
    };
    let text = trust.bundle(authority.certificate());
    let cannot = |error: std::io::Error| {
        Error::new(ErrorKind::File, "cannot write the certificates for commands").because(error)
    };
    let bundle = match &options.standing {
        Some(standing) => {
            let file = standing.folder.join(format!("{}.pem", authority::mark(&options.hosts)));
            authority::write_public(&file, &text).map_err(cannot)?;
            Bundle::Kept(file)
        }
        None => {
            let mut file = tempfile::NamedTempFile::new().map_err(cannot)?;
            file.write_all(text.as_bytes()).map_err(cannot)?;
            Bundle::Passing(file.into_temp_path())
        }
    };
    let hosts = hosts::Known::new(options.hosts.clone());
    let directory = options.participants.directory();
    Ok(Secure { authority, trust, hosts, directory, unseen: tunnel::Counts::default(), bundle })
}

/// Forwards until the process ends, recording nothing: directly, or through the recorder that the
/// route names.
pub(super) fn forward(listener: TcpListener, callers: &[Caller], route: Route) -> Result<()> {
    system::hold_many();
    let known = Callers::new()?;
    callers.iter().for_each(|caller| known.admit(caller, false));
    let connect_timeout = Options::default().connect_timeout;
    let engine = Engine {
        callers: known,
        journal: None,
        route,
        connect_timeout,
        processes: None,
        secure: None,
    };
    runtime()?.block_on(accept(listener, Arc::new(engine)));
    Ok(())
}

/// Callers that may wait to be let in, if the system allows as many (`net.core.somaxconn`).
const WAITING: i32 = 4096;

/// A door that [`forward`] can open.
pub(super) fn listen(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|error| not_listening(address, error))?;
    // Beyond the 128 that the library asks for, Linux takes a burst of callers for a flood and answers
    // with cookies (tcp(7), tcp_syncookies). A caller that then sends more than one packet before it is
    // let in may find its connection reset.
    system::let_wait(&listener, WAITING).map_err(|error| not_listening(address, error))?;
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

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;
    use std::net::TcpStream;
    use std::time::Duration;

    use super::listen;

    #[test]
    fn a_burst_of_callers_waits_to_be_let_in() {
        let door =
            listen("127.0.0.1:0".parse().expect("it is an address")).expect("a port is free");
        let address = door.local_addr().expect("it has one");
        let allowed = fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap_or_default();
        let most = allowed.trim().parse().map_or(100, |most: usize| most.min(600));
        // Whoever finds no room gets no answer, and asks again after a second.
        let patience = Duration::from_millis(900);
        let connect = |_| TcpStream::connect_timeout(&address, patience);
        let callers: Vec<_> = (0..most).map(connect).collect();
        let waiting = callers.iter().filter(|caller| caller.is_ok()).count();
        assert_eq!(waiting, most);
    }
}
