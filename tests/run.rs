//! Commands: what they print, how they end, and that nothing of them stays.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use doctool::model::{Command, Place};
use doctool::run::{Failure, Interrupt, Programs, Scratch, Surroundings, run};

fn surroundings(scratch: &Scratch, limit: Duration) -> Surroundings {
    Surroundings {
        variables: BTreeMap::new(),
        programs: Arc::new(Programs::new(Vec::new(), None, &[], Vec::new())),
        folder: scratch.path().to_owned(),
        limit,
        deadline: None,
        interrupt: Interrupt::default(),
        patience: 1,
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

/// Whether a process runs, and is not only waiting to be reaped.
fn is_alive(process: &str) -> bool {
    let state = std::fs::read_to_string(format!("/proc/{}/stat", process.trim()));
    state.is_ok_and(|state| !state.contains(") Z ") && !state.contains(") X "))
}

#[test]
fn what_has_left_the_group_is_ended_too() {
    for clears in ["", "env -i "] {
        let scratch = scratch();
        let script = format!(
            "{clears}/usr/bin/setsid /bin/sh -c 'echo $$ > child; exec /bin/sleep 60' > /dev/null 2>&1 & \
             while ! test -s child; do :; done; echo begun; sleep 60"
        );
        let limit = Duration::from_millis(700);
        let Err(failure) = run(&shell(&script), &surroundings(&scratch, limit)) else {
            panic!("it takes too long")
        };
        assert_eq!(failure.output, "begun\n");
        let child = std::fs::read_to_string(scratch.path().join("child")).expect("it was started");
        assert!(!is_alive(&child), "`{clears}`");
    }
}

#[test]
fn what_a_command_leaves_running_when_it_ends_is_ended() {
    let scratch = scratch();
    let script = "setsid sleep 60 > /dev/null 2>&1 & echo $! > child; sleep 60 > /dev/null 2>&1 &
        echo $! >> child; echo done";
    let printed = run(&shell(script), &surroundings(&scratch, Duration::from_secs(20)));
    assert_eq!(printed.map_err(|failure| failure.error).expect("it succeeds"), "done\n");
    let children = std::fs::read_to_string(scratch.path().join("child")).expect("it is there");
    assert_eq!(children.lines().filter(|child| is_alive(child)).count(), 0);
}

#[test]
fn endless_output_is_an_error_and_is_not_kept() {
    let scratch = scratch();
    let start = Instant::now();
    let Err(failure) =
        run(&command(&["yes"], None), &surroundings(&scratch, Duration::from_secs(60)))
    else {
        panic!("it prints too much")
    };
    assert!(start.elapsed() < Duration::from_secs(50), "it was ended, not waited for");
    assert!(failure.error.to_string().contains("it prints more than 64 MiB"), "{}", failure.error);
    assert!(failure.output.starts_with("y\ny\n") && failure.output.len() <= 4096);
}

#[test]
fn output_that_is_no_text_is_an_error() {
    for script in ["printf 'a\\000b'", "printf '\\377'"] {
        let Err(failure) = output(&shell(script)) else { panic!("`{script}` prints no text") };
        assert!(
            failure.error.to_string().contains("prints something that is"),
            "{}",
            failure.error
        );
    }
}

#[test]
fn an_interrupt_ends_the_command_and_no_other_one_begins() {
    let scratch = scratch();
    let surroundings = surroundings(&scratch, Duration::from_secs(60));
    let interrupt = surroundings.interrupt.clone();
    let begun = scratch.path().join("begun");
    let asking = std::thread::spawn(move || {
        while !begun.exists() {
            std::thread::sleep(Duration::from_millis(5));
        }
        interrupt.ask();
    });
    let script = shell("echo so far; touch begun; sleep 60");
    let Err(failure) = run(&script, &surroundings) else { panic!("it is interrupted") };
    asking.join().expect("it has asked");
    assert!(failure.error.to_string().starts_with("interrupted while `"), "{}", failure.error);
    assert_eq!(failure.output, "so far\n");
    let Err(failure) = run(&shell("touch again"), &surroundings) else { panic!("it must not run") };
    assert!(failure.error.to_string().starts_with("interrupted before `"), "{}", failure.error);
    assert!(!scratch.path().join("again").exists());
    // Those that clean up still run.
    let cleaning = Surroundings { patience: 2, ..surroundings };
    assert!(run(&shell("touch cleaned"), &cleaning).is_ok());
}

#[test]
fn the_time_of_a_page_is_for_all_of_its_commands() {
    let scratch = scratch();
    let deadline = Some(Instant::now() + Duration::from_millis(300));
    let surroundings = Surroundings { deadline, ..surroundings(&scratch, Duration::from_secs(60)) };
    let Err(failure) = run(&shell("sleep 60"), &surroundings) else { panic!("it takes too long") };
    let said = failure.error.to_string();
    assert!(said.ends_with("the page's commands took too long together"), "{said}");
}
