//! mitmproxy from PyPI beside doctool's own proxy: each reads what the other has written.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use doctool::capture::requestshook;
use doctool::model::Recording;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::support::python;
use super::{LIST, Live};

const PACKAGES: [&str; 1] = ["mitmproxy==11.0.2"];

/// A proxy that listens, and writes what it has seen when it ends.
struct Mitmdump {
    child: Child,
    port: u16,
}

impl Mitmdump {
    fn start(program: &Path, flows: &Path) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        drop(listener);
        let mut command = Command::new(program);
        command.args(["--quiet", "--listen-host", "127.0.0.1", "--listen-port", &port.to_string()]);
        command.arg("--save-stream-file").arg(flows);
        command.env("HOME", flows.parent().expect("it is in a folder"));
        let child = command.stdin(Stdio::null()).spawn().expect("it can be started");
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "it listens");
            thread::sleep(Duration::from_millis(50));
        }
        Self { child, port }
    }

    fn end(mut self) {
        let pid = self.child.id().try_into().ok().and_then(Pid::from_raw).expect("it runs");
        kill_process(pid, Signal::INT).expect("it is ours");
        assert!(self.child.wait().expect("it ends").success());
    }
}

/// Has mitmproxy read a file, and write it as HAR.
fn converted(program: &Path, from: &Path, to: &Path) -> Value {
    let mut command = Command::new(program);
    command.args(["--quiet", "--no-server", "--rfile"]).arg(from);
    command.arg("--set").arg(format!("hardump={}", to.display()));
    command.env("HOME", to.parent().expect("it is in a folder"));
    let output = command.stdin(Stdio::null()).output().expect("it can be started");
    assert!(output.status.success(), "{output:?}");
    let text = std::fs::read_to_string(to).expect("it was written");
    serde_json::from_str(&text).expect("it is JSON")
}

/// Method, URL and status of each entry.
fn lines(har: &Value) -> Vec<String> {
    let entries = har["log"]["entries"].as_array().expect("it is a HAR").iter();
    let line = |entry: &Value| {
        let (request, response) = (&entry["request"], &entry["response"]);
        format!("{} {} {}", request["method"], request["url"], response["status"])
    };
    entries.map(line).collect()
}

/// Each message with the names of its headers, without those that only come with tokens that are new.
fn shape(recording: &Recording) -> Vec<(String, Vec<String>)> {
    let arrow = |arrow: doctool::model::Arrow<'_>| {
        let names = arrow.headers.iter().map(|header| header.name.clone()).collect();
        (format!("{}>{} {}", arrow.from, arrow.to, arrow.label()), names)
    };
    recording.arrows().map(arrow).collect()
}

#[test]
fn each_proxy_reads_what_the_other_has_seen() {
    let Some(programs) = python::programs("mitmproxy", &PACKAGES) else { return };
    let program = programs.join("mitmdump");
    let live = Live::new("proxy");
    let site = &live.site;
    let of_proxy = live.diagram();

    let mitmdump = Mitmdump::start(&program, &site.path("flows"));
    let proxy = format!("http://openstack:@127.0.0.1:{}", mitmdump.port);
    let words = ["openstack", "image", "list", "--all"];
    let output = live.program(&words, &[("http_proxy", &proxy), ("no_proxy", "")]);
    assert!(output.status.success(), "{output:?}");
    mitmdump.end();
    let theirs = converted(&program, &site.path("flows"), &site.path("theirs.har"));
    assert_eq!(lines(&theirs).len(), 4);

    // Theirs, drawn by us: what the client sent is the same as through our own proxy.
    let is_client = |line: &&String| line.contains("openstack->>") || line.contains(">>openstack:");
    let of_client: Vec<&String> = of_proxy.iter().filter(is_client).collect();
    let drawn = site.doctool(&["render", "theirs.har", "--to", "diagram"]).exits(0).out;
    assert_eq!(drawn.lines().collect::<Vec<_>>(), of_client);
    let kept = site.read("kept/openstack/image/list/log.md");
    let log = site.doctool(&["render", "theirs.har", "--to", "log"]).exits(0).out;
    let ours = shape(&requestshook::parse(&kept).expect("it is a log"));
    let ours: Vec<_> =
        ours.into_iter().filter(|(label, _)| label.starts_with("openstack>")).collect();
    assert_eq!(shape(&requestshook::parse(&log).expect("it is a log")), ours);
    assert!(!log.contains("gAAAAA"), "{log}");

    // As a run of the page, it tells the page's views.
    site.write("imported/openstack/image/list/log.md", &log);
    site.doctool(&["refresh", "--replay", "imported", LIST]);
    let diagram = site.read(&format!("{LIST}/diagram.md"));
    assert_eq!(diagram.lines().collect::<Vec<_>>(), of_client);
    let body = site.read(&format!("{LIST}/body.md"));
    assert!(body.contains("### (8) 200 OK /image/v2/images\n"), "{body}");

    // Ours, read by them: all exchanges are there.
    let ours =
        site.doctool(&["render", "kept/openstack/image/list/log.md", "--to", "har"]).exits(0).out;
    site.write("ours.har", &ours);
    let back = converted(&program, &site.path("ours.har"), &site.path("back.har"));
    let ours: Value = serde_json::from_str(&ours).expect("it is JSON");
    let (mut ours, mut back) = (lines(&ours), lines(&back));
    ours.sort();
    back.sort();
    assert_eq!(ours.len(), of_proxy.len() / 2);
    assert_eq!(back, ours);
}
