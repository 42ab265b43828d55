//! A diagram: message lines follow the run, everything around them stays.
//!
//! Blocks, notes, comments, participants and indents are a person's, and so are placeholders such
//! as `{image_id}` in a message, which stand for one path segment or a part of one, and queries. A
//! message that moves takes the notes along that belong to it.

use std::collections::{HashMap, HashSet};

use crate::model::FindingKind;
use crate::pairing::Pairing;
use crate::sequence::{self, Block, Drawing, Line, Template};

use super::lines::Clash;
use super::{Conflicts, Eyes, Merged, Steps, left_over};

use names::Names;

mod names;

/// The diagram as it stands with the messages of the new one. `base` is the diagram as it was
/// generated from the page's last recording, if there is one; `unseen` are lines of the page whose
/// messages stay although they were not sent.
pub(super) fn merge(
    base: Option<&str>,
    page: &str,
    new: &str,
    unseen: &HashSet<usize>,
    (steps, eyes): (&Steps, &Eyes<'_>),
) -> Merged {
    let drawing = Drawing::read(page);
    if page.trim().is_empty() {
        return Merged::of(new);
    }
    let short = names::short(page);
    let [new, base] = [Some(new), base].map(|text| text.map(|text| names::shortened(text, &short)));
    let (new, base) = (new.unwrap_or_default(), base.as_deref());
    let new: Vec<&str> = new.lines().collect();
    let base: Option<Vec<&str>> =
        base.map(|base| base.lines().collect()).filter(|base: &Vec<_>| !base.is_empty());
    let pairing = paired(&drawing, base.as_deref().unwrap_or(&new), base.is_some());
    let names = Names::learnt((0..drawing.messages.len()).filter_map(|message| {
        let generated = base.as_deref().unwrap_or(&new)[pairing.of_new(message)?];
        Some((drawing.message(message), generated))
    }));
    let mut of_new: Vec<Option<usize>> = vec![None; new.len()];
    for message in 0..drawing.messages.len() {
        let Some(generated) = pairing.of_new(message) else { continue };
        let now = if base.is_some() { steps.to_new(generated) } else { Some(generated) };
        if let Some(now) = now.filter(|now| *now < new.len()) {
            of_new[now] = Some(message);
        }
    }
    let mut merger = Merger {
        base: base.as_deref(),
        new: &new,
        drawing: &drawing,
        pairing: &pairing,
        names: &names,
        steps,
        eyes,
        of_new,
        texts: vec![None; drawing.messages.len()],
        put_in: vec![Vec::new(); drawing.lines.len() + 1],
        dropped: vec![false; drawing.lines.len()],
        out: Merged::default(),
        clashes: Vec::new(),
    };
    merger.texts();
    merger.keep(unseen);
    merger.arrange();
    merger.finish()
}

/// Which generated message each message of the page is.
fn paired(drawing: &Drawing<'_>, generated: &[&str], is_base: bool) -> Pairing {
    let page: Vec<&str> =
        (0..drawing.messages.len()).map(|message| drawing.message(message)).collect();
    let mut pairing = Pairing::new(generated.len(), page.len());
    let exact: Vec<String> =
        generated.iter().map(|line| sequence::normal(line).into_owned()).collect();
    let own: Vec<String> = page.iter().map(|line| sequence::normal(line).into_owned()).collect();
    let fits: Vec<_> = own.iter().map(|line| Template::of(line)).collect();
    // Placeholders count as what they stand for, so that messages with them keep their order.
    let mut of_shape: HashMap<(&str, usize), Vec<&String>> = HashMap::new();
    for generated in &exact {
        of_shape.entry(sequence::shape(generated)).or_default().push(generated);
    }
    let stands_for = |own: &String, template: &Option<Template>| {
        let candidates = of_shape.get(&sequence::shape(own))?;
        let template = template.as_ref().filter(|_| !candidates.contains(&own))?;
        candidates.iter().find(|generated| template.fits(generated)).copied()
    };
    let keys: Vec<String> = own
        .iter()
        .zip(&fits)
        .map(|(own, template)| stands_for(own, template).unwrap_or(own).clone())
        .collect();
    pairing.in_order(&exact, &keys);
    let is_fitting = |one: usize, other: usize| {
        fits[other].as_ref().is_some_and(|template| template.fits(&exact[one]))
    };
    pairing.alike(is_fitting);
    if is_base {
        // What a person wrote about a message in other words is still that message.
        let ends: Vec<_> = exact.iter().map(|line| sequence::ends(line)).collect();
        let own_ends: Vec<_> = own.iter().map(|line| sequence::ends(line)).collect();
        pairing.alike(|one, other| ends[one] == own_ends[other]);
    }
    pairing.moved(&exact, &keys);
    pairing
}

struct Merger<'a> {
    base: Option<&'a [&'a str]>,
    new: &'a [&'a str],
    drawing: &'a Drawing<'a>,
    pairing: &'a Pairing,
    names: &'a Names,
    steps: &'a Steps,
    eyes: &'a Eyes<'a>,
    /// For each new message the page's.
    of_new: Vec<Option<usize>>,
    /// For each message of the page the lines that it is to be; none for those that are no longer
    /// sent.
    texts: Vec<Option<String>>,
    /// Lines to put in before each line of the page, and behind the last one.
    put_in: Vec<Vec<String>>,
    dropped: Vec<bool>,
    out: Merged,
    /// What is to be reported of a line of the page.
    clashes: Vec<(usize, FindingKind, Clash)>,
}

impl Merger<'_> {
    /// What each message of the page is to say.
    fn texts(&mut self) {
        for now in 0..self.new.len() {
            let Some(message) = self.of_new[now] else { continue };
            let line = self.drawing.messages[message];
            let own = self.drawing.lines[line].text;
            let base = self.base.zip(self.pairing.of_new(message)).map(|(base, index)| base[index]);
            self.texts[message] =
                Some(self.said(line, own, base.unwrap_or(self.new[now]), self.new[now]));
        }
    }

    /// Keeps messages that were not sent and need not be.
    fn keep(&mut self, unseen: &HashSet<usize>) {
        for (message, &line) in self.drawing.messages.iter().enumerate() {
            if self.texts[message].is_none() && unseen.contains(&line) {
                self.texts[message] = Some(self.drawing.lines[line].text.to_owned());
            }
        }
    }

    /// The line of a message: as it stands while it stands for what is sent, else what is sent, told
    /// in the person's names.
    fn said(&mut self, line: usize, own: &str, base: &str, new: &str) -> String {
        let own_message = sequence::normal(own);
        // What a person put behind a message, if that is what it says.
        let behind = |generated: &str| -> Option<String> {
            let generated = sequence::normal(generated);
            let fits = Template::of(&own_message).is_some_and(|own| own.fits(&generated));
            match own_message.strip_prefix(&*generated) {
                Some(rest) if rest.is_empty() || rest.starts_with([' ', '<']) => {
                    Some(rest.to_owned())
                }
                _ if fits => Some(String::new()),
                _ => None,
            }
        };
        if behind(new).is_some() {
            return own.to_owned();
        }
        let indent = sequence::indent(own);
        let told = format!("{indent}{}", self.names.told(new, own.trim(), base));
        if let Some(words) = behind(base) {
            return told + &words;
        }
        let kind = if base == new { FindingKind::HandEdit } else { FindingKind::Conflict };
        if self.eyes.conflicts == Conflicts::Theirs {
            return told;
        }
        if self.eyes.conflicts != Conflicts::Mine {
            let lines = |line: &str| vec![line.trim().to_owned()];
            let clash = Clash {
                page_line: line,
                merged_line: 0,
                base: lines(base),
                page: vec![self.eyes.hidden(own.trim())],
                run: lines(new),
            };
            self.clashes.push((line, kind, clash));
        }
        if kind == FindingKind::Conflict && self.eyes.conflicts == Conflicts::Markers {
            // As comments, so that the diagram can still be drawn.
            let new = new.trim();
            return format!(
                "{indent}%% <<<<<<< page\n{own}\n{indent}%% =======\n{indent}%% {new}\n{indent}%% >>>>>>> run"
            );
        }
        own.to_owned()
    }

    /// Decides where each new message goes.
    fn arrange(&mut self) {
        let matched: Vec<usize> = self.of_new.iter().flatten().copied().collect();
        let stable = longest_rising(&matched);
        let mut is_stable = vec![false; self.drawing.messages.len()];
        stable.iter().for_each(|&message| is_stable[message] = true);
        let blocks = self.blocks_that_move(&is_stable);
        let lines = &self.drawing.lines;
        // Where the next line goes, in which block, and the next message that keeps its place.
        let mut next = stable.iter().copied().peekable();
        let mut at = next.peek().map_or(self.drawing.end(), |&first| self.drawing.before(first));
        let mut block: Option<usize> = None;
        let mut indent =
            next.peek()
                .map_or("", |&first| {
                    self.drawing.outermost(first).map_or(
                        sequence::indent(lines[self.drawing.messages[first]].text),
                        |outer| sequence::indent(lines[self.drawing.blocks[outer].open].text),
                    )
                })
                .to_owned();
        for now in 0..self.new.len() {
            if let Some(message) = self.of_new[now].filter(|&message| is_stable[message]) {
                let line = self.drawing.messages[message];
                at = self.drawing.attached(message).end;
                block = lines[line].block;
                indent = sequence::indent(lines[line].text).to_owned();
                next.next_if_eq(&message);
                continue;
            }
            while let Some(inner) = block {
                let mate = self.steps.mate(now).and_then(|mate| self.of_new[mate]);
                let stays = [next.peek().copied(), mate]
                    .into_iter()
                    .flatten()
                    .any(|message| self.drawing.is_in(message, inner));
                if stays {
                    break;
                }
                let left = &self.drawing.blocks[inner];
                (at, block) = (left.close + 1, left.parent);
                indent = sequence::indent(lines[left.open].text).to_owned();
            }
            self.put(now, at, &indent, &blocks);
        }
    }

    /// Puts a message in that is new or has moved.
    fn put(&mut self, now: usize, at: usize, indent: &str, blocks: &[Option<usize>]) {
        let Some(message) = self.of_new[now] else {
            self.put_in[at].push(format!("{indent}{}", self.names.applied(self.new[now])));
            return;
        };
        let range = match blocks[message] {
            // The first message of a block that moves takes the whole block along.
            Some(block) => {
                let block = &self.drawing.blocks[block];
                if self.dropped[block.open] {
                    return;
                }
                block.open..block.close + 1
            }
            None => self.drawing.attached(message),
        };
        for line in range {
            self.dropped[line] = true;
            let text = match self.drawing.lines[line].message {
                Some(message) => self.texts[message].clone().unwrap_or_default(),
                None => self.out.written(line, self.drawing.lines[line].text, self.steps),
            };
            self.put_in[at].extend(text.split('\n').map(str::to_owned));
        }
    }

    /// For each message the block that moves as a whole with it.
    fn blocks_that_move(&self, is_stable: &[bool]) -> Vec<Option<usize>> {
        let mut of_message = vec![None; self.drawing.messages.len()];
        let mut places = vec![None; self.drawing.messages.len()];
        for (now, message) in self.of_new.iter().enumerate() {
            if let Some(message) = message {
                places[*message] = Some(now);
            }
        }
        for block in 0..self.drawing.blocks.len() {
            let inside = self.drawing.inside(block);
            // The usual case first: nothing in the block moves.
            if inside.clone().any(|message| is_stable[message] || of_message[message].is_some()) {
                continue;
            }
            let now: Option<Vec<usize>> = inside.clone().map(|message| places[message]).collect();
            let moves = now.is_some_and(|now| {
                !now.is_empty() && now.windows(2).all(|pair| pair[1] == pair[0] + 1)
            });
            if moves {
                inside.for_each(|message| of_message[message] = Some(block));
            }
        }
        of_message
    }

    /// Whether a block had messages and is to have none.
    fn is_left_empty(&self, block: usize) -> bool {
        let mut inside = self.drawing.inside(block);
        let Block { open, close, .. } = self.drawing.blocks[block];
        !inside.is_empty()
            && inside.all(|message| self.texts[message].is_none())
            && self.put_in[open + 1..=close].iter().all(Vec::is_empty)
    }

    /// The lines in their order, and what was written about messages that are gone.
    fn finish(mut self) -> Merged {
        let mut gone: Vec<(usize, String)> = Vec::new();
        for message in 0..self.drawing.messages.len() {
            if self.texts[message].is_some() {
                continue;
            }
            let line = self.drawing.messages[message];
            for attached in self.drawing.attached(message) {
                self.dropped[attached] = true;
                if attached != line {
                    gone.push((attached, self.drawing.lines[attached].text.trim().to_owned()));
                }
            }
        }
        for block in (0..self.drawing.blocks.len()).rev() {
            if self.is_left_empty(block) {
                let range = self.drawing.blocks[block].open..self.drawing.blocks[block].close + 1;
                for line in range {
                    if !std::mem::replace(&mut self.dropped[line], true)
                        && !self.drawing.lines[line].is_end()
                    {
                        gone.push((line, self.drawing.lines[line].text.trim().to_owned()));
                    }
                }
            }
        }
        gone.sort();
        let mut clashes = std::mem::take(&mut self.clashes);
        clashes.sort_by_key(|(at, ..)| *at);
        let mut told = clashes.iter_mut().peekable();
        let lines: Vec<&Line<'_>> = self.drawing.lines.iter().collect();
        for (index, line) in lines.iter().enumerate() {
            let put_in = std::mem::take(&mut self.put_in[index]);
            self.out.lines.extend(put_in);
            if self.dropped[index] {
                continue;
            }
            while let Some((.., clash)) = told.next_if(|(at, ..)| *at <= index) {
                clash.merged_line = self.out.lines.len();
            }
            match line.message {
                Some(message) => {
                    let text = self.texts[message].clone().unwrap_or_default();
                    self.out.lines.extend(text.split('\n').map(str::to_owned));
                }
                None => self.out.push_written(index, line.text, self.steps),
            }
        }
        let last = std::mem::take(&mut self.put_in[lines.len()]);
        self.out.lines.extend(last);
        for (_, kind, clash) in clashes {
            self.out.clash(kind, clash, 0, 0);
        }
        for (line, text) in gone {
            let text = text.trim_start_matches("%%").trim().to_owned();
            self.out.findings.push(left_over::in_diagram(line, self.out.lines.len(), &text));
            self.out.lines.push(format!("%% {text}"));
        }
        self.out
    }
}

/// A longest sequence of rising numbers among these, in order.
fn longest_rising(numbers: &[usize]) -> Vec<usize> {
    // For each length the index where the best sequence of that length ends.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; numbers.len()];
    for (index, &number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|&end| numbers[end] < number);
        before[index] = length.checked_sub(1).map(|length| ends[length]);
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let mut rising: Vec<usize> =
        std::iter::successors(ends.last().copied(), |&index| before[index])
            .map(|index| numbers[index])
            .collect();
    rising.reverse();
    rising
}

#[cfg(test)]
mod tests;
