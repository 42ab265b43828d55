//! Processes that outlive doctool. In: a command, or a pid with its time of birth. Out: whether it
//! still runs, and its end.
//!
//! A pid alone names nobody: after a restart of the machine, or long enough, it belongs to a
//! stranger. So each is kept with the time at which its process started, and a signal is sent only
//! when both still fit.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};

use super::folders::cannot;
use crate::error::{Error, ErrorKind, Result};

/// How long a process may take to end by itself.
const GRACE: Duration = Duration::from_secs(10);

/// A process that was started to stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Process {
    /// Its id, which is the id of its group too.
    pub(super) pid: u32,
    /// When it started, in the system's own words; only ever compared.
    started: String,
    /// When it started, in seconds since 1970.
    since: u64,
}

impl Process {
    /// Starts a command in a process group of its own, so that neither Ctrl-C nor the end of
    /// doctool ends it. What it says goes to the log; the log of its predecessor is kept beside it.
    /// Its input is the listener, if it is given one.
    pub(super) fn start(
        mut command: Command,
        log: &Path,
        listener: Option<TcpListener>,
    ) -> Result<Self> {
        if log.exists() {
            let earlier = log.with_extension("earlier.log");
            fs::rename(log, &earlier).map_err(|cause| cannot("write", &earlier, cause))?;
        }
        let output = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(log)
            .map_err(|cause| cannot("write", log, cause))?;
        let errors = output.try_clone().map_err(|cause| cannot("write", log, cause))?;
        let input = listener.map_or_else(Stdio::null, |listener| OwnedFd::from(listener).into());
        command.stdin(input).stdout(output).stderr(errors).process_group(0);
        let program = command.get_program().to_owned();
        let pid =
            command.spawn().map_err(|cause| cannot("start", Path::new(&program), cause))?.id();
        // One that has ended by now is a process that does not run, and nobody's later.
        Ok(Self::with_pid(pid).unwrap_or(Self { pid, started: String::new(), since: 0 }))
    }

    /// The process that has this pid now.
    pub(super) fn with_pid(pid: u32) -> Option<Self> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Some(Self { pid, started: birth(pid)?, since })
    }

    /// True while it runs.
    pub(super) fn runs(&self) -> bool {
        birth(self.pid).is_some_and(|started| started == self.started)
    }

    /// When it started.
    pub(super) fn since(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.since)
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid
            && self.runs()
        {
            // It may be gone by now, and that is what is wanted.
            let _ = kill_process_group(pid, signal);
        }
    }
}

/// Ends processes, politely first, and waits until they are gone.
///
/// # Errors
///
/// [`ErrorKind::Cloud`] when one cannot be ended.
pub(super) fn end(processes: &[Process]) -> Result<()> {
    end_within(GRACE, processes)
}

fn end_within(grace: Duration, processes: &[Process]) -> Result<()> {
    for signal in [Signal::TERM, Signal::KILL] {
        for process in processes {
            process.signal(signal);
        }
        let deadline = Instant::now() + grace;
        while processes.iter().any(Process::runs) {
            if Instant::now() > deadline {
                break;
            }
            sleep(Duration::from_millis(10));
        }
    }
    match processes.iter().find(|process| process.runs()) {
        None => Ok(()),
        Some(process) => {
            Err(Error::new(ErrorKind::Cloud, format!("process {} does not end", process.pid))
                .hint("end it by hand"))
        }
    }
}

/// The processes whose words on the command line are told to be ours.
pub(super) fn find(is_ours: impl Fn(&[OsString]) -> bool) -> Vec<Process> {
    command_lines()
        .into_iter()
        .filter(|(_, words)| is_ours(words))
        .filter_map(|(pid, _)| Process::with_pid(pid))
        .collect()
}

/// When a process started; none when it has ended, even if nobody has asked how.
#[cfg(target_os = "linux")]
fn birth(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Ticks count from the start of the machine, so it matters which start that was.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    Some(format!("{}@{}", start_ticks(&stat)?, boot.trim()))
}

/// Field 22 of `/proc/PID/stat` (proc(5)); none for a process that is dead but not yet buried.
#[cfg(target_os = "linux")]
fn start_ticks(stat: &str) -> Option<&str> {
    // The second field is the program's name in parentheses and may itself hold blanks and
    // parentheses.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)
}

#[cfg(not(target_os = "linux"))]
fn birth(pid: u32) -> Option<String> {
    let output = Command::new("ps")
        .args(["-o", "stat=", "-o", "lstart=", "-p", &pid.to_string()])
        .env("LC_ALL", "C")
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let (state, started) = text.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(target_os = "linux")]
fn command_lines() -> Vec<(u32, Vec<OsString>)> {
    use std::os::unix::ffi::OsStringExt;

    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let line = fs::read(entry.path().join("cmdline")).ok()?;
            let words = line.split(|byte| *byte == 0).map(|word| OsString::from_vec(word.to_vec()));
            Some((pid, words.collect()))
        })
        .collect()
}

// `ps` does not say where a word ends, so a path with a blank in it is not recognised here.
#[cfg(not(target_os = "linux"))]
fn command_lines() -> Vec<(u32, Vec<OsString>)> {
    let Ok(output) = Command::new("ps").args(["-axww", "-o", "pid=,command="]).output() else {
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let (pid, words) = line.trim().split_once(' ')?;
            Some((pid.parse().ok()?, words.split_whitespace().map(OsString::from).collect()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn reads_the_start_behind_a_name_with_blanks_and_parentheses() {
        let stat = "7 (a) Z b) S 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 5 6";
        assert_eq!(start_ticks(stat), Some("4242"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn takes_a_dead_child_that_nobody_waited_for_as_ended() {
        let stat = "7 (sleep) Z 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 5 6";
        assert_eq!(start_ticks(stat), None);
    }

    #[test]
    fn does_not_know_a_stranger_who_got_the_same_pid() {
        let own = Process::with_pid(std::process::id()).unwrap();
        let stranger = Process { started: "another time".to_owned(), ..own.clone() };
        assert!(own.runs());
        assert!(!stranger.runs());
        // Would end this test if pids alone were trusted.
        stranger.signal(Signal::KILL);
    }

    #[test]
    fn ends_a_process_that_ignores_a_polite_request() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("deaf.log");
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo ready; while :; do sleep 1; done"]);
        let process = Process::start(command, &log, None).unwrap();
        while fs::read_to_string(&log).unwrap().is_empty() {
            sleep(Duration::from_millis(5));
        }
        end_within(Duration::from_millis(200), std::slice::from_ref(&process)).unwrap();
        assert!(!process.runs());
    }

    #[test]
    fn finds_a_process_by_the_words_it_was_started_with() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        // A number of seconds that no other test waits.
        let seconds = format!("86399.{}", std::process::id());
        command.arg(&seconds);
        let process = Process::start(command, &folder.path().join("sleep.log"), None).unwrap();
        let find = || find(|words| words.get(1).is_some_and(|word| *word == *seconds));
        let mut found = find();
        // Right after the start the system may not know the words yet.
        while found.is_empty() && process.runs() {
            found = find();
        }
        end(&found).unwrap();
        assert!(found.iter().any(|other| other.pid == process.pid));
        assert!(!process.runs());
    }
}
