//! The request/response page: a section a message, with its header and its content in tabs.
//!
//! `merge` reads it back section by section to keep what people write into it.

use crate::model::Arrow;
use crate::stabilise::StableRecording;

use super::content::content;
use super::escape_scissors;

/// The request/response page: a blank line before each heading, two between sections.
pub fn body(recording: &StableRecording) -> String {
    recording.recording().arrows().map(|arrow| section(&arrow)).collect()
}

fn section(arrow: &Arrow<'_>) -> String {
    let Arrow { step, from, to, .. } = arrow;
    let title = arrow.label();
    let direction = if arrow.status.is_none() { "-->" } else { "<--" };
    let header = arrow.headers.iter().map(|header| format!("{}: {}", header.name, header.value));
    let header: Vec<String> = header.map(|line| escape_scissors(&line)).collect();
    let content: Vec<String> = content(arrow.body).split('\n').map(escape_scissors).collect();
    let header = tab("Header", "http", &title, &header);
    let content = tab("Body", "json", &title, &content);
    format!("\n### ({step}) {title}\n`{from}` {direction} `{to}`\n\n{header}\n{content}\n")
}

fn tab(name: &str, language: &str, title: &str, lines: &[String]) -> String {
    let fence = fence_for(lines);
    let mut out = format!(
        "=== \"{name}\"\n    {fence} {language} title=\"{title}\" linenums=\"1\"\n",
        title = title.replace('"', "%22"),
    );
    for line in lines {
        if !line.is_empty() {
            out.push_str("    ");
            out.push_str(line);
        }
        out.push('\n');
    }
    out.push_str("    ");
    out.push_str(&fence);
    out.push('\n');
    out
}

/// A run of backticks that none of the lines can close.
fn fence_for(lines: &[String]) -> String {
    let longest = lines
        .iter()
        .map(|line| line.trim_start())
        .map(|line| line.len() - line.trim_start_matches('`').len())
        .max();
    "`".repeat(longest.map_or(3, |run| if run < 3 { 3 } else { run + 1 }))
}

#[cfg(test)]
mod tests {
    use super::tab;

    #[test]
    fn content_cannot_close_its_fence() {
        let lines = ["```".to_owned(), String::new(), "x".to_owned()];
        let text =
            "=== \"Body\"\n    ```` json title=\"T\" linenums=\"1\"\n    ```\n\n    x\n    ````\n";
        assert_eq!(tab("Body", "json", "T", &lines), text);
    }
}
