//! A command and all processes that it started, as far as they can be found.
//!
//! In: a command. Out: none of its processes left. A process group of its own holds most of them. Linux
//! also hands those that have left it to doctool when their parents end, and they are told from others by
//! a variable of their environment.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, ChildStdin, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, kill_process_group, test_kill_process_group, waitpgid,
    waitpid,
};

/// Variables that a program cannot do without, or that say whose it is.
pub(crate) const INHERITED: &[&str] = &["HOME", "LOGNAME", "PATH", "TMPDIR", "USER"];

/// What takes a line as a shell does.
pub(crate) const SHELL: Option<[&str; 2]> = Some(["/bin/sh", "-c"]);

/// How long to wait until nothing is left of what was ended by force.
const GONE: Duration = Duration::from_millis(500);

/// The variable that every process of a command has, unless it takes it out.
const MARK: &str = "DOCTOOL_COMMAND";

/// The processes of one command.
pub(crate) struct Tree {
    child: Child,
    group: Option<Pid>,
    /// Children that doctool had before.
    before: BTreeSet<i32>,
    /// The value of [`MARK`].
    mark: String,
}

impl Tree {
    /// Starts a command.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        let mark = mark()?;
        command.env(MARK, &mark).process_group(0);
        // Orphans of what is started from now on are handed to doctool.
        #[cfg(target_os = "linux")]
        {
            // Where it is refused, the group is all that is found.
            let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        }
        let before = children().into_iter().collect();
        let child = command.spawn()?;
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        // Dropping the command closes our copies of its pipes' ends, so that reading comes to an end.
        Ok(Self { child, group, before, mark })
    }

    /// Where the command reads from, the first time.
    pub(crate) fn input(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// How the command itself ended, if it has.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Asks all to end.
    pub(crate) fn ask(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends all that are left once the command itself has ended: asks first, then forces.
    pub(crate) fn end_rest(&self, grace: Duration) {
        self.reap();
        if self.is_gone() {
            return;
        }
        self.signal(Signal::TERM);
        self.wait(grace);
        self.kill();
    }

    /// Ends all by force.
    pub(crate) fn force(&mut self) {
        // Its parts are in its group as long as it is not reaped, so nobody else can be hit.
        let _ = self.child.kill();
        self.kill();
        let _ = self.child.wait();
        self.end_rest(Duration::ZERO);
    }

    fn kill(&self) {
        self.signal(Signal::KILL);
        self.wait(GONE);
    }

    fn wait(&self, longest: Duration) {
        let deadline = Instant::now() + longest;
        while !self.is_gone() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
            self.reap();
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // It fails when the group is gone already, which is what is wanted.
            let _ = kill_process_group(group, signal);
        }
        for orphan in self.orphans() {
            let _ = kill_process(orphan, signal);
        }
    }

    /// Takes leave of those that have ended.
    fn reap(&self) {
        while let Some(Ok(Some(_))) = self.group.map(|group| waitpgid(group, WaitOptions::NOHANG)) {
        }
        for orphan in self.orphans() {
            let _ = waitpid(Some(orphan), WaitOptions::NOHANG);
        }
    }

    fn is_gone(&self) -> bool {
        let has_group = self.group.is_some_and(|group| test_kill_process_group(group).is_ok());
        !has_group && self.orphans().is_empty()
    }

    /// Processes of the command that have left its group and lost their parents.
    fn orphans(&self) -> Vec<Pid> {
        let new = children().into_iter().filter(|child| !self.before.contains(child));
        new.filter(|child| self.is_ours(*child)).filter_map(Pid::from_raw).collect()
    }

    fn is_ours(&self, process: i32) -> bool {
        if self.group.is_some_and(|group| group.as_raw_nonzero().get() == process) {
            return false;
        }
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        let value = variables.find_map(|variable| {
            variable.strip_prefix(MARK.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
        });
        match value {
            Some(value) => value == self.mark.as_bytes(),
            // One that has taken the mark out, or has ended. Another command's own child is in
            // doctool's session; what has left it was nobody else's.
            None => session(process).is_some_and(|other| Some(other) != session(own())),
        }
    }
}

fn own() -> i32 {
    rustix::process::getpid().as_raw_nonzero().get()
}

/// The session that a process is in (proc_pid_stat(5), field 6).
fn session(process: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(3)?.parse().ok()
}

/// The processes whose parent doctool is; none where the system does not tell.
fn children() -> Vec<i32> {
    let Ok(threads) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let lists = threads.flatten().filter_map(|thread| {
        let list = fs::read_to_string(thread.path().join("children")).ok()?;
        Some(list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<i32>>())
    });
    lists.flatten().collect()
}

/// A value that no other command has. It looks like an id, so that a page which shows it does not
/// change with it.
fn mark() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What a command printed, as text is kept.
pub(crate) fn printed(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// How a command ended.
pub(crate) fn ending(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exited with status {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended in an unknown way".to_owned(),
    }
}
