//! The callers: each has one connection at a time and follows one plan after the other.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::content::Content;
use super::plan::{Fate, How, Place, Plan};
use super::service::{MIDDLE, Service, WAIT};
use super::wire::{End, length_line, send_body};

/// An exchange that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// How the service is reached.
#[derive(Debug, Clone)]
pub struct Way {
    /// Where callers connect.
    pub address: SocketAddr,
    /// The line that a proxy wants; none where there is no proxy.
    pub authorization: Option<String>,
}

/// What became of an exchange, as the caller sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The whole answer came, and was right.
    Completed,
    /// The proxy answered that the service did not.
    Refused,
    /// The answer broke off.
    Cut,
    /// The caller did not wait for it.
    Left,
}

/// A caller.
pub struct Caller {
    way: Way,
    end: Option<End>,
}

impl Way {
    fn request(&self, plan: &Plan, service: &Service) -> String {
        let host = match plan.fate {
            Fate::ServiceLeaves(Place::BeforeHead, How::Close) => service.closing,
            Fate::ServiceLeaves(Place::BeforeHead, How::Reset) => service.resetting,
            _ => service.address,
        };
        let method = if plan.upload > 0 { "POST" } else { "GET" };
        let path = plan.path();
        let (target, authorization) = match &self.authorization {
            Some(line) => (format!("http://{host}{path}"), line.as_str()),
            None => (path, ""),
        };
        let (content_type, length) = match (plan.upload, plan.text) {
            (0, _) => ("", String::new()),
            (_, true) => ("Content-Type: text/plain\r\n", length_line(plan.upload, plan.chunked)),
            _ => (
                "Content-Type: application/octet-stream\r\n",
                length_line(plan.upload, plan.chunked),
            ),
        };
        format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{authorization}{content_type}{length}\r\n"
        )
    }
}

impl Caller {
    pub async fn connect(way: &Way) -> io::Result<Self> {
        let end = End::new(TcpStream::connect(way.address).await?)?;
        Ok(Self { way: way.clone(), end: Some(end) })
    }

    /// Follows the plan. What goes wrong against the plan is an error.
    pub async fn follow(&mut self, plan: &Plan, service: &Service) -> io::Result<Outcome> {
        let mut end = match self.end.take() {
            Some(end) => end,
            None => End::new(TcpStream::connect(self.way.address).await?)?,
        };
        let request = self.way.request(plan, service);
        if let Fate::CallerLeaves(place, how) = plan.fate {
            // Whether it gets as far as that is not its business.
            let _ = timeout(PATIENCE, leave_at(&mut end, plan, &request, place)).await;
            end.leave(how);
            return Ok(Outcome::Left);
        }
        let done = timeout(PATIENCE, exchange(&mut end, plan, &request)).await;
        let (outcome, again) = done.map_err(|_| io::Error::other("it hangs"))??;
        self.end = again.then_some(end);
        Ok(outcome)
    }
}

/// Gives with the outcome whether the connection can be used again.
async fn exchange(end: &mut End, plan: &Plan, request: &str) -> io::Result<(Outcome, bool)> {
    let send = async {
        end.outgoing.write_all(request.as_bytes()).await?;
        if plan.upload > 0 {
            let content = Content::upload(plan);
            send_body(&mut end.outgoing, plan.chunked, plan.caller, content, None).await?;
        }
        Ok::<_, io::Error>(())
    };
    let incoming = &mut end.incoming;
    let receive = async {
        let Some(head) = incoming.head().await? else { return Ok((Outcome::Cut, false)) };
        if head.line.starts_with("HTTP/1.1 502 ") {
            let reason = incoming.rest().await;
            // Where the service was to answer, one wants to know why it did not.
            return match plan.fate {
                Fate::Completes => Err(io::Error::other(reason)),
                _ => Ok((Outcome::Refused, false)),
            };
        }
        if !head.line.starts_with("HTTP/1.1 200 ") {
            return Err(io::Error::other(head.line));
        }
        let body = incoming.body(head.length, plan.caller, Content::download(plan), None).await;
        match body {
            Ok(()) => Ok((Outcome::Completed, !head.closes)),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(error),
            Err(_) => Ok((Outcome::Cut, false)),
        }
    };
    // A proxy that knows that the rest is of no use may stop reading.
    let (sent, received) = tokio::join!(send, receive);
    let (outcome, again) = received?;
    if outcome == Outcome::Completed {
        sent?;
    }
    Ok((outcome, again))
}

async fn leave_at(end: &mut End, plan: &Plan, request: &str, place: Place) -> io::Result<()> {
    if place == Place::BeforeHead {
        return Ok(());
    }
    let head = if place == Place::InHead { &request[..request.len() / 2] } else { request };
    end.outgoing.write_all(head.as_bytes()).await?;
    if place == Place::InHead {
        return Ok(());
    }
    let until = (place == Place::InRequest).then_some(MIDDLE);
    let content = Content::upload(plan);
    send_body(&mut end.outgoing, plan.chunked, plan.caller, content, until).await?;
    match place {
        Place::Waiting => sleep(WAIT).await,
        Place::InResponse => {
            if let Some(head) = end.incoming.head().await? {
                let content = Content::download(plan);
                end.incoming.body(head.length, plan.caller, content, Some(MIDDLE)).await?;
            }
        }
        _ => {}
    }
    Ok(())
}
