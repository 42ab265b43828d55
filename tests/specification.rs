//! Every diagram of the pages at hand is satisfied by its own log, and by no log with one message more,
//! less, or in another place; the explanation names that message.
#![expect(clippy::print_stdout, reason = "what was compared is printed")]

use std::fs;
use std::path::{Path, PathBuf};

use doctool::capture::requestshook;
use doctool::sequence::diagram::Diagram;
use doctool::sequence::matching::{Order, Said, Specification};
use walkdir::WalkDir;

/// The diagrams of our docs, and of the pages of a user where they are, each with its log.
fn documented() -> Vec<(PathBuf, Diagram, Vec<Said>)> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [project.join("docs"), project.join("../shared/pages/docs")];
    let files = folders.iter().flat_map(WalkDir::new).filter_map(Result::ok);
    let files = files.filter(|entry| entry.file_name() == "diagram.md");
    let read = |path: &Path| fs::read_to_string(path).expect("it is text");
    let documented = files.map(|entry| {
        let path = entry.into_path();
        let diagram = Diagram::parse(&read(&path)).expect("Mermaid draws it");
        let log = read(&path.with_file_name("log.md"));
        let recording = requestshook::parse(&log).expect("it is a log");
        (path, diagram, Said::all(&recording))
    });
    documented.collect()
}

fn text(said: &Said) -> String {
    format!("{}{}>>{}: {}", said.from, if said.is_reply { "--" } else { "-" }, said.to, said.text)
}

/// The part of a message that an explanation has, whatever names the diagram has for its ids.
fn named(said: &Said) -> String {
    let text = text(said);
    let end = text.find("/v2/images/").or(text.find("/v1/")).unwrap_or(text.len());
    text[..end].to_owned()
}

#[test]
fn each_diagram_is_satisfied_by_its_own_log_and_by_none_with_one_change() {
    let mut changed = 0;
    let documented = documented();
    assert!(documented.len() >= 10, "our docs have diagrams");
    for (path, diagram, said) in &documented {
        let path = path.display();
        let specification = Specification::of(diagram);
        for order in [Order::Strict, Order::Causal] {
            let fit = specification.fit(said, order);
            let explained = specification.explained(&fit, said);
            assert!(fit.is_satisfied(), "{path}: {explained:?}");
        }
        let mut refused = |what: &str, other: &[Said], name: &str| {
            let fit = specification.fit(other, Order::Strict);
            let explained = specification.explained(&fit, other).join("\n");
            assert!(!fit.is_satisfied(), "{path}: {what} `{name}` is no change");
            assert!(explained.contains(name), "{path}: {what} `{name}`: {explained}");
            changed += 1;
        };
        for (index, message) in said.iter().enumerate() {
            let mut other = said.clone();
            other.remove(index);
            refused("without", &other, &named(message));

            let mut other = said.clone();
            let exchange = said.len();
            let again = Said {
                exchange,
                text: "GET /never/documented".into(),
                is_reply: false,
                ..message.clone()
            };
            other.insert(index, again);
            refused("with more", &other, "GET /never/documented");

            if let Some(next) = said.get(index + 1).filter(|next| text(next) != text(message)) {
                let mut other = said.clone();
                other.swap(index, index + 1);
                let fit = specification.fit(&other, Order::Strict);
                let explained = specification.explained(&fit, &other).join("\n");
                let names = [named(message), named(next)];
                assert!(!fit.is_satisfied(), "{path}: {names:?} swapped");
                assert!(
                    names.iter().any(|name| explained.contains(name)),
                    "{path}: {names:?}: {explained}"
                );
            }
        }
    }
    println!("{} diagrams, {changed} logs with one change", documented.len());
}
