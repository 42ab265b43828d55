//! One command: started directly, in a process group of its own, within limits.
//!
//! In: a [`Command`] and where it runs. Out: what it printed, both of its outputs as they came, as
//! a person at a terminal sees them. Plain threads: there is one command at a time, and one pipe to
//! read.

mod scratch;

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Command;

pub use scratch::Scratch;

/// Bytes that a command may print.
const OUTPUT_LIMIT: usize = 64 * 1024 * 1024;

/// How long a command may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(2);

/// How long to wait until nothing is left of what was ended by force.
const GONE: Duration = Duration::from_millis(500);

/// Variables of doctool's own environment that commands see. Everything else comes from the
/// profile, so that a page does not depend on who refreshes it.
const INHERITED: [&str; 5] = ["HOME", "LOGNAME", "PATH", "TMPDIR", "USER"];

/// Where commands run.
#[derive(Clone)]
pub struct Surroundings {
    /// Variables that are set besides the inherited ones; an empty value leaves one unset.
    pub variables: BTreeMap<String, String>,
    /// Folders to look for programs in before `PATH`.
    pub path: Vec<PathBuf>,
    /// The working directory.
    pub folder: PathBuf,
    /// How long one command may take.
    pub limit: Duration,
}

/// A command that did not do what its page says. Holds what it printed, which may hold secrets.
pub struct Failure {
    /// What happened and where; without output.
    pub error: Error,
    /// What it printed.
    pub output: String,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, output: String::new() }
    }
}

/// Runs a command and gives what it printed.
///
/// # Errors
///
/// When it cannot be started, exits with another status than 0, takes too long, or prints more
/// than 64 MiB or anything but UTF-8.
pub fn run(command: &Command, surroundings: &Surroundings) -> std::result::Result<String, Failure> {
    let (reader, mut child) = start(command, surroundings)?;
    if let (Some(input), Some(mut pipe)) = (command.input.clone(), child.stdin.take()) {
        // A command that does not read its input must not keep us waiting.
        thread::spawn(move || pipe.write_all(input.as_bytes()));
    }
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(read(reader)));
    let deadline = Instant::now() + surroundings.limit;
    let ended = receiver.recv_timeout(surroundings.limit);
    let failed =
        |message: String| Error::new(ErrorKind::Command, message).at(command.place.clone());
    let too_long = |output: Vec<u8>| {
        let seconds = surroundings.limit.as_secs();
        let error = failed(format!("`{}` took longer than {seconds} s", command.text))
            .hint("raise `run.timeout` in doctool.yml if it needs that long");
        Failure { error, output: String::from_utf8_lossy(&output).into_owned() }
    };
    let Ok(read) = ended else {
        end(&mut child);
        let output = receiver.recv_timeout(GRACE).ok().and_then(io::Result::ok);
        return Err(too_long(output.unwrap_or_default()));
    };
    let output = read.map_err(|cause| {
        end(&mut child);
        failed(format!("cannot read what `{}` prints", command.text)).because(cause)
    })?;
    // A command may close its outputs and go on.
    let status = exit_before(&mut child, deadline)
        .map_err(|cause| failed(format!("lost sight of `{}`", command.text)).because(cause))?;
    let Some(status) = status else {
        end(&mut child);
        return Err(too_long(output));
    };
    let text = String::from_utf8(output);
    match text {
        Ok(output) if status.success() => Ok(output),
        Err(_) if status.success() => {
            Err(failed(format!("`{}` prints something that is not UTF-8", command.text)).into())
        }
        text => Err(Failure {
            error: failed(format!("`{}` {}", command.text, ending(status))),
            output: text
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        }),
    }
}

fn start(command: &Command, surroundings: &Surroundings) -> Result<(PipeReader, Child)> {
    let failed = |cause: io::Error| {
        let message = format!("cannot start `{}`", command.argv[0]);
        let hint = format!("install `{}`, or take it out of `run.allow`", command.argv[0]);
        Error::new(ErrorKind::Command, message).because(cause).at(command.place.clone()).hint(hint)
    };
    let (reader, writer) = io::pipe().map_err(failed)?;
    let path = search_path(surroundings);
    let program = find(&command.argv[0], &path).ok_or_else(|| {
        failed(io::Error::new(io::ErrorKind::NotFound, "it is in no folder of `PATH`"))
    })?;
    let mut process = Process::new(program);
    process
        .args(&command.argv[1..])
        .env_clear()
        .envs(INHERITED.iter().filter_map(|name| Some((name, env::var_os(name)?))))
        .env("LANG", "C.UTF-8")
        .env("TZ", "UTC")
        .env("PYTHONHASHSEED", "0")
        .envs(surroundings.variables.iter().filter(|(_, value)| !value.is_empty()))
        .env("PATH", path)
        .current_dir(&surroundings.folder)
        .stdin(if command.input.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(writer.try_clone().map_err(failed)?)
        .stderr(writer)
        .process_group(0);
    let child = process.spawn().map_err(failed)?;
    // Dropping `process` closes our copies of the pipe's end, so that reading comes to an end.
    Ok((reader, child))
}

/// Where programs are looked for: the cloud's own folders, then `PATH` as the profile sets it.
fn search_path(surroundings: &Surroundings) -> OsString {
    let set = surroundings.variables.get("PATH").map(OsString::from);
    let rest = set.or_else(|| env::var_os("PATH")).unwrap_or_default();
    let folders = surroundings.path.iter().cloned().chain(env::split_paths(&rest));
    env::join_paths(folders).unwrap_or(rest)
}

/// The program's file. A name with a `/` is not searched for, as in a shell.
fn find(program: &str, path: &OsString) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program));
    }
    env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn read(mut reader: PipeReader) -> io::Result<Vec<u8>> {
    let mut output = Vec::new();
    let read = reader.by_ref().take(OUTPUT_LIMIT as u64 + 1).read_to_end(&mut output)?;
    if read > OUTPUT_LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it prints more than 64 MiB"));
    }
    Ok(output)
}

/// Ends the command and all it started: asks first, then forces.
fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let signal = |signal| {
        if let Some(group) = group {
            // It fails when the group is gone already, which is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    };
    signal(Signal::TERM);
    let _ = exit_before(child, Instant::now() + GRACE);
    signal(Signal::KILL);
    let _ = child.wait();
    // What the command started is ended by the system, which takes a moment. What nobody reaps stays
    // in the group although it is gone, so the wait has an end.
    let deadline = Instant::now() + GONE;
    while group.is_some_and(|group| test_kill_process_group(group).is_ok())
        && Instant::now() < deadline
    {
        thread::sleep(Duration::from_millis(1));
    }
}

/// How the command ended; none when it still runs at the deadline.
fn exit_before(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_micros(100);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        // Nearly all commands end at once after their outputs.
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

fn ending(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
    }
}
