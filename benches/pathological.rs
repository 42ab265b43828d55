//! What it costs to read pages that are made to be slow to read, at sizes that double: what is
//! linear has the same throughput at each.
//!
//! `cargo bench --bench pathological` reads all of them, which takes some minutes;
//! `cargo bench --bench pathological -- backticks` those with such a name.

#[path = "../tests/linear/inputs.rs"]
mod inputs;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use self::inputs::{DIALECTS, Input, KINDS, Place};

/// The largest page has 1 MiB.
const SIZES: [usize; 4] = [128 << 10, 256 << 10, 512 << 10, 1 << 20];

fn read(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for (dialect, extensions) in DIALECTS {
        let folder = folder.path().join(dialect);
        std::fs::create_dir(&folder).expect("it is not there yet");
        let place = Place::new(&folder, extensions);
        for kind in KINDS {
            let mut group = criterion.benchmark_group(format!("{dialect}/{}", kind.name));
            group.sample_size(10);
            group.warm_up_time(Duration::from_millis(50));
            group.measurement_time(Duration::from_millis(500));
            for size in SIZES {
                let input = (kind.make)(size);
                group.throughput(Throughput::Bytes(bytes(&input)));
                group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                    place.write(&input);
                    bencher.iter(|| place.read());
                });
            }
            group.finish();
        }
    }
}

/// The size of a page with its files.
fn bytes(input: &Input) -> u64 {
    let files = input.files.iter().map(|(_, content)| content.len());
    (input.page.len() + files.sum::<usize>()) as u64
}

criterion_group!(benches, read);
criterion_main!(benches);
