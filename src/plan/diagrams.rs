//! Sequence diagrams that Mermaid would refuse: pages in, diagnostics out.

use std::collections::HashSet;

use crate::model::{Diagnostic, DiagnosticKind, Fence, FileCache, Page, Place, Severity};
use crate::sequence::Fault;
use crate::sequence::diagram::Diagram;

use super::views;

/// What is wrong with the sequence diagrams of a page, for each the first fault.
pub fn unreadable(files: &FileCache, page: &Page) -> Vec<Diagnostic> {
    let diagrams = page.fences.iter().filter(|fence| views::is_sequence_diagram(fence));
    let (mut faults, mut readable) = (Vec::new(), HashSet::new());
    for fence in diagrams {
        // Pages show the same diagram several times, which is read once.
        if readable.contains(&*fence.text) {
            continue;
        }
        match Diagram::parse(&fence.text) {
            Ok(_) => _ = readable.insert(&*fence.text),
            Err(fault) => faults.extend(diagnostic(files, page, fence, fault)),
        }
    }
    faults
}

fn diagnostic(files: &FileCache, page: &Page, fence: &Fence, fault: Fault) -> Option<Diagnostic> {
    let line = page.content(fence).nth(fault.line - 1).or_else(|| page.content(fence).last())?;
    let origin = page.nearest_origin(line.index)?;
    let bytes = files.bytes(origin.file);
    let text = String::from_utf8_lossy(bytes.get(origin.span)?).into_owned();
    // The line stands behind the fence's indent, or else is brought in by a directive.
    let start = match text.strip_suffix(line.text) {
        Some(indent) => {
            let before: usize = line.text.chars().take(fault.column - 1).map(char::len_utf8).sum();
            indent.len() + before
        }
        None => text.len() - text.trim_start().len(),
    };
    let place = Place {
        file: files.shown(origin.file),
        line: origin.line,
        column: text[..start].chars().count() + 1,
    };
    Some(Diagnostic {
        kind: DiagnosticKind::UnreadableDiagram,
        severity: Severity::Warning,
        place,
        span: start..text.trim_end().len().max(start),
        text,
        message: format!("Mermaid does not draw this diagram: {}", fault.message),
        hint: fault.hint,
    })
}
