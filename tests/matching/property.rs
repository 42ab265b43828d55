//! Random diagrams with random runs: what fits, what does not, and how little it takes to make it fit.

use std::collections::BTreeMap;

use doctool::sequence::matching::{Order, Said, Specification};

use crate::brute::{rules, smallest};
use crate::build::cost;
use crate::generate::{Generator, Run, diagram};
use crate::random::Random;

/// How many diagrams there are whose violations are small enough to try everything.
const DIAGRAMS: usize = 1_000;

/// Exchanges messages of callers who do not wait for each other, as long as the order in which they
/// were drawn remains one of those that are the same.
fn shuffle(random: &mut Random, said: &mut [Said]) {
    let drawn = said.to_vec();
    let place = |one: &Said| {
        drawn.iter().position(|other| one == other).expect("it is one of those that were drawn")
    };
    for _ in 0..2 * said.len() {
        let one = random.below(said.len());
        if one + 1 == said.len() || said[one].caller() == said[one + 1].caller() {
            continue;
        }
        said.swap(one, one + 1);
        let is_kept = rules(said).iter().all(|&(a, b)| place(&said[a]) < place(&said[b]));
        if !is_kept {
            said.swap(one, one + 1);
        }
    }
}

/// One violation: a message less, one more, two in another order, or another text.
fn violate(random: &mut Random, said: &mut Vec<Said>) -> &'static str {
    let at = random.below(said.len());
    match random.below(4) {
        0 => {
            said.remove(at);
            "removed"
        }
        1 => {
            let mut more = said[random.below(said.len())].clone();
            more.exchange = 1_000;
            more.is_reply = false;
            said.insert(at, more);
            "added"
        }
        2 if at + 1 < said.len() && said[at].exchange != said[at + 1].exchange => {
            said.swap(at, at + 1);
            "swapped"
        }
        _ => {
            said[at].text.push('x');
            "changed"
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the seeds and counts are to be seen")]
fn runs_of_a_diagram_satisfy_it_and_violations_are_told_with_the_fewest_changes() {
    let (mut still_fit, mut tried, mut untried, mut seed) = (0, 0, 0, 0);
    let mut costs = BTreeMap::new();
    while tried < DIAGRAMS {
        seed += 1;
        let mut random = Random::new(seed);
        let exchanges = 2 + random.below(4);
        let parts = Generator::new(&mut random, exchanges).parts(None, 3, false);
        let documented = diagram(&parts);
        let specification = Specification::of(&documented);
        let mut said = Run::of(&mut random, &parts);
        let order = if random.chance(3) { Order::Strict } else { Order::Causal };
        if order == Order::Causal && said.len() > 1 {
            shuffle(&mut random, &mut said);
        }
        let fit = specification.fit(&said, order);
        assert!(
            fit.is_satisfied() && fit.is_smallest,
            "seed {seed}: {fit:?}\n{parts:#?}\n{said:#?}"
        );
        if said.is_empty() {
            continue;
        }
        let violation = violate(&mut random, &mut said);
        let fit = specification.fit(&said, order);
        let found = cost(&fit);
        match smallest(&parts, &said, order, found) {
            Ok(least) => {
                assert!(fit.is_smallest);
                assert_eq!(
                    least,
                    Some(found),
                    "seed {seed}, {violation}, {order:?}: {fit:?}\n{:#?}\n{parts:#?}\n{said:#?}",
                    specification.explained(&fit, &said)
                );
                tried += 1;
                still_fit += usize::from(found == 0);
                *costs.entry(found).or_insert(0) += 1;
            }
            Err(()) => untried += 1,
        }
    }
    println!(
        "seeds 1..={seed}: all runs match; {tried} violations compared with a matcher that tries everything, \
         of which {still_fit} still fit; violations by changes: {costs:?}; {untried} too large to try"
    );
    assert!(untried < tried / 5);
}
