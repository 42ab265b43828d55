//! How a request/response page ends: with what people wrote about messages that are no longer sent, of
//! an earlier refresh and of this one.

use crate::merge::left_over::{self, LeftOver};
use crate::merge::style::content;
use crate::model::{Finding, FindingKind};
use crate::sections::Part;

use super::{Documents, Merger, Partner, tabs};

impl Merger<'_> {
    /// The block of an earlier refresh, what is left over now, and the page's last blank lines.
    pub(super) fn end(&mut self, partners: &[Partner]) {
        let Documents { page, left_over: earlier, .. } = self.documents;
        let is_begun = !earlier.lines.is_empty();
        let blanks = blanks_at_end(if is_begun { &earlier.lines } else { &page.lines });
        for line in 0..earlier.lines.len() - if is_begun { blanks } else { 0 } {
            let text = earlier.lines[line];
            match earlier.is_fenced(line) {
                true => self.out.lines.push(text.to_owned()),
                false => self.out.push_written(page.lines.len() + line, text, self.steps),
            }
        }
        let gone = partners.iter().enumerate().filter_map(|(index, partner)| match partner {
            Partner::Message { new: None, base } => Some((index, *base)),
            _ => None,
        });
        let gone: Vec<_> = gone.collect();
        let mut left_over = Vec::new();
        let mut places = Vec::new();
        for (index, base) in gone {
            if let Some(written) = self.written(index, base) {
                places.push(page.sections[index].heading);
                left_over.push(written);
            }
        }
        let mut block = left_over::block(&left_over, is_begun);
        if !block.is_empty()
            && !is_begun
            && self.out.lines.last().is_some_and(|line| line.is_empty())
        {
            block.remove(0);
        }
        for (written, heading) in left_over.iter().zip(places) {
            let message =
                format!("{} is no longer sent, and something was written about it", written.title);
            self.out.findings.push(Finding {
                kind: FindingKind::LeftOver,
                page_line: heading,
                new_line: self.out.lines.len(),
                text: page.lines[heading].to_owned(),
                span: 0..page.lines[heading].len(),
                message,
                hint: Some(
                    "move what was written to where it belongs now, from the end of this file"
                        .to_owned(),
                ),
                sides: None,
            });
        }
        self.out.lines.extend(block);
        if is_begun || !page.sections.is_empty() {
            self.between(blanks);
        }
    }

    /// What people wrote into a section whose message is gone; none if nothing.
    fn written(&mut self, index: usize, base: Option<usize>) -> Option<LeftOver> {
        let Documents { base: old, page, .. } = self.documents;
        let section = &page.sections[index];
        let base = base.map(|base| &old.sections[base]);
        let pairs = tabs(section, base, section);
        let mut number = 0;
        let mut numbers: Vec<usize> = Vec::new();
        for part in &section.parts {
            match part {
                Part::Text(range) => numbers.extend(range.clone()),
                Part::Tab(tab) => {
                    let own = content(page, tab).into_iter().map(|line| self.eyes.hidden(line));
                    // Where a recording is known, what is not from it is a person's.
                    let is_edited = match pairs[number].0 {
                        Some(base) => own.ne(content(old, base)),
                        None => !old.sections.is_empty(),
                    };
                    if is_edited {
                        numbers.extend(tab.line..=tab.closer);
                    }
                    number += 1;
                }
            }
        }
        let at = self.out.lines.len();
        numbers.into_iter().for_each(|line| self.words(line));
        let lines = self.out.lines.split_off(at);
        let arrow = section.arrow.map_or("", |arrow| page.lines[arrow.line].trim());
        let title = format!("**{}** {arrow}", page.title(section)).trim_end().to_owned();
        left_over::trimmed(lines).map(|lines| LeftOver { title, lines })
    }
}

fn blanks_at_end(lines: &[&str]) -> usize {
    lines.iter().rev().take_while(|line| line.trim().is_empty()).count()
}
