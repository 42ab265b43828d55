//! For code scanning: SARIF 2.1.0, with a rule a kind of finding.

use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Value, json};

use super::{CheckReport, Failure, Found, Report};
use crate::model::{DiagnosticKind, Severity};

/// What cannot stand in the path of an address.
const NOT_IN_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The report as SARIF.
#[derive(Debug, Clone, Copy)]
pub struct Sarif;

impl Report for Sarif {
    fn told(&self, report: &CheckReport) -> String {
        let kinds = DiagnosticKind::all();
        let rules: Vec<Value> = kinds.iter().map(|kind| rule(*kind)).collect();
        let results: Vec<Value> = report.findings().map(|found| result(found, &kinds)).collect();
        let notifications: Vec<Value> = report.failure.iter().map(notification).collect();
        let log = json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "doctool",
                    "semanticVersion": report.version,
                    "rules": rules,
                }},
                "columnKind": "unicodeCodePoints",
                "invocations": [{
                    "executionSuccessful": report.failure.is_none(),
                    "toolExecutionNotifications": notifications,
                }],
                "results": results,
            }],
        });
        serde_json::to_string(&log).expect("it is JSON") + "\n"
    }
}

fn rule(kind: DiagnosticKind) -> Value {
    json!({
        "id": kind.name(),
        "shortDescription": {"text": kind.summary()},
        "defaultConfiguration": {"level": level(kind.severity())},
    })
}

fn level(severity: Severity) -> &'static str {
    // SARIF has the same three words.
    severity.name()
}

fn result(found: &Found, kinds: &[DiagnosticKind]) -> Value {
    let mut text = found.told();
    if let Some(diff) = &found.diff {
        text.push_str(&format!("\n{diff}"));
    }
    json!({
        "ruleId": found.kind.name(),
        "ruleIndex": kinds.iter().position(|kind| *kind == found.kind),
        "level": level(found.severity),
        "message": {"text": text},
        "locations": [location(&found.file, found.line, found.column)],
    })
}

fn location(file: &str, line: usize, column: usize) -> Value {
    let mut place = json!({"artifactLocation": {"uri": address(file)}});
    if line > 0 {
        place["region"] = json!({"startLine": line});
    }
    if line > 0 && column > 0 {
        place["region"]["startColumn"] = column.into();
    }
    json!({"physicalLocation": place})
}

fn notification(failure: &Failure) -> Value {
    let mut told = json!({"level": "error", "message": {"text": failure.message}});
    if let Some(file) = &failure.file {
        told["locations"] = json!([location(file, failure.line, 0)]);
    }
    told
}

/// A file's path as an address, relative to the working directory where it lies below that.
fn address(file: &str) -> String {
    let path = file.replace('\\', "/");
    let encoded = utf8_percent_encode(&path, NOT_IN_PATH).to_string();
    match Path::new(file).is_absolute() {
        true => format!("file:///{}", encoded.trim_start_matches('/')),
        false => encoded,
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_path_is_an_address() {
        assert_eq!(address("docs/a b/이미지%.md"), "docs/a%20b/%EC%9D%B4%EB%AF%B8%EC%A7%80%25.md");
        let (path, whole) = match cfg!(windows) {
            true => ("C:/srv/docs/a.md", "file:///C:/srv/docs/a.md"),
            false => ("/srv/docs/a.md", "file:///srv/docs/a.md"),
        };
        assert_eq!(address(path), whole);
    }
}
