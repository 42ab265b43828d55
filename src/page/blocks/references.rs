//! Definitions that vanish from the text: footnotes, abbreviations and link references. The last
//! two may swallow a fence; a footnote's text is parsed when the page is.

use super::early::give_back;
use super::rows::{Block, Look, Row, behind_indent};
use super::{Parser, Queue, ROOT};
use crate::model::ContainerKind;
use crate::page::python::{is_space, strip};

/// A definition found in a block: its first row, the one behind its last, and what follows on the
/// last row.
struct Defined<'t> {
    start: usize,
    end: usize,
    text: &'t str,
}

impl<'t> Parser<'t, '_> {
    /// `[^id]: text` with what is indented under it.
    pub(super) fn footnote(&mut self, block: &Block<'t>, blocks: &mut Queue<'t>) -> bool {
        let Some((mut id, mut found)) = find_footnote(block, 0) else {
            return false;
        };
        blocks.pop();
        let before = block.slice(0..found.start);
        let mut rest;
        loop {
            rest = block.slice(found.end..block.rows().len()).without_leading_newlines();
            // Definitions that follow each other directly are taken in one go.
            let offset = block.rows().len() - rest.rows().len();
            let next = find_footnote(block, offset).filter(|(_, next)| next.start == offset);
            let Some((next_id, next)) = next else {
                break;
            };
            self.set_footnote(
                std::mem::replace(&mut id, next_id),
                vec![footnote_row(block, &found)],
            );
            found = next;
        }
        let mut rows = vec![footnote_row(block, &found)];
        if let Some((_, next)) = find_footnote(&rest, 0) {
            let own = rest.slice(0..next.start).without_trailing_newlines().loose_detab(4);
            rows.extend_from_slice(own.rows());
            blocks.push(rest.slice(next.start..rest.rows().len()));
        } else {
            rows.extend_from_slice(rest.loose_detab(4).without_trailing_newlines().rows());
            while blocks.last().is_some_and(|block| block.is_indented(4))
                && let Some(block) = blocks.pop()
            {
                let line = block.line();
                let next = find_footnote(&block, 0).map(|(_, next)| next.start);
                let own = block.slice(0..next.unwrap_or(block.rows().len()));
                let own = if next.is_some() { own.without_trailing_newlines() } else { own };
                rows.push(Row { text: "", line });
                rows.extend_from_slice(own.loose_detab(4).rows());
                if let Some(next) = next {
                    blocks.push(block.slice(next..block.rows().len()));
                    break;
                }
            }
        }
        self.set_footnote(id, rows);
        if !before.is_blank() {
            blocks.push(before.without_trailing_newlines());
        }
        true
    }

    /// A footnote that is defined again keeps its place and takes the last text.
    fn set_footnote(&mut self, id: String, mut rows: Vec<Row<'t>>) {
        let line = rows[0].line;
        while rows.last().is_some_and(|row| strip(row.text).is_empty()) {
            rows.pop();
        }
        if rows.len() > 1 && rows[0].text.is_empty() {
            rows.remove(0);
        }
        let text = Block::new(rows);
        let place = *self.footnote_places.entry(id).or_insert(self.footnotes.len());
        match self.footnotes.get_mut(place) {
            Some(known) => *known = (line, text),
            None => self.footnotes.push((line, text)),
        }
    }

    /// Parses the text of all footnotes, which stand at the end of the document. Those that are
    /// defined in a footnote come too late and are lost.
    pub(super) fn parse_footnotes(&mut self) {
        // All are parsed in the same place, so that an open block of one takes from the next.
        let place = self.tree.detached("div", 0);
        for (line, text) in std::mem::take(&mut self.footnotes) {
            self.parse_chunk(place, &text);
            let kind = ContainerKind::Footnote;
            let node = self.tree.add_container(ROOT, "div", line, kind, None);
            for child in std::mem::take(&mut self.tree.get_mut(place).children) {
                self.tree.append(node, child);
            }
        }
    }

    /// `*[short]: long`
    pub(super) fn abbreviation(&mut self, block: &Block<'t>, blocks: &mut Queue<'t>) -> bool {
        let Some(found) = find(block, Look::Abbreviation, "*[", find_abbreviation) else {
            return false;
        };
        if found.text.is_empty() {
            return false;
        }
        take(block, &found, blocks);
        true
    }

    /// `[id]: url "title"`
    pub(super) fn reference(&mut self, block: &Block<'t>, blocks: &mut Queue<'t>) -> bool {
        let Some(found) = find(block, Look::Reference, "[", find_reference) else {
            return false;
        };
        take(block, &found, blocks);
        true
    }
}

/// Takes a definition out of a block; what stands around it is given back.
fn take<'t>(block: &Block<'t>, found: &Defined<'t>, blocks: &mut Queue<'t>) {
    blocks.pop();
    let after = block.slice(found.end..block.rows().len());
    if !after.is_blank() {
        give_back(blocks, after.without_leading_newlines());
    }
    let before = block.slice(0..found.start);
    if !before.is_blank() {
        give_back(blocks, before.without_trailing_newlines());
    }
}

/// What reading from a row gives.
enum Attempt<'t> {
    Found(Defined<'t>),
    /// No definition begins before this row. What spoils one that runs over several rows spoils all
    /// that begin in it, so that nothing is read twice.
    NoneBefore(usize),
}

/// The first row from which a definition can be read.
fn find<'t>(
    block: &Block<'t>,
    look: Look,
    mark: &str,
    read: impl Fn(&[Row<'t>], usize) -> Attempt<'t>,
) -> Option<Defined<'t>> {
    let test = |text: &str| match look {
        Look::Abbreviation => text.starts_with(mark),
        _ => behind_indent(text).is_some_and(|rest| rest.starts_with(mark)),
    };
    let mut from = 0;
    loop {
        let part = block.slice(from..block.rows().len());
        let at = from + part.find(look, test)?;
        match read(block.rows(), at) {
            Attempt::Found(found) => return Some(found),
            Attempt::NoneBefore(next) => from = next.max(at + 1),
        }
    }
}

/// The first footnote that begins at this row or later, with its id.
fn find_footnote<'t>(block: &Block<'t>, from: usize) -> Option<(String, Defined<'t>)> {
    let part = block.slice(from..block.rows().len());
    let read = |rows: &[Row<'t>], start: usize| {
        let Some(text) = behind_indent(rows[start].text).and_then(|row| row.strip_prefix("[^"))
        else {
            return Attempt::NoneBefore(start + 1);
        };
        match behind_bracket(rows, start, text, &[']']) {
            Bracket::Closed(at, rest) => match rest.strip_prefix(':') {
                Some(text) => {
                    let text = text.trim_start_matches(' ');
                    Attempt::Found(Defined { start, end: at + 1, text })
                }
                None => Attempt::NoneBefore(at + 1),
            },
            Bracket::Open(at) => Attempt::NoneBefore(at + 1),
        }
    };
    let found = find(&part, Look::Footnote, "[^", read)?;
    let rows = &part.rows()[found.start..found.end];
    let text: Vec<_> = rows.iter().map(|row| row.text).collect();
    let text = text.join("\n");
    let id = text.split_once("[^").and_then(|(_, rest)| rest.split_once(']'));
    let id = id.map(|(id, _)| id.to_owned()).unwrap_or_default();
    Some((id, Defined { start: found.start + from, end: found.end + from, ..found }))
}

fn footnote_row<'t>(block: &Block<'t>, found: &Defined<'t>) -> Row<'t> {
    let line = block.rows()[found.start].line;
    Row { text: found.text, line }
}

/// Where a bracket ends.
enum Bracket<'t> {
    /// With a `]` on this row, behind which this stands.
    Closed(usize, &'t str),
    /// Not at all: something else comes first on this row, or there are no more rows.
    Open(usize),
}

/// Looks for the next `]` before any other of the characters.
fn behind_bracket<'t>(rows: &[Row<'t>], start: usize, text: &'t str, stop: &[char]) -> Bracket<'t> {
    let mut at = start;
    let mut text = text;
    loop {
        match text.find(stop) {
            Some(index) if text[index..].starts_with(']') => {
                return Bracket::Closed(at, &text[index + 1..]);
            }
            Some(_) => return Bracket::Open(at),
            None => {
                at += 1;
                match rows.get(at) {
                    Some(row) => text = row.text,
                    None => return Bracket::Open(at),
                }
            }
        }
    }
}

/// Reads an abbreviation. Its meaning may stand on the next row.
fn find_abbreviation<'t>(rows: &[Row<'t>], start: usize) -> Attempt<'t> {
    let Some(short) = rows[start].text.strip_prefix("*[") else {
        return Attempt::NoneBefore(start + 1);
    };
    let mut text = short;
    let mut at = start;
    loop {
        let rest = match behind_bracket(rows, at, text, &[']', '\\']) {
            Bracket::Closed(next, rest) => {
                at = next;
                rest
            }
            Bracket::Open(next) => return Attempt::NoneBefore(next + 1),
        };
        text = rest;
        let behind = rest.strip_prefix(' ').filter(|rest| rest.starts_with(':')).unwrap_or(rest);
        let Some(meaning) = behind.strip_prefix(':') else {
            continue;
        };
        let meaning = meaning.trim_start_matches(' ');
        let (end, meaning) = match rows.get(at + 1) {
            Some(row) if meaning.is_empty() => (at + 2, row.text),
            _ => (at + 1, meaning),
        };
        // Without a short form or a meaning it is no definition.
        let form = short.split(']').next().unwrap_or_default();
        let is_short_blank = at == start && strip(form).is_empty();
        let text = if is_short_blank { "" } else { strip(meaning) };
        return Attempt::Found(Defined { start, end, text });
    }
}

/// Reads a link reference. Its address and its title may each stand on a row of their own.
fn find_reference<'t>(rows: &[Row<'t>], start: usize) -> Attempt<'t> {
    match read_reference(rows, start) {
        Some(found) => Attempt::Found(found),
        // The `[` of the next row ends every attempt, so none is long.
        None => Attempt::NoneBefore(start + 1),
    }
}

fn read_reference<'t>(rows: &[Row<'t>], start: usize) -> Option<Defined<'t>> {
    let text = behind_indent(rows[start].text)?.strip_prefix('[')?;
    let Bracket::Closed(mut at, rest) = behind_bracket(rows, start, text, &[']', '[']) else {
        return None;
    };
    let mut rest = rest.strip_prefix(':')?.trim_start_matches(' ');
    if rest.is_empty() {
        at += 1;
        rest = rows.get(at)?.text.trim_start_matches(' ');
    }
    let behind = rest.trim_start_matches(|c| !is_space(c));
    if behind.len() == rest.len() {
        return None;
    }
    let behind = behind.trim_start_matches(' ');
    if behind.is_empty() {
        let next = rows.get(at + 1).map(|row| row.text.trim_start_matches(' '));
        let titled = next.is_some_and(|next| next.is_empty() || is_title(next));
        return Some(Defined { start, end: at + 1 + usize::from(titled), text: rest });
    }
    // Without a blank before it, a title may begin anywhere behind the first character.
    let end = rest.trim_end_matches(' ');
    let address = &rest[..rest.len() - behind.len()];
    let opens = |(index, _): (usize, char)| index > 0 && is_title(&end[index..]);
    let titled = is_title(behind) || address.char_indices().any(opens);
    titled.then_some(Defined { start, end: at + 1, text: rest })
}

/// Whether a text is a title in quotes or parentheses, with nothing but blanks behind it.
fn is_title(text: &str) -> bool {
    let text = text.trim_end_matches(' ');
    let close = match text.chars().next() {
        Some('"') => '"',
        Some('\'') => '\'',
        Some('(') => ')',
        _ => return false,
    };
    text.len() > 1 && text.ends_with(close)
}
