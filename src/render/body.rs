//! The request/response page: a section a message, with its header and its content in tabs.

use crate::model::Arrow;
use crate::stabilise::StableRecording;

use super::content::content;
use super::escape_scissors;

/// A message's section in its parts, so that `merge` can keep what people wrote between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// `### (5) GET /v2/images`.
    pub heading: String,
    /// `` `openstack` --> `glance-api` ``.
    pub arrow: String,
    /// What the fences' titles say: the heading without the step number.
    pub title: String,
    /// Lines of the header fence.
    pub header: Vec<String>,
    /// Lines of the content fence.
    pub content: Vec<String>,
}

/// The request/response page.
pub fn body(recording: &StableRecording) -> String {
    sections(recording).iter().map(Section::text).collect()
}

/// The sections of the request/response page, in order.
pub fn sections(recording: &StableRecording) -> Vec<Section> {
    recording.recording().arrows().map(|arrow| section(&arrow)).collect()
}

fn section(arrow: &Arrow<'_>) -> Section {
    let title = arrow.label();
    let direction = if arrow.status.is_none() { "-->" } else { "<--" };
    let header = arrow.headers.iter().map(|header| format!("{}: {}", header.name, header.value));
    Section {
        heading: format!("### ({}) {title}", arrow.step),
        arrow: format!("`{}` {direction} `{}`", arrow.from, arrow.to),
        header: header.map(|line| escape_scissors(&line)).collect(),
        content: content(arrow.body).split('\n').map(escape_scissors).collect(),
        title,
    }
}

impl Section {
    /// The section as text: a blank line before the heading and one at the end.
    pub fn text(&self) -> String {
        let Self { heading, arrow, title, .. } = self;
        let header = tab("Header", "http", title, &self.header);
        let content = tab("Body", "json", title, &self.content);
        format!("\n{heading}\n{arrow}\n\n{header}\n{content}\n")
    }
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
