//! Commands that name things by the ids that the page documents, on a cloud that has others.
//!
//! Here a cloud is a folder, and `things` a program that makes, shows and removes files in it, or a
//! server that `ask` talks to.

mod support;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};
use std::thread;

use support::{Said, Site};

const ONE: &str = "a42bfade-78ec-4c95-b7b4-272ba265072c";
const TWO: &str = "98b68b53-2939-474e-aab1-64a49c57e941";

/// Ids are numbered by how many things there have been. What the program was told is in `calls`.
const THINGS: &str = r#"#!/bin/sh
cd "$STORE" || exit 1
echo "$*" >> calls
case "$1" in
create)
    echo x >> made
    id=$(printf '00000000-0000-4000-8000-%012d' "$(wc -l < made)")
    echo "$2" > "$id"
    echo "{\"id\": \"$id\", \"name\": \"$2\"}" ;;
word) echo word ;;
find) grep -lx "$2" 0*-* ;;
show) test -f "$2" || { echo "no thing $2"; exit 1; }; printf '| id   | %s |\n| name | %s |\n' "$2" "$(cat "$2")" ;;
read) while read -r id; do cat "$id"; done ;;
remove) rm "$2" ;;
esac
"#;

/// A site with these pages, whose commands may be `things`.
fn site(pages: &[(&str, String)]) -> Site {
    let site = Site::new(&[]);
    site.write("bin/things", THINGS);
    fs::set_permissions(site.path("bin/things"), fs::Permissions::from_mode(0o755))
        .expect("the file is ours");
    cloud(&site, "first");
    let nav: String = pages.iter().map(|(name, _)| format!("  - {name}.md\n")).collect();
    site.write("mkdocs.yml", format!("site_name: Things\nnav:\n{nav}"));
    for (name, text) in pages {
        site.write(&format!("docs/{name}.md"), text);
    }
    site
}

/// Sets the cloud of the site, a new one if it is not there.
fn cloud(site: &Site, name: &str) {
    let (store, bin) = (site.path(name), site.path("bin"));
    fs::create_dir_all(&store).expect("there is room for a folder");
    site.write(
        "doctool.yml",
        format!(
            "cloud: mine\nclouds:\n  mine:\n    env:\n      STORE: {}\n      PATH: {}:/usr/bin:/bin\n      \
             OS_AUTH_URL: http://{name}.example.org\nrun:\n  allow: [{}/things]\n",
            store.display(),
            bin.display(),
            bin.display()
        ),
    );
}

fn page(front_matter: &str, session: &str) -> String {
    let head =
        if front_matter.is_empty() { String::new() } else { format!("---\n{front_matter}---\n\n") };
    format!("{head}# Things\n\nThe thing is `{ONE}`.\n\n``` console\n{session}```\n")
}

fn creates() -> String {
    page("", &format!("$ things create one\n{{\"id\": \"{ONE}\", \"name\": \"one\"}}\n"))
}

fn shows() -> String {
    page("", &format!("$ things show {ONE}\n| id   | {ONE} |\n| name | one |\n"))
}

/// The program's arguments so far, one call a line.
fn calls(site: &Site, cloud: &str) -> String {
    site.read(&format!("{cloud}/calls"))
}

const LIVE: &str = "00000000-0000-4000-8000-000000000001";

#[track_caller]
fn unchanged(site: &Site, arguments: &[&str]) -> Said {
    let docs = |site: &Site| {
        site.files()
            .into_iter()
            .filter(|(path, _)| path.starts_with(site.path("docs")))
            .collect::<Vec<_>>()
    };
    let before = docs(site);
    let said = site.doctool(arguments).exits(0);
    assert_eq!(docs(site), before);
    said
}

#[test]
fn a_page_uses_what_another_page_of_the_run_makes() {
    let site = site(&[("create", creates()), ("show", shows())]);
    let said = unchanged(&site, &["check"]);
    assert_eq!(said.out, "2 views up to date on 2 pages, live\n");
    assert_eq!(calls(&site, "first"), format!("create one\nshow {LIVE}\n"));
    assert!(!site.path(".doctool").exists(), "check writes nothing");
}

#[test]
fn what_was_learnt_is_kept_for_later_runs_on_the_same_cloud() {
    let site = site(&[("create", creates()), ("show", shows())]);
    unchanged(&site, &["refresh"]);
    assert_eq!(site.read(".doctool/.clouds/.gitignore"), "*\n");
    unchanged(&site, &["refresh", "docs/show.md"]);
    unchanged(&site, &["check", "docs/show.md"]);
    assert_eq!(
        calls(&site, "first"),
        format!("create one\nshow {LIVE}\nshow {LIVE}\nshow {LIVE}\n")
    );
    cloud(&site, "second");
    let said = site.doctool(&["check", "docs/show.md"]).exits(2);
    assert_eq!(calls(&site, "second"), format!("show {ONE}\n"), "another cloud knows nothing");
    let hint = said.out.lines().find(|line| line.contains("hint: "));
    assert_eq!(
        hint,
        Some(&*format!(
            "  = hint: refresh the page that makes `{ONE}` in the same run, or say below `vars` in the \
             page's front matter how to look it up on cloud `mine`"
        ))
    );
}

#[test]
fn an_id_that_is_gone_is_told_with_a_hint_and_replaced_by_the_next_run() {
    let site = site(&[("create", creates()), ("show", shows())]);
    unchanged(&site, &["refresh"]);
    fs::remove_file(site.path("first").join(LIVE)).expect("the thing is there");
    let said = site.doctool(&["refresh", "docs/show.md"]).exits(2);
    assert!(
        said.err.contains(&format!("`things show {ONE}` exited with status 1")),
        "{}",
        said.err
    );
    assert!(said.err.contains(&format!("| no thing {LIVE}\n")), "{}", said.err);
    let hint = format!("hint: see whether `{LIVE}`, which stands for `{ONE}` on cloud `mine`, is");
    assert!(said.err.contains(&hint), "{}", said.err);
    assert!(said.err.contains("or delete `.doctool/.clouds/mine-"), "{}", said.err);
    unchanged(&site, &["refresh"]);
    assert!(
        calls(&site, "first").ends_with("create one\nshow 00000000-0000-4000-8000-000000000002\n")
    );
}

#[test]
fn a_command_uses_what_an_earlier_one_of_its_page_prints() {
    let session = format!(
        "$ things create one\n{{\"id\": \"{ONE}\", \"name\": \"one\"}}\n$ things create two\n\
         {{\"id\": \"{TWO}\", \"name\": \"two\"}}\n$ things read <<EOF\n> {TWO}\n> {ONE}\n> EOF\ntwo\none\n\
         $ things show {ONE}\n| id   | {ONE} |\n| name | one |\n"
    );
    let teardown = format!("doctool:\n  teardown:\n    - things remove {ONE}\n");
    let site = site(&[("all", page(&teardown, &session))]);
    let said = unchanged(&site, &["check"]);
    assert_eq!(said.out, "4 views up to date on 1 page, live\n");
    assert!(calls(&site, "first").ends_with(&format!("show {LIVE}\nremove {LIVE}\n")));
}

#[test]
fn a_page_says_how_to_look_up_what_it_names() {
    let front_matter = |command: &str, documented: &str| {
        format!(
            "doctool:\n  setup:\n    - things create other\n    - things create one\n  vars:\n    thing_id:\n      \
             documented: {documented}\n      command: {command}\n"
        )
    };
    let session = format!("$ things show {ONE}\n| id   | {ONE} |\n| name | one |\n");
    let site = site(&[("show", page(&front_matter("things find one", ONE), &session))]);
    unchanged(&site, &["check"]);
    let second = "00000000-0000-4000-8000-000000000002";
    assert!(calls(&site, "first").ends_with(&format!("find one\nshow {second}\n")));

    site.write("docs/show.md", page(&front_matter("things calls", ONE), &session));
    let said = site.doctool(&["check"]).exits(2);
    assert!(
        said.out.contains(
            "error[command-failed]: `vars.thing_id`: `things calls` prints no single value\n"
        ),
        "{}",
        said.out
    );
    site.write("docs/show.md", page(&front_matter("things word", "the-one"), &session));
    let said = site.doctool(&["check"]).exits(2);
    assert!(
        said.out.contains("`vars.thing_id`: `the-one` is not known for a value that is volatile"),
        "{}",
        said.out
    );
    site.write("docs/show.md", page(&front_matter("echo one", ONE), &session));
    let said = site.doctool(&["check"]).exits(2);
    assert!(said.err.contains("`echo` is not in `run.allow`"), "{}", said.err);
}

#[test]
fn one_thing_has_one_name_on_all_pages_of_a_run() {
    let vars = |documented: &str| {
        format!(
            "doctool:\n  vars:\n    id: {{documented: {documented}, command: things find one}}\n"
        )
    };
    let session = |id: &str| format!("$ things show {id}\n| id   | {id} |\n| name | one |\n");
    let pages = [
        ("create", creates()),
        ("a", page(&vars(ONE), &session(ONE))),
        ("b", page(&vars(TWO), &session(TWO))),
    ];
    let site = site(&pages);
    let said = site.doctool(&["check"]).exits(1);
    assert!(said.out.contains(&format!("-| id   | {TWO} |\n+| id   | {ONE} |\n")), "{}", said.out);
    assert!(said.out.ends_with("1 of 3 views stale on 3 pages, live\n"), "{}", said.out);
}

/// Sends a request, through the recorder if there is one, and prints the content of the answer.
const ASK: &str = r#"#!/bin/bash
proxy=${http_proxy#http://}
where=${proxy##*@}
where=${where:-$SERVER}
where=${where%/}
exec 3<>"/dev/tcp/${where%:*}/${where#*:}"
key=$(printf %s "${proxy%@*}" | base64 -w0)
printf '%s http://%s%s HTTP/1.1\r\nHost: %s\r\n' "$1" "$SERVER" "$2" "$SERVER" >&3
printf 'Proxy-Authorization: Basic %s\r\nConnection: close\r\n\r\n' "$key" >&3
read -r _ status _ <&3
while read -r line && test "$line" != $'\r'; do :; done <&3
cat <&3
test "$status" -lt 400
"#;

/// A server with images: makes one with the next id, shows and removes it. Gives its address, and
/// what it was asked.
fn images() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let calls = Arc::clone(&asked);
    thread::spawn(move || {
        let mut images: Vec<String> = Vec::new();
        let mut made = 0;
        for stream in listener.incoming() {
            let mut stream = stream.expect("somebody connects");
            let mut lines = BufReader::new(stream.try_clone().expect("it is open")).lines();
            let line = lines.next().expect("somebody asks").expect("in text");
            for line in lines {
                if line.expect("a head is text").is_empty() {
                    break;
                }
            }
            let words: Vec<&str> = line.split(' ').collect();
            let [method, path, _] = *words else { panic!("`{line}` is no request") };
            let path = &path[path.find("/images").expect("images are all there is")..];
            let last = path.rsplit(['/', '=']).next().expect("a path has an end");
            calls.lock().expect("nobody fails").push(format!("{method} {path}"));
            let known = images.iter().any(|id| id == last);
            let (status, body) = match method {
                "POST" => {
                    made += 1;
                    images.push(format!("00000000-0000-4000-8000-{made:012}"));
                    let id = images.last().expect("one was added");
                    ("201 Created", format!("{{\"id\": \"{id}\", \"name\": \"{last}\"}}"))
                }
                "DELETE" if known => {
                    images.retain(|id| id != last);
                    ("204 No Content", String::new())
                }
                "GET" if known => ("200 OK", format!("{{\"id\": \"{last}\", \"name\": \"one\"}}")),
                _ => ("404 Not Found", format!("no image {last}")),
            };
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .expect("somebody listens");
        }
    });
    (address, asked)
}

#[test]
fn what_the_setup_makes_has_the_documented_id_of_what_has_its_name() {
    let (server, asked) = images();
    let site = Site::new(&[]);
    site.write("bin/ask", ASK);
    fs::set_permissions(site.path("bin/ask"), fs::Permissions::from_mode(0o755))
        .expect("the file is ours");
    site.write(
        "doctool.yml",
        format!(
            "cloud: mine\nclouds:\n  mine:\n    env:\n      SERVER: {server}\n      \
             PATH: {}:/usr/bin:/bin\nrun:\n  allow: [{}/ask]\n",
            site.path("bin").display(),
            site.path("bin").display()
        ),
    );
    site.write(
        "mkdocs.yml",
        "site_name: Images\nmarkdown_extensions:\n  - pymdownx.snippets:\n      base_path: [docs]\n",
    );
    site.write("docs/log.md", "");
    site.write(
        "docs/index.md",
        format!(
            "---\ndoctool:\n  setup:\n    - ask POST /images?name=one\n  teardown:\n    - ask DELETE \
             /images/{LIVE}\n---\n\n``` console\n$ ask GET /images/{LIVE}\n```\n\n``` text\n--8<-- \
             \"log.md\"\n```\n"
        ),
    );
    site.doctool(&["refresh"]).exits(0);
    assert!(site.read("docs/log.md").contains(&format!("GET http://{server}/images/{LIVE}\n")));
    assert!(
        site.read("docs/index.md")
            .contains(&format!("{{\"id\": \"{LIVE}\", \"name\": \"one\"}}\n"))
    );
    unchanged(&site, &["refresh"]);
    let second = "00000000-0000-4000-8000-000000000002";
    let asked = asked.lock().expect("nobody fails");
    let run = |id: &str| {
        ["POST /images?name=one", &format!("GET /images/{id}"), &format!("DELETE /images/{id}")]
            .map(str::to_owned)
    };
    assert_eq!(*asked, [run(LIVE), run(second)].concat());
}

#[test]
fn a_page_that_shows_nothing_yet_is_told_in_the_ids_that_it_types() {
    let vars =
        format!("doctool:\n  vars:\n    id: {{documented: {ONE}, command: things find one}}\n");
    let pages = [("create", creates()), ("show", page(&vars, &format!("$ things show {ONE}\n")))];
    let site = site(&pages);
    site.doctool(&["refresh"]).exits(0);
    let shown = page(&vars, &format!("$ things show {ONE}\n| id   | {ONE} |\n| name | one |\n"));
    assert_eq!(site.read("docs/show.md"), shown);
    fs::remove_dir_all(site.path(".doctool")).expect("it was made");
    site.write("docs/show.md", page(&vars, &format!("$ things show {ONE}\n")));
    fs::remove_file(site.path("first").join("00000000-0000-4000-8000-000000000001"))
        .expect("the thing is there");
    site.write("first/00000000-0000-4000-8000-000000000009", "one\n");
    site.doctool(&["refresh", "docs/show.md"]).exits(0);
    assert_eq!(site.read("docs/show.md"), shown);
}
