//! What is wrong with a page's includes: how they were resolved in, a diagnostic for each that
//! brings in nothing out, at the place of the directive.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::{at, not_utf8};
use crate::error::nearest;
use crate::model::{
    Diagnostic, DiagnosticKind, FileCache, FileId, Include, IncludeKind, IncludeStatus, Page,
};
use crate::page::snippets::{self, Flaw};
use crate::settings::Site;

/// How many times a name is compared with those of a file for what may be meant. Whoever has so many
/// wrong ones needs no more to begin.
const MOST: usize = 100;
/// How long names are that are compared, which takes a time that grows with the square of it.
const LONGEST: usize = 100;

/// The diagnostics of includes, and of the blocks that they stand in.
pub(super) fn diagnostics(
    site: &Site,
    files: &FileCache,
    page: &Page,
    flaws: &[Flaw],
) -> Vec<Diagnostic> {
    let reader = Reader { site, files, page, included: RefCell::default(), nearest: Cell::new(0) };
    let is_told = told_by_flaws(page, flaws);
    let others = page.includes.iter().zip(is_told).filter(|(_, is_told)| !is_told);
    let mut found: Vec<_> = others.filter_map(|(include, _)| reader.status(include)).collect();
    found.extend(flaws.iter().filter_map(|flaw| reader.flaw(flaw)));
    found
}

/// For each include, whether a flaw tells what is wrong with it, so that its status need not.
fn told_by_flaws(page: &Page, flaws: &[Flaw]) -> Vec<bool> {
    let mut told = vec![false; page.includes.len()];
    for flaw in flaws {
        match flaw {
            Flaw::TooLarge(index) => told[*index] = true,
            // A line may be an include only because a block before it is not closed.
            Flaw::UnclosedBlock { includes, .. } => {
                for index in includes.clone() {
                    let include = &page.includes[index];
                    told[index] |= include.kind == IncludeKind::Block
                        && include.status != IncludeStatus::Ok
                        && include.parent.is_none_or(|parent| parent < includes.start);
                }
            }
            Flaw::MissingSection(_) | Flaw::MissingLines(_) | Flaw::Url(..) => {}
        }
    }
    told
}

struct Reader<'a> {
    site: &'a Site,
    files: &'a FileCache,
    page: &'a Page,
    /// What is known of files whose includes are wrong, which may be many.
    included: RefCell<HashMap<FileId, Rc<Included>>>,
    /// How many names have been compared with those of a file.
    nearest: Cell<usize>,
}

/// A file that includes name wrongly, looked at once.
struct Included {
    sections: Vec<String>,
    lines: usize,
    is_utf8: bool,
    /// Whether it has been told that its bytes are no UTF-8.
    told: OnceCell<()>,
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
                {
                    let included = self.included(file);
                    if !included.is_utf8 {
                        let is_first = included.told.set(()).is_ok();
                        return is_first.then(|| not_utf8(self.files, file)).flatten();
                    }
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
            Flaw::TooLarge(index) => self.too_large(&self.page.includes[*index]),
            Flaw::MissingSection(index) => self.section(&self.page.includes[*index]),
            Flaw::MissingLines(index) => self.lines(&self.page.includes[*index]),
            Flaw::Url(index, reason) => self.url(&self.page.includes[*index], reason),
        }
    }

    /// A section that is not there.
    fn section(&self, include: &Include) -> Option<Diagnostic> {
        let target = include.target.as_deref()?;
        let (path, name) = target.rsplit_once(':')?;
        let included = include.file.map(|file| self.included(file));
        let sections = included.as_ref().map(|included| &*included.sections).unwrap_or_default();
        let is_there = sections.binary_search_by(|section| section.as_str().cmp(name)).is_ok();
        let hint = if is_there {
            "begin the section before it ends, with `start` and `end` in lower case".to_owned()
        } else if let Some(nearest) = self.nearest(name, sections) {
            format!("write `{path}:{nearest}` if that is what you mean")
        } else {
            format!("mark the lines with `--8<-- [start:{name}]` and `--8<-- [end:{name}]`")
        };
        let message = format!("nothing is included: `{path}` has no section `{name}`");
        self.told(include, DiagnosticKind::MissingSection, message, hint)
    }

    /// What is known of a file.
    fn included(&self, file: FileId) -> Rc<Included> {
        let mut included = self.included.borrow_mut();
        let look = || {
            let bytes = self.files.bytes(file);
            let text = String::from_utf8_lossy(&bytes);
            let mut sections: Vec<_> =
                snippets::sections(&text).into_iter().map(str::to_owned).collect();
            sections.sort_unstable();
            let is_utf8 = matches!(text, std::borrow::Cow::Borrowed(_));
            let lines = text.lines().count();
            Rc::new(Included { sections, lines, is_utf8, told: OnceCell::new() })
        };
        Rc::clone(included.entry(file).or_insert_with(look))
    }

    /// The section that is probably meant.
    fn nearest<'n>(&self, name: &str, sections: &'n [String]) -> Option<&'n str> {
        self.nearest.set(self.nearest.get() + 1);
        let is_short = |name: &&str| name.len() <= LONGEST;
        if self.nearest.get() > MOST || !is_short(&name) {
            return None;
        }
        let names: Vec<_> = sections.iter().map(String::as_str).filter(is_short).collect();
        nearest(name, &names)
    }

    /// The page grows too large, or nests too deep.
    fn too_large(&self, include: &Include) -> Option<Diagnostic> {
        let target = include.target.as_deref()?;
        let message =
            format!("`{target}` is not included: the page grows too large, or nests too deep");
        let hint = "take it out, or include less in the files that are included".to_owned();
        self.told(include, DiagnosticKind::BrokenInclude, message, hint)
    }

    /// Lines that are not there.
    fn lines(&self, include: &Include) -> Option<Diagnostic> {
        let target = include.target.as_deref()?;
        let message = format!("nothing is included: `{target}` selects no line");
        let hint = match include.file.map(|file| self.included(file)) {
            Some(included) => {
                format!("correct the numbers: the file has {} lines", included.lines)
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
