//! Commands that name things by the ids that the page documents, on a cloud that has others.
//!
//! The cloud is a folder, and `things` a program that makes, shows and removes files in it.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

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
             OS_AUTH_URL: http://{name}.example.org\nrun:\n  allow: [things]\n",
            store.display(),
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
    assert_eq!(said.out, "2 views up to date on 2 pages\n");
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
    assert_eq!(
        said.err.lines().last(),
        Some(&*format!(
            "hint: refresh the page that makes `{ONE}` in the same run, or say below `vars` in the \
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
    assert_eq!(said.out, "4 views up to date on 1 page\n");
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
        said.err.contains("error: `vars.thing_id`: `things calls` prints no single value\n"),
        "{}",
        said.err
    );
    site.write("docs/show.md", page(&front_matter("things word", "the-one"), &session));
    let said = site.doctool(&["check"]).exits(2);
    assert!(
        said.err.contains("`vars.thing_id`: `the-one` is not known for a value that is volatile"),
        "{}",
        said.err
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
    assert!(said.out.ends_with("1 of 3 views stale on 3 pages\n"), "{}", said.out);
}
