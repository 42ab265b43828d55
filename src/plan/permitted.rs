//! The one rule of what may run: documented commands, those of the front matter and those of the
//! settings all come through here.
//!
//! In: a line and the settings. Out: program and arguments, or why it is not run.

use std::path::Path;

use crate::settings::doctool::RunSettings;
use crate::system;

use super::words;

/// Why a line is not run.
pub(super) struct Refusal {
    /// What is wrong with it, such as "needs a shell for `|`".
    pub(super) reason: String,
    /// What may help, where the line names a program that may run; begins with a verb.
    pub(super) hint: Option<String>,
}

/// Program and arguments of a line.
pub(super) fn argv(settings: &RunSettings, line: &str) -> Result<Vec<String>, Refusal> {
    let first = line.split([' ', '\t', '\n']).next().unwrap_or_default();
    let unlisted = |program: &str| Refusal {
        reason: format!("is not run: `{program}` is not in `run.allow`"),
        hint: None,
    };
    match words::words(line) {
        // What counts is the word that would be started, however the line spells it.
        Ok(argv) if is_allowed(settings, &argv[0]) => Ok(argv),
        Ok(argv) => Err(unlisted(&argv[0])),
        Err(_) if !is_allowed(settings, first) => Err(unlisted(first)),
        Err(fault) if fault.is_for_a_shell && settings.shell => match system::SHELL {
            Some(shell) => Ok(shell.into_iter().chain([line]).map(str::to_owned).collect()),
            None => {
                let hint = "write one command without it, or run doctool where there is `/bin/sh`";
                Err(Refusal { reason: fault.reason, hint: Some(hint.to_owned()) })
            }
        },
        Err(fault) if fault.is_for_a_shell => {
            let hint = "write one command without it, or set `run.shell` in doctool.yml";
            Err(Refusal { reason: fault.reason, hint: Some(hint.to_owned()) })
        }
        Err(fault) => {
            let hint = "close the quote, or put `\\` before it";
            Err(Refusal { reason: fault.reason, hint: Some(hint.to_owned()) })
        }
    }
}

/// Whether the settings name the program: as it is, or by an absolute path with its name.
fn is_allowed(settings: &RunSettings, program: &str) -> bool {
    settings.allow.iter().any(|allowed| {
        let path = Path::new(allowed);
        allowed == program || (path.is_absolute() && system::has_name(path, program))
    })
}

#[cfg(test)]
mod tests {
    use super::{RunSettings, argv};

    fn settings(allow: &str, shell: bool) -> RunSettings {
        RunSettings { allow: vec![allow.to_owned()], shell, ..RunSettings::default() }
    }

    fn refused(settings: &RunSettings, line: &str) -> Option<(String, bool)> {
        argv(settings, line).err().map(|refusal| (refusal.reason, refusal.hint.is_some()))
    }

    #[test]
    fn what_counts_is_the_word_that_would_be_started() {
        let settings = settings("openstack", false);
        for line in
            ["openstack\u{a0}x", "./openstack x", "/usr/bin/openstack x", "rm x", "\"rm\" x"]
        {
            let (reason, has_hint) = refused(&settings, line).expect(line);
            assert!(reason.ends_with("is not in `run.allow`") && !has_hint, "{line}: {reason}");
        }
        assert_eq!(refused(&settings, "openstack image list"), None);
        assert_eq!(refused(&settings, "\"openstack\" image list"), None);
    }

    #[test]
    fn an_absolute_path_allows_itself_and_its_name() {
        let root = if cfg!(windows) { "C:" } else { "" };
        let settings = settings(&format!("{root}/opt/client/openstack"), false);
        assert_eq!(refused(&settings, "openstack image list"), None);
        let whole = format!("{root}/opt/client/openstack image list");
        assert_eq!(refused(&settings, &whole), None);
        assert!(refused(&settings, "/opt/openstack image list").is_some());
    }

    #[test]
    fn a_shell_runs_only_where_the_settings_ask_for_it() {
        let line = "openstack image list | head";
        let (reason, has_hint) =
            refused(&settings("openstack", false), line).expect("it is refused");
        assert_eq!((&*reason, has_hint), ("needs a shell for `|`", true));
        let argv = argv(&settings("openstack", true), line);
        match crate::system::SHELL {
            Some([shell, option]) => {
                assert_eq!(argv.ok().expect("it may run"), [shell, option, line]);
            }
            None => assert!(argv.is_err_and(|refusal| refusal.hint.is_some())),
        }
        assert!(refused(&settings("openstack", true), "rm x; openstack image list").is_some());
    }
}
