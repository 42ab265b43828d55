//! What the recording holds of each exchange.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::plan::Plan;

/// How often each request and response was recorded, by its plan's number.
#[derive(Debug, Clone, Default)]
pub struct Recorded(Arc<Mutex<HashMap<u64, Times>>>);

/// Requests and responses of one plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    pub requests: usize,
    pub responses: usize,
}

impl Recorded {
    /// What there is of a plan so far.
    pub fn of(&self, number: u64) -> Times {
        self.0.lock().unwrap().get(&number).copied().unwrap_or_default()
    }

    /// Forgets about a plan.
    pub fn settle(&self, number: u64) -> Times {
        self.0.lock().unwrap().remove(&number).unwrap_or_default()
    }

    /// Plans that nobody settled.
    pub fn rest(&self) -> Vec<u64> {
        self.0.lock().unwrap().keys().copied().collect()
    }

    fn add(&self, number: u64, change: impl FnOnce(&mut Times)) {
        change(self.0.lock().unwrap().entry(number).or_default());
    }
}

/// Reads a line of the log. Only headings begin like one here: bodies are letters.
pub fn line(line: &[u8], recorded: &Recorded) {
    if !line.starts_with(b"### (") {
        return;
    }
    let heading = String::from_utf8_lossy(line);
    let path = heading.trim_end().rsplit_once("/load/").map(|(_, path)| format!("/load/{path}"));
    let Some(plan) = path.as_deref().and_then(Plan::read) else { return };
    if heading.contains(" REQ >>> ") {
        recorded.add(plan.number, |times| times.requests += 1);
    } else {
        recorded.add(plan.number, |times| times.responses += 1);
    }
}
