//! One caller's connection, from its first request to its end.
//!
//! In: a stream that was accepted. Out: each request either refused or handed on to `exchange`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;

use super::callers::{Callers, Known};
use super::exchange::{self, After, Asked};
use super::head::RequestHead;
use super::journal::Journal;
use super::processes::{Processes, Seen};
use super::refusal::Refusal;
use super::route::Route;
use super::target::{Target, Tunnel};
use super::tunnel::{self, Secure};
use super::upstream::Pool;
use super::wire::{Connection, NoHead};

/// How long a caller that was refused may go on talking.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What all connections of a proxy share.
pub(super) struct Engine {
    pub(super) callers: Callers,
    /// Where exchanges are written down; a relay has none.
    pub(super) journal: Option<Arc<Journal>>,
    pub(super) route: Route,
    pub(super) connect_timeout: Duration,
    /// Who finds the processes that ask; none if nobody wants to know.
    pub(super) processes: Option<Processes>,
    /// How to look inside TLS; a relay does not.
    pub(super) secure: Option<Secure>,
}

/// What a request asks of the proxy.
enum Wanted {
    Exchange(Asked),
    Tunnel(Known, Tunnel),
}

/// The way that requests come.
#[derive(Clone, Copy)]
enum Way<'a> {
    /// Straight to the proxy, from this process; each says by itself who asks, and whom.
    Open(Option<Seen>),
    /// In a tunnel, of which that is known.
    Tunnel(&'a Known, &'a Tunnel),
}

impl Engine {
    /// Whether what is asked now will be written down.
    fn records(&self) -> bool {
        self.journal.as_ref().is_some_and(|journal| journal.is_open())
    }
}

/// Serves a caller until either side ends the connection.
pub(super) async fn serve(stream: TcpStream, engine: Arc<Engine>) {
    let process = match &engine.processes {
        Some(processes) if engine.records() => processes.of(&stream).await,
        _ => None,
    };
    let caller = Connection::new(stream);
    let first = requests(caller, &engine, Way::Open(process), Pool::default()).await;
    let Some((caller, from, tunnel)) = first else { return };
    if let Some((inside, pool)) = tunnel::open(caller, &engine, &from, &tunnel).await {
        requests(inside, &engine, Way::Tunnel(&from, &tunnel), pool).await;
    }
}

/// Serves requests until the connection ends, or until one asks for a tunnel. Inside a tunnel it is
/// known who asks, and whom.
async fn requests(
    mut caller: Connection,
    engine: &Engine,
    way: Way<'_>,
    mut pool: Pool,
) -> Option<(Connection, Known, Tunnel)> {
    loop {
        let wanted = match caller.incoming.head().await {
            Ok(head) => admit(head, engine, way),
            Err(NoHead::TooLarge) => Err((Refusal::too_large(), false)),
            Err(NoHead::Closed | NoHead::Cut) => return None,
        };
        let after = match wanted {
            Ok(Wanted::Tunnel(from, tunnel)) => return Some((caller, from, tunnel)),
            Ok(Wanted::Exchange(asked)) => {
                exchange::run(&mut caller, &mut pool, engine, asked).await
            }
            Err((refusal, head_only)) => refuse(&mut caller, &refusal, head_only).await,
        };
        match after {
            After::NextRequest => continue,
            After::Close => {}
            After::Linger => caller.linger(LAST_WORDS).await,
            After::Reset => caller.reset_on_close(),
            After::Switched(mut service) => tunnel::splice(&mut caller, &mut service).await,
        }
        return None;
    }
}

/// Reads a head and decides whether it is served; a refusal says if its text would be too much.
fn admit(head: Bytes, engine: &Engine, way: Way<'_>) -> Result<Wanted, (Refusal, bool)> {
    let head = RequestHead::read(head).map_err(|refusal| (refusal, false))?;
    let head_only = head.method == "HEAD";
    let refuse = |refusal| (refusal, head_only);
    let (from, target) = match way {
        Way::Tunnel(from, tunnel) => {
            (from.clone(), tunnel.target(&head.line_target).map_err(refuse)?)
        }
        Way::Open(process) => {
            let from = head.fields.all("proxy-authorization").next();
            let from = from.and_then(|value| engine.callers.known(value));
            let from = from.ok_or_else(Refusal::unknown_caller).map_err(refuse)?;
            let from = Known { process, ..from };
            if head.method == "CONNECT" {
                let tunnel = Tunnel::read(&head.line_target).map_err(refuse)?;
                return Ok(Wanted::Tunnel(from, tunnel));
            }
            (from, Target::read(&head.method, &head.line_target).map_err(refuse)?)
        }
    };
    if head.fields.all("host").count() > 1 {
        return Err(refuse(Refusal::bad_request("there is more than one `Host`")));
    }
    let length = head.length().map_err(refuse)?;
    Ok(Wanted::Exchange(Asked { from, head, target, length }))
}

async fn refuse(caller: &mut Connection, refusal: &Refusal, head_only: bool) -> After {
    refusal.write(caller.outgoing.buffer(), head_only);
    match caller.outgoing.flush().await {
        Ok(()) => After::Linger,
        Err(_) => After::Close,
    }
}
