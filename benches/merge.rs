//! What merging costs, and how that grows: pages of 100 to 10,000 messages, each with words below
//! every fifth heading, step numbers in them, and a run in which some exchanges came, went and changed.

use std::fmt::Write as _;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use doctool::capture::requestshook;
use doctool::merge::{Conflicts, Eyes, Merge, Runs, Texts};
use doctool::model::{Place, Region, Run, View, ViewKind};
use doctool::render;
use doctool::settings::doctool::RedactSettings;
use doctool::stabilise::{self, Pins, Secrets, StableRecording, Volatile};

/// A log of so many messages. With `news`, every fiftieth exchange has another answer, every
/// seventieth is gone, and behind every ninetieth there is a new one.
fn log(messages: usize, news: bool) -> String {
    let mut log = String::new();
    for number in 0..messages / 2 {
        if news && number % 70 == 7 {
            continue;
        }
        let colour = if news && number % 50 == 5 { "red" } else { "blue" };
        exchange(&mut log, &format!("/v2/things/{}", number % 40), colour);
        if news && number % 90 == 9 {
            exchange(&mut log, "/v2/news", "green");
        }
    }
    log
}

fn exchange(log: &mut String, path: &str, colour: &str) {
    write!(
        log,
        "\n### (client) REQ >>> (server) : GET http://h{path}\nHost: h\nAccept: */*\n\nnone\n\n\n\
         ### (client) RESP <<< (server) : 200 OK GET http://h{path}\nContent-Type: application/json\n\
         X-Colour: {colour}\n\n{{\n  \"things\": [\n"
    )
    .expect("a string takes all");
    for thing in 0..60 {
        writeln!(log, "    {{\n      \"number\": {thing},\n      \"path\": \"{path}\",\n      \"colour\": \"{colour}\"\n    }},")
            .expect("a string takes all");
    }
    log.push_str("    {}\n  ]\n}\n\n");
}

fn run(log: &str) -> Run {
    Run { outputs: Vec::new(), recording: requestshook::parse(log).expect("it has entries") }
}

/// The page as people left it.
fn edited(body: &str) -> String {
    let mut step = 0;
    let lines = body.lines().map(|line| {
        let is_arrow = line.starts_with("`client` ");
        step += usize::from(is_arrow);
        match is_arrow && step % 5 == 0 {
            true => format!("{line}\n\nWhat `({step})` means, and `(1-{step})`.\n"),
            false => format!("{line}\n"),
        }
    });
    lines.collect()
}

fn view(kind: ViewKind, text: &str) -> View {
    let region = Region {
        file: "view.md".into(),
        place: Place::line("view.md", 1),
        span: 0..text.len(),
        prefix: String::new(),
        text: text.into(),
    };
    View { kind, region }
}

fn merging(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("merge");
    group.sample_size(10);
    for messages in [110, 1_000, 10_000] {
        let (documented, live) = (run(&log(messages, false)), run(&log(messages, true)));
        let secrets = Secrets::of(&[], &documented, &RedactSettings::default());
        let (documented, live) = (secrets.redact(&documented), secrets.redact(&live));
        let volatile =
            Volatile::new(&[], [documented.run(), live.run()]).expect("there is no rule");
        let stable = stabilise::stabilise(&volatile, &documented, &live, Pins::default());
        let base = StableRecording::redacted(documented);
        let (old_body, new_body) = (render::body(&base), render::body(&stable));
        let (old_diagram, new_diagram) = (render::diagram(&base), render::diagram(&stable));
        let body = view(ViewKind::Body, &edited(&old_body));
        let diagram = view(ViewKind::Diagram, &old_diagram);
        let hide = |text: &str| secrets.text(text);
        let mask = |text: &str| volatile.masked(text);
        group.throughput(Throughput::Elements(messages as u64));
        group.bench_function(BenchmarkId::from_parameter(messages), |bencher| {
            bencher.iter(|| {
                let eyes = Eyes { hide: &hide, mask: &mask, conflicts: Conflicts::Keep };
                let runs = Runs {
                    documented: base.recording(),
                    live: stable.recording(),
                    partners: stable.partners(),
                };
                let merge = Merge::new(&runs, eyes);
                let unseen = Default::default();
                let body =
                    Texts { view: &body, base: Some(&old_body), new: &new_body, unseen: &unseen };
                let diagram = Texts {
                    view: &diagram,
                    base: Some(&old_diagram),
                    new: &new_diagram,
                    unseen: &unseen,
                };
                (merge.view(&body), merge.view(&diagram))
            });
        });
    }
    group.finish();
}

criterion_group!(benches, merging);
criterion_main!(benches);
