//! HTTP/2 inside a tunnel: each stream is an exchange.
//!
//! In: a connection of a caller and one of the service that it is for, both of which speak HTTP/2.
//! Out: each stream of the one passed on as a stream of the other, bodies as they come, trailers and
//! resets with them. Nothing is translated: where either side speaks HTTP/1.1, both do.
//!
//! Frames are `h2`'s business. It keeps fields in a map, so lines of one name move together; in
//! HTTP/2 their names are in lower case for everybody.

use std::future::{Future as _, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{ResponseFuture, SendRequest};
use h2::server::SendResponse;
use h2::{Reason, RecvStream, SendStream, client, server};
use http::{Method, Request, Response, Uri};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::callers::Known;
use super::connection::Engine;
use super::entries::Keep;
use super::head::{Fields, RequestHead, ResponseHead};
use super::journal::Ticket;
use super::target::{Scheme, Tunnel};

/// Streams that a caller may have open at once.
const MOST_STREAMS: u32 = 100;
/// Bytes of a stream that may be on their way.
const ON_THEIR_WAY: u32 = 64 * 1024;
/// Bytes of a head that are read.
const LONGEST_HEAD: u32 = 64 * 1024;
/// How long the rest of a request may take after its answer.
const REST: Duration = Duration::from_secs(30);

/// Who speaks, and with whom.
pub(super) struct Ends {
    pub(super) engine: Arc<Engine>,
    pub(super) from: Known,
    pub(super) tunnel: Tunnel,
    pub(super) scheme: Scheme,
}

/// Serves streams until either side ends its connection.
pub(super) async fn serve<C, S>(caller: C, service: S, ends: Ends)
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut to_service, mut from_caller) = (client::Builder::new(), server::Builder::new());
    // Were there less room for all than for each, a stream that nobody reads would hold up others.
    let together = MOST_STREAMS * ON_THEIR_WAY;
    to_service.enable_push(false).max_header_list_size(LONGEST_HEAD);
    to_service.initial_window_size(ON_THEIR_WAY).initial_connection_window_size(together);
    from_caller.max_concurrent_streams(MOST_STREAMS).max_header_list_size(LONGEST_HEAD);
    from_caller.initial_window_size(ON_THEIR_WAY).initial_connection_window_size(together);
    let Ok((requests, service)) = to_service.handshake::<_, Bytes>(service).await else { return };
    let Ok(mut caller) = from_caller.handshake::<_, Bytes>(caller).await else { return };
    let (ends, mut service) = (Arc::new(ends), pin!(service));
    let (mut exchanges, mut stands) = (JoinSet::new(), true);
    loop {
        tokio::select! {
            asked = caller.accept() => {
                let Some(Ok((request, respond))) = asked else { return };
                let exchange = run(Arc::clone(&ends), requests.clone(), request, respond);
                exchanges.spawn(exchange);
            }
            _ = &mut service, if stands => {
                stands = false;
                caller.graceful_shutdown();
            }
            Some(taken) = exchanges.join_next() => {
                if !matches!(taken, Ok(true)) {
                    // The caller asks again on a connection of which the other end is new, too.
                    caller.graceful_shutdown();
                }
            }
        }
    }
}

/// Passes a request on and the response back. Says whether the service took it.
async fn run(
    ends: Arc<Ends>,
    requests: SendRequest<Bytes>,
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> bool {
    if request.method() == Method::CONNECT {
        respond.send_reset(Reason::HTTP_1_1_REQUIRED);
        return true;
    }
    let Ok(mut requests) = requests.ready().await else {
        respond.send_reset(Reason::REFUSED_STREAM);
        return false;
    };
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let url = ends.tunnel.url(ends.scheme, &path);
    if parts.uri.authority().is_none() {
        // It stands in `Host` then, which the service gets as well.
        let Ok(uri) = url.parse::<Uri>() else {
            respond.send_reset(Reason::PROTOCOL_ERROR);
            return true;
        };
        parts.uri = uri;
    }
    let head = RequestHead {
        method: parts.method.as_str().to_owned(),
        line_target: path,
        old: false,
        fields: Fields::of_map(&parts.headers),
    };
    let ticket = match &ends.engine.journal {
        Some(journal) => {
            journal.room().await;
            journal.request(&ends.from, &head, url)
        }
        None => None,
    };
    let has_ended = body.is_end_stream();
    let sent = requests.send_request(Request::from_parts(parts, ()), has_ended);
    let (answer, to_service) = match sent {
        Ok(sent) => sent,
        Err(error) => {
            respond.send_reset(error.reason().unwrap_or(Reason::REFUSED_STREAM));
            return false;
        }
    };
    let keep = ticket.as_ref().map(Ticket::request_body);
    let mut upload = pin!(async {
        if !has_ended {
            let before_end = || _ = ticket.as_ref().map(Ticket::sent);
            pass(body, to_service, keep, before_end).await;
        }
    });
    let mut download = pin!(receive(answer, respond, ticket.as_ref()));
    tokio::select! {
        () = &mut download => {
            let _ = timeout(REST, upload).await;
        }
        () = &mut upload => download.await,
    }
    true
}

/// Passes the response back.
async fn receive(
    mut answer: ResponseFuture,
    mut respond: SendResponse<Bytes>,
    ticket: Option<&Ticket>,
) {
    let response = match head(&mut answer, &mut respond).await {
        Some(Ok(response)) => response,
        Some(Err(error)) => {
            return respond.send_reset(error.reason().unwrap_or(Reason::INTERNAL_ERROR));
        }
        None => return,
    };
    let (parts, body) = response.into_parts();
    let head = ResponseHead {
        code: parts.status.as_u16(),
        reason: Bytes::new(),
        old: false,
        fields: Fields::of_map(&parts.headers),
    };
    let keep = ticket.map(|ticket| ticket.response(&head));
    let has_ended = body.is_end_stream();
    if let Ok(to_caller) = respond.send_response(Response::from_parts(parts, ()), has_ended)
        && !has_ended
    {
        pass(body, to_caller, keep, || {}).await;
    }
}

/// The final response, after interim ones were passed back; none where the caller no longer wants it.
async fn head(
    answer: &mut ResponseFuture,
    respond: &mut SendResponse<Bytes>,
) -> Option<Result<Response<RecvStream>, h2::Error>> {
    poll_fn(|context| {
        while let Poll::Ready(Some(Ok(interim))) = answer.poll_informational(context) {
            let _ = respond.send_informational(interim);
        }
        if respond.poll_reset(context).is_ready() {
            return Poll::Ready(None);
        }
        Pin::new(&mut *answer).poll(context).map(Some)
    })
    .await
}

/// Passes a body and its trailers on, and calls somebody before the end of it is sent. Reads on only when what
/// was read is sent, so a slow reader slows its writer.
async fn pass(
    mut from: RecvStream,
    mut to: SendStream<Bytes>,
    keep: Option<Keep>,
    before_end: impl FnOnce(),
) {
    let reset = |to: &mut SendStream<Bytes>, error: &h2::Error| {
        to.send_reset(error.reason().unwrap_or(Reason::CANCEL));
    };
    loop {
        // Who reads no more may say so while nothing is there to be sent.
        let data = poll_fn(|context| {
            if to.poll_reset(context).is_ready() {
                return Poll::Ready(None);
            }
            from.poll_data(context).map(Some)
        });
        match data.await {
            None => return,
            Some(None) => break,
            Some(Some(Err(error))) => return reset(&mut to, &error),
            Some(Some(Ok(data))) => {
                if let Some(keep) = &keep {
                    keep.push(&data);
                }
                let length = data.len();
                if !send(&mut to, data).await {
                    return;
                }
                let _ = from.flow_control().release_capacity(length);
            }
        }
    }
    let trailers = from.trailers().await;
    before_end();
    // Where sending fails the other side has ended the stream.
    match trailers {
        Ok(Some(trailers)) => drop(to.send_trailers(trailers)),
        Ok(None) => drop(to.send_data(Bytes::new(), true)),
        Err(error) => reset(&mut to, &error),
    }
}

/// Sends as the other side takes it; says whether it took all.
async fn send(to: &mut SendStream<Bytes>, mut data: Bytes) -> bool {
    while !data.is_empty() {
        to.reserve_capacity(data.len());
        let Some(Ok(room)) = poll_fn(|context| to.poll_capacity(context)).await else {
            return false;
        };
        let part = data.split_to(room.min(data.len()));
        if to.send_data(part, false).is_err() {
            return false;
        }
    }
    true
}
