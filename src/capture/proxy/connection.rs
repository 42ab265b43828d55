//! One caller's connection, from its first request to its end.
//!
//! In: a stream that was accepted. Out: each request either refused or handed on to `exchange`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;

use super::callers::Callers;
use super::exchange::{self, After, Asked};
use super::head::RequestHead;
use super::journal::Journal;
use super::refusal::Refusal;
use super::route::Route;
use super::target::Target;
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
}

/// Serves a caller until either side ends the connection.
pub(super) async fn serve(stream: TcpStream, engine: Arc<Engine>) {
    let mut caller = Connection::new(stream);
    let mut pool = Pool::default();
    loop {
        let asked = match caller.incoming.head().await {
            Ok(head) => admit(head, &engine),
            Err(NoHead::TooLarge) => Err((Refusal::too_large(), false)),
            Err(NoHead::Closed | NoHead::Cut) => return,
        };
        let after = match asked {
            Ok(asked) => exchange::run(&mut caller, &mut pool, &engine, asked).await,
            Err((refusal, head_only)) => refuse(&mut caller, &refusal, head_only).await,
        };
        match after {
            After::NextRequest => {}
            After::Close => return,
            After::Linger => return caller.linger(LAST_WORDS).await,
            After::Reset => return caller.reset_on_close(),
        }
    }
}

/// Reads a head and decides whether it is served; a refusal says if its text would be too much.
fn admit(head: Bytes, engine: &Engine) -> Result<Asked, (Refusal, bool)> {
    let head = RequestHead::read(head).map_err(|refusal| (refusal, false))?;
    let from = head.fields.all("proxy-authorization").next();
    let from = from.and_then(|value| engine.callers.name(value));
    let head_only = head.method == "HEAD";
    let refuse = |refusal| (refusal, head_only);
    let from = from.ok_or_else(Refusal::unknown_caller).map_err(refuse)?;
    let target = Target::read(&head.method, &head.line_target).map_err(refuse)?;
    if head.fields.all("host").count() > 1 {
        return Err(refuse(Refusal::bad_request("there is more than one `Host`")));
    }
    let length = head.length().map_err(refuse)?;
    Ok(Asked { from, head, target, length })
}

async fn refuse(caller: &mut Connection, refusal: &Refusal, head_only: bool) -> After {
    refusal.write(caller.outgoing.buffer(), head_only);
    match caller.outgoing.flush().await {
        Ok(()) => After::Linger,
        Err(_) => After::Close,
    }
}
