//! The log that services write as the source of what commands send: only what a run adds counts.

mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;

use doctool::capture::Capture as _;
use doctool::capture::participants::Participants;
use doctool::capture::requestshook::HookedLog;
use doctool::model::{Recording, Service};
use support::Site;

fn request(id: u32, path: &str) -> String {
    format!(
        "\n### (unknown) REQ >>> (unknown) : GET http://h{path}\nUser-Agent: client/1 x\n\
         X-Requestshook-Request-Id: {id}\n\nnone\n\n"
    )
}

fn response(id: u32, path: &str) -> String {
    format!(
        "\n### (unknown) RESP <<< (unknown) : 200 OK GET http://h{path}\n\
         X-Requestshook-Request-Id: {id}\n\nnone\n\n"
    )
}

fn exchange(id: u32, path: &str) -> String {
    request(id, path) + &response(id, path)
}

fn log(place: &str, folder: &Path) -> HookedLog {
    let services = vec![Service { name: "service".into(), url: "http://h".into() }];
    let participants = Participants::new(services, Vec::new());
    HookedLog::new(place, folder, participants, &|_| {}).expect("the place is one")
}

fn append(path: &Path, text: &str) {
    let file = fs::OpenOptions::new().append(true).create(true).open(path);
    file.expect("it can be opened").write_all(text.as_bytes()).expect("it can be written");
}

fn told(recording: &Recording) -> Vec<String> {
    recording
        .arrows()
        .map(|arrow| format!("{}>{} {}", arrow.from, arrow.to, arrow.label()))
        .collect()
}

/// What is recorded in a log with something in it while this is done to its file.
fn recorded(change: impl FnOnce(&Path)) -> Vec<String> {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("hook.log");
    append(&path, &exchange(1, "/before"));
    let mut log = log("hook.log", folder.path());
    log.begin().expect("it can be read");
    change(&path);
    told(&log.end().expect("it can be read"))
}

const NEW: [&str; 2] = ["client>service GET /new", "client>service 200 OK /new"];

#[test]
fn only_what_was_added_is_told_and_unknown_ones_get_names() {
    assert_eq!(recorded(|path| append(path, &exchange(2, "/new"))), NEW);
    assert_eq!(recorded(|_| ()), [""; 0]);
}

#[test]
fn a_response_that_comes_late_is_waited_for() {
    let told = recorded(|path| {
        append(path, &request(2, "/new"));
        let (path, answer) = (path.to_owned(), response(2, "/new"));
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(700));
            let (half, rest) = answer.split_at(40);
            append(&path, half);
            thread::sleep(Duration::from_millis(500));
            append(&path, rest);
        });
    });
    assert_eq!(told, NEW);
}

#[test]
fn a_log_that_is_moved_away_is_read_on_in_both_files() {
    let told = recorded(|path| {
        append(path, &request(2, "/new"));
        fs::rename(path, path.with_extension("1")).expect("it can be moved");
        append(path, &response(2, "/new"));
    });
    assert_eq!(told, NEW);
}

#[test]
fn a_log_that_is_cut_short_is_read_from_its_start() {
    let longer = exchange(2, "/new") + &"\n".repeat(500);
    for text in [exchange(2, "/new"), longer] {
        assert_eq!(recorded(|path| fs::write(path, &text).expect("it can be written")), NEW);
    }
}

#[test]
fn a_log_that_is_not_there_yet_is_empty() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let mut log = log("later.log", folder.path());
    log.begin().expect("nothing is there to be read");
    append(&folder.path().join("later.log"), &exchange(2, "/new"));
    assert_eq!(told(&log.end().expect("it can be read")), NEW);
}

/// Answers each request to a file with what it holds, as servers do that know ranges, or do not.
fn serve(path: std::path::PathBuf, knows_ranges: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/hook.log", listener.local_addr().expect("it listens"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("somebody connects");
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0)
            {
                head.extend(byte);
            }
            let head = String::from_utf8(head).expect("a head is text").to_ascii_lowercase();
            let content = fs::read(&path).expect("it can be read");
            let range = head.split("range: bytes=").nth(1).filter(|_| knows_ranges);
            let from = range.and_then(|range| range.split('-').next()?.parse::<usize>().ok());
            let (status, part) = match from {
                Some(from) if from >= content.len() => ("416 Range Not Satisfiable", &content[..0]),
                Some(from) => ("206 Partial Content", &content[from..]),
                None => ("200 OK", &*content),
            };
            let length = part.len();
            let head_only = head.starts_with("head");
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            let part = if head_only { &[] } else { part };
            let _ = stream.write_all(&[answer.as_bytes(), part].concat());
        }
    });
    url
}

#[test]
fn a_log_is_read_over_http() {
    for knows_ranges in [true, false] {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let path = folder.path().join("hook.log");
        append(&path, &exchange(1, "/before"));
        let mut log = log(&serve(path.clone(), knows_ranges), folder.path());
        log.begin().expect("it can be read");
        append(&path, &exchange(2, "/new"));
        assert_eq!(told(&log.end().expect("it can be read")), NEW);
    }
}

#[test]
fn a_page_is_recorded_from_the_log_that_its_profile_names() {
    let site = Site::new(&[
        (
            "mkdocs.yml",
            "site_name: x\nmarkdown_extensions: [pymdownx.snippets, pymdownx.superfences]\n",
        ),
        (
            "docs/index.md",
            "# Page\n\n```console\n$ talk /new\nold\n```\n\n```mermaid\nsequenceDiagram\n    autonumber\n    \
             client->>service: GET /old\n    service-->>client: 200 OK /old\n```\n",
        ),
    ]);
    // A program of the site itself would not be started.
    let programs = Site::new(&[]);
    let bin = programs.path("bin");
    site.write("hook.log", exchange(1, "/before"));
    let entries = exchange(2, "/new")
        .replace("(unknown) RE", "(client) RE")
        .replace("(unknown) :", "(service) :");
    site.write("entries", entries);
    let script = format!(
        "#!/bin/sh\necho \"said $1\"\ncat {0}/entries >> {0}/hook.log\n",
        site.path(".").display()
    );
    programs.write("bin/talk", script);
    fs::set_permissions(bin.join("talk"), fs::Permissions::from_mode(0o755)).expect("it is ours");
    let settings = format!(
        "cloud: mine\nrun: {{allow: [talk]}}\nclouds:\n  mine:\n    env: {{PATH: '{}:/usr/bin:/bin'}}\n    \
         capture: {{requestshook: hook.log}}\n",
        bin.display()
    );
    site.write("doctool.yml", settings);
    site.doctool(&["record", "--out", "kept"]).exits(0);
    assert_eq!(site.read("kept/console.txt"), "$ talk /new\nsaid /new\n");
    assert_eq!(site.read("kept/log.md"), site.read("entries"));
}
