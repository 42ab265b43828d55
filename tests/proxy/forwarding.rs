//! What reaches the other end, and what is recorded of it.

use std::thread;

use doctool::capture::Capture;

use crate::peers::{Client, Peer, Service, lines, ok, proxy, summary};

#[test]
fn keeps_the_order_and_spelling_of_headers_in_both_directions() {
    const ANSWER: &str = "HTTP/1.1 300 MULTIPLE CHOICES\r\nx-b: 1\r\nSet-Cookie: one\r\nX-A: caf\u{e9}\r\nset-cookie: two\r\nCONTENT-length: 0\r\n\r\n";
    let service = Service::answering(|head, _| {
        if head.contains("/echo") { ok("text/plain", head) } else { ANSWER.to_owned() }
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    let host = service.address;
    let end_to_end = format!(
        "Host: {host}\r\nZ-last: 1\r\naccept: a\r\nX-Twice: 1\r\nUser-Agent: t\r\nx-twice: 2\r\n"
    );
    let hop_by_hop = "Connection: keep-alive, X-Named\r\nx-named: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: h2c\r\nProxy-Connection: keep-alive\r\n";
    client.send(
        &format!("GET {}", service.url("/echo?a=b")),
        &format!("{hop_by_hop}{end_to_end}\r\n"),
    );
    let (_, seen) = client.peer.message();
    assert_eq!(seen, format!("GET /echo?a=b HTTP/1.1\r\n{end_to_end}\r\n"));

    client.send(&format!("GET {}", service.url("/")), "\r\n");
    assert_eq!(client.peer.head(), ANSWER.replace('\u{e9}', "\u{c3}\u{a9}"));

    let recording = proxy.end().unwrap();
    let asked = lines(&recording.exchanges[0].request.headers);
    assert_eq!(asked, end_to_end.lines().collect::<Vec<_>>());
    let response = recording.exchanges[1].response.as_ref().unwrap();
    assert_eq!(response.status, "300 MULTIPLE CHOICES");
    let answered = ANSWER.lines().skip(1).filter(|line| !line.is_empty());
    assert_eq!(lines(&response.headers), answered.collect::<Vec<_>>());
    assert_eq!(response.url, service.url("/"));
}

#[test]
fn uses_one_connection_to_the_service_for_one_of_the_caller() {
    let service = Service::echo();
    let proxy = proxy();
    let mut client = Client::of(&proxy, "openstack");
    for number in 0..5 {
        let body = format!("{number}");
        assert!(client.post(&service.url("/"), "text/plain", &body).1.ends_with(&body));
    }
    assert_eq!(service.connections(), 1);
    Client::of(&proxy, "openstack").get(&service.url("/"));
    assert_eq!(service.connections(), 2);
}

#[test]
fn one_connection_of_the_caller_may_ask_several_services() {
    let (one, other) = (Service::echo(), Service::echo());
    let proxy = proxy();
    let mut client = Client::of(&proxy, "openstack");
    for service in [&one, &other, &one, &other] {
        let (_, seen) = client.get(&service.url("/"));
        assert!(seen.contains(&format!("Host: {}\r\n", service.address)));
    }
    assert_eq!((one.connections(), other.connections()), (1, 1));
}

#[test]
fn answers_requests_that_were_sent_ahead_in_their_order() {
    let service = Service::echo();
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    for path in ["/1", "/2", "/3"] {
        client.send(&format!("GET {}", service.url(path)), "\r\n");
    }
    client.peer.end_sending();
    for path in ["/1", "/2", "/3"] {
        assert!(client.peer.message().1.starts_with(&format!("GET {path} ")));
    }
    assert!(client.peer.is_closed());
    let recorded = summary(&proxy.end().unwrap());
    assert_eq!(recorded[2], "openstack GET /3 200 OK");
}

#[test]
fn passes_chunks_and_trailers_in_both_directions() {
    let service = Service::start(|mut peer| {
        let head = peer.head();
        assert!(head.contains("\r\ntransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n"), "{head}");
        assert_eq!(peer.text(37), "5\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n");
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n");
        peer.send("2\r\nde\r\n0\r\nX-Late: 1\r\nContent-Length: 7\r\n\r\n");
        assert_eq!(peer.head().lines().next(), Some("GET /again HTTP/1.1"));
        peer.send(ok("text/plain", "again"));
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    let head = "transfer-Encoding: chunked\r\nTrailer: X-Sum\r\nContent-Type: text/plain\r\n\r\n";
    client.send(&format!("PUT {}", service.url("/")), &format!("{head}5\r\nhello\r\n"));
    client.peer.send("006;ext\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n");
    assert_eq!(client.peer.head(), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    assert_eq!(client.peer.text(31), "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Late: 1\r\n\r\n");
    assert_eq!(client.get(&service.url("/again")).1, "again");
    let recording = proxy.end().unwrap();
    let exchange = &recording.exchanges[0];
    assert_eq!(exchange.request.body, doctool::model::Body::Text("hello world".into()));
    assert_eq!(lines(&exchange.request.headers)[0], "Content-Type: text/plain");
    assert!(exchange.response.as_ref().unwrap().headers.is_empty());
}

#[test]
fn answers_without_a_body_end_with_their_head() {
    let service = Service::answering(|head, _| {
        let status = match head.split(' ').nth(1) {
            Some("/204") => "204 No Content\r\nX-A: 1",
            Some("/304") => "304 Not Modified\r\nContent-Length: 1000",
            _ => "200 OK\r\nContent-Length: 1000",
        };
        format!("HTTP/1.1 {status}\r\n\r\n")
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    for (method, path) in [("HEAD", "/"), ("GET", "/204"), ("GET", "/304"), ("HEAD", "/")] {
        client.send(&format!("{method} {}", service.url(path)), "\r\n");
        assert!(client.peer.head().ends_with("\r\n\r\n"));
    }
    let recording = proxy.end().unwrap();
    assert_eq!(service.connections(), 1);
    for exchange in &recording.exchanges {
        assert_eq!(exchange.response.as_ref().unwrap().body, doctool::model::Body::Empty);
    }
}

#[test]
fn an_answer_that_ends_with_the_connection_arrives_whole() {
    let service = Service::start(|mut peer| {
        peer.head();
        peer.send("HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall ");
        thread::sleep(std::time::Duration::from_millis(20));
        peer.send("of it");
    });
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    client.send(&format!("GET {}", service.url("/")), "\r\n");
    assert!(client.peer.head().contains("\r\nConnection: close\r\n"));
    assert_eq!(client.peer.rest(), b"all of it");
    let recording = proxy.end().unwrap();
    let response = recording.exchanges[0].response.as_ref().unwrap();
    assert_eq!(response.body, doctool::model::Body::Text("all of it".into()));
    assert_eq!(lines(&response.headers), ["Content-Type: text/plain"]);
}

#[test]
fn old_clients_get_no_chunks_and_may_keep_their_connection() {
    let service = Service::answering(|head, _| {
        if head.contains("/chunked") {
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nX: 1\r\n\r\n".into()
        } else {
            ok("text/plain", "short")
        }
    });
    let proxy = proxy();
    let caller = crate::peers::authorization(&proxy.caller("ab"));
    let mut peer = Peer::connect(proxy.address());
    peer.send(format!(
        "GET {} HTTP/1.0\r\n{caller}Connection: Keep-Alive\r\n\r\n",
        service.url("/")
    ));
    let (head, body) = peer.message();
    assert!(head.contains("Connection: keep-alive\r\n"));
    assert_eq!(body, "short");
    peer.send(format!("GET {} HTTP/1.0\r\n{caller}\r\n", service.url("/chunked")));
    let head = peer.head();
    assert!(head.contains("Connection: close\r\n") && !head.contains("chunked"), "{head}");
    assert_eq!(peer.rest(), b"abc");
}

#[test]
fn the_url_decides_whom_the_request_is_for() {
    let service = Service::echo();
    let proxy = proxy();
    let mut client = Client::of(&proxy, "openstack");
    client.send(&format!("GET {}", service.url("")), "hOst: elsewhere.example\r\nX: 1\r\n\r\n");
    let (_, seen) = client.peer.message();
    assert_eq!(seen, format!("GET / HTTP/1.1\r\nhOst: {}\r\nX: 1\r\n\r\n", service.address));
}

#[test]
fn many_connections_at_once_get_their_own_answers() {
    let service = Service::echo();
    let mut proxy = proxy();
    proxy.begin().unwrap();
    thread::scope(|scope| {
        for number in 0..40 {
            let (proxy, service) = (&proxy, &service);
            scope.spawn(move || {
                let mut client = Client::of(proxy, &format!("caller-{number}"));
                for turn in 0..25 {
                    let body = format!("{number}-{turn}");
                    let (_, seen) = client.post(&service.url("/"), "text/plain", &body);
                    assert!(seen.ends_with(&format!("\r\n\r\n{body}")), "{seen}");
                }
            });
        }
    });
    let recording = proxy.end().unwrap();
    assert_eq!((recording.exchanges.len(), recording.messages.len()), (1000, 2000));
    for exchange in &recording.exchanges {
        let doctool::model::Body::Text(body) = &exchange.request.body else { panic!("no text") };
        let number = body.split('-').next().unwrap();
        assert_eq!(exchange.from, format!("caller-{number}"));
        assert!(exchange.response.is_some());
    }
}
