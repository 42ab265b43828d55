//! For programs: the report as one JSON document.

use super::{CheckReport, Report};

/// The report as JSON on one line.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Report for Json {
    fn told(&self, report: &CheckReport) -> String {
        serde_json::to_string(report).expect("a report is JSON") + "\n"
    }
}
