//! The service that the load goes to. It does what the plan in each URL says.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::sleep;

use super::content::Content;
use super::plan::{Fate, How, Place, Plan};
use super::wire::{End, Head, length_line, send_body};

/// How long an end that leaves while the other waits lets it wait.
pub const WAIT: Duration = Duration::from_millis(50);
/// After how many bytes an end leaves that does so in the middle of a body.
pub const MIDDLE: u64 = 100_000;

/// A running service.
pub struct Service {
    /// Where it does what it is told.
    pub address: SocketAddr,
    /// Where it closes, or resets, what connects.
    pub closing: SocketAddr,
    pub resetting: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

/// What the service has seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// How often each request arrived, by its plan's number.
    pub arrived: HashMap<u64, usize>,
    /// Bodies that were not as they were sent.
    pub changed: Vec<String>,
}

impl Service {
    pub async fn start() -> io::Result<Self> {
        let seen = Arc::<Mutex<Seen>>::default();
        let listener = listen()?;
        let address = listener.local_addr()?;
        let for_all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&for_all)));
            }
        });
        let closing = leaving(How::Close).await?;
        let resetting = leaving(How::Reset).await?;
        Ok(Self { address, closing, resetting, seen })
    }

    /// Takes out what was seen so far.
    pub fn seen(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

/// Listens with room for all callers at once: what finds none may be reset by the system, and nobody would
/// know whose fault that is.
fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    socket.listen(4096)
}

async fn leaving(how: How) -> io::Result<SocketAddr> {
    let listener = listen()?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(end) = End::new(stream) {
                end.leave(how);
            }
        }
    });
    Ok(address)
}

async fn serve(stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    let Ok(mut end) = End::new(stream) else { return };
    while let Ok(Some(head)) = end.incoming.head().await {
        let plan = head.line.split(' ').nth(1).and_then(Plan::read);
        let Some(plan) = plan else {
            seen.lock().unwrap().changed.push(head.line);
            return;
        };
        *seen.lock().unwrap().arrived.entry(plan.number).or_default() += 1;
        if let Fate::ServiceLeaves(place, how) = plan.fate {
            let _ = leave_at(&mut end, &plan, &head, place).await;
            return end.leave(how);
        }
        let done = answer(&mut end, &plan, &head).await;
        if let Err(error) = &done
            && error.kind() == io::ErrorKind::InvalidData
        {
            seen.lock().unwrap().changed.push(format!("{plan:?}: {error}"));
        }
        if done.is_err() {
            return;
        }
    }
}

fn head(plan: &Plan) -> String {
    let content_type = if plan.text { "text/plain" } else { "application/octet-stream" };
    let length = length_line(plan.download, plan.chunked);
    format!("HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{length}\r\n")
}

async fn answer(end: &mut End, plan: &Plan, asked: &Head) -> io::Result<()> {
    let read = end.incoming.body(asked.length, plan.service, Content::upload(plan), None);
    let out = &mut end.outgoing;
    let send = async {
        if matches!(plan.fate, Fate::CallerLeaves(Place::Waiting, _)) {
            sleep(2 * WAIT).await;
        }
        out.write_all(head(plan).as_bytes()).await?;
        send_body(out, plan.chunked, plan.service, Content::download(plan), None).await
    };
    if plan.early {
        tokio::try_join!(read, send)?;
        return Ok(());
    }
    read.await?;
    send.await
}

async fn leave_at(end: &mut End, plan: &Plan, asked: &Head, place: Place) -> io::Result<()> {
    let until = (place == Place::InRequest).then_some(MIDDLE);
    end.incoming.body(asked.length, plan.service, Content::upload(plan), until).await?;
    let head = head(plan);
    match place {
        Place::InRequest => Ok(()),
        Place::InResponseHead => end.outgoing.write_all(&head.as_bytes()[..20]).await,
        Place::InResponse => {
            end.outgoing.write_all(head.as_bytes()).await?;
            let content = Content::download(plan);
            send_body(&mut end.outgoing, plan.chunked, plan.service, content, Some(MIDDLE)).await
        }
        _ => {
            sleep(WAIT).await;
            Ok(())
        }
    }
}
