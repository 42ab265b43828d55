//! What is wrong with a page's includes: how they were resolved in, a diagnostic for each that
//! brings in nothing out, at the place of the directive.

use super::{at, not_utf8};
use crate::error::nearest;
use crate::model::{
    Diagnostic, DiagnosticKind, FileCache, Include, IncludeKind, IncludeStatus, Page,
};
use crate::page::snippets::{self, Flaw};
use crate::settings::Site;

/// The diagnostics of includes, and of the blocks that they stand in.
pub(super) fn diagnostics(
    site: &Site,
    files: &FileCache,
    page: &Page,
    flaws: &[Flaw],
) -> Vec<Diagnostic> {
    let meant = |(index, include): (usize, &Include)| match is_swallowed(flaws, index, include) {
        true => None,
        false => status(site, files, include),
    };
    let mut found: Vec<_> = page.includes.iter().enumerate().filter_map(meant).collect();
    found.extend(flaws.iter().filter_map(|flaw| {
        match flaw {
            Flaw::UnclosedBlock { origin, .. } => at(
                files,
                origin.as_ref()?,
                |text| text.len() - text.trim_start().len()..text.len(),
                DiagnosticKind::UnclosedBlock,
                "this opens a block that nothing closes: every line behind it is taken for a path"
                    .to_owned(),
                "close it with another such line, or put a `;` before it to show it as it is"
                    .to_owned(),
            ),
            Flaw::MissingSection(index) => section(files, &page.includes[*index]),
            Flaw::MissingLines(index) => lines(files, &page.includes[*index]),
        }
    }));
    found
}

/// Whether a line is an include only because a block before it is not closed.
fn is_swallowed(flaws: &[Flaw], index: usize, include: &Include) -> bool {
    include.kind == IncludeKind::Block
        && include.status != IncludeStatus::Ok
        && flaws.iter().any(|flaw| match flaw {
            Flaw::UnclosedBlock { includes, .. } => {
                includes.contains(&index)
                    && include.parent.is_none_or(|parent| parent < includes.start)
            }
            _ => false,
        })
}

fn status(site: &Site, files: &FileCache, include: &Include) -> Option<Diagnostic> {
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
        IncludeStatus::Error => {
            if let Some(file) = include.file
                && snippets::reads_utf8(site.snippets.as_ref())
                && let Some(found) = not_utf8(files, file)
            {
                return Some(found);
            }
            (
                DiagnosticKind::BrokenInclude,
                format!("`{target}` cannot be included; the site's build stops here"),
                "see that it is a file in the site's encoding, and that the lines are numbers",
            )
        }
        IncludeStatus::Ok | IncludeStatus::Escaped | IncludeStatus::Disabled => return None,
    };
    told(files, include, kind, message, hint.to_owned())
}

/// A section that is not there.
fn section(files: &FileCache, include: &Include) -> Option<Diagnostic> {
    let target = include.target.as_deref()?;
    let (path, name) = target.rsplit_once(':')?;
    let bytes = files.bytes(include.file?);
    let text = String::from_utf8_lossy(&bytes);
    let sections = snippets::sections(&text);
    let hint = if sections.contains(&name) {
        "begin the section before it ends, with `start` and `end` in lower case".to_owned()
    } else if let Some(nearest) = nearest(name, &sections) {
        format!("write `{path}:{nearest}` if that is what you mean")
    } else {
        format!("mark the lines with `--8<-- [start:{name}]` and `--8<-- [end:{name}]`")
    };
    let message = format!("nothing is included: `{path}` has no section `{name}`");
    told(files, include, DiagnosticKind::MissingSection, message, hint)
}

/// Lines that are not there.
fn lines(files: &FileCache, include: &Include) -> Option<Diagnostic> {
    let target = include.target.as_deref()?;
    let bytes = files.bytes(include.file?);
    let count = String::from_utf8_lossy(&bytes).lines().count();
    let message = format!("nothing is included: `{target}` selects no line");
    let hint = format!("correct the numbers: the file has {count} lines");
    told(files, include, DiagnosticKind::MissingLines, message, hint)
}

/// A finding about the target of an include.
fn told(
    files: &FileCache,
    include: &Include,
    kind: DiagnosticKind,
    message: String,
    hint: String,
) -> Option<Diagnostic> {
    let target = include.target.as_deref()?;
    let part = |text: &str| {
        let start = text.find(target).unwrap_or(0);
        start..(start + target.len()).min(text.len())
    };
    at(files, include.origin.as_ref()?, part, kind, message, hint)
}
