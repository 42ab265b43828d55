//! A log as one of the views, as it comes: `doctool render`.
//!
//! In: the bytes of a log of any length. Out: the view of its messages, without secrets. Reading,
//! taking secrets out, and drawing each have a thread, because each takes about as long.

use std::io::{self, Read, Write};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use crate::capture::requestshook::Entries;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Entry;
use crate::settings::doctool::RedactSettings;
use crate::stabilise::{Filter, StableEntry};

use super::drawing::{Drawer, Drawing};

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
    thread::scope(|scope| {
        let (to_filter, entries) = mpsc::sync_channel(WAITING);
        let (to_draw, stable) = mpsc::sync_channel(WAITING);
        let reader = scope.spawn(move || read(log, &to_filter));
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
