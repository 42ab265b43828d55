//! Pages that people made, looked at without running anything.

use std::collections::{BTreeMap, HashSet};

use crate::adopt::{self, ProseLine, Recorded, Standing, Subject};
use crate::model::{Adoption, Fence, FileId, Leak, Page, PagePlan, Place, Run, ViewKind};
use crate::plan;
use crate::render;
use crate::stabilise::{Secrets, StableRecording};

use super::Job;
use super::publication::{FoundSecret, Publication};
use super::showing::Showing;

/// What is known of a page, but for the secrets that it publishes. `secrets` are those of what it
/// documents.
pub(super) fn look(
    job: &Job<'_>,
    page: &Page,
    plan: &PagePlan,
    documented: &Run,
    secrets: &Secrets,
) -> Adoption {
    let (diagram, places) = Showing::of(plan).1.standing();
    let texts = plan.views.iter().map(|view| match view.kind {
        ViewKind::Diagram if !places.is_empty() => hidden(secrets, &diagram),
        _ => hidden(secrets, &view.region.text),
    });
    let texts: Vec<String> = texts.collect();
    let standing = plan.views.iter().zip(&texts).map(|(view, text)| Standing {
        kind: view.kind,
        place: &view.region.place,
        text,
        places: if view.kind == ViewKind::Diagram { &places } else { &[] },
    });
    let shown = shown_by_views(job, page, plan);
    adopt::adopt(&Subject {
        path: &plan.path,
        views: standing.collect(),
        recorded: recorded(secrets, documented),
        prose: prose(job, page, &shown),
        own_diagrams: own_diagrams(job, page, &shown),
    })
}

/// Gives each page the secrets in its files; those of a file that several pages include to the
/// first of them, pages with views first.
pub(super) fn share_out(
    adoptions: &mut [Adoption],
    publication: &Publication,
    findings: Vec<FoundSecret>,
) {
    let mut order: Vec<usize> = (0..adoptions.len()).collect();
    order.sort_by_key(|&page| adoptions[page].views.is_empty());
    let mut owner: BTreeMap<FileId, usize> = BTreeMap::new();
    for page in order {
        for &file in &publication.files()[page] {
            owner.entry(file).or_insert(page);
        }
    }
    for FoundSecret { leak, edit } in findings {
        let leaks: &mut Vec<Leak> = &mut adoptions[owner[&edit.file]].leaks;
        leaks.push(leak);
    }
}

/// The views that the recording gives; none when nothing is recorded.
fn recorded(secrets: &Secrets, documented: &Run) -> Option<Recorded> {
    let stable = StableRecording::redacted(secrets.redact(documented));
    let messages = stable.recording().arrows().count();
    (messages > 0).then(|| Recorded {
        messages,
        diagram: render::diagram(&stable),
        body: render::body(&stable),
        log: render::log(&stable),
    })
}

/// The text without secrets, line by line where one of them goes over several lines, because places
/// are told by lines.
fn hidden(secrets: &Secrets, text: &str) -> String {
    let hidden = secrets.text(text);
    if hidden.lines().count() == text.lines().count() {
        return hidden;
    }
    text.lines().map(|line| secrets.text(line) + "\n").collect()
}

/// The files of the views but for console output, which stands in the page.
fn shown_by_views(job: &Job<'_>, page: &Page, plan: &PagePlan) -> HashSet<FileId> {
    let views = plan.views.iter().filter(|view| !matches!(view.kind, ViewKind::Console(_)));
    let parts = plan.diagram.iter().map(|part| &part.region.file);
    views
        .map(|view| &view.region.file)
        .chain(parts)
        .filter_map(|file| job.files.read(file).ok())
        .filter(|&file| file != page.file)
        .collect()
}

fn prose<'a>(job: &Job<'_>, page: &'a Page, shown: &HashSet<FileId>) -> Vec<ProseLine<'a>> {
    let mut fences = page.fences.iter().peekable();
    let mut prose = Vec::new();
    for index in 0..page.lines.len() {
        while fences.next_if(|fence| fence.lines.end <= index).is_some() {}
        let is_in_fence = fences.peek().is_some_and(|fence| fence.lines.contains(&index));
        let Some(origin) = page.origin(index).filter(|_| !is_in_fence) else { continue };
        if !shown.contains(&origin.file) {
            let place = Place::line(job.files.shown(origin.file), origin.line);
            prose.push(ProseLine { place, text: page.line(index) });
        }
    }
    prose
}

/// Sequence diagrams that show no view.
fn own_diagrams(job: &Job<'_>, page: &Page, shown: &HashSet<FileId>) -> Vec<Place> {
    let is_own = |fence: &&Fence| {
        let mut origins = fence.content().filter_map(|index| page.origin(index));
        plan::is_sequence_diagram(fence) && !origins.any(|origin| shown.contains(&origin.file))
    };
    let own = page.fences.iter().filter(is_own).filter_map(|fence| page.origin(fence.opener()));
    own.map(|origin| Place::line(job.files.shown(origin.file), origin.line)).collect()
}
