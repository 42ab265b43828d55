//! The steps of the action, run as GitHub's runner runs them: the same shell with the same options,
//! the same files for what a step hands on, and a release in a folder in place of the server.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use crate::support::{Said, Site, said};
use crate::{MKDOCS, is_valid, project};

const BROKEN: &str = "--8<-- \"gone.md\"\n\n``` console\n$ openstack image list\n```\n";
const SNIPPETS: &str =
    "site_name: x\nmarkdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets\n";

/// A job with a checkout, and what its steps hand on.
struct Job {
    /// The checkout, and in `runner` what belongs to the runner.
    site: Site,
    inputs: HashMap<String, String>,
}

impl Job {
    fn new(files: &[(&str, &str)]) -> Self {
        let site = Site::new(files);
        site.write("runner/temp/empty", "");
        let action = action();
        let inputs = action["inputs"].as_object().expect("a mapping").iter();
        let inputs = inputs.map(|(name, input)| {
            (name.clone(), input["default"].as_str().expect("each has a default").to_owned())
        });
        Self { inputs: inputs.collect(), site }
    }

    fn with(mut self, input: &str, value: &str) -> Self {
        assert!(self.inputs.insert(input.to_owned(), value.to_owned()).is_some(), "no {input}");
        self
    }

    /// Makes a release by the script of the workflow that makes releases.
    fn release(&self) -> PathBuf {
        let folder = self.site.path("runner/server/me/doctool/releases/download/v1");
        let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
        // The program of a debug build takes long to pack.
        let program = format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_doctool"));
        let built = folder.join(format!("target/{target}/release/doctool"));
        fs::create_dir_all(built.parent().expect("a folder")).expect("the folder can be made");
        fs::write(&built, program).expect("the file can be written");
        fs::set_permissions(built, fs::Permissions::from_mode(0o755)).expect("it is ours");
        for file in ["README.md", "CHANGELOG.md", "LICENSE-MIT"] {
            fs::copy(project(file), folder.join(file)).expect("the file can be copied");
        }
        let workflow = yaml(".github/workflows/release.yml");
        let mut steps = workflow["jobs"]["build"]["steps"].as_array().expect("a list").iter();
        let script = steps.find_map(|step| step["run"].as_str().filter(|it| it.contains("tar ")));
        let mut shell = Command::new("bash");
        shell
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c"])
            .arg(script.expect("it is there"));
        said(shell.current_dir(&folder).env("TARGET", &target).output().expect("bash is there"))
            .exits(0);
        folder.join(format!("doctool-{target}.tar.gz"))
    }

    /// What stands for `${{ … }}`.
    fn value(&self, expression: &str) -> String {
        match expression {
            "github.server_url" => format!("file://{}", self.site.path("runner/server").display()),
            "github.action_repository" => "me/doctool".to_owned(),
            "github.action_ref" => "v1".to_owned(),
            "github.action_path" => env!("CARGO_MANIFEST_DIR").to_owned(),
            other => {
                let input = other.strip_prefix("inputs.").and_then(|name| self.inputs.get(name));
                input.unwrap_or_else(|| panic!("a step asks for {other}")).clone()
            }
        }
    }

    fn filled(&self, text: &str) -> String {
        let mut parts = text.split("${{");
        let mut filled = parts.next().expect("a text has a beginning").to_owned();
        for part in parts {
            let (expression, rest) = part.split_once("}}").expect("an expression ends");
            filled += &self.value(expression.trim());
            filled += rest;
        }
        filled
    }

    /// Runs the step of this name.
    fn step(&self, name: &str) -> Said {
        let action = action();
        let mut steps = action["runs"]["steps"].as_array().expect("a list").iter();
        let step = steps.find(|step| step["name"] == name).expect("it is there");
        let script = step["run"].as_str().expect("it runs something");
        assert!(!script.contains("${{"), "an expression could be code in a script");
        self.site.write("runner/script.sh", script);
        let added = fs::read_to_string(self.site.path("runner/path")).unwrap_or_default();
        let path = std::env::var("PATH").expect("it is set");
        let mut shell = Command::new("bash");
        shell.args(["--noprofile", "--norc", "-eo", "pipefail"]);
        shell.arg(self.site.path("runner/script.sh")).current_dir(self.site.path(""));
        shell.env("PATH", format!("{}:{path}", added.trim_end().replace('\n', ":")));
        shell.env("RUNNER_OS", "Linux").env("RUNNER_TEMP", self.site.path("runner/temp"));
        shell.env("RUNNER_ARCH", if cfg!(target_arch = "aarch64") { "ARM64" } else { "X64" });
        for (variable, file) in [
            ("GITHUB_PATH", "path"),
            ("GITHUB_OUTPUT", "output"),
            ("GITHUB_STEP_SUMMARY", "summary"),
        ] {
            shell.env(variable, self.site.path("runner").join(file));
        }
        for (name, value) in step["env"].as_object().expect("each step has some") {
            shell.env(name, self.filled(value.as_str().expect("a text")));
        }
        said(shell.output().expect("bash is there"))
    }

    /// Installs a release and runs doctool.
    fn run(&self) -> Said {
        self.release();
        self.step("install").exits(0);
        self.step("doctool")
    }
}

fn action() -> serde_json::Value {
    yaml("action.yml")
}

fn yaml(file: &str) -> serde_json::Value {
    let text = fs::read_to_string(project(file)).expect("it is there");
    serde_yaml::from_str(&text).expect("it is YAML")
}

#[test]
fn the_action_is_valid_and_knows_itself_by_its_sources() {
    is_valid(&["vendor.github-actions"], &[project("action.yml")]);
    let job = Job::new(&[]);
    job.step("sources").exits(0);
    let told = job.site.read("runner/output");
    let checksum = told.trim_end().strip_prefix("checksum=").expect("it is told");
    assert!(checksum.len() == 64 && checksum.chars().all(|it| it.is_ascii_hexdigit()), "{told}");
    let action = action();
    for step in action["runs"]["steps"].as_array().expect("a list") {
        // There the name of the action is that of the one that the step uses.
        let with = step["with"].to_string();
        assert!(!with.contains("action_ref") && !with.contains("action_repository"), "{with}");
    }
}

#[test]
fn the_action_installs_a_release_and_tells_what_is_found_at_its_lines() {
    let files = [("handbook/mkdocs.yml", SNIPPETS), ("handbook/docs/page.md", BROKEN)];
    let job = Job::new(&files).with("site", "handbook");
    let said = job.run().exits(1);
    assert!(said.out.starts_with("::warning file=handbook/docs/page.md,line=1,"), "{}", said.out);
    assert!(job.site.read("runner/summary").contains("missing-include"));
    let bin = job.site.path("runner/temp/doctool/bin");
    assert_eq!(job.site.read("runner/path"), format!("{}\n", bin.display()));
    // What the cache has brought is not fetched again.
    fs::remove_dir_all(job.site.path("runner/server")).expect("it is there");
    job.step("install").exits(0);

    job.site.write("handbook/docs/page.md", BROKEN.replace("--8<-- \"gone.md\"", "# Images"));
    job.step("doctool").exits(0);
    job.site.write("handbook/mkdocs.yml", "docs_dir: [");
    job.step("doctool").exits(2);
}

#[test]
fn the_action_installs_nothing_that_is_not_what_the_release_says() {
    let job = Job::new(&[("mkdocs.yml", MKDOCS), ("docs/page.md", "# Nothing\n")]);
    let archive = job.release();
    let mut bytes = fs::read(&archive).expect("it is there");
    *bytes.last_mut().expect("it is not empty") ^= 1;
    fs::write(&archive, bytes).expect("it can be written");
    let said = job.step("install");
    assert_ne!(said.code, Some(0));
    assert!(said.out.contains("FAILED"), "{}{}", said.out, said.err);
    assert!(!job.site.path("runner/temp/doctool/bin/doctool").exists());
}

#[test]
fn the_action_runs_no_word_of_its_inputs() {
    let words = "--offline docs; touch canary $(touch canary) `touch canary` > canary";
    for (input, value) in
        [("arguments", words), ("site", "$(touch canary)"), ("command", "check; touch canary")]
    {
        let files = [("mkdocs.yml", MKDOCS), ("docs/page.md", "# Nothing\n")];
        let job = Job::new(&files).with(input, value);
        job.run().exits(2);
        assert!(!job.site.path("canary").exists(), "{input}");
    }
}

#[test]
fn the_action_takes_words_on_any_line_and_any_command() {
    let files = [("mkdocs.yml", SNIPPETS), ("docs/page.md", BROKEN)];
    let job = Job::new(&files).with("arguments", "--offline\n--untrusted\n--require live\n");
    let said = job.run().exits(1);
    assert!(said.out.contains("title=not-verified"), "{}", said.out);
    let job = Job::new(&files).with("command", "redact").with("arguments", "--check");
    assert_eq!(job.run().exits(0).out, "no secrets on 1 page\n");
    let job = Job::new(&files).with("command", "refresh").with("arguments", "gone");
    assert!(job.run().exits(2).err.contains("no page at `gone`"));
}
