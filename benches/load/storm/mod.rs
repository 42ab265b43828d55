//! A storm of exchanges through a proxy: many callers at once, large bodies, slow ends, and ends that
//! leave at every place. Every byte is compared at both ends, and every exchange is looked for in the
//! recording.

pub mod caller;
pub mod content;
pub mod log;
pub mod plan;
pub mod process;
pub mod service;
pub mod wire;

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use self::caller::{Caller, Outcome};
use self::log::Times;
use self::plan::{Dice, Fate, Place, Plan};
use self::process::{Held, Standing};
use self::service::Service;

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How long the proxy may take to write down what is over, and to let go of connections.
const QUIET: Duration = Duration::from_secs(120);

/// How much there is to be.
#[derive(Debug, Clone, Copy)]
pub struct Storm {
    /// Callers at once, each with its own connection.
    pub callers: usize,
    /// Callers besides, who send and get large bodies.
    pub large: usize,
    /// How large those are.
    pub large_bytes: u64,
    pub until: Until,
}

/// When it ends.
#[derive(Debug, Clone, Copy)]
pub enum Until {
    /// After so many exchanges of each caller.
    Exchanges(usize),
    /// After so long.
    Time(Duration),
}

/// What there was.
#[derive(Debug, Default)]
pub struct Found {
    /// How often each fate had which outcome.
    pub outcomes: BTreeMap<String, usize>,
    /// What should not be.
    pub defects: Vec<String>,
    /// Bodies' bytes that completed, both ways.
    pub bytes: u64,
    /// What the proxy held before, at each look, and after.
    pub before: Held,
    pub during: Vec<Held>,
    pub after: Held,
    pub took: Duration,
}

impl Found {
    /// The most memory in a part of the time, in KiB.
    pub fn most_memory(&self, from: usize, to: usize, of: usize) -> u64 {
        let (from, to) = (self.during.len() * from / of, self.during.len() * to / of);
        self.during[from..to].iter().map(|held| held.memory).max().unwrap_or(0)
    }

    /// The most file descriptors at once.
    pub fn most_files(&self) -> usize {
        self.during.iter().map(|held| held.files).max().unwrap_or(0)
    }
}

/// What the callers share.
struct Shared {
    storm: Storm,
    service: Service,
    standing: Standing,
    start: Instant,
    numbers: AtomicU64,
    /// Plans of which the log has to tell something, and what.
    expected: Mutex<Vec<(Plan, Outcome)>>,
    found: Mutex<Found>,
}

/// Lets it come, and says what there was.
pub async fn storm(storm: Storm) -> io::Result<Found> {
    process::hold_many_files();
    let service = Service::start().await?;
    let standing = Standing::start(service.address)?;
    let shared = Arc::new(Shared {
        storm,
        service,
        standing,
        start: Instant::now(),
        numbers: AtomicU64::new(1),
        expected: Mutex::default(),
        found: Mutex::default(),
    });
    shared.one().await?;
    let before = shared.held();
    let is_over = Arc::new(AtomicBool::new(false));
    let looks = tokio::spawn(look(Arc::clone(&shared), Arc::clone(&is_over)));
    // All are connected before the first asks.
    let mut callers = Vec::new();
    for _ in 0..storm.callers {
        callers.push(Caller::connect(&shared.standing.way).await?);
    }
    let full = shared.full().await;
    let callers = callers.into_iter().zip(0..);
    let small = callers.map(|(caller, seed)| tokio::spawn(any(Arc::clone(&shared), caller, seed)));
    let mut tasks: Vec<_> = small.collect();
    for turn in 0..storm.large as u64 {
        tasks.push(tokio::spawn(large(Arc::clone(&shared), turn)));
    }
    for task in tasks {
        task.await?;
    }
    let took = shared.start.elapsed();
    is_over.store(true, Ordering::Release);
    let mut during = looks.await?;
    during.insert(0, full);
    shared.settle(true).await;
    shared.let_go(before).await;
    let after = shared.held();
    let mut found = std::mem::take(&mut *shared.found.lock().unwrap());
    found.defects.extend(shared.service.seen().changed);
    let unknown = shared.standing.recorded().rest();
    if !unknown.is_empty() {
        found.defects.push(format!("recorded once more: {:?}", &unknown[..unknown.len().min(9)]));
    }
    Ok(Found { before, during, after, took, ..found })
}

async fn look(shared: Arc<Shared>, is_over: Arc<AtomicBool>) -> Vec<Held> {
    let mut during = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        tokio::time::sleep(LOOK).await;
        during.push(shared.held());
        // What is settled is forgotten, so that the load itself does not grow.
        if during.len() % 20 == 0 {
            shared.settle(false).await;
        }
    }
    during
}

async fn any(shared: Arc<Shared>, mut caller: Caller, seed: u64) {
    let mut dice = Dice::new(seed + 1);
    let mut done = 0;
    while shared.goes_on(done) {
        let plan = Plan::any(shared.number(), &mut dice);
        shared.follow(&mut caller, &plan).await;
        done += 1;
    }
}

async fn large(shared: Arc<Shared>, turn: u64) {
    let Ok(mut caller) = Caller::connect(&shared.standing.way).await else { return };
    let mut done = 0;
    // One large exchange takes as long as many others.
    while shared.goes_on(if done == 0 { 0 } else { usize::MAX }) {
        let plan = Plan::large(shared.number(), shared.storm.large_bytes, turn + done);
        shared.follow(&mut caller, &plan).await;
        done += 1;
    }
}

impl Shared {
    fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn goes_on(&self, done: usize) -> bool {
        match self.storm.until {
            Until::Exchanges(most) => done < most,
            Until::Time(long) => self.start.elapsed() < long,
        }
    }

    fn held(&self) -> Held {
        Held::by(self.standing.id())
    }

    /// One exchange, after which the proxy holds all that it will hold for ever.
    async fn one(&self) -> io::Result<()> {
        let mut caller = Caller::connect(&self.standing.way).await?;
        let plan = Plan { download: 10, ..Plan::large(self.number(), 10, 0) };
        self.follow(&mut caller, &plan).await;
        drop(caller);
        self.settle(true).await;
        self.let_go(self.held()).await;
        Ok(())
    }

    async fn follow(&self, caller: &mut Caller, plan: &Plan) {
        let followed = caller.follow(plan, &self.service).await;
        let mut found = self.found.lock().unwrap();
        let outcome = match followed {
            Ok(outcome) => outcome,
            Err(error) => {
                found.defects.push(format!("{plan:?}: {error}"));
                return;
            }
        };
        if !is_right(plan, outcome) {
            found.defects.push(format!("{plan:?}: {outcome:?}"));
        }
        *found.outcomes.entry(format!("{:?}: {outcome:?}", plan.fate)).or_default() += 1;
        if outcome == Outcome::Completed {
            found.bytes += plan.upload + plan.download;
        }
        drop(found);
        self.expected.lock().unwrap().push((*plan, outcome));
    }

    /// Compares what callers have seen with what was recorded; at the end waits for it.
    async fn settle(&self, is_end: bool) {
        let start = Instant::now();
        loop {
            let mut waiting = std::mem::take(&mut *self.expected.lock().unwrap());
            waiting.retain(|(plan, _)| {
                let is_there = is_recorded(plan, self.standing.recorded().of(plan.number));
                if is_there && !is_end && !matches!(plan.fate, Fate::CallerLeaves(..)) {
                    self.standing.recorded().settle(plan.number);
                }
                // Of who left, something may be recorded later.
                !is_there || is_end || matches!(plan.fate, Fate::CallerLeaves(..))
            });
            let missing = waiting
                .iter()
                .filter(|(plan, _)| !is_recorded(plan, self.standing.recorded().of(plan.number)));
            let missing = missing.count();
            let waits = is_end && missing > 0 && start.elapsed() < QUIET;
            if is_end && !waits {
                // What is there twice comes late.
                tokio::time::sleep(Duration::from_millis(500)).await;
                for (plan, _) in waiting {
                    let times = self.standing.recorded().settle(plan.number);
                    if !is_recorded(&plan, times) {
                        let defect = format!("{plan:?}: recorded as {times:?}");
                        self.found.lock().unwrap().defects.push(defect);
                    }
                }
                return;
            }
            self.expected.lock().unwrap().extend(waiting);
            if !waits {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What the proxy holds once it has let all callers in.
    async fn full(&self) -> Held {
        let start = Instant::now();
        while self.held().files <= self.storm.callers && start.elapsed() < QUIET {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.held()
    }

    /// Waits until the proxy holds no more files than before.
    async fn let_go(&self, before: Held) {
        let start = Instant::now();
        while self.held().files > before.files && start.elapsed() < QUIET {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Whether a caller may have seen this.
fn is_right(plan: &Plan, outcome: Outcome) -> bool {
    match plan.fate {
        Fate::Completes => outcome == Outcome::Completed,
        Fate::CallerLeaves(..) => outcome == Outcome::Left,
        Fate::ServiceLeaves(Place::InResponse, _) => outcome == Outcome::Cut,
        Fate::ServiceLeaves(..) => outcome == Outcome::Refused,
    }
}

/// Whether the recording tells what happened, once.
fn is_recorded(plan: &Plan, times: Times) -> bool {
    let Times { requests, responses } = times;
    match plan.fate {
        Fate::Completes => (requests, responses) == (1, 1),
        Fate::CallerLeaves(Place::BeforeHead | Place::InHead, _) => requests == 0,
        // The proxy may hear of the end before it has read what was said before.
        Fate::CallerLeaves(..) => requests <= 1 && responses <= requests,
        Fate::ServiceLeaves(Place::InResponse, _) => (requests, responses) == (1, 1),
        Fate::ServiceLeaves(..) => (requests, responses) == (1, 0),
    }
}
