//! The parts that show a whole diagram: its text with marks in, the texts of the parts out.

use std::collections::HashSet;
use std::ops::Range;

use crate::model::Presentation;
use crate::sequence::indent;

use super::exchanges::Exchanges;
use super::heads::{self, Heads};
use super::numbers::Numbers;
use super::steps::{self, Step};
use super::{Drawing, HEAD_LINE, HIDDEN, Mark, Numbering, cuts, hiding, mark};

/// The parts that show a diagram.
#[derive(Debug)]
pub struct Shown {
    /// In their order; one where the diagram is not cut.
    pub parts: Vec<Part>,
    /// For each line of the whole diagram the part and the line in it that shows it or stands for it.
    places: Vec<(usize, usize)>,
}

/// A part of a diagram.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its text, without the line `sequenceDiagram`.
    pub text: String,
    /// The numbers of its messages, also of those that are not shown.
    pub numbers: Vec<u64>,
}

impl Shown {
    /// The part, and the line in it, where a line of the whole diagram is shown, all counted from 0.
    pub fn place(&self, line: usize) -> (usize, usize) {
        self.places.get(line).or(self.places.last()).copied().unwrap_or_default()
    }
}

/// A diagram without its marks, and what is to be shown of it.
pub(super) struct Picture<'a> {
    pub(super) drawing: &'a Drawing<'a>,
    pub(super) exchanges: &'a Exchanges,
    numbers: Numbers,
    hidden: Vec<bool>,
    steps: Vec<Step>,
    /// For each line the step that stands for it.
    step_of_line: Vec<Option<usize>>,
    /// For each line whether a bar begins before it that ends behind it.
    is_active: Vec<bool>,
}

pub(super) fn shown(whole: &str, presentation: &Presentation, numbering: &Numbering) -> Shown {
    let marked = Marked::read(whole);
    let text = marked.lines.join("\n");
    let drawing = Drawing::read(&text);
    let exchanges = Exchanges::of(&drawing);
    let hidden = hiding::hidden(&drawing, &exchanges, &text, &presentation.hide);
    let picture = Picture::of(&drawing, &exchanges, hidden, (presentation, numbering), &marked);
    let own: Vec<usize> = marked.parts.iter().map(|(line, _)| *line).collect();
    let cuts = cuts::cuts(&picture, &own, presentation.split);
    // What people cut is theirs in all respects.
    let is_ours = presentation.split.is_some() || cuts.iter().any(|cut| !own.contains(cut));
    let bounds: Vec<usize> = [0].into_iter().chain(cuts).chain([drawing.lines.len()]).collect();
    let stretches: Vec<Range<usize>> = bounds.windows(2).map(|pair| pair[0]..pair[1]).collect();
    let heads = is_ours.then(|| picture.heads(&marked, &stretches));
    let mut writer = Writer {
        picture: &picture,
        numbering,
        places: vec![(0, 0); marked.lines.len()],
        parts: Vec::new(),
    };
    for (index, lines) in stretches.into_iter().enumerate() {
        let head = match &heads {
            Some(heads) if index > 0 => {
                let created = picture.created(lines.clone());
                heads.lines(&picture.appearing(lines.clone()), &created)
            }
            _ => marked.head(lines.start).iter().map(|line| (*line).to_owned()).collect(),
        };
        writer.part(head, lines, is_ours);
    }
    let places = marked.origins.iter().map(|kept| {
        let last = writer.places.len().checked_sub(1);
        last.map_or((0, 0), |last| writer.places[(*kept).min(last)])
    });
    Shown { places: places.collect(), parts: writer.parts }
}

/// A whole diagram, taken apart into its lines and its marks.
struct Marked<'a> {
    lines: Vec<&'a str>,
    /// For each line of the whole diagram the one that is kept of it, or the next one.
    origins: Vec<usize>,
    /// Before which line a step was shown, and what it said.
    steps: Vec<(usize, &'a str)>,
    /// At which line a part began, and the lines of its own head.
    parts: Vec<(usize, Vec<&'a str>)>,
}

impl<'a> Marked<'a> {
    fn read(whole: &'a str) -> Self {
        let mut marked =
            Self { lines: Vec::new(), origins: Vec::new(), steps: Vec::new(), parts: Vec::new() };
        for line in whole.lines() {
            let at = marked.lines.len();
            marked.origins.push(at);
            match mark(line) {
                Some(Mark::Step(label)) => marked.steps.push((at, label)),
                Some(Mark::Part(head)) => {
                    let head = head.split(HEAD_LINE).filter(|line| !line.is_empty()).collect();
                    marked.parts.push((at, head));
                }
                None => marked.lines.push(line),
            }
        }
        marked
    }

    /// The head that the part had which begins at a line.
    fn head(&self, line: usize) -> &[&'a str] {
        let part = self.parts.iter().find(|(at, _)| *at == line);
        part.map_or(&[], |(_, head)| head)
    }
}

impl<'a> Picture<'a> {
    fn of(
        drawing: &'a Drawing<'a>,
        exchanges: &'a Exchanges,
        hidden: Vec<bool>,
        (presentation, numbering): (&Presentation, &Numbering),
        marked: &Marked<'_>,
    ) -> Self {
        let is_free = drawing.messages.iter().map(|&line| !hidden[line]).collect();
        let mut steps = steps::steps(drawing, exchanges, presentation, is_free);
        let mut step_of_line = vec![None; drawing.lines.len()];
        for (index, step) in steps.iter_mut().enumerate() {
            let (first, last) = (step.messages.start, step.messages.end - 1);
            let lines = drawing.messages[first]..drawing.messages[last] + 1;
            let said = marked.steps.iter().find(|(at, label)| {
                let named = drawing.messages.partition_point(|line| line < at);
                let is_own = || steps::is_own_label(label, &exchanges.messages[named].label);
                step.messages.contains(&named) && !label.is_empty() && !is_own()
            });
            if let Some((_, label)) = said {
                (*label).clone_into(&mut step.label);
            }
            step_of_line[lines].fill(Some(index));
        }
        let first = numbering.first.first().copied().flatten();
        Self {
            numbers: Numbers::of(drawing, numbering.is_on, first),
            is_active: is_active(drawing),
            drawing,
            exchanges,
            hidden,
            steps,
            step_of_line,
        }
    }

    /// The messages that stand in these lines.
    pub(super) fn messages(&self, lines: Range<usize>) -> Range<usize> {
        let count = |line: usize| self.drawing.messages.partition_point(|&at| at < line);
        count(lines.start)..count(lines.end)
    }

    /// Whether a line stands in no block, or begins one that stands in none.
    pub(super) fn is_outside(&self, line: usize) -> bool {
        let Some(line_at) = self.drawing.lines.get(line) else { return false };
        line_at.block.is_none_or(|block| {
            let block = &self.drawing.blocks[block];
            block.open == line && block.parent.is_none()
        })
    }

    /// The line at which a part may begin whose first message this is; none where none may.
    pub(super) fn beginning(&self, message: usize) -> Option<usize> {
        let outermost = self.drawing.outermost(message);
        let is_first = outermost.is_none_or(|block| self.drawing.inside(block).start == message);
        let [before, at] =
            [message - 1, message].map(|message| self.step_of_line[self.drawing.messages[message]]);
        let is_in_step = at.is_some() && before == at;
        let mut line = self.drawing.before(message);
        // A bar that begins right before the message begins in the part.
        while self.is_active[line] && line > self.drawing.messages[message - 1] + 1 {
            if self.drawing.lines[line - 1].block.is_some() {
                break;
            }
            line -= 1;
        }
        (is_first && !is_in_step && !self.is_active[line]).then_some(line)
    }

    /// Whether a line is a message that is shown.
    pub(super) fn shows_message(&self, line: usize) -> bool {
        self.drawing.lines[line].message.is_some() && self.is_shown(line)
    }

    /// Whether a step stands for this line and those that follow it.
    pub(super) fn begins_step(&self, line: usize) -> bool {
        self.step_of_line[line]
            .is_some_and(|step| self.drawing.messages[self.steps[step].messages.start] == line)
    }

    fn is_shown(&self, line: usize) -> bool {
        !self.hidden[line] && self.step_of_line[line].is_none()
    }

    /// How many characters a line takes, as Mermaid counts them.
    pub(super) fn characters(&self, line: usize) -> usize {
        let own = self.drawing.lines[line].text.encode_utf16().count() + 1;
        let step = if self.begins_step(line) { 100 } else { 0 };
        own + step + if self.is_shown(line) { 0 } else { HIDDEN.len() + 20 }
    }

    /// How many characters the head of a part takes at most.
    pub(super) fn characters_of_heads(&self) -> usize {
        let all = self.appearing(0..self.drawing.lines.len());
        all.iter().map(|name| 2 * name.encode_utf16().count() + 20).sum::<usize>() + 40
    }

    /// Who appears in these lines, in order.
    fn appearing(&self, lines: Range<usize>) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let mut add = |name: &str| {
            if !names.iter().any(|one| one == name) {
                names.push(name.to_owned());
            }
        };
        for line in lines.filter(|&line| self.is_shown(line) || self.begins_step(line)) {
            match self.drawing.lines[line].message {
                Some(message) => {
                    let message = &self.exchanges.messages[message];
                    add(&message.from);
                    add(&message.to);
                }
                None => hiding::about(&self.drawing.lines[line]).into_iter().for_each(&mut add),
            }
        }
        names
    }

    /// Who is created in these lines.
    fn created(&self, lines: Range<usize>) -> HashSet<&str> {
        let is_created = |line: &&super::Line<'_>| line.word().as_deref() == Some("create");
        self.drawing.lines[lines].iter().filter(is_created).flat_map(hiding::about).collect()
    }

    /// The participants of all parts.
    fn heads(&self, marked: &Marked<'_>, stretches: &[Range<usize>]) -> Heads {
        let own = self.drawing.lines.iter().map(|line| line.text);
        let mut declared = vec![heads::units(own)];
        declared.extend(marked.parts.iter().map(|(_, head)| heads::units(head.iter().copied())));
        let appearing: Vec<Vec<String>> =
            stretches.iter().map(|lines| self.appearing(lines.clone())).collect();
        Heads::of(declared, &appearing)
    }
}

/// For each line whether a participant is active before it.
fn is_active(drawing: &Drawing<'_>) -> Vec<bool> {
    let mut open: i64 = 0;
    let mut is_active = Vec::with_capacity(drawing.lines.len());
    for line in &drawing.lines {
        is_active.push(open > 0);
        open += match line.word().as_deref() {
            Some("activate") => 1,
            Some("deactivate") => -1,
            _ if line.message.is_some() => crate::sequence::activation(line.text),
            _ => 0,
        };
    }
    is_active
}

struct Writer<'a> {
    picture: &'a Picture<'a>,
    numbering: &'a Numbering,
    /// For each line without marks where it is shown.
    places: Vec<(usize, usize)>,
    parts: Vec<Part>,
}

impl Writer<'_> {
    fn part(&mut self, head: Vec<String>, lines: Range<usize>, is_ours: bool) {
        let picture = self.picture;
        let index = self.parts.len();
        let messages = picture.messages(lines.clone());
        let is_number = |line: &String| line.trim_start().starts_with("autonumber");
        let (numbered, mut out): (Vec<String>, Vec<String>) = head.into_iter().partition(is_number);
        let says_first = self.numbering.first.get(index).copied().flatten().is_some();
        if index > 0 && (!numbered.is_empty() || (is_ours && !says_first)) {
            out.extend(picture.numbers.line(messages.start));
        }
        // The first message behind the last line, if that line is not shown.
        let mut next: Option<usize> = None;
        for line in lines.clone() {
            let text = picture.drawing.lines[line].text;
            if picture.is_shown(line) {
                if let Some(next) = next.take().filter(|next| messages.contains(next)) {
                    let number = picture.numbers.line(next);
                    out.extend(number.map(|number| format!("{}{number}", indent(text))));
                }
                self.places[line] = (index, out.len());
                out.push(text.to_owned());
                continue;
            }
            if picture.begins_step(line) {
                out.extend(picture.step_of_line[line].map(|step| self.step(step, indent(text))));
            }
            let stands_for = picture.step_of_line[line].filter(|_| !picture.begins_step(line));
            self.places[line] = match stands_for {
                Some(_) => self.places[line - 1],
                None => (index, out.len() - usize::from(picture.begins_step(line))),
            };
            out.push(match text.trim_start() {
                "" => format!("{text}{HIDDEN}"),
                rest => format!("{}{HIDDEN} {rest}", indent(text)),
            });
            if let Some(message) = picture.drawing.lines[line].message {
                next = Some(message + 1);
            }
        }
        self.parts.push(Part {
            text: out.iter().map(|line| format!("{line}\n")).collect(),
            numbers: messages.map(|message| picture.numbers.of_message(message)).collect(),
        });
    }

    /// The line that stands for several messages.
    fn step(&self, step: usize, indent: &str) -> String {
        let Step { messages, label } = &self.picture.steps[step];
        let first = &self.picture.exchanges.messages[messages.start];
        let over = match first.from == first.to {
            true => first.from.clone(),
            false => format!("{},{}", first.from, first.to),
        };
        let range = self.picture.numbers.range(messages.start, messages.end - 1);
        format!("{indent}Note over {over}: {range} {label}").trim_end().to_owned()
    }
}
