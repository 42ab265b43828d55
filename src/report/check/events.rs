//! For programs that read line by line: the report as JSON values, one event a line.

use schemars::JsonSchema;
use serde::Serialize;

use super::{CheckReport, Failure, Found, Report, SkippedPage, Summary};
use crate::model::Level;

/// A line of `check --format jsonl`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum CheckEvent<'a> {
    /// The first line.
    Start {
        /// The version of doctool.
        version: &'a str,
        /// How far the pages were looked into.
        level: Level,
    },
    /// A page was looked at. What was found there follows.
    Page {
        /// Path below docs_dir.
        path: &'a str,
        /// The page's file, relative to the working directory.
        file: &'a str,
        /// How many views were verified.
        views: usize,
        /// How many of them are not as they should be.
        stale: usize,
        /// How long its commands took together, in milliseconds; none where nothing ran.
        #[serde(skip_serializing_if = "Option::is_none")]
        milliseconds: Option<u64>,
    },
    /// Something was found.
    Finding(&'a Found),
    /// A page was meant and is not verified.
    Skipped(&'a SkippedPage),
    /// The check could not be finished.
    Failure(&'a Failure),
    /// The last line.
    End(Summary),
}

impl CheckEvent<'_> {
    /// The JSON schema of a line.
    pub fn schema() -> String {
        let schema = schemars::schema_for!(CheckEvent<'_>);
        serde_json::to_string_pretty(&schema).expect("a schema is JSON")
    }
}

/// The report as one event a line.
#[derive(Debug, Clone, Copy)]
pub struct Events;

impl Report for Events {
    fn told(&self, report: &CheckReport) -> String {
        events(report)
            .iter()
            .map(|event| serde_json::to_string(event).expect("an event is JSON") + "\n")
            .collect()
    }
}

fn events(report: &CheckReport) -> Vec<CheckEvent<'_>> {
    let mut events = vec![CheckEvent::Start { version: &report.version, level: report.level }];
    for page in &report.pages {
        events.push(CheckEvent::Page {
            path: &page.path,
            file: &page.file,
            views: page.views.len(),
            stale: page.views.iter().filter(|view| view.stale).count(),
            milliseconds: page.milliseconds,
        });
        events.extend(page.findings.iter().map(CheckEvent::Finding));
    }
    events.extend(report.elsewhere.iter().chain(&report.secrets).map(CheckEvent::Finding));
    events.extend(report.skipped.iter().map(CheckEvent::Skipped));
    events.extend(report.failure.iter().map(CheckEvent::Failure));
    events.push(CheckEvent::End(report.summary()));
    events
}
