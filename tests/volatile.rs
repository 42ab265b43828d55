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
use doctool::settings::VolatileRule;
use doctool::settings::doctool::RedactSettings;
use doctool::stabilise::{self, Pins, Redacted, Secrets, StableRecording, Volatile};

/// Rounds with other subsets, for each page.
const ROUNDS: u64 = 2;

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
    replayed_with(&[], documented, live)
}

fn replayed_with(rules: &[VolatileRule], documented: &Run, live: &Run) -> Replayed {
    let redacted =
        |run: &Run| -> Redacted { Secrets::of(&[], run, &RedactSettings::default()).redact(run) };
    let (old, new) = (redacted(documented), redacted(live));
    let volatile = Volatile::new(rules, [old.run(), new.run()]).expect("the rules are good");
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

/// A log of one exchange, with this answer.
fn asked(host: &str, path: &str, headers: &str, answer: &str) -> Run {
    let log = format!(
        "\n### (openstack) REQ >>> (keystone) : GET http://{host}{path}\nHost: {host}\n\nnone\n\n\n\
         ### (openstack) RESP <<< (keystone) : 200 OK GET http://{host}{path}\n{headers}\n{answer}\n\n"
    );
    run(&[log, String::new()])
}

/// The log of the live run as the page is to show it.
fn shown(documented: &Run, live: &Run) -> String {
    render::log(&replayed(documented, live).stable)
}

const OLD: &str = "a42bfade-78ec-4c95-b7b4-272ba265072c";
const NEW: &str = "00000000-0000-4000-8000-000000000001";
const NEWER: &str = "00000000-0000-4000-8000-000000000002";

#[track_caller]
fn assert_drift(documented: &str, live: &str, shown_value: &str) {
    let [old, new] =
        [documented, live].map(|value| asked("h:1", "/", "", &format!("{{\n  \"x\": {value}\n}}")));
    let shown = shown(&old, &new);
    assert!(shown.contains(&format!("\"x\": {shown_value}\n")), "{documented} is {live}: {shown}");
    assert_ne!(shown, render::log(&replayed(&old, &old).stable));
}

#[test]
fn an_id_where_there_was_none_is_drift() {
    for other in ["null", "\"\"", "\"default\"", "12", "[]"] {
        assert_drift(other, &format!("\"{NEW}\""), &format!("\"{NEW}\""));
        assert_drift(&format!("\"{OLD}\""), other, other);
    }
    assert_drift(
        "\"de5af600557d44d0996e667499376dbb\"",
        &format!("\"{NEW}\""),
        &format!("\"{NEW}\""),
    );
    assert_drift(
        "\"2023-01-02T07:06:19Z\"",
        "\"2023-01-02T07:06:19.000000Z\"",
        "\"2023-01-02T07:06:19.000000Z\"",
    );
    assert_drift("\"2023-01-02T07:06:19Z\"", "null", "null");
}

#[test]
fn two_things_that_become_one_are_drift_and_so_is_one_that_becomes_two() {
    let answer = |one: &str, two: &str| {
        asked("h:1", "/", "", &format!("{{\n  \"one\": \"{one}\",\n  \"two\": \"{two}\"\n}}"))
    };
    let other = "98b68b53-2939-474e-aab1-64a49c57e941";
    let merged = shown(&answer(OLD, other), &answer(NEW, NEW));
    assert!(merged.contains(&format!("\"one\": \"{OLD}\"")), "{merged}");
    assert!(merged.contains(&format!("\"two\": \"{OLD}\"")), "{merged}");
    let split = shown(&answer(OLD, OLD), &answer(NEW, NEWER));
    assert!(split.contains(&format!("\"one\": \"{OLD}\"")), "{split}");
    assert!(split.contains(&format!("\"two\": \"{NEWER}\"")), "{split}");
}

#[test]
fn the_cloud_may_be_anywhere_but_answers_at_the_documented_paths() {
    let answer = |host: &str| {
        let body = format!("{{\n  \"href\": \"http://{host}/identity/v3/\"\n}}");
        asked(host, "/identity/", &format!("Location: http://{host}/identity/v3/\n"), &body)
    };
    let documented = answer("182.161.114.101");
    for host in ["127.0.0.1:5000", "cloud.example.org", "[fd00::7]:443", "controller"] {
        assert_same(
            &render::log(&replayed(&documented, &documented).stable),
            &shown(&documented, &answer(host)),
            host,
        );
    }
    let elsewhere = asked("127.0.0.1:5000", "/v3/", "", "none");
    assert!(shown(&documented, &elsewhere).contains("GET http://127.0.0.1:5000/v3/"));
}

#[test]
fn two_addresses_of_services_do_not_become_one() {
    let catalog = |one: &str, two: &str| {
        let url = |host: &str| format!("{{\"url\": \"http://{host}/x\"}}");
        let text = format!("{{\"token\": {{\"catalog\": [{}, {}]}}}}", url(one), url(two));
        asked(one, "/v3/auth/tokens", "", &text)
    };
    let shown =
        shown(&catalog("192.0.2.1", "192.0.2.1"), &catalog("10.0.0.1:5000", "10.0.0.1:9292"));
    assert_eq!(shown.matches("\"http://192.0.2.1/x\"").count(), 1, "{shown}");
    assert_eq!(shown.matches("\"http://10.0.0.1:9292/x\"").count(), 1, "{shown}");
}

#[test]
fn a_checksum_is_volatile_only_where_its_content_is() {
    let [old_sum, new_sum] =
        ["0c839612eb3f2469420f2ccae990827f", "1c839612eb3f2469420f2ccae990827f"];
    let answer = |id: &str, sum: &str, more: &str| {
        asked("h:1", "/", &format!("ETag: {sum}\n"), &format!("{{\n  \"id\": \"{id}\"{more}\n}}"))
    };
    let documented = answer(OLD, old_sum, "");
    let settled = shown(&documented, &answer(NEW, new_sum, ""));
    assert_same(&render::log(&replayed(&documented, &documented).stable), &settled, "volatile");
    for (what, live) in [
        ("the content is the same", answer(OLD, new_sum, "")),
        ("the content has changed", answer(NEW, new_sum, ",\n  \"more\": 1")),
    ] {
        assert!(shown(&documented, &live).contains(&format!("ETag: {new_sum}\n")), "{what}");
    }
    let field = |sum: &str| asked("h:1", "/", "", &format!("{{\n  \"checksum\": \"{sum}\"\n}}"));
    assert!(shown(&field(old_sum), &field(new_sum)).contains(new_sum));
}

#[test]
fn seconds_since_1970_are_times_where_their_name_says_so() {
    let answer = |time: &str, size: &str| {
        let headers = format!("X-Timestamp: {time}\nX-Container-Bytes-Used: {size}\n");
        asked("h:1", "/", &headers, "none")
    };
    let documented = answer("1671683363.84851", "1134410240");
    let settled = shown(&documented, &answer("1672364289.12345", "1134410241"));
    assert!(settled.contains("X-Timestamp: 1671683363.84851\n"), "{settled}");
    assert!(settled.contains("X-Container-Bytes-Used: 1134410241\n"), "{settled}");
    let never = shown(&documented, &answer("0000000000.00000", "1134410240"));
    assert!(never.contains("X-Timestamp: 0000000000.00000\n"), "{never}");
}

/// The output of the live run as the page is to show it.
fn printed(documented: &str, live: &str) -> String {
    let run = |output: &str| Run { outputs: vec![output.to_owned()], ..Run::default() };
    render::console(&replayed(&run(documented), &run(live)).stable, 0)
}

#[test]
fn a_checksum_in_console_output_is_no_id() {
    for form in ["| checksum | {} |\n", "  \"checksum\": \"{}\",\n", "checksum: {}\n"] {
        let line = |sum: &str| form.replace("{}", sum);
        let live = line("1c839612eb3f2469420f2ccae990827f");
        assert_eq!(printed(&line("0c839612eb3f2469420f2ccae990827f"), &live), live);
    }
}

#[test]
fn a_table_is_as_wide_as_documented_where_only_volatile_values_differ() {
    let table = |token: &str| {
        let (dashes, blanks) = ("-".repeat(token.len()), " ".repeat(token.len() - 5));
        format!(
            "+---------+-{dashes}-+\n| Field   | Value{blanks} |\n+---------+-{dashes}-+\n| expires | \
             2023-01-02T07:06:19+0000{} |\n| id      | {token} |\n+---------+-{dashes}-+\n",
            " ".repeat(token.len() - 24)
        )
    };
    let [short, long] = [90, 100].map(|length| format!("gAAAAA{}", "b".repeat(length)));
    let shown = printed(&table(&short), &table(&long));
    assert_eq!(
        shown,
        "+---------+--------------------------+\n\
         | Field   | Value                    |\n\
         +---------+--------------------------+\n\
         | expires | 2023-01-02T07:06:19+0000 |\n\
         | id      | [redacted:token]         |\n\
         +---------+--------------------------+\n"
    );
    assert_eq!(printed(&shown, &table(&long)), shown, "what is documented stays");
}

#[test]
fn a_site_says_what_else_is_volatile_by_form_or_by_place() {
    let rule = |name: &str, pattern: Option<&str>, path: Option<&str>| VolatileRule {
        name: name.to_owned(),
        pattern: pattern.map(str::to_owned),
        path: path.map(str::to_owned),
    };
    let rules = [
        rule("build", Some(r"build-\d+"), None),
        rule("serial", None, Some("$.servers[*].serial")),
    ];
    let answer = |build: u32, serials: [u32; 2], size: u32| {
        let [one, two] = serials;
        let body = format!(
            "{{\n  \"image\": \"os build-{build}\",\n  \"servers\": [\n    {{\n      \"name\": \"a\",\n      \
             \"serial\": {one}\n    }},\n    {{\n      \"name\": \"b\",\n      \"serial\": {two}\n    }}\n  \
             ],\n  \"serial\": {size}\n}}"
        );
        asked("h:1", "/", &format!("X-Build: build-{build}\n"), &body)
    };
    let shown =
        |live: &Run| render::log(&replayed_with(&rules, &answer(7, [1, 2], 3), live).stable);
    let documented = shown(&answer(7, [1, 2], 3));
    assert_same(&documented, &shown(&answer(12, [41, 42], 3)), "both rules");
    assert_same(
        &documented.replacen("\"serial\": 3", "\"serial\": 4", 1),
        &shown(&answer(12, [41, 42], 4)),
        "another place",
    );
    let merged = shown(&answer(7, [41, 41], 3));
    assert_eq!(merged.matches("\"serial\": 1\n").count(), 2, "two become one: {merged}");
    let unruled = render::log(&replayed(&answer(7, [1, 2], 3), &answer(12, [1, 2], 3)).stable);
    assert!(unruled.contains("X-Build: build-12\n"), "{unruled}");
}

#[test]
fn a_place_in_json_is_one_in_json_output_too() {
    let rules = [VolatileRule {
        name: "serial".to_owned(),
        pattern: None,
        path: Some("$..serial".to_owned()),
    }];
    let run = |serial: u32, size: u32| Run {
        outputs: vec![format!("{{\n  \"serial\": {serial},\n  \"size\": {size}\n}}\n")],
        ..Run::default()
    };
    let console = |live: &Run| render::console(&replayed_with(&rules, &run(1, 5), live).stable, 0);
    assert_eq!(console(&run(2, 5)), "{\n  \"serial\": 1,\n  \"size\": 5\n}\n");
    assert_eq!(console(&run(2, 6)), "{\n  \"serial\": 1,\n  \"size\": 6\n}\n");
}

#[test]
fn fresh_values_on_all_pages_at_once_are_no_change() {
    let site = support::Site::of_this_project();
    let mut renewal = Renewal::new(0);
    for entry in fs::read_dir(site.path("docs/openstack/image")).expect("our pages are there") {
        let folder = entry.expect("the folder can be read").path();
        let name = folder.file_name().expect("a page has a name").to_string_lossy().into_owned();
        let [log, output] = read(&folder);
        let index = site.read(&format!("docs/openstack/image/{name}/index.md"));
        let command = index.lines().find(|line| line.trim_start().starts_with("$ "));
        let command = command.expect("a page has a command").trim();
        let recorded = format!("recorded/openstack/image/{name}");
        site.write(&format!("{recorded}/log.md"), renewal.of(&log));
        let session = format!("{command}\n{}", renewal.of(&output));
        site.write(&format!("{recorded}/console.txt"), session);
    }
    let said = site.doctool(&["check", "docs/openstack/image", "--replay", "recorded"]).exits(0);
    assert_eq!(said.out, "40 views up to date on 10 pages, by replay\n");
}

#[test]
fn fresh_values_on_a_users_pages_change_no_byte() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pages");
    if !root.exists() {
        return;
    }
    let site = support::Site::new(&[]);
    for folder in ["docs", "inc"] {
        site.copy(&root.join(folder), folder);
    }
    site.write("mkdocs.yml", fs::read(root.join("mkdocs.yml")).expect("it is there"));
    let pages = ["create", "list", "show", "set"];
    let record = |of: &mut dyn FnMut(&str) -> String| {
        for page in pages {
            let log = site.read(&format!("docs/openstack/image/{page}/log.md"));
            site.write(&format!("recorded/openstack/image/{page}/log.md"), of(&log));
        }
    };
    // The first time secrets go from the logs.
    record(&mut str::to_owned);
    site.doctool(&["refresh", "docs", "--replay", "recorded"]).exits(0);
    let before = site.files();
    for seed in 0..2 {
        let mut renewal = Renewal::new(seed);
        record(&mut |log| renewal.of(log));
        site.doctool(&["refresh", "docs", "--replay", "recorded"]).exits(0);
        for ((path, old), (same, new)) in before.iter().zip(site.files()) {
            assert_eq!(*path, same);
            if path.starts_with(site.path("docs")) {
                let [old, new] = [old, &new].map(|bytes| String::from_utf8_lossy(bytes));
                assert_same(&old, &new, &format!("{} with seed {seed}", path.display()));
            }
        }
    }
}
