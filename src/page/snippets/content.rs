//! What an include brings in: a file or a URL in, the lines that it selects put into the page, as
//! long as the page does not grow beyond reason.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use super::cut::{self, Cut};
use super::target::{Selector, Target};
use super::{Expander, Expansion, Flaw, Frame};
use crate::model::{Fetched, FileId, FileText, IncludeStatus};
use crate::page::source::Source;

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

impl Expander<'_> {
    /// Does something for an include, during which its file is one of those being included.
    pub(super) fn nested(&mut self, path: PathBuf, work: impl FnOnce(&mut Self) + Send) {
        self.stack.push(path);
        if self.stack.len().is_multiple_of(DEEP) {
            // This thread waits for the other one, which has an empty stack.
            thread::scope(|scope| {
                let work = || work(self);
                // Without a thread the include stays what it is so far: an error.
                if let Ok(thread) = thread::Builder::new().spawn_scoped(scope, work)
                    && let Err(panic) = thread.join()
                {
                    std::panic::resume_unwind(panic);
                }
            });
        } else {
            work(self);
        }
        self.stack.pop();
    }

    /// Whether the page may grow by so many bytes in so many lines, with this indent before each.
    fn has_room(&self, bytes: usize, lines: usize, indent: usize) -> bool {
        let Expansion { lines: all, includes, .. } = &self.expansion;
        let kept = all.text().len() + all.len() * LINE + includes.len() * INCLUDE + self.read;
        let new = lines.saturating_mul(indent + LINE).saturating_add(bytes);
        kept.saturating_add(new) <= LARGEST
    }

    /// Whether there is room; it is a flaw of the include if not.
    fn needs_room(&mut self, index: usize, bytes: usize, lines: usize, indent: usize) -> bool {
        let has_room = self.has_room(bytes, lines, indent);
        if !has_room {
            self.expansion.flaws.push(Flaw::TooLarge(index));
        }
        has_room
    }

    /// Whether an include may be looked into; it is a flaw of it if not.
    pub(super) fn may_nest(&mut self, index: usize) -> bool {
        if self.stack.len() >= DEEPEST {
            self.expansion.flaws.push(Flaw::TooLarge(index));
            return false;
        }
        self.needs_room(index, 0, 0, 0)
    }

    /// Puts what stands at a URL into the page.
    pub(super) fn url(&mut self, index: usize, target: &Target<'_>, indent: usize) {
        let url = PathBuf::from(target.path);
        if self.stack.contains(&url) {
            self.expansion.includes[index].status = IncludeStatus::Cycle;
            return;
        }
        let (status, reason) = match (self.remote)(target.path) {
            Fetched::Offline => (IncludeStatus::Disabled, None),
            _ if !self.may_nest(index) => (IncludeStatus::Error, None),
            _ if target.selector == Selector::Broken => {
                (IncludeStatus::Error, Some("its lines are no numbers".to_owned()))
            }
            Fetched::Content(bytes) => {
                self.expansion.includes[index].status = IncludeStatus::Error;
                let decode = |encoding| Source::decode_remote(&bytes, encoding);
                if let Some(source) = self.encoding.and_then(decode) {
                    self.nested(url, |this| match target.selector {
                        Selector::Whole => this.all(index, &source, indent),
                        _ => this.part(index, &Cut::new(source), target, indent),
                    });
                    return;
                }
                (IncludeStatus::Error, Some(format!("it is not {}", self.settings.encoding)))
            }
            Fetched::Nothing(reason) => (IncludeStatus::Missing, Some(reason)),
            Fetched::Failed(reason) => (IncludeStatus::Error, Some(reason)),
        };
        self.expansion.includes[index].status = status;
        self.expansion.flaws.extend(reason.map(|reason| Flaw::Url(index, reason)));
    }

    /// Puts the selected lines of a file into the page.
    pub(super) fn content(
        &mut self,
        index: usize,
        (file, bytes): (FileId, &FileText),
        target: &Target<'_>,
        indent: usize,
    ) {
        if target.selector == Selector::Whole {
            let decoded = self.encoding.and_then(|encoding| Source::decode(file, bytes, encoding));
            match decoded {
                Some(source) if source.text.is_empty() => {
                    self.expansion.includes[index].status = IncludeStatus::Ok;
                }
                Some(source) => self.all(index, &source, indent),
                None => {}
            }
        } else if let Some(cut) = self.cut(file, bytes) {
            if cut.source.text.is_empty() {
                self.expansion.includes[index].status = IncludeStatus::Ok;
            } else {
                self.part(index, &cut, target, indent);
            }
        }
    }

    /// Puts all lines of a text into the page, if there is room.
    fn all(&mut self, index: usize, source: &Source<'_>, indent: usize) {
        let size = source.text.len();
        let lines = source.count();
        if !self.needs_room(index, size, lines, indent) {
            return;
        }
        self.read += size;
        let remote = source.file.is_none();
        let mut frame = Frame { indent, include: Some(index), remote, ..Frame::default() };
        self.expansion.lines.reserve(size + lines * indent, lines);
        self.whole(&mut frame, source, source.rows(0, 1));
        self.end(index, &frame);
    }

    /// Puts the selected lines of a text into the page, if there is room.
    fn part(&mut self, index: usize, cut: &Cut, target: &Target<'_>, indent: usize) {
        let selected = cut.select(&target.selector);
        let (lines, size) = selected.as_ref().map(cut::Selected::size).unwrap_or_default();
        if !self.needs_room(index, size, lines, indent) {
            return;
        }
        self.read += size;
        let is_section = matches!(target.selector, Selector::Section(_));
        let mut frame = Frame {
            indent,
            include: Some(index),
            remote: cut.source.file.is_none(),
            section: is_section,
            ..Frame::default()
        };
        let is_empty = selected.as_ref().is_none_or(cut::Selected::is_empty);
        if selected.is_none() {
            self.expansion.flaws.push(Flaw::MissingSection(index));
        } else if is_empty && !is_section {
            self.expansion.flaws.push(Flaw::MissingLines(index));
        }
        if self.settings.dedent_subsections {
            let rows = selected.iter().flat_map(cut::Selected::distinct);
            frame.dedent = Some(common_indent(rows.map(|row| cut.source.row(row))));
            if is_empty {
                // Python splits nothing into one empty line.
                self.expansion.lines.push("", indent, None, 0, (0, 0));
            }
        }
        if let Some(selected) = &selected {
            self.picked(&mut frame, &cut.source, selected.rows());
        }
        self.end(index, &frame);
    }

    /// Notes that the lines of an include are in the page.
    fn end(&mut self, index: usize, frame: &Frame) {
        self.note_unclosed(frame);
        let end = self.expansion.lines.len();
        let include = &mut self.expansion.includes[index];
        include.status = IncludeStatus::Ok;
        include.lines.end = end;
    }

    /// A file to take parts of; none when it is not in the site's encoding.
    fn cut(&mut self, file: FileId, bytes: &FileText) -> Option<Arc<Cut>> {
        if let Some(cut) = self.cuts.get(&file) {
            return Some(Arc::clone(cut));
        }
        let source = Source::decode(file, bytes, self.encoding?)?;
        let cut = Arc::new(Cut::new(source.into_owned()));
        self.cuts.insert(file, Arc::clone(&cut));
        Some(cut)
    }

    /// Notes a block that is still open where the lines of its file end.
    pub(super) fn note_unclosed(&mut self, frame: &Frame) {
        if let (true, Some((origin, first))) = (frame.block, &frame.opened) {
            let includes = *first..self.expansion.includes.len();
            self.expansion.flaws.push(Flaw::UnclosedBlock { origin: origin.clone(), includes });
        }
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
