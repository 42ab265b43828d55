//! For a comment on a pull request, and for the summary of a job: Markdown.

use std::fmt::Write as _;

use super::{CheckReport, Found, Report, text};
use crate::model::Severity;

/// The report as Markdown.
#[derive(Debug, Clone, Copy)]
pub struct Markdown;

/// Lines of diffs that are shown: comments have an end.
const MOST_LINES: usize = 400;

impl Report for Markdown {
    fn told(&self, report: &CheckReport) -> String {
        let mut out = format!("### doctool: {}\n", escaped(&text::summary(report)));
        if let Some(failure) = &report.failure {
            let _ = writeln!(
                out,
                "\n**The check could not be finished**: {}",
                escaped(&failure.message)
            );
        }
        let found: Vec<&Found> = report.findings().collect();
        if !found.is_empty() {
            out.push_str("\n| | Kind | Place | What |\n| --- | --- | --- | --- |\n");
            found.iter().for_each(|found| out.push_str(&row(found)));
        }
        let mut room = MOST_LINES;
        for found in found {
            let Some(diff) = &found.diff else { continue };
            let lines = diff.lines().count();
            if lines > room {
                out.push_str("\nMore diffs are in the job's output.\n");
                break;
            }
            room -= lines;
            let fence = fence(diff);
            let _ = write!(
                out,
                "\n<details><summary>{}</summary>\n\n{fence}diff\n{}\n{fence}\n\n</details>\n",
                html(&format!("{}: {}", found.place(), found.message)),
                diff.trim_end()
            );
        }
        for page in report.pages.iter().filter(|page| !page.not_seen.is_empty()) {
            let what = escaped(&page.not_seen.join("; "));
            let _ = writeln!(out, "\nNot seen on `{}`: {what}", page.path);
        }
        if !report.skipped.is_empty() {
            out.push_str("\nNot verified:\n\n");
            for page in &report.skipped {
                let _ = writeln!(out, "- `{}`: {}", page.path, escaped(&page.reason));
            }
        }
        out
    }
}

fn row(found: &Found) -> String {
    let mark = match found.severity {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Note => "ℹ️",
    };
    let cell = |text: &str| escaped(text).replace('|', "\\|");
    let place = found.place().to_string().replace('|', "\\|");
    format!("| {mark} | {} | `{place}` | {} |\n", found.kind, cell(&found.message))
}

/// Marks that no line of the text ends the block with.
fn fence(text: &str) -> String {
    let longest = text.lines().map(|line| {
        let line = line.trim_start_matches([' ', '+', '-']);
        line.len() - line.trim_start_matches('`').len()
    });
    "`".repeat(longest.max().unwrap_or_default().max(2) + 1)
}

/// A text on one line, whose code spans stay and in which nothing else means anything.
fn escaped(text: &str) -> String {
    let mut is_code = !text.matches('`').count().is_multiple_of(2);
    let balanced = !is_code;
    let mut out = String::new();
    for character in text.trim().chars() {
        match character {
            '`' if balanced => {
                is_code = !is_code;
                out.push('`');
            }
            '\n' | '\r' => out.push(' '),
            '<' if balanced && !is_code => out.push_str("&lt;"),
            '\\' | '*' | '_' | '[' | ']' | '<' | '#' | '@' | '`' if !(balanced && is_code) => {
                out.push('\\');
                out.push(character);
            }
            _ => out.push(character),
        }
    }
    out
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::{escaped, fence};

    #[test]
    fn code_stays_and_nothing_else_means_anything() {
        assert_eq!(escaped("the `*x*` of <b> *y*\nz"), "the `*x*` of &lt;b> \\*y\\* z");
        assert_eq!(escaped("a ` alone <b>"), "a \\` alone \\<b>");
    }

    #[test]
    fn a_diff_of_fences_stays_in_its_block() {
        assert_eq!(fence("+ a\n-````diff"), "`````");
        assert_eq!(fence("+ a"), "```");
    }
}
