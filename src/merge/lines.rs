//! Lines of one part of a view, merged three ways: as they were generated, as they stand on the
//! page, and as they are generated now.
//!
//! Finer than a diff of texts. Lines of JSON and of headers are independent of their neighbours, so
//! edits that only touch each other are both made, and a line that changed is told from one that is
//! new by its key. `similar::TextMerge` takes such edits for one conflict.

use std::collections::HashSet;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::pairing;

use super::{Conflicts, Eyes};

/// Some lines of one side that stand in the place of some of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hunk {
    pub(super) old: Range<usize>,
    pub(super) new: Range<usize>,
}

/// The merged lines, and what there is to say about them.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) lines: Vec<String>,
    /// For each line of the page the merged line that it has become, if there is one.
    pub(super) places: Vec<Option<usize>>,
    /// For each merged line the line of the page that it is.
    pub(super) of_page: Vec<Option<usize>>,
    /// Where a person and the cloud changed the same lines.
    pub(super) conflicts: Vec<Clash>,
    /// Where a person made something else of generated lines that the cloud did not change.
    pub(super) by_hand: Vec<Clash>,
}

/// What the three sides say in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Clash {
    /// The first line on the page, counted from 0 within the part.
    pub(super) page_line: usize,
    /// The first line of what was merged.
    pub(super) merged_line: usize,
    pub(super) base: Vec<String>,
    pub(super) page: Vec<String>,
    pub(super) run: Vec<String>,
}

/// Merges the lines of a part.
pub(super) fn merge(base: &[&str], page: &[&str], run: &[&str], eyes: &Eyes<'_>) -> Merged {
    // Lines that are as they were generated hold no secret.
    let generated: HashSet<&str> = base.iter().copied().collect();
    let hide = |line: &&str| match generated.contains(line) {
        true => (*line).to_owned(),
        false => eyes.hidden(line),
    };
    let hidden: Vec<String> = page.iter().map(hide).collect();
    let hidden: Vec<&str> = hidden.iter().map(String::as_str).collect();
    let by_person = hunks(base, &hidden);
    let by_cloud = hunks(base, run);
    let mut merger = Merger { base, page, run, eyes, merged: Merged::default() };
    merger.merged.places = vec![None; page.len()];
    let (mut person, mut cloud) = (by_person.iter().peekable(), by_cloud.iter().peekable());
    // Where the three sides are read up to.
    let mut at = At::default();
    loop {
        let (mine, theirs) = (person.peek().copied(), cloud.peek().copied());
        match (mine, theirs) {
            (None, None) => break,
            (Some(mine), Some(theirs)) if overlap(mine, theirs) => {
                let mut group = Group { mine: mine.clone(), theirs: theirs.clone() };
                person.next();
                cloud.next();
                loop {
                    if let Some(more) = person.next_if(|more| overlap(more, &group.theirs)) {
                        group.mine = joined(&group.mine, more);
                    } else if let Some(more) = cloud.next_if(|more| overlap(&group.mine, more)) {
                        group.theirs = joined(&group.theirs, more);
                    } else {
                        break;
                    }
                }
                merger.both(&mut at, &group);
            }
            (Some(mine), Some(theirs)) if !is_before(mine, theirs) => {
                merger.by_cloud(&mut at, theirs);
                cloud.next();
            }
            (Some(mine), _) => {
                merger.by_person(&mut at, mine);
                person.next();
            }
            (None, Some(theirs)) => {
                merger.by_cloud(&mut at, theirs);
                cloud.next();
            }
        }
    }
    merger.unchanged(&mut at, base.len());
    merger.merged
}

/// The lines of the run, and where the page's lines have gone: for a page whose last recording is not
/// known, so that nobody can tell a person's edit from a stale line.
pub(super) fn followed(page: &[&str], run: &[&str]) -> Merged {
    let mut merged = Merged {
        lines: run.iter().map(|&line| line.to_owned()).collect(),
        places: vec![None; page.len()],
        of_page: vec![None; run.len()],
        ..Merged::default()
    };
    let (mut page_at, mut run_at) = (0, 0);
    let end = Hunk { old: page.len()..page.len(), new: run.len()..run.len() };
    for hunk in hunks(page, run).into_iter().chain([end]) {
        for (step, line) in (page_at..hunk.old.start).enumerate() {
            merged.places[line] = Some(run_at + step);
            merged.of_page[run_at + step] = Some(line);
        }
        if hunk.old.len() == 1 && hunk.new.len() == 1 {
            merged.places[hunk.old.start] = Some(hunk.new.start);
        }
        (page_at, run_at) = (hunk.old.end, hunk.new.end);
    }
    merged
}

/// The edits from one text to another, each as small as it can be told. Lines that say something
/// else under the same key are an edit of their own.
pub(super) fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, old, new) {
        if !matches!(op, DiffOp::Equal { .. }) {
            split(old, new, &Hunk { old: op.old_range(), new: op.new_range() }, &mut hunks);
        }
    }
    hunks
}

/// Splits an edit at the lines that have the same key on both sides.
fn split(old: &[&str], new: &[&str], hunk: &Hunk, out: &mut Vec<Hunk>) {
    let keys = |lines: &[&str]| lines.iter().map(|line| key(line).to_owned()).collect::<Vec<_>>();
    let (old_keys, new_keys) = (keys(&old[hunk.old.clone()]), keys(&new[hunk.new.clone()]));
    let mut pairs = pairing::pairs(&old_keys, &new_keys);
    if pairs.is_empty() && hunk.old.len() == hunk.new.len() {
        pairs = (0..hunk.old.len()).map(|index| (index, index)).collect();
    }
    let (mut old_done, mut new_done) = (hunk.old.start, hunk.new.start);
    let ends = (hunk.old.len(), hunk.new.len());
    for (old_step, new_step) in pairs.into_iter().chain([ends]) {
        let (old_at, new_at) = (hunk.old.start + old_step, hunk.new.start + new_step);
        if old_done < old_at || new_done < new_at {
            out.push(Hunk { old: old_done..old_at, new: new_done..new_at });
        }
        if (old_step, new_step) != ends {
            out.push(Hunk { old: old_at..old_at + 1, new: new_at..new_at + 1 });
        }
        (old_done, new_done) = (old_at + 1, new_at + 1);
    }
}

/// What a line is called: the name of a header, the key of a JSON member with its indent, the first
/// cell of a table's row. A line without is its own key.
pub(super) fn key(line: &str) -> &str {
    if let Some(cells) = line.strip_prefix("| ")
        && let Some((cell, _)) = cells.split_once('|')
    {
        return cell.trim_end();
    }
    match line.split_once(':') {
        Some((name, _)) if !name.trim().is_empty() => name,
        _ => line,
    }
}

/// Whether two edits change the same line, or put lines in at the same place.
fn overlap(one: &Hunk, other: &Hunk) -> bool {
    let (one, other) = (&one.old, &other.old);
    match (one.is_empty(), other.is_empty()) {
        (true, true) => one.start == other.start,
        (true, false) => other.start < one.start && one.start < other.end,
        (false, true) => one.start < other.start && other.start < one.end,
        (false, false) => one.start < other.end && other.start < one.end,
    }
}

/// Which of two edits that do not overlap comes first. Lines that are put in come before the line
/// in front of which they stand.
fn is_before(one: &Hunk, other: &Hunk) -> bool {
    (one.old.start, one.old.end) <= (other.old.start, other.old.end)
}

fn joined(one: &Hunk, other: &Hunk) -> Hunk {
    let join = |one: &Range<usize>, other: &Range<usize>| {
        one.start.min(other.start)..one.end.max(other.end)
    };
    Hunk { old: join(&one.old, &other.old), new: join(&one.new, &other.new) }
}

/// Edits of both sides that overlap.
struct Group {
    mine: Hunk,
    theirs: Hunk,
}

/// How far each side has been read.
#[derive(Debug, Clone, Copy, Default)]
struct At {
    base: usize,
    page: usize,
    run: usize,
}

struct Merger<'a> {
    base: &'a [&'a str],
    page: &'a [&'a str],
    run: &'a [&'a str],
    eyes: &'a Eyes<'a>,
    merged: Merged,
}

impl Merger<'_> {
    /// Takes over what nobody changed, up to this line of the base.
    fn unchanged(&mut self, at: &mut At, end: usize) {
        for _ in at.base..end {
            self.take_page(at.page);
            at.page += 1;
            at.run += 1;
        }
        at.base = at.base.max(end);
    }

    fn take_page(&mut self, line: usize) {
        self.merged.places[line] = Some(self.merged.lines.len());
        self.push(self.page[line], Some(line));
    }

    fn take_run(&mut self, lines: Range<usize>) {
        for line in lines {
            self.push(self.run[line], None);
        }
    }

    fn push(&mut self, line: &str, of_page: Option<usize>) {
        self.merged.lines.push(line.to_owned());
        self.merged.of_page.push(of_page);
    }

    fn by_person(&mut self, at: &mut At, mine: &Hunk) {
        self.unchanged(at, mine.old.start);
        let clash = self.clash(mine.old.clone(), mine.new.clone(), at.run..at.run + mine.old.len());
        let tells = self.eyes.conflicts != Conflicts::Mine && !self.is_plain(&mine.old, &mine.new);
        if tells && self.eyes.conflicts == Conflicts::Theirs {
            self.take_run(at.run..at.run + mine.old.len());
        } else {
            mine.new.clone().for_each(|line| self.take_page(line));
            if tells {
                self.merged.by_hand.push(clash);
            }
        }
        at.base = mine.old.end;
        at.page = mine.new.end;
        at.run += mine.old.len();
    }

    fn by_cloud(&mut self, at: &mut At, theirs: &Hunk) {
        self.unchanged(at, theirs.old.start);
        // A line that says something else under its key is still the line that a person marked.
        if theirs.old.len() == 1 && theirs.new.len() == 1 {
            self.merged.places[at.page] = Some(self.merged.lines.len());
        }
        self.take_run(theirs.new.clone());
        at.base = theirs.old.end;
        at.page += theirs.old.len();
        at.run = theirs.new.end;
    }

    /// Edits of both sides in the same place.
    fn both(&mut self, at: &mut At, group: &Group) {
        let base = group.mine.old.start.min(group.theirs.old.start)
            ..group.mine.old.end.max(group.theirs.old.end);
        self.unchanged(at, base.start);
        // Each side's edits, with the lines around them that only the other side changed.
        let page = at.page..group.mine.new.end + (base.end - group.mine.old.end);
        let run = at.run..group.theirs.new.end + (base.end - group.theirs.old.end);
        let same = page.len() == run.len()
            && page.clone().zip(run.clone()).all(|(page, run)| {
                self.page[page] == self.run[run]
                    || self.eyes.hidden(self.page[page]) == self.run[run]
            });
        if base.is_empty() && !same {
            // Lines that both put in: none of them is another's.
            let (mine, theirs) = (&group.mine, &group.theirs);
            self.by_person(at, mine);
            self.take_run(theirs.new.clone());
            at.run = theirs.new.end;
            return;
        }
        let stays = same || self.stands_for(&page, &run);
        let clash = self.clash(base.clone(), page.clone(), run.clone());
        if stays || matches!(self.eyes.conflicts, Conflicts::Keep | Conflicts::Mine) {
            page.clone().for_each(|line| self.take_page(line));
        } else if self.eyes.conflicts == Conflicts::Theirs {
            self.take_run(run.clone());
        } else {
            self.push("<<<<<<< page", None);
            page.clone().for_each(|line| self.take_page(line));
            self.push("=======", None);
            self.take_run(run.clone());
            self.push(">>>>>>> run", None);
        }
        if !stays && matches!(self.eyes.conflicts, Conflicts::Keep | Conflicts::Markers) {
            self.merged.conflicts.push(clash);
        }
        *at = At { base: base.end, page: page.end, run: run.end };
    }

    fn clash(&self, base: Range<usize>, page: Range<usize>, run: Range<usize>) -> Clash {
        let lines = |side: &[&str], range: Range<usize>| {
            side[range].iter().map(|&line| line.to_owned()).collect::<Vec<_>>()
        };
        let hidden = self.page[page.clone()].iter().map(|line| self.eyes.hidden(line));
        Clash {
            page_line: page.start,
            merged_line: self.merged.lines.len(),
            base: lines(self.base, base),
            page: hidden.collect(),
            run: lines(self.run, run),
        }
    }

    /// Whether a person's edit says nothing that the base does not say: it explains, leaves out
    /// with a mark, shortens, or holds other volatile values.
    fn is_plain(&self, base: &Range<usize>, page: &Range<usize>) -> bool {
        let (base, page) = (&self.base[base.clone()], &self.page[page.clone()]);
        // Another word for no content.
        if self.base == ["none"] && page.len() <= 1 {
            return !page.iter().any(|line| line.trim_start().starts_with(['{', '[']));
        }
        if base.is_empty() {
            return page.iter().all(|line| is_remark(line));
        }
        if page.iter().any(|line| is_elision(line)) {
            return shows(page, base);
        }
        page.len() == base.len()
            && page.iter().zip(base).all(|(page, base)| {
                self.eyes.said(page) == self.eyes.said(base) || is_short_for(page, base)
            })
    }

    /// Whether the page's lines show those of the run, with parts left out.
    fn stands_for(&self, page: &Range<usize>, run: &Range<usize>) -> bool {
        shows(&self.page[page.clone()], &self.run[run.clone()])
    }
}

/// A line that stands for lines that were left out.
pub(super) fn is_elision(line: &str) -> bool {
    matches!(
        line.trim().trim_end_matches(','),
        "..." | "…" | "\"...\"" | "[...]" | "{...}" | "(...)"
    )
}

/// A line that explains and is no content: a comment, or nothing at all.
fn is_remark(line: &str) -> bool {
    let line = line.trim();
    line.is_empty()
        || is_elision(line)
        || ["#", "//", "<!--", "%%", ";", "(", "←", "<-", "^"]
            .iter()
            .any(|mark| line.starts_with(mark))
}

/// Whether lines show others, of which elisions stand for any number.
pub(super) fn shows(page: &[&str], run: &[&str]) -> bool {
    let same = |page: &str, run: &str| page == run || is_short_for(page, run);
    let all = |page: &[&str], run: &[&str]| {
        page.len() == run.len() && page.iter().zip(run).all(|(page, run)| same(page, run))
    };
    let parts: Vec<&[&str]> = page.split(|line| is_elision(line)).collect();
    let [first, middle @ .., last] = &*parts else { return all(page, run) };
    if first.len() + last.len() > run.len() || !all(first, &run[..first.len()]) {
        return false;
    }
    let (mut rest, tail) = run[first.len()..].split_at(run.len() - first.len() - last.len());
    if !all(last, tail) {
        return false;
    }
    for part in middle.iter().filter(|part| !part.is_empty()) {
        let found = rest.windows(part.len()).position(|lines| all(part, lines));
        let Some(start) = found else { return false };
        rest = &rest[start + part.len()..];
    }
    true
}

/// Whether a line is another one with parts left out or hidden behind a stand-in: `...`, `***`,
/// `{name}` or `<name>`.
fn is_short_for(page: &str, run: &str) -> bool {
    let mut literals = Vec::new();
    let mut rest = page;
    while let Some((start, length)) = stand_in(rest) {
        literals.push(&rest[..start]);
        rest = &rest[start + length..];
    }
    if literals.is_empty() {
        return false;
    }
    let Some(mut run) = run.strip_prefix(literals[0]) else { return false };
    let Some(middle) = run.strip_suffix(rest) else { return false };
    run = middle;
    // A line of stand-ins alone would be short for anything.
    let says = literals.iter().chain([&rest]).any(|text| text.chars().any(char::is_alphanumeric));
    says && literals[1..].iter().all(|literal| match run.find(literal) {
        Some(start) => {
            run = &run[start + literal.len()..];
            true
        }
        None => false,
    })
}

/// Where the first stand-in of a line is, and how long.
fn stand_in(text: &str) -> Option<(usize, usize)> {
    let marks = ["...", "…", "***"].iter().filter_map(|mark| {
        let start = text.find(mark)?;
        let last = mark.chars().next_back().expect("a mark has characters");
        let more = text[start + mark.len()..].chars().take_while(|next| *next == last);
        Some((start, mark.len() + more.map(char::len_utf8).sum::<usize>()))
    });
    let names = [('{', '}'), ('<', '>')].iter().filter_map(|&(open, close)| {
        let start = text.find(open)?;
        let length = text[start + 1..].find(close)?;
        let name = &text[start + 1..start + 1 + length];
        let is_name = name.starts_with(char::is_alphabetic)
            && name.chars().all(|part| part.is_alphanumeric() || matches!(part, '_' | '-' | ' '));
        is_name.then_some((start, length + 2))
    });
    marks.chain(names).min()
}
