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
    let reader = Reader { site, files, page };
    let includes = page.includes.iter().enumerate();
    let meant = includes.filter(|(index, include)| !is_swallowed(flaws, *index, include));
    let mut found: Vec<_> = meant.filter_map(|(_, include)| reader.status(include)).collect();
    found.extend(flaws.iter().filter_map(|flaw| reader.flaw(flaw)));
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

struct Reader<'a> {
    site: &'a Site,
    files: &'a FileCache,
    page: &'a Page,
}

impl Reader<'_> {
    /// What an include's status says.
    fn status(&self, include: &Include) -> Option<Diagnostic> {
        let target = include.target.as_deref()?;
        let (kind, message, hint) = match include.status {
            // A URL that was asked for has a flaw, which tells more.
            IncludeStatus::Missing | IncludeStatus::Error
                if include.is_url() && self.fetches_urls() =>
            {
                return None;
            }
            IncludeStatus::Missing if include.is_url() => (
                DiagnosticKind::MissingInclude,
                format!("nothing is included: `{target}` is a URL"),
                "set `url_download` of pymdownx.snippets, or name a file",
            ),
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
                    && snippets::reads_utf8(self.site.snippets.as_ref())
                    && let Some(found) = not_utf8(self.files, file)
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
        self.told(include, kind, message, hint.to_owned())
    }

    fn fetches_urls(&self) -> bool {
        self.site.snippets.as_ref().is_some_and(|snippets| snippets.url_download)
    }

    fn flaw(&self, flaw: &Flaw) -> Option<Diagnostic> {
        match flaw {
            Flaw::UnclosedBlock { origin, .. } => at(
                self.files,
                origin.as_ref()?,
                |text| text.len() - text.trim_start().len()..text.len(),
                DiagnosticKind::UnclosedBlock,
                "this opens a block that nothing closes: every line behind it is taken for a path"
                    .to_owned(),
                "close it with another such line, or put a `;` before it to show it as it is"
                    .to_owned(),
            ),
            Flaw::MissingSection(index) => self.section(&self.page.includes[*index]),
            Flaw::MissingLines(index) => self.lines(&self.page.includes[*index]),
            Flaw::Url(index, reason) => self.url(&self.page.includes[*index], reason),
        }
    }

    /// A section that is not there.
    fn section(&self, include: &Include) -> Option<Diagnostic> {
        let target = include.target.as_deref()?;
        let (path, name) = target.rsplit_once(':')?;
        let bytes = include.file.map(|file| self.files.bytes(file)).unwrap_or_default();
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
        self.told(include, DiagnosticKind::MissingSection, message, hint)
    }

    /// Lines that are not there.
    fn lines(&self, include: &Include) -> Option<Diagnostic> {
        let target = include.target.as_deref()?;
        let message = format!("nothing is included: `{target}` selects no line");
        let hint = match include.file.map(|file| self.files.bytes(file)) {
            Some(bytes) => {
                let count = String::from_utf8_lossy(&bytes).lines().count();
                format!("correct the numbers: the file has {count} lines")
            }
            None => "correct the numbers".to_owned(),
        };
        self.told(include, DiagnosticKind::MissingLines, message, hint)
    }

    /// A URL that gives nothing.
    fn url(&self, include: &Include, reason: &str) -> Option<Diagnostic> {
        let target = include.target.as_deref()?;
        let (kind, message, hint) = if include.status == IncludeStatus::Missing {
            let message = format!("nothing is included: `{target}` is not there: {reason}");
            (DiagnosticKind::MissingInclude, message, "correct the URL, or take the include out")
        } else {
            let message =
                format!("`{target}` cannot be included; the site's build stops here: {reason}");
            (DiagnosticKind::BrokenInclude, message, "see that the URL can be reached from here")
        };
        self.told(include, kind, message, hint.to_owned())
    }

    /// A finding about the target of an include, or about the directive that brought it in where it
    /// stands in no file itself.
    fn told(
        &self,
        include: &Include,
        kind: DiagnosticKind,
        message: String,
        hint: String,
    ) -> Option<Diagnostic> {
        let target = include.target.as_deref()?;
        let part = |text: &str| match text.find(target) {
            Some(start) => start..start + target.len(),
            None => text.len() - text.trim_start().len()..text.len(),
        };
        let origin = match &include.origin {
            Some(origin) => origin.clone(),
            None => self.page.directive(include.parent?)?,
        };
        at(self.files, &origin, part, kind, message, hint)
    }
}
