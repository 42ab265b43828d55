//! What `check` says of one run with drift of every kind, in every form; the forms are read by validators
//! that are not ours. And that parts of a site give the report of the whole.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use doctool::model::DiagnosticKind;
use regex::Regex;
use serde_json::Value;
use support::Site;

const PAGE: &str = "docs/openstack/image/list";
const RECORDED: &str = "recorded/openstack/image/list";
const PASSWORD: &str = "q1w2e3r4t5";

/// Packages that hold the schemas, each with the words that fetch it.
const JUNIT_SCHEMA: &str = "pytest==8.3.4";
const SARIF_SCHEMA: &str = "@microsoft/jest-sarif@1.0.0-beta.0";
const VALIDATORS: [&str; 2] = ["jsonschema==4.25.1", "xmlschema==4.1.0"];

/// A Python with the validators, and the folder with the schemas; made once.
static VALIDATOR: LazyLock<(PathBuf, PathBuf)> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reports");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let python = folder.join("venv/bin/python");
    let is_done = fs::read(folder.join("done")).is_ok_and(|done| done == wanted().as_bytes());
    if !is_done {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")));
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(VALIDATORS));
        let mut fetch = Command::new(&python);
        fetch.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "pytest"]);
        run(fetch.arg(JUNIT_SCHEMA).current_dir(&folder));
        run(Command::new("npm").args(["pack", "--silent", SARIF_SCHEMA]).current_dir(&folder));
        for archive in fs::read_dir(&folder).expect("the folder can be read") {
            let path = archive.expect("the folder can be read").path();
            if path.extension().is_some_and(|extension| extension == "gz" || extension == "tgz") {
                run(Command::new("tar").arg("-xzf").arg(&path).current_dir(&folder));
            }
        }
        fs::write(folder.join("done"), wanted()).expect("the file can be written");
    }
    (python, folder)
});

fn wanted() -> String {
    [&[JUNIT_SCHEMA, SARIF_SCHEMA], &VALIDATORS[..]].concat().join("\n")
}

#[track_caller]
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The console session on a page: the lines of its console block.
fn console(page: &str) -> String {
    let lines = page.lines().skip_while(|line| !line.trim_start().starts_with("$ "));
    let block = lines.take_while(|line| !line.trim_start().starts_with("```"));
    block.map(|line| format!("{}\n", line.trim_start())).collect()
}

/// A page and its recording, with these words replaced in files of either.
#[track_caller]
fn replace(site: &Site, file: &str, was: &str, is: &str) {
    let text = site.read(file);
    assert!(text.contains(was), "`{was}` is in {file}");
    site.write(file, text.replacen(was, is, 1));
}

/// This project's site, its list page recorded as it is documented.
fn recorded() -> Site {
    let site = Site::of_this_project();
    site.write(
        &format!("{RECORDED}/console.txt"),
        console(&site.read(&format!("{PAGE}/index.md"))),
    );
    site.write(&format!("{RECORDED}/log.md"), site.read(&format!("{PAGE}/log.md")));
    site
}

/// A site with drift of every kind that a replay can find.
fn drifted() -> Site {
    let site = recorded();
    let (log, console) = (format!("{RECORDED}/log.md"), format!("{RECORDED}/console.txt"));
    let user_agent = site.read(&log);
    let user_agent = user_agent.split("User-Agent: ").nth(1).expect("a client names itself");
    let user_agent = user_agent.split_whitespace().next().expect("it has a name").to_owned();
    let name = user_agent.split('/').next().expect("a product has a name");
    let text = site.read(&log).replace(&user_agent, &format!("{name}/99.0.0"));
    let text = text.replacen("300 MULTIPLE CHOICES", "200 OK", 1);
    let date = Regex::new("(?m)^Date: .* GMT$").expect("the pattern is valid");
    site.write(&log, date.replace(&text, "Date: Mon, 23 Nov 2020 19:06:52 GMT").as_bytes());
    replace(&site, &console, "| active |", "| queued |");
    replace(&site, &format!("{PAGE}/body.md"), "\"id\": \"v3.14\"", "\"id\": \"v3.13\"");
    let page = format!("{PAGE}/index.md");
    let secret = format!("Send `{{\"password\": \"{PASSWORD}\"}}`.\n\n## Sequence");
    replace(&site, &page, "## Sequence", &secret);
    let note = "<!-- doctool: skip -->\n--8<-- \"no-such-file.md\"\n\n## Requests";
    replace(&site, &page, "## Requests", note);
    let config = site.read("mkdocs.yml").replace("check_paths: true", "check_paths: false");
    site.write("mkdocs.yml", config);
    let config = site.read("doctool.yml");
    site.write("doctool.yml", format!("{config}\ncheck:\n  max_age: 1000\n"));
    site.write(
        "docs/openstack/left.md",
        "---\ndoctool:\n  skip: true\n---\n\n``` console\n$ openstack x\n```\n",
    );
    site
}

const CHECK: [&str; 6] =
    ["check", PAGE, "docs/openstack/left.md", "--replay", "recorded", "--require=live"];

fn kinds(report: &Value) -> BTreeSet<String> {
    let pages = report["pages"].as_array().expect("a list").iter();
    let of_pages = pages.flat_map(|page| page["findings"].as_array().expect("a list"));
    let elsewhere = report["elsewhere"].as_array().expect("a list");
    let secrets = report["secrets"].as_array().expect("a list");
    let all = of_pages.chain(elsewhere).chain(secrets);
    all.map(|found| found["kind"].as_str().expect("a name").to_owned()).collect()
}

/// Has validators that are not ours read the reports of the site.
#[track_caller]
fn validate(site: &Site) {
    for kind in ["check", "event"] {
        let schema = site.doctool(&["schema", kind]).exits(0).out;
        site.write(&format!("reports/{kind}.schema.json"), schema);
    }
    let (python, packages) = &*VALIDATOR;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports/validate.py");
    let mut validate = Command::new(python);
    validate.arg(script).arg(site.path("reports")).arg(packages);
    assert_eq!(run(&mut validate), "all valid\n");
}

/// Keeps what the documentation of a page shows as its recording in this folder.
fn record(site: &Site, name: &str, folder: &str) -> String {
    let (page, kept) =
        (format!("docs/openstack/image/{name}"), format!("{folder}/openstack/image/{name}"));
    site.write(&format!("{kept}/console.txt"), console(&site.read(&format!("{page}/index.md"))));
    site.write(&format!("{kept}/log.md"), site.read(&format!("{page}/log.md")));
    kept
}

/// Adds to a site with drift the kinds that other pages can have by a replay: all of what comes of a run
/// that is not as it was.
fn drift_more(site: &Site) {
    // The list page was recorded with another server.
    let served = |file: &str, version: &str| {
        let file = format!("{file}/log.md");
        let server = format!("Server: waitress/{version}");
        site.write(&file, site.read(&file).replace("Server: waitress", &server));
    };
    served(PAGE, "3.0.0");
    served(RECORDED, "3.0.1");

    // A person and the cloud changed the same line, and a line that was marked is gone.
    let kept = record(site, "show", "recorded");
    let page = "docs/openstack/image/show";
    replace(site, &format!("{page}/body.md"), "\"v3.14\"", "\"v3.13\"");
    replace(site, &format!("{kept}/log.md"), "\"v3.14\"", "\"v3.15\"");
    let text = site.read(&format!("{page}/index.md"));
    let fence = text.lines().find(|line| line.contains("``` console")).expect("there is one");
    replace(site, &format!("{page}/index.md"), fence, &format!("{fence} hl_lines=\"3\""));
    let session = site.read(&format!("{kept}/console.txt"));
    let without: Vec<&str> = session
        .lines()
        .enumerate()
        .filter(|(index, _)| *index != 2)
        .map(|(_, line)| line)
        .collect();
    site.write(&format!("{kept}/console.txt"), without.join("\n") + "\n");

    // The first two messages are gone, and words about them are not.
    let kept = record(site, "delete", "recorded");
    let log = site.read(&format!("{kept}/log.md"));
    let third = log.match_indices("### (").nth(2).expect("there are more").0;
    site.write(&format!("{kept}/log.md"), &log[third..]);
    let body = "docs/openstack/image/delete/body.md";
    let head = "`openstack` --> `keystone`\n";
    replace(site, body, head, &format!("{head}\nA person says what this is for.\n"));

    // Nothing fails that is to.
    record(site, "unset", "recorded");
    let page = "docs/openstack/image/unset/index.md";
    replace(site, page, "doctool:\n", "doctool:\n  expect: fail 409\n");
}

/// A site of its own with pages whose commands run: one fails, and one is good when it runs again.
fn live(folder: &Path) -> Site {
    use std::os::unix::fs::PermissionsExt as _;
    // One turns good, and one tells of a log-in that nobody answers.
    for (name, script) in [
        ("turn", "[ -e \"$0.ran\" ] && echo good || echo bad\ntouch \"$0.ran\""),
        ("openstack", "echo 'Making authentication request to http://h/v3/auth/tokens' > \"$3\""),
    ] {
        let program = folder.join(name);
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("the file can be written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    let site = Site::new(&[
        ("mkdocs.yml", "site_name: Live\n"),
        ("docs/failing.md", "``` console\n$ cat no-such-file\n```\n"),
        ("docs/flaky.md", "``` console\n$ turn\ngood\n```\n"),
        ("docs/unanswered.md", "``` console\n$ openstack token issue\n```\n"),
    ]);
    site.write(
        "doctool.yml",
        format!(
            "cloud: mine\nclouds:\n  mine:\n    env:\n      PATH: {}:/usr/bin:/bin\n    capture: debug\nrun:\n  allow: [cat, turn, openstack]\n",
            folder.display()
        ),
    );
    site
}

/// The names of the kinds of drift, as the guide has them.
fn documented_kinds() -> BTreeSet<String> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/drift.md");
    let guide = fs::read_to_string(guide).expect("our own page");
    guide.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect()
}

/// No single run has all kinds: some need a cloud, some a recording, and some neither. Joined as the
/// reports of several jobs are, they are one report.
#[test]
fn a_report_with_every_kind_of_drift_is_valid_in_every_form() {
    let known: BTreeSet<String> =
        DiagnosticKind::OF_DRIFT.iter().map(|kind| kind.name().to_owned()).collect();
    assert_eq!(documented_kinds(), known, "the guide names what there is");

    let site = drifted().with("GITHUB_STEP_SUMMARY", "reports/summary.md");
    drift_more(&site);
    let pages = ["show", "delete", "unset"].map(|name| format!("docs/openstack/image/{name}"));
    let mut arguments = CHECK.to_vec();
    arguments.extend(pages.iter().map(String::as_str));
    arguments.push("--report=json=reports/replay.json");
    site.doctool(&arguments).exits(1);

    // Two runs that no diagram tells at once.
    record(&site, "create", "recorded");
    let kept = record(&site, "create", "other");
    replace(&site, &format!("{kept}/log.md"), "300 MULTIPLE CHOICES", "200 OK");
    let page = "docs/openstack/image/create";
    let runs =
        ["check", page, "--replay=recorded", "--replay=other", "--report=json=reports/runs.json"];
    site.doctool(&runs).exits(1);

    let page = "docs/openstack/image/set";
    replace(&site, &format!("{page}/diagram.md"), "300 MULTIPLE CHOICES", "200 OK");
    let offline = ["check", page, "--offline", "--report=json=reports/offline.json"];
    site.doctool(&offline).exits(1);

    let folder = tempfile::tempdir().expect("there is room for a folder");
    let cache = folder.path().join("cache").to_string_lossy().into_owned();
    let other = live(folder.path()).with("DOCTOOL_CACHE_DIR", cache);
    let retried = ["check", "--retries=1", "--report=json=live.json"];
    other.doctool(&retried).exits(2);
    site.write("reports/live.json", other.read("live.json"));

    let merge = [
        "report",
        "merge",
        "reports/replay.json",
        "reports/runs.json",
        "reports/offline.json",
        "reports/live.json",
        "--report=json=reports/report.json",
        "--report=jsonl=reports/report.jsonl",
        "--report=junit=reports/report.xml",
        "--report=sarif=reports/report.sarif",
        "--report=markdown=reports/report.md",
        "--format=github",
    ];
    let said = site.doctool(&merge).exits(2);
    validate(&site);
    let report: Value = serde_json::from_str(&site.read("reports/report.json")).expect("JSON");
    let found = kinds(&report);
    let missing: Vec<&String> = known.difference(&found).collect();
    assert_eq!(missing, [""; 0], "each kind is there");
    for form in
        ["report.json", "report.jsonl", "report.xml", "report.sarif", "report.md", "summary.md"]
    {
        let text = site.read(&format!("reports/{form}"));
        known.iter().for_each(|kind| assert!(text.contains(&**kind), "{form} tells of {kind}"));
        assert!(!text.contains(PASSWORD), "{form} has no secret");
    }
    known.iter().for_each(|kind| assert!(said.out.contains(&format!("title={kind}::")), "{kind}"));
    assert!(site.read("reports/report.xml").contains("<flakyFailure type=\"flaky\""));
}

#[test]
fn every_form_of_one_run_is_valid_and_tells_all_of_it() {
    let site = drifted().with("GITHUB_STEP_SUMMARY", "reports/summary.md");
    site.write("reports/summary.md", "before\n");
    let files = [
        "json=report.json",
        "jsonl=report.jsonl",
        "junit=report.xml",
        "sarif=report.sarif",
        "markdown=report.md",
        "text=report.txt",
    ];
    let files = files.map(|file| format!("--report={}", file.replace('=', "=reports/")));
    let mut arguments = CHECK.to_vec();
    arguments.extend(files.iter().map(String::as_str));
    arguments.push("--format=github");
    let said = site.doctool(&arguments).exits(1);
    validate(&site);

    let report: Value = serde_json::from_str(&site.read("reports/report.json")).expect("JSON");
    let expected = [
        "client-changed",
        "content-changed",
        "hand-edit",
        "missing-include",
        "not-verified",
        "output-changed",
        "published-secret",
        "recording-too-old",
        "sequence-changed",
    ];
    let found = kinds(&report);
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let told = [
        "report.json",
        "report.jsonl",
        "report.xml",
        "report.sarif",
        "report.md",
        "report.txt",
        "summary.md",
    ]
    .map(|file| (file, site.read(&format!("reports/{file}"))));
    let told =
        told.iter().map(|(file, text)| (*file, &**text)).chain([("annotations", &*said.out)]);
    for (form, text) in told {
        for kind in expected {
            assert!(text.contains(kind) || form == "report.txt", "{form} tells of {kind}");
        }
        assert!(!text.contains(PASSWORD), "{form} has no secret");
    }
    assert!(site.read("reports/summary.md").starts_with("before\n### doctool: "));
    // A place is one of the file that holds the view, and of the very line.
    let diagram = format!("::error file={PAGE}/diagram.md,line=2,title=sequence-changed::");
    assert!(said.out.contains(&diagram), "{}", said.out);
}

#[test]
fn settings_map_kinds_to_levels() {
    let site = recorded();
    replace(&site, &format!("{RECORDED}/console.txt"), "| active |", "| queued |");
    let check = |level: &str| {
        site.write("doctool.yml", format!("diagnostics:\n  output-changed: {level}\n"));
        site.doctool(&["check", PAGE, "--replay", "recorded", "--format", "github"])
    };
    assert!(check("warning").exits(1).out.starts_with("::warning file="));
    assert!(check("error").exits(1).out.starts_with("::error file="));
    assert_eq!(check("off").exits(0).out, "");
}

#[test]
fn a_check_that_cannot_be_finished_says_so_in_every_form() {
    let site = recorded();
    fs::remove_file(site.path(&format!("{RECORDED}/log.md"))).expect("it is there");
    let arguments = [
        "check",
        PAGE,
        "--replay",
        "recorded",
        "--format=json",
        "--report=junit=r.xml",
        "--report=sarif=r.sarif",
    ];
    let said = site.doctool(&arguments).exits(2);
    let report: Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert!(report["failure"]["message"].is_string(), "{}", said.out);
    assert!(said.err.starts_with("error: "), "{}", said.err);
    assert!(site.read("r.xml").contains("<error "));
    assert!(site.read("r.sarif").contains("\"executionSuccessful\":false"));
}

/// A site of some pages, each with its recording; every other one is stale.
fn several() -> Site {
    let site = Site::of_this_project();
    let names = ["create", "delete", "list", "set", "show", "unset"];
    for (index, name) in names.iter().enumerate() {
        let page = format!("openstack/image/{name}");
        let mut session = console(&site.read(&format!("docs/{page}/index.md")));
        if index % 2 == 0 {
            session.push_str("one more line\n");
        }
        site.write(&format!("recorded/{page}/console.txt"), session);
        site.write(&format!("recorded/{page}/log.md"), site.read(&format!("docs/{page}/log.md")));
    }
    // A part that several pages include has a flaw, which is told once.
    site.write("docs/part.md", "``` console copy\nx\n```\n");
    for name in ["create", "set", "show"] {
        let page = format!("docs/openstack/image/{name}/index.md");
        site.write(&page, site.read(&page) + "\n--8<-- \"part.md\"\n");
    }
    for name in ["add-project", "member-list", "remove-project", "save"] {
        fs::remove_dir_all(site.path(&format!("docs/openstack/image/{name}"))).expect("a page");
    }
    site
}

#[test]
fn the_joined_reports_of_shards_are_the_report_of_one_run() {
    let site = several();
    let check = ["check", "docs/openstack", "--replay", "recorded", "--report"];
    let whole = site.doctool(&[&check[..], &["json=whole.json"]].concat()).exits(1);
    let mut shards = Vec::new();
    for index in 1..=4 {
        let (shard, file) = (format!("--shard={index}/4"), format!("{index}.json"));
        let report = format!("json={file}");
        let said = site.doctool(&[&check[..], &[&report, &shard]].concat());
        assert!(said.code < Some(2), "{}", said.err);
        shards.push(file);
    }
    shards.reverse();
    let shards: Vec<&str> = shards.iter().map(String::as_str).collect();
    let merge = [&["report", "merge", "--report=json=merged.json"], &shards[..]].concat();
    let merged = site.doctool(&merge).exits(1);
    assert_eq!(merged.out, whole.out);
    assert_eq!(site.read("merged.json"), site.read("whole.json"));
    assert!(whole.out.contains("3 of 24 views stale on 6 pages"), "{}", whole.out);
}

#[test]
fn only_pages_that_changed_are_looked_at() {
    let site = several();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let author = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        run(command.args(author).args(arguments).current_dir(site.path(".")))
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "-m", "before"]);
    let check = || {
        let arguments = [
            "check",
            "docs/openstack",
            "--replay=recorded",
            "--changed-since=HEAD",
            "--format=json",
        ];
        let said = site.doctool(&arguments);
        let report: Value = serde_json::from_str(&said.out).expect("it is JSON");
        let pages = report["pages"].as_array().expect("a list").iter();
        let pages = pages.map(|page| page["path"].as_str().expect("a path").to_owned());
        let pages: Vec<String> = pages.collect();
        assert_eq!(said.code == Some(2), pages.is_empty(), "{}", said.err);
        pages
    };
    assert_eq!(check(), [""; 0], "nothing changed");
    let page = |name: &str| format!("openstack/image/{name}/index.md");
    let log = "docs/openstack/image/delete/log.md";
    site.write(log, site.read(log) + "\n");
    assert_eq!(check(), [page("delete")], "a view that the page includes");
    site.write("docs/part.md", "a part\n");
    assert_eq!(check().len(), 4, "a part of three pages");
    site.write("doctool.yml", site.read("doctool.yml") + "\n# another\n");
    assert_eq!(check().len(), 6, "the settings");
    let unknown = ["check", "--replay=recorded", "--changed-since=no-such-revision"];
    let said = site.doctool(&unknown).exits(2);
    assert!(said.err.contains("git knows no revision `no-such-revision`"), "{}", said.err);
}
