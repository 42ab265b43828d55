//! What it costs to run a command with all that doctool does around it: `true`, started directly and
//! through doctool, in one run.

use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use doctool::model::{Command, Place};
use doctool::run::{self, Interrupt, Programs, Scratch, Surroundings};

fn commands(criterion: &mut Criterion) {
    let scratch = Scratch::new(&[], Path::new("page.md")).expect("there is room for a folder");
    let surroundings = Surroundings {
        variables: Default::default(),
        programs: Arc::new(Programs::new(Vec::new(), None, &[], Vec::new())),
        folder: scratch.path().to_owned(),
        limit: Duration::from_secs(60),
        deadline: None,
        interrupt: Interrupt::default(),
        patience: 1,
    };
    let command = Command {
        text: "true".to_owned(),
        argv: vec!["true".to_owned()],
        input: None,
        place: Place::file("page.md"),
    };
    let mut group = criterion.benchmark_group("true");
    group.bench_function("directly", |bencher| {
        bencher
            .iter(|| Process::new("true").stdin(Stdio::null()).output().expect("it is everywhere"));
    });
    group.bench_function("doctool", |bencher| {
        bencher.iter(|| {
            let printed = run::run(&command, &surroundings);
            printed.map_err(|failure| failure.error).expect("it succeeds")
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50).measurement_time(Duration::from_secs(4));
    targets = commands
}
criterion_main!(benches);
