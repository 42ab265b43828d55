//! HAR files as others write them.

use serde_json::{Value, json};

use super::read;
use crate::capture::participants::Participants;
use crate::capture::seen::Seen;
use crate::model::{Body, Service};

fn seen(entries: &Value) -> Seen {
    let har = json!({"log": {"version": "1.2", "entries": entries}}).to_string();
    let services = vec![Service { name: "service".into(), url: "http://h".into() }];
    read(har.as_bytes(), &mut Participants::new(services, Vec::new())).expect("it is a HAR")
}

fn arrows(seen: &Seen) -> Vec<String> {
    assert_eq!(seen.times.len(), seen.recording.messages.len());
    let arrows = seen.recording.arrows();
    arrows.map(|arrow| format!("{}>{} {}", arrow.from, arrow.to, arrow.label())).collect()
}

fn entry(url: &str, started: &str, time: f64) -> Value {
    json!({
        "startedDateTime": started,
        "time": time,
        "request": {"method": "get", "url": url, "headers": []},
        "response": {"status": 200, "statusText": "OK", "headers": [], "content": {}},
    })
}

#[test]
fn messages_are_in_the_order_of_their_times() {
    let outer = entry("http://h/outer", "2026-01-01T00:00:00.000Z", 100.0);
    let inner = entry("http://h/inner", "2026-01-01T01:00:00.010+01:00", 90.0);
    let later = entry("http://h/later", "2026-01-01T00:00:00.100Z", 0.0);
    let last = entry("http://h/last", "2026-01-01T00:00:00.100Z", 0.0);
    let expected = [
        "client>service GET /outer",
        "client>service GET /inner",
        "client>service 200 OK /inner",
        "client>service 200 OK /outer",
        "client>service GET /later",
        "client>service 200 OK /later",
        "client>service GET /last",
        "client>service 200 OK /last",
    ];
    assert_eq!(arrows(&seen(&json!([later, last, inner, outer]))), expected);
    let untimed = json!([entry("http://h/a", "", -1.0), entry("http://h/b", "never", 1e300)]);
    let labels: Vec<String> = arrows(&seen(&untimed));
    assert_eq!(labels.iter().filter(|label| label.contains("/a")).count(), 2);
    assert!(labels[1].ends_with("200 OK /a"), "{labels:?}");
}

#[test]
fn who_asks_is_told_by_what_it_sends() {
    let asked = |headers: Value| {
        let mut entry = entry("http://h/", "2026-01-01T00:00:00Z", 1.0);
        entry["request"]["headers"] = headers;
        seen(&json!([entry])).recording.exchanges[0].clone()
    };
    let user = asked(json!([
        {"name": "proxy-authorization", "value": "Basic bmFtZTo="},
        {"name": "Connection", "value": "close"},
        {"name": "user-agent", "value": "agent/1 x"}
    ]));
    assert_eq!(user.from, "name");
    assert_eq!(user.request.headers.len(), 1, "what is for the next hop is no part of it");
    assert_eq!(asked(json!([{"name": "user-agent", "value": "agent/1 x"}])).from, "agent");
    let headers = json!([
        [":method", "GET"], [":authority", "h"], ["a", "b"], {"name": "half"}, 3
    ]);
    let pseudo = asked(headers);
    assert_eq!(pseudo.from, "client");
    let headers: Vec<_> = pseudo.request.headers.iter().map(|it| (&*it.name, &*it.value)).collect();
    assert_eq!(headers, [("Host", "h"), ("a", "b")]);
}

#[test]
fn content_is_what_the_file_holds_of_it() {
    let body = |content: Value| {
        let mut entry = entry("http://h/", "2026-01-01T00:00:00Z", 1.0);
        entry["response"]["content"] = content;
        let seen = seen(&json!([entry]));
        let response = seen.recording.exchanges[0].response.clone();
        (response.expect("it was answered").body, seen.left_out.len())
    };
    let bytes = |head: &[u8], length| Body::Bytes { head: head.to_vec(), length: Some(length) };
    let text = |text: &str| Body::Text(text.to_owned());
    for (content, expected) in [
        (json!({}), (Body::Empty, 0)),
        (json!({"size": 0, "text": ""}), (Body::Empty, 0)),
        (json!({"size": 12, "text": ""}), (bytes(b"", 12), 1)),
        (json!({"size": 2.0, "text": "{}"}), (text("{}"), 0)),
        // Packed on the way: what is told is unpacked.
        (json!({"size": 4, "compression": -20, "text": "text"}), (text("text"), 0)),
        (json!({"text": "dGV4dA==", "encoding": "base64"}), (text("text"), 0)),
        (json!({"text": "UUZJ\n+w==", "encoding": "BASE64"}), (bytes(b"QFI\xfb", 4), 0)),
        (json!({"text": "???", "encoding": "base64"}), (text("???"), 0)),
    ] {
        assert_eq!(body(content.clone()), expected, "{content}");
    }
    let mut head = entry("http://h/", "2026-01-01T00:00:00Z", 1.0);
    head["request"]["method"] = json!("HEAD");
    head["response"]["headers"] = json!([{"name": "Content-Length", "value": "9"}]);
    let seen_head = seen(&json!([head]));
    let response = seen_head.recording.exchanges[0].response.clone();
    assert_eq!(response.map(|response| response.body), Some(Body::Empty));
    let mut entry = entry("http://h/", "2026-01-01T00:00:00Z", 1.0);
    entry["request"]["postData"] =
        json!({"params": [{"name": "a b", "value": "1&2"}, {"name": "c"}]});
    let request = seen(&json!([entry])).recording.exchanges[0].request.clone();
    assert_eq!(request.body, text("a+b=1%262&c="));
}

#[test]
fn what_was_not_answered_has_no_answer_and_what_is_no_exchange_is_told() {
    let mut unanswered = entry("http://h/x", "2026-01-01T00:00:00Z", 1.0);
    unanswered["response"] = json!({"status": 0, "_error": "net::ERR_FAILED"});
    let seen = seen(&json!([{"request": {"method": "GET"}}, unanswered]));
    assert_eq!(arrows(&seen), ["client>service GET /x"]);
    assert_eq!(seen.unpaired[0].reason, "entry 1, which has no method or no URL");
}

#[test]
fn what_is_no_har_is_told_with_its_place() {
    let mut nobody = Participants::default();
    let fault = read(b"{\"log\":\n{", &mut nobody).expect_err("it is cut short");
    assert_eq!((fault.line, fault.column), (2, 1));
    let fault = read(b"\xef\xbb\xbf{}", &mut nobody).expect_err("it is something else");
    assert_eq!(fault.message, "this is no HAR: it has no `log.entries`");
    for other in ["7", "[]", "null", "{\"log\": 7}", "{\"log\": {\"entries\": {}}}"] {
        let fault = read(other.as_bytes(), &mut nobody).expect_err("it is something else");
        assert_eq!(fault.message, "this is no HAR: it has no `log.entries`", "{other}");
    }
}
