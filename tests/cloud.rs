//! The embedded cloud as a user has it: brought up, used, damaged and ended through the command.
//!
//! Nothing is simulated, so the first run fetches the cloud's packages. They go to
//! `DOCTOOL_CACHE_DIR` if that is set, else below the target folder, and serve all later runs; each
//! cloud's data lies in a folder of its own.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

/// Clouds of two tests at once would be slow and take each other's ports.
static TURN: Mutex<()> = Mutex::new(());

/// A cloud that is wiped when the test ends, however it ends.
struct Cloud {
    folder: TempDir,
    cache: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Cloud {
    fn new() -> Self {
        let cache = std::env::var_os("DOCTOOL_CACHE_DIR")
            .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"), PathBuf::from);
        let turn = TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        Self { folder: tempfile::tempdir().unwrap(), cache, _turn: turn }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("cloud")
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doctool"));
        command
            .arg("cloud")
            .args(words)
            .env("DOCTOOL_CACHE_DIR", &self.cache)
            .env("DOCTOOL_CLOUD_DIR", self.data());
        command
    }

    #[track_caller]
    fn succeeds(&self, words: &[&str]) -> String {
        let output = self.command(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        said(&output)
    }

    #[track_caller]
    fn up(&self) -> String {
        self.succeeds(&["up"])
    }

    /// What the documented client prints, run as a page's command would be.
    #[track_caller]
    fn openstack(&self, words: &[&str]) -> String {
        let mut command = Command::new("sh");
        // `up` says how to use the cloud by hand, so it is used like that.
        let exports = self
            .up()
            .lines()
            .filter(|line| line.starts_with("  export "))
            .fold(String::new(), |all, line| all + line.trim() + "\n");
        command.arg("-c").arg(exports + "exec openstack \"$@\"").arg("sh").args(words);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The process id of each part that runs, as `status` tells.
    fn pids(&self) -> BTreeMap<String, u32> {
        let output = self.command(&["status"]).output().unwrap();
        said(&output)
            .lines()
            .filter_map(|line| {
                let (_, rest) = line.split_once("pid ")?;
                let pid = rest.split(',').next()?.parse().ok()?;
                Some((line.split(' ').next()?.to_owned(), pid))
            })
            .collect()
    }

    /// All values that must never be shown.
    fn secrets(&self) -> Vec<String> {
        let text = fs::read_to_string(self.data().join("state.json")).unwrap();
        let state: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut found = Vec::new();
        let mut open = vec![&state["secrets"]];
        while let Some(value) = open.pop() {
            match value {
                serde_json::Value::String(word) => found.push(word.clone()),
                serde_json::Value::Object(fields) => open.extend(fields.values()),
                _ => {}
            }
        }
        assert_eq!(found.len(), 7);
        found
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        let _ = self.command(&["down", "--wipe"]).output();
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// Ends a process that cannot say no, and waits until it is gone.
fn kill(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
    while runs(pid) {
        sleep(Duration::from_millis(10));
    }
}

/// True unless it has ended; it may still wait for somebody to ask how.
fn runs(pid: u32) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.starts_with('Z')
}

/// Somebody else's process, which nothing may end.
struct Bystander(Child);

impl Bystander {
    fn new(cloud: &Cloud) -> Self {
        let script = cloud.folder.path().join("serve.py");
        fs::write(&script, "import time; time.sleep(600)").unwrap();
        let state = cloud.data().join("state.json");
        Self(Command::new("python3").arg(script).arg(state).spawn().unwrap())
    }

    fn is_there(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn comes_up_is_mended_moves_and_ends() {
    let cloud = Cloud::new();
    let mut bystander = Bystander::new(&cloud);
    assert_eq!(cloud.command(&["status"]).output().unwrap().status.code(), Some(1));

    // From nothing.
    cloud.up();
    let images =
        cloud.openstack(&["image", "list", "--all", "-f", "value", "-c", "Name", "-c", "Status"]);
    assert_eq!(
        images,
        "cirros-0.6.3-x86_64-disk active\ndebian-12-generic-amd64 active\nsystemrescue-11.02-amd64 active\n"
    );
    let first = cloud.pids();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["glance-api", "keystone", "relay"]);

    // Nothing to do.
    assert!(!cloud.up().contains("cloud: "), "no step was necessary");
    assert_eq!(cloud.pids(), first);

    // A service was killed: that one is started, the others stay.
    kill(first["glance-api"]);
    let status = cloud.command(&["status"]).output().unwrap();
    assert_eq!(status.status.code(), Some(1));
    assert!(said(&status).contains("glance-api  not running"), "{}", said(&status));
    let steps = cloud.up();
    assert!(steps.contains("cloud: starting glance-api\n"), "{steps}");
    assert!(!steps.contains("starting keystone"), "{steps}");
    let second = cloud.pids();
    assert_eq!(second["keystone"], first["keystone"]);
    assert_eq!(second["relay"], first["relay"]);
    assert_ne!(second["glance-api"], first["glance-api"]);

    // So was the relay, which the services' proxy address leads to.
    kill(second["relay"]);
    cloud.up();
    let third = cloud.pids();
    assert_eq!(third["glance-api"], second["glance-api"]);
    assert_ne!(third["relay"], second["relay"]);
    assert_eq!(cloud.openstack(&["image", "list", "-f", "value", "-c", "Name"]).lines().count(), 3);

    // Down ends these and nobody else.
    let project = cloud.openstack(&["project", "show", "demo", "-f", "value", "-c", "id"]);
    let said = cloud.succeeds(&["down"]);
    for (name, pid) in &third {
        assert!(said.contains(&format!("ended {name} ({pid})")), "{said}");
        assert!(!runs(*pid));
    }
    assert!(bystander.is_there());
    assert_eq!(cloud.succeeds(&["down"]), "nothing was running\n");

    // Somebody took a port meanwhile: the cloud is the same one at another address.
    let port = port_of(&cloud, "keystone");
    let stranger = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let steps = cloud.up();
    assert!(steps.contains("the port of keystone is taken"), "{steps}");
    assert_ne!(port_of(&cloud, "keystone"), port);
    assert_eq!(cloud.openstack(&["image", "list", "-f", "value", "-c", "Name"]).lines().count(), 3);
    assert_eq!(cloud.openstack(&["project", "show", "demo", "-f", "value", "-c", "id"]), project);
    drop(stranger);

    // What the cloud writes down holds none of its secrets.
    let secrets = cloud.secrets();
    for entry in fs::read_dir(cloud.data().join("logs")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(secrets.iter().all(|secret| !text.contains(secret)), "in {}", path.display());
    }

    // Wiped, it is another one.
    cloud.succeeds(&["down", "--wipe"]);
    assert!(!cloud.data().exists());
    cloud.up();
    assert_ne!(cloud.openstack(&["project", "show", "demo", "-f", "value", "-c", "id"]), project);
    assert!(cloud.secrets().iter().all(|secret| !secrets.contains(secret)));
    assert!(bystander.is_there());
}

fn port_of(cloud: &Cloud, part: &str) -> u16 {
    let text = fs::read_to_string(cloud.data().join("state.json")).unwrap();
    let state: serde_json::Value = serde_json::from_str(&text).unwrap();
    state["ports"][part].as_u64().unwrap().try_into().unwrap()
}

#[test]
fn goes_on_wherever_an_earlier_up_was_killed() {
    let cloud = Cloud::new();
    for step in ["making databases", "starting keystone", "making projects", "warming up"] {
        let mut child = cloud.command(&["up"]).stderr(Stdio::piped()).spawn().unwrap();
        let steps = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut reached = steps.filter(|line| line.contains(step));
        assert!(reached.next().is_some(), "`{step}` is a step of what is left to do");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    cloud.up();
    assert_eq!(cloud.openstack(&["image", "list", "-f", "value", "-c", "Name"]).lines().count(), 3);
    // Whatever the killed ones had started is known or was ended.
    let known = cloud.pids().into_values().collect::<BTreeSet<_>>();
    assert_eq!(known, processes_that_name(&cloud.data()));
}

/// Who has the folder on the command line.
fn processes_that_name(folder: &Path) -> BTreeSet<u32> {
    let output = Command::new("ps").args(["-axww", "-o", "pid=,command="]).output().unwrap();
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.contains(folder.to_str().unwrap()))
        .filter_map(|line| line.trim().split(' ').next()?.parse().ok())
        .collect()
}

#[test]
fn two_at_once_bring_up_one_cloud() {
    let cloud = Cloud::new();
    let start =
        || cloud.command(&["up"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let outputs = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let said = outputs.each_ref().map(said);
    assert!(outputs.iter().all(|output| output.status.success()), "{said:?}");
    assert_eq!(
        said.iter().filter(|said| said.contains("starting keystone")).count(),
        1,
        "{said:?}"
    );
    assert!(said.iter().any(|said| said.contains("waiting for another doctool")), "{said:?}");
}

/// A doctool with an empty cache, and only the programs it is given.
fn up_with(programs: &[(&str, &str)], env: &[(&str, &str)]) -> (TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for (name, script) in programs {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(path, mode).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_doctool"));
    command
        .args(["cloud", "up"])
        .env("PATH", bin)
        .env("DOCTOOL_CACHE_DIR", folder.path().join("cache"))
        .env_remove("DOCTOOL_CLOUD_DIR")
        .envs(env.iter().copied());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    (folder, output)
}

#[test]
fn says_that_there_is_no_python() {
    let (_folder, output) = up_with(&[], &[]);
    assert_eq!(
        said(&output),
        "error: there is no `python3`\nhint: install Python 3.11 to 3.14, and put it on PATH\n"
    );
}

#[test]
fn says_that_python_is_too_old() {
    let (_folder, output) = up_with(&[("python3", "echo 3 9 True")], &[]);
    assert_eq!(
        said(&output),
        "error: the cloud needs Python 3.11 to 3.14, and `python3` is 3.9\n\
         hint: install Python 3.14 beside it\n"
    );
}

#[test]
fn says_that_the_venv_module_is_missing() {
    let (_folder, output) = up_with(&[("python3", "echo 3 12 False")], &[]);
    assert_eq!(
        said(&output),
        "error: Python 3.12 comes without the modules `venv` and `ensurepip`\n\
         hint: install them, on Debian and Ubuntu with `apt install python3-venv`\n"
    );
}

#[test]
fn says_that_the_network_is_missing() {
    let which = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    let python = String::from_utf8(which.expect("python3 is there").stdout).unwrap();
    let script = format!("exec {} \"$@\"", python.trim());
    // Nobody listens on the discard port.
    let nowhere = [
        ("PIP_INDEX_URL", "http://127.0.0.1:9/simple"),
        ("PIP_EXTRA_INDEX_URL", ""),
        ("PIP_FIND_LINKS", ""),
        ("PIP_RETRIES", "1"),
    ];
    let (_folder, output) = up_with(&[("python3", &script)], &nowhere);
    let said = said(&output);
    assert!(
        said.contains("error: the packages cannot be fetched: the package index does not answer\n"),
        "{said}"
    );
    assert!(said.contains("hint: check the network, and pip's settings"), "{said}");
}

#[test]
fn touches_no_folder_that_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let letter = folder.path().join("letter.txt");
    fs::write(&letter, "dear").unwrap();
    for words in [["up"].as_slice(), &["down", "--wipe"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_doctool"))
            .arg("cloud")
            .args(words)
            .env("DOCTOOL_CACHE_DIR", folder.path().join("cache"))
            .env("DOCTOOL_CLOUD_DIR", folder.path())
            .output()
            .unwrap();
        let refused = said(&output).contains("holds something else than a cloud");
        assert_eq!(refused, words == ["up"], "{}", said(&output));
    }
    assert_eq!(fs::read_to_string(&letter).unwrap(), "dear");
}
