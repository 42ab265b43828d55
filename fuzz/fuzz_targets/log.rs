//! Reads any bytes as a log of exchanges. Entries have to begin where the log says so, to be the same
//! in whatever portions the log arrives, and to make every view.
//!
//! The first byte says how long the portions are.

#![no_main]

use std::io::{self, Read};

use doctool::capture::requestshook::{self, Entries};
use doctool::model::Entry;
use doctool::pipeline::{Drawing, render_log};
use doctool::settings::doctool::RedactSettings;
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

fuzz_target!(|data: &[u8]| {
    let Some((portion, log)) = data.split_first() else { return };
    let portion = usize::from(*portion) + 1;
    let all = |log| Entries::new(log).collect::<io::Result<Vec<Entry<'_>>>>().expect("it is memory");
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
    for drawing in [Drawing::Diagram, Drawing::Body, Drawing::Log, Drawing::Har] {
        let read = Portions(log, portion * 64);
        let drawn = render_log(read, drawing, &RedactSettings::default(), &mut io::sink());
        assert_eq!(drawn.expect("it is memory"), entries.len());
    }
});
