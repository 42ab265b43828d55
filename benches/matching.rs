//! What matching costs, and how that grows: recordings that satisfy a diagram, that differ in a few
//! places, that differ in all, and things that happen at the same time.

use std::time::Instant;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doctool::sequence::diagram::{
    Arrow, Block, BlockKind, Branch, Diagram, Statement, StatementKind,
};
use doctool::sequence::matching::{Order, Said, Specification};

fn arrow(said: &Said) -> Statement {
    let arrow = Arrow {
        from: said.from.clone(),
        to: said.to.clone(),
        head: String::new(),
        is_dotted: said.is_reply,
        activation: None,
        text: said.text.clone(),
        text_span: 0..0,
    };
    Statement { span: 0..0, kind: StatementKind::Message(arrow) }
}

fn block(kind: BlockKind, label: &str, branches: Vec<Vec<Statement>>) -> Statement {
    let branch = |statements| Branch { label: label.into(), opener: 0..0, statements };
    let branches = branches.into_iter().map(branch).collect();
    Statement { span: 0..0, kind: StatementKind::Block(Block { kind, branches }) }
}

/// An exchange whose service asks another, every fifth the same.
fn exchange(number: usize, caller: &str, path: &str) -> Vec<Said> {
    let said = |from: &str, to: &str, text: String, exchange, is_reply| Said {
        from: from.into(),
        to: to.into(),
        text,
        query: None,
        exchange,
        is_reply,
        process: None,
    };
    let (outer, inner) = (2 * number, 2 * number + 1);
    vec![
        said(caller, "api", format!("GET {path}"), outer, false),
        said("api", "store", format!("GET /row{path}"), inner, false),
        said("store", "api", format!("200 OK /row{path}"), inner, true),
        said("api", caller, format!("200 OK {path}"), outer, true),
    ]
}

/// So many messages, some of which are alike.
fn messages(count: usize) -> Vec<Said> {
    let exchanges = (0..count / 4 + 1)
        .flat_map(|number| exchange(number, "client", &format!("/v2/things/{}", number % 40)));
    exchanges.take(count).collect()
}

/// The messages as a diagram; every seventh exchange is an `opt`, every ninth a `loop`.
fn diagram(said: &[Said]) -> Diagram {
    let exchanges = said.chunks(4).enumerate().flat_map(|(number, said)| {
        let inside: Vec<Statement> = said.iter().map(arrow).collect();
        match number {
            _ if number % 7 == 3 => vec![block(BlockKind::Opt, "", vec![inside])],
            _ if number % 9 == 4 => vec![block(BlockKind::Loop, "1..5", vec![inside])],
            _ => inside,
        }
    });
    Diagram { statements: exchanges.collect() }
}

/// Every so many messages one is gone, two are swapped, or one says something else.
fn changed(said: &[Said], every: usize) -> Vec<Said> {
    let mut changed = said.to_vec();
    for at in (every / 2..said.len() - 1).step_by(every).collect::<Vec<_>>().into_iter().rev() {
        match at % 3 {
            0 => drop(changed.remove(at)),
            1 => changed.swap(at, at + 1),
            _ => changed[at].text.push_str("/other"),
        }
    }
    changed
}

/// So many branches with three exchanges each, and a run that mixes them.
fn at_once(branches: usize, is_same: bool, callers: usize) -> (Diagram, Vec<Said>) {
    let of = |branch: usize| -> Vec<Said> {
        let path = |step| if is_same { format!("/{step}") } else { format!("/{branch}/{step}") };
        let caller = format!("client{}", branch % callers);
        (0..3).flat_map(|step| exchange(10 * branch + step, &caller, &path(step))).collect()
    };
    let all: Vec<Vec<Said>> = (0..branches).map(of).collect();
    let statements = all.iter().map(|said| said.iter().map(arrow).collect()).collect();
    let diagram = Diagram { statements: vec![block(BlockKind::Par, "", statements)] };
    let mixed = (0..all[0].len()).flat_map(|step| all.iter().map(move |said| said[step].clone()));
    (diagram, mixed.collect())
}

#[allow(clippy::print_stdout, reason = "the growth is to be seen")]
/// How one case fares, and how long it takes in the best of some goes.
fn tell(name: &str, diagram: &Diagram, said: &[Said], order: Order) -> f64 {
    let specification = Specification::of(diagram);
    let mut best = f64::MAX;
    let mut fit = specification.fit(said, order);
    for _ in 0..5 {
        let start = Instant::now();
        fit = Specification::of(diagram).fit(said, order);
        best = best.min(start.elapsed().as_secs_f64() * 1e3);
    }
    let smallest = if fit.is_smallest { "smallest" } else { "found in haste" };
    println!("{name:<44} {best:>9.3} ms  {:>5} changes, {smallest}", fit.changes.len());
    best
}

#[allow(clippy::print_stdout, reason = "the growth is to be seen")]
fn growth() {
    println!("-- by size, satisfied; then with a change every 25 messages; then all different");
    for count in [110, 250, 500, 1_000, 2_000] {
        let said = messages(count);
        let documented = diagram(&said);
        tell(&format!("satisfied, {count}"), &documented, &said, Order::Causal);
        tell(&format!("changed, {count}"), &documented, &changed(&said, 25), Order::Causal);
        tell(&format!("changed, strict, {count}"), &documented, &changed(&said, 25), Order::Strict);
        let mut other = said.clone();
        other.iter_mut().for_each(|said| said.text.push('x'));
        tell(&format!("other texts, {count}"), &documented, &other, Order::Causal);
        other.iter_mut().for_each(|said| said.from.push('x'));
        tell(&format!("other people, {count}"), &documented, &other, Order::Causal);
        let mut back: Vec<Said> = said.chunks(4).rev().flatten().cloned().collect();
        back.iter_mut().for_each(|said| said.query = None);
        tell(&format!("backwards, {count}"), &documented, &back, Order::Causal);
        println!();
    }
    println!("-- branches of par: satisfied, then with one message gone");
    for (name, is_same, callers) in
        [("same", true, 1), ("different", false, 1), ("different callers", false, 99)]
    {
        for branches in [2, 4, 8, 16, 32] {
            let (documented, said) = at_once(branches, is_same, callers);
            tell(&format!("par, {name}, {branches}"), &documented, &said, Order::Causal);
            let mut less = said.clone();
            less.remove(said.len() / 2);
            tell(&format!("par, {name}, one gone, {branches}"), &documented, &less, Order::Causal);
        }
        println!();
    }
}

fn matching(criterion: &mut Criterion) {
    growth();
    let mut group = criterion.benchmark_group("matching");
    group.sample_size(10);
    for count in [110, 1_000] {
        let said = messages(count);
        let documented = diagram(&said);
        group.bench_function(BenchmarkId::new("satisfied", count), |bencher| {
            bencher.iter(|| Specification::of(&documented).fit(&said, Order::Causal));
        });
        let changed = changed(&said, 25);
        group.bench_function(BenchmarkId::new("changed", count), |bencher| {
            bencher.iter(|| Specification::of(&documented).fit(&changed, Order::Causal));
        });
    }
    group.finish();
}

criterion_group!(benches, matching);
criterion_main!(benches);
