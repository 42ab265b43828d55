//! Things that happen at the same time and are alike: the fewest changes are found all the same.

use doctool::sequence::matching::{Deviation, Order, Specification};

use crate::build::{diagram, recording};

/// A branch of three exchanges of a caller, each of which asks another service.
fn branch(caller: &str) -> Vec<String> {
    let lines = |step: usize| {
        [
            format!("{caller}->>api: GET /{step}"),
            format!("api->>store: GET /row/{step}"),
            format!("store-->>api: 200 OK /row/{step}"),
            format!("api-->>{caller}: 200 OK /{step}"),
        ]
    };
    (0..3).flat_map(lines).collect()
}

/// So many equal branches, and a run of them that takes turns.
fn at_once(branches: usize) -> (String, Vec<String>) {
    let all: Vec<Vec<String>> = (0..branches).map(|_| branch("client")).collect();
    let drawn: Vec<String> = all.iter().map(|branch| branch.join("\n")).collect();
    let mut mixed = Vec::new();
    for step in 0..all[0].len() {
        mixed.extend(all.iter().map(|branch| branch[step].clone()));
    }
    (format!("par x\n{}\nend", drawn.join("\nand y\n")), mixed)
}

#[test]
fn one_message_that_is_gone_is_one_change_however_many_branches_there_are() {
    let (drawn, run) = at_once(8);
    let specification = Specification::of(&diagram(&drawn));
    for gone in [0, 2, 37, 50, 94, 95] {
        let mut run = recording(&run.join("\n"));
        run.remove(gone);
        let fit = specification.fit(&run, Order::Causal);
        assert!(matches!(fit.changes[..], [Deviation::Missing { .. }]), "{gone}: {fit:?}");
        assert!(fit.is_smallest, "{gone}");
    }
}

#[test]
fn one_message_more_is_one_change_however_many_branches_there_are() {
    let (drawn, run) = at_once(8);
    let specification = Specification::of(&diagram(&drawn));
    for more in [37, 95] {
        let mut run = recording(&run.join("\n"));
        let mut one = run[more].clone();
        one.exchange = run.len();
        run.insert(more, one);
        let fit = specification.fit(&run, Order::Causal);
        assert!(matches!(fit.changes[..], [Deviation::Added { .. }]), "{more}: {fit:?}");
        assert!(fit.is_smallest, "{more}");
    }
}
