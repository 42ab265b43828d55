//! Reads any bytes as a HAR file, as what a client tells of itself, and as two of them that are merged.
//! Whatever comes of it is a recording: each message belongs to an exchange, and none is told twice.
//!
//! The first byte chooses what the two parts are, which a byte that UTF-8 never has separates.

#![no_main]

use std::collections::HashSet;

use doctool::capture::merging::merged;
use doctool::capture::participants::Participants;
use doctool::capture::seen::Seen;
use doctool::capture::{debug, har};
use doctool::cloud::DIRECTORY;
use doctool::model::Message;
use libfuzzer_sys::fuzz_target;

const SEPARATOR: u8 = 0xff;

fn seen(bytes: &[u8], is_har: bool) -> Option<Seen> {
    let seen = if is_har {
        har::read(bytes, &mut Participants::default().on(DIRECTORY)).ok()?
    } else {
        debug::read(&String::from_utf8_lossy(bytes), "openstack", DIRECTORY)
    };
    is_whole(&seen);
    Some(seen)
}

fn is_whole(seen: &Seen) {
    assert_eq!(seen.times.len(), seen.recording.messages.len());
    let told: HashSet<&Message> = seen.recording.messages.iter().collect();
    assert_eq!(told.len(), seen.recording.messages.len());
    assert_eq!(seen.recording.arrows().count(), seen.recording.messages.len());
    assert_eq!(seen.entries().count(), seen.recording.messages.len());
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    let mut parts = rest.splitn(2, |byte| *byte == SEPARATOR);
    let first = parts.next().and_then(|part| seen(part, choice & 1 == 0));
    let second = parts.next().and_then(|part| seen(part, choice & 2 == 0));
    if let (Some(first), Some(second)) = (first, second) {
        let exchanges = |seen: &Seen| seen.recording.exchanges.len();
        let (least, most) =
            (exchanges(&first).max(exchanges(&second)), exchanges(&first) + exchanges(&second));
        let both = merged(first, second, DIRECTORY.request_ids);
        is_whole(&both);
        assert!(exchanges(&both) <= most, "{least} to {most}");
    }
});
