//! What a page is to be after its runs: every view, in the values that the page documents.

use crate::merge::{Eyes, Merge, Runs, Texts};
use crate::model::{
    Change, Hold, Level, PageOutcome, PagePlan, Place, Prose, Recording, View, ViewKind,
};
use crate::render;
use crate::sequence::{self, Learnt, matching::Said};
use crate::settings::doctool::SequenceOrder;
use crate::stabilise::{self, Pins, Secrets, StableRecording, Volatile};

use super::ran::Told;
use super::showing::{Displayed, Showing};
use super::specified::{self, Specified};
use super::{Documented, Job, freshness, judge};

/// What is known of all pages when one is told.
pub(super) struct Telling<'a> {
    pub(super) job: &'a Job<'a>,
    pub(super) volatile: &'a Volatile,
    pub(super) secrets: &'a Secrets,
    /// For each time that the commands ran, what live values stand for.
    pub(super) pins: &'a [Pins],
}

impl Telling<'_> {
    /// What a page shows and is to show.
    pub(super) fn page(&self, page: Documented, told: &Told) -> PageOutcome {
        let Documented { page, plan: as_shown, prose, order: position, .. } = page;
        let (plan, showing) = Showing::of(&as_shown);
        let order = self.job.config.sequence;
        let base = StableRecording::redacted(told.documented.clone());
        let stable = told.runs.iter().zip(self.pins).map(|(live, pins)| {
            stabilise::stabilise(self.volatile, &told.documented, live, pins.clone())
        });
        let runs: Vec<StableRecording> = stable.collect();
        let tell = |plan: &PagePlan, run: StableRecording| {
            let specified = specified::lay(self.volatile, plan, order, &base, run);
            let drawn = (render::log(&specified.told), render::diagram(&specified.told));
            (self.merged((plan, &prose), &base, specified), drawn)
        };
        let united = specified::united(self.volatile, &plan, &runs, order);
        // Without what they have together, one run speaks for itself.
        let one = || runs.last().cloned().unwrap_or_default();
        let (mut changes, mut drawn) = tell(&plan, united.clone().unwrap_or_else(one));
        let diagram = changes.iter().find(|change| change.kind == ViewKind::Diagram).cloned();
        let learnt = match (&united, &diagram) {
            (None, _) => Learnt::Beyond,
            (Some(_), Some(diagram)) => learnt(diagram, &runs, order),
            (Some(_), None) => Learnt::Nothing,
        };
        let hold = match (learnt, united, diagram) {
            (Learnt::Blocks(text), Some(united), Some(diagram)) => {
                // Blocks change what is told elsewhere, too: a loop shows one round.
                (changes, drawn) = tell(&with_diagram(&plan, &text), united);
                // The diagram is merged already.
                let diagram = Change { text, ..diagram };
                let drawn = changes.iter_mut().filter(|change| change.kind == ViewKind::Diagram);
                drawn.for_each(|change| *change = diagram.clone());
                Some(Hold::Proposal)
            }
            (Learnt::Beyond, ..) => Some(Hold::RunsDiffer),
            _ => None,
        };
        let hold = if told.fate.unexpected.is_empty() { hold } else { Some(Hold::Unexpected) };
        let (log, sent) = drawn;
        let displayed = showing.displayed(self.job.files, (&prose, &sent), changes);
        let Displayed { changes, unused } = displayed;
        let shows_log = plan.views.iter().any(|view| view.kind == ViewKind::Log);
        let mut diagnostics = page.diagnostics;
        let place = Place::file(self.job.files.shown(page.file));
        let documented = &told.documented.run().recording;
        let none = Recording::default();
        let live = told.runs.first().map_or(&none, |run| &run.run().recording);
        if self.job.source.level() == Level::Replay {
            let max_age = self.job.config.check.max_age;
            diagnostics.extend(freshness::too_old(&plan, &place, live, max_age));
        }
        if changes.iter().any(|change| change.region.text != change.text) {
            // What may be the cause.
            diagnostics.extend(freshness::versions(&plan, &place, documented, live));
        }
        diagnostics.extend(freshness::unpaired(&plan, &place, &told.notes.unpaired));
        judge(self.job.config, &mut diagnostics);
        PageOutcome {
            place,
            order: position,
            changes,
            hold,
            fate: told.fate.clone(),
            attempts: Vec::new(),
            path: plan.path,
            not_run: plan.not_run,
            diagnostics,
            not_seen: told.notes.left_out.clone(),
            unshown_log: (!shows_log).then_some(log),
            unused,
        }
    }

    /// A page whose commands failed: nobody can say what it is to show.
    pub(super) fn untold(&self, page: Documented, told: &Told) -> PageOutcome {
        let Documented { page, plan, order, .. } = page;
        let mut diagnostics = page.diagnostics;
        judge(self.job.config, &mut diagnostics);
        PageOutcome {
            place: Place::file(self.job.files.shown(page.file)),
            order,
            changes: Vec::new(),
            hold: None,
            fate: told.fate.clone(),
            attempts: Vec::new(),
            path: plan.path,
            not_run: plan.not_run,
            not_seen: told.notes.left_out.clone(),
            diagnostics,
            unshown_log: None,
            unused: Vec::new(),
        }
    }

    /// The page's views and words, merged with the run. What was generated from the page's last
    /// recording is the base.
    fn merged(
        &self,
        (plan, prose): (&PagePlan, &Prose),
        base: &StableRecording,
        specified: Specified,
    ) -> Vec<Change> {
        let Specified { told, unseen, is_satisfied, deviations } = specified;
        let hide = |text: &str| self.secrets.text(text);
        let mask = |text: &str| self.volatile.masked(text);
        let eyes = Eyes { hide: &hide, mask: &mask, conflicts: self.job.conflicts };
        let runs = Runs {
            documented: base.recording(),
            live: told.recording(),
            partners: told.partners(),
        };
        let merge = Merge::new(&runs, eyes);
        let has_base = !base.recording().exchanges.is_empty();
        let views = plan.views.iter().map(|view| {
            if view.kind == ViewKind::Diagram && is_satisfied {
                return unchanged(view);
            }
            let base = has_base.then(|| drawn(view.kind, base));
            let new = drawn(view.kind, &told);
            merge.view(&Texts { view, base: base.as_deref(), new: &new, unseen: &unseen })
        });
        let mut changes: Vec<Change> = views.collect();
        specified::tell(deviations, &mut changes);
        changes.extend(merge.prose(prose, &changes));
        changes
    }
}

/// A view that is as it should be.
fn unchanged(view: &View) -> Change {
    let region = view.region.clone();
    Change { kind: view.kind, text: region.text.to_string(), region, findings: Vec::new() }
}

fn drawn(kind: ViewKind, recording: &StableRecording) -> String {
    match kind {
        ViewKind::Console(index) => render::console(recording, index),
        ViewKind::Diagram => render::diagram(recording),
        ViewKind::Body => render::body(recording),
        ViewKind::Log => render::log(recording),
        ViewKind::Prose => String::new(),
    }
}

/// What the runs say about the diagram as it is to be. One run says nothing about what may differ.
fn learnt(diagram: &Change, runs: &[StableRecording], order: SequenceOrder) -> Learnt {
    if runs.len() < 2 {
        return Learnt::Nothing;
    }
    let runs: Vec<_> = runs.iter().map(|run| Said::all(run.recording())).collect();
    sequence::learnt(&diagram.text, &runs, specified::order(order))
}

/// The plan of a page with another diagram.
fn with_diagram(plan: &PagePlan, text: &str) -> PagePlan {
    let mut plan = plan.clone();
    let diagrams = plan.views.iter_mut().filter(|view| view.kind == ViewKind::Diagram);
    diagrams.for_each(|view| view.region.text = text.into());
    plan
}
