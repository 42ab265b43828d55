//! `--8<--` as `pymdownx.snippets` 13.1 resolves it: a page's lines in, the page with everything
//! it includes out, and what became of each include.
//!
//! Includes are expanded before anything else is looked at, so a directive counts wherever its
//! line stands: in fences, comments and lists too.

mod cut;
mod grammar;
mod resolve;
mod target;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use memchr::memmem;

use self::cut::Cut;
use self::grammar::{directive, marker};
use self::resolve::{Found, Resolver};
use self::target::{Selector, Target};
use super::python::strip;
use super::source::{Encoding, Row, Source, small};
use crate::model::{FileCache, FileId, Include, IncludeKind, IncludeStatus, Line, Origin};
use crate::settings::Snippets;

/// How deep includes may nest. Python's recursion limit stops PyMdown at about this depth.
const DEEPEST: usize = 890;
/// After so many nested includes a new stack is begun, so that the thread's own is never full.
const DEEP: usize = 100;

/// How many bytes a page may grow to and take to read, what is kept of its lines and includes
/// counted too. Files that include each other several times grow without bounds.
const LARGEST: usize = 256 << 20;
/// What is kept of a line, about.
const LINE: usize = 32;
/// What is kept of an include and done for it, about.
const INCLUDE: usize = 1024;

/// A page with everything it includes.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    pub(super) text: String,
    pub(super) lines: Vec<Line>,
    pub(super) includes: Vec<Include>,
}

/// Expands the rows of a page. Without settings nothing is an include.
pub(super) fn expand(
    settings: Option<&Snippets>,
    files: &FileCache,
    page_folder: &Path,
    page: &Source<'_>,
    rows: impl Iterator<Item = Row>,
) -> Expansion {
    let mut expansion = Expansion::default();
    let Some(settings) = settings else {
        rows.for_each(|row| expansion.push(page, row, page.row(row), 0));
        return expansion;
    };
    let mut expander = Expander {
        settings,
        files,
        encoding: Encoding::named(&settings.encoding),
        resolver: Resolver::new(files, settings, page_folder),
        expansion,
        stack: Vec::new(),
        cuts: HashMap::new(),
        read: 0,
    };
    let mut frame = Frame::default();
    expander.rows(&mut frame, page, rows);
    if !settings.auto_append.is_empty() {
        let entries = settings.auto_append.join("\n\n");
        let appended = Source::without_file(format!("\n\n-8<-\n{entries}\n-8<-\n"));
        // Parsed with the page: a block that the page leaves open is closed by the first marker.
        expander.rows(&mut frame, &appended, appended.rows(0, 1));
    }
    expander.expansion
}

impl Expansion {
    fn push(&mut self, source: &Source<'_>, row: Row, text: &str, indent: usize) {
        self.push_line(text, indent, source.file, small(row.number), source.span(row));
    }

    fn push_line(
        &mut self,
        text: &str,
        indent: usize,
        file: Option<FileId>,
        number: u32,
        span: (u32, u32),
    ) {
        if !self.lines.is_empty() {
            self.text.push('\n');
        }
        let start = small(self.text.len());
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.text.push_str(text);
        let text = (start, small(self.text.len()));
        self.lines.push(Line { text, file, number, span, indent: small(indent) });
    }
}

/// Where the reading of one file stands.
#[derive(Default)]
struct Frame {
    /// Whether a block is open, so that lines are paths.
    block: bool,
    /// Whether the lines are a part of the file.
    selected: bool,
    /// Whether the lines are a section, whose markers are dealt with already.
    section: bool,
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
    fn rows(&mut self, frame: &mut Frame, source: &Source<'_>, rows: impl Iterator<Item = Row>) {
        // Few lines say anything to this stage, so those that cannot are passed on unread. Selected
        // lines may repeat and go back, so each is searched by itself.
        let finder = memmem::Finder::new("8<");
        let whole = !frame.selected;
        let mut next = if whole { finder.find(source.text.as_bytes()) } else { None };
        for row in rows {
            if whole && next.is_some_and(|found| found < row.start) {
                next = finder.find(&source.text.as_bytes()[row.start..]).map(|at| at + row.start);
            }
            let plain = if whole {
                next.is_none_or(|found| found >= row.end)
            } else {
                finder.find(source.row(row).as_bytes()).is_none()
            };
            let text = dedented(source.row(row), frame.dedent);
            if plain && !frame.block {
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
                None => frame.block = !frame.block,
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
        let span = source.span(row);
        let origin = source.file.map(|file| Origin {
            file,
            line: row.number,
            span: span.0 as usize..span.1 as usize,
        });
        self.read += target.map_or(0, str::len);
        let here = self.expansion.lines.len();
        self.expansion.includes.push(Include {
            origin,
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
        if self.settings.url_download && is_link(target.path) {
            // The network is not touched here.
            self.expansion.includes[index].status = IncludeStatus::Disabled;
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
        if self.stack.len() >= DEEPEST
            || !self.has_room(0, 0, 0)
            || target.selector == Selector::Broken
        {
            return;
        }
        if let Ok(file) = self.files.read(&path) {
            self.expansion.includes[index].file = Some(file);
            self.stack.push(path);
            if self.stack.len().is_multiple_of(DEEP) {
                self.content_on_new_stack(index, file, &target, indent);
            } else {
                self.content(index, file, &target, indent);
            }
            self.stack.pop();
        }
    }

    /// Does the same in a thread of its own, for which this one waits.
    fn content_on_new_stack(
        &mut self,
        index: usize,
        file: FileId,
        target: &Target<'_>,
        indent: usize,
    ) {
        thread::scope(|scope| {
            let work = || self.content(index, file, target, indent);
            // Without a thread the include stays what it is so far: an error.
            if let Ok(thread) = thread::Builder::new().spawn_scoped(scope, work)
                && let Err(panic) = thread.join()
            {
                std::panic::resume_unwind(panic);
            }
        });
    }

    /// Whether the page may grow by so many bytes in so many lines, with this indent before each.
    fn has_room(&self, bytes: usize, lines: usize, indent: usize) -> bool {
        let Expansion { text, lines: all, includes } = &self.expansion;
        let kept = text.len() + all.len() * LINE + includes.len() * INCLUDE + self.read;
        let new = lines.saturating_mul(indent + LINE).saturating_add(bytes);
        kept.saturating_add(new) <= LARGEST
    }

    /// Puts the selected lines of a file into the page.
    fn content(&mut self, index: usize, file: FileId, target: &Target<'_>, indent: usize) {
        if target.selector == Selector::Whole {
            self.whole(index, file, indent);
        } else if let Some(cut) = self.cut(file) {
            self.part(index, &cut, target, indent);
        }
        let end = self.expansion.lines.len();
        self.expansion.includes[index].lines.end = end;
    }

    fn whole(&mut self, index: usize, file: FileId, indent: usize) {
        let bytes = self.files.bytes(file);
        let decoded = self.encoding.and_then(|encoding| Source::decode(file, &bytes, encoding));
        let Some(source) = decoded else { return };
        let lines = memchr::memchr2_iter(b'\n', b'\r', &bytes).count() + 1;
        if !self.has_room(bytes.len(), lines, indent) {
            return;
        }
        self.read += bytes.len();
        self.expansion.includes[index].status = IncludeStatus::Ok;
        if !source.text.is_empty() {
            let mut frame = Frame { indent, include: Some(index), ..Frame::default() };
            self.rows(&mut frame, &source, source.rows(0, 1));
        }
    }

    fn part(&mut self, index: usize, cut: &Cut, target: &Target<'_>, indent: usize) {
        let selected = cut.select(&target.selector);
        let (lines, bytes) = selected.as_ref().map(cut::Selected::size).unwrap_or_default();
        if !self.has_room(bytes, lines, indent) {
            return;
        }
        self.read += bytes;
        self.expansion.includes[index].status = IncludeStatus::Ok;
        if cut.source.text.is_empty() {
            return;
        }
        let mut frame = Frame {
            indent,
            include: Some(index),
            selected: true,
            section: matches!(target.selector, Selector::Section(_)),
            ..Frame::default()
        };
        if self.settings.dedent_subsections {
            let rows = selected.iter().flat_map(cut::Selected::distinct);
            frame.dedent = Some(common_indent(rows.map(|row| cut.source.row(row))));
            if selected.as_ref().is_none_or(cut::Selected::is_empty) {
                // Python splits nothing into one empty line.
                self.expansion.push_line("", indent, None, 0, (0, 0));
            }
        }
        if let Some(selected) = &selected {
            self.rows(&mut frame, &cut.source, selected.rows());
        }
    }

    /// A file to take parts of; none when it is not in the site's encoding.
    fn cut(&mut self, file: FileId) -> Option<Arc<Cut>> {
        if let Some(cut) = self.cuts.get(&file) {
            return Some(Arc::clone(cut));
        }
        let bytes = self.files.bytes(file);
        let source = Source::decode(file, &bytes, self.encoding?)?;
        let cut = Arc::new(Cut::new(source.into_owned()));
        self.cuts.insert(file, Arc::clone(&cut));
        Some(cut)
    }
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

/// How many characters of blanks and tabs all lines that have text begin with alike.
fn common_indent<'a>(lines: impl Iterator<Item = &'a str>) -> usize {
    let indents = lines.filter_map(|line| {
        let rest = line.trim_start_matches([' ', '\t']);
        (!rest.is_empty()).then_some(&line[..line.len() - rest.len()])
    });
    let common = indents.reduce(|common, indent| {
        let same = common.bytes().zip(indent.bytes()).take_while(|(a, b)| a == b).count();
        &common[..same]
    });
    common.map_or(0, str::len)
}

fn is_link(path: &str) -> bool {
    let starts = |scheme: &str| {
        path.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    starts("http://") || starts("https://")
}

/// Whether a range of lines lies between an opening and a closing line.
pub(super) fn lies_in(lines: &Range<usize>, fence: &Range<usize>) -> bool {
    lines.start > fence.start && lines.end < fence.end
}
