//! The proxy under load, and what it costs beside mitmdump and beside no proxy, in one run.
//!
//! `cargo bench --bench load` lets a storm of a minute come; `DOCTOOL_LOAD_SECONDS=600` makes it ten.
//! Ends with 1 if an exchange was lost or told twice, a byte was changed, memory grew, or a file was
//! left open.

#![allow(clippy::unwrap_used, reason = "a measurement that cannot go on should stop")]
#![allow(clippy::print_stdout, reason = "the figures are the result")]
#![allow(missing_docs, unreachable_pub, reason = "nobody else uses it")]
#![allow(dead_code, reason = "the test uses other parts")]

mod beside;
#[path = "../../tests/support/python.rs"]
mod python;
mod storm;

use std::process::ExitCode;
use std::time::Duration;

use storm::{Found, Storm, Until};

const CALLERS: usize = 1000;
const LARGE: u64 = 200_000_000;
/// Parts of the storm of which memory is told.
const PARTS: usize = 12;

fn main() -> ExitCode {
    let seconds = std::env::var("DOCTOOL_LOAD_SECONDS").ok();
    let seconds = seconds.map_or(60, |seconds| seconds.parse().expect("a number of seconds"));
    let until = Until::Time(Duration::from_secs(seconds));
    let storm = Storm { callers: CALLERS, large: 4, large_bytes: LARGE, until };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let found = runtime.block_on(storm::storm(storm)).unwrap();
    report(&found);
    runtime.block_on(beside::beside(CALLERS, LARGE)).unwrap();
    // Half of it is enough for everything to have been there once.
    let (first, second) = (found.most_memory(0, 1, 2), found.most_memory(1, 2, 2));
    let grew = second > first + first / 10 + 16 * 1024;
    let left_open = found.after.files > found.before.files;
    for (is_so, what) in [(grew, "memory grew"), (left_open, "files were left open")] {
        if is_so {
            println!("{what}");
        }
    }
    let is_good = found.defects.is_empty() && !grew && !left_open;
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn report(found: &Found) {
    for (outcome, times) in &found.outcomes {
        println!("{times:9}  {outcome}");
    }
    let exchanges: usize = found.outcomes.values().sum();
    let (seconds, bytes) = (found.took.as_secs_f64(), found.bytes as f64 / 1e6);
    println!(
        "{exchanges} exchanges in {seconds:.0} s, {:.0} a second; {bytes:.0} MB in bodies, {:.0} MB a second",
        exchanges as f64 / seconds,
        bytes / seconds
    );
    let memory = |part| found.most_memory(part, part + 1, PARTS) / 1024;
    let memory: Vec<String> = (0..PARTS).map(|part| memory(part).to_string()).collect();
    println!(
        "most memory of the proxy, in MB, by turns: before {}; {}; after {}",
        found.before.memory / 1024,
        memory.join(" "),
        found.after.memory / 1024
    );
    let (before, after) = (found.before.files, found.after.files);
    println!("files: before {before}, at most {}, after {after}", found.most_files());
    println!("{} defects", found.defects.len());
    for defect in found.defects.iter().take(20) {
        println!("  {defect}");
    }
}
