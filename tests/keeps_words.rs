//! People edit pages at random and the cloud changes at random: every word that a person wrote is
//! still there, at its message, and everything else is what the cloud says now.
//!
//! `DOCTOOL_MERGES` is the number of merges, `DOCTOOL_MERGE_SEED` the first seed.

#![expect(clippy::print_stdout, reason = "seeds and counts are for people to read")]

mod keeps_words {
    pub(crate) mod cloud;
    pub(crate) mod person;
    pub(crate) mod random;
}

use std::fs;
use std::path::Path;

use doctool::capture::requestshook;
use doctool::merge::{Conflicts, Eyes, Merge, Runs, Texts};
use doctool::model::{Change, Finding, FindingKind, Message, Place, Region, Run, View, ViewKind};
use doctool::render;
use doctool::settings::doctool::RedactSettings;
use doctool::stabilise::{self, Pins, Secrets, StableRecording, Volatile};

use keeps_words::cloud;
use keeps_words::person::{Page, Written};
use keeps_words::random::Random;

/// The recordings of all pages at hand, with their names.
fn recordings() -> Vec<(String, Run)> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut recordings = Vec::new();
    for root in ["docs/openstack/image", "../shared/pages/docs/openstack/image"] {
        let Ok(entries) = fs::read_dir(project.join(root)) else { continue };
        let mut folders: Vec<_> =
            entries.map(|entry| entry.expect("the folder can be read").path()).collect();
        folders.sort();
        for folder in folders {
            let log = fs::read_to_string(folder.join("log.md")).expect("a page has a log");
            let recording = requestshook::parse(&log).expect("the log has entries");
            let run = Run { outputs: Vec::new(), recording };
            recordings.push((folder.display().to_string(), run));
        }
    }
    recordings
}

/// A page's views merged with a run.
struct Merged {
    stable: StableRecording,
    diagram: Change,
    body: Change,
    prose: String,
    findings: Vec<Finding>,
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

/// What becomes of a page that documents one run when another is seen.
fn merged(documented: &Run, live: &Run, page: &Page) -> Merged {
    let secrets = Secrets::of(&[], documented, &RedactSettings::default());
    let documented = secrets.redact(documented);
    let live = secrets.redact(live);
    let volatile = Volatile::new(&[], [documented.run(), live.run()]).expect("there is no rule");
    let stable = stabilise::stabilise(&volatile, &documented, &live, Pins::default());
    let base = StableRecording::redacted(documented);
    let hide = |text: &str| secrets.text(text);
    let mask = |text: &str| volatile.masked(text);
    let eyes = Eyes { hide: &hide, mask: &mask, conflicts: Conflicts::Keep };
    let runs = Runs {
        documented: base.recording(),
        live: stable.recording(),
        partners: stable.partners(),
    };
    let merge = Merge::new(&runs, eyes);
    let of = |kind, base: &str, own: &str, new: &str| {
        merge.view(&Texts {
            view: &view(kind, own),
            base: Some(base),
            new,
            unseen: &Default::default(),
        })
    };
    let diagram =
        of(ViewKind::Diagram, &render::diagram(&base), &page.diagram, &render::diagram(&stable));
    let body = of(ViewKind::Body, &render::body(&base), &page.body, &render::body(&stable));
    let mut changes = vec![diagram, body];
    let prose = merge.prose(&page.around(), &changes);
    let mut findings: Vec<Finding> = Vec::new();
    for change in changes.iter().chain(&prose) {
        findings.extend(change.findings.iter().cloned());
    }
    let body = changes.pop().expect("it is the second");
    let diagram = changes.pop().expect("it is the first");
    let prose = prose.into_iter().next().map_or(page.prose.clone(), |change| change.text);
    Merged { stable, diagram, body, prose, findings }
}

/// For each documented step the new one, both counted from 0.
fn steps(documented: &Run, merged: &Merged) -> Vec<Option<usize>> {
    let partners = merged.stable.partners();
    let new = &merged.stable.recording().messages;
    let place = |message: &Message| {
        new.iter().position(|other| match (message, other) {
            (Message::Request(old), Message::Request(new))
            | (Message::Response(old), Message::Response(new)) => partners[*new] == Some(*old),
            _ => false,
        })
    };
    documented.recording.messages.iter().map(place).collect()
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn no_word_is_lost_whatever_people_and_the_cloud_change() {
    let recordings = recordings();
    let count = number("DOCTOOL_MERGES", 1000);
    let seed = number("DOCTOOL_MERGE_SEED", 1);
    println!("seeds {seed} to {}", seed + count - 1);
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let edits: usize = std::thread::scope(|scope| {
        let share = |thread| {
            let seeds = (seed + thread..seed + count).step_by(threads as usize);
            let recordings = &recordings;
            scope.spawn(move || seeds.map(|seed| keeps_every_word(recordings, seed)).sum::<usize>())
        };
        let shares: Vec<_> = (0..threads).map(share).collect();
        shares.into_iter().map(|share| share.join().expect("no word is lost")).sum()
    });
    println!("{count} merges, {edits} edits kept");
    assert!(edits > 0, "people have edited something");
}

/// Merges one edited page with one changed run. Gives how many edits there were.
fn keeps_every_word(recordings: &[(String, Run)], seed: u64) -> usize {
    let mut random = Random::new(seed);
    let (name, documented) = random.pick(recordings);
    let generated = StableRecording::redacted(
        Secrets::of(&[], documented, &RedactSettings::default()).redact(documented),
    );
    let page = Page::edited(&generated, &mut random);
    let changes = random.below(4);
    let live = cloud::changed(documented, changes, &mut random);
    let merged = merged(documented, &live, &page);
    let told = format!("seed {seed}, {name}");
    for written in &page.written {
        assert_kept(written, documented, &merged, &told);
    }
    assert_drawn(&merged, &told);
    assert_twice_is_once(&page, &merged, &told);
    page.written.len()
}

#[test]
fn a_page_that_nobody_edited_is_what_the_cloud_says() {
    let recordings = recordings();
    for seed in 1..=200 {
        let mut random = Random::new(seed);
        let (name, documented) = random.pick(&recordings);
        let generated = StableRecording::redacted(
            Secrets::of(&[], documented, &RedactSettings::default()).redact(documented),
        );
        let page = Page::generated(&generated);
        let live = cloud::changed(documented, 1 + random.below(4), &mut random);
        let merged = merged(documented, &live, &page);
        let told = format!("seed {seed}, {name}");
        assert_same(&merged.diagram.text, &render::diagram(&merged.stable), &told);
        assert_same(&merged.body.text, &render::body(&merged.stable), &told);
        assert_eq!(merged.findings, [], "{told}");
    }
}

/// What stands below the heading of a step, or in the block at the end where the step is gone.
fn section(body: &str, step: Option<usize>) -> &str {
    let left_over = body.find("\n??? warning \"Written about").unwrap_or(body.len());
    let Some(step) = step else { return &body[left_over..] };
    let heading = format!("\n### ({}) ", step + 1);
    let start = body.find(&heading).unwrap_or_else(|| panic!("{heading} is there:\n{body}"));
    let end = body[start + 1..].find("\n### (").map_or(body.len(), |end| start + 1 + end);
    &body[start..end]
}

fn has(findings: &[Finding], kind: FindingKind) -> bool {
    findings.iter().any(|finding| finding.kind == kind)
}

fn assert_kept(written: &Written, documented: &Run, merged: &Merged, told: &str) {
    let to_new = steps(documented, merged);
    match written {
        Written::Words { step, text } => {
            let section = section(&merged.body.text, to_new[*step]);
            for line in text.lines() {
                assert!(section.contains(line), "{told}: {line:?} is at its message:\n{section}");
            }
        }
        Written::Remark { step, line } => {
            let section = section(&merged.body.text, to_new[*step]);
            assert!(section.contains(&**line), "{told}: {line:?} is in its fence:\n{section}");
        }
        Written::Mark { step, tab, line } => {
            let Some(step) = to_new[*step] else { return };
            let section = section(&merged.body.text, Some(step));
            let tab =
                &section[section.find(&format!("=== \"{tab}\"")).expect("the tab is there")..];
            let opener = tab.lines().nth(1).expect("a tab has a fence");
            let marked = opener.split_once("hl_lines=\"").map(|(_, rest)| {
                rest.split('"').next().and_then(|number| number.parse::<usize>().ok())
            });
            let Some(Some(marked)) = marked else {
                assert!(has(&merged.findings, FindingKind::LostHighlight), "{told}: {opener}");
                return;
            };
            let now = tab.lines().nth(1 + marked).expect("the marked line is there");
            let key = |line: &str| line.split(':').next().unwrap_or(line).trim().to_owned();
            assert_eq!(key(now), key(line), "{told}: the same line is marked");
        }
        Written::Reference { mark, first, last } => {
            assert_follows(mark, *first, *last, &to_new, merged, told)
        }
        Written::Drawn { text } => {
            let stays = merged.diagram.text.lines().any(|line| line.trim() == text);
            let kept =
                merged.diagram.text.contains(&format!("%% {}", text.trim_start_matches("%% ")));
            assert!(stays || kept, "{told}: {text:?} is in\n{}", merged.diagram.text);
            assert!(
                stays || has(&merged.findings, FindingKind::LeftOver),
                "{told}: {text:?} is told"
            );
        }
        Written::Name { value } => {
            assert!(
                !merged.diagram.text.contains(&**value),
                "{told}: {value} is named in\n{}",
                merged.diagram.text
            );
        }
    }
}

/// Step numbers mean the messages that they meant, or stay and are told.
fn assert_follows(
    mark: &str,
    first: usize,
    last: usize,
    to_new: &[Option<usize>],
    merged: &Merged,
    told: &str,
) {
    let all = format!("{}\n{}", merged.body.text, merged.prose);
    let line = all.lines().find(|line| line.contains(mark));
    let line = line.unwrap_or_else(|| panic!("{told}: {mark} is there"));
    let after = &line[line.find(mark).expect("it is") + mark.len()..];
    let numbers = after.trim_start_matches([' ', '`', '(']).split(')').next().expect("a part");
    let (one, two) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let now =
        (one.parse::<usize>().expect("a number") - 1, two.parse::<usize>().expect("a number") - 1);
    let new: Vec<usize> = to_new[first..=last].iter().flatten().copied().collect();
    let meant = new.iter().min().copied().zip(new.iter().max().copied());
    if Some(now) != meant {
        assert_eq!(now, (first, last), "{told}: {line} stays");
        assert!(has(&merged.findings, FindingKind::StaleReference), "{told}: {line} is told");
    }
}

/// The diagram and the page have just the messages of the run, in its order.
fn assert_drawn(merged: &Merged, told: &str) {
    let ends = |text: &str| -> Vec<String> {
        let messages = text.lines().map(str::trim).filter(|line| !line.starts_with("%%"));
        let ends = messages
            .filter_map(|line| line.split_once(": ").filter(|(ends, _)| ends.contains("->>")));
        ends.map(|(ends, _)| ends.to_owned()).collect()
    };
    assert_eq!(ends(&merged.diagram.text), ends(&render::diagram(&merged.stable)), "{told}");
    let word = |word: &str| {
        merged
            .diagram
            .text
            .lines()
            .filter(|line| line.split_whitespace().next() == Some(word))
            .count()
    };
    assert_eq!(word("opt") + word("loop"), word("end"), "{told}:\n{}", merged.diagram.text);
    let headings = |text: &str| -> Vec<String> {
        let lines: Vec<&str> = text.lines().collect();
        let is_heading = |pair: &&[&str]| pair[0].starts_with("### (") && pair[1].starts_with('`');
        lines.windows(2).filter(is_heading).map(|pair| pair[0].to_owned()).collect()
    };
    assert_eq!(headings(&merged.body.text), headings(&render::body(&merged.stable)), "{told}");
}

/// The same run again changes nothing and tells of nothing new.
fn assert_twice_is_once(page: &Page, first: &Merged, told: &str) {
    let log = render::log(&first.stable);
    let recording = requestshook::parse(&log).unwrap_or_default();
    let documented = Run { outputs: Vec::new(), recording };
    let page = page.with(&first.diagram.text, &first.body.text, &first.prose);
    let again = merged(&documented, &documented, &page);
    assert_same(&again.diagram.text, &first.diagram.text, told);
    assert_same(&again.body.text, &first.body.text, told);
    assert_same(&again.prose, &first.prose, told);
    let new: Vec<_> =
        again.findings.iter().filter(|finding| finding.kind.is_left_to_do()).collect();
    assert!(new.is_empty(), "{told}: {new:?}");
}

/// Compares texts and shows only where they differ.
fn assert_same(text: &str, expected: &str, told: &str) {
    let diff = similar::TextDiff::from_lines(expected, text);
    assert!(text == expected, "{told}:\n{}", diff.unified_diff().context_radius(2));
}
