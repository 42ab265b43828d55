//! What gets doctool into a project: first settings, workflows, hooks, completions, manual pages.
//! The formats of others are judged by validators from PyPI, which carry the published schemas.

mod action;
mod gitlab;
mod hooks;
mod shells;
mod starting;
#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Site, python};

const MKDOCS: &str = "site_name: x\nmarkdown_extensions: [pymdownx.superfences]\n";
const PAGE: &str = "``` console\n$ openstack image list\n$ curl -s http://x\n```\n";

/// Expects files to be valid in the format of this schema.
#[track_caller]
fn is_valid(schema: &[&str], files: &[PathBuf]) {
    let Some(programs) = python::programs("validators", &["check-jsonschema==0.39.0"]) else {
        return;
    };
    let mut validator = Command::new(programs.join("check-jsonschema"));
    let said = validator.arg("--builtin-schema").args(schema).args(files).output();
    let said = said.expect("the validator was installed");
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{told}");
}

/// A file of this project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Where programs are looked for: these first, then this doctool, then what is there.
fn path_with(programs: &Path) -> String {
    let doctool = Path::new(env!("CARGO_BIN_EXE_doctool")).parent().expect("it is in a folder");
    let others = std::env::var("PATH").expect("it is set");
    format!("{}:{}:{others}", programs.display(), doctool.display())
}

#[test]
fn init_writes_settings_that_doctool_reads_and_allows_nothing_new() {
    let site = Site::new(&[("mkdocs.yml", MKDOCS), ("docs/page.md", PAGE)]);
    let said = site.doctool(&["init", "--ci", "none"]).exits(0);
    assert_eq!(
        said.out,
        "wrote `doctool.yml`\n\
         1 command to run on 1 page\n\
         1 command would start `curl`: allow it in `doctool.yml` if it may run\n\
         see what doctool finds with `doctool list`, and what it would change with `doctool check`\n"
    );
    let listed = site.doctool(&["list"]).exits(0);
    assert!(listed.out.contains("`curl` is not in `run.allow`"), "{}", listed.out);
}

#[test]
fn init_leaves_what_is_there_as_it_is() {
    let mine = "run: {timeout: 7}\n";
    let site = Site::new(&[("mkdocs.yml", MKDOCS), ("docs/page.md", PAGE), ("doctool.yml", mine)]);
    let said = site.doctool(&["init", "--ci", "github"]).exits(0);
    assert!(said.out.starts_with("`doctool.yml` is there already, and stays as it is\nwrote `.github/workflows/doctool.yml`\n"), "{}", said.out);
    assert_eq!(site.read("doctool.yml"), mine);
    let before = site.files();
    site.doctool(&["init", "--ci", "github"]).exits(0);
    assert_eq!(site.files(), before);
}

#[test]
fn init_writes_the_workflow_of_the_ci_that_the_repository_uses() {
    let remote = "[remote \"origin\"]\n\turl = git@gitlab.example.org:me/docs.git\n";
    let site = Site::new(&[
        ("handbook/mkdocs.yml", MKDOCS),
        ("handbook/docs/page.md", PAGE),
        (".git/config", remote),
    ]);
    let said = site.in_folder("handbook").doctool(&["init"]).exits(0);
    assert!(said.out.contains("/.gitlab-ci.yml`\n"), "{}", said.out);
    for file in [".gitlab-ci.yml", ".gitlab/doctool.yml"] {
        fs::remove_file(site.path(file)).expect("it was written");
    }
    site.write(".github/workflows/ci.yml", "");
    site.write(".git/config", "");
    site.in_folder("handbook").doctool(&["init"]).exits(0);
    assert!(site.path(".github/workflows/doctool.yml").exists());
    assert!(!site.path(".gitlab-ci.yml").exists());
}

/// What `cargo install` gets from a registry: the sources with what they take in, and no more.
#[test]
fn the_package_has_what_it_needs_and_nothing_else() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(project(""));
    let listed = support::said(cargo.output().expect("cargo is there")).exits(0).out;
    let listed: Vec<&str> = listed.lines().collect();
    for needed in ["Cargo.lock", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
        assert!(listed.contains(&needed), "{needed}");
    }
    let below = walkdir::WalkDir::new(project("src")).into_iter();
    let files =
        below.map(|entry| entry.expect("it can be read")).filter(|it| it.file_type().is_file());
    for file in files {
        let path = file.path().strip_prefix(project("")).expect("it is below").to_owned();
        assert!(listed.iter().any(|listed| Path::new(listed) == path), "{}", path.display());
    }
    for file in listed.iter().filter(|file| !file.starts_with("src/")) {
        let is_known = ["Cargo", ".cargo_vcs_info", "README", "LICENSE", "CHANGELOG"]
            .iter()
            .any(|known| file.starts_with(known));
        assert!(is_known, "{file}");
    }
}
