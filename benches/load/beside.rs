//! What a proxy costs: the same load without one, through doctool, and through mitmdump, by turns.
//!
//! mitmdump comes from PyPI. It writes nothing down here, checks no caller, and passes large bodies
//! on as they come (`stream_large_bodies`), which is its fastest way; doctool records.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::python;
use crate::storm::caller::{Caller, Outcome, Way};
use crate::storm::plan::Plan;
use crate::storm::process::{Held, Standing, free_port, wait_for};
use crate::storm::service::Service;

const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_secs(5);
/// As large as what `image list` answers with.
const SMALL: u64 = 1500;

/// One way to the service.
struct Side {
    name: &'static str,
    way: Way,
    process: Option<u32>,
    small: Vec<f64>,
    median: Vec<f64>,
    slowest: Vec<f64>,
    down: Vec<f64>,
    up: Vec<f64>,
    memory: u64,
}

impl Side {
    fn new(name: &'static str, way: Way, process: Option<u32>) -> Self {
        let (small, median, slowest, down, up) = Default::default();
        Self { name, way, process, small, median, slowest, down, up, memory: 0 }
    }
}

/// A process that ends with this.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures and prints.
pub async fn beside(callers: usize, large: u64) -> std::io::Result<()> {
    let service = Arc::new(Service::start().await?);
    let standing = Standing::start(service.address)?;
    let direct = Way { address: service.address, authorization: None };
    let mut sides = vec![
        Side::new("no proxy", direct, None),
        Side::new("doctool", standing.way.clone(), Some(standing.id())),
    ];
    let programs = python::programs("mitmproxy", &["mitmproxy==11.0.2"]);
    let mitmdump = match &programs {
        Some(programs) => {
            let address = free_port()?;
            let port = address.port().to_string();
            let mut mitmdump = Command::new(programs.join("mitmdump"));
            mitmdump.args(["--quiet", "--listen-host", "127.0.0.1", "--listen-port", &port]);
            mitmdump.args(["--set", "flow_detail=0", "--set", "stream_large_bodies=1m"]);
            let running = Running(mitmdump.stdout(Stdio::null()).spawn()?);
            wait_for(address)?;
            let way = Way { address, authorization: Some(String::new()) };
            sides.push(Side::new("mitmdump", way, Some(running.0.id())));
            Some(running)
        }
        None => None,
    };
    for round in 0..ROUNDS {
        for side in &mut sides {
            let ends = Arc::new(AtomicBool::new(false));
            let looks = side.process.map(|process| watch(process, Arc::clone(&ends)));
            many(side, &service, callers).await?;
            let plan = Plan::large(round as u64, large, 0);
            side.down.push(speed(side, &service, &Plan { upload: 0, ..plan }).await?);
            side.up.push(speed(side, &service, &Plan { download: 0, ..plan }).await?);
            ends.store(true, Ordering::Release);
            if let Some(looks) = looks {
                side.memory = side.memory.max(looks.join().expect("looking does not panic"));
            }
        }
    }
    drop(mitmdump);
    report(callers, large, &sides);
    Ok(())
}

fn watch(process: u32, ends: Arc<AtomicBool>) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let mut most = 0;
        while !ends.load(Ordering::Acquire) {
            most = most.max(Held::by(process).memory);
            std::thread::sleep(Duration::from_millis(100));
        }
        most
    })
}

/// So many callers at once, each asking again when it has its answer.
async fn many(side: &mut Side, service: &Arc<Service>, callers: usize) -> std::io::Result<()> {
    let small = Plan { upload: 0, text: true, ..Plan::large(0, SMALL, 0) };
    let mut connected = Vec::new();
    for _ in 0..callers {
        connected.push(Caller::connect(&side.way).await?);
    }
    let start = Instant::now();
    let asking = connected.into_iter().map(|mut caller| {
        let service = Arc::clone(service);
        tokio::spawn(async move {
            let mut delays = Vec::new();
            while start.elapsed() < ROUND {
                let start = Instant::now();
                let outcome = caller.follow(&small, &service).await?;
                assert_eq!(outcome, Outcome::Completed);
                delays.push(start.elapsed().as_secs_f64() * 1e3);
            }
            Ok::<_, std::io::Error>(delays)
        })
    });
    let asking: Vec<_> = asking.collect();
    let mut delays = Vec::new();
    for task in asking {
        delays.extend(task.await??);
    }
    side.small.push(delays.len() as f64 / start.elapsed().as_secs_f64());
    delays.sort_by(f64::total_cmp);
    side.median.push(delays[delays.len() / 2]);
    side.slowest.push(delays[delays.len() * 99 / 100]);
    service.seen();
    Ok(())
}

/// Megabytes per second.
async fn speed(side: &Side, service: &Service, plan: &Plan) -> std::io::Result<f64> {
    let mut caller = Caller::connect(&side.way).await?;
    let start = Instant::now();
    let outcome = caller.follow(plan, service).await?;
    assert_eq!(outcome, Outcome::Completed);
    Ok((plan.upload + plan.download) as f64 / 1e6 / start.elapsed().as_secs_f64())
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn report(callers: usize, large: u64, sides: &[Side]) {
    let large = large / 1_000_000;
    println!("\nmedians of {ROUNDS} rounds, {callers} callers at once, bodies of {large} MB");
    println!(
        "{:10} {:>11} {:>10} {:>8} {:>10} {:>8} {:>12}",
        "", "requests/s", "median ms", "p99 ms", "down MB/s", "up MB/s", "most memory"
    );
    for side in sides {
        let memory = match side.process {
            Some(_) => format!("{:.0} MB", side.memory as f64 / 1024.0),
            None => String::new(),
        };
        println!(
            "{:10} {:11.0} {:10.1} {:8.1} {:10.0} {:8.0} {memory:>12}",
            side.name,
            median(&side.small),
            median(&side.median),
            median(&side.slowest),
            median(&side.down),
            median(&side.up),
        );
    }
}
