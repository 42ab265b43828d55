//! A request/response page: merged section by section.
//!
//! A section is a message. Its heading, its arrow and the content of its two fences follow the run;
//! prose, admonitions and options of fences stay with the message they were written for.

use std::sync::LazyLock;

use regex::Regex;
use similar::{Algorithm, DiffOp, capture_diff_slices};

static ARROW: LazyLock<Regex> = LazyLock::new(|| pattern(r"^`[^`]+` (?:-->|<--) `[^`]+`\s*$"));
static HEADING: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?<level>#{1,6}) (?<step>\(\d+\) )?(?<title>.*?)\s*$"));
static TAB: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^===[+!]* +"(?<label>[^"]*)"\s*$"#));
static FENCE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?<indent>\s*)(?<marker>`{3,}|~{3,})\s*(?<language>[\w.+-]*)(?<options>.*)$")
});
static OPTION: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?<key>\w+)="[^"]*""#));

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("the pattern is valid")
}

/// Heading of the block that holds what people wrote about messages that are gone.
const LEFT_OVER: &str = "??? warning \"Written about messages that are no longer sent\"";

/// A message's part of the page, as lines.
struct Section<'a> {
    heading: &'a str,
    arrow: &'a str,
    /// What follows the arrow, up to the next heading.
    rest: Vec<&'a str>,
}

/// A fence in a section, as indices of its lines in `rest`.
struct Tab<'a> {
    label: &'a str,
    opener: usize,
    closer: usize,
}

/// The old page with the messages of the new one.
pub(super) fn merge(old: &str, new: &str) -> String {
    let (preamble, old_sections) = sections(old);
    let (new_preamble, new_sections) = sections(new);
    if old_sections.is_empty() && preamble.iter().all(|line| line.trim().is_empty()) {
        return new.to_owned();
    }
    let mut out: Vec<String> = if preamble.is_empty() { new_preamble } else { preamble }
        .iter()
        .map(|&line| line.to_owned())
        .collect();
    let old_keys: Vec<_> = old_sections.iter().map(Section::key).collect();
    let new_keys: Vec<_> = new_sections.iter().map(Section::key).collect();
    let mut left_over = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old_keys, &new_keys) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for step in 0..len {
                merged(&old_sections[old_index + step], &new_sections[new_index + step], &mut out);
            }
            continue;
        }
        let (old, new) = (&old_sections[op.old_range()], &new_sections[op.new_range()]);
        // A heading or an arrow that somebody changed by hand is still the one of its message.
        let stays = |index: usize| old.len() == new.len() && old[index].resembles(&new[index]);
        left_over.extend(
            (0..old.len()).filter(|&index| !stays(index)).filter_map(|index| written(&old[index])),
        );
        for (index, section) in new.iter().enumerate() {
            if stays(index) {
                merged(&old[index], section, &mut out);
            } else {
                out.extend([section.heading, section.arrow].map(str::to_owned));
                out.extend(section.rest.iter().map(|&line| line.to_owned()));
            }
        }
    }
    keep(&left_over, &mut out);
    out.iter().map(|line| format!("{line}\n")).collect()
}

/// The lines before the first section, and the sections.
fn sections(text: &str) -> (Vec<&str>, Vec<Section<'_>>) {
    let lines: Vec<&str> = text.lines().collect();
    let is_start = |index: usize| {
        HEADING.is_match(lines[index])
            && lines.get(index + 1).is_some_and(|next| ARROW.is_match(next))
    };
    let starts: Vec<usize> = (0..lines.len()).filter(|&index| is_start(index)).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let section = |(&start, end): (&usize, usize)| Section {
        heading: lines[start],
        arrow: lines[start + 1],
        rest: lines[start + 2..end].to_vec(),
    };
    let preamble = lines[..starts.first().copied().unwrap_or(lines.len())].to_vec();
    (preamble, starts.iter().zip(ends).map(section).collect())
}

impl<'a> Section<'a> {
    /// What tells which message this is: its title without step number, and its arrow.
    fn key(&self) -> (&'a str, &'a str) {
        (self.title(), self.arrow.trim_end())
    }

    /// Whether one half of what tells the message is the same.
    fn resembles(&self, other: &Self) -> bool {
        self.title() == other.title() || self.arrow.trim_end() == other.arrow.trim_end()
    }

    fn title(&self) -> &'a str {
        HEADING
            .captures(self.heading)
            .and_then(|found| found.name("title"))
            .map_or("", |title| title.as_str())
    }

    /// The tabs that hold a fence, the first of each label.
    fn tabs(&self) -> Vec<Tab<'a>> {
        let mut tabs: Vec<Tab<'a>> = Vec::new();
        let mut index = 0;
        while index + 1 < self.rest.len() {
            let label = TAB.captures(self.rest[index]).and_then(|found| found.name("label"));
            let fence = FENCE.captures(self.rest[index + 1]);
            let (Some(label), Some(fence)) = (label, fence) else {
                index += 1;
                continue;
            };
            let (indent, marker) = (&fence["indent"], &fence["marker"]);
            let closes = |line: &&str| {
                line.strip_prefix(indent).is_some_and(|line| line.trim_end() == marker)
            };
            let opener = index + 1;
            let Some(length) = self.rest[opener + 1..].iter().position(closes) else { return tabs };
            let closer = opener + 1 + length;
            if tabs.iter().all(|tab| tab.label != label.as_str()) {
                tabs.push(Tab { label: label.as_str(), opener, closer });
            }
            index = closer + 1;
        }
        tabs
    }

    /// The lines before the first tab.
    fn prose(&self) -> &[&'a str] {
        let end = self.rest.iter().position(|line| TAB.is_match(line)).unwrap_or(self.rest.len());
        &self.rest[..end]
    }
}

/// The old section with the heading, the arrow and the content of the new one.
fn merged(old: &Section<'_>, new: &Section<'_>, out: &mut Vec<String>) {
    out.push(heading(old.heading, new.heading));
    out.push(if old.arrow.trim_end() == new.arrow { old.arrow } else { new.arrow }.to_owned());
    let mut copied = 0;
    let old_tabs = old.tabs();
    let new_tabs = new.tabs();
    let pairs: Vec<(&Tab<'_>, &Tab<'_>)> = old_tabs
        .iter()
        .filter_map(|tab| Some((tab, new_tabs.iter().find(|other| other.label == tab.label)?)))
        .collect();
    if pairs.len() < new_tabs.len() {
        // Somebody took a tab away or renamed it: it comes back, and what they wrote stays.
        out.extend(old.prose().iter().map(|&line| line.to_owned()));
        out.extend(new.rest[new.prose().len()..].iter().map(|&line| line.to_owned()));
        return;
    }
    for (old_tab, new_tab) in pairs {
        out.extend(old.rest[copied..old_tab.opener].iter().map(|&line| line.to_owned()));
        let (opener, closer) = (new.rest[new_tab.opener], new.rest[new_tab.closer]);
        let content = &new.rest[new_tab.opener + 1..new_tab.closer];
        let kept = opener_kept(old.rest[old_tab.opener], opener);
        out.push(kept.clone().unwrap_or_else(|| with_options_of(old.rest[old_tab.opener], opener)));
        out.extend(content.iter().map(|&line| line.to_owned()));
        out.push(kept.map_or(closer, |_| old.rest[old_tab.closer]).to_owned());
        copied = old_tab.closer + 1;
    }
    out.extend(old.rest[copied..].iter().map(|&line| line.to_owned()));
}

/// The new heading in the style of the old one: its level, and without number if it has none.
fn heading(old: &str, new: &str) -> String {
    let (Some(old), Some(new)) = (HEADING.captures(old), HEADING.captures(new)) else {
        return new.to_owned();
    };
    let step = old.name("step").and_then(|_| new.name("step")).map_or("", |step| step.as_str());
    format!("{} {step}{}", &old["level"], &new["title"])
}

/// The old opening line, if it still opens a fence for the new content: the same marker, language
/// and title, whatever else a person added.
fn opener_kept(old: &str, new: &str) -> Option<String> {
    let (old_fence, new_fence) = (FENCE.captures(old)?, FENCE.captures(new)?);
    let title =
        OPTION.captures_iter(&new_fence["options"]).find(|option| &option["key"] == "title");
    let keeps =
        ["indent", "marker", "language"].iter().all(|part| old_fence[*part] == new_fence[*part])
            && title.is_none_or(|title| old_fence["options"].contains(&title[0]));
    keeps.then(|| old.to_owned())
}

/// The new opening line with the options that a person added to the old one.
fn with_options_of(old: &str, new: &str) -> String {
    let mut line = new.to_owned();
    for option in OPTION.captures_iter(old) {
        if !OPTION.captures_iter(new).any(|other| other["key"] == option["key"]) {
            line.push(' ');
            line.push_str(&option[0]);
        }
    }
    line
}

/// What people wrote into a section whose message is gone, under its heading; none if nothing.
fn written(section: &Section<'_>) -> Option<Vec<String>> {
    let last =
        section.tabs().iter().map(|tab| tab.closer + 1).max().unwrap_or(section.prose().len());
    let behind = section.rest.get(last..).unwrap_or_default();
    let lines = section.prose().iter().chain(behind);
    let mut lines: Vec<String> = lines.map(|&line| line.to_owned()).collect();
    while lines.first().is_some_and(|line| line.trim().is_empty()) {
        lines.remove(0);
    }
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    if lines.is_empty() {
        return None;
    }
    lines.splice(0..0, [format!("**{}** {}", section.title(), section.arrow), String::new()]);
    Some(lines)
}

/// Puts what is left over at the end of the page, in a block that is closed and easy to find.
fn keep(left_over: &[Vec<String>], out: &mut Vec<String>) {
    if left_over.is_empty() {
        return;
    }
    if !out.iter().any(|line| line == LEFT_OVER) {
        out.extend([String::new(), LEFT_OVER.to_owned()]);
    }
    for lines in left_over {
        out.push(String::new());
        let indented =
            |line: &String| if line.is_empty() { String::new() } else { format!("    {line}") };
        out.extend(lines.iter().map(indented));
    }
}

#[cfg(test)]
mod tests {
    use super::merge;

    fn section(step: usize, title: &str, prose: &str, options: &str, header: &str) -> String {
        format!(
            "\n### ({step}) {title}\n`a` --> `b`\n{prose}\n=== \"Header\"\n    ``` http title=\"{title}\" linenums=\"1\"{options}\n    {header}\n    ```\n\n=== \"Body\"\n    ``` json title=\"{title}\" linenums=\"1\"\n    none\n    ```\n\n"
        )
    }

    const PROSE: &str = "\n!!! reference \"API\"\n    [link](x)\n\nprose\n";

    #[test]
    fn prose_and_options_follow_their_message() {
        let old = section(1, "GET /x", PROSE, " hl_lines=\"1\"", "H: 1");
        let new = section(1, "GET /w", "", "", "H: 0") + &section(2, "GET /x", "", "", "H: 2");
        let merged = section(1, "GET /w", "", "", "H: 0")
            + &section(2, "GET /x", PROSE, " hl_lines=\"1\"", "H: 2");
        assert_eq!(merge(&old, &new), merged);
        assert_eq!(merge(&merged, &new), merged, "twice is once");
    }

    #[test]
    fn generated_lines_are_restored() {
        let new = section(1, "GET /x", "", "", "H: 1");
        for (was, is) in
            [("H: 1", "H: 2"), ("(1)", "(7)"), ("title=\"GET", "title=\"PUT"), ("none", "some")]
        {
            assert_eq!(merge(&new.replacen(was, is, 1), &new), new, "{was} became {is}");
        }
    }

    #[test]
    fn what_was_written_about_a_message_that_is_gone_is_kept_at_the_end() {
        let old = section(1, "GET /x", PROSE, "", "H: 1") + &section(2, "GET /y", "", "", "H: 1");
        let new = section(1, "GET /y", "", "", "H: 1");
        let merged = merge(&old, &new);
        assert!(merged.starts_with(&new));
        assert!(merged.contains("    **GET /x** `a` --> `b`\n\n    !!! reference \"API\"\n        [link](x)\n\n    prose\n"));
        assert_eq!(merge(&merged, &new), merged, "twice is once");
    }

    #[test]
    fn the_heading_keeps_its_style() {
        let new = section(3, "GET /x", "", "", "H: 1");
        let old = new.replace("### (3) GET", "#### GET");
        assert_eq!(merge(&old, &new), old);
    }
}
