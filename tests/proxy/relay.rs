//! The relay: a cloud's services and the runs that come and go.

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use doctool::capture::Capture;
use doctool::capture::participants::Participants;
use doctool::capture::proxy::{Options, Proxy};
use doctool::cloud;
use doctool::error::Result;
use doctool::model::{self, Caller, Event, Recording};
use doctool::noise;
use doctool::settings::{Ignore, IgnoreSettings};
use tempfile::NamedTempFile;

use crate::peers::{Client, Peer, Service, authorization, nobody, ok, summary};

/// A relay as the cloud starts it.
struct Relay {
    process: Child,
    listen: SocketAddr,
    model: model::Relay,
    _credentials: NamedTempFile,
}

impl Relay {
    fn start() -> Self {
        let caller = Caller { name: "glance-api".into(), key: "service-key".into() };
        let model =
            model::Relay { control: nobody(), key: "control-key".into(), callers: vec![caller] };
        let listen = nobody();
        let mut credentials = NamedTempFile::new().unwrap();
        let text = r#"{"control_key": "control-key", "callers": [{"name": "glance-api", "key": "service-key"}]}"#;
        credentials.write_all(text.as_bytes()).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_doctool"))
            .args(["cloud", "relay", "--listen", &listen.to_string()])
            .args(["--control", &model.control.to_string(), "--credentials"])
            .arg(credentials.path())
            .spawn()
            .unwrap();
        let relay = Self { process, listen, model, _credentials: credentials };
        relay.wait_for(listen);
        relay.wait_for(relay.model.control);
        relay
    }

    fn wait_for(&self, address: SocketAddr) {
        let start = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(10), "the relay does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn service(&self) -> Client {
        Client::with(self.listen, &self.model.callers[0])
    }

    fn recorder(&self) -> Proxy {
        self.try_recorder(&|_| {}).unwrap()
    }

    fn try_recorder(&self, events: model::Events<'_>) -> Result<Proxy> {
        let participants = Participants::default().on(cloud::DIRECTORY);
        let options = Options { participants, ..Options::default() };
        Proxy::start(options, Some(&self.model), events)
    }

    fn attach(&self, line: &str) -> Peer {
        let mut peer = Peer::connect(self.model.control);
        peer.send(line);
        peer
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn line(peer: &mut Peer) -> String {
    let mut line = String::new();
    std::io::BufRead::read_line(&mut peer.stream, &mut line).unwrap();
    line
}

#[test]
fn services_reach_each_other_whether_a_run_is_attached_or_not() {
    let relay = Relay::start();
    let keystone = Service::echo();
    let mut glance = relay.service();
    let url = keystone.url("/identity");
    let alone = glance.get(&url).1;

    let mut recorder = relay.recorder();
    recorder.begin().unwrap();
    assert_eq!(glance.get(&url).1, alone, "on the connection that was there before");
    assert_eq!(glance.post(&url, "text/plain", "x").1.lines().last(), Some("x"));
    Client::of(&recorder, "openstack").get(&url);
    let recording = recorder.end().unwrap();
    let expected = [
        "glance-api GET /identity 200 OK",
        "glance-api POST /identity 200 OK",
        "openstack GET /identity 200 OK",
    ];
    assert_eq!(summary(&recording), expected);
    assert!(!format!("{recording:?}").contains("service-key"));

    drop(recorder);
    assert_eq!(glance.get(&url).1, alone);
    assert_eq!(relay.service().get(&url).1, alone);
}

#[test]
fn runs_take_turns() {
    let relay = Relay::start();
    let first = relay.recorder();
    let (said, heard) = mpsc::channel();
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let said = Mutex::new(said);
            relay.try_recorder(&|event| said.lock().unwrap().send(event).unwrap()).unwrap()
        });
        let Event::Warning(text) = heard.recv_timeout(Duration::from_secs(5)).unwrap() else {
            panic!("no warning")
        };
        assert!(text.contains("another run"), "{text}");
        assert!(!second.is_finished());
        drop(first);
        let mut second = second.join().unwrap();
        second.begin().unwrap();
        let keystone = Service::echo();
        relay.service().get(&keystone.url("/"));
        assert_eq!(summary(&second.end().unwrap()), ["glance-api GET / 200 OK"]);
    });
}

#[test]
fn what_services_send_by_themselves_is_told_in_groups() {
    let relay = Relay::start();
    let keystone = Service::echo();
    let mut recorder = relay.recorder();
    recorder.begin().unwrap();
    let mut glance = relay.service();
    for id in 1..=4 {
        glance.get(&keystone.url(&format!("/v3/users/{id}?fresh")));
    }
    glance.post(&keystone.url("/v3/auth/tokens"), "text/plain", "x");
    let recording = recorder.end().unwrap();
    assert_eq!(recorder.moments().len(), 5);
    let settings = IgnoreSettings::default();
    let calls =
        noise::calls(&recording, recorder.moments(), &settings, &Ignore::default()).unwrap();
    let told = calls
        .iter()
        .map(|call| (&*call.from, &*call.method, &*call.path, call.count, call.period.is_some()));
    let expected = [
        ("glance-api", "GET", "/v3/users/{number}", 4, true),
        ("glance-api", "POST", "/v3/auth/tokens", 1, false),
    ];
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn a_run_that_crashes_is_detached() {
    let relay = Relay::start();
    let keystone = Service::echo();
    let mut crashed = relay.attach(&format!("attach control-key {}\n", nobody()));
    assert_eq!(line(&mut crashed), "attached\n");
    let (head, _) = relay.service().get(&keystone.url("/"));
    assert!(head.starts_with("HTTP/1.1 200 "), "a recorder that is gone is gone around: {head}");
    let mut waiting = relay.attach(&format!("attach control-key {}\n", nobody()));
    assert_eq!(line(&mut waiting), "busy\n");
    drop(crashed);
    assert_eq!(line(&mut waiting), "attached\n");
    drop(waiting);
    drop(relay.recorder());
}

#[test]
fn a_run_detaches_without_cutting_off_what_is_on_its_way() {
    let relay = Relay::start();
    let (said, heard) = mpsc::channel();
    let said = Mutex::new(said);
    let keystone = Service::answering(move |_, _| {
        said.lock().unwrap().send(()).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        ok("text/plain", "late")
    });
    let recorder = relay.recorder();
    let mut glance = relay.service();
    glance.send(&format!("POST {}", keystone.url("/")), "Content-Length: 0\r\n\r\n");
    heard.recv().unwrap();
    drop(recorder);
    assert_eq!(glance.peer.message().1, "late");
}

#[test]
fn only_those_with_the_key_attach_and_only_recorders_on_loopback() {
    let relay = Relay::start();
    for words in [
        "attach wrong-key 127.0.0.1:1\n",
        "attach control-key 192.0.2.1:1\n",
        "attach control-key nowhere\n",
        "attach control-key 127.0.0.1:1 more\n",
        "detach control-key 127.0.0.1:1\n",
        "GET / HTTP/1.1\r\n",
        &format!("attach {} 127.0.0.1:1\n", "x".repeat(5000)),
    ] {
        assert_eq!(line(&mut relay.attach(words)), "refused\n", "{words:.60}");
    }
    let stranger = model::Relay { key: "guess".into(), ..relay.model.clone() };
    let error = Proxy::start(Options::default(), Some(&stranger), &|_| {}).err().unwrap();
    assert!(error.hint_text().unwrap().contains("doctool cloud up"), "{error}");
    drop(relay.recorder());
}

#[test]
fn knows_its_own_cloud_by_the_key() {
    let relay = Relay::start();
    assert_eq!(line(&mut relay.attach("ping control-key\n")), "pong\n");
    for words in ["ping wrong-key\n", "ping control-key more\n", "ping\n"] {
        assert_eq!(line(&mut relay.attach(words)), "refused\n", "{words}");
    }
}

#[test]
fn a_relay_that_is_gone_is_an_error_with_a_hint() {
    let relay = model::Relay { control: nobody(), key: "k".into(), callers: Vec::new() };
    let error = Proxy::start(Options::default(), Some(&relay), &|_| {}).err().unwrap();
    assert_eq!(error.kind(), doctool::error::ErrorKind::Cloud);
    assert!(error.hint_text().is_some());
}

#[test]
fn strangers_are_not_relayed() {
    let relay = Relay::start();
    let service = Service::echo();
    let recorder = relay.recorder();
    for caller in
        [recorder.caller("openstack"), Caller { name: "glance-api".into(), key: "x".into() }]
    {
        let mut peer = Peer::connect(relay.listen);
        let authorization = authorization(&caller);
        peer.send(format!("GET {} HTTP/1.1\r\n{authorization}\r\n", service.url("/")));
        assert!(peer.head().starts_with("HTTP/1.1 407 "));
    }
    assert_eq!(service.connections(), 0);
}

#[test]
fn listens_on_loopback_only_and_quotes_no_key() {
    let mut credentials = NamedTempFile::new().unwrap();
    credentials.write_all(br#"{"control_key": "planted", "callers": 5}"#).unwrap();
    for (listen, message) in [("0.0.0.0:0", "loopback only"), ("127.0.0.1:0", "no credentials")] {
        let output = Command::new(env!("CARGO_BIN_EXE_doctool"))
            .args([
                "cloud",
                "relay",
                "--listen",
                listen,
                "--control",
                "127.0.0.1:0",
                "--credentials",
            ])
            .arg(credentials.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(told.contains(message) && !told.contains("planted"), "{told}");
    }
}

#[test]
fn what_services_send_belongs_to_the_recording_whose_token_they_pass_on() {
    let relay = Relay::start();
    let keystone = Service::echo();
    let mut glance = relay.service();
    let mut first = relay.recorder();
    let mut beside: Vec<_> = (1..=2).map(|number| first.beside(number).unwrap()).collect();
    let client = |capture: &dyn Capture| {
        let (_, key) = capture.secrets("openstack").remove(0);
        Client::with(first.address(), &Caller { name: "openstack".into(), key })
    };
    let mut clients: Vec<Client> = beside.iter().map(|capture| client(&**capture)).collect();
    beside.iter_mut().for_each(|capture| capture.begin().unwrap());
    let ask = |client: &mut Client, path: &str, headers: &str| {
        client.send(&format!("GET {}", keystone.url(path)), &format!("{headers}\r\n"));
        assert!(client.peer.message().0.starts_with("HTTP/1.1 200 "));
    };
    for (client, (path, token)) in clients.iter_mut().zip([("/a", "A"), ("/b", "B")]) {
        ask(client, path, &format!("X-Auth-Token: {token}\r\n"));
    }
    // The subject goes before the token of the service itself.
    ask(&mut glance, "/of-b", "X-Auth-Token: own\r\nX-Subject-Token: B\r\n");
    ask(&mut glance, "/of-a", "X-Auth-Token: A\r\n");
    let summaries = |beside: &mut Vec<Box<dyn Capture + Send>>| {
        let told = beside.iter_mut().map(|capture| {
            let recording = summary(&capture.end().unwrap());
            let doubtful = Recording { exchanges: capture.doubtful(), messages: Vec::new() };
            (recording, summary(&doubtful))
        });
        told.collect::<Vec<_>>()
    };
    let own = |one: &str, other: &str| {
        let (one, other) =
            (format!("openstack GET {one} 200 OK"), format!("glance-api GET {other} 200 OK"));
        vec![one, other]
    };
    let expected = [(own("/a", "/of-a"), vec![]), (own("/b", "/of-b"), vec![])];
    assert_eq!(summaries(&mut beside), expected);

    // What no token tells, and what a token tells that both have sent, is nobody's, and both hear of it.
    beside.iter_mut().for_each(|capture| capture.begin().unwrap());
    for client in &mut clients {
        ask(client, "/c", "X-Auth-Token: C\r\n");
    }
    ask(&mut glance, "/by-itself", "");
    ask(&mut glance, "/of-both", "X-Subject-Token: C\r\n");
    // A token of the recording before is no longer known.
    ask(&mut glance, "/late", "X-Subject-Token: A\r\n");
    let doubtful =
        ["/by-itself", "/of-both", "/late"].map(|path| format!("glance-api GET {path} -"));
    let expected = (vec!["openstack GET /c 200 OK".to_owned()], doubtful.to_vec());
    assert_eq!(summaries(&mut beside), [expected.clone(), expected]);

    // One that goes on while no other does is not sure of itself either: others may run unrecorded.
    beside[0].begin().unwrap();
    ask(&mut glance, "/by-itself", "");
    assert_eq!(beside[0].end().unwrap().exchanges, []);
    assert_eq!(beside[0].doubtful().len(), 1);

    // What runs alone has caused all there is.
    first.begin().unwrap();
    ask(&mut glance, "/by-itself", "");
    assert_eq!(summary(&first.end().unwrap()), ["glance-api GET /by-itself 200 OK"]);
    assert_eq!(first.doubtful(), []);
}
