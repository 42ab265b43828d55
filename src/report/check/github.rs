//! For GitHub: an annotation a finding, as workflow commands, which a job prints.
//!
//! As <https://docs.github.com/actions/reference/workflow-commands-for-github-actions> describes them.

use super::{CheckReport, Found, Report};
use crate::model::Severity;

/// The report as annotations.
#[derive(Debug, Clone, Copy)]
pub struct GitHub;

impl Report for GitHub {
    fn told(&self, report: &CheckReport) -> String {
        let mut out: String = report.findings().map(annotation).collect();
        let is_told = report.elsewhere.iter().any(|found| {
            Some(&found.file) == report.failure.as_ref().and_then(|failure| failure.file.as_ref())
        });
        if let Some(failure) = report.failure.as_ref().filter(|_| !is_told) {
            out.push_str(&format!("::error title=doctool::{}\n", data(&failure.message)));
        }
        out
    }
}

fn annotation(found: &Found) -> String {
    let level = match found.severity {
        Severity::Note => "notice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut place = format!("file={}", property(&found.file));
    if found.line > 0 {
        place.push_str(&format!(",line={}", found.line));
    }
    if found.column > 0 {
        place.push_str(&format!(",col={}", found.column));
    }
    let mut message = found.told();
    if let Some(diff) = &found.diff {
        message.push_str(&format!("\n{diff}"));
    }
    let title = property(found.kind.name());
    format!("::{level} {place},title={title}::{}\n", data(message.trim_end()))
}

/// A text behind `::`, where a line end would end it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, where colons and commas mean something.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn a_message_cannot_end_its_command_or_begin_another() {
        assert_eq!(data("50%\n::error::x"), "50%25%0A::error::x");
        assert_eq!(property("a,b:c"), "a%2Cb%3Ac");
    }
}
