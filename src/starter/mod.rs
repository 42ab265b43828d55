//! Files that a site can begin with: settings, and a workflow for its CI.
//!
//! In: a [`Survey`]. Out: paths and texts. Nothing is read but what tells which CI a repository uses,
//! and nothing is written.

use std::fmt::Write as _;
use std::fs;

use crate::model::Survey;

const SETTINGS: &str = include_str!("doctool.yml");
const GITHUB: &str = include_str!("github.yml");
const GITLAB: &str = include_str!("gitlab.yml");
const GITLAB_JOBS: &str = ".gitlab/doctool.yml";
const GITLAB_ALL: &str = ".gitlab-ci.yml";
/// What checks there is what was tried here.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where checks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions.
    Github,
    /// GitLab CI/CD.
    Gitlab,
    /// Nowhere, or elsewhere.
    None,
}

/// Where a file goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Path {
    /// Below the folder of the site's configuration.
    OfSite(&'static str),
    /// Below the root of the repository.
    OfRepository(&'static str),
}

/// Which CI the repository in this folder uses, as its files or the addresses of its remotes tell.
pub fn ci_of(root: &std::path::Path) -> Ci {
    if root.join(GITLAB_ALL).exists() {
        return Ci::Gitlab;
    }
    let remotes = configuration(root);
    if root.join(".github").is_dir() || remotes.contains("github") {
        Ci::Github
    } else if remotes.contains("gitlab") {
        Ci::Gitlab
    } else {
        Ci::None
    }
}

/// What git is told of the repository in this folder. That of a worktree or a submodule is elsewhere.
fn configuration(root: &std::path::Path) -> String {
    let beside = root.join(".git");
    let named = fs::read_to_string(&beside).unwrap_or_default();
    let folder = named.trim().strip_prefix("gitdir: ").map_or(beside, |folder| root.join(folder));
    let shared = fs::read_to_string(folder.join("commondir"));
    let folder = shared.map_or(folder.clone(), |shared| folder.join(shared.trim()));
    fs::read_to_string(folder.join("config")).unwrap_or_default()
}

/// The files for a site.
pub fn files(survey: &Survey, ci: Ci) -> Vec<(Path, String)> {
    let mut files = vec![(Path::OfSite("doctool.yml"), settings(survey))];
    let folder = match survey.folder.to_string_lossy() {
        folder if folder.is_empty() => ".".to_owned(),
        folder => folder.into_owned(),
    };
    // What JSON takes for a text, YAML does, too.
    let folder = serde_json::Value::from(folder).to_string();
    let workflow = |text: &str| text.replace("{folder}", &folder).replace("{version}", VERSION);
    match ci {
        Ci::Github => {
            files.push((Path::OfRepository(".github/workflows/doctool.yml"), workflow(GITHUB)));
        }
        Ci::Gitlab => {
            files.push((Path::OfRepository(GITLAB_JOBS), workflow(GITLAB)));
            let all = format!("include:\n  - local: {GITLAB_JOBS}\n");
            files.push((Path::OfRepository(GITLAB_ALL), all));
        }
        Ci::None => {}
    }
    files
}

/// What a file that is there already has to say for the others to count, if it does not.
pub fn lacks(path: Path, text: &str) -> Option<String> {
    let is_lacking = path == Path::OfRepository(GITLAB_ALL) && !text.contains(GITLAB_JOBS);
    is_lacking.then(|| format!("include: [{{local: {GITLAB_JOBS}}}]"))
}

/// What may run is never widened by itself: what the pages would start stands in comments.
fn settings(survey: &Survey) -> String {
    let mut programs = String::new();
    for (program, count) in &survey.programs {
        let commands = if *count == 1 { "command" } else { "commands" };
        writeln!(programs, "    # - {program}  # {count} {commands} on these pages")
            .expect("writing to a string does not fail");
    }
    SETTINGS.replace("{programs}\n", &programs)
}

#[cfg(test)]
mod tests {
    use super::{Ci, Path, Survey, files};

    #[test]
    fn programs_that_pages_would_start_are_named_and_not_allowed() {
        let survey = Survey { programs: [("curl".to_owned(), 2)].into(), ..Survey::default() };
        let files = files(&survey, Ci::None);
        let [(Path::OfSite("doctool.yml"), settings)] = &files[..] else { panic!("{files:?}") };
        assert!(settings.contains("    - openstack\n    # - curl  # 2 commands on these pages\n"));
    }
}
