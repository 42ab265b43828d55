//! What pre-commit does with the hooks that it reads from this project.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Said, Site, python, said};
use crate::{MKDOCS, path_with, project};

const CONFIG: &str = ".pre-commit-config.yaml";
const PAGE: &str = "# Images\n\n``` console\n$ openstack image list\n```\n\n--8<-- \"words.txt\"\n";
const SNIPPETS: &str = "site_name: x\nmarkdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets: {base_path: snippets}\n";

/// The folder with pre-commit.
fn programs() -> Option<PathBuf> {
    python::programs("pre-commit", &["pre-commit==4.3.0"])
}

/// A repository that runs the hooks of this name, and its pre-commit.
struct Repository {
    site: Site,
    path: String,
}

impl Repository {
    /// A repository in which these files are committed.
    fn new(programs: &Path, hooks: &[(&str, &str)], files: &[(&str, &str)]) -> Self {
        let repository = Self { site: Site::new(files), path: path_with(programs) };
        let defined = std::fs::read_to_string(project(".pre-commit-hooks.yaml"));
        let defined: serde_json::Value =
            serde_yaml::from_str(&defined.expect("it is there")).expect("it is YAML");
        let mut defined = defined.as_array().expect("a list").clone();
        defined.retain(|hook| hooks.iter().any(|(id, _)| hook["id"] == *id));
        assert_eq!(defined.len(), hooks.len(), "each hook is defined");
        for hook in &mut defined {
            let (_, args) =
                hooks.iter().find(|(id, _)| hook["id"] == *id).expect("it was asked for");
            hook["args"] = args.split_whitespace().collect();
        }
        let config = serde_json::json!({"repos": [{"repo": "local", "hooks": defined}]});
        repository.site.write(CONFIG, config.to_string());
        repository.git(&["init", "--quiet"]);
        repository.git(&["config", "user.name", "somebody"]);
        repository.git(&["config", "user.email", "somebody@example.org"]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message", "first"]);
        let installed = repository.run("pre-commit", &["install"]);
        assert_eq!(installed.code, Some(0), "{}", installed.err);
        repository
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Said {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.site.path("")).env("PATH", &self.path);
        command.env("PRE_COMMIT_HOME", self.site.path(".git/pre-commit"));
        said(command.output().expect("it can be started"))
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) {
        let done = self.run("git", arguments);
        assert_eq!(done.code, Some(0), "{}", done.err);
    }

    /// Commits everything, and gives what a person sees.
    fn commit(&self) -> Said {
        self.git(&["add", "--all"]);
        let done = self.run("git", &["commit", "--quiet", "--message", "next"]);
        Said { out: format!("{}{}", done.out, done.err), ..done }
    }
}

#[test]
fn pre_commit_accepts_the_hooks() {
    let Some(programs) = programs() else { return };
    let mut judge = Command::new(programs.join("pre-commit"));
    judge.arg("validate-manifest").arg(project(".pre-commit-hooks.yaml"));
    let judged = said(judge.output().expect("it was installed"));
    assert_eq!(judged.code, Some(0), "{}{}", judged.out, judged.err);
}

#[test]
fn a_commit_that_breaks_a_page_is_held_back() {
    let Some(programs) = programs() else { return };
    let hooks = [("doctool-system", ""), ("doctool-secrets-system", "")];
    let files =
        [("mkdocs.yml", SNIPPETS), ("docs/page.md", PAGE), ("snippets/words.txt", "Words.\n")];
    let repository = Repository::new(&programs, &hooks, &files);

    repository.site.write("snippets/words.txt", "Other words.\n");
    let said = repository.commit().exits(0);
    for hook in ["doctool check --offline", "doctool redact --check"] {
        let line = said.out.lines().find(|line| line.starts_with(hook));
        assert!(line.is_some_and(|line| line.ends_with("Passed")), "{}", said.out);
    }

    std::fs::remove_file(repository.site.path("snippets/words.txt")).expect("it is there");
    let said = repository.commit().exits(1);
    assert!(said.out.contains("- hook id: doctool-system\n- exit code: 1\n"), "{}", said.out);
    assert!(said.out.contains("nothing is included: there is no `words.txt`"), "{}", said.out);
    repository.site.write("snippets/words.txt", "Words.\n");

    let token =
        "gAAAAABkZ0000abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh";
    let page = format!("``` console\n$ openstack image list\nX-Auth-Token: {token}\n```\n");
    repository.site.write("docs/other.md", page);
    let said = repository.commit().exits(1);
    let id = "- hook id: doctool-secrets-system\n- exit code: 1\n";
    assert!(said.out.contains(id), "{}", said.out);
    assert!(said.out.contains("docs/other.md:3:15: token"), "{}", said.out);
    assert!(said.out.contains("these pages publish 1 token"), "{}", said.out);
    assert!(
        said.out.contains("2 views consistent on 2 pages, offline; 1 secret\n"),
        "{}",
        said.out
    );
    assert!(!said.out.contains(token));
}

#[test]
fn a_hook_is_told_where_the_site_is() {
    let Some(programs) = programs() else { return };
    let files = [("handbook/mkdocs.yml", MKDOCS), ("handbook/docs/page.md", "# Nothing\n")];
    let hooks =
        [("doctool-system", "--site handbook"), ("doctool-secrets-system", "--site handbook")];
    let repository = Repository::new(&programs, &hooks, &files);
    repository.site.write("handbook/docs/page.md", "--8<-- \"gone.md\"\n``` console\n$ x\n");
    let said = repository.commit().exits(1);
    assert!(said.out.contains("--> handbook/docs/page.md:"), "{}", said.out);
}
