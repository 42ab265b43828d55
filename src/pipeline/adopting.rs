//! Pages that people made, looked at without running anything.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;

use memchr::{memchr, memchr_iter};

use crate::adopt::{self, Hiding, ProseLine, Recorded, Standing, Subject};
use crate::model::{Adoption, Fence, FileId, Leak, Page, PagePlan, Place, ViewKind};
use crate::plan;
use crate::render;
use crate::stabilise::{Redacted, Secrets, StableRecording};

use super::Job;
use super::publication::{FoundSecret, Publication};
use super::showing::Showing;

/// What is known of a page, but for the secrets that it publishes. `secrets` are those of what it
/// documents, which is without them. What people edited is known only if that is asked for.
pub(super) fn look(
    job: &Job<'_>,
    page: &Page,
    plan: &PagePlan,
    documented: Redacted,
    secrets: &Secrets,
    asks_for_edits: bool,
) -> Adoption {
    let (diagram, places) = Showing::as_it_stands(plan).standing();
    let hiding = Hidden(secrets);
    let texts = plan.views.iter().map(|view| {
        let text: &str = &view.region.text;
        let diagram = if places.is_empty() { text } else { &diagram };
        match view.kind {
            ViewKind::Diagram => hiding.hidden(diagram).map_or(Cow::Borrowed(diagram), Cow::Owned),
            _ => Cow::Borrowed(text),
        }
    });
    let texts: Vec<Cow<'_, str>> = texts.collect();
    let standing = plan.views.iter().zip(&texts).map(|(view, text)| Standing {
        kind: view.kind,
        place: &view.region.place,
        text,
        places: if view.kind == ViewKind::Diagram { &places } else { &[] },
    });
    let shown = shown_by_views(job, page, plan);
    let stable = StableRecording::redacted(documented);
    let messages = stable.recording().arrows().count();
    let sections = |messages| render::body_sections(&stable, messages);
    let recorded = (messages > 0).then(|| Recorded {
        messages,
        diagram: render::diagram(&stable),
        heads: render::body_heads(&stable),
        sections: &sections,
        log: render::log(&stable),
    });
    adopt::adopt(&Subject {
        path: &plan.path,
        views: standing.collect(),
        recorded,
        asks_for_edits,
        hiding: &hiding,
        prose: prose(job, page, &shown, asks_for_edits),
        own_diagrams: if asks_for_edits { own_diagrams(job, page, &shown) } else { Vec::new() },
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

/// Takes these secrets out of texts.
struct Hidden<'a>(&'a Secrets);

impl Hiding for Hidden<'_> {
    fn may_be_in(&self, text: &str) -> bool {
        self.0.may_be_in(text)
    }

    /// Line by line where a secret goes over several lines, because places are told by lines.
    fn hidden(&self, text: &str) -> Option<String> {
        let hidden = self.0.replaced(text)?;
        if count(&hidden) == count(text) {
            return Some(hidden);
        }
        let lines: Vec<String> = text.split('\n').map(|line| self.0.text(line)).collect();
        Some(lines.join("\n"))
    }
}

/// How many lines a text has.
fn count(text: &str) -> usize {
    let newlines = memchr_iter(b'\n', text.as_bytes()).count();
    newlines + usize::from(!text.is_empty() && !text.ends_with('\n'))
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

/// The lines of a page's own prose; only those that may name steps, if not all are wanted.
fn prose<'a>(
    job: &Job<'_>,
    page: &'a Page,
    shown: &HashSet<FileId>,
    wants_all: bool,
) -> Vec<ProseLine<'a>> {
    let mut prose = Vec::new();
    let mut add = |lines: Range<usize>| {
        for index in lines {
            let may_be = wants_all || memchr(b'(', page.line(index).as_bytes()).is_some();
            let Some(origin) = may_be.then(|| page.origin(index)).flatten() else { continue };
            if !shown.contains(&origin.file) {
                let place = Place::line(job.files.shown(origin.file), origin.line);
                prose.push(ProseLine { place, text: page.line(index) });
            }
        }
    };
    let mut behind = 0;
    for fence in &page.fences {
        add(behind..fence.lines.start);
        behind = behind.max(fence.lines.end);
    }
    add(behind..page.lines.len());
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
