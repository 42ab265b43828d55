//! For test reports: JUnit's XML, as Jenkins, GitLab and others read it. A page is a suite; each of
//! its views is a test, and so is whatever else was found.

use std::fmt::Write as _;

use super::{CheckReport, CheckedPage, Found, Report};

/// The report as JUnit XML.
#[derive(Debug, Clone, Copy)]
pub struct JUnit;

/// A test: its name, the file, and what became of it.
struct Case<'a> {
    name: String,
    file: &'a str,
    line: usize,
    end: End<'a>,
}

enum End<'a> {
    Passed,
    Failed(Vec<&'a Found>),
    Skipped(&'a str),
    Error(String),
}

impl Report for JUnit {
    fn told(&self, report: &CheckReport) -> String {
        let mut suites: Vec<(&str, Vec<Case<'_>>)> =
            report.pages.iter().map(|page| (&*page.path, cases(page))).collect();
        let elsewhere = report.elsewhere.iter().chain(&report.secrets).map(alone);
        let mut elsewhere: Vec<Case<'_>> = elsewhere.collect();
        elsewhere.extend(report.skipped.iter().map(|page| Case {
            name: page.path.clone(),
            file: &page.file,
            line: 0,
            end: End::Skipped(&page.reason),
        }));
        elsewhere.extend(report.failure.iter().map(|failure| Case {
            name: "check".to_owned(),
            file: failure.file.as_deref().unwrap_or_default(),
            line: failure.line,
            end: End::Error(failure.message.clone()),
        }));
        if !elsewhere.is_empty() {
            suites.push(("elsewhere", elsewhere));
        }
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let all = suites.iter().flat_map(|(_, cases)| cases);
        let _ = writeln!(out, "<testsuites name=\"doctool\"{}>", counts(all));
        for (name, cases) in &suites {
            let skipped = cases.iter().filter(|case| matches!(case.end, End::Skipped(_))).count();
            let _ = writeln!(
                out,
                "  <testsuite name={}{} skipped=\"{skipped}\">",
                quoted(name),
                counts(cases.iter())
            );
            cases.iter().for_each(|case| out.push_str(&told(case, name)));
            out.push_str("  </testsuite>\n");
        }
        out + "</testsuites>\n"
    }
}

/// The tests of a page.
fn cases(page: &CheckedPage) -> Vec<Case<'_>> {
    let mut left: Vec<&Found> = page.findings.iter().collect();
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
            end: if Vec::is_empty(&of_view) { End::Passed } else { End::Failed(of_view) },
        });
    }
    cases.extend(left.into_iter().map(alone));
    if cases.is_empty() {
        cases.push(Case { name: page.path.clone(), file: &page.file, line: 0, end: End::Passed });
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
    Case { name, file: &found.file, line: found.line, end: End::Failed(vec![found]) }
}

/// How many tests ended how. Those that are skipped count only in a suite: the whole has no place for
/// their number.
fn counts<'a>(cases: impl Iterator<Item = &'a Case<'a>>) -> String {
    let (mut tests, mut failures, mut errors) = (0, 0, 0);
    for case in cases {
        tests += 1;
        match case.end {
            End::Passed | End::Skipped(_) => {}
            End::Failed(_) => failures += 1,
            End::Error(_) => errors += 1,
        }
    }
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"")
}

fn told(case: &Case<'_>, suite: &str) -> String {
    let Case { name, file, line, end } = case;
    let place = if *line > 0 { format!("{file}:{line}") } else { (*file).to_owned() };
    let mut out = format!("    <testcase name={} classname={}", quoted(name), quoted(suite));
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
