//! What gets doctool into a project: first settings, workflows, hooks, completions, manual pages.
//! The formats of others are judged by validators from PyPI, which carry the published schemas.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::{Site, python};

const MKDOCS: &str = "site_name: x\nmarkdown_extensions: [pymdownx.superfences]\n";
const PAGE: &str = "``` console\n$ openstack image list\n$ curl -s http://x\n```\n";

/// Expects a file to be valid in the format of this schema.
#[track_caller]
fn is_valid(schema: &[&str], file: &Path) {
    let Some(programs) = python::programs("validators", &["check-jsonschema==0.39.0"]) else {
        return;
    };
    let mut validator = Command::new(programs.join("check-jsonschema"));
    let said = validator.arg("--builtin-schema").args(schema).arg(file).output();
    let said = said.expect("the validator was installed");
    let told = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success(), "{}: {told}", file.display());
}

fn project(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
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
    let workflow = site.path(".gitlab-ci.yml");
    assert!(site.read(".gitlab-ci.yml").contains("FOLDER: \"handbook\"\n"));
    is_valid(&["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], &workflow);
    site.write(".github/workflows/ci.yml", "");
    site.write(".git/config", "");
    fs::remove_file(workflow).expect("it was written");
    site.in_folder("handbook").doctool(&["init"]).exits(0);
    is_valid(&["vendor.github-workflows"], &site.path(".github/workflows/doctool.yml"));
}

#[test]
fn what_others_read_of_this_project_is_valid() {
    for workflow in ["ci", "release"] {
        is_valid(
            &["vendor.github-workflows"],
            &project(&format!(".github/workflows/{workflow}.yml")),
        );
    }
    is_valid(&["vendor.github-actions"], &project("action.yml"));
    // The part behind `---` is what GitLab runs, once the inputs are put in.
    let component = fs::read_to_string(project("templates/doctool.yml")).expect("it is there");
    let (_, jobs) = component.split_once("---\n").expect("there are two documents");
    let jobs = jobs.replace("$[[ inputs.stage ]]", "test").replace("$[[ inputs.folder ]]", ".");
    let jobs = jobs.replace("$[[ inputs.arguments ]]", "docs");
    assert!(!jobs.contains("$[["), "an input was forgotten");
    let site = Site::new(&[("jobs.yml", &jobs)]);
    is_valid(&["vendor.gitlab-ci", "--data-transform", "gitlab-ci"], &site.path("jobs.yml"));
}

#[test]
fn each_hook_is_a_command_that_doctool_knows() {
    let hooks = fs::read_to_string(project(".pre-commit-hooks.yaml")).expect("it is there");
    let hooks: serde_json::Value = serde_yaml::from_str(&hooks).expect("it is YAML");
    let site = Site::new(&[("mkdocs.yml", MKDOCS), ("docs/page.md", "# Nothing\n")]);
    for hook in hooks.as_array().expect("a list") {
        let entry = hook["entry"].as_str().expect("a command");
        let words: Vec<&str> = entry.split(' ').skip(1).collect();
        let said = site.doctool(&[&words[..], &["--help"]].concat()).exits(0);
        assert!(said.out.contains("Usage: doctool"), "{}", said.out);
    }
}

/// The steps of the action, run as its runner would: only the caching and the installation are
/// left out.
#[test]
fn the_action_runs_doctool_with_the_words_it_is_given() {
    let action = fs::read_to_string(project("action.yml")).expect("it is there");
    let action: serde_json::Value = serde_yaml::from_str(&action).expect("it is YAML");
    let steps = action["runs"]["steps"].as_array().expect("a list");
    let script = steps.last().and_then(|step| step["run"].as_str()).expect("a script");
    let site = Site::new(&[("mkdocs.yml", MKDOCS), ("docs/page.md", "# Nothing\n")]);
    let program = Path::new(env!("CARGO_BIN_EXE_doctool")).parent().expect("it is in a folder");
    let path = format!("{}:{}", program.display(), std::env::var("PATH").expect("it is set"));
    let mut shell = Command::new("bash");
    shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).env("PATH", path);
    shell.env("COMMAND", "check").env("ARGUMENTS", "--offline docs; touch canary $(touch canary)");
    let said = shell.current_dir(site.path("")).output().expect("bash is there");
    assert_eq!(said.status.code(), Some(2), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(!site.path("canary").exists());
}

#[test]
fn shells_and_man_get_what_they_read() {
    let site = Site::new(&[]);
    for (shell, mark) in [("bash", "complete -F"), ("fish", "complete -c"), ("zsh", "#compdef")] {
        let said = site.doctool(&["completions", shell]).exits(0);
        assert!(said.out.contains(mark), "{shell}");
    }
    site.doctool(&["man", "--out", "man"]).exits(0);
    for page in ["doctool.1", "doctool-check.1", "doctool-cloud-up.1"] {
        assert!(site.read(&format!("man/{page}")).contains(".SH NAME"), "{page}");
    }
}
