//! `Expect: 100-continue`: who waits for whom.

use std::sync::mpsc;
use std::time::Duration;

use doctool::capture::Capture;

use crate::peers::{Client, Service, ok, proxy};

const HEAD: &str = "Expect: 100-continue\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n";

#[test]
fn the_service_says_when_the_body_may_come() {
    let (said, heard) = mpsc::channel();
    let service = Service::start(move |mut peer| {
        assert!(peer.head().contains("Expect: 100-continue\r\n"));
        said.send(()).unwrap();
        std::thread::sleep(Duration::from_millis(50));
        peer.send("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 GO ON\r\n\r\n");
        assert_eq!(peer.text(4), "body");
        peer.send(ok("text/plain", "thanks"));
        peer.head();
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "curl");
    client.send(&format!("PUT {}", service.url("/")), HEAD);
    heard.recv().unwrap();
    assert_eq!(client.peer.head(), "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
    assert_eq!(client.peer.head(), "HTTP/1.1 100 GO ON\r\n\r\n");
    client.peer.send("body");
    let (head, body) = client.peer.message();
    assert!(!head.contains("Connection:"), "the connection can be used again: {head}");
    assert_eq!(body, "thanks");
    let recording = proxy.end().unwrap();
    assert_eq!(recording.exchanges[0].response.as_ref().unwrap().status, "200 OK");
    assert_eq!(recording.messages.len(), 2);
}

#[test]
fn a_service_that_does_not_want_the_body_does_not_get_it() {
    let service = Service::start(|mut peer| {
        peer.head();
        peer.send("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno");
        assert_eq!(peer.rest(), b"");
    });
    let proxy = proxy();
    let mut client = Client::of(&proxy, "curl");
    client.send(&format!("PUT {}", service.url("/")), HEAD);
    let (head, body) = client.peer.message();
    // The body may still come or not, so nothing else can.
    assert!(head.starts_with("HTTP/1.1 417 ") && head.contains("\r\nConnection: close\r\n"));
    assert_eq!(body, "no");
    assert!(client.peer.is_closed());
}

#[test]
fn a_caller_that_waits_no_longer_is_not_held_up() {
    let service = Service::start(|mut peer| {
        let (_, body) = peer.message();
        peer.send(ok("text/plain", &body));
    });
    let proxy = proxy();
    let mut client = Client::of(&proxy, "curl");
    client.send(&format!("PUT {}", service.url("/")), HEAD);
    std::thread::sleep(Duration::from_millis(50));
    client.peer.send("body");
    assert_eq!(client.peer.message().1, "body");
}
