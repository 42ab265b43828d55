//! The jobs for GitLab CI/CD, as `gitlab-ci-local` understands them, and what their scripts do.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{Said, Site, node, said};
use crate::{MKDOCS, PAGE, is_valid, path_with, project};

const TOOL: &str = "gitlab-ci-local@4.64.0";
const SCHEMA: [&str; 3] = ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"];

/// A repository with the jobs that its configuration leads to.
struct Pipeline {
    site: Site,
    jobs: Value,
}

impl Pipeline {
    fn of(site: Site) -> Self {
        git(&site, &["init", "--quiet", "--initial-branch", "main"]);
        git(&site, &["remote", "add", "origin", "git@gitlab.example.org:me/docs.git"]);
        git(&site, &["add", "."]);
        git(&site, &["commit", "--quiet", "--message", "first"]);
        let shown = asked(&site, "--preview");
        let (_, jobs) = shown.split_once("---\n").expect("the jobs follow");
        let jobs = serde_yaml::from_str(jobs).expect("it prints YAML");
        Self { site, jobs }
    }

    /// The names of the jobs that a push to the branch at hand starts.
    fn started(&self) -> Vec<String> {
        let shown = asked(&self.site, "--list-json");
        let jobs: Value = serde_json::from_str(&shown).expect("it prints JSON");
        let jobs = jobs.as_array().expect("a list").iter().filter(|job| job["when"] != "never");
        jobs.map(|job| job["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// Runs the script of a job. A runner joins its parts, and ends at the first command that fails.
    fn run(&self, job: &str) -> Said {
        let job = &self.jobs[job];
        let lines = ["before_script", "script"].map(|part| job[part].as_array().expect("a list"));
        let lines = lines.into_iter().flatten().map(|line| line.as_str().expect("a command"));
        let script = lines.collect::<Vec<&str>>().join("\n");
        let mut shell = Command::new("bash");
        shell.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]);
        shell.current_dir(self.site.path("")).env("PATH", path_with(Path::new("/nowhere")));
        let folder = self.site.path("").display().to_string();
        for (name, value) in job["variables"].as_object().expect("a mapping") {
            let value = value.as_str().expect("a text");
            shell.env(name, value.replace("$CI_PROJECT_DIR", &folder));
        }
        said(shell.output().expect("bash is there"))
    }
}

#[track_caller]
fn git(site: &Site, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=me", "-c", "user.email=me@example.org"]).args(arguments);
    said(git.current_dir(site.path("")).output().expect("git is there")).exits(0);
}

/// What the tool prints of the pipeline of a repository.
fn asked(site: &Site, question: &str) -> String {
    let (folder, node) = node::packages("gitlab", &[TOOL]);
    let mut tool = Command::new(node);
    tool.arg(folder.join("node_modules/gitlab-ci-local/src/index.js")).arg(question);
    said(tool.current_dir(site.path("")).output().expect("node is there")).exits(0).out
}

fn handbook() -> Site {
    Site::new(&[("handbook/mkdocs.yml", MKDOCS), ("handbook/docs/page.md", PAGE)])
}

#[test]
fn the_jobs_that_init_writes_check_the_site() {
    let site = handbook();
    site.write(".git/description", "");
    site.in_folder("handbook").doctool(&["init", "--ci", "gitlab"]).exits(0);
    is_valid(&SCHEMA, &[site.path(".gitlab/doctool.yml")]);
    let pipeline = Pipeline::of(site);
    checks(&pipeline);
    assert_eq!(pipeline.started(), ["doctool-offline", "doctool-live"]);
    git(&pipeline.site, &["checkout", "--quiet", "-b", "proposal"]);
    assert_eq!(pipeline.started(), ["doctool-offline"]);
}

#[test]
fn the_component_checks_the_site() {
    let site = handbook();
    let component = std::fs::read(project("templates/doctool.yml")).expect("it is there");
    site.write("templates/doctool.yml", component);
    let include = "include: [{local: templates/doctool.yml, inputs: {site: handbook}}]\n";
    site.write(".gitlab-ci.yml", include);
    let pipeline = Pipeline::of(site);
    is_valid(&SCHEMA, &[pipeline.site.path(".gitlab-ci.yml")]);
    assert!(!pipeline.jobs.to_string().contains("$[["));
    checks(&pipeline);
}

/// Expects a job that checks without a cloud, and one that checks with it.
#[track_caller]
fn checks(pipeline: &Pipeline) {
    pipeline.run("doctool-offline").exits(0);
    let report = pipeline.site.read("doctool.xml");
    assert!(report.contains("<testsuites"), "{report}");
    let artifacts = &pipeline.jobs["doctool-offline"]["artifacts"];
    assert_eq!(artifacts["reports"]["junit"], "doctool.xml");
    let live = pipeline.jobs["doctool-live"].to_string();
    assert!(live.contains("doctool check --require live"), "{live}");
    pipeline.site.write("handbook/docs/page.md", "``` mermaid\nsequenceDiagram\na->>b\n```\n");
    pipeline.site.write("handbook/docs/other.md", PAGE);
    let said = pipeline.run("doctool-offline").exits(1);
    assert!(said.out.contains("--> handbook/docs/page.md:"), "{}", said.out);
}
