//! `doctool render`: a log, and nothing else, becomes a view.

mod support;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use doctool::capture::participants::Participants;
use doctool::capture::{har, requestshook};
use doctool::model::Run;
use doctool::render;
use doctool::settings::doctool::RedactSettings;
use doctool::stabilise::{Secrets, StableRecording};
use serde_json::{Value, json};
use support::Site;

const PASSWORD: &str = "of-nobody-else";

/// Two exchanges at once, with secrets, a form, bytes, and a body that looks like an entry.
fn log() -> String {
    let token = format!("gAAAAABj{}", "x0-_".repeat(30));
    let mut log = String::new();
    let mut entry = |heading: &str, id: u32, header: &str, body: &str| {
        write!(log, "\n### {heading}\nX-Requestshook-Request-Id: {id}\n{header}\n\n{body}\n\n")
            .expect("writing to a string does not fail");
    };
    let auth = format!(
        "{{\n  \"auth\": {{\n    \"password\": {{\n      \"user\": {{\n        \"name\": \"demo\",\n        \
         \"password\": \"{PASSWORD}\"\n      }}\n    }}\n  }}\n}}"
    );
    entry("(openstack) REQ >>> (keystone) : POST http://h/v3/auth/tokens", 1, "Host: h", &auth);
    entry("(unknown) REQ >>> (glance-api) : GET http://h/x", 2, "Host: h", "none");
    let subject = format!("X-Subject-Token: {token}");
    entry(
        "(openstack) RESP <<< (keystone) : 201 CREATED POST http://h/v3/auth/tokens",
        1,
        &subject,
        "{\n  \"token\": {\n    \"methods\": []\n  }\n}",
    );
    let body = format!("text {PASSWORD}\n```\n\n\n### (a) REQ >>> (b) : GET http://h/none\n\nnone");
    entry("(unknown) RESP <<< (glance-api) : 200 OK GET None", 2, "Host: h", &body);
    entry(
        "(openstack) REQ >>> (glance-api) : PUT http://h/file?password=a%20b",
        3,
        &format!("X-Auth-Token: {token}"),
        r"b'QFI\xfb\x00\x00\x00\x03'...",
    );
    entry(
        "(openstack) RESP <<< (glance-api) : 400 Bad Request PUT http://h/file",
        3,
        "A: b",
        "{1}",
    );
    log
}

fn rendered(site: &Site, log: &str, form: &str) -> String {
    site.doctool(&["render", log, "--to", form]).exits(0).out
}

#[test]
fn a_log_becomes_what_a_page_with_it_shows() {
    let mut logs = vec![log(), log().replace('\n', "\r\n")];
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pages/docs/openstack/image");
    for page in fs::read_dir(pages).into_iter().flatten() {
        let page = page.expect("the folder can be read").path();
        logs.push(fs::read_to_string(page.join("log.md")).expect("a page has a log"));
    }
    for log in logs {
        let recording = requestshook::parse(&log).expect("it has entries");
        let run = Run { outputs: Vec::new(), recording };
        let secrets = Secrets::of(&[], &run, &RedactSettings::default());
        let stable = StableRecording::redacted(secrets.redact(&run));
        let site = Site::new(&[("log.md", &log)]);
        assert_eq!(rendered(&site, "log.md", "log"), render::log(&stable));
        assert_eq!(rendered(&site, "log.md", "diagram"), render::diagram(&stable));
        assert_eq!(rendered(&site, "log.md", "body"), render::body(&stable));
    }
}

#[test]
fn no_secret_is_in_any_form() {
    let site = Site::new(&[("log.md", &log())]);
    for form in ["diagram", "body", "log", "har"] {
        let text = rendered(&site, "log.md", form);
        assert!(!text.contains(PASSWORD) && !text.contains("gAAAAA"), "{form}: {text}");
        assert!(!text.contains("a%20b"), "{form}: {text}");
    }
    let site = Site::new(&[("log.md", &log()), ("doctool.yml", "redact: {headers: [Host]}\n")]);
    assert!(rendered(&site, "log.md", "log").contains("Host: [redacted:secret]\n"));
}

#[test]
fn a_secret_goes_from_where_it_is_told_on_however_long_the_log_is() {
    // Long enough for many pieces at once, some of which tell something that all behind them need.
    let mut log = String::new();
    let mut shown = String::new();
    let heading = "(a) REQ >>> (b) : POST http://h/x";
    for number in 0..4000_usize {
        let (told, before) = (number / 150, (number / 150).saturating_sub(1));
        let words = format!("{} word-{before:05} word-{:05}", "text ".repeat(100), told + 1);
        let of = |told: &str| match number % 150 {
            0 => format!("{{\n  \"password\": \"{told}\"\n}}"),
            _ => words.clone(),
        };
        write!(log, "\n### {heading}\nHost: h\n\n{}\n\n", of(&format!("word-{told:05}")))
            .expect("writing to a string does not fail");
        let known = |word: String| match word.strip_prefix("word-") {
            Some(digits) if digits.parse::<usize>().is_ok_and(|word| word <= told) => {
                "[redacted:password]".to_owned()
            }
            _ => word,
        };
        let body = match number % 150 {
            0 => of("[redacted:password]"),
            _ => words.split(' ').map(|word| known(word.to_owned())).collect::<Vec<_>>().join(" "),
        };
        write!(shown, "\n### {heading}\nHost: h\n\n{body}\n\n")
            .expect("writing to a string does not fail");
    }
    let site = Site::new(&[("log.md", &log)]);
    assert!(rendered(&site, "log.md", "log") == shown, "it is as one would read it, line by line");
    let sections = rendered(&site, "log.md", "body");
    let steps = sections.lines().filter_map(|line| line.strip_prefix("### (")?.split_once(')'));
    assert!(steps.map(|(step, _)| step.parse()).eq((1..=4000).map(Ok)), "steps are in order");
}

#[test]
fn har_has_an_entry_for_each_exchange_with_what_it_has_no_place_for() {
    let unanswered = "\n### (a) REQ >>> (b) : GET http://h/late?x=1%202&y\nDate: no\n\nnone\n\n";
    let site = Site::new(&[("log.md", &(log() + unanswered))]);
    let har = rendered(&site, "log.md", "har");
    let har: Value = serde_json::from_str(&har).expect("it is JSON");
    assert_eq!(har["log"]["version"], "1.2");
    let entries = har["log"]["entries"].as_array().expect("it is an array");
    let steps: Vec<(&Value, &Value)> =
        entries.iter().map(|entry| (&entry["_requestStep"], &entry["_responseStep"])).collect();
    let expected =
        [(json!(1), json!(3)), (json!(2), json!(4)), (json!(5), json!(6)), (json!(7), Value::Null)];
    assert_eq!(steps, expected.iter().map(|(one, two)| (one, two)).collect::<Vec<_>>());
    let [token, odd, file, late] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!((&token["_from"], &token["_to"]), (&json!("openstack"), &json!("keystone")));
    assert_eq!(token["response"]["status"], 201);
    assert_eq!(token["response"]["statusText"], "CREATED");
    assert_eq!(
        odd["response"]["content"]["text"].as_str().map(|text| text.contains("GET http://h/none")),
        Some(true)
    );
    assert_eq!(file["request"]["postData"]["encoding"], "base64");
    assert_eq!(file["request"]["postData"]["text"], "UUZJ+wAAAAM=");
    assert_eq!(file["request"]["postData"]["_cutFrom"], Value::Null);
    assert_eq!(late["response"]["_error"], "there is no response");
    assert_eq!(
        late["request"]["queryString"],
        json!([{"name": "x", "value": "1 2"}, {"name": "y", "value": ""}])
    );
}

#[test]
fn a_har_entry_has_both_sides_however_far_apart_they_are() {
    // More than is read at once lies between each request and its response.
    let mut log = String::new();
    let side = |number: usize, what: &str| {
        let body = format!("{number} \"{}\"", "text\n".repeat(100));
        format!(
            "\n### (a) {what} http://h/{number}\nX-Requestshook-Request-Id: {number}\n\n{body}\n\n"
        )
    };
    (0..1000).for_each(|number| log += &side(number, "REQ >>> (b) : GET"));
    (0..1000).for_each(|number| log += &side(number, "RESP <<< (b) : 200 OK GET"));
    let site = Site::new(&[("log.md", &log)]);
    let har: Value = serde_json::from_str(&rendered(&site, "log.md", "har")).expect("it is JSON");
    let entries = har["log"]["entries"].as_array().expect("it is an array");
    assert_eq!(entries.len(), 1000);
    for (number, entry) in entries.iter().enumerate() {
        assert_eq!(entry["request"]["url"], format!("http://h/{number}"));
        assert_eq!(entry["_requestStep"], number + 1);
        assert_eq!(entry["_responseStep"], number + 1001);
        for text in [&entry["request"]["postData"]["text"], &entry["response"]["content"]["text"]] {
            let text = text.as_str().expect("it is a text");
            assert!(text.starts_with(&format!("{number} \"text\n")), "{text}");
        }
    }
}

/// Logs of pages: our own, and those that people have published.
fn logs_of_pages() -> Vec<String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [project.join("docs"), project.join("tests"), project.join("../shared/pages")];
    let files = folders.iter().flat_map(|folder| walkdir::WalkDir::new(folder).sort_by_file_name());
    let files = files.filter_map(|file| file.ok().map(walkdir::DirEntry::into_path));
    let logs = files.filter(|path| path.file_name().is_some_and(|name| name == "log.md"));
    logs.map(|path| fs::read_to_string(path).expect("a log is text")).collect()
}

#[test]
fn what_goes_out_as_har_comes_back_as_the_same_recording() {
    let odd = log()
        + "\n### (a) RESP <<< (b) : odd GET None\nX: \n\nnone\n\n"
        + "\n### (a) RESP <<< (b) : 0200 GET http://h/x\n\ntext\n... (99 bytes)\n\n"
        + "\n### (a) REQ >>> (b) : M-GET *\nConnection: close\n:x: y\n\nb'\\x00'... (40 bytes)\n\n";
    let logs = logs_of_pages();
    assert!(logs.len() >= 11, "there are pages with logs");
    for log in logs.iter().chain([&odd]) {
        let site = Site::new(&[("log.md", log)]);
        let plain = rendered(&site, "log.md", "log");
        let site = Site::new(&[("plain.md", &plain)]);
        site.write("x.har", rendered(&site, "plain.md", "har"));
        let seen = har::read(site.read("x.har").as_bytes(), &mut Participants::default());
        let seen = seen.expect("it is a HAR");
        assert_eq!(Some(seen.recording), requestshook::parse(&plain));
        assert_eq!((seen.left_out, seen.unpaired), (vec![], vec![]));
        for form in ["log", "diagram", "body", "har"] {
            assert_eq!(rendered(&site, "x.har", form), rendered(&site, "plain.md", form));
        }
    }
}

#[test]
fn standard_input_is_drawn_while_it_is_being_written() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_doctool"))
        .args(["render", "-", "--to", "diagram"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("doctool can be started");
    let mut input = child.stdin.take().expect("it is piped");
    let mut output = child.stdout.take().expect("it is piped");
    input.write_all(log().as_bytes()).expect("it reads");
    // The last entry has an end only when the input has one.
    let expected = "openstack->>keystone: POST /v3/auth/tokens\nunknown->>glance-api: GET /x\n";
    let mut first = vec![0; expected.len()];
    output.read_exact(&mut first).expect("it does not wait for more");
    assert_eq!(String::from_utf8_lossy(&first), expected);
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).expect("it is text");
    assert!(rest.ends_with("glance-api-->>openstack: 400 Bad Request /file\n"), "{rest}");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn whoever_has_seen_enough_may_close() {
    let site = Site::new(&[("log.md", &log().repeat(2000))]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_doctool"))
        .args(["render", "log.md", "--to", "log"])
        .current_dir(site.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("doctool can be started");
    let mut output = child.stdout.take().expect("it is piped");
    output.read_exact(&mut [0; 10]).expect("there is something");
    drop(output);
    let said = child.wait_with_output().expect("it ends");
    assert!(said.status.success() && said.stderr.is_empty(), "{said:?}");
}

#[test]
fn what_is_no_log_is_an_error_with_its_place() {
    let site = Site::new(&[("text.md", "# A title\n")]);
    let said = site.doctool(&["render", "text.md", "--to", "log"]).exits(2);
    assert!(said.err.contains("this is no log: it has no entry"), "{}", said.err);
    assert!(said.err.contains("text.md"), "{}", said.err);
    let said = site.doctool(&["render", "missing.md", "--to", "log"]).exits(2);
    assert!(said.err.contains("cannot read this log"), "{}", said.err);
}
