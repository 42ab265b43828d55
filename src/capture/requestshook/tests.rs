//! What a log says, however it is written, cut and mixed.

use std::io::{self, Read};

use super::{Entries, parse};
use crate::model::{Content, Entry, Message};

/// Gives its bytes in portions of this many.
struct Portions<'a>(&'a [u8], usize);

impl Read for Portions<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.1.min(buffer.len());
        self.0.read(&mut buffer[..length])
    }
}

fn entries(log: &[u8]) -> Vec<Entry<'static>> {
    let whole: Vec<Entry<'_>> =
        Entries::new(log).map(|entry| entry.expect("memory can be read")).collect();
    for portion in [1, 7, 64] {
        let entries = Entries::new(Portions(log, portion));
        let entries: Vec<Entry<'_>> = entries.map(|entry| entry.expect("it can be read")).collect();
        assert_eq!(entries, whole, "in portions of {portion}");
    }
    whole
}

/// Each entry's direction and body in short.
fn told(log: &str) -> Vec<String> {
    let told = entries(log.as_bytes()).into_iter().map(|entry| {
        let what = entry.status.as_deref().unwrap_or(&entry.method);
        let body = match &entry.body {
            Content::Empty => "-".to_owned(),
            Content::Text(text) => text.clone().into_owned(),
            other => format!("{other:?}"),
        };
        format!("{}>{} {what} {} {body}", entry.from, entry.to, entry.url)
    });
    told.collect()
}

const INTERLEAVED: &str = "
### (a) REQ >>> (b) : GET http://h/x
Accept:\u{20}

none


### (c) REQ >>> (b) : GET http://h/x

none


### (c) RESP <<< (b) : 300 MULTIPLE CHOICES GET http://h/x

none


### (a) RESP <<< (b) : 200 OK GET http://h/x?y=1
Content-Type: text/plain

### (c) REQ >>> (b) : GET is no heading

";

#[test]
fn interleaved_exchanges_are_paired_by_their_participants() {
    let recording = parse(INTERLEAVED).expect("there are entries");
    assert_eq!(
        recording.messages,
        [Message::Request(0), Message::Request(1), Message::Response(1), Message::Response(0)]
    );
    let answer = recording.exchanges[0].response.as_ref().expect("it is answered");
    assert_eq!((&*answer.status, &*answer.url), ("200 OK", "http://h/x?y=1"));
}

fn request(id: &str, body: &str) -> String {
    format!("\n### (a) REQ >>> (b) : GET http://h/x\nX-Requestshook-Request-Id: {id}\n\n{body}\n\n")
}

fn response(id: &str, body: &str) -> String {
    format!(
        "\n### (a) RESP <<< (b) : 200 OK GET http://h/x\nx-requestshook-request-id: {id}\n\n{body}\n\n"
    )
}

#[test]
fn interleaved_exchanges_are_paired_by_their_ids() {
    let parts =
        [request("1", "none"), request("2", "none"), response("2", "A"), response("3", "B")];
    let recording = parse(&parts.concat()).expect("there are entries");
    assert_eq!(
        recording.messages,
        [Message::Request(0), Message::Request(1), Message::Response(1), Message::Response(2)],
        "the last answers nothing that was asked"
    );
    let again = [parts.concat(), response("1", "C")].concat();
    let recording = parse(&again).expect("there are entries");
    assert_eq!(recording.messages.last(), Some(&Message::Response(0)));
}

#[test]
fn interleaved_exchanges_are_paired_by_their_queries_where_both_are_told() {
    let request =
        |query: &str| format!("\n### (a) REQ >>> (b) : GET http://h/x{query}\n\nnone\n\n");
    let response =
        |query: &str| format!("\n### (a) RESP <<< (b) : 200 OK GET http://h/x{query}\n\nnone\n\n");
    let order = |parts: &[String]| {
        let messages = parse(&parts.concat()).expect("there are entries").messages;
        messages[2..].to_vec()
    };
    let asked = [request(""), request("?y=1")];
    let [all, one] = [response(""), response("?y=1")];
    let parts = [asked.as_slice(), &[one.clone(), all]].concat();
    assert_eq!(order(&parts), [Message::Response(1), Message::Response(0)]);
    let parts = [asked.as_slice(), &[one, response("?z=2")]].concat();
    assert_eq!(order(&parts), [Message::Response(1), Message::Response(0)], "or by the path");
}

#[test]
fn a_text_without_entries_is_no_recording() {
    assert_eq!(parse("# A title\n\ntext\n"), None);
    assert_eq!(parse(""), None);
}

#[test]
fn a_heading_alone_is_an_entry_and_half_a_heading_is_none() {
    assert_eq!(told("### (a) REQ >>> (b) : GET http://h/x"), ["a>b GET http://h/x -"]);
    let whole = request("1", "text");
    for cut in ["#", "###", "### (a", "### (a) RESP <<< (b"] {
        assert_eq!(told(&format!("{whole}\n{cut}")), ["a>b GET http://h/x text"], "{cut}");
    }
    assert_eq!(told(&format!("{whole}\n#5")).len(), 1);
    assert_eq!(told(&format!("{whole}\n#5"))[0], "a>b GET http://h/x text\n\n\n#5");
}

#[test]
fn a_log_that_ends_anywhere_has_the_entries_before() {
    let whole = [request("1", "none"), response("1", "{\n  \"a\": 1\n}")].concat();
    for end in 0..whole.len() {
        let count = entries(&whole.as_bytes()[..end]).len();
        let second = request("1", "none").len();
        assert!(count <= 2 && (count == 0 || end >= 23) && (end > second || count < 2), "{end}");
    }
}

#[test]
fn a_body_may_hold_what_looks_like_a_heading() {
    let fake = "\n\n\n### (c) REQ >>> (d) : GET http://h/fake\n\nnone";
    let text = format!("text{fake}");
    assert_eq!(
        told(&[request("1", &text), response("1", "end")].concat()),
        [format!("a>b GET http://h/x {text}"), "a>b 200 OK http://h/x end".to_owned()],
        "it has no id, and its neighbours have"
    );
    // Where a body cannot go on, the next entry is one, even without an id.
    for body in ["none", "{\n  \"a\": 1\n}", "[]"] {
        assert_eq!(told(&request("1", &format!("{body}{fake}"))).len(), 2, "{body}");
    }
    let one_blank_line = "text\n\n### (c) REQ >>> (d) : GET http://h/fake";
    assert_eq!(told(&request("1", one_blank_line)).len(), 1);
}

#[test]
fn line_ends_and_a_mark_at_the_start_do_not_matter() {
    let log = [request("1", "a\nb"), response("1", "{\n  \"a\": 1\n}")].concat();
    let windows = log.replace('\n', "\r\n");
    assert_eq!(entries(windows.as_bytes()), entries(log.as_bytes()));
    let marked = format!("\u{feff}{}", &log[1..]);
    assert_eq!(entries(marked.as_bytes()).len(), 2);
}

#[test]
fn what_is_no_utf_8_is_still_shown() {
    let log = b"### (a) REQ >>> (b) : GET http://h/\xe9\nName: \xe9\n\nbody \xe9\n\n";
    let entry = entries(log).pop().expect("there is one");
    assert_eq!(
        (&*entry.url, &*entry.headers[0].value, entry.body),
        ("http://h/\u{e9}", "\u{e9}", Content::Text("body \u{fffd}".into()))
    );
}

#[test]
fn callers_and_paths_may_be_unknown() {
    let log = "### (unknown) RESP <<< (unknown) : 200 OK GET None\n\nnone\n";
    assert_eq!(told(log), ["unknown>unknown 200 OK None -"]);
    let entry = entries(log.as_bytes()).pop().expect("there is one");
    assert_eq!(entry.label(), "200 OK None");
}

#[test]
fn an_entry_says_on_which_line_it_begins() {
    let log = format!("# Title\n\n{}{}", request("1", "a\nb\nc"), request("2", "none"));
    let lines: Vec<usize> = entries(log.as_bytes()).iter().map(|entry| entry.line).collect();
    let headings = log.lines().enumerate().filter(|(_, line)| line.starts_with("###"));
    assert_eq!(lines, headings.map(|(index, _)| index + 1).collect::<Vec<_>>());
}

#[test]
fn a_body_that_is_too_long_is_cut_and_measured() {
    let body = "x".repeat(18 * 1024 * 1024);
    let log = [request("1", &body), response("1", "end")].concat();
    let entries: Vec<Entry<'_>> =
        Entries::new(log.as_bytes()).map(|entry| entry.expect("it can be read")).collect();
    let Content::Cut(text, length) = &entries[0].body else { panic!("{:?}", entries[0].from) };
    assert!(text.len() < 17 * 1024 * 1024, "{}", text.len());
    assert!((18 * 1024 * 1024..=18 * 1024 * 1024 + 3).contains(length), "{length}");
    assert_eq!((entries.len(), entries[1].line), (2, 8));
}
