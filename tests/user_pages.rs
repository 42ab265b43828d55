//! Real pages of a user, where they are at hand: beside the project, in `../shared/pages`.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use doctool::capture::requestshook;
use doctool::model::Run;
use doctool::render;
use doctool::settings::doctool::RedactSettings;
use doctool::stabilise::{self, Pins, Secrets, StableRecording, Volatile};
use serde_json::Value;

/// The folders of the pages; none where the pages are not at hand.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pages/docs/openstack/image");
    let Ok(entries) = fs::read_dir(root) else { return Vec::new() };
    entries.map(|entry| entry.expect("the folder can be read").path()).collect()
}

fn recorded(page: &Path) -> (String, Run) {
    let log = fs::read_to_string(page.join("log.md")).expect("a page has a log");
    let recording = requestshook::parse(&log).expect("the log has entries");
    (log, Run { outputs: Vec::new(), recording })
}

/// The pairs of lines that are not the same; both texts have as many.
fn lines_that_differ<'a>(one: &'a str, two: &'a str) -> Vec<(&'a str, &'a str)> {
    assert_eq!(one.lines().count(), two.lines().count());
    one.lines().zip(two.lines()).filter(|(one, two)| one != two).collect()
}

#[test]
fn a_log_is_printed_as_it_was_read_but_for_secrets() {
    for page in pages() {
        let (log, run) = recorded(&page);
        let printed = render::log(&StableRecording::documented(&run));
        for (was, is) in lines_that_differ(&log, &printed) {
            assert!(is.contains("[redacted:"), "{}: {was:?} became {is:?}", page.display());
        }
    }
}

#[test]
fn diagram_and_body_have_a_message_for_each_entry_of_the_log() {
    for page in pages() {
        let (log, run) = recorded(&page);
        let entries = log.lines().filter(|line| line.starts_with("### (")).count();
        let documented = StableRecording::documented(&run);
        assert_eq!(render::diagram(&documented).lines().count(), entries);
        let body = render::body(&documented);
        assert_eq!(body.lines().filter(|line| line.starts_with("### (")).count(), entries);
    }
}

#[test]
fn replaying_the_documented_run_changes_nothing() {
    for page in pages() {
        let (_, run) = recorded(&page);
        let documented = StableRecording::documented(&run);
        let live = Secrets::of(&[], &run, &RedactSettings::default()).redact(&run);
        let volatile = Volatile::new(&[], [&run]).expect("there is no rule");
        let stable = stabilise::stabilise(&volatile, &live, &live, Pins::default());
        assert_eq!(render::log(&stable), render::log(&documented), "{}", page.display());
    }
}

/// Every page documents one command, one of them as the title of a block without a prompt.
#[test]
fn every_command_is_found_where_it_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pages");
    if pages().is_empty() {
        return;
    }
    let site = support::Site::new(&[]);
    for folder in ["docs", "inc"] {
        site.copy(&root.join(folder), folder);
    }
    site.write("mkdocs.yml", fs::read(root.join("mkdocs.yml")).expect("it is there"));
    let said = site.doctool(&["list", "--format", "json"]).exits(0);
    let listing: Value = serde_json::from_str(&said.out).expect("it is JSON");
    let listed = listing["pages"].as_array().expect("a list").iter();
    let commands = listed.flat_map(|page| page["commands"].as_array().expect("a list"));
    let mut found: Vec<(String, String)> = commands
        .map(|command| {
            assert_eq!(command["runs"], true, "{command}");
            let file = command["file"].as_str().expect("a path");
            let line = command["line"].as_u64().expect("a number");
            let text = site.read(file);
            let line = text.lines().nth(usize::try_from(line).expect("a small number") - 1);
            (file.to_owned(), line.expect("the file has it").trim().to_owned())
        })
        .collect();
    found.sort();
    let expected = ["create", "list", "set", "show"].map(|page| {
        (format!("docs/openstack/image/{page}/index.md"), format!("openstack image {page}"))
    });
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for ((file, line), (page, command)) in found.into_iter().zip(expected) {
        assert_eq!(file, page);
        let begin = if page.contains("/show/") { "??? example \"" } else { "$ " };
        assert!(line.starts_with(&format!("{begin}{command}")), "{line}");
    }
    assert!(said.out.contains("\"kind\":\"mangled-option\""), "one page has a slip");
}

/// A page that doctool has never seen is refreshed with what it shows: nothing that stands in diagram,
/// request/response page and index changes, and of the log only what must not be there.
#[test]
fn a_refresh_of_pages_by_hand_takes_secrets_out_of_logs_and_changes_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pages");
    let site = support::Site::new(&[]);
    if pages().is_empty() {
        return;
    }
    for folder in ["docs", "inc"] {
        site.copy(&root.join(folder), folder);
    }
    site.write("mkdocs.yml", fs::read(root.join("mkdocs.yml")).expect("it is there"));
    for page in pages() {
        let name = page.file_name().expect("a page has a name").to_string_lossy().into_owned();
        let log = fs::read(page.join("log.md")).expect("a page has a log");
        site.write(&format!("recorded/openstack/image/{name}/log.md"), log);
    }
    let before = site.files();
    let said = site.doctool(&["refresh", "docs", "--replay", "recorded"]).exits(0);
    assert!(said.out.ends_with("4 of 16 views rewritten on 4 pages\n"), "{}", said.out);
    for ((path, old), (same, new)) in before.into_iter().zip(site.files()) {
        assert_eq!(path, same);
        if !path.ends_with("log.md") {
            assert_eq!(old, new, "{}", path.display());
            continue;
        }
        let [old, new] = [old, new].map(|bytes| String::from_utf8(bytes).expect("pages are text"));
        for (was, is) in lines_that_differ(&old, &new) {
            assert!(is.contains("[redacted:"), "{}: {was:?} became {is:?}", path.display());
        }
    }
    let said = site.doctool(&["refresh", "docs", "--replay", "recorded"]).exits(0);
    assert!(said.out.ends_with("0 of 16 views rewritten on 4 pages\n"), "{}", said.out);
}
