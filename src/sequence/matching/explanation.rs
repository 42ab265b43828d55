//! What the moves of a way mean for people.
//!
//! In: the moves that lay a recording on a diagram. Out: which arrow each message lies on, the changes,
//! and each change in words.

use super::fits::Fits;
use super::machine::Move;
use super::recorded::Recorded;
use super::{Deviation, Fit, Said, Specification};

/// Which arrow each message lies on, and what would have to change. `messages` are those of the moves.
pub(super) fn changes(
    specification: &Specification,
    recorded: &Recorded<'_>,
    fits: &Fits<'_>,
    moves: &[Move],
    messages: &[Option<u32>],
) -> (Vec<Option<usize>>, Vec<Deviation>) {
    let mut of_recorded = vec![None; recorded.messages.len()];
    let mut added: Vec<u32> = Vec::new();
    let mut changes: Vec<(usize, Deviation)> = Vec::new();
    let mut missing = Vec::new();
    let mut rounds: Vec<(u32, usize)> = Vec::new();
    for (taken, message) in moves.iter().zip(messages) {
        if let Move::Lay { begins, .. } | Move::Miss { begins, .. } = taken {
            for begun in begins {
                if let Some((_, count)) = rounds.iter_mut().rev().find(|(index, _)| index == begun)
                {
                    *count += 1;
                }
            }
        }
        match taken {
            Move::Lay { arrow, is_same, .. } => {
                let recorded = message.expect("one is laid") as usize;
                let arrow = *arrow as usize;
                of_recorded[recorded] = Some(arrow);
                if !is_same {
                    changes.push((arrow, Deviation::Changed { arrow, recorded }));
                }
            }
            Move::Add(_) => added.extend(message),
            Move::Miss { arrow, .. } => missing.push(*arrow),
            Move::Uncount(index) => rounds.push((*index, 0)),
        }
    }
    for (index, rounds) in rounds {
        let arrow = specification.compiled.first_in(index).unwrap_or_default();
        let label = specification.compiled.loops[index as usize].clone();
        changes.push((arrow, Deviation::Rounds { arrow, label, rounds }));
    }
    added.sort_unstable();
    for message in added {
        let recorded_as = message as usize;
        let class = recorded.messages[recorded_as].class;
        let mut before = of_recorded[..recorded_as].iter().rev().copied();
        let after = before.find(Option::is_some).flatten();
        let mut behind = of_recorded[recorded_as + 1..].iter().copied();
        let before = behind.find(Option::is_some).flatten();
        let place = before.or(after.map(|after| after + 1)).unwrap_or_default();
        let moved = missing.iter().position(|&arrow| fits.says(arrow, class));
        changes.push(match moved {
            Some(moved) => {
                let arrow = missing.remove(moved) as usize;
                (arrow, Deviation::Moved { arrow, recorded: recorded_as, after, before })
            }
            None => (place, Deviation::Added { recorded: recorded_as, after, before }),
        });
    }
    for arrow in missing {
        let arrow = arrow as usize;
        changes.push((arrow, Deviation::Missing { arrow }));
    }
    changes.sort_by_key(|(place, _)| *place);
    (of_recorded, changes.into_iter().map(|(_, change)| change).collect())
}

impl Specification {
    /// The changes of a fit in words, one line each, and one more if they may not be the fewest. `said`
    /// is what the fit was made of.
    pub fn explained(&self, fit: &Fit, said: &[Said]) -> Vec<String> {
        let mut lines: Vec<String> =
            fit.changes.iter().map(|change| self.change(change, fit, said)).collect();
        if !fit.is_smallest {
            lines.push("there may be a smaller set of changes: this one was found in haste".into());
        }
        lines
    }

    fn change(&self, change: &Deviation, fit: &Fit, said: &[Said]) -> String {
        match change {
            Deviation::Missing { arrow } => format!("`{}` was not sent", self.arrow(*arrow)),
            Deviation::Added { recorded, after, before } => {
                let place = self.place(*after, *before);
                format!("`{}` is not documented; it was sent {place}", message(&said[*recorded]))
            }
            Deviation::Changed { arrow, recorded } => {
                let (arrow, said) = (*arrow, &said[*recorded]);
                let told = format!("`{}` was sent as `{}`", self.arrow(arrow), told(said));
                match self.stand_ins(arrow, fit, said) {
                    Some(stand_ins) => format!("{told}, while {stand_ins}"),
                    None => told,
                }
            }
            Deviation::Moved { arrow, after, before, .. } => {
                let place = self.place(*after, *before);
                format!("`{}` was sent {place}", self.arrow(*arrow))
            }
            Deviation::Rounds { label, rounds, .. } => {
                let unit = if *rounds == 1 { "round" } else { "rounds" };
                format!("`loop {label}` went {rounds} {unit}")
            }
        }
    }

    fn place(&self, after: Option<usize>, before: Option<usize>) -> String {
        match (after, before) {
            (Some(after), _) => format!("after `{}`", self.arrow(after)),
            (None, Some(before)) => format!("before `{}`", self.arrow(before)),
            (None, None) => "alone".into(),
        }
    }

    /// What names stand for elsewhere, where a message fits but for them.
    fn stand_ins(&self, arrow: usize, fit: &Fit, said: &Said) -> Option<String> {
        let line = self.compiled.lines[arrow].as_ref()?;
        let readings = line.said.readings(&said.text, said.query.as_deref());
        let names = readings.first()?.iter().filter_map(|(name, value)| {
            let name = &self.compiled.names[*name as usize];
            let (_, known) = fit.values.iter().find(|(known, _)| known == name)?;
            (known != value).then(|| format!("`{{{name}}}` stands for `{known}`"))
        });
        let names: Vec<String> = names.collect();
        (!names.is_empty()).then(|| names.join(" and "))
    }

    fn arrow(&self, arrow: usize) -> String {
        let Some(line) = &self.compiled.lines[arrow] else { return String::new() };
        let head = if line.is_reply { "-->>" } else { "->>" };
        format!("{}{head}{}: {}", line.ends.0, line.ends.1, line.said.text)
    }
}

fn message(said: &Said) -> String {
    let head = if said.is_reply { "-->>" } else { "->>" };
    format!("{}{head}{}: {}", said.from, said.to, told(said))
}

fn told(said: &Said) -> String {
    match &said.query {
        Some(query) if !said.is_reply => format!("{}?{query}", said.text),
        _ => said.text.clone(),
    }
}
