//! What is said inside TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use doctool::capture::Capture as _;
use doctool::capture::participants::Participants;
use doctool::capture::proxy::{Hosts, Options, Standing, Unseen};
use doctool::model::Body;

use crate::peers::{Client, Service as Plain, lines, nobody, ok, summary};
use crate::secure::{Inside, Served, Service, bundle, connect, named, session, start};

fn head(stream: &mut impl BufRead) -> String {
    let mut head = Vec::new();
    while stream.read_until(b'\n', &mut head).unwrap_or(0) > 0 && !head.ends_with(b"\r\n\r\n") {}
    String::from_utf8(head).unwrap()
}

fn exactly(stream: &mut impl Read, length: usize) -> String {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Answers each request with its head and body.
fn echo(mut served: Served) {
    loop {
        let asked = head(&mut served);
        if asked.is_empty() {
            return;
        }
        let length = asked.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let body = exactly(&mut served, length.map_or(0, |length| length.parse().unwrap()));
        let answer = ok("text/plain", &format!("{asked}{body}"));
        served.get_mut().write_all(answer.as_bytes()).unwrap();
    }
}

fn ask(inside: &mut Inside, request: &str) -> (String, String) {
    inside.get_mut().write_all(request.as_bytes()).unwrap();
    let head = head(inside);
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
    let body = exactly(inside, length.map_or(0, |length| length.parse().unwrap()));
    (head, body)
}

#[test]
fn what_is_said_to_the_clouds_hosts_is_recorded_and_not_changed() {
    let service = Service::start(echo);
    let mut proxy = service.proxy(&["localhost"]);
    let port = service.address.port();
    proxy.begin().unwrap();
    let mut inside = session(&proxy, "localhost", port, Path::new(&bundle(&proxy)));
    let request = format!(
        "POST /v3/a?b=c HTTP/1.1\r\nhost: localhost:{port}\r\nX-b: 1\r\nContent-type: text/plain\r\nX-B: 2\r\nContent-Length: 5\r\n\r\nhello"
    );
    for _ in 0..2 {
        let (head, seen) = ask(&mut inside, &request);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"), "{head}");
        assert_eq!(seen, request);
    }
    assert_eq!(inside.get_ref().conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let recording = proxy.end().unwrap();
    assert_eq!(recording.exchanges.len(), 2);
    let exchange = &recording.exchanges[0];
    assert_eq!(exchange.from, "openstack");
    assert_eq!(exchange.request.url, format!("https://localhost:{port}/v3/a?b=c"));
    let asked: Vec<_> = request.lines().skip(1).take(5).collect();
    assert_eq!(lines(&exchange.request.headers), asked);
    assert_eq!(exchange.request.body, Body::Text("hello".into()));
    assert_eq!(exchange.response.as_ref().unwrap().body, Body::Text(request));
    assert!(proxy.unseen().is_empty());
}

#[test]
fn an_address_may_be_the_clouds_host() {
    let service = Service::start(echo);
    let proxy = service.proxy(&["127.0.0.1"]);
    let port = service.address.port();
    let mut inside = session(&proxy, "127.0.0.1", port, Path::new(&bundle(&proxy)));
    let (_, seen) = ask(&mut inside, "GET / HTTP/1.1\r\n\r\n");
    assert_eq!(seen, format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"));
}

#[test]
fn tunnels_to_other_hosts_pass_through_untouched_and_are_counted() {
    let service = Service::start(echo);
    let mut proxy = service.proxy(&["elsewhere.example"]);
    let port = service.address.port();
    let ask_once = || {
        // Who is believed here is the service alone, so nobody else can have answered.
        let mut inside = session(&proxy, "localhost", port, service.authority.path());
        ask(&mut inside, "GET / HTTP/1.1\r\n\r\n").1
    };
    assert_eq!(ask_once(), "GET / HTTP/1.1\r\n\r\n");
    assert!(proxy.unseen().is_empty(), "nothing is recorded yet");
    proxy.begin().unwrap();
    let ask_once = || {
        let mut inside = session(&proxy, "localhost", port, service.authority.path());
        ask(&mut inside, "GET / HTTP/1.1\r\n\r\n").1
    };
    ask_once();
    ask_once();
    assert!(proxy.end().unwrap().exchanges.is_empty());
    let to = format!("localhost:{port}");
    assert_eq!(proxy.unseen(), [Unseen { to, connections: 2, distrusted: false }]);
}

#[test]
fn a_service_that_cannot_prove_itself_is_not_spoken_to() {
    let service = Service::start(echo);
    let proxy = start(Options { hosts: named(&["localhost"]), ..Options::default() });
    let port = service.address.port();
    let mut inside = session(&proxy, "localhost", port, Path::new(&bundle(&proxy)));
    let (head, body) = ask(&mut inside, "GET / HTTP/1.1\r\nX-Auth-Token: t\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
    assert!(body.contains(&format!("cannot speak TLS with `localhost:{port}`")), "{body}");
}

#[test]
fn a_caller_that_does_not_believe_the_proxy_is_counted() {
    let service = Service::start(echo);
    let mut proxy = service.proxy(&["localhost"]);
    proxy.begin().unwrap();
    let port = service.address.port();
    let mut inside = session(&proxy, "localhost", port, service.authority.path());
    assert!(inside.get_mut().write_all(b"GET / HTTP/1.1\r\n\r\n").is_err());
    drop(inside);
    while proxy.unseen().is_empty() {
        std::thread::yield_now();
    }
    let to = format!("localhost:{port}");
    assert_eq!(proxy.unseen(), [Unseen { to, connections: 1, distrusted: true }]);
}

#[test]
fn hosts_that_the_catalog_names_are_the_clouds() {
    let service = Service::start(echo);
    let port = service.address.port();
    let keystone = Plain::answering(move |_, _| {
        let body = format!(
            "{{\"token\": {{\"catalog\": [{{\"type\": \"image\", \"endpoints\": [{{\"url\": \"https://localhost:{port}/image\"}}]}}]}}}}"
        );
        ok("application/json", &body).replace("200 OK", "201 CREATED")
    });
    let authorities = vec![service.authority.path().to_owned()];
    let hosts = Hosts { learns: true, ..Hosts::default() };
    let participants = Participants::default().on(doctool::cloud::DIRECTORY);
    let mut proxy = start(Options { hosts, authorities, participants, ..Options::default() });
    proxy.begin().unwrap();
    Client::of(&proxy, "openstack").post(&keystone.url("/v3/auth/tokens"), "text/plain", "");
    let mut inside = session(&proxy, "localhost", port, Path::new(&bundle(&proxy)));
    ask(&mut inside, "GET /image/v2 HTTP/1.1\r\n\r\n");
    let recording = proxy.end().unwrap();
    let expected = ["openstack POST /v3/auth/tokens 201 CREATED", "openstack GET /image/v2 200 OK"];
    assert_eq!(summary(&recording), expected);
    assert_eq!(recording.exchanges[1].to, "glance-api");
}

#[test]
fn a_break_inside_tls_is_passed_on_as_one() {
    let service = Service::start(|mut served| {
        head(&mut served);
        served.get_mut().write_all(b"HTTP/1.1 200 OK\r\n\r\nhalf of").unwrap();
        // The socket closes, and nobody says goodbye as TLS demands.
    });
    let proxy = service.proxy(&["localhost"]);
    let believed = bundle(&proxy);
    let mut inside = session(&proxy, "localhost", service.address.port(), Path::new(&believed));
    inside.get_mut().write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut all = Vec::new();
    assert!(inside.read_to_end(&mut all).is_err(), "{}", String::from_utf8_lossy(&all));
}

#[test]
fn what_follows_a_change_of_protocol_passes_both_ways() {
    const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\n\r\n";
    fn serve(stream: &mut impl BufRead, mut send: impl FnMut(&[u8])) {
        let asked = head(stream);
        assert!(asked.contains("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "{asked}");
        send(SWITCHED.as_bytes());
        let first = exactly(stream, 5);
        send(format!("got {first}").as_bytes());
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        send(rest.to_uppercase().as_bytes());
    }
    let service = Plain::start(|mut peer| {
        let mut out = peer.stream.get_ref().try_clone().unwrap();
        serve(&mut peer.stream, |bytes| out.write_all(bytes).unwrap());
    });
    let mut proxy = crate::peers::proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    let rest = "connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: y\r\n\r\nahead";
    client.send(&format!("GET {}", service.url("/ws")), rest);
    assert_eq!(client.peer.head(), SWITCHED);
    assert_eq!(client.peer.text(9), "got ahead");
    // The one message is complete, although the connection is still there.
    let recording = proxy.end().unwrap();
    assert_eq!(summary(&recording), ["openstack GET /ws 101 Switching Protocols"]);
    let response = recording.exchanges[0].response.as_ref().unwrap();
    assert_eq!(lines(&response.headers), ["Sec-WebSocket-Accept: x"]);
    assert_eq!(response.body, Body::Empty);
    client.peer.send("later");
    client.peer.end_sending();
    assert_eq!(client.peer.rest(), b"LATER");
}

#[test]
fn tunnels_that_lead_nowhere_are_refused() {
    let proxy = start(Options::default());
    let (_, head) = connect(&proxy, &nobody().to_string());
    assert!(head.starts_with("HTTP/1.1 502 "), "{head}");
    let (_, head) = connect(&proxy, "no-port");
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    let mut stranger = crate::peers::Peer::connect(proxy.address());
    stranger.send("CONNECT localhost:1 HTTP/1.1\r\n\r\n");
    assert!(stranger.head().starts_with("HTTP/1.1 407 "));
}

#[test]
fn the_authority_that_is_kept_is_private_and_the_same_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("authorities");
    let service = Service::start(echo);
    let port = service.address.port();
    let options = |hosts: &[&str]| Options {
        hosts: named(hosts),
        authorities: vec![service.authority.path().to_owned()],
        standing: Some(Standing { port: 0, folder: kept.clone() }),
        ..Options::default()
    };
    let first = start(options(&["localhost", "127.0.0.1"]));
    let believed = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(bundle(&first), believed.path()).unwrap();
    drop(first);
    for file in std::fs::read_dir(&kept).unwrap() {
        let file = file.unwrap();
        let is_key = file.file_name().to_string_lossy().ends_with(".key");
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, if is_key { 0 } else { 0o044 }, "{:?}", file.path());
    }
    // What was given out before is believed still, and holds for these hosts only.
    let again = start(options(&["localhost", "127.0.0.1"]));
    for host in ["localhost", "127.0.0.1"] {
        let mut inside = session(&again, host, port, believed.path());
        assert!(ask(&mut inside, "GET / HTTP/1.1\r\n\r\n").0.starts_with("HTTP/1.1 200 "));
    }
    let other = start(options(&["localhost"]));
    let mut inside = session(&other, "localhost", port, believed.path());
    assert!(inside.get_mut().write_all(b"GET / HTTP/1.1\r\n\r\n").is_err());
    let _ = BufReader::new(inside);
}
