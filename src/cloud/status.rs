//! What is told of the embedded cloud: what runs, and what was ended.

use std::path::PathBuf;
use std::time::SystemTime;

/// What runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The processes of the cloud, in the order in which they are started.
    pub parts: Vec<PartStatus>,
    /// Where the cloud's data and logs lie.
    pub data: PathBuf,
}

impl Status {
    /// True when every process runs and answers.
    pub fn is_up(&self) -> bool {
        self.parts.iter().all(|part| part.answers)
    }
}

/// A process of the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartStatus {
    /// Its name, such as `glance-api`.
    pub name: String,
    /// Where it answers, if that is settled.
    pub address: Option<String>,
    /// Its process id and when it started, if it runs.
    pub process: Option<(u32, SystemTime)>,
    /// True when it runs and answers.
    pub answers: bool,
}

/// What was ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Down {
    /// Name and process id of each process that ran; one that a killed doctool left behind has no
    /// name of its own.
    pub ended: Vec<(String, u32)>,
}
