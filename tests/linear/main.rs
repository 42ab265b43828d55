//! The time to read a page grows as the page does, whatever stands in it, and no page is too deep.
//!
//! What is measured is the time that the thread was at work, and of several runs the shortest
//! counts: whatever else the machine does only makes runs longer. Only times of the same kind of
//! page are compared.

mod inputs;

use std::fmt::Write as _;
use std::time::Duration;

use doctool::model::{DiagnosticKind, IncludeStatus};
use rustix::time::{ClockId, clock_gettime};

use self::inputs::{DIALECTS, Input, KINDS, Kind, Place};

const SMALL: usize = 6_000;
/// How many times as large the larger page is.
const FACTOR: usize = 4;
/// How many times as long it may take: what is linear takes 4 times as long, what is quadratic 16.
const LIMIT: f64 = 8.0;
/// How often a page that seems slow is read again.
const ROUNDS: usize = 5;

fn working_time() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).expect("below 10^9"))
}

fn time_to_read(place: &Place) -> Duration {
    let start = working_time();
    drop(place.read());
    working_time() - start
}

/// How many times as long a page takes that is so many times as large.
fn growth(place: &Place, kind: &Kind, size: usize) -> f64 {
    let mut shortest = [Duration::MAX; 2];
    let mut ratio = f64::MAX;
    for _ in 0..ROUNDS {
        for (shortest, size) in shortest.iter_mut().zip([size, size * FACTOR]) {
            place.write(&(kind.make)(size));
            *shortest = time_to_read(place).min(*shortest);
        }
        ratio = shortest[1].as_secs_f64() / shortest[0].as_secs_f64();
        if ratio < LIMIT {
            break;
        }
    }
    ratio
}

fn check(dialect: usize) {
    let (name, extensions) = DIALECTS[dialect];
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let place = Place::new(folder.path(), extensions);
    let mut slow = String::new();
    for kind in KINDS {
        // Depth is limited, but what is nested grows faster until it gets there. So what is slow
        // has to be slow again with larger pages.
        let first = growth(&place, kind, SMALL);
        let second = if first < LIMIT { first } else { growth(&place, kind, SMALL * FACTOR) };
        if second >= LIMIT {
            let _ = writeln!(slow, "  {}: {first:.1} and {second:.1}", kind.name);
        }
    }
    assert!(
        slow.is_empty(),
        "with {name}, {FACTOR} times the page takes many times as long:\n{slow}"
    );
}

#[test]
fn time_grows_as_the_page_does_in_the_usual_dialect() {
    check(0);
}

#[test]
fn time_grows_as_the_page_does_with_blocks() {
    check(1);
}

/// A page in the usual dialect that includes the first of some files, each of which is made from
/// the name of the next.
fn chain(files: usize, end: &str, each: impl Fn(&str) -> String) -> doctool::model::Page {
    let name = |number: usize| format!("f{number}.md");
    let mut made: Vec<_> =
        (0..files).map(|number| (name(number), each(&name(number + 1)))).collect();
    made.push((name(files), end.to_owned()));
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let place = Place::new(folder.path(), DIALECTS[0].1);
    place.write(&Input { page: each(&name(0)), files: made });
    place.read()
}

#[test]
fn includes_may_nest_as_deep_as_the_real_ones_and_no_deeper() {
    let page = chain(1000, "the end", |next| format!("a\n--8<-- \"{next}\""));
    let depth = page.includes.iter().filter(|include| include.status == IncludeStatus::Ok).count();
    assert_eq!((depth, page.includes.len()), (890, 891));
    assert_eq!(page.diagnostics.len(), 1);
}

#[test]
fn files_that_include_each_other_twice_come_to_an_end() {
    let page = chain(60, "", |next| format!("--8<-- \"{next}\"\n").repeat(2));
    let last = page.diagnostics.last().expect("something is said about it");
    assert_eq!(last.kind, DiagnosticKind::BrokenInclude);
}

#[test]
fn a_wide_indent_before_many_lines_comes_to_an_end() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let place = Place::new(folder.path(), DIALECTS[0].1);
    let page = format!("{}--8<-- \"a.md\"\n", " ".repeat(200_000));
    place.write(&Input { page, files: vec![("a.md".to_owned(), "a\n".repeat(100_000))] });
    let page = place.read();
    assert_eq!(page.includes[0].status, IncludeStatus::Error);
    assert_eq!(page.diagnostics.len(), 1);
}
