//! Compares pages with what the real extensions make of them: pymdown-extensions 13.1 from PyPI, in
//! a virtual environment under `target/`. Prints the seeds, so that a failure can be had again.
//!
//! `DOCTOOL_ORACLE_PAGES` is the number of made-up pages, `DOCTOOL_ORACLE_SEED` the first seed,
//! `DOCTOOL_ORACLE_PYTHON` a Python that has the packages already.

#![expect(clippy::print_stdout, reason = "seeds and counts are for people to read")]

use std::path::{Path, PathBuf};
use std::process::Command;

use doctool::model::FileCache;
use doctool::report::list_json;
use doctool::settings::{Config, Site};
use serde_json::{Value, json};

const PACKAGES: [&str; 3] = ["pymdown-extensions==13.1", "Markdown==3.11.3", "mkdocs==1.6.1"];
const PAGES_A_SITE: usize = 200;

#[test]
fn reads_made_up_pages_as_the_real_extensions_do() {
    let Some(python) = python() else {
        return;
    };
    let number = |name: &str, otherwise: usize| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    };
    let pages = number("DOCTOOL_ORACLE_PAGES", 2000);
    let seed = number("DOCTOOL_ORACLE_SEED", 1);
    let (mut compared, mut wrong) = (0, Vec::new());
    for seed in seed..seed + pages.div_ceil(PAGES_A_SITE) {
        let folder = tempfile::tempdir().expect("a folder for a site");
        let count = PAGES_A_SITE.min(pages).to_string();
        let made = Command::new(&python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/oracle.py"))
            .args(["random", &folder.path().to_string_lossy()])
            .args(["--seed", &seed.to_string(), "--pages", &count])
            .output()
            .expect("python was found");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let (good, mut bad) = compare(folder.path());
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

/// How many pages of a site are equal, and how the others differ.
fn compare(folder: &Path) -> (usize, Vec<String>) {
    let expected = std::fs::read(folder.join("expected.json")).expect("the oracle wrote it");
    let expected: Vec<Value> = serde_json::from_slice(&expected).expect("it is JSON");
    let folder = folder.canonicalize().expect("the folder exists");
    let site = Site::find(&folder).expect("the oracle wrote mkdocs.yml");
    let files = FileCache::new(&folder);
    let (mut good, mut bad) = (0, Vec::new());
    for want in expected {
        if want.get("error").is_some() {
            continue;
        }
        let path = want["path"].as_str().expect("a path");
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
            None => good += 1,
            Some(part) => {
                let (want, got) = without_common(&want[part], &got[part]);
                bad.push(format!("{path}: {part}\n  want {want}\n  got  {got}"));
            }
        }
    }
    (good, bad)
}

/// Two lists without the items that are the same at the beginning and at the end of both.
fn without_common(one: &Value, other: &Value) -> (Value, Value) {
    let (one, other) = (one.as_array().expect("a list"), other.as_array().expect("a list"));
    let start = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(a, b)| a == b).count();
    (json!(one[..one.len() - end]), json!(other[..other.len() - end]))
}

/// A Python with the packages; none when there is no Python at all.
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
