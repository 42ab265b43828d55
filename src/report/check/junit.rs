//! For test reports: JUnit's XML, as Jenkins, GitLab and others read it. A page is a suite; each of
//! its views is a test, and so is whatever else was found.

use std::fmt::Write as _;

use super::{CheckReport, CheckedPage, Found, Report};
use crate::model::DiagnosticKind;

/// The report as JUnit XML.
#[derive(Debug, Clone, Copy)]
pub struct JUnit;

/// A test: its name, the file, and what became of it.
struct Case<'a> {
    name: String,
    file: &'a str,
    line: usize,
    /// How long its command took, where it has one.
    milliseconds: Option<u64>,
    end: End<'a>,
}

/// Tests of one page, and how long its commands took.
struct Suite<'a> {
    name: &'a str,
    milliseconds: Option<u64>,
    cases: Vec<Case<'a>>,
}

enum End<'a> {
    Passed,
    Failed(Vec<&'a Found>),
    /// It passed, at last.
    Flaky(&'a Found),
    Skipped(&'a str),
    Error(String),
}

impl Report for JUnit {
    fn told(&self, report: &CheckReport) -> String {
        let mut suites: Vec<Suite<'_>> = report
            .pages
            .iter()
            .map(|page| Suite {
                name: &page.path,
                milliseconds: page.milliseconds,
                cases: cases(page),
            })
            .collect();
        let elsewhere = report.elsewhere.iter().chain(&report.secrets).map(alone);
        let mut elsewhere: Vec<Case<'_>> = elsewhere.collect();
        elsewhere.extend(report.skipped.iter().map(|page| Case {
            name: page.path.clone(),
            file: &page.file,
            line: 0,
            milliseconds: None,
            end: End::Skipped(&page.reason),
        }));
        elsewhere.extend(report.failure.iter().map(|failure| Case {
            name: "check".to_owned(),
            file: failure.file.as_deref().unwrap_or_default(),
            line: failure.line,
            milliseconds: None,
            end: End::Error(failure.message.clone()),
        }));
        if !elsewhere.is_empty() {
            suites.push(Suite { name: "elsewhere", milliseconds: None, cases: elsewhere });
        }
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let all = suites.iter().flat_map(|suite| &suite.cases);
        let times: Vec<u64> = suites.iter().filter_map(|suite| suite.milliseconds).collect();
        let total = (!times.is_empty()).then(|| times.iter().sum());
        let _ = writeln!(out, "<testsuites name=\"doctool\"{}{}>", counts(all), time(total));
        for Suite { name, milliseconds, cases } in &suites {
            let skipped = cases.iter().filter(|case| matches!(case.end, End::Skipped(_))).count();
            let _ = writeln!(
                out,
                "  <testsuite name={}{} skipped=\"{skipped}\"{}>",
                quoted(name),
                counts(cases.iter()),
                time(*milliseconds)
            );
            cases.iter().for_each(|case| out.push_str(&told(case, name)));
            out.push_str("  </testsuite>\n");
        }
        out + "</testsuites>\n"
    }
}

/// The tests of a page.
fn cases(page: &CheckedPage) -> Vec<Case<'_>> {
    let (flaky, mut left): (Vec<&Found>, Vec<&Found>) =
        page.findings.iter().partition(|found| found.kind == DiagnosticKind::Flaky);
    let mut cases = Vec::new();
    for view in &page.views {
        let (of_view, others) = left.into_iter().partition(|found| {
            found.view.as_ref() == Some(&view.kind)
                && found.file == view.file
                && found.line >= view.line
                && !is_of_later_view(page, view.line, found)
        });
        left = others;
        cases.push(Case {
            name: format!("{} at {}:{}", view.kind, view.file, view.line),
            file: &view.file,
            line: view.line,
            milliseconds: view.milliseconds,
            end: if Vec::is_empty(&of_view) { End::Passed } else { End::Failed(of_view) },
        });
    }
    cases.extend(left.into_iter().map(alone));
    cases.extend(flaky.into_iter().map(|found| Case { end: End::Flaky(found), ..alone(found) }));
    if cases.is_empty() {
        let name = page.path.clone();
        cases.push(Case { name, file: &page.file, line: 0, milliseconds: None, end: End::Passed });
    }
    cases
}

/// Whether a view of the same kind stands between this line and the finding.
fn is_of_later_view(page: &CheckedPage, line: usize, found: &Found) -> bool {
    page.views.iter().any(|view| {
        found.view.as_ref() == Some(&view.kind)
            && found.file == view.file
            && line < view.line
            && view.line <= found.line
    })
}

/// A finding as a test of its own.
fn alone(found: &Found) -> Case<'_> {
    let name = format!("{} at {}", found.kind, found.place());
    let end = End::Failed(vec![found]);
    Case { name, file: &found.file, line: found.line, milliseconds: None, end }
}

/// How many tests ended how. Those that are skipped count only in a suite: the whole has no place for
/// their number.
fn counts<'a>(cases: impl Iterator<Item = &'a Case<'a>>) -> String {
    let (mut tests, mut failures, mut errors) = (0, 0, 0);
    for case in cases {
        tests += 1;
        match case.end {
            End::Passed | End::Flaky(_) | End::Skipped(_) => {}
            End::Failed(_) => failures += 1,
            End::Error(_) => errors += 1,
        }
    }
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"")
}

/// The attribute that says how long something took, in seconds.
fn time(milliseconds: Option<u64>) -> String {
    let Some(time) = milliseconds else { return String::new() };
    format!(" time=\"{}.{:03}\"", time / 1000, time % 1000)
}

fn told(case: &Case<'_>, suite: &str) -> String {
    let Case { name, file, line, milliseconds, end } = case;
    let place = if *line > 0 { format!("{file}:{line}") } else { (*file).to_owned() };
    let (name, suite, time) = (quoted(name), quoted(suite), time(*milliseconds));
    let mut out = format!("    <testcase name={name} classname={suite}{time}");
    match end {
        End::Passed => return out + "/>\n",
        End::Skipped(reason) => {
            let _ = write!(out, ">\n      <skipped message={}/>\n", quoted(reason));
        }
        End::Error(message) => {
            let _ = write!(
                out,
                ">\n      <error type=\"failure\" message={}>{}</error>\n",
                quoted(message),
                escaped(&place)
            );
        }
        End::Flaky(found) => {
            let (kind, message) = (quoted(found.kind.name()), quoted(&found.message));
            let told = escaped(&found.told());
            let _ = write!(
                out,
                ">\n      <flakyFailure type={kind} message={message}><stackTrace>{told}</stackTrace></flakyFailure>\n"
            );
        }
        End::Failed(found) => {
            // A test fails once: what was found first names it, and the text tells all.
            let first = found[0];
            let _ = write!(
                out,
                ">\n      <failure type={} message={}>",
                quoted(first.kind.name()),
                quoted(&first.message)
            );
            for found in found {
                let diff = found.diff.as_deref().unwrap_or_default();
                let text = format!(
                    "{}: {}[{}]: {}\n{diff}",
                    found.place(),
                    found.severity.name(),
                    found.kind,
                    found.told()
                );
                out.push_str(&escaped(&text));
            }
            out.push_str("</failure>\n");
        }
    }
    out + "    </testcase>\n"
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text).replace('"', "&quot;").replace('\n', "&#10;"))
}

/// The text as XML 1.0 can hold it. It knows no control characters, however they are written.
fn escaped(text: &str) -> String {
    let may_stand = |character: &char| !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    let kept: String = text
        .chars()
        .map(|character| if may_stand(&character) { character } else { '\u{fffd}' })
        .collect();
    kept.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\r', "&#13;")
}

#[cfg(test)]
mod tests {
    use super::{escaped, quoted};

    #[test]
    fn whatever_a_page_says_is_text() {
        assert_eq!(escaped("a<b>&\u{1b}[0m"), "a&lt;b&gt;&amp;\u{fffd}[0m");
        assert_eq!(quoted("\"x\"\n"), "\"&quot;x&quot;&#10;\"");
    }
}
