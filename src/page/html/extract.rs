//! Goes over the document tag by tag and takes out what is HTML, as `HTMLExtractor` and its
//! extension in `md_in_html` do.

use std::borrow::Cow;

use memchr::memchr2;

use super::tags::{Opening, OpeningTag, closing, comment_end, opening};
use super::{Content, Element, Kept, Stash, Text, UNKNOWN};
use crate::page::python::is_space;

/// Tags that make a block.
const BLOCK_TAGS: [&str; 59] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "canvas",
    "center",
    "colgroup",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "group",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "iframe",
    "legend",
    "li",
    "main",
    "map",
    "math",
    "menu",
    "nav",
    "noscript",
    "object",
    "ol",
    "option",
    "output",
    "p",
    "pre",
    "progress",
    "script",
    "section",
    "style",
    "summary",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
    "video",
];
/// Block tags whose content is one paragraph.
const SPAN_TAGS: [&str; 15] = [
    "address", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "legend", "li", "p", "summary",
    "td", "th",
];
/// Block tags whose content is never Markdown.
const RAW_TAGS: [&str; 7] = ["canvas", "math", "option", "pre", "script", "style", "textarea"];
/// Tags that never have content.
const VOID_TAGS: [&str; 14] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// Replaces the HTML of a document by placeholders.
pub(in crate::page) fn extract(document: Text, stash: &mut Stash, markdown: bool) -> Text {
    if !document.text.contains('<') {
        return document;
    }
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
        clean: Text::default(),
        cache: Text::default(),
        in_raw: false,
        in_tail: false,
        raw_stack: Vec::new(),
        inline_stack: Vec::new(),
        verbatim: None,
        no_comment_end: false,
        open: Vec::new(),
        asked: 0,
        skew: None,
    };
    extractor.go();
    extractor.finish();
    extractor.clean
}

/// An element with Markdown in it that is not closed yet.
struct Open {
    element: Draft,
    state: Content,
    /// Whether nothing but tags has come since its own.
    started: bool,
}

/// An element in the making.
struct Draft {
    tag: String,
    class: String,
    line: u32,
    content: Content,
    text: Text,
    children: Vec<(Draft, Text)>,
}

struct Extractor<'d, 's> {
    source: &'d str,
    /// Where each line of the source starts.
    starts: Vec<usize>,
    /// The page's line of each.
    numbers: &'d [u32],
    /// The last `>` of the source, behind which no tag ends.
    last_close: Option<usize>,
    stash: &'s mut Stash,
    markdown: bool,
    /// Where the tag or text that is being handled begins, and the line of that.
    at: usize,
    line: usize,
    clean: Text,
    /// Raw HTML that is not complete yet.
    cache: Text,
    in_raw: bool,
    in_tail: bool,
    raw_stack: Vec<String>,
    inline_stack: Vec<String>,
    /// `script` or `style`, in which nothing but its closing tag counts.
    verbatim: Option<String>,
    no_comment_end: bool,
    open: Vec<Open>,
    /// The last line whose start has been asked for.
    asked: usize,
    skew: Option<Skew>,
}

/// Where Python looks for things after it has stopped once: it goes on with the rest of the text,
/// but with places that were counted in the whole of it.
struct Skew {
    rest: Vec<char>,
    starts: Vec<usize>,
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
        self.at = at;
        while self.starts.get(self.line + 1).is_some_and(|start| *start <= at) {
            self.line += 1;
        }
    }

    /// The page's line of what is being handled.
    fn number(&self) -> u32 {
        self.numbers.get(self.line).copied().unwrap_or(UNKNOWN)
    }

    /// Python stops here and goes on with the rest of the text.
    fn stop(&mut self, at: usize) {
        if self.skew.is_none() {
            let starts = &self.starts[..=self.asked.min(self.starts.len() - 1)];
            let starts = starts.iter().map(|start| self.source[..*start].chars().count()).collect();
            self.skew = Some(Skew { rest: self.source[at..].chars().collect(), starts });
        }
    }

    /// Whether only blanks, and at most three, stand before what is being handled.
    fn at_line_start(&mut self) -> bool {
        let before = &self.source[self.starts[self.line]..self.at];
        let count = before.chars().count();
        if count == 0 || count > 3 {
            return count == 0;
        }
        match self.skewed() {
            Some((skew, at)) => {
                let before = &skew.rest[(at - count).min(skew.rest.len())..at.min(skew.rest.len())];
                before.iter().copied().all(is_space)
            }
            None => before.chars().all(is_space),
        }
    }

    /// The skew, if there is one, and where it makes Python look for what is being handled.
    fn skewed(&mut self) -> Option<(&Skew, usize)> {
        let line = self.line;
        self.asked = self.asked.max(line);
        let column = self.source[self.starts[line]..self.at].chars().count();
        let skew = self.skew.as_mut()?;
        while skew.starts.len() <= line {
            let last = skew.starts.last().copied().unwrap_or(0);
            let rest = skew.rest.get(last..).unwrap_or_default();
            let length = rest.iter().position(|c| *c == '\n');
            skew.starts.push(length.map_or(skew.rest.len(), |length| last + length) + 1);
        }
        let at = skew.starts[line] + column;
        Some((skew, at))
    }

    /// What Python finds behind so many characters of what is being handled, which ends here.
    fn behind(&mut self, length: usize, end: usize) -> Cow<'_, str> {
        let source = self.source;
        match self.skewed() {
            Some((skew, at)) => {
                let rest = skew.rest.get(at + length..).unwrap_or_default();
                // Nobody looks behind the first blank line.
                let mut newlines = 0;
                let before_text = rest.iter().take_while(|c| {
                    newlines = match c {
                        '\n' => newlines + 1,
                        ' ' | '\t' => newlines,
                        _ if newlines > 1 => return false,
                        _ => 0,
                    };
                    true
                });
                Cow::Owned(before_text.collect())
            }
            None => Cow::Borrowed(&source[end.min(source.len())..]),
        }
    }

    /// The text of the closing tag that is being handled.
    fn closing_text(&mut self, name: &str) -> String {
        let (source, start) = (self.source, self.at);
        let text: String = match self.skewed() {
            Some((skew, at)) => {
                let rest = skew.rest.get(at..).unwrap_or_default();
                let length = rest.iter().position(|c| *c == '>');
                rest[..length.map_or(0, |length| length + 1)].iter().collect()
            }
            None => {
                let length = source[start..].find('>').map_or(0, |length| length + 1);
                source[start..start + length].to_owned()
            }
        };
        if text.is_empty() { format!("</{name}>") } else { text }
    }

    /// Handles what begins with `<`; gives where it ends.
    fn angle(&mut self, start: usize) -> usize {
        let rest = &self.source[start..];
        let second = rest[1..].chars().next().unwrap_or(' ');
        let third = rest.get(2..).and_then(|rest| rest.chars().next());
        if rest.starts_with("</>") {
            self.text(start, start + 3)
        } else if second.is_ascii_alphabetic() {
            match Some(start) < self.last_close {
                true => self.opening(start),
                false => self.text(start, start + 1),
            }
        } else if second == '/' {
            let found = third
                .filter(|c| c.is_ascii_alphabetic() && Some(start) < self.last_close)
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

    fn text(&mut self, start: usize, end: usize) -> usize {
        let source = self.source;
        self.data(&source[start..end]);
        end
    }

    /// What cannot be completed is text up to the next `>`.
    fn incomplete(&mut self, start: usize) -> usize {
        self.stop(start);
        let rest = &self.source[start + 1..];
        let length = match rest.find('>') {
            Some(length) => length + 2,
            None => rest.find('<').map_or(1, |length| length + 1),
        };
        self.text(start, start + length)
    }

    fn instruction(&mut self, start: usize) -> usize {
        if !(self.at_line_start() || self.in_tail || !self.open.is_empty()) {
            return self.text(start, start + 2);
        }
        match self.source[start + 2..].find("?>") {
            Some(length) => {
                let end = start + length + 4;
                self.empty_tag(start, end, true);
                end
            }
            None => self.incomplete(start),
        }
    }

    fn declaration(&mut self, start: usize) -> usize {
        if !(self.at_line_start() || self.in_tail || !self.open.is_empty()) {
            return self.text(start, start + 2);
        }
        let rest = &self.source[start..];
        let is_doctype = rest.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("<!doctype"));
        if rest.starts_with("<![CDATA[") {
            return match marked_end(rest) {
                Some(length) => {
                    self.empty_tag(start, start + length, true);
                    start + length
                }
                None => self.incomplete(start),
            };
        }
        match rest[2..].find('>') {
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

    /// An opening tag where Markdown in HTML is looked for.
    fn start_in_markdown(&mut self, start: usize, tag: OpeningTag) {
        let begins = self.at_line_start() || self.in_tail;
        if tag.name == "hr" && begins {
            self.empty_tag(start, tag.end, true);
            return;
        }
        let started = self.open.last().is_some_and(|open| open.started);
        if is_block(&tag.name) && (begins || started) {
            let state = self.state(&tag);
            if self.in_raw || state == Content::Raw && self.open.is_empty() {
                self.start(start, tag);
                return;
            }
            if self.open.iter().any(|open| open.element.tag == "p") {
                let text = self.source[start..tag.end].to_owned();
                self.close_elements("p", &text);
            }
            let attribute = |name: &str| {
                tag.attributes.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value)
            };
            let class = attribute("class").cloned().flatten().unwrap_or_default();
            let element = Draft {
                tag: tag.name,
                class,
                line: self.number(),
                content: state,
                text: Text::default(),
                children: Vec::new(),
            };
            self.open.push(Open { element, state, started: true });
        } else if self.in_raw {
            self.start(start, tag);
        } else {
            let text = self.source[start..tag.end].to_owned();
            self.span_text(&text);
            self.open_inline(&tag.name);
            self.verbatim = None;
        }
    }

    /// Text of a tag that is no block; where Markdown is off it is kept out of the way.
    fn span_text(&mut self, text: &str) {
        if self.open.last().is_some_and(|open| open.state == Content::Raw) {
            let placeholder = self.keep_raw(text);
            self.data(&placeholder);
        } else {
            self.data(text);
        }
    }

    /// How the content of a block tag is read.
    fn state(&self, tag: &OpeningTag) -> Content {
        let name = tag.name.as_str();
        let found = tag.attributes.iter().rev().find(|(key, _)| key == "markdown");
        let mut value = match found {
            None => "0",
            Some((_, None)) => "1",
            Some((_, Some(value))) if value == "markdown" => "1",
            Some((_, Some(value))) => value,
        };
        match self.open.last().map(|open| open.state) {
            Some(Content::Raw) => value = "off",
            Some(Content::Spans) if value != "0" => value = "span",
            _ => {}
        }
        let takes_spans = SPAN_TAGS.contains(&name);
        let takes_blocks = !takes_spans && !RAW_TAGS.contains(&name) && name != "hr";
        match value {
            "1" if takes_blocks => Content::Blocks,
            "1" if takes_spans => Content::Spans,
            "block" if takes_blocks || takes_spans => Content::Blocks,
            "span" if takes_blocks || takes_spans => Content::Spans,
            _ => Content::Raw,
        }
    }

    /// An opening tag, where HTML is passed on as it is.
    fn start(&mut self, start: usize, tag: OpeningTag) {
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
            self.raw_stack.push(tag.name);
            self.cache.push(text, number);
        } else {
            self.clean.push(text, number);
            self.open_inline(&tag.name);
            self.verbatim = None;
        }
    }

    fn open_inline(&mut self, name: &str) {
        if !is_block(name) && !VOID_TAGS.contains(&name) {
            self.inline_stack.push(name.to_owned());
        }
    }

    fn close_inline(&mut self, name: &str) {
        if let Some(index) = self.inline_stack.iter().rposition(|open| open == name) {
            self.inline_stack.truncate(index);
        }
    }

    fn closing_at(&mut self, start: usize, name: String, end: usize, plain: bool) -> usize {
        if let Some(verbatim) = &self.verbatim {
            if !plain || *verbatim != name {
                let first = self.source[start..].find('>').map_or(end, |at| start + at + 1);
                return self.text(start, first);
            }
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
            self.close_inline(&name);
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
            self.close_inline(name);
            return;
        }
        self.cache.push(text, number);
        if let Some(index) = self.raw_stack.iter().rposition(|open| open == name) {
            self.raw_stack.truncate(index);
        }
        if self.raw_stack.is_empty() {
            let end = self.at + text.len();
            if blank_line_follows(&self.behind(text.chars().count(), end)) {
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
        let placeholder = self.stash.keep(Kept::Raw { line, fences });
        self.clean.push(&placeholder, line);
    }

    fn keep_raw(&mut self, text: &str) -> String {
        let fences = self.stash.fences(text);
        self.stash.keep(Kept::Raw { line: self.number(), fences })
    }

    fn data(&mut self, text: &str) {
        if self.in_tail && text.contains('\n') {
            self.in_tail = false;
        }
        let number = self.number();
        if self.in_raw {
            self.cache.push(text, number);
        } else if self.open.is_empty() {
            if has_blank_line(text) {
                self.inline_stack.clear();
            }
            self.clean.push(text, number);
        } else {
            self.element_data(text, number);
        }
    }

    fn element_data(&mut self, text: &str, number: u32) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        open.started = false;
        let element = &mut open.element;
        match element.children.last_mut() {
            Some((_, tail)) => tail.push(text, number),
            None => element.text.push(text, number),
        }
    }

    fn comment(&mut self, start: usize, text: usize, end: usize) {
        let inner = &self.source[start + 4..text];
        let is_block = has_blank_line(inner) || !self.inline_close_follows(start, end);
        self.empty_tag(start, end, is_block);
    }

    /// Whether an open inline tag is closed in the same paragraph.
    fn inline_close_follows(&mut self, start: usize, end: usize) -> bool {
        if self.inline_stack.is_empty() {
            return false;
        }
        let stack = std::mem::take(&mut self.inline_stack);
        let paragraph = self.behind(self.source[start..end].chars().count(), end);
        let paragraph = &paragraph[..blank_line(&paragraph).unwrap_or(paragraph.len())];
        let follows = stack.iter().any(|tag| closes_in(paragraph, tag));
        self.inline_stack = stack;
        follows
    }

    /// Something that has no content: a comment, an entity, a declaration, or a tag.
    fn empty_tag(&mut self, start: usize, end: usize, is_block: bool) {
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
            if !blank_line_follows(&self.behind(text.chars().count(), end)) {
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
    fn separate(&mut self) {
        if self.clean.text.ends_with('\n') && !self.clean.text.ends_with("\n\n") {
            self.clean.push("\n", UNKNOWN);
        }
    }

    /// Closes an element with Markdown in it, and those in it that are still open.
    fn close_elements(&mut self, name: &str, text: &str) {
        while let Some(open) = self.open.pop() {
            let is_last = open.element.tag == name;
            let element = open.element;
            match self.open.last_mut() {
                Some(parent) => parent.element.children.push((element, Text::default())),
                None => {
                    self.separate();
                    let line = element.line;
                    let id = self.flatten(element);
                    let placeholder = self.stash.keep(Kept::Element(id));
                    self.clean.push(&placeholder, line);
                    self.clean.push("\n\n", UNKNOWN);
                    self.raw_stack.clear();
                    let end = self.at + text.len();
                    if !blank_line_follows(&self.behind(text.chars().count(), end)) {
                        self.in_tail = true;
                    }
                }
            }
            if is_last {
                break;
            }
        }
    }

    /// Puts placeholders for its children into the text of an element.
    fn flatten(&mut self, draft: Draft) -> usize {
        let mut text = draft.text;
        for (child, tail) in draft.children {
            if draft.content == Content::Raw {
                // Nothing in here is parsed, so all of it is one text.
                text.append(&whole_text(child));
                text.append(&tail);
                continue;
            }
            if !text.text.ends_with("\n\n") {
                text.trim_newlines();
                text.push("\n\n", UNKNOWN);
            }
            let line = child.line;
            let id = self.flatten(child);
            let placeholder = self.stash.keep(Kept::Element(id));
            text.push(&placeholder, line);
            if tail.text == "\n" {
                text.append(&tail);
            } else {
                let mut tail = tail;
                tail.trim_newlines();
                text.push("\n", UNKNOWN);
                text.append(&tail);
            }
        }
        let Draft { tag, class, line, content, .. } = draft;
        self.stash.elements.push(Element { tag, class, line, content, text });
        self.stash.elements.len() - 1
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

/// The text of an element and of those in it.
fn whole_text(draft: Draft) -> Text {
    let mut text = draft.text;
    for (child, tail) in draft.children {
        text.append(&whole_text(child));
        text.append(&tail);
    }
    text
}

fn is_block(name: &str) -> bool {
    BLOCK_TAGS.contains(&name.trim_end_matches('/'))
}

/// Whether a text begins with two line ends, with nothing but blanks before each.
fn blank_line_follows(text: &str) -> bool {
    let behind = |text: &'_ str| text.trim_start_matches(' ').strip_prefix('\n').map(str::len);
    let Some(length) = behind(text) else {
        return false;
    };
    behind(&text[text.len() - length..]).is_some()
}

/// Where the first blank line of a text begins.
fn blank_line(text: &str) -> Option<usize> {
    text.match_indices('\n')
        .map(|(index, _)| index)
        .find(|index| text[index + 1..].trim_start_matches([' ', '\t']).starts_with('\n'))
}

fn has_blank_line(text: &str) -> bool {
    blank_line(text).is_some()
}

/// Whether a text has the closing tag of this name.
fn closes_in(text: &str, name: &str) -> bool {
    text.match_indices("</").any(|(index, _)| {
        let rest = text[index + 2..].trim_start_matches(is_space);
        let same = rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        same && rest[name.len()..].trim_start_matches(is_space).starts_with('>')
    })
}

/// How long the text of a `script` or `style` is.
fn verbatim_end(text: &str, name: &str) -> Option<usize> {
    text.match_indices("</").map(|(index, _)| index).find(|index| {
        let rest = text[index + 2..].trim_start_matches(is_space);
        let same = rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        same && rest[name.len()..].trim_start_matches(is_space).starts_with('>')
    })
}

/// How long a `<![CDATA[` section is: up to `]]>`, with blanks allowed in that.
fn marked_end(text: &str) -> Option<usize> {
    text.match_indices(']').find_map(|(index, _)| {
        let rest = text[index + 1..].trim_start_matches(is_space).strip_prefix(']')?;
        let rest = rest.trim_start_matches(is_space).strip_prefix('>')?;
        (index > 2).then_some(text.len() - rest.len())
    })
}

/// What stands at an ampersand.
enum Entity {
    /// An entity of this length.
    Whole(usize),
    /// `&#` without a number behind it.
    Broken,
    /// Just the character.
    Ampersand,
}

fn entity(text: &str) -> Entity {
    if let Some(number) = text.strip_prefix("&#") {
        let (digits, offset) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex.bytes().take_while(u8::is_ascii_hexdigit).count(), 3),
            None => (number.bytes().take_while(u8::is_ascii_digit).count(), 2),
        };
        let end = offset + digits;
        let next = text[end..].chars().next();
        // A decimal number must not run on into hexadecimal digits.
        return match next {
            Some(c) if digits > 0 && !c.is_ascii_hexdigit() => {
                Entity::Whole(end + usize::from(c == ';'))
            }
            _ => Entity::Broken,
        };
    }
    let name = &text[1..];
    let length = name
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        .count();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_name && name[length..].starts_with(';') {
        Entity::Whole(length + 2)
    } else {
        Entity::Ampersand
    }
}
