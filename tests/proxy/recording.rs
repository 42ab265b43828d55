//! What belongs to a recording, in which order, and what never gets into one.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doctool::capture::Capture;
use doctool::capture::proxy::{Options, Proxy, Standing};
use doctool::model::Message::{Request, Response};

use crate::peers::{Client, Service, ok, proxy, summary};

/// A service that says when a request for the path has arrived, and answers it when told to.
fn service_that_waits_at(path: &'static str) -> (Service, Receiver<()>, Sender<()>) {
    let (said, arrived) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let gate = Mutex::new((said, wait));
    let service = Service::answering(move |head, _| {
        if head.contains(&format!("{path} ")) {
            let (said, wait) = &*gate.lock().unwrap();
            said.send(()).unwrap();
            wait.recv().unwrap();
        }
        ok("text/plain", "x")
    });
    (service, arrived, go)
}

#[test]
fn only_what_begins_between_begin_and_end_is_recorded() {
    let (service, arrived, go) = service_that_waits_at("/slow");
    let mut proxy = proxy();
    Client::of(&proxy, "openstack").get(&service.url("/before"));
    let mut early = Client::of(&proxy, "openstack");
    early.send(&format!("GET {}", service.url("/slow")), "\r\n");
    arrived.recv().unwrap();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    client.get(&service.url("/within"));
    go.send(()).unwrap();
    early.peer.message();
    let recording = proxy.end().unwrap();
    client.get(&service.url("/after"));
    assert_eq!(summary(&recording), ["openstack GET /within 200 OK"]);
    proxy.begin().unwrap();
    client.get(&service.url("/next"));
    assert_eq!(summary(&proxy.end().unwrap()), ["openstack GET /next 200 OK"]);
}

#[test]
fn a_standing_proxy_records_from_its_first_moment_on() {
    let service = Service::answering(|_, _| ok("text/plain", "x"));
    let folder = tempfile::tempdir().unwrap();
    let standing = Some(Standing { port: 0, folder: folder.path().to_owned() });
    let options = Options { standing, ..Options::default() };
    let mut proxy = Proxy::start(options, None, &|_| {}).unwrap();
    Client::of(&proxy, "openstack").get(&service.url("/first"));
    proxy.settle();
    assert_eq!(summary(&proxy.drain()), ["openstack GET /first 200 OK"]);
}

#[test]
fn messages_keep_the_order_in_which_they_were_seen() {
    let (service, arrived, go) = service_that_waits_at("/outer");
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut outer = Client::of(&proxy, "openstack");
    outer.send(&format!("GET {}", service.url("/outer")), "\r\n");
    arrived.recv().unwrap();
    let mut inner = Client::of(&proxy, "glance-api");
    inner.get(&service.url("/1"));
    inner.get(&service.url("/2"));
    go.send(()).unwrap();
    outer.peer.message();
    let recording = proxy.end().unwrap();
    let expected =
        ["openstack GET /outer 200 OK", "glance-api GET /1 200 OK", "glance-api GET /2 200 OK"];
    assert_eq!(summary(&recording), expected);
    let order = [Request(0), Request(1), Response(1), Request(2), Response(2), Response(0)];
    assert_eq!(recording.messages, order);
}

#[test]
fn the_end_waits_for_what_is_under_way() {
    let (service, arrived, go) = service_that_waits_at("/");
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    client.send(&format!("GET {}", service.url("/")), "\r\n");
    arrived.recv().unwrap();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        go.send(()).unwrap();
    });
    assert_eq!(summary(&proxy.end().unwrap()), ["openstack GET / 200 OK"]);
}

#[test]
fn the_end_does_not_wait_for_ever() {
    let service = Service::start(|mut peer| {
        peer.head();
        peer.send(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nbegun",
        );
        std::thread::sleep(Duration::from_millis(600));
        peer.send("x".repeat(95));
        peer.head();
    });
    let options = Options { settle: Duration::from_millis(200), ..Options::default() };
    let mut proxy = Proxy::start(options, None, &|_| {}).unwrap();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    client.send(&format!("GET {}", service.url("/")), "\r\n");
    client.peer.head();
    client.peer.exactly(5);
    let start = Instant::now();
    let recording = proxy.end().unwrap();
    assert!(start.elapsed() < Duration::from_millis(500));
    let body = &recording.exchanges[0].response.as_ref().unwrap().body;
    assert_eq!(*body, doctool::model::Body::Text("begun".into()));
    proxy.begin().unwrap();
    assert_eq!(client.peer.exactly(95).len(), 95, "what is no more recorded is still passed on");
    assert!(proxy.end().unwrap().exchanges.is_empty());
}

#[test]
fn what_begins_must_end_before_it_begins_again() {
    let mut proxy = proxy();
    assert!(proxy.end().is_err());
    proxy.begin().unwrap();
    assert!(proxy.begin().is_err());
    proxy.end().unwrap();
    assert!(proxy.end().is_err());
}

#[test]
fn a_caller_gets_the_variables_that_send_it_through_the_proxy() {
    let proxy = proxy();
    let environment = proxy.environment("glance-api 2");
    let key = proxy.caller("glance-api 2").key;
    let address = proxy.address();
    assert!(address.ip().is_loopback() && key.len() >= 32);
    let url = format!("http://glance-api%202:{key}@{address}");
    let bundle = &environment.last().unwrap().1;
    let expected = [
        ("http_proxy", &*url),
        ("HTTP_PROXY", &url),
        ("https_proxy", &url),
        ("HTTPS_PROXY", &url),
        ("no_proxy", ""),
        ("NO_PROXY", ""),
        ("AWS_CA_BUNDLE", bundle),
        ("CURL_CA_BUNDLE", bundle),
        ("NODE_EXTRA_CA_CERTS", bundle),
        ("OS_CACERT", bundle),
        ("REQUESTS_CA_BUNDLE", bundle),
        ("SSL_CERT_FILE", bundle),
    ];
    assert_eq!(environment, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let certificates = std::fs::read_to_string(bundle).unwrap();
    assert!(certificates.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert!(!certificates.contains("PRIVATE KEY"));
    assert_ne!(key, proxy.caller("other").key);
}

#[test]
fn the_keys_of_callers_are_in_no_recording() {
    let service = Service::answering(|head, _| ok("text/plain", head));
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let caller = proxy.caller("openstack");
    let packed = STANDARD.encode(format!("{}:{}", caller.name, caller.key));
    let mut client = Client::of(&proxy, "openstack");
    let twice = format!("PROXY-authorization: Basic {packed}\r\n\r\n");
    client.send(&format!("GET {}", service.url("/")), &twice);
    let (_, seen) = client.peer.message();
    client.post(&format!("http://{}/", crate::peers::nobody()), "text/plain", "x");
    let recording = format!("{:?}", proxy.end().unwrap());
    for secret in [&caller.key, &packed] {
        assert!(!recording.contains(secret) && !seen.contains(secret));
    }
    assert!(!seen.to_ascii_lowercase().contains("proxy"));
}

#[test]
fn a_stopped_proxy_listens_no_more() {
    let proxy = proxy();
    let address = proxy.address();
    drop(proxy);
    assert!(std::net::TcpStream::connect(address).is_err());
}
