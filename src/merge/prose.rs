//! What people wrote on the page itself: step numbers follow their messages, and the marks of a
//! console block the lines that they mark.

use crate::model::{Change, ConsoleFence, Prose, Region, ViewKind};

use super::{Merge, Merged, highlights, lines};

impl Merge<'_> {
    /// The stretches of the page that are words, where they have to follow the views. `changes` are
    /// those of the page's views.
    pub fn prose(&self, prose: &Prose, changes: &[Change]) -> Vec<Change> {
        let has_steps =
            changes.iter().any(|change| matches!(change.kind, ViewKind::Diagram | ViewKind::Body));
        let regions = prose.regions.iter().map(|region| {
            let mut merged = Merged::default();
            for (index, line) in region.text.lines().enumerate() {
                let number = region.place.line + index;
                let is_here =
                    |fence: &&ConsoleFence| fence.file == region.file && fence.line == number;
                match prose.console_fences.iter().find(is_here) {
                    Some(fence) => marked(fence, line, index, changes, &mut merged),
                    None if has_steps => merged.push_written(index, line, &self.steps),
                    None => merged.lines.push(line.to_owned()),
                }
            }
            changed(region, merged)
        });
        regions
            .filter(|change| change.region.text != change.text || !change.findings.is_empty())
            .collect()
    }
}

fn changed(region: &Region, merged: Merged) -> Change {
    let text = merged.lines.iter().map(|line| format!("{line}\n")).collect();
    Change { kind: ViewKind::Prose, region: region.clone(), text, findings: merged.findings }
}

/// The opening line of a console block with marks that fit its new content.
fn marked(
    fence: &ConsoleFence,
    opener: &str,
    page_line: usize,
    changes: &[Change],
    out: &mut Merged,
) {
    let old: Vec<&str> = fence.content.iter().map(String::as_str).collect();
    let mut new: Vec<&str> = Vec::new();
    let mut places: Vec<Option<usize>> = Vec::new();
    for (kind, range) in &fence.outputs {
        let change = changes.iter().find(|change| change.kind == *kind);
        let Some(change) = change else { continue };
        for line in &old[places.len()..range.start] {
            places.push(Some(new.len()));
            new.push(line);
        }
        let output: Vec<&str> = change.text.lines().collect();
        let followed = lines::followed(&old[range.clone()], &output);
        places.extend(followed.places.iter().map(|place| place.map(|place| new.len() + place)));
        new.extend(output);
    }
    for line in &old[places.len()..] {
        places.push(Some(new.len()));
        new.push(line);
    }
    let moved = highlights::moved(opener, &old, &new, &places);
    for lost in moved.lost {
        out.findings.push(highlights::finding(page_line, out.lines.len(), opener, &lost));
    }
    out.lines.push(moved.opener);
}
