//! A page's diagram as the specification of its sequence: what it leaves open is no drift.

use std::collections::HashSet;

use crate::model::{Change, Finding, FindingKind, PagePlan, View, ViewKind};
use crate::render;
use crate::sequence::diagram::Diagram;
use crate::sequence::matching::{Deviation, Fit, Order, Said, Specification};
use crate::settings::doctool::SequenceOrder;
use crate::stabilise::{Laying, StableRecording, Volatile};

/// How a run lies on the page's diagram.
pub(super) struct Specified {
    /// The run as the diagram tells it.
    pub(super) told: StableRecording,
    /// Lines of the diagram, counted from 0, whose messages were not sent and need not be.
    pub(super) unseen: HashSet<usize>,
    /// Whether the run is one of those that the diagram stands for.
    pub(super) is_satisfied: bool,
    /// What the run did otherwise than the diagram says.
    pub(super) deviations: Vec<Finding>,
}

/// Lays a run on the page's diagram. Where there is none that can be read, the run is told as it is.
pub(super) fn lay(
    volatile: &Volatile,
    plan: &PagePlan,
    order: SequenceOrder,
    documented: &StableRecording,
    live: StableRecording,
) -> Specified {
    let (diagram, text) = diagram(plan);
    let lines = diagram.lines_of_arrows(text);
    if lines.is_empty() {
        return Specified {
            told: live,
            unseen: HashSet::new(),
            is_satisfied: false,
            deviations: Vec::new(),
        };
    }
    let order = self::order(order);
    let specification = Specification::of(&diagram);
    let recorded = Said::all(live.recording());
    let drawn = Said::all(documented.recording());
    let old = specification.best_fit(&drawn, order);
    let mut new = specification.best_fit(&recorded, order);
    if new.is_satisfied() && live.recording().has_several_at_once() {
        let as_sent = Specification::of(&diagram).as_sent(&drawn, &old.of_recorded);
        let fit = as_sent.best_fit(&recorded, order);
        // Another query is another content, which is told where it is: the diagram shows none.
        let is_of_query = |change: &Deviation| match *change {
            Deviation::Changed { arrow, recorded: at } => specification.says(arrow, &recorded[at]),
            _ => false,
        };
        if fit.changes.iter().all(is_of_query) {
            new = Fit { changes: Vec::new(), ..fit };
        }
    }
    let missed = |change: &Deviation| match change {
        Deviation::Missing { arrow } | Deviation::Moved { arrow, .. } => Some(*arrow),
        _ => None,
    };
    let missing: HashSet<usize> = new.changes.iter().filter_map(missed).collect();
    let laying = Laying {
        documented: &old.of_recorded,
        live: &new.of_recorded,
        may_miss: &|arrow| !missing.contains(&arrow),
        volatile,
    };
    let seen: HashSet<usize> = new.of_recorded.iter().flatten().copied().collect();
    let unseen = (0..lines.len()).filter(|arrow| !seen.contains(arrow) && !missing.contains(arrow));
    let line_of = |index: usize| text.lines().nth(index).unwrap_or_default().to_owned();
    let told = specification.explained(&new, &recorded);
    let deviations = new.changes.iter().zip(&told).map(|(change, message)| {
        let line = lines[place(change).min(lines.len() - 1)];
        let text = line_of(line);
        Finding {
            kind: FindingKind::Sequence,
            page_line: line,
            new_line: line,
            span: text.len() - text.trim_start().len()..text.trim_end().len(),
            text,
            message: message.clone(),
            // There is one line more where the changes may not be the fewest.
            hint: told.get(new.changes.len()).cloned(),
            sides: None,
        }
    });
    Specified {
        is_satisfied: new.is_satisfied(),
        deviations: deviations.collect(),
        unseen: unseen.map(|arrow| lines[arrow]).collect(),
        told: live.laid(documented, &laying),
    }
}

/// The page's diagram with its text. One that cannot be read has no arrows; a diagnostic tells why.
fn diagram(plan: &PagePlan) -> (Diagram, &str) {
    let is_diagram = |view: &&View| view.kind == ViewKind::Diagram;
    let text = plan.views.iter().find(is_diagram).map_or("", |view| &*view.region.text);
    (Diagram::parse(text).unwrap_or_default(), text)
}

/// The arrow at which a change is told.
fn place(change: &Deviation) -> usize {
    match change {
        Deviation::Missing { arrow }
        | Deviation::Changed { arrow, .. }
        | Deviation::Moved { arrow, .. }
        | Deviation::Rounds { arrow, .. } => *arrow,
        Deviation::Added { after, before, .. } => after.or(*before).unwrap_or_default(),
    }
}

/// All that several runs of the same commands did, each thing once. Where every run satisfies the
/// page's diagram, that says how they differ, and the last one stands for all. What came in another
/// order stays where the first run has it. None if there is no run.
pub(super) fn united(
    volatile: &Volatile,
    plan: &PagePlan,
    runs: &[StableRecording],
    order: SequenceOrder,
) -> Option<StableRecording> {
    let specification = Specification::of(&diagram(plan).0);
    let satisfies = |run: &StableRecording| {
        specification.best_fit(&Said::all(run.recording()), self::order(order)).is_satisfied()
    };
    if let Some(last) = runs.last().filter(|_| runs.iter().all(satisfies)) {
        return Some(last.clone());
    }
    let (first, further) = runs.split_first()?;
    further.iter().try_fold(first.clone(), |all, run| {
        let diagram = Diagram::parse(&render::diagram(&all)).unwrap_or_default();
        let specification = Specification::of(&diagram);
        let fit = |recording| specification.best_fit(&Said::all(recording), self::order(order));
        let (old, new) = (fit(all.recording()), fit(run.recording()));
        let new = in_any_order(&specification, &Said::all(run.recording()), new);
        let laying =
            Laying { documented: &old.of_recorded, live: &new, may_miss: &|_| true, volatile };
        Some(run.laid(&all, &laying))
    })
}

/// The arrow of each message, whatever the order where it is not that of the diagram.
fn in_any_order(specification: &Specification, said: &[Said], fit: Fit) -> Vec<Option<usize>> {
    let is_other =
        |change: &Deviation| matches!(change, Deviation::Moved { .. } | Deviation::Changed { .. });
    if !fit.changes.iter().any(is_other) {
        return fit.of_recorded;
    }
    let laid = specification.regardless_of_order(said);
    // Another text where nothing changed places is one that changed.
    if laid.iter().flatten().is_sorted() { fit.of_recorded } else { laid }
}

/// The matcher's word for the order that a site asks for.
pub(super) fn order(order: SequenceOrder) -> Order {
    match order {
        SequenceOrder::Causal => Order::Causal,
        SequenceOrder::Strict => Order::Strict,
    }
}

/// Adds what a run did otherwise to the changes of the diagram, where nothing else is told of the
/// same line.
pub(super) fn tell(deviations: Vec<Finding>, changes: &mut [Change]) {
    let Some(change) = changes.iter_mut().find(|change| change.kind == ViewKind::Diagram) else {
        return;
    };
    let told: HashSet<usize> = change.findings.iter().map(|finding| finding.page_line).collect();
    let new = deviations.into_iter().filter(|finding| !told.contains(&finding.page_line));
    change.findings.extend(new);
}
