//! What the services of a cloud send while nobody asks them for anything.

use std::time::Duration;

/// What was seen of a cloud at rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noise {
    /// The profile's name.
    pub cloud: String,
    /// How long it was watched.
    pub watched: Duration,
    /// Those that were sent most often first.
    pub calls: Vec<NoiseCall>,
}

/// Exchanges that differ in ids only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoiseCall {
    /// Who asked: a participant's name.
    pub from: String,
    /// Who was asked: a participant's name.
    pub to: String,
    /// Their method.
    pub method: String,
    /// Their path without query, with names in braces for ids, such as `/servers/{uuid}`.
    pub path: String,
    /// A regular expression of such paths, in which the same names stand.
    pub pattern: String,
    /// How many there were.
    pub count: usize,
    /// The time from one to the next on average; none where there were fewer than three.
    pub period: Option<Duration>,
    /// Whether the settings leave them out already: one of them at least.
    pub is_ignored: bool,
}
