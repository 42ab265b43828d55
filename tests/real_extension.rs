//! Compares pages with what the real extensions make of them: pymdown-extensions 13.1 from PyPI, in
//! a virtual environment under `target/`. The pages are this project's own, those of a made-up site
//! of the same sort, and random ones. Prints the seeds, so that a failure can be had again.
//!
//! `DOCTOOL_ORACLE_PAGES` is the number of random pages, `DOCTOOL_ORACLE_SETS` that of page sets on
//! the made-up site, `DOCTOOL_ORACLE_SEED` the first seed, `DOCTOOL_ORACLE_PYTHON` a Python that has
//! the packages already.

#![expect(clippy::print_stdout, reason = "seeds and counts are for people to read")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use doctool::model::FileCache;
use doctool::report::list_json;
use doctool::settings::{Config, Site};
use serde_json::{Value, json};

const PACKAGES: [&str; 3] = ["pymdown-extensions==13.1", "Markdown==3.11.3", "mkdocs==1.6.1"];
const PAGES_A_SITE: usize = 200;

/// A Python with the packages; none when there is no Python at all.
static PYTHON: LazyLock<Option<PathBuf>> = LazyLock::new(python);

#[test]
fn reads_the_pages_of_this_project_as_the_real_extensions_do() {
    if PYTHON.is_some() {
        let site = support::Site::of_this_project();
        compare_site(&site.path(""), "this project");
    }
}

#[test]
fn reads_the_pages_of_a_made_up_site_as_the_real_extensions_do() {
    if PYTHON.is_some() {
        let folder = tempfile::tempdir().expect("a folder for a site");
        let seed = number("DOCTOOL_ORACLE_SEED", 1).to_string();
        let sets = number("DOCTOOL_ORACLE_SETS", 30).to_string();
        run("site.py", folder.path(), &[], &["--seed", &seed, "--sets", &sets]);
        compare_site(folder.path(), &format!("made-up site of seed {seed}"));
    }
}

/// Expects every page of a site to be the same.
fn compare_site(folder: &Path, name: &str) {
    run("oracle.py", folder, &["site"], &[]);
    let Outcome { equal, different, refused } = compare(folder);
    println!("{name}: {equal} of {} pages equal", equal + different.len());
    assert!(refused.is_empty(), "{name} cannot be built:\n{}", refused.join("\n"));
    assert!(equal > 0, "{name} has no pages");
    assert!(different.is_empty(), "{name}:\n{}", different.join("\n"));
}

fn number(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Runs one of the scripts on a folder.
fn run(script: &str, folder: &Path, before: &[&str], behind: &[&str]) {
    let python = PYTHON.as_ref().expect("nothing is compared without it");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(script);
    let mut command = Command::new(python);
    command.arg(script).args(before).arg(folder).args(behind);
    let done = command.output().expect("python was found");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn reads_random_pages_as_the_real_extensions_do() {
    if PYTHON.is_none() {
        return;
    }
    let pages = number("DOCTOOL_ORACLE_PAGES", 2000);
    let seed = number("DOCTOOL_ORACLE_SEED", 1);
    let (mut compared, mut wrong) = (0, Vec::new());
    for seed in seed..seed + pages.div_ceil(PAGES_A_SITE) {
        let folder = tempfile::tempdir().expect("a folder for a site");
        let count = PAGES_A_SITE.min(pages).to_string();
        let seed_text = seed.to_string();
        run("oracle.py", folder.path(), &["random"], &["--seed", &seed_text, "--pages", &count]);
        let Outcome { equal: good, different: mut bad, .. } = compare(folder.path());
        println!("seed {seed}: {good} of {} pages equal", good + bad.len());
        compared += good + bad.len();
        if !bad.is_empty() && std::env::var_os("DOCTOOL_ORACLE_KEEP").is_some() {
            println!("kept in {}", folder.keep().display());
        }
        wrong.append(&mut bad.drain(..).map(|text| format!("seed {seed}, {text}")).collect());
    }
    println!("{compared} pages compared");
    let shown = &wrong[..wrong.len().min(10)];
    assert!(wrong.is_empty(), "{} pages differ:\n{}", wrong.len(), shown.join("\n"));
}

/// How many pages of a site are equal, how others differ, and which the real ones refuse.
#[derive(Default)]
struct Outcome {
    equal: usize,
    different: Vec<String>,
    refused: Vec<String>,
}

/// Compares the pages of a site with what the oracle has written.
fn compare(folder: &Path) -> Outcome {
    let expected = std::fs::read(folder.join("expected.json")).expect("the oracle wrote it");
    let expected: Vec<Value> = serde_json::from_slice(&expected).expect("it is JSON");
    let folder = folder.canonicalize().expect("the folder exists");
    let site = Site::find(&folder).expect("the oracle wrote mkdocs.yml");
    let files = FileCache::new(&folder);
    let mut outcome = Outcome::default();
    for want in expected {
        let path = want["path"].as_str().expect("a path");
        if let Some(error) = want.get("error") {
            outcome.refused.push(format!("{path}: {error}"));
            continue;
        }
        let page = doctool::page::read(&site, &files, &folder.join(path)).expect("a page");
        let lines: Vec<_> = (0..page.lines.len()).map(|index| page.line(index)).collect();
        let plan = doctool::plan::plan(&site, &Config::default(), &files, &page).expect("a plan");
        let listed = list_json::page(&files, &page, &plan);
        let fences: Vec<_> = page
            .fences
            .iter()
            .zip(&listed.fences)
            .map(|(fence, listed)| {
                json!({
                    "first": fence.opener(), "last": fence.closer(), "language": fence.language,
                    "title": fence.title, "text": fence.text, "container": listed.container,
                })
            })
            .collect();
        let got = json!({"lines": lines, "includes": listed.includes, "fences": fences});
        let parts = ["lines", "includes", "fences"];
        match parts.into_iter().find(|part| got[part] != want[part]) {
            None => outcome.equal += 1,
            Some(part) => {
                let (want, got) = without_common(&want[part], &got[part]);
                let text = format!("{path}: {part}\n  want {want}\n  got  {got}");
                outcome.different.push(text);
            }
        }
    }
    outcome
}

/// Two lists without the items that are the same at the beginning and at the end of both.
fn without_common(one: &Value, other: &Value) -> (Value, Value) {
    let (one, other) = (one.as_array().expect("a list"), other.as_array().expect("a list"));
    let start = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    (json!(one[..one.len() - end]), json!(other[..other.len() - end]))
}

/// Makes a Python with the packages.
fn python() -> Option<PathBuf> {
    if let Some(python) = std::env::var_os("DOCTOOL_ORACLE_PYTHON") {
        return Some(python.into());
    }
    if Command::new("python3").arg("--version").output().is_err() {
        println!("skipped: there is no python3, so there is nothing to compare with");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracle");
    let python = folder.join("bin/python3");
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().expect("it can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {arguments:?}: {said}", program.display());
    };
    if !python.exists() {
        run(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()]);
    }
    let mut install = vec!["-m", "pip", "install", "--quiet"];
    install.extend(PACKAGES);
    run(&python, &install);
    Some(python)
}
