//! What a client says about its work, one thing after another.
//!
//! In: what `--debug` prints, or what the client writes into the file of `--log-file`. Out: records.
//! In a file each begins with its time, so its end is certain; what is printed has neither, and a
//! record goes on until a line that begins another one which is known.

use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use regex::Regex;

use crate::model::clock;

/// Lines in which the first record of a file is looked for.
const HEAD: usize = 20;

/// Something that a client said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record<'a> {
    /// Line in the text, from 1.
    pub(super) line: usize,
    /// When, by the client's clock; in its own time zone.
    pub(super) time: Option<SystemTime>,
    /// Whether it is for whoever asked for `--debug` alone; unknown in what is printed.
    pub(super) is_detail: Option<bool>,
    /// What it said, without the end of its last line.
    pub(super) text: &'a str,
}

/// Time, process, level, logger and, in brackets, cloud, user and project; as osc_lib.logs writes it.
static DATED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?m)^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)[.,](\d{3}) (?:\d+ )?(DEBUG|INFO|WARNING|ERROR|CRITICAL) \S+ (?:\[[^\]\n]*\] )?";
    Regex::new(pattern).expect("it is a regular expression")
});

/// What stands before a record where it is printed by a client that tells the logger, such as
/// `DEBUG (session:511) ` or `DEBUG:keystoneauth.session:`.
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"^[^\n]{0,80}?\b(?:DEBUG|INFO)\b[^\n]{0,120}?[ :](REQ: |RESP: |RESP BODY: |[A-Z]+ call to |Making authentication request to |https?://\S+ \x22)";
    Regex::new(pattern).expect("it is a regular expression")
});

/// How records begin that a client prints without anything before them.
const BEGINNINGS: &[&str] = &[
    "REQ: curl ",
    "RESP: [",
    "RESP BODY: ",
    "Making authentication request to ",
    "Starting new HTTP",
    "Resetting dropped connection: ",
    "START with options: ",
    "END return value: ",
    "clean_up ",
];

/// The records of a text.
pub(super) fn records(text: &str) -> Vec<Record<'_>> {
    // Something else may stand before, such as the command itself.
    if text.lines().take(HEAD).any(|line| DATED.is_match(line)) {
        dated(text)
    } else {
        printed(text)
    }
}

fn dated(text: &str) -> Vec<Record<'_>> {
    let heads: Vec<_> = DATED.captures_iter(text).collect();
    let starts = heads.iter().map(|head| head.get(0).map_or(0, |all| all.start()));
    let ends = starts.skip(1).chain([text.len()]);
    let (mut line, mut counted) = (1, 0);
    let records = heads.iter().zip(ends).map(|(head, end)| {
        let all = head.get(0).expect("a match is somewhere");
        line += text[counted..all.start()].matches('\n').count();
        counted = all.start();
        let said = &text[all.end()..end];
        Record {
            line,
            time: time(&head.extract::<8>().1),
            is_detail: Some(matches!(&head[8], "DEBUG" | "INFO")),
            text: said.strip_suffix('\n').unwrap_or(said),
        }
    });
    records.collect()
}

/// A date and its parts behind it as a time, as if it were in UTC.
fn time(parts: &[&str; 8]) -> Option<SystemTime> {
    let number = |index: usize| parts[index].parse::<u64>().ok();
    let date = [number(0)?, number(1)?, number(2)?];
    let second = clock::utc(date, [number(3)?, number(4)?, number(5)?])?;
    Some(second + Duration::from_millis(number(6)?))
}

fn printed(text: &str) -> Vec<Record<'_>> {
    let mut records: Vec<Record<'_>> = Vec::new();
    let (mut at, mut start) = (0, 0);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let before = at;
        at += line.len();
        let content = line.trim_end_matches(['\n', '\r']);
        let begin = begins(content);
        if let (None, Some(open)) = (begin, records.last_mut())
            && is_open(open.text)
        {
            open.text = text[start..at].trim_end_matches(['\n', '\r']);
            continue;
        }
        start = before + begin.unwrap_or(0);
        let text = &content[begin.unwrap_or(0)..];
        records.push(Record { line: index + 1, time: None, is_detail: None, text });
    }
    records
}

/// Whether what was said may go on in the next line: only contents may.
fn is_open(text: &str) -> bool {
    text.starts_with("RESP BODY: ") || (text.starts_with("REQ: ") && !text.ends_with(['"', '\'']))
}

/// Where in a line a record begins that is known.
fn begins(line: &str) -> Option<usize> {
    if BEGINNINGS.iter().any(|beginning| line.starts_with(beginning)) || is_call(line) {
        return Some(0);
    }
    PREFIX.captures(line).and_then(|found| found.get(1)).map(|known| known.start())
}

/// Whether a line tells a request's id, or its status as urllib3 does.
fn is_call(line: &str) -> bool {
    let method = line.split(' ').next().unwrap_or_default();
    let is_method = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_method
        && line[method.len()..].starts_with(" call to ")
        && line.contains(" used request id "))
        || (line.starts_with("http") && line.contains(" HTTP/1.1\" "))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::records;

    #[test]
    fn a_record_of_a_file_ends_where_the_next_one_has_its_time() {
        let text = "2026-11-28 14:32:26.454 1 INFO osc_lib.shell [a None None] START\n\
                    2026-11-28 14:32:26.500 1 DEBUG x.y RESP BODY: a\nRESP: [no]\n\n\
                    2026-11-28 14:32:27.000 1 WARNING x.y [b c d] careful\n";
        let read: Vec<_> =
            records(text).into_iter().map(|it| (it.line, it.is_detail, it.text)).collect();
        assert_eq!(
            read,
            [
                (1, Some(true), "START"),
                (2, Some(true), "RESP BODY: a\nRESP: [no]\n"),
                (5, Some(false), "careful"),
            ]
        );
        let time = UNIX_EPOCH + Duration::from_millis(1_795_876_346_454);
        assert_eq!(records(text)[0].time, Some(time));
    }

    #[test]
    fn what_is_printed_goes_on_until_something_known_begins() {
        let text = "anything\nDEBUG (session:511) REQ: curl -g -i -X GET http://h -H \"A: b\"\n\
                    DEBUG:x:RESP: [200] A: b\nRESP BODY: one\ntwo\n\nGET call to x for http://h used request id r\nrest\n";
        let read: Vec<_> = records(text).into_iter().map(|it| (it.line, it.text)).collect();
        assert_eq!(
            read,
            [
                (1, "anything"),
                (2, "REQ: curl -g -i -X GET http://h -H \"A: b\""),
                (3, "RESP: [200] A: b"),
                (4, "RESP BODY: one\ntwo"),
                (7, "GET call to x for http://h used request id r"),
                (8, "rest"),
            ]
        );
    }
}
