//! What runs have made is gone when they are over, however they end.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::server::{LATE, NEVER, Server};
use super::support::Site;
use super::{page, program, site};

/// A site with a page of these commands, which may be `curl` and `sleep`.
fn site_of(server: &Server, front_matter: &str, commands: &[&str], rest: &str) -> Site {
    let made = server.create("one");
    let commands: Vec<&str> = [&*made].iter().chain(commands).copied().collect();
    site(&page(front_matter, &commands), "/bin", "[curl, sleep, 'false']", rest)
}

fn start(site: &Site) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doctool"));
    command.arg("refresh").current_dir(site.path("."));
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[track_caller]
pub(super) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        sleep(Duration::from_millis(5));
    }
}

pub(super) fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().unwrap()).unwrap()
}

/// Whether a process runs this command line.
pub(super) fn runs(command: &str) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let line = |folder: &Path| fs::read_to_string(folder.join("cmdline")).unwrap_or_default();
    let command = command.replace(' ', "\0") + "\0";
    processes.map(|process| process.path()).any(|folder| line(&folder).ends_with(&command))
}

#[test]
fn what_a_page_makes_and_does_not_remove_is_removed_when_the_run_ends() {
    let server = Server::start();
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().to_string_lossy();
    let site = site_of(&server, "", &[], "").with("DOCTOOL_CACHE_DIR", folder);
    let said = site.doctool(&["refresh"]).exits(0);
    assert_eq!(server.names(), ["foreign"]);
    assert!(said.err.contains("warning: removed thing `one` (0000"), "{}", said.err);
    assert!(!cache.path().join("ledger").exists(), "nothing is left to remember");
    assert_eq!(site.doctool(&["sweep"]).exits(0).out, "nothing is left over\n");
}

#[test]
fn a_profile_may_keep_what_pages_make() {
    let server = Server::start();
    let site = site_of(&server, "", &[], "    keep: true\n");
    site.doctool(&["refresh"]).exits(0);
    assert_eq!(server.names(), ["foreign", "one"]);
}

#[test]
fn what_a_run_has_made_before_it_failed_is_removed() {
    let server = Server::start();
    let site = site_of(&server, "", &["false"], "");
    let before = site.read("docs/index.md");
    let said = site.doctool(&["refresh"]).exits(2);
    assert!(said.err.contains("`false` exited with status 1"), "{}", said.err);
    assert_eq!(server.names(), ["foreign"]);
    assert_eq!(site.read("docs/index.md"), before);
}

#[test]
fn an_interrupt_ends_the_command_and_the_teardown_still_runs() {
    let server = Server::start();
    let teardown = format!("  teardown:\n    - {}\n", server.create("down"));
    let site = site_of(&server, &teardown, &["sleep 61.25"], "    keep: true\n");
    let before = site.read("docs/index.md");
    let child = start(&site);
    wait_until("the command runs", || runs("sleep 61.25"));
    kill_process(pid(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("interrupted while `sleep 61.25` ran"), "{said}");
    assert_eq!(server.names(), ["foreign", "one", "down"], "the teardown ran");
    assert!(!runs("sleep 61.25"), "no process is left");
    assert_eq!(site.read("docs/index.md"), before);
}

#[test]
fn an_interrupted_run_leaves_nothing_on_the_cloud() {
    let server = Server::start();
    let site = site_of(&server, "", &["sleep 61.5"], "");
    let child = start(&site);
    wait_until("the command runs", || runs("sleep 61.5"));
    kill_process(pid(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(2));
    assert_eq!(server.names(), ["foreign"]);
}

/// Kills a run that has made one thing, which a sweep removes, and nothing else.
fn is_killed_and_swept(run: &mut Child, site: &Site, server: &Server) {
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(server.names(), ["foreign", "one"]);
    let said = site.doctool(&["sweep"]).exits(0);
    assert!(said.out.starts_with("removed thing `one` (0000"), "{}", said.out);
    assert_eq!(server.names(), ["foreign"]);
}

#[test]
fn what_a_killed_run_has_made_is_removed_by_a_sweep_and_nothing_else_is() {
    let server = Server::start();
    let site = site_of(&server, "", &["sleep 2.75"], "");
    let mut child = start(&site);
    wait_until("the command runs", || runs("sleep 2.75"));
    // Before the next command runs, what the one before has made is on disk.
    is_killed_and_swept(&mut child, &site, &server);
    assert_eq!(site.doctool(&["sweep"]).exits(0).out, "nothing is left over\n");
}

/// A run that is killed after it has asked for a thing and before it was answered.
fn killed_unanswered(server: &Server, rest: &str) -> Site {
    server.has_foreign(LATE);
    let site = site(&page("", &[&server.create(LATE)]), "/bin", "[curl]", rest);
    let mut child = start(&site);
    wait_until("it is asked for", || server.was_asked(LATE));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(server.names(), ["foreign", LATE], "it is not there yet");
    site
}

#[test]
fn what_a_killed_run_has_asked_for_is_looked_for_and_removed() {
    let server = Server::start();
    let site = killed_unanswered(&server, "    disposable: true\n");
    let said = site.doctool(&["sweep"]).exits(0);
    assert!(said.out.starts_with("removed thing `late` (0000"), "{}", said.out);
    assert_eq!(server.names(), ["foreign", LATE], "the one that is older stays");
    assert_eq!(site.doctool(&["sweep"]).exits(0).out, "nothing is left over\n");
}

#[test]
fn what_nobody_saw_being_made_is_told_and_stays_where_not_everything_may_be_destroyed() {
    let server = Server::start();
    let site = killed_unanswered(&server, "");
    let said = site.doctool(&["sweep"]).exits(2);
    assert!(said.err.contains("/things/00000000-0000-4000-8000-0000"), "{}", said.err);
    assert!(said.err.contains("ended before the answer"), "{}", said.err);
    assert_eq!(server.names(), ["foreign", LATE, LATE]);
    server.forget(LATE);
    assert_eq!(site.doctool(&["sweep"]).exits(0).out, "nothing is left over\n");
}

#[test]
fn what_was_asked_for_in_vain_is_forgotten() {
    let server = Server::start();
    let cache = tempfile::tempdir().unwrap();
    let site =
        site(&page("", &[&server.create(NEVER)]), "/bin", "[curl]", "    disposable: true\n")
            .with("DOCTOOL_CACHE_DIR", cache.path().to_string_lossy());
    site.doctool(&["refresh"]).exits(0);
    assert!(server.was_asked(NEVER));
    assert!(!cache.path().join("ledger").exists(), "nothing is left to remember");
}

#[test]
fn an_interrupt_ends_all_pages_that_run_at_once_and_each_is_torn_down() {
    let notes = tempfile::tempdir().unwrap();
    let torn_down = notes.path().join("torn-down");
    let script = format!(
        "case $1 in image) echo $$ >> {0}/began; exec sleep 63.25;; *) echo \"$3\" >> {0}/torn-down;; esac",
        notes.path().display()
    );
    let folder = program("openstack", &script);
    let read = |name: &str| {
        page(
            &format!("  teardown:\n    - openstack token issue {name}\n"),
            &["openstack image list"],
        )
    };
    let path = folder.path().to_string_lossy();
    let site = site(&read("one"), &path, "[openstack]", "").with("DOCTOOL_CACHE_DIR", path.clone());
    site.write("docs/other.md", read("two"));
    let began =
        || fs::read_to_string(notes.path().join("began")).unwrap_or_default().lines().count();
    let mut command = Command::new(env!("CARGO_BIN_EXE_doctool"));
    command.args(["refresh", "--jobs", "2"]).current_dir(site.path("."));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("both pages run at once", || began() == 2);
    kill_process(pid(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("error: interrupted while `openstack image list` ran"), "{said}");
    assert!(!runs("sleep 63.25"), "no process is left");
    let torn_down = fs::read_to_string(torn_down).unwrap();
    let mut torn_down: Vec<&str> = torn_down.lines().collect();
    torn_down.sort_unstable();
    assert_eq!(torn_down, ["one", "two"]);
}

#[test]
fn what_a_log_tells_is_written_down_before_the_next_command_runs() {
    let server = Server::start();
    let logs = tempfile::tempdir().unwrap();
    let log = logs.path().join("hook.log");
    let entry = |heading: &str, body: &str| {
        format!("\\n### (make) {heading}\\nX-Requestshook-Request-Id: 1\\n\\n{body}\\n\\n")
    };
    let url = format!("POST http://{}/things", server.address);
    let entries = entry(&format!("REQ >>> (server) : {url}"), "one")
        + &entry(&format!("RESP <<< (server) : 201 Created {url}"), "%s");
    let script = format!("printf '{entries}' \"$({})\" >> {}", server.create("one"), log.display());
    let programs = program("make", &script);
    let capture = format!("    capture: {{requestshook: {}}}\n", log.display());
    let path = programs.path().to_str().unwrap();
    let page = page("", &["make", "sleep 2.625"]);
    let site = site(&page, path, "[make, sleep]", &capture);
    let mut child = start(&site);
    wait_until("the command runs", || runs("sleep 2.625"));
    is_killed_and_swept(&mut child, &site, &server);
    // A run that comes to its end removes it by itself.
    let said = site.doctool(&["refresh"]).exits(0);
    assert!(said.err.contains("warning: removed thing `one` (0000"), "{}", said.err);
    assert_eq!(server.names(), ["foreign"]);
}
