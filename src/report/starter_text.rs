//! What `doctool init` says to people: what it wrote, what it found, and what comes next.

use std::fmt::Write as _;

use super::counted;
use crate::model::{FileCache, StarterFile, Survey};

/// What was written for a site, and what its pages document.
pub fn started(survey: &Survey, written: &[StarterFile], files: &FileCache) -> String {
    let mut out = String::new();
    let mut line =
        |text: String| writeln!(out, "{text}").expect("writing to a string does not fail");
    for StarterFile { path, is_there, lacks, .. } in written {
        let path = files.shown_path(path);
        let path = path.display();
        line(match (is_there, lacks) {
            (true, Some(lacks)) => {
                format!("`{path}` is there already, and stays as it is: add `{lacks}`")
            }
            (true, None) => format!("`{path}` is there already, and stays as it is"),
            (false, _) => format!("wrote `{path}`"),
        });
    }
    let pages = counted(survey.pages, "page");
    line(format!("{} to run on {pages}", counted(survey.commands, "command")));
    for (program, count) in &survey.programs {
        let commands = counted(*count, "command");
        line(format!(
            "{commands} would start `{program}`: allow it in `doctool.yml` if it may run"
        ));
    }
    line(
        "see what doctool finds with `doctool list`, and what it would change with `doctool check`"
            .to_owned(),
    );
    out
}
