//! Pages that run again, and how long they take: nothing is hidden, and shares are even.

use std::process::{Command, Stdio};

use rustix::process::{Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::left_over::{pid, runs, wait_until};
use super::{page, program, site};
use crate::support::{Said, Site};

/// A site with a page whose command does something else each time: a line of the script a run, and the
/// last one from then on.
fn changing(script: &[&str]) -> (Site, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let count = folder.path().join("count");
    let turns: Vec<String> =
        (0..).zip(script).map(|(turn, line)| format!("{turn}) {line};;")).collect();
    let last = script.last().unwrap();
    let script = format!(
        "count=$(cat {0} 2> /dev/null || echo 0)\necho $((count + 1)) > {0}\ncase $count in {1} *) {last};; esac",
        count.display(),
        turns.join(" ")
    );
    let program = program("turn", &script);
    let shown = page("", &["turn"]).replace("$ turn\n", "$ turn\ngood\n");
    let site = site(&shown, &program.path().to_string_lossy(), "[turn]", "");
    // What counts is beside the site, as the program is.
    std::mem::forget(folder);
    (site, program)
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap()
}

fn kinds(findings: &Value) -> Vec<&str> {
    findings.as_array().unwrap().iter().map(|found| found["kind"].as_str().unwrap()).collect()
}

#[test]
fn an_interrupt_of_a_further_attempt_ends_its_command_in_order_too() {
    let (site, _program) = changing(&["exit 3", "exec sleep 61.75"]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_doctool"));
    command.args(["check", "--retries", "1"]).current_dir(site.path("."));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the command runs again", || runs("sleep 61.75"));
    kill_process(pid(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("interrupted while `turn` ran"), "{said}");
    assert!(!runs("sleep 61.75"), "no process is left");
}

#[test]
fn a_page_that_is_good_when_it_runs_again_is_flaky_and_says_what_it_was_before() {
    let bad = ["echo bad", "echo worse >&2; exit 3", "echo good"];
    let (site, _program) = changing(&bad);
    let arguments = [
        "check",
        "--retries",
        "3",
        "--format",
        "json",
        "--report",
        "junit=r.xml",
        "--report",
        "text=r.txt",
    ];
    let said = site.doctool(&arguments).exits(1);
    let report = json(&said);
    let page = &report["pages"][0];
    assert_eq!(kinds(&page["findings"]), ["flaky"]);
    assert_eq!(page["findings"][0]["severity"], "warning");
    assert_eq!(page["findings"][0]["message"], "this page is good at attempt 3 only");
    assert_eq!(page["views"][0]["stale"], false);
    let attempts = page["attempts"].as_array().unwrap();
    let told: Vec<_> = attempts.iter().map(|attempt| kinds(&attempt["findings"])).collect();
    assert_eq!(told, [vec!["output-changed"], vec!["command-failed"], vec![]]);
    assert!(attempts[0]["findings"][0]["diff"].as_str().unwrap().contains("\n-good\n+bad\n"));
    assert_eq!(attempts[1]["findings"][0]["notes"], serde_json::json!(["it said: worse"]));
    let text = site.read("r.txt");
    for part in [
        "warning[flaky]: this page is good at attempt 3 only\n",
        "attempt 1: docs/index.md:5: the console is stale\n",
        "attempt 1: +bad\n",
        "attempt 2: docs/index.md:4: `turn` exited with status 3\n",
        "attempt 2: it said: worse\n",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let junit = site.read("r.xml");
    assert!(
        junit.contains(
            "<flakyFailure type=\"flaky\" message=\"this page is good at attempt 3 only\">"
        )
    );
    assert!(junit.contains("failures=\"0\""), "a test that passed at last has passed: {junit}");
}

#[test]
fn settings_ask_for_retries_and_say_how_much_flaky_pages_count() {
    for (level, code) in [("error", 1), ("warning", 1), ("off", 0)] {
        let (site, _program) = changing(&["echo bad", "echo good"]);
        let settings = site.read("doctool.yml");
        site.write(
            "doctool.yml",
            format!("{settings}check:\n  retries: 1\ndiagnostics:\n  flaky: {level}\n"),
        );
        let report = json(&site.doctool(&["check", "--format", "json"]).exits(code));
        let page = &report["pages"][0];
        assert_eq!(page["attempts"].as_array().unwrap().len(), 2, "{level}: it is never hidden");
        assert_eq!(page["findings"].as_array().unwrap().len(), usize::from(level != "off"));
    }
}

#[test]
fn a_page_that_is_never_good_is_told_as_it_was_at_first() {
    let (site, _program) = changing(&["echo bad", "exit 4", "echo worse"]);
    let report = json(&site.doctool(&["check", "--retries", "2", "--format", "json"]).exits(1));
    let page = &report["pages"][0];
    assert_eq!(kinds(&page["findings"]), ["output-changed"]);
    assert!(page["findings"][0]["diff"].as_str().unwrap().contains("+bad\n"));
    assert_eq!(page["attempts"].as_array().unwrap().len(), 3);
    // Without being asked to, nothing runs again.
    let (site, _program) = changing(&["exit 4", "echo good"]);
    let report = json(&site.doctool(&["check", "--format", "json"]).exits(2));
    assert_eq!(report["pages"][0].get("attempts"), None);
}

/// A site with a slow page of one command, and quick ones of as many.
fn slow_and_quick() -> (Site, TempDir) {
    let cache = tempfile::tempdir().unwrap();
    let slow = page("", &["sleep 4"]);
    let site = site(&slow, "/bin", "[sleep, 'true']", "")
        .with("DOCTOOL_CACHE_DIR", cache.path().to_string_lossy());
    for name in ["a", "b", "c", "d"] {
        site.write(&format!("docs/{name}.md"), page("", &["true"]));
    }
    (site, cache)
}

/// The pages of each of two shares.
fn shares(site: &Site, arguments: &[&str]) -> [Vec<String>; 2] {
    [1, 2].map(|number| {
        let shard = format!("--shard={number}/2");
        let report = format!("json={number}.json");
        let all = [&["check", "--format", "json", "--report", &report, &shard], arguments].concat();
        let report = json(&site.doctool(&all).exits(0));
        let pages = report["pages"].as_array().unwrap().iter();
        pages.map(|page| page["path"].as_str().unwrap().to_owned()).collect()
    })
}

#[test]
fn shares_are_even_by_what_pages_took_the_last_time() {
    let (site, cache) = slow_and_quick();
    let by_count = shares(&site, &[]);
    assert_eq!([by_count[0].len(), by_count[1].len()], [3, 2]);
    assert!(!cache.path().join("durations").exists(), "a share must not change the next one");
    site.doctool(&["check"]).exits(0);
    let even = shares(&site, &[]);
    assert_eq!(even, [vec!["index.md"], vec!["a.md", "b.md", "c.md", "d.md"]]);
    let merge = [
        "report",
        "merge",
        "1.json",
        "2.json",
        "--report",
        "json=all.json",
        "--report",
        "junit=r.xml",
    ];
    site.doctool(&merge).exits(0);
    let all: Value = serde_json::from_str(&site.read("all.json")).unwrap();
    assert_eq!(all["pages"].as_array().unwrap().len(), 5, "each page is in one share");
    assert_eq!(all.get("share"), None);
    let pages = all["pages"].as_array().unwrap();
    let took = |page: &Value| page["milliseconds"].as_u64().unwrap();
    let slow = pages.iter().max_by_key(|page| took(page)).unwrap();
    assert_eq!(slow["path"], "index.md");
    assert!(took(&slow["views"][0]) <= took(slow), "a command takes no longer than its page");
    let seconds = format!("time=\"{}.{:03}\"", took(slow) / 1000, took(slow) % 1000);
    assert!(site.read("r.xml").contains(&seconds), "{seconds}");

    // On a machine that has not seen the pages, the report says it.
    std::fs::remove_dir_all(cache.path().join("durations")).unwrap();
    assert_eq!(shares(&site, &["--durations", "all.json"]), even);
    // Shares that were made in two ways may leave a page out, so they are not joined to a whole.
    site.doctool(&["check", "--shard=1/2", "--report", "json=1.json"]).exits(0);
    let said = site.doctool(&["report", "merge", "1.json", "2.json"]).exits(2);
    assert!(said.err.contains("these shares do not belong together"), "{}", said.err);
    let said = site.doctool(&["report", "merge", "2.json"]).exits(2);
    assert!(said.err.contains("there is no report of the share 1/2"), "{}", said.err);
}
