//! Tools from PyPI that tests compare with, each in a virtual environment below `target`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;

/// Tests of one binary run at the same time, and ask for the same packages.
static INSTALLING: Mutex<()> = Mutex::new(());

/// The folder with the programs of these packages, installed once. Only where there is no Python
/// at all, there is none, and a line says so.
pub fn programs(name: &str, packages: &[&str]) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("python").join(name);
    let _one_at_a_time = INSTALLING.lock();
    let (mark, wanted) = (folder.join("done"), packages.join("\n"));
    let programs = folder.join("bin");
    if fs::read_to_string(&mark).is_ok_and(|done| done == wanted) {
        return Some(programs);
    }
    if Command::new("python3").arg("--version").output().is_err() {
        #[expect(clippy::print_stderr, reason = "a test that compared nothing must say so")]
        let () = eprintln!("there is no python3, so nothing is compared with {wanted}");
        return None;
    }
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(&folder);
    assert!(venv.status().expect("python3 is there").success(), "python3 -m venv");
    let mut pip = Command::new(programs.join("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(packages);
    assert!(pip.status().expect("it was made").success(), "pip install {wanted}");
    fs::write(mark, wanted).expect("the folder can be written");
    Some(programs)
}
