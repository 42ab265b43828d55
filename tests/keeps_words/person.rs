//! What people do to pages: the edits that were counted on a real site.

use std::path::PathBuf;

use doctool::model::{Place, Prose, Region};
use doctool::render;
use doctool::stabilise::StableRecording;

use super::random::Random;

/// A page's views and prose as they stand.
pub(crate) struct Page {
    pub(crate) diagram: String,
    pub(crate) body: String,
    pub(crate) prose: String,
    pub(crate) written: Vec<Written>,
}

/// What a person wrote; steps are counted from 0.
pub(crate) enum Written {
    /// Below a step's heading.
    Words { step: usize, text: String },
    /// A comment in a step's fence.
    Remark { step: usize, line: String },
    /// `hl_lines` on one line of a step's fence.
    Mark { step: usize, tab: &'static str, line: String },
    /// Step numbers behind a mark that is nowhere else.
    Reference { mark: String, first: usize, last: usize },
    /// A line of the diagram.
    Drawn { text: String },
    /// A placeholder in the diagram for every use of a value.
    Name { value: String },
}

impl Page {
    pub(crate) fn generated(recording: &StableRecording) -> Self {
        Self {
            diagram: render::diagram(recording),
            body: render::body(recording),
            prose: "words\n".to_owned(),
            written: Vec::new(),
        }
    }

    pub(crate) fn edited(recording: &StableRecording, random: &mut Random) -> Self {
        let mut page = Self::generated(recording);
        let steps = recording.recording().messages.len();
        let mut marks = 0..;
        let mut mark = move || marks.next().expect("there is always one more");
        for _ in 0..random.below(5) {
            page.words(random.below(steps), mark(), random);
        }
        for _ in 0..random.below(4) {
            page.reference(steps, mark(), random);
        }
        for _ in 0..random.below(3) {
            page.marked(random.below(steps), random);
        }
        for _ in 0..random.below(3) {
            page.remark(random.below(steps), mark(), random);
        }
        page.names(random);
        page.draw(mark(), random);
        page
    }

    /// The same page as another merge left it.
    pub(crate) fn with(&self, diagram: &str, body: &str, prose: &str) -> Self {
        Self {
            diagram: diagram.to_owned(),
            body: body.to_owned(),
            prose: prose.to_owned(),
            written: Vec::new(),
        }
    }

    pub(crate) fn around(&self) -> Prose {
        let region = Region {
            file: PathBuf::from("index.md"),
            place: Place::line("index.md", 1),
            span: 0..self.prose.len(),
            prefix: String::new(),
            text: self.prose.as_str().into(),
        };
        Prose { regions: vec![region], console_fences: Vec::new() }
    }

    /// The bytes of a step's section.
    fn section(&self, step: usize) -> std::ops::Range<usize> {
        let start = self.body.find(&format!("### ({}) ", step + 1)).expect("a step has a section");
        let end = self.body.find(&format!("### ({}) ", step + 2)).unwrap_or(self.body.len());
        start..end
    }

    fn put(&mut self, step: usize, behind: &str, text: &str) {
        let section = self.section(step);
        let at = self.body[section.clone()].find(behind).expect("the section has it");
        let at = section.start + at + behind.len();
        self.body.insert_str(at, text);
    }

    fn words(&mut self, step: usize, mark: usize, random: &mut Random) {
        let text = match random.below(4) {
            0 => format!("\n설명 {mark} 한국어 문단.\n둘째 줄 {mark}.\n"),
            1 => format!(
                "\n!!! reference \"API {mark}\"\n    [GET /v3](https://example.com/{mark}#x)\n"
            ),
            2 => format!(
                "\n!!! note\n    note {mark}\n    ``` ini title=\"a{mark}.conf\"\n    key = {mark}\n    ```\n"
            ),
            _ => format!("\nA table {mark}:\n\n| a | b |\n|---|---|\n| {mark} | x |\n"),
        };
        let section = self.section(step);
        let arrow = self.body[section].lines().nth(1).expect("a heading has an arrow").to_owned();
        if random.chance(3) {
            // Behind the tabs.
            let body = &self.body[self.section(step)];
            let last = body.rfind("    ```\n").expect("a section has fences") + "    ```\n".len();
            let at = self.section(step).start + last;
            self.body.insert_str(at, &text);
        } else {
            self.put(step, &format!("{arrow}\n"), &text);
        }
        self.written.push(Written::Words { step, text });
    }

    fn reference(&mut self, steps: usize, mark: usize, random: &mut Random) {
        let first = random.below(steps);
        let last = (first + random.below(4)).min(steps - 1);
        let name = format!("ref-{mark}-");
        let numbers = match (first == last, random.chance(2)) {
            (true, _) => format!("`({})`", first + 1),
            (false, true) => format!("`({}-{})`", first + 1, last + 1),
            (false, false) => format!("({}-{})", first + 1, last + 1),
        };
        let line = format!("{name} {numbers} (2023) f(1)\n");
        if random.chance(2) {
            self.prose.push_str(&line);
        } else {
            let step = random.below(steps);
            let arrow = self.body[self.section(step)].lines().nth(1).expect("an arrow").to_owned();
            self.put(step, &format!("{arrow}\n"), &format!("\n{line}"));
        }
        self.written.push(Written::Reference { mark: name, first, last });
    }

    /// Marks a line that no other line of its fence could be taken for.
    fn marked(&mut self, step: usize, random: &mut Random) {
        let tab = *random.pick(&["Header", "Body"]);
        let section = self.section(step);
        let text = &self.body[section.clone()];
        let start = text.find(&format!("=== \"{tab}\"")).expect("a section has both tabs");
        let opener = start + text[start..].find("\n    ```").expect("a tab has a fence") + 1;
        let opener_end = opener + text[opener..].find('\n').expect("a line ends");
        if text[opener..opener_end].contains("hl_lines") {
            return;
        }
        let lines: Vec<&str> =
            text[opener_end + 1..].lines().take_while(|line| line.trim() != "```").collect();
        if lines.is_empty() {
            return;
        }
        let key = |line: &str| line.split(':').next().unwrap_or(line).trim().to_owned();
        let number = random.below(lines.len());
        let same = lines.iter().filter(|line| key(line) == key(lines[number])).count();
        if same > 1 || !lines[number].contains(':') {
            return;
        }
        let line = lines[number].to_owned();
        let at = section.start + opener_end;
        self.body.insert_str(at, &format!(" hl_lines=\"{}\"", number + 1));
        self.written.push(Written::Mark { step, tab, line });
    }

    fn remark(&mut self, step: usize, mark: usize, random: &mut Random) {
        let section = self.section(step);
        let text = &self.body[section.clone()];
        let start = text.find("=== \"Header\"").expect("a section has a header");
        let opener = start + text[start..].find("\n    ```").expect("a tab has a fence") + 1;
        // A remark before the marked line would not be found by its number here.
        let opener_line = text[opener..].lines().next().expect("a line");
        if opener_line.contains("hl_lines") {
            return;
        }
        let lines: Vec<usize> = text[opener..]
            .match_indices('\n')
            .map(|(at, _)| opener + at + 1)
            .take_while(|&at| !text[at..].starts_with("    ```\n"))
            .collect();
        if lines.is_empty() {
            return;
        }
        let at = section.start + *random.pick(&lines);
        let line = format!("    # remark {mark}");
        self.body.insert_str(at, &format!("{line}\n"));
        self.written.push(Written::Remark { step, line });
    }

    /// A name for the id of an image, wherever the diagram has it.
    fn names(&mut self, random: &mut Random) {
        let is_id = |part: &&str| part.len() == 36 && part.matches('-').count() == 4;
        let mut parts = self.diagram.split(['/', '\n', ' ']);
        let Some(value) = parts.find(is_id).map(str::to_owned) else { return };
        if random.chance(2) {
            self.diagram = self.diagram.replace(&value, "{image_id}");
            self.written.push(Written::Name { value });
        }
    }

    /// A block around some exchanges, a note and a comment.
    fn draw(&mut self, mark: usize, random: &mut Random) {
        let mut lines: Vec<String> = self.diagram.lines().map(str::to_owned).collect();
        if random.chance(2) {
            let at = 1 + random.below(lines.len());
            let text = format!("Note over x: note {mark}");
            lines.insert(at, format!("  {text}"));
            self.written.push(Written::Drawn { text });
        }
        if random.chance(2) {
            let start = random.below(lines.len());
            let end = (start + 1 + random.below(4)).min(lines.len());
            let text = format!("{} 블록 {mark}", random.pick(&["opt", "loop"]));
            lines.insert(end, "end".to_owned());
            lines.insert(start, text.clone());
            self.written.push(Written::Drawn { text });
        }
        if random.chance(3) {
            let text = format!("%% comment {mark}");
            lines.insert(random.below(lines.len()), text.clone());
            self.written.push(Written::Drawn { text });
        }
        self.diagram = lines.iter().map(|line| format!("{line}\n")).collect();
    }
}
