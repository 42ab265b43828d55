//! A command and all processes that it started.
//!
//! In: a command. Out: none of its processes left. It is put into a job before it runs, and no process can
//! leave a job.

use std::io;
use std::process::{ChildStdin, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use process_wrap::std::{ChildWrapper, CommandWrap, CreationFlags, JobObject};
use windows::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

/// Variables that a program cannot do without, or that say whose it is.
pub(crate) const INHERITED: &[&str] = &[
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
];

/// What takes a line as a shell does: there is none that reads what stands in pages.
pub(crate) const SHELL: Option<[&str; 2]> = None;

/// How long to wait until a command is gone that was ended by force.
const GONE: Duration = Duration::from_millis(500);

/// The processes of one command.
pub(crate) struct Tree(Box<dyn ChildWrapper>);

impl Tree {
    /// Starts a command.
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        // What Python prints into a pipe is otherwise in the code page of the machine.
        command.env("PYTHONUTF8", "1");
        let mut command = CommandWrap::from(command);
        // A Ctrl-C is for doctool, which ends its commands in order.
        command.wrap(CreationFlags(CREATE_NEW_PROCESS_GROUP)).wrap(JobObject);
        Ok(Self(command.spawn()?))
    }

    /// Where the command reads from, the first time.
    pub(crate) fn input(&mut self) -> Option<ChildStdin> {
        self.0.stdin().take()
    }

    /// How the command itself ended, if it has.
    pub(crate) fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }

    /// Ends all: there is no way to ask a program that has no window.
    pub(crate) fn ask(&mut self) {
        // It fails when all are gone already, which is what is wanted.
        let _ = self.0.start_kill();
    }

    /// Ends all that are left once the command itself has ended. Nobody can be asked, so there is no grace.
    pub(crate) fn end_rest(&mut self, _: Duration) {
        self.ask();
    }

    /// Ends all by force.
    pub(crate) fn force(&mut self) {
        self.ask();
        let deadline = Instant::now() + GONE;
        while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// What a command printed, as text is kept: lines end with a line feed alone.
pub(crate) fn printed(bytes: Vec<u8>) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            text.push(*byte);
        }
    }
    text
}

/// How a command ended.
pub(crate) fn ending(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exited with status {code}"),
        None => "ended in an unknown way".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::printed;

    #[test]
    fn lines_end_as_in_pages() {
        assert_eq!(printed(b"a\r\nb\rc\n\r\n\r".to_vec()), b"a\nb\rc\n\n\r");
    }
}
