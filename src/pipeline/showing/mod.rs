//! A page's diagram as it is compared, and as the page shows it.
//!
//! In: the plan of a page. Out: the same plan with the whole diagram, and once that is merged, what
//! the parts of it and the page around them are to be. All that lies between knows one diagram only.

mod links;
mod page;
mod table;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::model::{
    Change, DiagramPart, FileCache, Finding, PagePlan, Place, Prose, Region, ViewKind,
};
use crate::plan;
use crate::sequence::readable::{self, Numbering, Part, Shown, Whole};

use page::PageText;

/// How a page shows its diagram.
pub(super) struct Showing<'a> {
    parts: &'a [DiagramPart],
    plan: &'a PagePlan,
    whole: Whole,
}

/// What a page is to be so that it shows its diagram.
pub(super) struct Displayed {
    pub(super) changes: Vec<Change>,
    /// Files of parts that the page no longer has.
    pub(super) unused: Vec<PathBuf>,
}

impl<'a> Showing<'a> {
    /// The plan with the whole diagram, and how it is shown.
    pub(super) fn of(plan: &'a PagePlan) -> (PagePlan, Self) {
        let showing = Self::as_it_stands(plan);
        let mut compared = plan.clone();
        if !plan.diagram.is_empty() {
            let diagrams = compared.views.iter_mut().filter(|view| view.kind == ViewKind::Diagram);
            diagrams.for_each(|view| view.region.text = showing.whole.text.as_str().into());
        }
        (compared, showing)
    }

    /// How the diagram of a page is shown.
    pub(super) fn as_it_stands(plan: &'a PagePlan) -> Self {
        let texts: Vec<&str> = plan.diagram.iter().map(|part| &*part.region.text).collect();
        Self { parts: &plan.diagram, plan, whole: readable::whole(&texts) }
    }

    /// The whole diagram without marks, and where each of its lines is shown.
    pub(super) fn standing(&self) -> (String, Vec<Place>) {
        let (mut text, mut places) = (String::new(), Vec::new());
        for (index, line) in self.whole.text.lines().enumerate() {
            let (part, at) = self.whole.place(index);
            if !readable::is_mark(line) {
                let place = &self.parts[part].region.place;
                places.push(Place::line(place.file.clone(), place.line + at));
                text.push_str(line);
                text.push('\n');
            }
        }
        (text, places)
    }

    /// The changes of the page, with those of the parts in the place of that of the whole diagram.
    /// `sent` is the diagram of what was sent.
    pub(super) fn displayed(
        &self,
        files: &FileCache,
        (prose, sent): (&Prose, &str),
        mut changes: Vec<Change>,
    ) -> Displayed {
        let at = changes.iter().position(|change| change.kind == ViewKind::Diagram);
        let Some(at) = at.filter(|_| !self.parts.is_empty()) else {
            return Displayed { changes, unused: Vec::new() };
        };
        let mut diagram = changes.remove(at);
        let anchors = self.plan.presentation.links_steps.then(|| links::anchors(&changes));
        let mut page = PageText::of(prose, &mut changes);
        let mut names = Vec::new();
        if self.plan.presentation.names_ids {
            let told = page.regions().map(|region| table::told(&region)).collect::<Vec<_>>();
            let named = readable::named(&diagram.text, sent, &told.concat());
            (diagram.text, names) = (named.text, named.names);
        }
        let numbering = Numbering {
            is_on: self.parts[0].is_numbered,
            first: self.parts.iter().map(|part| part.first_number).collect(),
        };
        let shown = readable::shown(&diagram.text, &self.plan.presentation, &numbering);
        let targets = self.blocks(&mut page, &shown.parts, anchors.as_ref(), &names);
        page.finish();
        let mut regions: Vec<Region> = self.parts.iter().map(|part| part.region.clone()).collect();
        for target in &targets {
            let last = &regions.last().expect("a diagram has a part").file;
            let name = target.rsplit('/').next().unwrap_or(target);
            regions.push(region(files, last.with_file_name(name)));
        }
        let unused = regions.iter().skip(shown.parts.len()).map(|region| region.file.clone());
        let unused = unused.collect();
        let mut of_parts: Vec<Change> = regions
            .into_iter()
            .enumerate()
            .map(|(index, region)| Change {
                kind: ViewKind::Diagram,
                text: shown.parts.get(index).map_or(String::new(), |part| part.text.clone()),
                region,
                findings: Vec::new(),
            })
            .collect();
        for finding in diagram.findings {
            self.place(finding, &shown, &mut of_parts);
        }
        changes.splice(at..at, of_parts);
        Displayed { changes, unused }
    }

    /// Puts a finding of the whole diagram to the part that shows its line.
    fn place(&self, mut finding: Finding, shown: &Shown, parts: &mut [Change]) {
        if readable::is_mark(&finding.text) {
            return;
        }
        let (part, line) = self.whole.place(finding.page_line);
        let (new_part, new_line) = shown.place(finding.new_line);
        let Some(change) = parts.get_mut(part) else { return };
        let last = change.text.lines().count().saturating_sub(1);
        finding.page_line = line;
        finding.new_line = if part == new_part { new_line } else { last };
        // A line that is not shown is told at the one that stands for it.
        let shown = self.parts.get(part).and_then(|part| part.region.text.lines().nth(line));
        if let Some(shown) = shown.filter(|shown| !shown.contains(finding.text.trim())) {
            finding.span = shown.len() - shown.trim_start().len()..shown.trim_end().len();
            shown.clone_into(&mut finding.text);
        }
        change.findings.push(finding);
    }

    /// Brings the blocks of the page to as many as there are parts, and what stands below them up to
    /// date. Gives the targets of new blocks.
    fn blocks(
        &self,
        page: &mut PageText<'_>,
        parts: &[Part],
        anchors: Option<&BTreeMap<u64, String>>,
        names: &[(String, Option<String>)],
    ) -> Vec<String> {
        let file = &self.plan.file;
        let kept = self.parts.len().min(parts.len());
        for part in &self.parts[kept..] {
            let links = page.links_below(file, *part.fence.end());
            let end = links.map_or(*part.fence.end(), |(line, _)| line);
            page.take_block(file, *part.fence.start()..=end);
        }
        let Some(last) = kept.checked_sub(1).map(|last| &self.parts[last]) else {
            return Vec::new();
        };
        let block = page.lines(file, last.fence.clone());
        let indent = block.first().map_or("", |line| page::indent(line)).to_owned();
        let mut lead = format!("{indent}{}", links::LEAD);
        let mut end = *last.fence.end();
        let mut below: Vec<String> = Vec::new();
        for (index, part) in self.parts[..kept].iter().enumerate() {
            let numbers = &parts[index].numbers;
            if let Some(number) = numbers.first().filter(|_| index > 0) {
                page.number(file, part.fence.clone(), *number);
            }
            let standing = page.links_below(file, *part.fence.end());
            if let Some((_, own)) = &standing {
                lead.clone_from(own);
            }
            end = standing.as_ref().map_or(*part.fence.end(), |(line, _)| *line);
            let links = anchors.and_then(|anchors| links::line(&lead, numbers, anchors));
            match (standing, links) {
                (Some((at, _)), Some(links)) => page.replace(file, at..=at, vec![links]),
                (None, Some(links)) if index + 1 < kept => {
                    page.put_behind(file, end, vec![String::new(), links]);
                }
                (None, Some(links)) => below.extend([String::new(), links]),
                (_, None) => {}
            }
        }
        let (mut block, mut target) = (block, last.target.clone());
        let mut targets = Vec::new();
        for part in &parts[kept..] {
            let next = plan::next_name(&target);
            block = block.iter().map(|line| page::without_number(line, &target, &next)).collect();
            below.push(String::new());
            below.extend(block.iter().cloned());
            let links = anchors.and_then(|anchors| links::line(&lead, &part.numbers, anchors));
            below.extend(links.into_iter().flat_map(|links| [String::new(), links]));
            target = next;
            targets.push(target.clone());
        }
        let table = page.with_names(names);
        if !table.is_empty() {
            below.push(String::new());
            below.extend(table.iter().map(|line| format!("{indent}{line}")));
        }
        page.put_behind(file, end, below);
        targets
    }
}

/// A file that is to hold a part. One that lies there is replaced.
fn region(files: &FileCache, file: PathBuf) -> Region {
    let bytes = files.read(&file).map(|id| files.bytes(id)).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n").replace('\r', "\n");
    Region {
        place: Place::line(files.shown_path(&file), 1),
        span: 0..bytes.len(),
        prefix: String::new(),
        text: text.lines().map(|line| format!("{line}\n")).collect::<String>().into(),
        file,
    }
}
