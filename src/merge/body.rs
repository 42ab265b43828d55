//! A request/response page: merged message by message.
//!
//! A section follows its message wherever that stands now. Its number, and the title, arrow and
//! content that are generated follow the run; prose, admonitions and options of fences stay with the
//! message they were written for; inside fences lines are merged.

use crate::model::FindingKind;
use crate::pairing::Pairing;
use crate::sections::{Document, Part, Section, Tab};

use super::highlights::{self, Moved};
use super::left_over;
use super::line_numbers::LineNumbers;
use super::lines::{self, Clash};
use super::style::{self, Style, content, indented, marker, title};
use super::{Conflicts, Eyes, Merged, Steps};

/// The page as it stands with the messages of the new one. `base` is the page as it was generated
/// from its last recording, if there is one.
pub(super) fn merge(
    base: Option<&str>,
    page: &str,
    new: &str,
    steps: &Steps,
    eyes: &Eyes<'_>,
) -> Merged {
    let (page, left_over) = left_over::split(page);
    let documents = Documents {
        base: Document::read(base.unwrap_or_default()),
        page: Document::read(page),
        left_over: Document::read(left_over),
        new: Document::read(new),
    };
    if documents.page.lines.iter().all(|line| line.trim().is_empty()) {
        return Merged::of(new);
    }
    let partners = documents.partners(steps);
    let style = documents.style(&partners);
    let merger = Merger { documents: &documents, steps, eyes, out: Merged::default() };
    merger.page(&partners, &style)
}

struct Documents<'a> {
    base: Document<'a>,
    page: Document<'a>,
    /// The block of an earlier refresh behind the page.
    left_over: Document<'a>,
    new: Document<'a>,
}

/// What a section of the page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Partner {
    /// A message: its section as it was generated, and as it is now if it is still sent.
    Message { base: Option<usize>, new: Option<usize> },
    /// Somebody's own words that look like a message's section.
    Words,
}

/// What tells which message a section is.
type Key<'a> = (Option<(&'a str, &'a str)>, &'a str);

fn key<'a>(document: &Document<'a>, section: &Section<'a>) -> Key<'a> {
    (section.arrow.map(|arrow| (arrow.from, arrow.to)), document.title(section))
}

impl<'a> Documents<'a> {
    /// How the page is laid out, beside what it was generated as.
    fn style(&self, partners: &[Partner]) -> Style {
        let is_known = !self.base.sections.is_empty();
        let generated = if is_known { &self.base } else { &self.new };
        let pairs = partners.iter().zip(&self.page.sections).filter_map(|(partner, section)| {
            let Partner::Message { base, new } = *partner else { return None };
            let index = if is_known { base } else { new };
            Some((section, &generated.sections[index?]))
        });
        Style::of(&self.page, &pairs.collect::<Vec<_>>(), generated)
    }

    /// What each section of the page is.
    fn partners(&self, steps: &Steps) -> Vec<Partner> {
        let old = self.pairing(&self.base);
        let mut partners: Vec<Option<Partner>> = (0..self.page.sections.len())
            .map(|index| {
                let base = old.of_new(index)?;
                Some(Partner::Message { base: Some(base), new: steps.to_new(base) })
            })
            .collect();
        // What the last recording does not have may be in the new one already.
        let mut taken = vec![false; self.new.sections.len()];
        for new in partners.iter().filter_map(|partner| match partner {
            Some(Partner::Message { new, .. }) => *new,
            _ => None,
        }) {
            taken[new] = true;
        }
        let direct = self.pairing(&self.new);
        for (index, partner) in partners.iter_mut().enumerate() {
            let new =
                direct.of_new(index).filter(|&new| !taken[new] && steps.to_old(new).is_none());
            if partner.is_none() && new.is_some() {
                *partner = Some(Partner::Message { base: None, new });
            }
        }
        let is_message = |index: usize| self.page.sections[index].tabs().next().is_some();
        let other = |index| match is_message(index) {
            true => Partner::Message { base: None, new: None },
            false => Partner::Words,
        };
        let partners = partners.into_iter().enumerate();
        partners.map(|(index, partner)| partner.unwrap_or_else(|| other(index))).collect()
    }

    /// Which generated section each section of the page is.
    fn pairing(&self, generated: &Document<'a>) -> Pairing {
        let keys = |document: &Document<'a>| {
            document.sections.iter().map(|section| key(document, section)).collect::<Vec<_>>()
        };
        let (old, page) = (keys(generated), keys(&self.page));
        let numbers = |document: &Document<'a>| {
            let number = |section: &Section<'a>| section.step.as_ref().map(|step| step.number);
            document.sections.iter().map(number).collect::<Vec<_>>()
        };
        let (old_numbers, page_numbers) = (numbers(generated), numbers(&self.page));
        let mut pairing = Pairing::new(old.len(), page.len());
        pairing.in_order(&old, &page);
        // A heading or an arrow that somebody changed by hand is still the one of its message.
        pairing.alike(|one, other| {
            old[one].1 == page[other].1 && (old[one].0 == page[other].0 || page[other].0.is_none())
        });
        pairing.alike(|one, other| {
            let same_number =
                page_numbers[other].is_some() && old_numbers[one] == page_numbers[other];
            same_number && (old[one].0 == page[other].0 || old[one].1 == page[other].1)
        });
        pairing.alike(|one, other| old[one].0 == page[other].0 || old[one].1 == page[other].1);
        pairing.moved(&old, &page);
        pairing
    }
}

struct Merger<'a> {
    documents: &'a Documents<'a>,
    steps: &'a Steps,
    eyes: &'a Eyes<'a>,
    out: Merged,
}

impl Merger<'_> {
    fn page(mut self, partners: &[Partner], style: &Style) -> Merged {
        let Documents { page, new, .. } = self.documents;
        for line in page.preamble.clone() {
            self.words(line);
        }
        let mut blanks = 0;
        let mut of_new: Vec<Option<usize>> = vec![None; new.sections.len()];
        for (index, partner) in partners.iter().enumerate() {
            if let Partner::Message { new: Some(new), .. } = partner {
                of_new[*new] = Some(index);
            }
        }
        // Words before the first message stay there.
        self.words_behind(0, partners, style, &mut blanks);
        for (number, section) in new.sections.iter().enumerate() {
            if let Some(index) = of_new[number] {
                self.between(blanks);
                let Partner::Message { base, .. } = partners[index] else { continue };
                self.section(index, base, section);
                blanks = self.blanks_behind(index, style);
                self.words_behind(index + 1, partners, style, &mut blanks);
            } else {
                self.between(blanks);
                self.out.lines.extend(style.dressed(new, section));
                blanks = style.between;
            }
        }
        self.end(partners);
        self.out
    }

    /// Sections from here on that are somebody's own words, up to the next message that is sent.
    fn words_behind(
        &mut self,
        from: usize,
        partners: &[Partner],
        style: &Style,
        blanks: &mut usize,
    ) {
        let page = &self.documents.page;
        let is_sent = |partner: &Partner| matches!(partner, Partner::Message { new: Some(_), .. });
        let end =
            partners[from..].iter().position(is_sent).map_or(partners.len(), |end| from + end);
        for index in (from..end).filter(|&index| partners[index] == Partner::Words) {
            self.between(*blanks);
            let section = &page.sections[index];
            let end = section.lines().end - style::trailing_blanks(page, section);
            (section.heading..end).for_each(|line| self.words(line));
            *blanks = self.blanks_behind(index, style);
        }
    }

    fn between(&mut self, blanks: usize) {
        self.out.lines.extend(std::iter::repeat_n(String::new(), blanks));
    }

    /// Blank lines behind a section of the page. The last one's are the page's own.
    fn blanks_behind(&self, index: usize, style: &Style) -> usize {
        let page = &self.documents.page;
        match index + 1 == page.sections.len() {
            true => style.between,
            false => style::trailing_blanks(page, &page.sections[index]),
        }
    }

    /// A line of the page that somebody wrote.
    fn words(&mut self, line: usize) {
        let page = &self.documents.page;
        match page.is_fenced(line) {
            true => self.out.lines.push(page.lines[line].to_owned()),
            false => self.out.push_written(line, page.lines[line], self.steps),
        }
    }

    /// The section as it stands, with what is new of its message.
    fn section(&mut self, index: usize, base: Option<usize>, new: &Section<'_>) {
        let page = &self.documents.page;
        let section = &page.sections[index];
        let base = base.map(|base| &self.documents.base.sections[base]);
        self.heading(section, base, new);
        if let Some(arrow) = &section.arrow {
            // Who asks whom is the same in both recordings, or it is another message.
            let own = page.lines[arrow.line];
            let now = new.arrow.map(|arrow| self.documents.new.lines[arrow.line]);
            self.out.lines.push(now.filter(|_| base.is_none()).unwrap_or(own).to_owned());
        }
        let end = section.lines().end - style::trailing_blanks(page, section);
        let renewed: Vec<Renewed> = section
            .tabs()
            .zip(tabs(section, base, new))
            .map(|(tab, generated)| self.renewed(tab, generated))
            .collect();
        let numbers = LineNumbers::of(renewed.iter().map(|renewed| &*renewed.opener.numbers));
        let mut renewed = renewed.into_iter();
        for part in &section.parts {
            match part {
                Part::Text(lines) => {
                    for line in lines.clone().filter(|line| *line < end) {
                        self.words_about(line, &numbers);
                    }
                }
                Part::Tab(tab) => {
                    let renewed = renewed.next().expect("each tab has been renewed");
                    self.tab(tab, renewed);
                }
            }
        }
    }

    /// A line that somebody wrote about a message some of whose lines are marked.
    fn words_about(&mut self, line: usize, numbers: &LineNumbers) {
        let page = &self.documents.page;
        if page.is_fenced(line) {
            self.words(line);
            return;
        }
        let followed = numbers.followed(page.lines[line]);
        self.out.tell_stale(line, page.lines[line], followed.stale);
        self.out.push_written(line, &followed.line, self.steps);
    }

    /// The heading in the style of the page, with the new number and, unless a person chose
    /// another, the new title.
    fn heading(&mut self, section: &Section<'_>, base: Option<&Section<'_>>, new: &Section<'_>) {
        let Documents { base: old, page, new: document, .. } = self.documents;
        let mut line = page.lines[section.heading].to_owned();
        let title = document.title(new);
        let was = base.map(|base| old.title(base));
        let own = page.title(section);
        if was.is_none_or(|was| was == own) {
            line.replace_range(section.title.clone(), title);
        } else if let Some(was) = was.filter(|was| *was != title)
            && let Some(start) = own.find(was)
        {
            let start = section.title.start + start;
            line.replace_range(start..start + was.len(), title);
        } else if let Some(was) = was.filter(|was| *was != title && title != own) {
            self.other_title(section, was, title, &mut line);
        }
        if let (Some(step), Some(number)) = (&section.step, &new.step) {
            line.replace_range(step.span.clone(), &format!("({})", number.number));
        }
        self.out.lines.push(line);
    }

    /// Decides between a person's title and another one of now.
    fn other_title(&mut self, section: &Section<'_>, was: &str, title: &str, line: &mut String) {
        let conflicts = self.eyes.conflicts;
        let own = self.documents.page.title(section).to_owned();
        let clash = Clash {
            page_line: 0,
            merged_line: 0,
            base: vec![was.to_owned()],
            page: vec![own.clone()],
            run: vec![title.to_owned()],
        };
        if matches!(conflicts, Conflicts::Keep | Conflicts::Markers) {
            let new_line = self.out.lines.len();
            self.out.clash(FindingKind::Conflict, clash, section.heading, new_line);
        }
        let text = match conflicts {
            Conflicts::Keep | Conflicts::Mine => return,
            Conflicts::Theirs => title.to_owned(),
            // A heading is one line, and so are its marks.
            Conflicts::Markers => format!("<<<<<<< {own} ======= {title} >>>>>>>"),
        };
        line.replace_range(section.title.clone(), &text);
    }

    /// What a tab is to be: as it stands, with the content of now.
    fn renewed(&self, tab: &Tab<'_>, (base, new): (Option<&Tab<'_>>, Option<&Tab<'_>>)) -> Renewed {
        let Documents { base: old, page, new: document, .. } = self.documents;
        let was = content(page, tab);
        let mut opener = page.lines[tab.opener].to_owned();
        let mut closer = page.lines[tab.closer].to_owned();
        let Some(new) = new else {
            let lines = lines::followed(&was, &was);
            return Renewed { opener: Moved { opener, ..Moved::default() }, lines, closer };
        };
        let run = content(document, new);
        let lines = match base {
            Some(base) => lines::merge(&content(old, base), &was, &run, self.eyes),
            None => lines::followed(&was, &run),
        };
        let generated = document.lines[new.opener];
        if let Some(is) = title(generated) {
            let was = match base {
                Some(base) => title(old.lines[base.opener]),
                None => title(&opener),
            };
            let own = title(&opener).map(str::to_owned);
            if let Some(own) = own.filter(|own| was == Some(own) && own != is) {
                opener =
                    opener.replacen(&format!("title=\"{own}\""), &format!("title=\"{is}\""), 1);
            }
        }
        let (has, needs) = (marker(&opener).to_owned(), marker(generated));
        if has.starts_with('`') && has.len() < needs.len() {
            opener = opener.replacen(&has, needs, 1);
            closer = format!("{}{needs}", tab.indent);
        }
        let new_lines: Vec<&str> = lines.lines.iter().map(String::as_str).collect();
        let opener = highlights::moved(&opener, &was, &new_lines, &lines.places);
        Renewed { opener, lines, closer }
    }

    /// Puts a tab in.
    fn tab(&mut self, tab: &Tab<'_>, renewed: Renewed) {
        let Renewed { opener, lines, closer } = renewed;
        let page = &self.documents.page;
        let out = &mut self.out;
        out.lines.push(page.lines[tab.line].to_owned());
        let old_opener = page.lines[tab.opener];
        let lost = opener.lost.iter();
        let lost =
            lost.map(|lost| highlights::finding(tab.opener, out.lines.len(), old_opener, lost));
        out.findings.extend(lost);
        out.lines.push(opener.opener);
        let (page_line, new_line) = (tab.content.start, out.lines.len());
        for clash in lines.conflicts {
            out.clash(FindingKind::Conflict, clash, page_line, new_line);
        }
        for clash in lines.by_hand {
            out.clash(FindingKind::HandEdit, clash, page_line, new_line);
        }
        // A line that stays keeps its bytes, whatever its indent is.
        out.lines.extend(lines.lines.iter().zip(lines.of_page).map(|(line, own)| match own {
            Some(own) => page.lines[tab.content.start + own].to_owned(),
            None => indented(tab.indent, line),
        }));
        out.lines.push(closer);
    }
}

/// What a tab is to be.
struct Renewed {
    opener: Moved,
    lines: lines::Merged,
    closer: String,
}

/// For each tab of the page the generated ones, by title or else by position.
fn tabs<'a>(
    section: &Section<'a>,
    base: Option<&'a Section<'a>>,
    new: &'a Section<'a>,
) -> Vec<(Option<&'a Tab<'a>>, Option<&'a Tab<'a>>)> {
    let own: Vec<&Tab<'_>> = section.tabs().collect();
    let find = |generated: &'a Section<'a>| -> Vec<Option<&'a Tab<'a>>> {
        let all: Vec<&'a Tab<'a>> = generated.tabs().collect();
        let by_label = |tab: &&Tab<'_>| all.iter().position(|other| other.label == tab.label);
        let mut found: Vec<Option<usize>> = own.iter().map(by_label).collect();
        // A title that nobody generated is a generated one's that a person renamed.
        for index in 0..found.len() {
            if found[index].is_none() && index < all.len() && !found.contains(&Some(index)) {
                found[index] = Some(index);
            }
        }
        // The same title twice: the first is the generated one.
        let mut seen = vec![false; all.len()];
        for slot in &mut found {
            if let Some(index) = *slot
                && std::mem::replace(&mut seen[index], true)
            {
                *slot = None;
            }
        }
        found.into_iter().map(|index| index.map(|index| all[index])).collect()
    };
    let new = find(new);
    let base = base.map_or_else(|| vec![None; own.len()], find);
    base.into_iter().zip(new).collect()
}

mod ending;
#[cfg(test)]
mod tests;
