//! One command: started directly, in a process group of its own, within limits.
//!
//! In: a [`Command`] and where it runs. Out: what it printed, both of its outputs as they came, as
//! a person at a terminal sees them. Plain threads: there is one command at a time, and one pipe to
//! read.

mod interrupt;
mod programs;
mod scratch;

use std::collections::BTreeMap;
use std::env;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command as Process, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Command;
use crate::system::{self, Tree};

pub use interrupt::{Interrupt, Listener};
pub use programs::Programs;
pub use scratch::Scratch;

/// Bytes that a command may print.
const OUTPUT_LIMIT: usize = 64 * 1024 * 1024;

/// Bytes of an output that was too long which are still shown.
const SHOWN: usize = 4096;

/// How long a command may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(2);

/// How soon an interrupt is noticed.
const NOTICE: Duration = Duration::from_millis(20);

/// Where commands run.
#[derive(Clone)]
pub struct Surroundings {
    /// Variables that are set besides the inherited ones; an empty value leaves one unset.
    pub variables: BTreeMap<String, String>,
    /// Which files are started.
    pub programs: Arc<Programs>,
    /// The working directory.
    pub folder: PathBuf,
    /// How long one command may take.
    pub limit: Duration,
    /// When the page's commands have to be done, if there is such a time.
    pub deadline: Option<Instant>,
    /// What may end the command early.
    pub interrupt: Interrupt,
    /// How often somebody has to ask until the command is ended; asked once more, it is ended
    /// without grace.
    pub patience: usize,
}

/// A command that did not do what its page says. Holds what it printed, which may hold secrets.
pub struct Failure {
    /// What happened and where; without output.
    pub error: Error,
    /// What it printed.
    pub output: String,
    /// The status that it exited with, if it came to its own end and printed text.
    pub status: Option<i32>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, output: String::new(), status: None }
    }
}

/// Why a command did not come to its own end.
enum Cut {
    Limit,
    Deadline,
    Interrupt,
}

/// Runs a command and gives what it printed.
///
/// # Errors
///
/// When it cannot be started, exits with another status than 0, takes too long, is interrupted, or
/// prints more than 64 MiB or anything but text. Nothing that it started is left then, nor otherwise.
pub fn run(command: &Command, surroundings: &Surroundings) -> std::result::Result<String, Failure> {
    let failed =
        |message: String| Error::new(ErrorKind::Command, message).at(command.place.clone());
    if surroundings.interrupt.times() >= surroundings.patience {
        return Err(failed(format!("interrupted before `{}`", command.text)).into());
    }
    let (reader, mut tree) = start(command, surroundings)?;
    if let (Some(input), Some(mut pipe)) = (command.input.clone(), tree.input()) {
        // A command that does not read its input must not keep us waiting.
        thread::spawn(move || pipe.write_all(input.as_bytes()));
    }
    let printed = Arc::new(Mutex::new(Vec::new()));
    let (sender, receiver) = mpsc::channel();
    let shared = Arc::clone(&printed);
    thread::spawn(move || sender.send(read(reader, &shared)));
    let so_far = || std::mem::take(&mut *printed.lock().unwrap_or_else(PoisonError::into_inner));
    let limits = Limits::of(surroundings);
    let read = loop {
        match receiver.recv_timeout(limits.left().min(NOTICE)) {
            Ok(read) => break Ok(read),
            Err(_) => {
                if let Some(cut) = limits.reached() {
                    break Err(cut);
                }
            }
        }
    };
    let status = match read {
        Err(cut) => Err(cut),
        Ok(Err(cause)) => {
            end(&mut tree, surroundings);
            let error = failed(format!("cannot read what `{}` prints", command.text));
            let mut output = so_far();
            output.truncate(SHOWN);
            let output = String::from_utf8_lossy(&output).into_owned();
            return Err(Failure { error: error.because(cause), output, status: None });
        }
        // A command may close its outputs and go on.
        Ok(Ok(())) => exit_before(&mut tree, || limits.reached())
            .map_err(|cause| failed(format!("lost sight of `{}`", command.text)).because(cause))?,
    };
    let status = match status {
        Ok(status) => status,
        Err(cut) => {
            end(&mut tree, surroundings);
            // Whoever holds the pipe is gone, so the reader comes to its end.
            let _ = receiver.recv_timeout(GRACE);
            let output = String::from_utf8_lossy(&so_far()).into_owned();
            let error = cut.error(command, surroundings);
            return Err(Failure { error, output, status: None });
        }
    };
    tree.end_rest(GRACE);
    let text = String::from_utf8(system::printed(so_far()));
    match text {
        Ok(output) if status.success() && output.contains('\0') => {
            Err(failed(format!("`{}` prints something that is no text", command.text)).into())
        }
        Ok(output) if status.success() => Ok(output),
        Err(_) if status.success() => {
            Err(failed(format!("`{}` prints something that is not UTF-8", command.text)).into())
        }
        text => Err(Failure {
            status: status.code().filter(|_| text.as_ref().is_ok_and(|text| !text.contains('\0'))),
            error: failed(format!("`{}` {}", command.text, system::ending(status))),
            output: text
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        }),
    }
}

/// What a command has to keep to.
struct Limits<'a> {
    end: Instant,
    surroundings: &'a Surroundings,
}

impl<'a> Limits<'a> {
    fn of(surroundings: &'a Surroundings) -> Self {
        Self { end: Instant::now() + surroundings.limit, surroundings }
    }

    /// How long it is until one is reached, unless somebody interrupts.
    fn left(&self) -> Duration {
        let end = self.surroundings.deadline.map_or(self.end, |deadline| deadline.min(self.end));
        end.saturating_duration_since(Instant::now())
    }

    fn reached(&self) -> Option<Cut> {
        let now = Instant::now();
        if self.surroundings.interrupt.times() >= self.surroundings.patience {
            Some(Cut::Interrupt)
        } else if self.surroundings.deadline.is_some_and(|deadline| now >= deadline) {
            Some(Cut::Deadline)
        } else if now >= self.end {
            Some(Cut::Limit)
        } else {
            None
        }
    }
}

impl Cut {
    fn error(&self, command: &Command, surroundings: &Surroundings) -> Error {
        let text = &command.text;
        let (message, hint) = match self {
            Self::Limit => (
                format!("`{text}` took longer than {} s", surroundings.limit.as_secs()),
                "raise `run.timeout` in doctool.yml if it needs that long",
            ),
            Self::Deadline => (
                format!("`{text}` was ended: the page's commands took too long together"),
                "raise `run.page_timeout` in doctool.yml if they need that long",
            ),
            Self::Interrupt => (
                format!("interrupted while `{text}` ran"),
                "run doctool again; nothing of this page was written",
            ),
        };
        Error::new(ErrorKind::Command, message).at(command.place.clone()).hint(hint)
    }
}

fn start(command: &Command, surroundings: &Surroundings) -> Result<(PipeReader, Tree)> {
    let failed = |cause: io::Error| {
        let message = format!("cannot start `{}`", command.argv[0]);
        Error::new(ErrorKind::Command, message).because(cause).at(command.place.clone())
    };
    let program = surroundings.programs.file(command)?;
    let (reader, writer) = io::pipe().map_err(failed)?;
    let mut process = Process::new(program);
    process
        .args(&command.argv[1..])
        .env_clear()
        // Everything else comes from the profile, so that a page does not depend on who refreshes it.
        .envs(system::INHERITED.iter().filter_map(|name| Some((name, env::var_os(name)?))))
        .env("LANG", "C.UTF-8")
        .env("TZ", "UTC")
        .env("PYTHONHASHSEED", "0")
        .envs(surroundings.variables.iter().filter(|(_, value)| !value.is_empty()))
        .env("PATH", surroundings.programs.search_path())
        .current_dir(&surroundings.folder)
        .stdin(if command.input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer);
    Ok((reader, Tree::start(process).map_err(failed)?))
}

/// Reads all of it, bit by bit, so that what came so far can be shown.
fn read(mut reader: PipeReader, printed: &Mutex<Vec<u8>>) -> io::Result<()> {
    let mut part = vec![0; 64 * 1024];
    loop {
        let length = match reader.read(&mut part) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let mut printed = printed.lock().unwrap_or_else(PoisonError::into_inner);
        if printed.len() + length > OUTPUT_LIMIT {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it prints more than 64 MiB"));
        }
        printed.extend_from_slice(&part[..length]);
    }
}

/// Ends the command and all it started: asks first, then forces.
fn end(tree: &mut Tree, surroundings: &Surroundings) {
    let grace = Instant::now() + GRACE;
    let is_over = || {
        let hurries = surroundings.interrupt.times() > surroundings.patience;
        (hurries || Instant::now() >= grace).then_some(())
    };
    tree.ask();
    let _ = exit_before(tree, is_over);
    tree.force();
}

/// How the command ended, or why it is not waited for any longer.
fn exit_before<C>(
    tree: &mut Tree,
    is_over: impl Fn() -> Option<C>,
) -> io::Result<std::result::Result<ExitStatus, C>> {
    let mut pause = Duration::from_micros(50);
    loop {
        if let Some(status) = tree.try_wait()? {
            return Ok(Ok(status));
        }
        if let Some(cut) = is_over() {
            return Ok(Err(cut));
        }
        // Nearly all commands end at once after their outputs.
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}
