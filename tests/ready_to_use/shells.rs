//! What shells and `man` make of completions and manual pages.

use std::process::Command;

use crate::MKDOCS;
use crate::support::{Said, Site, said};

/// What a program makes of the site, where there is that program. Else a line says so.
fn asked(site: &Site, program: &str, arguments: &[&str]) -> Option<Said> {
    let mut command = Command::new(program);
    match command.args(arguments).current_dir(site.path("")).output() {
        Ok(output) => Some(said(output)),
        Err(_) => {
            #[expect(clippy::print_stderr, reason = "a test that asked nobody must say so")]
            let () = eprintln!("there is no {program} to ask");
            None
        }
    }
}

#[test]
fn shells_complete_words() {
    let site = Site::new(&[]);
    for (shell, file) in [("bash", "doctool.bash"), ("fish", "doctool.fish"), ("zsh", "_doctool")] {
        let script = site.doctool(&["completions", shell]).exits(0);
        site.write(file, script.out);
    }
    let bash = "source doctool.bash; complete -p doctool; COMP_WORDS=(doctool check --off); \
                COMP_CWORD=2; _doctool doctool --off check; echo ${COMPREPLY[@]}";
    let fish = "source doctool.fish; complete -C 'doctool check --off'";
    // zsh completes in its line editor only, so it is asked what it would call, and to read that.
    let zsh = "fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; echo ${_comps[doctool]}; \
               autoload +X -Uz _doctool && functions _doctool";
    let strict = ["--noprofile", "--norc", "-eu", "-c"];
    let answers = [
        asked(&site, "bash", &[&strict[..], &[bash]].concat()),
        asked(&site, "fish", &["--no-config", "-c", fish]),
    ];
    for answer in answers.into_iter().flatten() {
        let answer = answer.exits(0);
        assert!(answer.out.contains("--offline"), "{}", answer.out);
        assert_eq!(answer.err, "");
    }
    if let Some(answer) = asked(&site, "zsh", &["-f", "-c", zsh]) {
        let answer = answer.exits(0);
        assert!(answer.out.starts_with("_doctool\n"), "{}", answer.out);
        assert!(answer.out.contains("--offline"), "{}", answer.out);
        assert_eq!(answer.err, "");
    }
}

#[test]
fn manual_pages_read_well() {
    let site = Site::new(&[("mkdocs.yml", MKDOCS)]);
    site.doctool(&["man", "--out", "man"]).exits(0);
    let pages = site.files();
    let pages = pages.iter().filter_map(|(path, _)| path.file_name()?.to_str());
    let pages: Vec<String> =
        pages.filter(|name| name.ends_with(".1")).map(|name| format!("man/{name}")).collect();
    for page in ["man/doctool.1", "man/doctool-check.1", "man/doctool-cloud-up.1"] {
        assert!(pages.iter().any(|there| there == page), "{page}");
        let name = page.trim_start_matches("man/").trim_end_matches(".1");
        let title = format!(".TH {name} 1 \"\" \"doctool {}\"\n", env!("CARGO_PKG_VERSION"));
        assert!(site.read(page).contains(&title), "{page}");
    }
    let mut lint = vec!["-T", "lint", "-W", "warning"];
    lint.extend(pages.iter().map(String::as_str));
    if let Some(judged) = asked(&site, "mandoc", &lint) {
        // What is the same on any day has no date.
        let other = judged.out.lines().find(|line| !line.contains("WARNING: missing date"));
        assert_eq!(other, None);
    }
    for page in &pages {
        let Some(shown) = asked(&site, "man", &["--warnings", "-l", page]) else { return };
        let shown = shown.exits(0);
        assert_eq!(shown.err, "", "{page}");
        assert!(shown.out.contains("SYNOPSIS"), "{page}");
    }
}
