//! What the recording proxy costs, beside mitmdump and beside no proxy, on the same service in the
//! same run.
//!
//! `MITMDUMP=/path/to/mitmdump cargo bench --bench proxy`; without the variable, `mitmdump` from
//! `PATH`, if there. mitmdump records nothing to disk here and checks no caller, which is its
//! fastest way; doctool checks callers and records. All rounds are short and take turns, so that
//! what else the machine does falls on all of them.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on should stop")]
#![allow(clippy::print_stdout, reason = "the figures are the result")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doctool::capture::Capture;
use doctool::capture::proxy::{Options, Proxy};

const ROUND: Duration = Duration::from_secs(2);
const ROUNDS: usize = 5;
/// As large as what `image list` answers with.
const BODY: usize = 1500;

/// Whom the load goes to.
struct Way {
    name: &'static str,
    address: SocketAddr,
    request: String,
}

/// What a round showed.
#[derive(Clone, Copy)]
struct Figures {
    requests_per_second: f64,
    median_microseconds: f64,
    slowest_percent_microseconds: f64,
}

fn main() {
    let service = serve();
    let mut proxy = Proxy::start(Options::default(), None, &|_| {}).unwrap();
    let caller = proxy.caller("openstack");
    let credentials = STANDARD.encode(format!("{}:{}", caller.name, caller.key));
    let lines = format!(
        "Host: {service}\r\nUser-Agent: bench\r\nAccept: application/json\r\nX-Auth-Token: {}\r\n",
        "t".repeat(183)
    );
    let direct = format!("GET /image/v2/images HTTP/1.1\r\n{lines}\r\n");
    let through = format!(
        "GET http://{service}/image/v2/images HTTP/1.1\r\n{lines}Proxy-Authorization: Basic {credentials}\r\n\r\n"
    );
    let mut ways = vec![
        Way { name: "no proxy", address: service, request: direct },
        Way { name: "doctool", address: proxy.address(), request: through.clone() },
    ];
    let mitmdump = Mitmdump::start();
    if let Some(mitmdump) = &mitmdump {
        ways.push(Way { name: "mitmdump", address: mitmdump.address, request: through });
    } else {
        println!("mitmdump is not there; set MITMDUMP to where it is");
    }
    for connections in [1, 16] {
        let mut figures = vec![Vec::new(); ways.len()];
        for _ in 0..ROUNDS {
            for (way, figures) in ways.iter().zip(&mut figures) {
                proxy.begin().unwrap();
                figures.push(load(way, connections));
                proxy.end().unwrap();
            }
        }
        report(connections, &ways, &figures);
    }
}

fn report(connections: usize, ways: &[Way], figures: &[Vec<Figures>]) {
    println!("\n{connections} connection(s), medians of {ROUNDS} rounds of {ROUND:?}");
    println!(
        "{:10} {:>12} {:>11} {:>11} {:>14}",
        "", "requests/s", "median µs", "p99 µs", "added median µs"
    );
    let median = |figures: &[Figures], figure: fn(&Figures) -> f64| {
        let mut values: Vec<_> = figures.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let rate = |way: usize| median(&figures[way], |one| one.requests_per_second);
    let delay = |way: usize| median(&figures[way], |one| one.median_microseconds);
    for (index, way) in ways.iter().enumerate() {
        let slowest = median(&figures[index], |one| one.slowest_percent_microseconds);
        let added = delay(index) - delay(0);
        println!(
            "{:10} {:12.0} {:11.0} {slowest:11.0} {added:14.0}",
            way.name,
            rate(index),
            delay(index)
        );
    }
    println!("doctool : no proxy = {:.2} of the throughput", rate(1) / rate(0));
    if ways.len() > 2 {
        println!("doctool : mitmdump = {:.1} times the throughput", rate(1) / rate(2));
        let added = (delay(2) - delay(0)) / (delay(1) - delay(0));
        println!("mitmdump : doctool = {added:.1} times the added latency");
    }
}

/// Asks over so many connections at once, each again when it has its answer.
fn load(way: &Way, connections: usize) -> Figures {
    let start = Instant::now();
    let mut delays: Vec<Duration> = thread::scope(|scope| {
        let asking: Vec<_> =
            (0..connections).map(|_| scope.spawn(|| ask(way, start + ROUND))).collect();
        asking.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let elapsed = start.elapsed().as_secs_f64();
    delays.sort();
    let at = |share: f64| delays[(delays.len() as f64 * share) as usize].as_secs_f64() * 1e6;
    Figures {
        requests_per_second: delays.len() as f64 / elapsed,
        median_microseconds: at(0.5),
        slowest_percent_microseconds: at(0.99),
    }
}

fn ask(way: &Way, until: Instant) -> Vec<Duration> {
    let mut delays = Vec::new();
    let mut stream = connect(way.address);
    while Instant::now() < until {
        let start = Instant::now();
        stream.get_mut().write_all(way.request.as_bytes()).unwrap();
        let length = head(&mut stream).expect("an answer");
        assert_eq!(length, BODY, "an answer of the service");
        stream.read_exact(&mut [0; BODY]).unwrap();
        delays.push(start.elapsed());
    }
    delays
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    BufReader::new(stream)
}

/// Reads a head; gives the length of the body that follows.
fn head(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut length = 0;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            return Some(length);
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim_end().parse().unwrap();
        }
    }
}

/// A service that answers as fast as it can.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\nContent-Type: application/json\r\nX-Openstack-Request-Id: req-0\r\nDate: now\r\n\r\n{}",
        "[".repeat(BODY)
    );
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                stream.set_nodelay(true).unwrap();
                let mut stream = BufReader::new(stream);
                while head(&mut stream).is_some()
                    && stream.get_mut().write_all(answer.as_bytes()).is_ok()
                {}
            });
        }
    });
    address
}

/// A running mitmdump.
struct Mitmdump {
    process: Child,
    address: SocketAddr,
}

impl Mitmdump {
    fn start() -> Option<Self> {
        let program = std::env::var("MITMDUMP").unwrap_or_else(|_| "mitmdump".to_owned());
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let port = address.port().to_string();
        let process = Command::new(program)
            .args(["--quiet", "--listen-host", "127.0.0.1", "--listen-port", &port])
            .args(["--set", "flow_detail=0"])
            .stdout(Stdio::null())
            .spawn()
            .ok()?;
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "mitmdump does not listen");
            thread::sleep(Duration::from_millis(50));
        }
        Some(Self { process, address })
    }
}

impl Drop for Mitmdump {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
