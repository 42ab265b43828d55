//! Reads any bytes as a log of exchanges. Entries have to begin where the log says so, to be the same
//! in whatever portions the log arrives, and to make every view.
//!
//! The first byte says how long the portions are, and whether the log is rendered as a command does it,
//! which takes long to begin.

#![no_main]

use std::io::{self, Read};
use std::sync::{LazyLock, Mutex};

use doctool::capture::requestshook::{self, Entries};
use doctool::model::Entry;
use doctool::pipeline::{Drawing, render_log};
use doctool::render::{DiagramNames, HarSide, body_entry, diagram_entry, log_entry};
use doctool::settings::doctool::RedactSettings;
use doctool::stabilise::{Filter, Memory};
use libfuzzer_sys::fuzz_target;

/// Gives a few bytes at a time.
struct Portions<'a>(&'a [u8], usize);

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.len().min(self.1).min(buffer.len());
        let (first, rest) = self.0.split_at(length);
        buffer[..length].copy_from_slice(first);
        self.0 = rest;
        Ok(length)
    }
}

/// Takes long to make.
static FILTER: LazyLock<Mutex<Filter>> =
    LazyLock::new(|| Mutex::new(Filter::new(&RedactSettings::default())));

/// One of so many logs is rendered as a command does it.
const WHOLE: usize = 64;

/// Makes every view of the log's entries, which come in portions. Gives how many there are.
fn draw(log: Portions<'_>) -> usize {
    let mut filter = FILTER.lock().expect("the first panic ends it");
    filter.remember(&Memory::default());
    let (mut view, mut names, mut count) = (String::new(), DiagramNames::default(), 0);
    let mut entries = Entries::new(log);
    loop {
        for (entry, written) in entries.piece(Vec::new()).entries() {
            let entry = filter.entry(entry, written);
            count += 1;
            diagram_entry(&mut view, &entry, &mut names);
            body_entry(&mut view, &entry, count);
            log_entry(&mut view, &entry);
            let _ = HarSide::of(&mut view, &entry);
        }
        if entries.has_ended() {
            return count;
        }
        entries.read_on().expect("it is memory");
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((portion, log)) = data.split_first() else { return };
    let portion = usize::from(*portion) + 1;
    let all =
        |log| Entries::new(log).collect::<io::Result<Vec<Entry<'_>>>>().expect("it is memory");
    let entries = all(Portions(log, log.len()));
    assert_eq!(entries, all(Portions(log, portion)), "portions make no difference");
    let lines: Vec<&[u8]> = log.split(|byte| *byte == b'\n').collect();
    for entry in &entries {
        let line = lines[entry.line - 1];
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        assert!(line.starts_with(b"### ("), "line {} is no heading", entry.line);
    }
    let recording = requestshook::parse(&String::from_utf8_lossy(log));
    let messages = recording.map_or(0, |recording| recording.messages.len());
    if std::str::from_utf8(log).is_ok() {
        assert_eq!(messages, entries.len());
    }
    assert_eq!(draw(Portions(log, portion)), entries.len());
    if portion % WHOLE > 0 {
        return;
    }
    for drawing in [Drawing::Diagram, Drawing::Body, Drawing::Log, Drawing::Har] {
        let read = Portions(log, portion * 64);
        let drawn = render_log(read, drawing, &RedactSettings::default(), &mut io::sink());
        assert_eq!(drawn.expect("it is memory"), entries.len());
    }
});
