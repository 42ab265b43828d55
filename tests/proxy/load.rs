//! The proxy when there is much to do. `benches/load` does the same for longer.

#[allow(dead_code, reason = "the benchmark uses other parts")]
#[allow(unreachable_pub, reason = "the benchmark shares it")]
#[path = "../../benches/load/storm/mod.rs"]
mod storm;

use storm::{Storm, Until};

#[test]
fn nothing_is_lost_or_kept_of_many_connections_that_end_anywhere() {
    let storm =
        Storm { callers: 1000, large: 1, large_bytes: 200_000_000, until: Until::Exchanges(1) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let found = runtime.block_on(storm::storm(storm)).unwrap();
    assert!(found.defects.is_empty(), "{:#?}", found.defects);
    assert_eq!(found.outcomes.values().sum::<usize>(), 1002);
    // Each place to leave at, and each way, was there.
    assert!(found.outcomes.len() >= storm::plan::FATES.len(), "{:#?}", found.outcomes);
    assert!(found.most_files() > 1000, "{} files", found.most_files());
    assert_eq!(found.after.files, found.before.files, "connections are left open");
    // What is kept of bodies has a limit, and what passes takes no room.
    let memory = found.most_memory(0, 1, 1).max(found.after.memory) / 1024;
    assert!(memory < 768, "{memory} MB");
}
