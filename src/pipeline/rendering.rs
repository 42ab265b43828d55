//! A recording in any form as one of the views: `doctool render`.
//!
//! In: the bytes of a log of any length, as they come, or of a recording in another form, as a whole. Out:
//! the view of its messages, without secrets. Reading, taking secrets out, and drawing each have a
//! thread, because each takes about as long.

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use crate::capture::debug;
use crate::capture::har;
use crate::capture::requestshook::Entries;
use crate::capture::seen::Seen;
use crate::cloud;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Entry, Place};
use crate::settings::Config;
use crate::settings::doctool::RedactSettings;
use crate::stabilise::{Filter, StableEntry};

use super::drawing::{Drawer, Drawing};
use super::live;

/// Forms of a recording that are no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What a client on keystoneauth tells with `--debug`.
    Debug,
    /// HAR 1.2.
    Har,
}

/// Portions of the log that may lie between two threads.
const WAITING: usize = 4;

/// Draws a log, and gives the number of its messages.
///
/// # Errors
///
/// When the log cannot be read or the view cannot be written; no longer being read is no error.
pub fn render_log(
    log: impl Read + Send,
    drawing: Drawing,
    settings: &RedactSettings,
    out: &mut impl Write,
) -> Result<usize> {
    rendered(move |to: &SyncSender<Vec<Entry>>| read(log, to), drawing, settings, out)
}

/// Draws a recording that is in another form than a log, with the name of its file, and gives the number of its messages with what
/// is known not to be in it.
///
/// # Errors
///
/// When it is not in that form, the settings have a participant that makes no sense, or the view cannot be
/// written.
pub fn render_recording(
    (name, text): (&Path, &[u8]),
    form: Form,
    drawing: Drawing,
    config: &Config,
    out: &mut impl Write,
) -> Result<(usize, Seen)> {
    let mut participants = live::recording(config, &Cloud::default())?.participants;
    let seen = match form {
        Form::Debug => {
            let mut seen =
                debug::read(&String::from_utf8_lossy(text), cloud::CLIENT, cloud::DIRECTORY);
            participants.resolve(&mut seen.recording);
            seen
        }
        Form::Har => har::read(text, &mut participants).map_err(|fault| {
            let place = Place { file: name.to_owned(), line: fault.line, column: fault.column };
            Error::new(ErrorKind::Recording, fault.message).at(place)
        })?,
    };
    let entries: Vec<Entry> = seen.entries().collect();
    let send = |to: &SyncSender<Vec<Entry>>| {
        // Whoever draws may have seen enough.
        let _ = to.send(entries);
        Ok(())
    };
    Ok((rendered(send, drawing, &config.redact, out)?, seen))
}

fn rendered(
    read: impl FnOnce(&SyncSender<Vec<Entry>>) -> io::Result<()> + Send,
    drawing: Drawing,
    settings: &RedactSettings,
    out: &mut impl Write,
) -> Result<usize> {
    thread::scope(|scope| {
        let (to_filter, entries) = mpsc::sync_channel(WAITING);
        let (to_draw, stable) = mpsc::sync_channel(WAITING);
        let reader = scope.spawn(move || read(&to_filter));
        scope.spawn(move || filter(settings, &entries, &to_draw));
        let drawn = draw(&stable, drawing, out);
        // The others end once nobody takes what they make.
        drop(stable);
        let read = reader.join().expect("reading does not panic");
        let messages = drawn.map_err(|cause| failed("the view cannot be written", cause))?;
        read.map_err(|cause| failed("the log cannot be read", cause))?;
        Ok(messages)
    })
}

fn failed(message: &str, cause: io::Error) -> Error {
    Error::new(ErrorKind::File, message).because(cause)
}

/// Hands on what each portion of the log holds, so that nothing waits for what is yet to come.
fn read(log: impl Read, to: &SyncSender<Vec<Entry>>) -> io::Result<()> {
    let mut entries = Entries::new(log);
    loop {
        let read: Vec<Entry> = std::iter::from_fn(|| entries.next_read()).collect();
        if (!read.is_empty() && to.send(read).is_err()) || entries.has_ended() {
            return Ok(());
        }
        entries.read_on()?;
    }
}

fn filter(
    settings: &RedactSettings,
    from: &Receiver<Vec<Entry>>,
    to: &SyncSender<Vec<StableEntry>>,
) {
    let mut filter = Filter::new(settings);
    for entries in from {
        let stable = entries.into_iter().map(|entry| filter.entry(entry)).collect();
        if to.send(stable).is_err() {
            return;
        }
    }
}

fn draw(
    from: &Receiver<Vec<StableEntry>>,
    drawing: Drawing,
    out: &mut impl Write,
) -> io::Result<usize> {
    let mut drawer = Drawer::new(drawing);
    let mut text = String::new();
    drawer.begin(&mut text);
    for entries in from {
        for entry in entries {
            drawer.push(&mut text, entry);
        }
        if !written(&text, out)? {
            return Ok(drawer.steps);
        }
        text.clear();
    }
    drawer.end(&mut text);
    if drawer.steps > 0 {
        written(&text, out)?;
    }
    Ok(drawer.steps)
}

/// Whether whoever reads the view has not seen enough yet.
fn written(text: &str, out: &mut impl Write) -> io::Result<bool> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}
