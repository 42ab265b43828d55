//! Goes over the document tag by tag and takes out what is HTML, as `HTMLExtractor` and its
//! extension in `md_in_html` do.

use memchr::{memchr_iter, memchr2};

use super::elements::Open;
use super::names::{InlineTags, Names};
use super::place::Skew;
use super::scan::{Entity, entity, has_blank_line, marked_end, verbatim_end};
use super::tags::{Opening, OpeningTag, closing, comment_end, is_block, opening};
use super::{Kept, Stash, Text, UNKNOWN};

/// Tags that never have content.
const VOID_TAGS: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Replaces the HTML of a document by placeholders.
pub(in crate::page) fn extract(document: &Text, stash: &mut Stash, markdown: bool) -> Text {
    let mut starts = vec![0];
    starts.extend(document.text.match_indices('\n').map(|(index, _)| index + 1));
    let mut extractor = Extractor {
        source: &document.text,
        starts,
        numbers: &document.lines,
        last_close: document.text.rfind('>'),
        stash,
        markdown,
        at: 0,
        line: 0,
        column: 0,
        clean: Text::default(),
        cache: Text::default(),
        in_raw: false,
        in_tail: false,
        raw_tags: Names::default(),
        inline_tags: InlineTags::default(),
        verbatim: None,
        no_comment_end: false,
        no_instruction_end: false,
        no_section_end: false,
        open: Vec::new(),
        asked: 0,
        skew: None,
    };
    extractor.go();
    extractor.finish();
    extractor.clean
}

/// Whether anything but text could begin at a `<`; without that, there is nothing to extract.
pub(in crate::page) fn may_be_in(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?');
    memchr_iter(b'<', bytes).any(|at| bytes.get(at + 1).is_some_and(begins))
}

pub(super) struct Extractor<'d, 's> {
    pub(super) source: &'d str,
    /// Where each line of the source starts.
    pub(super) starts: Vec<usize>,
    /// The page's line of each.
    pub(super) numbers: &'d [u32],
    /// The last `>` of the source, behind which no tag ends.
    pub(super) last_close: Option<usize>,
    pub(super) stash: &'s mut Stash,
    pub(super) markdown: bool,
    /// Where the tag or text that is being handled begins, and the line of that.
    pub(super) at: usize,
    pub(super) line: usize,
    /// Characters before it on its line.
    pub(super) column: usize,
    pub(super) clean: Text,
    /// Raw HTML that is not complete yet.
    pub(super) cache: Text,
    pub(super) in_raw: bool,
    pub(super) in_tail: bool,
    pub(super) raw_tags: Names,
    pub(super) inline_tags: InlineTags,
    /// `script` or `style`, in which nothing but its closing tag counts.
    pub(super) verbatim: Option<String>,
    /// What nothing behind this ends, so that its end is looked for once.
    pub(super) no_comment_end: bool,
    pub(super) no_instruction_end: bool,
    pub(super) no_section_end: bool,
    pub(super) open: Vec<Open>,
    /// The last line whose start has been asked for.
    pub(super) asked: usize,
    pub(super) skew: Option<Skew>,
}

impl Extractor<'_, '_> {
    fn go(&mut self) {
        let source = self.source;
        while self.at < source.len() {
            let start = self.at;
            let next = match &self.verbatim {
                Some(tag) => match verbatim_end(&source[start..], tag) {
                    Some(length) => start + length,
                    None => break,
                },
                None => memchr2(b'<', b'&', &source.as_bytes()[start..])
                    .map_or(source.len(), |length| start + length),
            };
            if start < next {
                self.data(&source[start..next]);
                self.move_to(next);
            }
            let rest = &source[next..];
            if rest.len() <= 1 {
                break;
            }
            let end = if rest.starts_with('<') {
                self.angle(next)
            } else {
                match entity(rest) {
                    Entity::Whole(length) => {
                        self.empty_tag(next, next + length, false);
                        next + length
                    }
                    Entity::Ampersand => {
                        self.data("&");
                        next + 1
                    }
                    // Python stops at the second broken number, and at one without a `;` after it.
                    Entity::Broken if self.skew.is_some() || !rest.contains(';') => break,
                    Entity::Broken => {
                        self.data("&#");
                        self.stop(next + 2);
                        next + 2
                    }
                }
            };
            self.move_to(end);
        }
        let rest = &source[self.at.min(source.len())..];
        if !rest.is_empty() {
            self.data(rest);
        }
    }

    fn move_to(&mut self, at: usize) {
        let mut from = std::mem::replace(&mut self.at, at);
        while let Some(start) = self.starts.get(self.line + 1).filter(|start| **start <= at) {
            self.line += 1;
            self.column = 0;
            from = *start;
        }
        self.column += self.source[from..at].chars().count();
    }

    /// The page's line of what is being handled.
    pub(super) fn number(&self) -> u32 {
        self.numbers.get(self.line).copied().unwrap_or(UNKNOWN)
    }

    /// Handles what begins with `<`; gives where it ends.
    fn angle(&mut self, start: usize) -> usize {
        let rest = &self.source[start..];
        let second = rest[1..].chars().next().unwrap_or(' ');
        let third = rest.get(2..).and_then(|rest| rest.chars().next());
        if rest.starts_with("</>") {
            self.text(start, start + 3)
        } else if second.is_ascii_alphabetic() {
            match self.closes_behind(start) {
                true => self.opening(start),
                false => self.text(start, start + 1),
            }
        } else if second == '/' {
            let found = third
                .filter(|c| c.is_ascii_alphabetic() && self.closes_behind(start))
                .and_then(|_| closing(self.source, start));
            match found {
                Some((name, end, plain)) => self.closing_at(start, name, end, plain),
                None => self.text(start, start + 2),
            }
        } else if rest.starts_with("<!--") {
            let end = if self.no_comment_end { None } else { comment_end(self.source, start + 4) };
            match end {
                Some((text, end)) => {
                    self.comment(start, text, end);
                    end
                }
                None => {
                    self.no_comment_end = true;
                    self.text(start, start + 1)
                }
            }
        } else if second == '?' {
            self.instruction(start)
        } else if second == '!' {
            self.declaration(start)
        } else {
            self.text(start, start + 1)
        }
    }

    /// Whether there is a `>` behind an offset.
    fn closes_behind(&self, offset: usize) -> bool {
        Some(offset) < self.last_close
    }

    fn text(&mut self, start: usize, end: usize) -> usize {
        let source = self.source;
        self.data(&source[start..end]);
        end
    }

    /// What cannot be completed is text up to the next `>`.
    fn incomplete(&mut self, start: usize) -> usize {
        self.stop(start);
        let rest = &self.source[start + 1..];
        let close = if self.closes_behind(start) { rest.find('>') } else { None };
        let length = match close {
            Some(length) => length + 2,
            None => rest.find('<').map_or(1, |length| length + 1),
        };
        self.text(start, start + length)
    }

    fn instruction(&mut self, start: usize) -> usize {
        if !(self.at_line_start() || self.in_tail || !self.open.is_empty()) {
            return self.text(start, start + 2);
        }
        let rest = &self.source[start + 2..];
        let close = if self.no_instruction_end { None } else { rest.find("?>") };
        match close {
            Some(length) => {
                let end = start + length + 4;
                self.empty_tag(start, end, true);
                end
            }
            None => {
                self.no_instruction_end = true;
                self.incomplete(start)
            }
        }
    }

    fn declaration(&mut self, start: usize) -> usize {
        if !(self.at_line_start() || self.in_tail || !self.open.is_empty()) {
            return self.text(start, start + 2);
        }
        let rest = &self.source[start..];
        let is_doctype = rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
        if rest.starts_with("<![CDATA[") {
            let close = if self.no_section_end { None } else { marked_end(rest) };
            return match close {
                Some(length) => {
                    self.empty_tag(start, start + length, true);
                    start + length
                }
                None => {
                    self.no_section_end = true;
                    self.incomplete(start)
                }
            };
        }
        let close = if self.closes_behind(start) { rest[2..].find('>') } else { None };
        match close {
            Some(length) => {
                self.empty_tag(start, start + length + 3, is_doctype);
                start + length + 3
            }
            None if is_doctype => self.incomplete(start),
            None if rest.starts_with("<![") => self.text(start, start + 1),
            None => self.incomplete(start),
        }
    }

    fn opening(&mut self, start: usize) -> usize {
        let tag = match opening(self.source, start) {
            Opening::Text(end) => return self.text(start, end),
            Opening::Tag(tag) => tag,
        };
        let end = tag.end;
        let is_block = is_block(&tag.name);
        if tag.closed {
            self.empty_tag(start, end, is_block);
            return end;
        }
        if matches!(tag.name.as_str(), "script" | "style") {
            self.verbatim = Some(tag.name.clone());
        }
        if self.markdown {
            self.start_in_markdown(start, tag)
        } else {
            self.start(start, tag)
        }
        end
    }

    /// An opening tag, where HTML is passed on as it is.
    pub(super) fn start(&mut self, start: usize, tag: OpeningTag) {
        if tag.name == "hr" {
            self.empty_tag(start, tag.end, true);
            return;
        }
        let begins = self.in_tail || self.at_line_start() && !self.in_raw;
        if is_block(&tag.name) && begins {
            self.in_raw = true;
            self.clean.push("\n", UNKNOWN);
        }
        let number = self.number();
        let text = &self.source[start..tag.end];
        if self.in_raw {
            self.raw_tags.push(tag.name);
            self.cache.push(text, number);
        } else {
            self.clean.push(text, number);
            self.open_inline(&tag.name);
            self.verbatim = None;
        }
    }

    pub(super) fn open_inline(&mut self, name: &str) {
        if !is_block(name) && !VOID_TAGS.contains(&name) {
            self.inline_tags.push(name.to_owned());
        }
    }

    fn closing_at(&mut self, start: usize, name: String, end: usize, plain: bool) -> usize {
        if let Some(verbatim) = &self.verbatim
            && (!plain || *verbatim != name)
        {
            let first = self.source[start..].find('>').map_or(end, |at| start + at + 1);
            return self.text(start, first);
        }
        let text = self.closing_text(&name);
        if !self.markdown || self.in_raw {
            self.close(&text, &name);
        } else if is_block(&name) {
            if self.open.iter().any(|open| open.element.tag == name) {
                self.close_elements(&name, &text);
            } else {
                self.span_text(&text);
            }
        } else {
            self.span_text(&text);
            self.inline_tags.close(&name);
        }
        if plain {
            self.verbatim = None;
        }
        end
    }

    /// A closing tag, where HTML is passed on as it is.
    fn close(&mut self, text: &str, name: &str) {
        let number = self.number();
        if !self.in_raw {
            self.clean.push(text, number);
            self.inline_tags.close(name);
            return;
        }
        self.cache.push(text, number);
        self.raw_tags.close(name, |_| {});
        if self.raw_tags.is_empty() {
            let end = self.at + text.len();
            if self.blank_line_follows(text.chars().count(), end) {
                self.cache.push("\n", UNKNOWN);
            } else {
                self.in_tail = true;
            }
            self.in_raw = false;
            self.flush();
            self.clean.push("\n\n", UNKNOWN);
        }
    }

    /// Turns the raw HTML so far into a placeholder.
    fn flush(&mut self) {
        let cache = std::mem::take(&mut self.cache);
        let line = cache.rows().first().map_or(0, |row| row.line);
        let fences = self.stash.fences(&cache.text);
        let placeholder = self.stash.keep(Kept::Raw { line, fences }).text();
        self.clean.push(&placeholder, line);
    }

    pub(super) fn keep_raw(&mut self, text: &str) -> String {
        let fences = self.stash.fences(text);
        self.stash.keep(Kept::Raw { line: self.number(), fences }).text()
    }

    pub(super) fn data(&mut self, text: &str) {
        if self.in_tail && text.contains('\n') {
            self.in_tail = false;
        }
        let number = self.number();
        if self.in_raw {
            self.cache.push(text, number);
        } else if self.open.is_empty() {
            if has_blank_line(text) {
                self.inline_tags.clear();
            }
            self.clean.push(text, number);
        } else {
            self.element_data(text, number);
        }
    }

    fn comment(&mut self, start: usize, text: usize, end: usize) {
        let inner = &self.source[start + 4..text];
        let is_block = has_blank_line(inner) || !self.inline_close_follows(start, end);
        self.empty_tag(start, end, is_block);
    }

    /// Something that has no content: a comment, an entity, a declaration, or a tag.
    pub(super) fn empty_tag(&mut self, start: usize, end: usize, is_block: bool) {
        let source = self.source;
        let text = &source[start..end];
        let number = self.number();
        if !self.open.is_empty() && !self.in_raw {
            if self.at_line_start() && is_block {
                let placeholder = self.keep_raw(text);
                self.data(&format!("\n{placeholder}\n\n"));
            } else {
                self.span_text(text);
            }
        } else if self.in_raw || self.in_tail {
            self.cache.push(text, number);
        } else if self.at_line_start() && is_block {
            if !self.blank_line_follows(text.chars().count(), end) {
                self.in_tail = true;
            }
            self.separate();
            let placeholder = self.keep_raw(text);
            self.clean.push(&placeholder, number);
            self.clean.push("\n\n", UNKNOWN);
        } else {
            self.clean.push(text, number);
        }
    }

    /// Makes a blank line of a single newline at the end of what has been passed on.
    pub(super) fn separate(&mut self) {
        if self.clean.text.ends_with('\n') && !self.clean.text.ends_with("\n\n") {
            self.clean.push("\n", UNKNOWN);
        }
    }

    fn finish(&mut self) {
        if !self.cache.text.is_empty() {
            self.flush();
        }
        if let Some(first) = self.open.first() {
            let name = first.element.tag.clone();
            // This closes those in it too, unless one of them has the same name: then that is all
            // that is closed, and the outer one is lost.
            self.close_elements(&name, "");
        }
    }
}
