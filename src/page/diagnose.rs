//! What is wrong with a page's includes, for the people who write it.
//!
//! In: the includes as they were resolved. Out: a diagnostic for each that brings in nothing, at the
//! place of the directive.

use crate::model::{Diagnostic, DiagnosticKind, FileCache, Include, IncludeStatus, Place};

/// The diagnostics of includes, in their order. Those that the settings append to every page stand
/// in no file, so there is no place to point at.
pub(super) fn includes(files: &FileCache, includes: &[Include]) -> Vec<Diagnostic> {
    includes.iter().filter_map(|item| include(files, item)).collect()
}

fn include(files: &FileCache, include: &Include) -> Option<Diagnostic> {
    let target = include.target.as_deref()?;
    let (kind, message, hint) = match include.status {
        IncludeStatus::Missing => (
            DiagnosticKind::MissingInclude,
            format!("nothing is included: there is no `{target}`"),
            "correct the path, which starts at a `base_path` of pymdownx.snippets, or create the file",
        ),
        IncludeStatus::OutsideBase => (
            DiagnosticKind::OutsideBase,
            format!("nothing is included: `{target}` lies outside of the base paths"),
            "move the file below a `base_path` of pymdownx.snippets, or add its folder there",
        ),
        IncludeStatus::Cycle => (
            DiagnosticKind::IncludeCycle,
            format!("nothing is included: `{target}` is being included already"),
            "take one of the two includes out",
        ),
        IncludeStatus::Error => (
            DiagnosticKind::BrokenInclude,
            format!("`{target}` cannot be included; the site's build stops here"),
            "see that it is a file in the site's encoding, and that the lines are numbers",
        ),
        IncludeStatus::Ok | IncludeStatus::Escaped | IncludeStatus::Disabled => return None,
    };
    let origin = include.origin.as_ref()?;
    let bytes = files.bytes(origin.file);
    let text = String::from_utf8_lossy(bytes.get(origin.span.clone())?).into_owned();
    // In another encoding than UTF-8 the target may not be found, and then it is the whole line.
    let found = text.find(target);
    let span = found.map_or(0..text.len(), |start| start..start + target.len());
    let column = text[..span.start].chars().count() + 1;
    let place = Place { file: files.shown(origin.file), line: origin.line, column };
    Some(Diagnostic { kind, place, text, span, message, hint: Some(hint.to_owned()) })
}
