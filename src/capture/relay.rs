//! A proxy that lives as long as the cloud, and passes on what its services send.
//!
//! In: the services' requests. Out: the same requests, straight to whom they are for, or through
//! the recorder of the run that is attached.
//!
//! # Why a process of its own
//!
//! Services read their proxy's address when they start, and keep it. A fixed port that each run's
//! recorder takes would do for recording, but between runs nobody would listen there: the services
//! could not reach each other, and a cloud that was brought up for trying things by hand would
//! look broken. Two runs at once would both want the port, and the one that got it would record
//! what the other caused. With the relay the cloud works whether somebody records or not, and runs
//! take turns: while one is attached, the next waits.
//!
//! # How a run attaches
//!
//! Over TCP, on loopback, in lines. The run sends `attach KEY HOST:PORT`, the address of its
//! recorder. The relay answers `attached`, or `busy` and, when the other run is gone, `attached`;
//! or `refused`. The attachment lasts as long as the connection, so that a run that crashes is
//! detached by the system. The run ends its direction to detach; the relay closes when nothing is
//! on its way through the recorder any more.
//!
//! To `ping KEY` it answers `pong`: this is the relay that knows the key, and services reach it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::proxy::{self, Route};
use crate::error::{Error, ErrorKind, Result};
use crate::model::{self, Event, Events};

/// How long either side waits for what the other has to say at once.
const AT_ONCE: Duration = Duration::from_secs(5);
/// How long the relay lets requests finish that are on their way through a recorder.
const LAST_REQUESTS: Duration = Duration::from_secs(2);
/// The longest line of the protocol.
const LONGEST_LINE: u64 = 1024;

/// Who may attach, and whose requests are passed on: the file that the cloud writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    control_key: String,
    callers: Vec<Caller>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Caller {
    name: String,
    key: String,
}

/// Serves until the process ends. The credentials are a JSON file:
/// `{"control_key": "…", "callers": [{"name": "glance-api", "key": "…"}]}`.
///
/// # Errors
///
/// When an address is not on loopback or is taken, or the credentials cannot be read.
pub fn serve(listen: SocketAddr, control: SocketAddr, credentials: &Path) -> Result<()> {
    for address in [listen, control] {
        if !address.ip().is_loopback() {
            let message = format!("the relay listens on loopback only, not on `{address}`");
            return Err(Error::new(ErrorKind::Usage, message));
        }
    }
    let Credentials { control_key, callers } = read(credentials)?;
    let callers: Vec<_> = callers
        .into_iter()
        .map(|caller| model::Caller { name: caller.name, key: caller.key })
        .collect();
    // Both doors are there before one is opened: whoever is answered at one may use the other.
    let entrance = proxy::listen(listen)?;
    let door = TcpListener::bind(control).map_err(|error| {
        let message = format!("the relay cannot listen on `{control}`");
        Error::new(ErrorKind::Cloud, message).because(error)
    })?;
    let desk = Arc::new(Desk {
        key: control_key,
        route: Route::default(),
        taken: Mutex::new(false),
        free: Condvar::new(),
    });
    let route = desk.route.clone();
    thread::spawn(move || {
        for run in door.incoming().flatten() {
            let desk = Arc::clone(&desk);
            thread::spawn(move || desk.serve(run));
        }
    });
    proxy::forward(entrance, &callers, route)
}

fn read(credentials: &Path) -> Result<Credentials> {
    let unreadable = |error: std::io::Error| {
        let message = format!("cannot read the relay's credentials in `{}`", credentials.display());
        Error::new(ErrorKind::File, message).because(error)
    };
    let text = std::fs::read_to_string(credentials).map_err(unreadable)?;
    // What a reader of JSON complains about may quote the file, and so a key.
    serde_json::from_str(&text).map_err(|_| {
        let message = format!("`{}` holds no credentials of a relay", credentials.display());
        Error::new(ErrorKind::File, message)
    })
}

/// Where runs attach, one at a time.
struct Desk {
    key: String,
    route: Route,
    taken: Mutex<bool>,
    free: Condvar,
}

impl Desk {
    /// Attaches one run, until it ends.
    fn serve(&self, run: TcpStream) {
        // A run that breaks off at any point is one that is not attached any more.
        let _ = self.try_serve(&run);
    }

    fn try_serve(&self, mut run: &TcpStream) -> std::io::Result<()> {
        run.set_read_timeout(Some(AT_ONCE))?;
        let mut line = String::new();
        BufReader::new(run).take(LONGEST_LINE).read_line(&mut line)?;
        if self.is_ping(&line) {
            return run.write_all(b"pong\n");
        }
        let Some(recorder) = self.recorder(&line) else { return run.write_all(b"refused\n") };
        run.set_read_timeout(None)?;
        let turn = self.turn(run)?;
        self.route.attach(recorder);
        // The turn is given back whatever happens from here on.
        run.write_all(b"attached\n")?;
        let ended = run.read(&mut [0]);
        drop(turn);
        ended.map(drop)
    }

    fn is_ping(&self, line: &str) -> bool {
        let key = line.strip_prefix("ping ").and_then(|rest| rest.strip_suffix('\n'));
        key.is_some_and(|key| is_same(key, &self.key))
    }

    /// The recorder's address in the line of a run that may attach.
    fn recorder(&self, line: &str) -> Option<SocketAddr> {
        let mut words = line.strip_suffix('\n')?.split(' ');
        let (verb, key, recorder) = (words.next()?, words.next()?, words.next()?);
        let recorder: SocketAddr = recorder.parse().ok()?;
        let allowed = verb == "attach" && is_same(key, &self.key) && recorder.ip().is_loopback();
        (allowed && words.next().is_none()).then_some(recorder)
    }

    /// Waits until no other run is attached.
    fn turn(&self, mut run: &TcpStream) -> std::io::Result<Turn<'_>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if *taken {
            run.write_all(b"busy\n")?;
        }
        while *taken {
            taken = self.free.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken = true;
        Ok(Turn { desk: self })
    }
}

/// The time in which one run is attached.
struct Turn<'a> {
    desk: &'a Desk,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.desk.route.detach(LAST_REQUESTS);
        *self.desk.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.desk.free.notify_one();
    }
}

/// Compares in a time that tells nothing about where two keys differ.
fn is_same(given: &str, key: &str) -> bool {
    let pairs = given.bytes().zip(key.bytes());
    given.len() == key.len() && pairs.fold(0, |sum, (one, other)| sum | (one ^ other)) == 0
}

/// The hold of a run on a relay; dropped, the relay is free again.
pub struct Attachment {
    relay: TcpStream,
}

/// Lets the relay send what services say through the recorder. Waits while another run holds it.
///
/// # Errors
///
/// When the relay does not answer or does not accept the key.
pub fn attach(
    relay: &model::Relay,
    recorder: SocketAddr,
    events: Events<'_>,
) -> Result<Attachment> {
    let talk = || -> std::io::Result<(TcpStream, String)> {
        let mut stream = TcpStream::connect_timeout(&relay.control, AT_ONCE)?;
        stream.set_read_timeout(Some(AT_ONCE))?;
        stream.write_all(format!("attach {} {recorder}\n", relay.key).as_bytes())?;
        let mut answer = read_line(&stream)?;
        if answer == "busy" {
            let message = "another run records on this cloud; waiting until it ends";
            events(Event::Warning(message.to_owned()));
            stream.set_read_timeout(None)?;
            answer = read_line(&stream)?;
        }
        Ok((stream, answer))
    };
    match talk() {
        Ok((relay, answer)) if answer == "attached" => Ok(Attachment { relay }),
        Ok((_, answer)) if answer == "refused" => {
            Err(lost("the cloud's relay belongs to somebody else"))
        }
        Ok(_) => Err(lost("the cloud's relay ended while it was asked")),
        Err(error) => Err(lost("the cloud's relay does not answer").because(error)),
    }
}

fn lost(message: &str) -> Error {
    let hint = "run `doctool cloud down` and `doctool cloud up` to start it anew";
    Error::new(ErrorKind::Cloud, message).hint(hint)
}

/// One line without its end. Reads no byte more, because what follows is another answer.
fn read_line(mut stream: &TcpStream) -> std::io::Result<String> {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte)? == 1 && byte[0] != b'\n' && line.len() < LONGEST_LINE as usize {
        line.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

impl Drop for Attachment {
    fn drop(&mut self) {
        // If any of this fails the relay is gone, and the run is detached all the same.
        let _ = self.relay.shutdown(Shutdown::Write);
        let _ = self.relay.set_read_timeout(Some(LAST_REQUESTS + AT_ONCE));
        let _ = self.relay.read(&mut [0]);
    }
}
