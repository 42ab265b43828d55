//! Ends that come too early, on either side.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use doctool::capture::Capture;
use doctool::model::{Body, Message};

use crate::peers::{Client, Peer, Service, nobody, ok, proxy, summary};

#[test]
fn a_service_that_is_not_there_is_a_bad_gateway_and_an_exchange_without_response() {
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let url = format!("http://{}/x", nobody());
    let (head, body) = Client::of(&proxy, "openstack").post(&url, "text/plain", "sent");
    assert!(head.starts_with("HTTP/1.1 502 Bad Gateway\r\n") && head.contains("Connection: close"));
    assert!(body.starts_with("doctool: cannot reach `127.0.0.1:"), "{body}");
    let recording = proxy.end().unwrap();
    assert_eq!(summary(&recording), ["openstack POST /x -"]);
    assert_eq!(recording.messages, [Message::Request(0)]);
    assert_eq!(recording.exchanges[0].request.body, Body::Text("sent".into()));
}

#[test]
fn a_service_that_closes_without_an_answer_is_a_bad_gateway() {
    let service = Service::start(|mut peer| drop(peer.head()));
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let (head, body) = Client::of(&proxy, "openstack").get(&service.url("/"));
    assert!(head.starts_with("HTTP/1.1 502 "));
    assert!(body.contains("closed without an answer"));
    assert_eq!(service.connections(), 1, "a new connection that fails is not tried twice");
    assert_eq!(summary(&proxy.end().unwrap()), ["openstack GET / -"]);
}

#[test]
fn a_service_that_does_not_speak_http_is_a_bad_gateway() {
    let service = Service::start(|mut peer| {
        peer.head();
        peer.send("220 mail.example ESMTP\r\n\r\n");
    });
    let proxy = proxy();
    let (head, _) = Client::of(&proxy, "openstack").get(&service.url("/"));
    assert!(head.starts_with("HTTP/1.1 502 "));
}

#[test]
fn an_answer_that_is_cut_off_is_cut_off_for_the_caller() {
    let service = Service::start(|mut peer| {
        let head = peer.head();
        if head.contains("/chunked") {
            peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nwo");
        } else {
            peer.send(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nhello",
            );
        }
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    for (path, rest) in [("/", "hello"), ("/chunked", "5\r\nhello\r\n2\r\nwo\r\n")] {
        let mut client = Client::of(&proxy, "openstack");
        client.send(&format!("GET {}", service.url(path)), "\r\n");
        client.peer.head();
        assert_eq!(String::from_utf8(client.peer.rest()).unwrap(), rest);
    }
    let recording = proxy.end().unwrap();
    let response = recording.exchanges[0].response.as_ref().unwrap();
    assert_eq!(response.body, Body::Text("hello".into()));
}

#[test]
fn a_caller_that_leaves_in_the_middle_of_its_request_is_not_answered_for() {
    let (said, heard) = mpsc::channel();
    let service = Service::start(move |mut peer| {
        peer.head();
        said.send(peer.rest()).unwrap();
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    client.send(&format!("PUT {}", service.url("/")), "Content-Length: 10\r\n\r\nhalf");
    drop(client);
    assert_eq!(heard.recv_timeout(Duration::from_secs(5)).unwrap(), b"half");
    assert_eq!(summary(&proxy.end().unwrap()), ["openstack PUT / -"]);
}

#[test]
fn a_caller_that_leaves_in_the_middle_of_its_answer_stops_the_service() {
    let (said, heard) = mpsc::channel();
    let service = Service::start(move |mut peer| {
        peer.head();
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        let portion = vec![b'x'; 1 << 20];
        let sent = (0..900)
            .take_while(|_| std::io::Write::write_all(peer.stream.get_mut(), &portion).is_ok());
        said.send(sent.count()).unwrap();
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    client.send(&format!("GET {}", service.url("/")), "\r\n");
    client.peer.exactly(1000);
    drop(client);
    assert!(heard.recv_timeout(Duration::from_secs(10)).unwrap() < 100);
    assert_eq!(summary(&proxy.end().unwrap()), ["openstack GET / 200 OK"]);
}

#[test]
fn an_answer_that_comes_before_the_whole_request_reaches_the_caller() {
    let service = Service::start(|mut peer| {
        peer.head();
        peer.send("HTTP/1.1 413 TOO BIG\r\nContent-Length: 4\r\n\r\nstop");
        // Closing with bytes unread resets the connection.
        std::thread::sleep(Duration::from_millis(200));
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    let length = 64 << 20;
    client.send(&format!("PUT {}", service.url("/")), &format!("Content-Length: {length}\r\n\r\n"));
    // Like python-requests, which looks for an answer when it has sent everything.
    for _ in 0..64 {
        client.peer.send(vec![b'x'; 1 << 20]);
    }
    let (head, body) = client.peer.message();
    assert!(head.starts_with("HTTP/1.1 413 TOO BIG\r\n") && head.contains("Connection: close"));
    assert_eq!(body, "stop");
    let recording = proxy.end().unwrap();
    assert_eq!(summary(&recording), ["openstack PUT / 413 TOO BIG"]);
    let body = Body::Bytes { head: vec![b'x'; 32], length: Some(length) };
    assert_eq!(recording.exchanges[0].request.body, body);
}

#[test]
fn a_service_may_read_on_after_its_answer() {
    let (said, heard) = mpsc::channel();
    let service = Service::start(move |mut peer| {
        peer.head();
        peer.send(ok("text/plain", "early"));
        said.send(peer.text(8)).unwrap();
    });
    let proxy = proxy();
    let mut client = Client::of(&proxy, "openstack");
    client.send(&format!("PUT {}", service.url("/")), "Content-Length: 8\r\n\r\nfour");
    assert_eq!(client.peer.message().1, "early");
    client.peer.send("more");
    assert_eq!(heard.recv_timeout(Duration::from_secs(5)).unwrap(), "fourmore");
    assert!(client.peer.is_closed());
}

#[test]
fn a_connection_that_the_service_closed_while_idle_is_not_used() {
    let (said, closed) = mpsc::channel();
    let service = Service::start(move |mut peer| {
        let (_, body) = peer.message();
        peer.send(ok("text/plain", &body));
        drop(peer);
        said.send(()).unwrap();
    });
    let proxy = proxy();
    let mut client = Client::of(&proxy, "openstack");
    for body in ["1", "2", "3"] {
        assert_eq!(client.post(&service.url("/"), "text/plain", body).1, body);
        closed.recv().unwrap();
    }
    assert_eq!(service.connections(), 3);
}

#[test]
fn a_connection_that_closes_at_the_moment_of_its_use_is_replaced_where_that_is_safe() {
    // The first connection takes two requests and answers one.
    let service = Service::start_counting(|mut peer, number| {
        peer.message();
        peer.send(ok("text/plain", "answer"));
        let (head, _) = peer.message();
        if number > 0 && !head.is_empty() {
            peer.send(ok("text/plain", "answer"));
        }
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    assert_eq!(client.get(&service.url("/1")).1, "answer");
    assert_eq!(client.get(&service.url("/2")).1, "answer");
    assert_eq!(service.connections(), 2);
    let recorded = summary(&proxy.end().unwrap());
    assert_eq!(recorded, ["openstack GET /1 200 OK", "openstack GET /2 200 OK"]);
}

#[test]
fn what_may_have_had_an_effect_is_not_sent_twice() {
    let service = Service::start(|mut peer| {
        peer.message();
        peer.send(ok("text/plain", "answer"));
        peer.message();
    });
    let proxy = proxy();
    let mut client = Client::of(&proxy, "openstack");
    client.get(&service.url("/1"));
    let (head, _) = client.post(&service.url("/2"), "text/plain", "x");
    assert!(head.starts_with("HTTP/1.1 502 "));
    assert_eq!(service.connections(), 1);
}

#[test]
fn a_caller_that_ends_its_direction_still_gets_its_answer() {
    let (said, heard) = mpsc::channel();
    let service = Service::start(move |mut peer| {
        peer.head();
        said.send(peer.rest()).unwrap();
        peer.send(ok("text/plain", "late"));
    });
    let proxy = proxy();
    let mut client = Client::of(&proxy, "nc");
    client.send(&format!("GET {}", service.url("/")), "\r\n");
    client.peer.end_sending();
    heard.recv_timeout(Duration::from_secs(5)).unwrap();
    assert_eq!(client.peer.message().1, "late");
}

#[test]
fn a_caller_may_vanish_at_any_byte() {
    let service = Service::echo();
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let caller = crate::peers::authorization(&proxy.caller("openstack"));
    let url = service.url("/");
    let request = format!(
        "PUT {url} HTTP/1.1\r\n{caller}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
    );
    for length in 0..=request.len() {
        Peer::connect(proxy.address()).send(&request[..length]);
    }
    let mut client = Client::of(&proxy, "openstack");
    assert!(client.post(&url, "text/plain", "alive").1.ends_with("alive"));
    let start = Instant::now();
    proxy.end().unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "nothing is left under way");
}

#[test]
fn a_service_may_vanish_at_any_byte() {
    const ANSWER: &str =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n";
    let service = Service::start_counting(|mut peer, number| {
        peer.head();
        peer.send(&ANSWER[..number]);
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    for length in 0..ANSWER.len() {
        let mut client = Client::of(&proxy, "openstack");
        client.send(&format!("GET {}", service.url("/")), "\r\n");
        let answer = String::from_utf8(client.peer.rest()).unwrap();
        let refused = answer.starts_with("HTTP/1.1 502 ");
        assert!(refused || answer.starts_with("HTTP/1.1 200 OK\r\n"), "{length}: {answer}");
        assert!(refused || !answer.ends_with("0\r\n\r\n"), "{length}: {answer}");
    }
    let recording = proxy.end().unwrap();
    assert_eq!(recording.exchanges.len(), ANSWER.len());
}

#[test]
fn messages_may_come_byte_by_byte() {
    let service = Service::start(|mut peer| {
        let (head, body) = peer.message();
        for byte in ok("text/plain", &format!("{head}{body}")).bytes() {
            peer.send([byte]);
        }
        peer.head();
    });
    let proxy = proxy();
    let caller = crate::peers::authorization(&proxy.caller("openstack"));
    let mut peer = Peer::connect(proxy.address());
    let url = service.url("/x");
    for byte in format!("POST {url} HTTP/1.1\r\n{caller}Content-Length: 2\r\n\r\nab").bytes() {
        peer.send([byte]);
    }
    let seen =
        format!("POST /x HTTP/1.1\r\nHost: {}\r\nContent-Length: 2\r\n\r\nab", service.address);
    assert_eq!(peer.message().1, seen);
}
