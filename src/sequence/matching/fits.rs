//! Which recorded messages the arrows of a diagram stand for.
//!
//! In: a specification and what was recorded. Out: for each arrow the messages that say what it does,
//! and what leaving one of them out means.

use std::collections::{HashMap, HashSet};

use super::Specification;
use super::documented::Reading;
use super::expression::Loss;
use super::recorded::Recorded;

/// Names with the values that they stand for.
type Values = Vec<(u32, u32)>;

/// Which messages arrows stand for.
pub(super) struct Fits<'a> {
    /// For each arrow who speaks to whom in it, if anybody recorded does.
    pub(super) kinds: Vec<Option<u32>>,
    /// For each arrow the classes that say what it does.
    classes: Vec<Vec<u32>>,
    /// For each arrow a number that those share which no drawing tells apart.
    twins: Vec<usize>,
    /// For arrows with names and classes the values that names may have.
    readings: HashMap<(u32, u32), Vec<Values>>,
    /// What names stand for.
    pub(super) values: Vec<&'a str>,
    /// For each arrow what leaving it out means.
    losses: Vec<Loss>,
    /// For each node how many messages up to it fit no arrow: those that are spoken between others than
    /// any arrow, and all others.
    pub(super) strangers: Vec<(u32, u32)>,
    /// How many of both there are in all.
    pub(super) all_strangers: (u32, u32),
}

impl<'a> Fits<'a> {
    pub(super) fn of(specification: &Specification, recorded: &Recorded<'a>) -> Self {
        let compiled = &specification.compiled;
        let mut fits = Self {
            kinds: Vec::new(),
            classes: Vec::new(),
            twins: Vec::new(),
            readings: HashMap::new(),
            values: Vec::new(),
            losses: Vec::new(),
            strangers: Vec::new(),
            all_strangers: (0, 0),
        };
        let mut of_kind: Vec<Vec<u32>> = vec![Vec::new(); recorded.kinds.len()];
        let mut of_text: HashMap<(u32, &str), Vec<u32>> = HashMap::new();
        let mut is_seen = vec![false; recorded.classes.len()];
        for message in &recorded.messages {
            if !std::mem::replace(&mut is_seen[message.class as usize], true) {
                of_kind[message.kind as usize].push(message.class);
                let text = recorded.classes[message.class as usize].text.as_str();
                of_text.entry((message.kind, text)).or_default().push(message.class);
            }
        }
        let people: HashSet<&str> =
            recorded.kinds.keys().flat_map(|(from, to, _)| [*from, *to]).collect();
        let shown = |name: &'_ str| -> String {
            match compiled.aliases.get(name) {
                Some(alias) if !people.contains(name) && people.contains(alias.as_str()) => {
                    alias.clone()
                }
                _ => name.to_owned(),
            }
        };
        let mut values: HashMap<&'a str, u32> = HashMap::new();
        let mut twins: HashMap<(&str, &str, &Option<String>), usize> = HashMap::new();
        for (arrow, line) in compiled.lines.iter().enumerate() {
            fits.twins.push(match line {
                // What names stand for may tell them apart.
                Some(line) if !line.said.has_names() => {
                    let asks = (&*line.ends.0, &*line.ends.1, &line.said.path);
                    *twins.entry(asks).or_insert(arrow)
                }
                _ => arrow,
            });
            let arrow = u32::try_from(arrow).expect("a diagram has fewer arrows");
            let kind = line.as_ref().and_then(|line| {
                let (from, to) = (shown(&line.ends.0), shown(&line.ends.1));
                recorded.kinds.get(&(from.as_str(), to.as_str(), line.is_reply)).copied()
            });
            let mut classes = Vec::new();
            if let (Some(line), Some(kind)) = (line, kind) {
                let candidates: Vec<u32> = if line.said.has_names() {
                    of_kind[kind as usize].clone()
                } else {
                    let texts = line.said.literals();
                    texts.filter_map(|text| of_text.get(&(kind, text))).flatten().copied().collect()
                };
                for class in candidates {
                    let said = recorded.classes[class as usize];
                    let readings = line.said.readings(&said.text, said.query.as_deref());
                    let query = specification.queries.get(&(arrow as usize));
                    if readings.is_empty() || query.is_some_and(|query| *query != said.query) {
                        continue;
                    }
                    classes.push(class);
                    if line.said.has_names() {
                        let mut numbered = |reading: Reading<'a>| {
                            let number = |(name, value): (u32, &'a str)| {
                                let next = u32::try_from(fits.values.len() + 1).expect("few");
                                let value = *values.entry(value).or_insert_with(|| {
                                    fits.values.push(value);
                                    next
                                });
                                (name, value)
                            };
                            reading.into_iter().map(number).collect()
                        };
                        let readings = readings.into_iter().map(&mut numbered).collect();
                        fits.readings.insert((arrow, class), readings);
                    }
                }
            }
            classes.sort_unstable();
            fits.losses.push(Loss {
                is_foreign: kind.is_none(),
                is_unheard: classes.is_empty(),
                kind: kind.map_or(0, bit),
            });
            fits.kinds.push(kind);
            fits.classes.push(classes);
        }
        fits.count_strangers(recorded);
        fits
    }

    fn count_strangers(&mut self, recorded: &Recorded<'a>) {
        let mut is_known = vec![false; recorded.classes.len()];
        self.classes.iter().flatten().for_each(|&class| is_known[class as usize] = true);
        let mut is_spoken = vec![false; recorded.kinds.len()];
        self.kinds.iter().flatten().for_each(|&kind| is_spoken[kind as usize] = true);
        let nodes = &recorded.prefixes.nodes;
        self.strangers = vec![(0, 0); nodes.len()];
        // A parent stands before its children, and passes on what it has.
        for (index, node) in nodes.iter().enumerate() {
            let own = &mut self.strangers[index];
            if index > 0 {
                let is_foreign = !is_spoken[node.kind as usize];
                let is_unknown = !is_foreign && !is_known[node.class as usize];
                own.0 += u32::from(is_foreign);
                own.1 += u32::from(is_unknown);
                let chains = u32::try_from(node.messages.len()).expect("few messages");
                self.all_strangers.0 += u32::from(is_foreign) * chains;
                self.all_strangers.1 += u32::from(is_unknown) * chains;
            }
            let passed = *own;
            node.children.iter().for_each(|&child| self.strangers[child as usize] = passed);
        }
    }

    /// Whether an arrow says what a class of messages does, whatever names stand for.
    pub(super) fn says(&self, arrow: u32, class: u32) -> bool {
        self.classes[arrow as usize].binary_search(&class).is_ok()
    }

    /// Whether two arrows are drawn alike.
    pub(super) fn are_twins(&self, one: u32, other: u32) -> bool {
        self.twins[one as usize] == self.twins[other as usize]
    }

    /// The values of names that become known when a message of the class lies on the arrow; none if
    /// that contradicts what they stand for already.
    pub(super) fn names(&self, arrow: u32, class: u32, known: &[u32]) -> Vec<Values> {
        let Some(readings) = self.readings.get(&(arrow, class)) else { return vec![Vec::new()] };
        let agrees = |reading: &&Values| {
            reading.iter().all(|(name, value)| {
                let known = known[*name as usize];
                known == 0 || known == *value
            })
        };
        readings.iter().filter(agrees).cloned().collect()
    }

    pub(super) fn losses(&self) -> &[Loss] {
        &self.losses
    }
}

pub(super) fn bit(kind: u32) -> u64 {
    1 << (kind % 64)
}
