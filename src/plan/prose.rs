//! What stands around a page's views and has to follow them: people's words, and the blocks that console
//! views stand in. Asked for only where views are merged, because a large site has much of it.

use std::iter;
use std::ops::{Range, RangeInclusive};

use crate::model::{
    ConsoleFence, Fence, FileCache, Page, PagePlan, Place, Presentation, Prose, Region, View,
    ViewKind,
};

use crate::sequence::readable;

use super::region::end_of_line;

/// What stands around the views of a page with this plan.
pub fn prose(files: &FileCache, page: &Page, plan: &PagePlan) -> Prose {
    let consoles: Vec<&View> =
        plan.views.iter().filter(|view| matches!(view.kind, ViewKind::Console(_))).collect();
    let fences =
        page.fences.iter().filter_map(|fence| console_fence(files, page, fence, &consoles));
    // Blocks of a diagram that may have to be cut are edited with the words around them.
    let is_shown_in_parts = plan.presentation != Presentation::default()
        || plan.diagram.len() > 1
        || plan.diagram.iter().any(|part| readable::is_too_long(&part.region.text));
    let blocks = plan.diagram.iter().filter(|_| is_shown_in_parts);
    let blocks: Vec<_> = blocks.map(|part| part.fence.clone()).collect();
    Prose { regions: regions(page, files, &blocks), console_fences: fences.collect() }
}

/// The block as the views in it see it; none where there are none.
fn console_fence(
    files: &FileCache,
    page: &Page,
    fence: &Fence,
    consoles: &[&View],
) -> Option<ConsoleFence> {
    let opener = page.origin(fence.opener())?;
    let file = files.path(opener.file);
    // A view without lines stands where its first line would.
    let lines = opener.line + 1..=opener.line + 1 + fence.content().len();
    let inside = consoles
        .iter()
        .filter(|view| *view.region.file == *file && lines.contains(&view.region.place.line));
    let outputs: Vec<(ViewKind, Range<usize>)> = inside
        .map(|view| {
            let start = view.region.place.line - opener.line - 1;
            (view.kind, start..start + view.region.text.lines().count())
        })
        .collect();
    (!outputs.is_empty()).then(|| ConsoleFence {
        file: file.to_path_buf(),
        line: opener.line,
        content: fence.text.split('\n').map(str::to_owned).collect(),
        outputs,
    })
}

/// The lines of the page's own file that stand in no fence: what people wrote there, with the lines
/// that open and close fences. A region for each stretch of lines that follow one another. What stands
/// in `blocks`, by its lines in the file, belongs to what stands around it.
fn regions(page: &Page, files: &FileCache, blocks: &[RangeInclusive<usize>]) -> Vec<Region> {
    let bytes = files.bytes(page.file);
    let mut regions: Vec<Region> = Vec::new();
    let mut next_line = 0;
    // Up to the opening line of each fence, and from its closing line on.
    let starts = page.fences.iter().map(|fence| fence.content().end);
    let ends = page.fences.iter().map(|fence| fence.content().start);
    let between = iter::once(0).chain(starts).zip(ends.chain([page.lines.len()]));
    for index in between.flat_map(|(start, end)| start..end) {
        let Some(origin) = page.origin(index).filter(|origin| origin.file == page.file) else {
            continue;
        };
        // Behind the last line's ending there is a line for Python, and none for a file.
        if origin.span.start == bytes.len() {
            continue;
        }
        let text = String::from_utf8_lossy(&bytes[origin.span.clone()]);
        let end = end_of_line(&bytes, origin.span.end);
        match regions.last_mut() {
            Some(region)
                if origin.line == next_line
                    || blocks.iter().any(|block| {
                        block.contains(&(next_line - 1)) && block.contains(&origin.line)
                    }) =>
            {
                let between = String::from_utf8_lossy(&bytes[region.span.end..origin.span.start]);
                let of_region = region.text.to_mut();
                of_region.push_str(&between.replace("\r\n", "\n").replace('\r', "\n"));
                of_region.push_str(&text);
                of_region.push('\n');
                region.span.end = end;
            }
            _ => regions.push(Region {
                file: files.path(page.file).to_path_buf(),
                place: Place::line(files.shown(page.file), origin.line),
                span: origin.span.start..end,
                prefix: String::new(),
                text: format!("{text}\n").into(),
            }),
        }
        next_line = origin.line + 1;
    }
    regions
}
