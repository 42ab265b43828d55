//! One request and its response on their way.
//!
//! In: a request whose head was read and admitted. Out: what is to become of the caller's
//! connection. Both directions run at once and neither waits for the other, so an upload that the
//! service answers early, a `100 Continue`, or a service that reads nothing at all hold nothing up.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::body::Length;
use super::callers::Known;
use super::connection::Engine;
use super::head::{Next, RequestHead, ResponseHead};
use super::journal::Ticket;
use super::refusal::Refusal;
use super::target::Target;
use super::upstream::{Peer, Pool};
use super::wire::{Broken, Connection, Incoming, NoHead, Outgoing, Passage};

/// How long the rest of a request may pause after its answer.
const PAUSE: Duration = Duration::from_secs(2);
/// How long the rest of a request may take after its answer.
const REST: Duration = Duration::from_secs(30);

/// An admitted request.
pub(super) struct Asked {
    pub(super) from: Known,
    pub(super) head: RequestHead,
    pub(super) target: Target,
    pub(super) length: Length,
}

/// What becomes of the caller's connection.
pub(super) enum After {
    /// It may ask again.
    NextRequest,
    /// It is of no more use.
    Close,
    /// It is closed when the caller has had time to read what it was told.
    Linger,
    /// It breaks off, as the service's did.
    Reset,
    /// What follows on it is no HTTP any more, and goes to this service.
    Switched(Box<Connection>),
}

/// Passes the request on and the response back.
pub(super) async fn run(
    caller: &mut Connection,
    pool: &mut Pool,
    engine: &Engine,
    asked: Asked,
) -> After {
    if let Some(journal) = &engine.journal {
        journal.room().await;
    }
    let ticket = engine.journal.as_ref().and_then(|journal| {
        let url = asked.target.tunnelled_url();
        let url = url.unwrap_or_else(|| asked.head.line_target.clone());
        journal.request(&asked.from, &asked.head, url)
    });
    let keep = ticket.as_ref().map(Ticket::request_body);
    let mut upload = Passage::new(asked.length, asked.length == Length::Chunked, keep);
    let exchange = Exchange { engine, asked: &asked, ticket: ticket.as_ref() };
    // Held to the end, so that the recorder stays for it.
    let recorder = engine.route.recorder();
    let mut way = Way { peer: exchange.peer(recorder.as_deref()), new: false };
    loop {
        let connected = exchange.connect(pool, &mut way).await;
        let mut service = match connected {
            Ok(service) => service,
            Err(refusal) => return exchange.refuse(caller, &mut upload, &refusal).await,
        };
        match exchange.pass(caller, &mut service, &mut upload, way.next()).await {
            Ok(passed) if passed.switched => return After::Switched(Box::new(service)),
            Ok(passed) => {
                let after = exchange.finish(caller, &mut service, &mut upload, &passed).await;
                if passed.again && service.incoming.is_empty() {
                    pool.put(way.peer, service);
                }
                return after;
            }
            // The service closed an idle connection at the moment of its use.
            Err(Failure::Silent) if !way.new && asked.may_be_repeated() => way.new = true,
            Err(Failure::Silent) => {
                let refusal =
                    Refusal::bad_gateway(format!("{} closed without an answer", way.peer));
                return exchange.refuse(caller, &mut upload, &refusal).await;
            }
            Err(Failure::NoAnswer(refusal)) => {
                return exchange.refuse(caller, &mut upload, &refusal).await;
            }
            Err(Failure::CallerGone) => return After::Close,
            Err(Failure::Cut { unseen: true }) => return After::Reset,
            Err(Failure::Cut { unseen: false }) => return After::Linger,
        }
    }
}

/// What stays the same while an exchange runs.
struct Exchange<'a> {
    engine: &'a Engine,
    asked: &'a Asked,
    ticket: Option<&'a Ticket>,
}

/// Where the request goes next.
struct Way {
    peer: Peer,
    /// Whether the connection was, or must be, made for this request.
    new: bool,
}

/// A response that was passed back in full.
struct Passed {
    /// Whether the service takes another request.
    again: bool,
    /// Whether the caller was told, or can tell only so, that its connection ends.
    close: bool,
    /// Whether the whole request was sent before.
    asked_fully: bool,
    /// Whether both sides agreed on another protocol.
    switched: bool,
}

/// Why there was no response in full.
enum Failure {
    /// The service ended the connection and had said nothing.
    Silent,
    /// The service said something else than an answer.
    NoAnswer(Refusal),
    /// The caller ended the connection.
    CallerGone,
    /// The service ended the connection in the middle of its answer; unseen if the caller cannot
    /// tell that from the answer's end.
    Cut { unseen: bool },
}

impl Asked {
    fn may_be_repeated(&self) -> bool {
        self.length == Length::Exactly(0) && self.head.is_idempotent()
    }
}

impl Way {
    fn next(&self) -> Next {
        match self.peer {
            Peer::Service(..) | Peer::SecureService(..) => Next::Service,
            Peer::Recorder(_) => Next::Proxy,
        }
    }
}

impl Exchange<'_> {
    fn peer(&self, recorder: Option<&SocketAddr>) -> Peer {
        match recorder {
            Some(address) => Peer::Recorder(*address),
            None => Peer::service(&self.asked.target),
        }
    }

    async fn connect(&self, pool: &mut Pool, way: &mut Way) -> Result<Connection, Refusal> {
        if !way.new
            && let Some(service) = pool.take(&way.peer)
        {
            return Ok(service);
        }
        way.new = true;
        let patience = self.engine.connect_timeout;
        let trust = self.engine.secure.as_ref().map(|secure| &secure.trust);
        let connected = way.peer.connect(patience, trust).await;
        if connected.is_err() && way.next() == Next::Proxy {
            // The run ended in this moment; its relay will hear of it in the next.
            way.peer = Peer::service(&self.asked.target);
            return way.peer.connect(patience, trust).await;
        }
        connected
    }

    /// Sends the request and passes back the response, both at once.
    async fn pass(
        &self,
        caller: &mut Connection,
        service: &mut Connection,
        upload: &mut Passage,
        next: Next,
    ) -> Result<Passed, Failure> {
        let asked_fully = AtomicBool::new(false);
        self.asked.head.write(service.outgoing.buffer(), &self.asked.target, next);
        let before_end = || {
            self.ticket.map(Ticket::sent);
        };
        let ends = (&mut caller.incoming, &mut service.outgoing);
        let send = send(upload, ends, before_end, &asked_fully);
        let receive = self.receive(&mut service.incoming, &mut caller.outgoing, &asked_fully);
        tokio::select! {
            passed = receive => passed,
            () = send => Err(Failure::CallerGone),
        }
    }

    async fn receive(
        &self,
        service: &mut Incoming,
        caller: &mut Outgoing,
        asked_fully: &AtomicBool,
    ) -> Result<Passed, Failure> {
        let asked = &self.asked.head;
        let head = self.final_head(service, caller).await?;
        if head.code == 101 {
            self.ticket.map(|ticket| ticket.response(&head));
            head.write(caller.buffer(), false, Some("Upgrade"));
            caller.flush().await.map_err(|_| Failure::CallerGone)?;
            return Ok(Passed { again: false, close: false, asked_fully: true, switched: true });
        }
        let length = head.length(&asked.method).map_err(Failure::NoAnswer)?;
        // HTTP/1.0 knows no chunks, so there the end of the connection is the end of the body.
        let chunked = length == Length::Chunked && !asked.old;
        let ends_by_close = !chunked && !matches!(length, Length::Exactly(_));
        let fully = asked_fully.load(Ordering::Acquire);
        let close = ends_by_close || !fully || !asked.keeps_alive();
        let connection = match (close, asked.old) {
            (true, _) => Some("close"),
            (false, true) => Some("keep-alive"),
            (false, false) => None,
        };
        let keep = self.ticket.map(|ticket| ticket.response(&head));
        let mut download = Passage::new(length, chunked, keep);
        head.write(caller.buffer(), chunked, connection);
        match download.run(service, caller).await {
            Ok(()) => Ok(Passed {
                again: head.keeps_alive() && length != Length::UntilClose && fully,
                close,
                asked_fully: asked_fully.load(Ordering::Acquire),
                switched: false,
            }),
            Err(Broken::From) => Err(Failure::Cut { unseen: ends_by_close }),
            Err(Broken::To) => Err(Failure::CallerGone),
        }
    }

    /// Passes interim responses back until the final one comes.
    async fn final_head(
        &self,
        service: &mut Incoming,
        caller: &mut Outgoing,
    ) -> Result<ResponseHead, Failure> {
        let gateway = |reason| Failure::NoAnswer(Refusal::bad_gateway(reason));
        let mut interim = false;
        loop {
            let head = match service.head().await {
                Ok(head) => ResponseHead::read(head).map_err(Failure::NoAnswer)?,
                Err(NoHead::Closed) if !interim => return Err(Failure::Silent),
                Err(NoHead::Closed | NoHead::Cut) => {
                    return Err(gateway("the service closed before it had answered"));
                }
                Err(NoHead::TooLarge) => {
                    return Err(gateway("the head of the answer is too large"));
                }
            };
            let switches = head.code == 101 && self.asked.head.upgrades();
            if switches || !head.is_interim() {
                return Ok(head);
            }
            if head.code == 101 {
                return Err(gateway("the service changes to a protocol that nobody asked for"));
            }
            interim = true;
            if !self.asked.head.old {
                head.write(caller.buffer(), false, None);
                caller.flush().await.map_err(|_| Failure::CallerGone)?;
            }
        }
    }

    /// Lets what is left of the request come after its answer.
    async fn finish(
        &self,
        caller: &mut Connection,
        service: &mut Connection,
        upload: &mut Passage,
        passed: &Passed,
    ) -> After {
        if !passed.close {
            return After::NextRequest;
        }
        if !passed.asked_fully {
            let _ = caller.outgoing.shutdown().await;
            rest(upload, &mut caller.incoming, &mut service.outgoing).await;
        }
        After::Linger
    }

    /// Answers in place of the service, and lets the request come to its end.
    async fn refuse(
        &self,
        caller: &mut Connection,
        upload: &mut Passage,
        refusal: &Refusal,
    ) -> After {
        refusal.write(caller.outgoing.buffer(), self.asked.head.method == "HEAD");
        if caller.outgoing.flush().await.is_err() || caller.outgoing.shutdown().await.is_err() {
            return After::Close;
        }
        // The caller's own direction was shut down, so what is passed to it goes nowhere.
        rest(upload, &mut caller.incoming, &mut caller.outgoing).await;
        After::Linger
    }
}

/// Sends the request to its end, then waits: returns only when the caller is gone.
async fn send(
    upload: &mut Passage,
    (caller, service): (&mut Incoming, &mut Outgoing),
    before_end: impl FnOnce(),
    fully: &AtomicBool,
) {
    let mut before_end = Some(before_end);
    loop {
        match upload.run_once(caller, service, &mut before_end).await {
            Ok(false) => {}
            Ok(true) => break,
            // The service reads no more; what it has to say about that is still to come.
            Err(Broken::To) => service.discard(),
            Err(Broken::From) => return,
        }
    }
    fully.store(true, Ordering::Release);
    if caller.closed().await.is_ok() {
        // The caller may have closed its direction alone, and wait for the answer. The service
        // hears of it, and decides as it would without a proxy.
        let _ = service.shutdown().await;
        std::future::pending::<()>().await;
    }
}

/// Passes on the rest of a request that has its answer, as long as it keeps coming.
async fn rest(upload: &mut Passage, caller: &mut Incoming, service: &mut Outgoing) {
    let deadline = Instant::now() + REST;
    while Instant::now() < deadline {
        match timeout(PAUSE, upload.run_once(caller, service, &mut None::<fn()>)).await {
            Ok(Ok(false)) => {}
            Ok(Err(Broken::To)) => service.discard(),
            _ => return,
        }
    }
}
