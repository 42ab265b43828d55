//! Random runs of which the order varies: what is learnt from them is satisfied by all of them.

use doctool::sequence::diagram::Diagram;
use doctool::sequence::matching::{Order, Said, Specification};
use doctool::sequence::{Learnt, learnt};

use crate::build::recording;
use crate::random::Random;

/// How many diagrams are learnt.
const DIAGRAMS: usize = 200;

/// About how many exchanges one has at most.
const EXCHANGES: usize = 6;

/// Lines of a diagram, in a tree of what keeps its order and what does not.
enum Part {
    Lines(Vec<String>),
    /// Each in its own order, in any mixture.
    Together(Vec<Vec<Part>>),
    /// In some runs only.
    Optional(Vec<Part>),
}

struct Drawn<'a> {
    random: &'a mut Random,
    exchanges: usize,
}

impl Drawn<'_> {
    /// Exchanges of a caller one after another, some of them at the same time.
    fn parts(&mut self, caller: usize, depth: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            if self.exchanges >= EXCHANGES {
                break;
            }
            match self.random.below(4) {
                0 if depth > 0 => {
                    let branches = 2 + self.random.below(2);
                    let branches = (0..branches).map(|_| self.parts(caller, depth - 1)).collect();
                    parts.push(Part::Together(branches));
                }
                1 if depth > 0 => parts.push(Part::Optional(self.exchange(caller, 0))),
                _ => parts.extend(self.exchange(caller, depth)),
            }
        }
        parts
    }

    fn exchange(&mut self, caller: usize, depth: usize) -> Vec<Part> {
        self.exchanges += 1;
        let (from, to) = (format!("s{caller}"), format!("s{}", caller + 1));
        // Now and then the same is asked twice.
        let path = format!("/{}", self.exchanges - self.random.below(2).min(self.exchanges - 1));
        let mut parts = vec![Part::Lines(vec![format!("{from}->>{to}: GET {path}")])];
        if depth > 0 && self.random.chance(3) {
            parts.extend(self.parts(caller + 1, depth - 1));
        }
        parts.push(Part::Lines(vec![format!("{to}-->>{from}: 200 OK {path}")]));
        parts
    }
}

/// One run; without chance everything in the order in which it is drawn.
fn run(parts: &[Part], chance: &mut Option<&mut Random>) -> Vec<String> {
    let mut lines = Vec::new();
    for part in parts {
        match part {
            Part::Lines(more) => lines.extend_from_slice(more),
            Part::Optional(parts) => {
                if chance.as_mut().is_none_or(|random| random.chance(2)) {
                    lines.extend(run(parts, chance));
                }
            }
            Part::Together(branches) => {
                let branches: Vec<_> = branches.iter().map(|parts| run(parts, chance)).collect();
                lines.extend(mixed(branches, chance));
            }
        }
    }
    lines
}

/// The branches in a mixture that keeps the order of each.
fn mixed(branches: Vec<Vec<String>>, chance: &mut Option<&mut Random>) -> Vec<String> {
    let Some(random) = chance else { return branches.concat() };
    let mut branches: Vec<_> = branches.into_iter().map(std::collections::VecDeque::from).collect();
    // Half of the time whole branches, one after another.
    let is_whole = random.chance(2);
    let mut lines = Vec::new();
    while !branches.is_empty() {
        let index = random.below(branches.len());
        if branches[index].is_empty() {
            branches.remove(index);
            continue;
        }
        let count = if is_whole { branches[index].len() } else { 1 };
        lines.extend(branches[index].drain(..count));
    }
    lines
}

fn satisfies(text: &str, runs: &[Vec<Said>], order: Order) -> bool {
    let specification = Specification::of(&Diagram::parse(text).expect("it is a diagram"));
    runs.iter().all(|run| specification.fit(run, order).is_satisfied())
}

#[test]
fn what_is_learnt_is_satisfied_by_all_runs_and_says_when_it_is_beyond_it() {
    let (mut blocks, mut beyond, mut plain) = (0, 0, 0);
    for seed in 0..DIAGRAMS {
        let mut random = Random::new(u64::try_from(seed).expect("it is small"));
        let parts = Drawn { random: &mut random, exchanges: 0 }.parts(0, 2);
        let all = run(&parts, &mut None).join("\n") + "\n";
        let count = 2 + random.below(3);
        let runs = (0..count).map(|_| recording(&run(&parts, &mut Some(&mut random)).join("\n")));
        // All that the runs have must be in the diagram, and the other way round.
        let runs: Vec<Vec<Said>> = runs.chain([recording(&all)]).collect();
        let order = if seed % 2 == 0 { Order::Causal } else { Order::Strict };
        match learnt(&all, &runs, order) {
            Learnt::Nothing => {
                plain += 1;
                assert!(satisfies(&all, &runs, order), "{seed}: {all}");
            }
            Learnt::Blocks(text) => {
                blocks += 1;
                assert!(satisfies(&text, &runs, order), "{seed}: {text}");
                let mut lines: Vec<&str> = all.lines().collect();
                let mut drawn: Vec<&str> =
                    text.lines().map(str::trim).filter(|line| line.contains(">>")).collect();
                lines.sort_unstable();
                drawn.sort_unstable();
                let looped = text.contains("loop ");
                assert!(looped || lines == drawn, "{seed}: every message is drawn once: {text}");
            }
            Learnt::Beyond => beyond += 1,
        }
    }
    let told = format!("{plain} without blocks, {blocks} with blocks, {beyond} beyond blocks");
    assert!(blocks > DIAGRAMS / 2 && beyond < DIAGRAMS / 20, "{told}");
}
