//! What the proxy does not forward.

use doctool::capture::Capture;

use crate::peers::{Client, Peer, Service, authorization, ok, proxy, summary};

#[test]
fn unknown_callers_are_not_served_and_not_recorded() {
    let service = Service::echo();
    let mut proxy = proxy();
    let other = self::proxy();
    proxy.begin().unwrap();
    let mut wrong = proxy.caller("openstack");
    wrong.key.replace_range(0..1, if wrong.key.starts_with('0') { "1" } else { "0" });
    let strangers = [
        String::new(),
        "Proxy-Authorization: Basic\r\n".to_owned(),
        "Proxy-Authorization: Basic !!!!\r\n".to_owned(),
        authorization(&wrong),
        authorization(&other.caller("openstack")),
        authorization(&doctool::model::Caller { name: "openstack".into(), key: String::new() }),
        authorization(&proxy.caller("openstack")).replace("Basic", "Bearer"),
        authorization(&proxy.caller("openstack")).replace("Proxy-", ""),
    ];
    for stranger in strangers {
        let mut peer = Peer::connect(proxy.address());
        let url = service.url("/");
        peer.send(format!("POST {url} HTTP/1.1\r\n{stranger}Content-Length: 3\r\n\r\nabc"));
        let (head, body) = peer.message();
        assert!(head.starts_with("HTTP/1.1 407 Proxy Authentication Required\r\n"), "{head}");
        assert!(head.contains("\r\nProxy-Authenticate: Basic realm=\"doctool\"\r\n"));
        assert!(!body.is_empty() && peer.is_closed());
    }
    assert_eq!(service.connections(), 0);
    assert!(proxy.end().unwrap().exchanges.is_empty());
}

#[test]
fn a_request_that_two_readers_could_understand_differently_is_refused() {
    let service = Service::echo();
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let url = service.url("/");
    let requests = [
        ("400", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("400", "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"),
        ("400", "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"),
        ("400", "Content-Length: 3, 3\r\n\r\n"),
        ("400", "Content-Length: +3\r\n\r\n"),
        ("400", "Content-Length: -1\r\n\r\n"),
        ("400", "Content-Length:\r\n\r\n"),
        ("400", "Content-Length : 3\r\n\r\n"),
        ("501", "Transfer-Encoding: gzip, chunked\r\n\r\n"),
        ("501", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n"),
        ("400", "X: 1\n\r\n"),
        ("400", "X: 1\r\n folded\r\n\r\n"),
        ("400", "X: a\0b\r\n\r\n"),
        ("400", "Host: a\r\nHost: b\r\n\r\n"),
        ("431", &format!("X: {}\r\n\r\n", "x".repeat(70_000))),
        ("431", &format!("{}\r\n", "X: 1\r\n".repeat(200))),
    ];
    for (status, rest) in requests {
        let mut client = Client::of(&proxy, "openstack");
        client.send(&format!("POST {url}"), rest);
        let (head, _) = client.peer.message();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{rest:.60}: {head:.60}");
        assert!(client.peer.is_closed());
    }
    assert_eq!(service.connections(), 0);
    assert!(proxy.end().unwrap().exchanges.is_empty());
}

#[test]
fn what_connection_names_cannot_hide_a_length() {
    let service = Service::echo();
    let proxy = proxy();
    let mut client = Client::of(&proxy, "openstack");
    let rest = "Connection: content-length, host, close\r\nContent-Length: 2\r\n\r\nab";
    client.send(&format!("POST {}", service.url("/")), rest);
    let (_, seen) = client.peer.message();
    assert!(seen.ends_with("\r\nContent-Length: 2\r\n\r\nab"), "{seen}");
}

#[test]
fn an_answer_without_a_clear_length_is_a_bad_gateway() {
    for lines in [
        "Content-Length: 3\r\nTransfer-Encoding: chunked",
        "Content-Length: 3\r\nContent-Length: 4",
        "Transfer-Encoding: gzip",
    ] {
        let service =
            Service::answering(move |_, _| format!("HTTP/1.1 200 OK\r\n{lines}\r\n\r\nabc"));
        let mut proxy = proxy();
        proxy.begin().unwrap();
        let (head, _) = Client::of(&proxy, "openstack").get(&service.url("/"));
        assert!(head.starts_with("HTTP/1.1 502 "), "{lines}: {head}");
        assert_eq!(summary(&proxy.end().unwrap()), ["openstack GET / -"]);
    }
}

#[test]
fn what_is_no_plain_http_for_a_proxy_is_refused_with_a_reason() {
    let proxy = proxy();
    for (line, status, reason) in [
        ("GET https://example.org/", "400", "with `CONNECT`"),
        ("GET ftp://example.org/", "400", "only `http`"),
        ("GET /", "400", "forward proxy"),
        ("GET http://user@example.org/", "400", "user name"),
    ] {
        let mut client = Client::of(&proxy, "openstack");
        client.send(line, "\r\n");
        let (head, body) = client.peer.message();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {head}");
        assert!(body.contains(reason), "{line}: {body}");
    }
}

#[test]
fn a_change_of_protocol_that_nobody_asked_for_is_not_passed_on() {
    let service = Service::answering(|head, _| {
        if head.to_ascii_lowercase().contains("upgrade") {
            ok("text/plain", "asked")
        } else {
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n".to_owned()
        }
    });
    let proxy = proxy();
    // A wish for HTTP in another form is not passed on, nor one that is not meant for this hop.
    for wish in ["Connection: Upgrade\r\nUpgrade: h2c\r\n", "Upgrade: websocket\r\n", ""] {
        let mut client = Client::of(&proxy, "openstack");
        client.send(&format!("GET {}", service.url("/")), &format!("{wish}\r\n"));
        assert!(client.peer.head().starts_with("HTTP/1.1 502 "), "{wish}");
    }
}
