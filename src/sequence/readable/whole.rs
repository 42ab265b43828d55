//! The diagram that shown parts stand for: their texts in, the whole diagram with its marks out.

use std::sync::LazyLock;

use regex::Regex;

use super::{Drawing, HEAD_LINE, HIDDEN, PART, STEP};

static NOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*note over [^:]+: *\(\d+(?:-\d+)?\) *(?<label>.*?)\s*$")
        .expect("the pattern is valid")
});

static AUTONUMBER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*autonumber +\d+(?: +\d+)?\s*$").expect("the pattern is valid")
});

/// A whole diagram, and where its lines are shown.
#[derive(Debug)]
pub struct Whole {
    /// The diagram, with marks.
    pub text: String,
    /// For each line the part and the line in it that shows it or stands for it.
    places: Vec<(usize, usize)>,
}

impl Whole {
    /// The part, and the line in it, where a line is shown, all counted from 0.
    pub fn place(&self, line: usize) -> (usize, usize) {
        self.places.get(line).or(self.places.last()).copied().unwrap_or_default()
    }

    /// How many messages the diagram has.
    pub fn messages(&self) -> usize {
        Drawing::read(&self.text).messages.len()
    }

    fn push(&mut self, line: &str, place: (usize, usize)) {
        self.text.push_str(line);
        self.text.push('\n');
        self.places.push(place);
    }
}

/// The diagram that these parts stand for.
pub fn whole(parts: &[&str]) -> Whole {
    let mut whole = Whole { text: String::new(), places: Vec::new() };
    for (index, text) in parts.iter().enumerate() {
        let lines = unfolded(text);
        let body = if index == 0 { 0 } else { head(&lines) };
        if index > 0 {
            let head: Vec<&str> = lines[..body].iter().map(|(_, line)| line.as_str()).collect();
            let mark = format!("{PART} {}", head.join(&HEAD_LINE.to_string()));
            whole.push(&mark, (index, lines.get(body).map_or(0, |(place, _)| *place)));
        }
        for (place, line) in &lines[body..] {
            whole.push(line, (index, *place));
        }
    }
    whole
}

/// The lines that a part stands for, each with the line that shows it.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut out = Vec::new();
    // The line that stands for those that follow it.
    let mut step: Option<usize> = None;
    for (index, line) in lines.iter().enumerate() {
        let is_hidden = |line: &&&str| hidden(line).is_some();
        if let Some(hidden) = hidden(line) {
            out.push((step.unwrap_or(index), hidden));
            continue;
        }
        let follows_hidden = index > 0 && hidden(lines[index - 1]).is_some();
        step = None;
        if follows_hidden && AUTONUMBER.is_match(line) {
            continue;
        }
        // Only where it stands for lines that are not shown does a note matter.
        let is_step = lines.get(index + 1).filter(is_hidden).is_some();
        match is_step.then(|| NOTE.captures(line)).flatten() {
            Some(note) => {
                step = Some(index);
                let indent = crate::sequence::indent(line);
                out.push((index, format!("{indent}{STEP} {}", &note["label"])));
            }
            None => out.push((index, (*line).to_owned())),
        }
    }
    out
}

/// What a line says that is not shown.
fn hidden(line: &str) -> Option<String> {
    let text = line.trim_start().strip_prefix(HIDDEN)?;
    let indent = crate::sequence::indent(line);
    match text.strip_prefix(' ') {
        Some(text) => Some(format!("{indent}{text}")),
        None if text.is_empty() => Some(indent.to_owned()),
        None => None,
    }
}

/// How many lines at the beginning of a part belong to it alone: its participants and its number.
fn head(lines: &[(usize, String)]) -> usize {
    let text: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
    let text = text.join("\n");
    let drawing = Drawing::read(&text);
    let is_of_head = |line: &super::Line<'_>| match line.block {
        Some(block) => drawing.lines[drawing.blocks[block].open].word().as_deref() == Some("box"),
        None => match line.word().as_deref() {
            Some("participant" | "actor") => true,
            Some("autonumber") => AUTONUMBER.is_match(line.text),
            _ => false,
        },
    };
    drawing.lines.iter().take_while(|line| is_of_head(line)).count()
}
