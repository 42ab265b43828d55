//! Commands: what they print, how they end, and that nothing of them stays.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use doctool::model::{Command, Place};
use doctool::run::{Failure, Scratch, Surroundings, run};

fn surroundings(scratch: &Scratch, limit: Duration) -> Surroundings {
    Surroundings {
        variables: BTreeMap::new(),
        path: Vec::new(),
        folder: scratch.path().to_owned(),
        limit,
    }
}

fn scratch() -> Scratch {
    Scratch::new(&[], &PathBuf::from("page.md")).expect("there is room for a folder")
}

fn command(argv: &[&str], input: Option<&str>) -> Command {
    Command {
        text: argv.join(" "),
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
        input: input.map(str::to_owned),
        place: Place::line("page.md", 7),
    }
}

fn shell(script: &str) -> Command {
    command(&["sh", "-c", script], None)
}

fn output(command: &Command) -> Result<String, Failure> {
    run(command, &surroundings(&scratch(), Duration::from_secs(20)))
}

#[test]
fn both_outputs_come_in_the_order_in_which_they_were_written() {
    let printed =
        output(&shell("echo one; echo two >&2; echo three")).map_err(|failure| failure.error);
    assert_eq!(printed.expect("it succeeds"), "one\ntwo\nthree\n");
}

#[test]
fn a_here_document_is_read_from_standard_input() {
    let printed = output(&command(&["cat"], Some("a\nb\n"))).map_err(|failure| failure.error);
    assert_eq!(printed.expect("it succeeds"), "a\nb\n");
}

#[test]
fn standard_input_is_empty_otherwise() {
    let printed = output(&command(&["cat"], None)).map_err(|failure| failure.error);
    assert_eq!(printed.expect("it succeeds"), "");
}

#[test]
fn a_status_other_than_0_is_an_error_at_the_place_of_the_command() {
    let Err(failure) = output(&shell("echo why; exit 3")) else { panic!("it fails") };
    assert_eq!(failure.error.to_string(), "`sh -c echo why; exit 3` exited with status 3");
    assert_eq!(failure.error.place(), Some(&Place::line("page.md", 7)));
    assert_eq!(failure.output, "why\n");
}

#[test]
fn the_environment_of_the_caller_is_not_handed_on() {
    let printed = output(&command(&["env"], None)).map_err(|failure| failure.error);
    let printed = printed.expect("it succeeds");
    assert!(printed.contains("TZ=UTC\n"));
    assert!(!printed.contains("CARGO"), "{printed}");
}

#[test]
fn at_the_limit_everything_that_was_started_is_ended() {
    let scratch = scratch();
    let script = "trap '' TERM; (trap '' TERM; sleep 60) & echo $! > child; echo begun; sleep 60";
    let start = Instant::now();
    let Err(failure) = run(&shell(script), &surroundings(&scratch, Duration::from_millis(300)))
    else {
        panic!("it takes too long")
    };
    assert!(start.elapsed() < Duration::from_secs(30), "it was ended, not waited for");
    assert!(failure.error.to_string().contains("took longer than"));
    assert_eq!(failure.output, "begun\n");
    let child =
        std::fs::read_to_string(scratch.path().join("child")).expect("the child was started");
    let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
    // A process that nobody has reaped is gone, too. The system may take a moment to end it.
    let is_gone = || state().map_or(true, |state| state.contains(") Z ") || state.contains(") X "));
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_gone() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert!(is_gone(), "the child is gone: {:?}", state());
}

#[test]
fn a_command_that_closes_its_outputs_does_not_escape_the_limit() {
    let start = Instant::now();
    let script = shell("echo begun; exec >&- 2>&-; sleep 60");
    let Err(failure) = run(&script, &surroundings(&scratch(), Duration::from_millis(300))) else {
        panic!("it takes too long")
    };
    assert!(start.elapsed() < Duration::from_secs(30), "it was ended, not waited for");
    assert!(failure.error.to_string().contains("took longer than"), "{}", failure.error);
    assert_eq!(failure.output, "begun\n");
}

#[test]
fn a_program_that_is_not_there_is_an_error_with_a_hint() {
    let Err(failure) = output(&command(&["no-such-program"], None)) else { panic!("it fails") };
    assert_eq!(
        failure.error.to_string(),
        "cannot start `no-such-program`: it is in no folder of `PATH`"
    );
    assert!(failure.error.hint_text().is_some());
}

#[test]
fn commands_find_the_files_of_their_page() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let file = folder.path().join("disk.img");
    std::fs::write(&file, "content").expect("the folder can be written");
    let scratch = Scratch::new(&[file], &PathBuf::from("page.md")).expect("the file is there");
    let printed =
        run(&command(&["cat", "disk.img"], None), &surroundings(&scratch, Duration::from_secs(20)));
    assert_eq!(printed.map_err(|failure| failure.error).expect("it succeeds"), "content");
}
