//! What keeps doctool from doing harm: what it refuses to run, how it ends what runs, how it writes,
//! and what it leaves behind.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../support/mod.rs"]
mod support;

mod again;
mod failing;
mod left_over;
mod permits;
mod refusals;
mod server;
mod writing;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use support::Site;
use tempfile::TempDir;

/// A folder outside of any site with a program of this name that runs a script.
fn program(name: &str, script: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    executable(&folder.path().join(name), script);
    folder
}

fn executable(file: &Path, script: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A site with one page, whose commands run on a cloud of variables with this `PATH`; `rest` goes
/// below the profile.
fn site(page: &str, path: &str, allow: &str, rest: &str) -> Site {
    let site = Site::new(&[
        (
            "mkdocs.yml",
            "site_name: Site\nmarkdown_extensions:\n  - pymdownx.snippets:\n      base_path: [docs]\n",
        ),
        ("docs/index.md", page),
    ]);
    site.write(
        "doctool.yml",
        format!(
            "cloud: mine\nclouds:\n  mine:\n    env:\n      PATH: {path}:/usr/bin:/bin\n{rest}run:\n  \
             allow: {allow}\n"
        ),
    );
    site
}

/// A page with these commands, and front matter if there is any.
fn page(front_matter: &str, commands: &[&str]) -> String {
    let session: String = commands.iter().map(|command| format!("$ {command}\n")).collect();
    let head = match front_matter {
        "" => String::new(),
        text => format!("---\ndoctool:\n{text}---\n\n"),
    };
    format!("{head}# Page\n\n``` console\n{session}```\n")
}
