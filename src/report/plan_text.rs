//! What a run would do, as text for people: a line a command.

use std::fmt::Write as _;

use crate::model::{Created, Expected, Phase, PlannedPage};

/// The pages in order, each with its commands and what it would create.
pub fn plan(pages: &[PlannedPage]) -> String {
    let mut text = String::new();
    for page in pages {
        let _ = writeln!(text, "{}", page.path);
        for step in &page.steps {
            let phase = match step.phase {
                Phase::Setup => "setup",
                Phase::LookUp => "vars",
                Phase::Documented => "run",
                Phase::Teardown => "teardown",
            };
            let refused = if step.permitted { "" } else { "  (not permitted)" };
            let fails = match step.expected {
                Some(Expected { status: Some(status) }) => format!("  (is to fail with {status})"),
                Some(Expected { status: None }) => "  (is to fail)".to_owned(),
                None => String::new(),
            };
            let command = &step.command.text;
            let _ = writeln!(text, "  {phase:<8} {:<7} {command}{fails}{refused}", step.effect);
        }
        for Created { sort, id, name, .. } in &page.creates {
            let name = name.as_ref().unwrap_or(id);
            let _ = writeln!(text, "  creates  {sort} `{name}`, as in the last recording");
        }
    }
    text
}
