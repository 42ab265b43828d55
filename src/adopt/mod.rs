//! Looks at a page that people made or edited: do its views tell the same, and what was edited?
//!
//! In: a page's views as they stand, those that its recording gives, and its prose. Out: an
//! [`Adoption`]. The recording is the page's own log, so what differs from it was edited by hand.
//! Whatever is not recognised is told with its place, never guessed.

mod align;
mod body;
mod diagram;
mod prose;
mod texts;

use std::ops::Range;

use crate::sequence::Drawing;

use crate::model::{AdoptedView, Adoption, HandEdit, HandEditKind, Place, Unplaced, ViewKind};

use prose::{legends, step_references};

/// A page to look at.
pub struct Subject<'a> {
    /// The page's path below docs_dir.
    pub path: &'a str,
    /// Its views.
    pub views: Vec<Standing<'a>>,
    /// What its recording gives; none when it has none.
    pub recorded: Option<Recorded<'a>>,
    /// Whether it is asked what people edited, too, and for each place where a text differs instead of
    /// the first.
    pub asks_for_edits: bool,
    /// Takes secrets out of its texts.
    pub hiding: &'a dyn Hiding,
    /// Its prose outside the views, in order; at least the lines with a bracket, and all where edits are
    /// asked for.
    pub prose: Vec<ProseLine<'a>>,
    /// The first lines of sequence diagrams that are no views.
    pub own_diagrams: Vec<Place>,
}

/// Takes secrets out of texts.
pub trait Hiding {
    /// Whether a secret may be in a text, or begin there.
    fn may_be_in(&self, text: &str) -> bool;

    /// The text without secrets and with as many lines; none where there is no secret.
    fn hidden(&self, text: &str) -> Option<String>;
}

/// A view as it stands.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// What it shows.
    pub kind: ViewKind,
    /// The file as shown to people, and the view's first line.
    pub place: &'a Place,
    /// Its lines. A diagram's are without secrets.
    pub text: &'a str,
    /// Where its lines stand; where it is empty, one below the other.
    pub places: &'a [Place],
}

/// The views that a recording gives.
pub struct Recorded<'a> {
    /// How many messages there are.
    pub messages: usize,
    /// The diagram.
    pub diagram: String,
    /// What the request/response page begins its sections with, four lines a message.
    pub heads: String,
    /// The sections of these messages of the request/response page.
    pub sections: &'a dyn Fn(Range<usize>) -> String,
    /// The log.
    pub log: String,
}

/// A line of prose.
#[derive(Debug, Clone)]
pub struct ProseLine<'a> {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub text: &'a str,
}

/// What has been found so far.
#[derive(Debug, Default)]
struct Findings {
    asks_for_edits: bool,
    edits: Vec<HandEdit>,
    unplaced: Vec<Unplaced>,
}

impl Findings {
    fn edit(&mut self, kind: HandEditKind, view: &Standing<'_>, line: usize, text: &str) {
        if self.asks_for_edits {
            self.edits.push(HandEdit { kind, place: view.line(line), text: text.to_owned() });
        }
    }

    fn unplaced(&mut self, view: &Standing<'_>, line: usize, reason: &str) {
        self.unplaced.push(Unplaced { place: view.line(line), reason: reason.to_owned() });
    }

    /// Tells of messages that a view lacks, and forgets them.
    fn missing(&mut self, view: &Standing<'_>, line: usize, steps: &mut Vec<usize>) {
        let reason = match &**steps {
            [] => return,
            [only] => format!("message {only} of the log is not here"),
            [first, .., last] => format!("messages {first} to {last} of the log are not here"),
        };
        self.unplaced(view, line, &reason);
        steps.clear();
    }
}

impl Standing<'_> {
    fn line(&self, index: usize) -> Place {
        match self.places.get(index).or(self.places.last()) {
            Some(place) => place.clone(),
            None => Place::line(self.place.file.clone(), self.place.line + index),
        }
    }
}

/// What is known of the page.
pub fn adopt(page: &Subject<'_>) -> Adoption {
    let asks_for_edits = page.asks_for_edits;
    let mut findings = Findings { asks_for_edits, ..Findings::default() };
    let mut values = Vec::new();
    let drawings = page.views.iter().map(|view| {
        let is_diagram = view.kind == ViewKind::Diagram;
        is_diagram.then(|| Drawing::read(view.text))
    });
    let drawings: Vec<Option<Drawing<'_>>> = drawings.collect();
    let steps = steps(page, &drawings);
    let mut views = Vec::new();
    for (view, drawing) in page.views.iter().zip(&drawings) {
        let in_drawing = drawing.as_ref().map(|drawing| drawing.messages.len());
        let (messages, differing) = match (view.kind, &page.recorded) {
            (ViewKind::Console(_) | ViewKind::Prose, _) => {
                elisions(view, &mut findings);
                (None, None)
            }
            (ViewKind::Diagram, Some(recorded)) => {
                let compared = drawing.as_ref().map(|drawing| {
                    diagram::compare(view, drawing, &recorded.diagram, &mut findings)
                });
                let (differing, named) = compared.unwrap_or_default();
                values = named;
                (in_drawing, Some(differing))
            }
            (ViewKind::Body, Some(recorded)) => {
                let (messages, differing) =
                    body::compare(view, recorded, page.hiding, steps, &mut findings);
                (Some(messages), Some(differing))
            }
            (ViewKind::Log, Some(recorded)) => {
                let differing = log(view, &recorded.log, page.hiding, &mut findings);
                (Some(recorded.messages), Some(differing))
            }
            (ViewKind::Diagram, None) => (in_drawing, None),
            (ViewKind::Body, None) => (Some(body::count(view.text)), None),
            (ViewKind::Log, None) => (Some(0), None),
        };
        if page.recorded.is_none() && messages.is_some_and(|messages| messages > 0) {
            findings.unplaced(view, 0, "the page has no log with which this could be compared");
        }
        views.push(AdoptedView { kind: view.kind, place: view.place.clone(), messages, differing });
    }
    if asks_for_edits {
        prose(page, steps, &values, &mut findings);
    }
    let own = page.own_diagrams.iter().map(|place| HandEdit {
        kind: HandEditKind::OwnDiagram,
        place: place.clone(),
        text: String::new(),
    });
    findings.edits.extend(own);
    Adoption {
        path: page.path.to_owned(),
        messages: page.recorded.as_ref().map(|recorded| recorded.messages),
        views,
        edits: findings.edits,
        unplaced: findings.unplaced,
        lost_references: lost_references(page, steps),
        leaks: Vec::new(),
    }
}

/// References of the page's prose to steps of which some are not there.
fn lost_references(page: &Subject<'_>, steps: usize) -> Vec<Unplaced> {
    let of_line = |line: &ProseLine<'_>| {
        let lost = prose::lost_references(line.text, steps).into_iter();
        let place = line.place.clone();
        lost.map(move |reference| Unplaced {
            place: place.clone(),
            reason: format!("`{reference}` names a step that is not there: there are {steps}"),
        })
        .collect::<Vec<_>>()
    };
    page.prose.iter().flat_map(of_line).collect()
}

/// How many steps `autonumber` counts: the messages of the diagram, or of the recording.
fn steps(page: &Subject<'_>, drawings: &[Option<Drawing<'_>>]) -> usize {
    let recorded = page.recorded.as_ref().map_or(0, |recorded| recorded.messages);
    drawings.iter().flatten().next().map_or(recorded, |drawing| drawing.messages.len())
}

/// Lines that a person left out of console output.
fn elisions(view: &Standing<'_>, findings: &mut Findings) {
    if !findings.asks_for_edits {
        return;
    }
    for (index, line) in view.text.lines().enumerate() {
        if line.trim() == "..." {
            findings.edit(HandEditKind::Elision, view, index, "");
        }
    }
}

/// Compares a log with the one that is read from it. Gives how many stretches of lines are told to
/// differ.
fn log(view: &Standing<'_>, recorded: &str, hiding: &dyn Hiding, findings: &mut Findings) -> usize {
    fn lines(text: &str) -> impl Iterator<Item = &str> + Clone {
        text.trim_end().split('\n').map(str::trim_end)
    }
    if view.text.trim_end() == recorded.trim_end() {
        return 0;
    }
    let (standing, recorded) = (lines(view.text), lines(recorded));
    let reason = "from here on the log reads differently";
    if !findings.asks_for_edits {
        let first = texts::first(standing, recorded, hiding);
        if let Some(first) = &first {
            findings.unplaced(view, first.line, reason);
        }
        return usize::from(first.is_some());
    }
    let stretches = texts::stretches(standing, recorded, hiding);
    stretches.iter().for_each(|stretch| findings.unplaced(view, stretch.line, reason));
    stretches.len()
}

/// The page's own prose: references to steps, and what names stand for. One legend a table or
/// paragraph.
fn prose(page: &Subject<'_>, steps: usize, values: &[(String, String)], findings: &mut Findings) {
    let mut edit = |kind, place: &Place, text: &str| {
        findings.edits.push(HandEdit { kind, place: place.clone(), text: text.to_owned() });
    };
    for line in &page.prose {
        for reference in step_references(line.text, steps) {
            edit(HandEditKind::StepReference, &line.place, reference);
        }
    }
    let texts: Vec<&str> = page.prose.iter().map(|line| line.text).collect();
    for legend in legends(&texts, values) {
        edit(HandEditKind::Legend, &page.prose[legend].place, "");
    }
}
