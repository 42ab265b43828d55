//! What only differs by volatile values is no change: real logs with every id, token, time, host and
//! request id replaced, each by one and the same other.

mod support;

use std::collections::HashMap;
use std::fs;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::{Captures, Regex};

use doctool::capture::requestshook;
use doctool::model::Run;
use doctool::render;
use doctool::settings::doctool::RedactSettings;
use doctool::stabilise::{self, Pins, Redacted, Secrets, StableRecording, Volatile};

/// Rounds with other subsets, for each page.
const ROUNDS: u64 = 5;

/// The folders of our own pages, and of a user's where they are at hand.
fn pages() -> Vec<PathBuf> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let roots = [project.join("docs"), project.join("../shared/pages/docs")];
    let entries =
        roots.iter().filter_map(|root| fs::read_dir(root.join("openstack/image")).ok()).flatten();
    let mut pages: Vec<PathBuf> =
        entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    pages.retain(|page| page.join("log.md").exists());
    pages.sort();
    assert!(pages.len() >= 10, "our own pages are there");
    pages
}

/// A page's log and its console output.
fn read(page: &Path) -> [String; 2] {
    let [log, index] = ["log.md", "index.md"]
        .map(|file| fs::read_to_string(page.join(file)).expect("a page has a log and an index"));
    let block = index.lines().skip_while(|line| !line.trim_start().starts_with("$ ")).skip(1);
    let output = block.take_while(|line| !line.trim_start().starts_with("```"));
    [log, output.map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect()]
}

fn run([log, output]: &[String; 2]) -> Run {
    let recording = requestshook::parse(log).expect("the log has entries");
    Run { outputs: vec![output.clone()], recording }
}

/// What is replaced. The group `keep` holds what is not: checksums follow from content.
static VALUES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?xm)
        (?<keep>"?(?i:checksum|etag|[\w.]*(?:md5|sha256|hash_value))"?:?[\x20|"]+[0-9a-f]{32,}
            |"updated":\ "[^"]*")
        |(?<uuid>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})
        |(?<hex>(?<before>\bAUTH_|\b)[0-9a-f]{32}\b)
        |(?<token>gAAAAA[\w-]{60,}=*|\[redacted:token\])
        |(?<host>182\.161\.114\.101|127\.0\.0\.1)(?<port>:\d+)?
        |(?<iso>\d{4}-\d\d-\d\d)(?<clock>[T\x20]\d\d:\d\d:\d\d)
        |(?<date>\w{3},\ \d\d\ \w{3}\ \d{4}\ \d\d:\d\d:\d\d\ GMT)
        |(?<epoch>\b1\d{9}\.\d{5}\b)
        |(?<audit>(?<start>"audit_ids":\ \[\s+")[\w-]{22})
        |(?<python>CPython/[\d.]+)"#,
    )
    .expect("the pattern is valid")
});

/// Replaces values, each by one and the same other, and leaves those that its seed tells it to.
struct Renewal {
    seed: u64,
    known: HashMap<String, String>,
}

impl Renewal {
    fn new(seed: u64) -> Self {
        Self { seed, known: HashMap::new() }
    }

    /// A number that follows from the seed and the value.
    fn number(&self, value: &str) -> u64 {
        let mut hasher = std::hash::DefaultHasher::new();
        (self.seed, value).hash(&mut hasher);
        hasher.finish()
    }

    fn of(&mut self, text: &str) -> String {
        VALUES.replace_all(text, |found: &Captures<'_>| self.other(found)).into_owned()
    }

    fn other(&mut self, found: &Captures<'_>) -> String {
        let before = ["before", "start"].iter().find_map(|&group| found.name(group));
        let before = before.map_or("", |before| before.as_str());
        let old = found[0][before.len()..].to_owned();
        // Round 0 replaces everything.
        let stays = self.seed != 0 && self.number(&old).is_multiple_of(3);
        if stays || found.name("keep").is_some() {
            return found[0].to_owned();
        }
        let fresh = || self.fresh(found, &old);
        let other = self.known.get(&old).cloned().unwrap_or_else(fresh);
        self.known.insert(old, other.clone());
        format!("{before}{other}")
    }

    fn fresh(&self, found: &Captures<'_>, old: &str) -> String {
        let number = self.number(&format!("fresh {old}"));
        let [hour, minute, second] = [number % 24, number / 24 % 60, number / 1440 % 60];
        let clock = format!("{hour:02}:{minute:02}:{second:02}");
        let has = |name: &str| found.name(name).is_some();
        if has("uuid") {
            format!("{:08x}-0000-4000-8000-{:012x}", number >> 32, number & 0xffff_ffff_ffff)
        } else if has("hex") {
            format!("{number:016x}{:016x}", number.reverse_bits())
        } else if has("token") {
            format!("gAAAAAB{}", format!("{number:016x}-").repeat(9))
        } else if has("host") {
            let [a, b] = [number % 250 + 1, number / 250 % 250 + 1];
            let port =
                if has("port") { format!(":{}", 1024 + number % 60000) } else { String::new() };
            format!("10.9.{a}.{b}{port}")
        } else if has("iso") {
            format!("203{}-0{}-1{}{}{clock}", number % 9, number % 8 + 1, number % 9, &old[10..11])
        } else if has("date") {
            format!("Wed, 1{} Aug 203{} {clock} GMT", number % 9, number % 7)
        } else if has("epoch") {
            format!("17{:08}.{:05}", number % 100_000_000, number % 99_999)
        } else if has("audit") {
            format!("{number:022}")
        } else {
            format!("CPython/3.{}.{}", number % 20, number % 7)
        }
    }
}

struct Replayed {
    documented: StableRecording,
    stable: StableRecording,
}

/// The documented run and a live one, as the views show them.
fn replayed(documented: &Run, live: &Run) -> Replayed {
    let redacted =
        |run: &Run| -> Redacted { Secrets::of(&[], run, &RedactSettings::default()).redact(run) };
    let (old, new) = (redacted(documented), redacted(live));
    let volatile = Volatile::new(&[], [old.run(), new.run()]).expect("there is no rule");
    let mut pins = Pins::default();
    pins.add(&stabilise::learn(&volatile, &old, &new));
    let stable = stabilise::stabilise(&volatile, &old, &new, pins);
    Replayed { documented: StableRecording::redacted(old), stable }
}

#[track_caller]
fn assert_same(one: &str, other: &str, what: &str) {
    for (line, (one, other)) in one.lines().zip(other.lines()).enumerate() {
        assert_eq!(one, other, "{what}, line {}", line + 1);
    }
    assert_eq!(one, other, "{what}");
}

#[test]
fn fresh_values_change_no_view() {
    let random = RandomState::new().hash_one("a seed of this run");
    for page in pages() {
        let files = read(&page);
        let documented = run(&files);
        for seed in (0..ROUNDS).chain([random]) {
            let mut renewal = Renewal::new(seed);
            let live = files.clone().map(|file| renewal.of(&file));
            assert!(renewal.known.len() > 5, "the page is full of volatile values");
            let Replayed { documented, stable } = replayed(&documented, &run(&live));
            let name = page.display();
            for (view, draw) in [
                ("log", render::log as fn(&StableRecording) -> String),
                ("body", render::body),
                ("diagram", render::diagram),
                ("console", |recording| render::console(recording, 0)),
            ] {
                let what = format!("{view} of {name} with seed {seed}");
                assert_same(&draw(&documented), &draw(&stable), &what);
            }
        }
    }
}
