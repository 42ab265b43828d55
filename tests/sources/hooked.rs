//! Services with a middleware that writes what they get and give, and the proxy, both at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{LIST, Live};

const FIXTURE: &str = "requestshook_fixture";

/// A cache folder of its own whose Python environment puts the middleware into each service.
fn cache() -> TempDir {
    let shared = std::env::var_os("DOCTOOL_CACHE_DIR")
        .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"), PathBuf::from);
    let environment = || {
        let entries = fs::read_dir(shared.join("openstack")).into_iter().flatten().flatten();
        let mut venvs =
            entries.map(|entry| entry.path()).filter(|path| path.join("complete").exists());
        venvs.next()
    };
    // Whoever brings up a cloud makes the environment.
    let made = environment().is_none().then(|| Live::new("proxy"));
    let venv = environment().expect("a cloud was up");
    drop(made);
    // Beside it, because files are linked rather than copied.
    let cache = tempfile::tempdir_in(&shared).expect("there is room for a folder");
    fs::create_dir(cache.path().join("openstack")).expect("the folder is ours");
    let copied = cache.path().join("openstack").join(venv.file_name().expect("it has a name"));
    let status = Command::new("cp").args(["-al"]).arg(&venv).arg(&copied).status();
    assert!(status.expect("cp can be run").success());
    let libraries = fs::read_dir(copied.join("lib")).expect("it has libraries").flatten();
    let packages =
        libraries.map(|entry| entry.path().join("site-packages")).find(|path| path.exists());
    let packages = packages.expect("it has packages");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources/hooked");
    let file = format!("{FIXTURE}.py");
    fs::copy(fixture.join(&file), packages.join(&file)).expect("the folder is ours");
    let line = format!("import {FIXTURE}\n");
    fs::write(packages.join("hooked.pth"), line).expect("the folder is ours");
    cache
}

#[test]
fn the_log_of_services_and_the_proxy_tell_one_and_the_same() {
    let cache = cache();
    let folder = cache.path().display().to_string();
    let live = Live::with("proxy", |site| site.with("DOCTOOL_CACHE_DIR", folder));
    let site = &live.site;
    // The services say more now than they did when the page was made.
    site.doctool(&["refresh", LIST]);
    let of_proxy = live.diagram();
    assert_eq!(of_proxy.len(), 10, "{of_proxy:?}");
    let log = site.read("cloud/hook.log");
    assert!(log.contains("\n### (glance-api) REQ >>> (keystone) : GET http://"), "{log}");
    let hooked = "{requestshook: cloud/hook.log}";
    for capture in ["proxy", &format!("[proxy, {hooked}]")] {
        live.see(capture);
        let said = site.doctool(&["check", LIST]).exits(0).out;
        assert_eq!(said, "4 views up to date on 1 page, live\n", "{capture}");
    }
    // Others that see less see all of it together.
    for capture in [
        hooked.to_owned(),
        format!("[{hooked}, proxy]"),
        format!("[debug, {hooked}]"),
        format!("[{hooked}, debug]"),
        format!("[debug, proxy, {hooked}]"),
    ] {
        live.see(&capture);
        assert_eq!(live.diagram(), of_proxy, "{capture}");
    }
    // What the client alone tells is in what the log leaves out, and the other way round.
    live.see(&format!("[debug, {hooked}]"));
    let said = site.doctool(&["check", LIST]).out;
    assert!(!said.contains("not seen on"), "{said}");
}
