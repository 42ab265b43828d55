//! A page is old or new, and never both, whatever happens while it is written.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::left_over::{runs, wait_until};
use super::support::Site;
use super::{page, site};

const PAGES: [&str; 2] = ["show", "set"];
/// A page that stays as it is, for a doctool that is to start and no more.
const OTHER: &str = "docs/openstack/image/list";

/// This project's site, with recordings in which the version of an API is another.
fn recorded() -> Site {
    let site = Site::of_this_project();
    for name in PAGES {
        let log = site.read(&format!("docs/openstack/image/{name}/log.md"));
        let changed = log.replace("\"v3.14\"", "\"v3.15\"");
        assert_ne!(changed, log);
        site.write(&format!("recorded/openstack/image/{name}/log.md"), changed);
    }
    let log = site.read(&format!("{OTHER}/log.md"));
    site.write("recorded/openstack/image/list/log.md", log);
    site
}

fn arguments() -> Vec<String> {
    let pages = PAGES.map(|name| format!("docs/openstack/image/{name}"));
    let rest = ["--replay", "recorded"].map(str::to_owned);
    [vec!["refresh".to_owned()], pages.to_vec(), rest.to_vec()].concat()
}

fn refresh(site: &Site) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doctool"));
    command.args(arguments()).current_dir(site.path("."));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The files of each page.
fn pages(site: &Site) -> BTreeMap<&'static str, BTreeMap<PathBuf, Vec<u8>>> {
    let files = |name: &&'static str| {
        let folder = site.path(&format!("docs/openstack/image/{name}"));
        let files = site.files().into_iter().filter(|(path, _)| path.starts_with(&folder));
        (*name, files.collect())
    };
    PAGES.iter().map(files).collect()
}

/// Numbers that look random, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }
}

#[test]
fn a_refresh_that_is_killed_leaves_each_page_wholly_old_or_wholly_new() {
    let kills =
        std::env::var("DOCTOOL_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20);
    let site = recorded();
    let old = pages(&site);
    let begin = Instant::now();
    assert!(refresh(&site).status().unwrap().success());
    let whole = u64::try_from(begin.elapsed().as_micros()).unwrap();
    let new = pages(&site);
    assert!(PAGES.iter().all(|name| old[name] != new[name]));
    let mut random = Random(0x5eed_1234_abcd);
    let (mut halves, mut finished) = (0, 0);
    for kill in 0..kills {
        for (path, content) in old.values().flatten() {
            fs::write(path, content).unwrap();
        }
        let mut child = refresh(&site).spawn().unwrap();
        let journal = site.path(".doctool/.journal");
        // The time in which files are written is short, so that few kills would meet it by chance.
        let (mark, longest) = match kill % 4 {
            0 => ("", whole),
            1 => ("{", 20_000),
            2 => ("\"ready\":true", 3_000),
            _ => ("\"ready\":true", 60_000),
        };
        let is_there = || {
            mark.is_empty() || fs::read_to_string(&journal).is_ok_and(|text| text.contains(mark))
        };
        while !is_there() && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_micros(50));
        }
        sleep(Duration::from_micros(random.below(longest)));
        child.kill().unwrap();
        child.wait().unwrap();
        halves += usize::from(journal.exists());
        site.doctool(&["refresh", OTHER, "--replay", "recorded"]).exits(0);
        let now = pages(&site);
        for name in PAGES {
            let is_whole = now[name] == old[name] || now[name] == new[name];
            assert!(is_whole, "{name} is half new after kill {kill}");
            finished += usize::from(now[name] == new[name]);
        }
        assert!(!journal.exists());
    }
    assert!(halves > 0, "no kill met the writing");
    assert!(finished > 0, "no kill came after a page");
}

#[test]
fn without_room_nothing_is_written_and_nothing_is_lost() {
    let site = recorded();
    let old = site.files();
    // A limit on the size of files stands for a full disk: writing fails in the same place.
    let script = format!("trap '' XFSZ; ulimit -f 8; exec \"$0\" {}", arguments().join(" "));
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_doctool")])
        .current_dir(site.path("."))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot write this file"), "{said}");
    assert!(said.contains("nothing of this page was written"), "{said}");
    assert_eq!(site.files(), old);
}

/// Refreshes a copy of the site on a file system of its own, to which something is done before. Gives what
/// doctool says, and leaves the copy's pages in the folder; none where nobody may mount anything.
fn on_a_file_system(site: &Site, before: &str, pages: &Path) -> Option<String> {
    let mount = tempfile::tempdir().unwrap();
    let script = format!(
        "mount -t tmpfs -o size=16m tmpfs \"$2\" || exit\necho mounted\n\
         cp -r . \"$2\" && cd \"$2\"\n{before}\n\"$1\" {}\ncode=$?\n\
         cp -r docs/openstack/image/. \"$3\"\nexit $code",
        arguments().join(" ")
    );
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"])
        .args([Path::new(env!("CARGO_BIN_EXE_doctool")), mount.path(), pages])
        .current_dir(site.path("."))
        .env("DOCTOOL_CACHE_DIR", pages.with_extension("cache"))
        .output();
    let output = output.ok().filter(|output| output.stdout.starts_with(b"mounted\n"));
    #[expect(clippy::print_stderr, reason = "a test that looked at nothing must say so")]
    let Some(output) = output else {
        eprintln!("nothing can be mounted here, so no full or read-only file system is tried");
        return None;
    };
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    Some(said)
}

#[test]
fn a_disk_that_is_full_or_read_only_loses_nothing() {
    let site = recorded();
    let old = pages(&site);
    // What is free is less than what a page needs beside itself.
    let full = "dd if=/dev/zero of=rest bs=1k 2> /dev/null; truncate -s -16k rest";
    let read_only = "mount -o remount,ro \"$2\"";
    for (before, because) in
        [(full, "No space left on device"), (read_only, "Read-only file system")]
    {
        let copy = tempfile::tempdir().unwrap();
        let Some(said) = on_a_file_system(&site, before, copy.path()) else { return };
        assert!(said.contains(because), "{said}");
        assert!(said.contains("nothing of this page was written"), "{said}");
        for (name, files) in &old {
            let folder = site.path(&format!("docs/openstack/image/{name}"));
            for (path, content) in files {
                let copied = copy.path().join(name).join(path.strip_prefix(&folder).unwrap());
                assert!(fs::read(&copied).unwrap() == *content, "{} is lost", copied.display());
            }
            let count = fs::read_dir(copy.path().join(name)).unwrap().count();
            assert_eq!(count, files.len(), "nothing half-done is left of `{name}`");
        }
    }
}

#[test]
fn a_file_that_is_read_only_or_was_changed_meanwhile_stays() {
    let site = recorded();
    let body = site.path("docs/openstack/image/show/body.md");
    fs::set_permissions(&body, fs::Permissions::from_mode(0o444)).unwrap();
    let old = pages(&site);
    let show = ["refresh", "docs/openstack/image/show", "--replay", "recorded"];
    let said = site.doctool(&show).exits(2);
    assert!(said.err.contains("body.md"), "{}", said.err);
    assert!(said.err.contains("it is read-only"), "{}", said.err);
    assert_eq!(pages(&site), old);
    fs::set_permissions(&body, fs::Permissions::from_mode(0o644)).unwrap();
    site.doctool(&show).exits(0);
    assert_ne!(pages(&site), old);
}

#[test]
fn a_file_that_a_command_or_a_person_changes_meanwhile_is_not_written_over() {
    let place = tempfile::tempdir().unwrap();
    let site = site("", "/bin", "[sh]", "");
    let file = site.path("docs/index.md");
    let line = format!("sh -c 'echo mine >> {}; echo news'", file.display());
    let text = page("", &[&line]);
    site.write("docs/index.md", &text);
    let said = site.doctool(&["refresh"]).exits(2);
    assert!(said.err.contains("this file changed meanwhile\n"), "{}", said.err);
    assert_eq!(site.read("docs/index.md"), text + "mine\n");
    drop(place);
}

#[test]
fn a_link_out_of_the_site_is_not_followed_for_writing() {
    let outside = tempfile::tempdir().unwrap();
    let site = recorded();
    let body = site.path("docs/openstack/image/show/body.md");
    let elsewhere = outside.path().join("body.md");
    fs::rename(&body, &elsewhere).unwrap();
    symlink(&elsewhere, &body).unwrap();
    let before = fs::read(&elsewhere).unwrap();
    let show = ["refresh", "docs/openstack/image/show", "--replay", "recorded"];
    let said = site.doctool(&show);
    assert_ne!(said.code, Some(0), "{} {}", said.out, said.err);
    assert_eq!(fs::read(&elsewhere).unwrap(), before);
}

#[test]
fn the_second_doctool_on_a_site_is_refused_and_a_dead_one_holds_nothing() {
    let site = site(&page("", &["sleep 6.5"]), "/bin", "[sleep]", "");
    let mut first = Command::new(env!("CARGO_BIN_EXE_doctool"));
    let mut first = first.arg("refresh").current_dir(site.path(".")).spawn().unwrap();
    wait_until("the command runs", || runs("sleep 6.5"));
    let said = site.doctool(&["redact"]).exits(2);
    assert!(said.err.contains("another doctool is at work in"), "{}", said.err);
    site.doctool(&["list"]).exits(0);
    first.kill().unwrap();
    first.wait().unwrap();
    site.doctool(&["redact"]).exits(0);
    assert!(Path::new(&site.path("docs/index.md")).exists());
}
