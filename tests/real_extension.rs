//! Compares pages with what the real extensions make of them: pymdown-extensions 13.1 from PyPI, in
//! a virtual environment under `target/`. The pages are this project's own, those of a made-up site
//! of the same sort, and random ones. Prints the seeds, so that a failure can be had again.
//!
//! `DOCTOOL_ORACLE_PAGES` is the number of random pages, `DOCTOOL_ORACLE_SETS` that of page sets on
//! the made-up site, `DOCTOOL_ORACLE_SEED` the first seed, `DOCTOOL_ORACLE_PYTHON` a Python that has
//! the packages already.

#![expect(clippy::print_stdout, reason = "seeds and counts are for people to read")]

mod support;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use doctool::fetch::Fetcher;
use doctool::model::FileCache;
use doctool::report::list_json;
use doctool::settings::{BasePath, Config, Site};
use serde_json::{Value, json};
use support::web::{Web, answer};

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
    let pages = number("DOCTOOL_ORACLE_PAGES", 2200);
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

/// Pages that include URLs, each with the lines that the real extension makes of it.
#[test]
fn reads_snippets_at_urls_as_the_real_extension_does() {
    let Some(python) = &*PYTHON else {
        return;
    };
    let web = Web::new(|path, _| match path.trim_start_matches('/') {
        "lines" => answer("200 OK", "", "one\ntwo\r\nthree\rfour"),
        "ended" => answer("200 OK", "", "one\n\n\ttwo\n"),
        "empty" => answer("200 OK", "", ""),
        "section" => answer("200 OK", "", "a\n  --8<-- [start:x]\n  b\n  --8<-- [end:x]\nc\n"),
        "local" => answer("200 OK", "", "a\n--8<-- \"own.md\"\n--8<--\nown.md\n--8<--\nb\n"),
        "unclosed" => answer("200 OK", "", "a\n--8<--\nown.md\n"),
        "escaped" => answer("200 OK", "", ";--8<-- \"own.md\"\n;--8<-- [start:x]\n"),
        "odd" => answer("200 OK", "", "a\u{c}b\u{85}c\u{2028}d\n\u{feff}e"),
        "partial" => answer("206 Partial Content", "", "x\n"),
        "moved" => answer("302 Found", "Location: /ended\r\n", ""),
        _ => answer("404 Not Found", "", "no\n"),
    });
    let folder = tempfile::tempdir().expect("a folder for a site");
    let config = "markdown_extensions:\n- pymdownx.snippets:\n    url_download: true\n    dedent_subsections: true\n";
    std::fs::write(folder.path().join("mkdocs.yml"), config).expect("the folder is writable");
    std::fs::write(folder.path().join("own.md"), "own\n").expect("the folder is writable");
    let mut pages = Vec::new();
    for target in [
        "lines",
        "lines:2:3",
        "lines:-1",
        "ended",
        "ended:-1",
        "empty",
        "empty:1",
        "section",
        "section:x",
        "section:y",
        "local",
        "unclosed",
        "escaped",
        "odd",
        "partial",
        "moved",
        "gone",
        "gone:1:2",
        "gone:x",
    ] {
        let url = web.url(&format!("/{target}"));
        pages.push(format!("  --8<-- \"{url}\"\nend\n"));
        pages.push(format!("--8<--\n{url}\n\n    {url}\n--8<--\n"));
    }
    let lines = r"
import json, sys
import markdown
pages = json.load(sys.stdin)
found = []
for page in pages:
    md = markdown.Markdown(extensions=['pymdownx.snippets'], extension_configs={
        'pymdownx.snippets': {'url_download': True, 'dedent_subsections': True}})
    found.append(md.preprocessors['snippet'].run(page.split('\n')))
print(json.dumps(found))
";
    let mut real = Command::new(python)
        .args(["-c", lines])
        .current_dir(folder.path())
        .env("no_proxy", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python was found");
    let input = serde_json::to_vec(&pages).expect("texts are JSON");
    real.stdin.take().expect("it is piped").write_all(&input).expect("python reads");
    let output = real.wait_with_output().expect("python ends");
    let want: Vec<Vec<String>> = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let folder = folder.path().canonicalize().expect("the folder exists");
    let site = Site::find(&folder).expect("it has settings");
    let fetcher = Fetcher::new(site.snippets.as_ref().expect("they are enabled"));
    let remote = |url: &str| fetcher.fetch(url);
    for (number, (text, want)) in pages.iter().zip(want).enumerate() {
        let path = folder.join(format!("{number}.md"));
        std::fs::write(&path, text).expect("the folder is writable");
        let page = doctool::page::read_with(&site, &FileCache::new(&folder), &remote, &path);
        let page = page.expect("it can be read");
        let got: Vec<_> = (0..page.lines.len()).map(|index| page.line(index)).collect();
        assert_eq!(got, want, "{text}");
    }
    println!("{} pages with URLs compared", pages.len());
}

/// Settings in `mkdocs.yml`, each with what MkDocs makes of those that doctool needs.
#[test]
fn reads_settings_as_mkdocs_does() {
    let Some(python) = &*PYTHON else {
        return;
    };
    let script = r"
import json, os, sys
from markdown.util import parseBoolValue
from mkdocs.config import load_config
config = load_config('mkdocs.yml')
options = config.mdx_configs.get('pymdownx.snippets', {})
base = options.get('base_path', ['.'])
base = base if isinstance(base, list) else [base]
paths = ['PAGE' if type(path).__name__ == 'RelativeDirPlaceholder' else os.path.abspath(path) for path in base]
print(json.dumps({
    'docs_dir': config.docs_dir, 'base_path': paths,
    'check_paths': parseBoolValue(options.get('check_paths', False)),
    'restrict_base_path': parseBoolValue(options.get('restrict_base_path', True)),
    'auto_append': options.get('auto_append', []),
    'max_retries': options.get('max_retries', 3),
}))
";
    let snippets = |options: &str| format!("markdown_extensions:\n- pymdownx.snippets:\n{options}");
    let options = [
        "",
        "    check_paths: yes\n    restrict_base_path: Off\n",
        "    check_paths: !ENV FLAG_OFF\n    restrict_base_path: !ENV [NO_SUCH, FLAG_NO, true]\n",
        "    check_paths: !ENV FLAG_ON\n    max_retries: !ENV NUMBER\n",
        "    check_paths: !ENV EMPTY\n    base_path: !ENV PATH_OF_PARTS\n",
        "    base_path: !ENV [NO_SUCH, [one, two]]\n    restrict_base_path: !ENV [NO_SUCH]\n",
        "    base_path: !ENV [NO_SUCH, !ENV [PATH_OF_PARTS, x]]\n    auto_append: [!ENV QUOTED]\n    check_paths: 'No'\n    restrict_base_path: 'false'\n",
        "    base_path: [!relative $config_dir/../x, !relative $docs_dir/a/./b, !relative , y/../z, /abs]\n",
        "    auto_append: [a.md, !ENV [NO_SUCH, b.md], !ENV BRACKETS]\n    max_retries: 7\n",
    ];
    let mut sites: Vec<String> = options.map(snippets).to_vec();
    sites.push(
        "INHERIT: base/one.yml\nmarkdown_extensions:\n  pymdownx.snippets:\n    base_path: own\n"
            .to_owned(),
    );
    sites.push("INHERIT: !ENV [NO_SUCH, base/two.yml]\ndocs_dir: other\n".to_owned());
    sites.push("x: &x {check_paths: true, base_path: x}\nmarkdown_extensions:\n  pymdownx.snippets:\n    <<: *x\n    base_path: own\n".to_owned());
    for text in sites {
        let folder = tempfile::tempdir().expect("a folder for a site");
        let root = folder.path().canonicalize().expect("the folder exists");
        for name in ["docs", "other", "base"] {
            std::fs::create_dir(root.join(name)).expect("the folder is writable");
        }
        let write = |name: &str, text: &str| {
            std::fs::write(root.join(name), text).expect("the folder is writable");
        };
        write(
            "base/one.yml",
            "INHERIT: two.yml\nmarkdown_extensions:\n  pymdownx.snippets:\n    check_paths: true\n",
        );
        write(
            "base/two.yml",
            "markdown_extensions:\n  pymdownx.snippets:\n    auto_append: [a.md]\n    base_path: [!relative $config_dir/two]\n",
        );
        write("mkdocs.yml", &format!("site_name: x\n{text}"));
        let variables = [
            ("FLAG_ON", "yes"),
            ("FLAG_OFF", "off"),
            ("FLAG_NO", "no"),
            ("NUMBER", "5"),
            ("EMPTY", ""),
            ("QUOTED", "\"\""),
            ("BRACKETS", "[c.md]"),
            ("PATH_OF_PARTS", "docs/parts"),
        ];
        let real = Command::new(python)
            .args(["-c", script])
            .current_dir(&root)
            .envs(variables)
            .output()
            .expect("python was found");
        assert!(real.status.success(), "{text}\n{}", String::from_utf8_lossy(&real.stderr));
        let want: Value = serde_json::from_slice(&real.stdout).expect("it is JSON");
        let ours = Command::new(std::env::current_exe().expect("this test is a program"))
            .args(["--exact", "prints_settings", "--ignored", "--nocapture"])
            .current_dir(&root)
            .envs(variables)
            .output()
            .expect("it can be started");
        let said = String::from_utf8(ours.stdout).expect("it says UTF-8");
        let line = said.lines().find(|line| line.starts_with('{')).unwrap_or_default();
        let got: Value = serde_json::from_str(line).unwrap_or(Value::Null);
        assert_eq!(got, want, "{text}");
    }
}

/// The other half of the comparison of settings: a process of its own, because the settings depend
/// on its environment.
#[test]
#[ignore = "is started by the comparison of settings"]
fn prints_settings() {
    let folder = std::env::current_dir().expect("there is one");
    let site = Site::read(&folder.join("mkdocs.yml")).expect("the settings are right");
    let snippets = site.snippets.expect("they are enabled");
    let path = |base: &BasePath| match base {
        BasePath::Path(path) => path.display().to_string(),
        BasePath::PageFolder => "PAGE".to_owned(),
    };
    println!(
        "\n{}",
        json!({
            "docs_dir": site.docs_dir, "base_path": snippets.base_paths.iter().map(path).collect::<Vec<_>>(),
            "check_paths": snippets.check_paths, "restrict_base_path": snippets.restrict_base_path,
            "auto_append": snippets.auto_append, "max_retries": snippets.max_retries,
        })
    );
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
                    "title": fence.title, "text": &*fence.text, "container": listed.container,
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
