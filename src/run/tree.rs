//! All processes that a command started, as far as they can be found.
//!
//! In: a child in a process group of its own. Out: none of them left. The group holds most of them.
//! Linux also hands those that have left it to doctool when their parents end, and they are told
//! from others by a variable of their environment.

use std::collections::BTreeSet;
use std::fs;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitOptions, kill_process, kill_process_group, test_kill_process_group, waitpgid,
    waitpid,
};

/// How long to wait until nothing is left of what was ended by force.
const GONE: Duration = Duration::from_millis(500);

/// The variable that every process of a command has, unless it takes it out.
pub(super) const MARK: &str = "DOCTOOL_COMMAND";

/// The processes of one command.
pub(super) struct Tree {
    group: Option<Pid>,
    /// Children that doctool had before.
    before: BTreeSet<i32>,
    /// The value of [`MARK`].
    mark: String,
}

/// What doctool had before a command was started.
pub(super) struct Before(BTreeSet<i32>);

impl Before {
    /// Has orphans of what is started from now on handed to doctool, and notes whom it has already.
    pub(super) fn start() -> Self {
        #[cfg(target_os = "linux")]
        {
            // Where it is refused, the group is all that is found.
            let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
        }
        Self(children().into_iter().collect())
    }

    /// The processes of a command that was started afterwards.
    pub(super) fn tree(self, child: &Child, mark: String) -> Tree {
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Tree { group, before: self.0, mark }
    }
}

impl Tree {
    /// Asks all to end.
    pub(super) fn ask(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends all that are left once the command itself has ended: asks first, then forces.
    pub(super) fn end_rest(&self, grace: Duration) {
        self.reap();
        if self.is_gone() {
            return;
        }
        self.signal(Signal::TERM);
        self.wait(grace);
        self.force();
    }

    /// Ends all by force.
    pub(super) fn force(&self) {
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
