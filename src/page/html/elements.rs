//! HTML elements with Markdown in them: from their tags to elements of a [`Stash`].
//!
//! [`Stash`]: super::Stash

use super::extract::Extractor;
use super::tags::{OpeningTag, is_block};
use super::{Content, Element, Kept, Text, UNKNOWN};

/// How deep elements with Markdown in them may nest. Python gives up at a depth like this one.
const DEEPEST: usize = 150;
/// Block tags whose content is one paragraph.
const SPAN_TAGS: [&str; 15] = [
    "address", "dd", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "legend", "li", "p", "summary",
    "td", "th",
];
/// Block tags whose content is never Markdown.
const RAW_TAGS: [&str; 7] = ["canvas", "math", "option", "pre", "script", "style", "textarea"];
/// An element with Markdown in it that is not closed yet.
pub(super) struct Open {
    pub(super) element: Draft,
    pub(super) state: Content,
    /// Whether nothing but tags has come since its own.
    pub(super) started: bool,
}

/// An element in the making.
pub(super) struct Draft {
    pub(super) tag: String,
    pub(super) class: String,
    pub(super) line: u32,
    pub(super) content: Content,
    pub(super) text: Text,
    pub(super) children: Vec<(Draft, Text)>,
}

impl Extractor<'_, '_> {
    /// An opening tag where Markdown in HTML is looked for.
    pub(super) fn start_in_markdown(&mut self, start: usize, tag: OpeningTag) {
        let begins = self.at_line_start() || self.in_tail;
        if tag.name == "hr" && begins {
            self.empty_tag(start, tag.end, true);
            return;
        }
        let too_deep = self.open.len() >= DEEPEST;
        let started = self.open.last().is_some_and(|open| open.started);
        if is_block(&tag.name) && (begins || started) && !too_deep {
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
    pub(super) fn span_text(&mut self, text: &str) {
        if self.open.last().is_some_and(|open| open.state == Content::Raw) {
            let placeholder = self.keep_raw(text);
            self.data(&placeholder);
        } else {
            self.data(text);
        }
    }

    /// How the content of a block tag is read.
    pub(super) fn state(&self, tag: &OpeningTag) -> Content {
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

    pub(super) fn element_data(&mut self, text: &str, number: u32) {
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

    /// Closes an element with Markdown in it, and those in it that are still open.
    pub(super) fn close_elements(&mut self, name: &str, text: &str) {
        while let Some(open) = self.open.pop() {
            let is_last = open.element.tag == name;
            let element = open.element;
            match self.open.last_mut() {
                Some(parent) => parent.element.children.push((element, Text::default())),
                None => {
                    self.separate();
                    let line = element.line;
                    let id = self.flatten(element);
                    let placeholder = self.stash.keep(Kept::Element(id)).text();
                    self.clean.push(&placeholder, line);
                    self.clean.push("\n\n", UNKNOWN);
                    self.raw_tags.clear();
                    let end = self.at + text.len();
                    if !self.blank_line_follows(text.chars().count(), end) {
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
    pub(super) fn flatten(&mut self, draft: Draft) -> usize {
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
            let placeholder = self.stash.keep(Kept::Element(id)).text();
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
