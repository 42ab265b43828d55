//! `--8<--` as `pymdownx.snippets` 13.1 resolves it: a page's lines in, the page with everything
//! it includes out, and what became of each include.
//!
//! Includes are expanded before anything else is looked at, so a directive counts wherever its
//! line stands: in fences, comments and lists too.

mod content;
mod cut;
mod grammar;
mod resolve;
mod target;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memmem;

use self::cut::Cut;
use self::grammar::{directive, marker};
use self::resolve::{Found, Resolver};
use self::target::Selector;
use super::python::strip;
use super::source::{Encoding, Row, Rows, Source};
use crate::model::{
    FileCache, FileId, FileText, Include, IncludeKind, IncludeStatus, LeavesSite, Lines, Origin,
    Remote, is_url,
};
use crate::settings::Snippets;

/// A page with everything it includes.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    pub(super) lines: Lines,
    pub(super) includes: Vec<Include>,
    /// The files that were included, as they were read.
    pub(super) held: Vec<(FileId, FileText)>,
    pub(super) flaws: Vec<Flaw>,
}

/// What is wrong with a directive beside what its status says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Flaw {
    /// This line opens a block that nothing closes in its file.
    UnclosedBlock {
        /// The opening line; none where it stands in no file.
        origin: Option<Origin>,
        /// The includes that the lines behind it were taken for, those in other files among them.
        includes: Range<usize>,
    },
    /// With this include the page would grow too large, or nest too deep.
    TooLarge(usize),
    /// The file of this include has no such section.
    MissingSection(usize),
    /// The file of this include has no such lines.
    MissingLines(usize),
    /// The URL of this include gives nothing, and why.
    Url(usize, String),
}

/// Bytes that settings append to a page, most often.
const APPENDED: usize = 4 << 10;
/// Lines of that.
const APPENDED_LINES: usize = APPENDED / 32;

/// Expands the rows of a page. Without settings nothing is an include.
pub(super) fn expand(
    settings: Option<&Snippets>,
    files: &FileCache,
    remote: Remote<'_>,
    page_folder: &Path,
    page: &Source<'_>,
    mut rows: Rows<'_>,
) -> Expansion {
    let mut expansion = Expansion::default();
    let Some(settings) = settings else {
        expansion.push_plain(page, &mut rows, None, 0);
        return expansion;
    };
    let mut expander = Expander {
        settings,
        files,
        remote,
        encoding: Encoding::named(&settings.encoding),
        resolver: Resolver::new(files, settings, page_folder),
        expansion,
        stack: Vec::new(),
        cuts: HashMap::new(),
        read: 0,
    };
    let mut frame = Frame::default();
    let lines = &mut expander.expansion.lines;
    lines.reserve(page.text.len() + APPENDED, page.count() + APPENDED_LINES);
    expander.whole(&mut frame, page, rows);
    expander.note_unclosed(&frame);
    if !settings.auto_append.is_empty() {
        let entries = settings.auto_append.join("\n\n");
        let appended = Source::without_file(format!("\n\n-8<-\n{entries}\n-8<-\n"));
        // Parsed with the page: a block that the page leaves open is closed by the first marker.
        expander.whole(&mut frame, &appended, appended.rows(0, 1));
    }
    expander.expansion.lines.fit();
    expander.expansion
}

/// The names of the sections that a text begins, in its order.
pub(super) fn sections(text: &str) -> Vec<&str> {
    let markers = text.lines().filter_map(marker);
    let starts = markers.filter(|marker| marker.escape.is_none() && marker.edge == "start");
    starts.map(|marker| marker.name).collect()
}

/// Whether included files are read as UTF-8.
pub(super) fn reads_utf8(settings: Option<&Snippets>) -> bool {
    let encoding = settings.and_then(|settings| Encoding::named(&settings.encoding));
    matches!(encoding, Some(Encoding::Utf8 | Encoding::Utf8Sig))
}

impl Expansion {
    fn push(&mut self, source: &Source<'_>, row: Row, text: &str, indent: usize) {
        self.lines.push(text, indent, source.file, row.number, source.span(row));
    }

    /// Passes on the lines that end before an offset of the source, or all that are left.
    fn push_plain(
        &mut self,
        source: &Source<'_>,
        rows: &mut Rows<'_>,
        limit: Option<usize>,
        indent: usize,
    ) {
        if let Some(stretch) = source.verbatim(rows, limit) {
            let text = source.row(stretch);
            let (start, _) = source.span(stretch);
            let lines = &mut self.lines;
            let newlines = source.newlines(stretch);
            let place = (source.file, stretch.number, start);
            rows.count(lines.push_verbatim(text, newlines, indent, place));
        }
        while let Some(row) = rows.next_before(limit) {
            self.push(source, row, source.row(row), indent);
        }
    }
}

/// Where the reading of one file stands.
#[derive(Default)]
struct Frame {
    /// Whether a block is open, so that lines are paths.
    block: bool,
    /// Where the last block was opened, and how many includes there were before it.
    opened: Option<(Option<Origin>, usize)>,
    /// Whether the lines are a section, whose markers are dealt with already.
    section: bool,
    /// Whether the lines come from a URL.
    remote: bool,
    /// Columns that includes put before every line.
    indent: usize,
    /// How much of each line the removal of common indent takes away; none where it is not done.
    dedent: Option<usize>,
    /// The include that led here.
    include: Option<usize>,
}

struct Expander<'a> {
    settings: &'a Snippets,
    files: &'a FileCache,
    remote: Remote<'a>,
    encoding: Option<Encoding>,
    resolver: Resolver<'a>,
    expansion: Expansion,
    /// The files that are being included, each as it is spelt.
    stack: Vec<PathBuf>,
    /// Files that parts are taken of.
    cuts: HashMap<FileId, Arc<Cut>>,
    /// Bytes of targets and of files that were read.
    read: usize,
}

impl Expander<'_> {
    /// The lines of a file from some line on. Few of them say anything to this stage, so those that
    /// cannot are passed on unread.
    fn whole(&mut self, frame: &mut Frame, source: &Source<'_>, mut rows: Rows<'_>) {
        let finder = memmem::Finder::new("8<");
        while let Some(start) = rows.offset() {
            let found = finder.find(&source.text.as_bytes()[start..]).map(|at| at + start);
            if !frame.block {
                self.expansion.push_plain(source, &mut rows, found, frame.indent);
            }
            // In a block all lines count, up to the one that closes it.
            for row in rows.by_ref() {
                self.line(frame, source, row, source.row(row));
                if found.is_some_and(|found| found < row.end) {
                    break;
                }
            }
        }
    }

    /// Lines that were selected from a file, each of which is searched by itself, because they may
    /// repeat and go back.
    fn picked(&mut self, frame: &mut Frame, source: &Source<'_>, rows: impl Iterator<Item = Row>) {
        let finder = memmem::Finder::new("8<");
        for row in rows {
            let text = dedented(source.row(row), frame.dedent);
            if finder.find(source.row(row).as_bytes()).is_none() && !frame.block {
                self.expansion.push(source, row, text, frame.indent);
            } else {
                self.line(frame, source, row, text);
            }
        }
    }

    /// One line that may be a directive, a marker, or a path in a block.
    fn line(&mut self, frame: &mut Frame, source: &Source<'_>, row: Row, text: &str) {
        let text = match marker(text).and_then(|marker| marker.escape) {
            // A section loses this `;` when it is cut out, before its lines are looked at.
            Some(escape) if frame.section => Cow::Owned(without(text, escape)),
            _ => Cow::Borrowed(text),
        };
        match directive(&text) {
            Some(found) if found.escape.is_some() => {
                let kind = match found.quoted {
                    Some(_) => IncludeKind::Inline,
                    None => IncludeKind::BlockMarker,
                };
                let target = found.quoted.map(strip);
                let include = self.list(frame, source, row, kind, target, IncludeStatus::Escaped);
                let shown = without(&text, found.escape.unwrap_or_default());
                self.expansion.push(source, row, &shown, frame.indent);
                self.expansion.includes[include].lines.end += 1;
            }
            Some(found) => match found.quoted {
                None => {
                    frame.block = !frame.block;
                    frame.opened = Some((origin(source, row), self.expansion.includes.len()));
                }
                // An inline directive between the markers of a block gives nothing.
                Some(quoted) if frame.block => {
                    let target = Some(strip(quoted));
                    self.list(
                        frame,
                        source,
                        row,
                        IncludeKind::Inline,
                        target,
                        IncludeStatus::Disabled,
                    );
                }
                Some(quoted) => {
                    let indent = frame.indent + columns(found.space);
                    self.include(frame, source, row, IncludeKind::Inline, strip(quoted), indent);
                }
            },
            None if frame.block => {
                let path = strip(&text);
                if path.is_empty() {
                    self.expansion.push(source, row, "", frame.indent);
                } else {
                    let rest = text.trim_start_matches([' ', '\t']);
                    let indent = frame.indent + columns(&text[..text.len() - rest.len()]);
                    self.include(frame, source, row, IncludeKind::Block, path, indent);
                }
            }
            None => match marker(&text) {
                Some(_) if frame.section => {
                    self.expansion.push(source, row, &text, frame.indent);
                }
                Some(marker) => {
                    if let Some(escape) = marker.escape {
                        self.expansion.push(source, row, &without(&text, escape), frame.indent);
                    }
                }
                None => self.expansion.push(source, row, &text, frame.indent),
            },
        }
    }

    /// Lists an include that gives no lines, or none yet.
    fn list(
        &mut self,
        frame: &Frame,
        source: &Source<'_>,
        row: Row,
        kind: IncludeKind,
        target: Option<&str>,
        status: IncludeStatus,
    ) -> usize {
        self.read += target.map_or(0, str::len);
        let here = self.expansion.lines.len();
        self.expansion.includes.push(Include {
            origin: origin(source, row),
            kind,
            target: target.map(str::to_owned),
            status,
            resolved: None,
            file: None,
            lines: here..here,
            indent: frame.indent,
            parent: frame.include,
            fence: None,
        });
        self.expansion.includes.len() - 1
    }

    fn include(
        &mut self,
        frame: &Frame,
        source: &Source<'_>,
        row: Row,
        kind: IncludeKind,
        text: &str,
        indent: usize,
    ) {
        let index = self.list(frame, source, row, kind, Some(text), IncludeStatus::Missing);
        self.expansion.includes[index].indent = indent;
        if text.starts_with(';') {
            self.expansion.includes[index].status = IncludeStatus::Disabled;
            return;
        }
        let Some(target) = target::parse(text) else {
            return;
        };
        let is_url = is_url(target.path);
        if frame.remote && !is_url {
            // Whoever writes what stands at a URL does not see the site's files.
            self.expansion.includes[index].status = IncludeStatus::Disabled;
            return;
        }
        if self.settings.url_download && is_url {
            self.url(index, &target, indent);
            return;
        }
        let path = match self.resolver.find(target.path) {
            Found::File(path) => path,
            Found::Nothing => return,
            Found::Outside => {
                self.expansion.includes[index].status = IncludeStatus::OutsideBase;
                return;
            }
        };
        let include = &mut self.expansion.includes[index];
        include.resolved = Some(self.files.absolute(&path));
        if self.stack.contains(&path) {
            include.status = IncludeStatus::Cycle;
            return;
        }
        include.status = IncludeStatus::Error;
        if !self.may_nest(index) || target.selector == Selector::Broken {
            return;
        }
        match self.files.hold(&path) {
            Ok((file, bytes)) => {
                self.expansion.includes[index].file = Some(file);
                self.nested(path, |this| this.content(index, (file, &bytes), &target, indent));
                self.expansion.held.push((file, bytes));
            }
            Err(error) if LeavesSite::is_cause_of(&error) => {
                self.expansion.includes[index].status = IncludeStatus::OutsideBase;
            }
            Err(_) => {}
        }
    }
}

/// Where a row stands; none for one that stands in no file.
fn origin(source: &Source<'_>, row: Row) -> Option<Origin> {
    let span = source.span(row);
    source.file.map(|file| Origin { file, line: row.number, span: span.0..span.1 })
}

/// The text without the character at this offset, which is a `;`.
fn without(text: &str, offset: usize) -> String {
    format!("{}{}", &text[..offset], &text[offset + 1..])
}

/// How wide blanks and tabs are.
fn columns(space: &str) -> usize {
    space
        .bytes()
        .fold(0, |column, byte| if byte == b'\t' { (column / 4 + 1) * 4 } else { column + 1 })
}

/// A line as `textwrap.dedent` leaves it.
fn dedented(line: &str, dedent: Option<usize>) -> &str {
    match dedent {
        None => line,
        Some(_) if line.trim_start_matches([' ', '\t']).is_empty() => "",
        Some(width) => &line[width..],
    }
}

/// Whether a range of lines lies between an opening and a closing line.
pub(super) fn lies_in(lines: &Range<usize>, fence: &Range<usize>) -> bool {
    lines.start > fence.start && lines.end < fence.end
}
