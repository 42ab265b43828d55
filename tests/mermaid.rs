//! Diagrams, read by Mermaid's own parser: it accepts them, and finds the messages that were drawn.
//!
//! Needs Node.js. Where there is none, one is fetched from PyPI, as everything else that tests need.
#![expect(clippy::print_stdout, reason = "what was compared is printed")]

#[path = "support/node.rs"]
mod node;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use doctool::model::{Exchange, Message, Recording, Request, Response, Run};
use doctool::render;
use doctool::sequence::diagram::Diagram;
use doctool::stabilise::StableRecording;
use regex::{Captures, Regex};
use serde_json::Value;
use walkdir::WalkDir;

/// A folder with Mermaid in it, made once, and the `node` to run it.
static MERMAID: LazyLock<(PathBuf, PathBuf)> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mermaid");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mermaid");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let node = node::node(&folder);
    let lock = fs::read(sources.join("package-lock.json")).expect("it is in the project");
    let is_done = fs::read(folder.join("done")).is_ok_and(|done| done == lock);
    for file in ["package.json", "package-lock.json", "parse.mjs"] {
        fs::copy(sources.join(file), folder.join(file)).expect("the file can be copied");
    }
    if !is_done {
        let mut npm = node::npm(&node);
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
        assert!(npm.status().expect("npm can be started").success(), "npm ci");
        fs::write(folder.join("done"), lock).expect("the file can be written");
    }
    (folder, node)
});

/// What Mermaid makes of each diagram.
fn parsed(diagrams: &[String]) -> Vec<Value> {
    let (folder, node) = &*MERMAID;
    let mut child = Command::new(node)
        .arg("parse.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node can be started");
    let input = serde_json::to_vec(diagrams).expect("texts are JSON");
    child.stdin.take().expect("it is piped").write_all(&input).expect("node reads");
    let output = child.wait_with_output().expect("node ends");
    assert!(output.status.success(), "node parse.mjs");
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    assert_eq!(answers.len(), diagrams.len());
    answers
}

fn whole(fragment: &str) -> String {
    format!("sequenceDiagram\n    autonumber\n{fragment}")
}

/// The messages of a diagram that has nothing but messages.
fn messages(fragment: &str) -> Vec<[String; 3]> {
    let message = |line: &str| {
        let (who, what) = line.split_once(": ").expect("a message has a colon");
        let (from, to) =
            who.split_once("-->>").or_else(|| who.split_once("->>")).expect("an arrow");
        [from, to, what]
            .map(|part| part.replace("#58;", ":").replace("#59;", ";").replace("#35;", "#"))
    };
    fragment.lines().map(message).collect()
}

#[test]
fn mermaid_reads_every_diagram_of_our_docs_as_it_was_drawn() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files =
        WalkDir::new(docs).into_iter().map(|entry| entry.expect("docs can be read").into_path());
    let files: Vec<PathBuf> = files.filter(|path| path.ends_with("diagram.md")).collect();
    assert!(!files.is_empty(), "the docs have diagrams");
    let fragments: Vec<String> =
        files.iter().map(|file| fs::read_to_string(file).expect("it is text")).collect();
    let answers = parsed(&fragments.iter().map(|fragment| whole(fragment)).collect::<Vec<_>>());
    for ((file, fragment), answer) in files.iter().zip(&fragments).zip(answers) {
        let expected = serde_json::to_value(messages(fragment)).expect("texts are JSON");
        assert_eq!(answer["messages"], expected, "{}: {answer}", file.display());
    }
}

#[test]
fn names_and_paths_that_mermaid_would_misread_are_drawn_so_that_it_does_not() {
    let exchange = |to: &str, path: &str| Exchange {
        from: "openstack".to_owned(),
        to: to.to_owned(),
        request: Request {
            method: "GET".to_owned(),
            url: format!("http://h{path}"),
            headers: Vec::new(),
            body: Default::default(),
        },
        response: Some(Response {
            status: "200 OK".to_owned(),
            url: format!("http://h{path}"),
            headers: Vec::new(),
            body: Default::default(),
        }),
        process: None,
    };
    let exchanges = vec![
        exchange("127.0.0.1:8080", "/a;b=1/c"),
        exchange("name with (brackets)", "/%23/end"),
        exchange("end", "/x%25y"),
        exchange("nova-xvpvncproxy", "/x"),
        exchange("box.example.org", "/x"),
        exchange("1 of 2", "/x"),
    ];
    let messages_of = |index| [Message::Request(index), Message::Response(index)];
    let messages = (0..exchanges.len()).flat_map(messages_of).collect();
    let run = Run { outputs: Vec::new(), recording: Recording { exchanges, messages } };
    let diagram = render::diagram(&StableRecording::documented(&run));
    let answers = parsed(&[whole(&diagram)]);
    let found =
        answers[0]["messages"].as_array().unwrap_or_else(|| panic!("{}\n{diagram}", answers[0]));
    let texts: Vec<String> = found.iter().map(|message| format!("{message}")).collect();
    assert_eq!(
        texts,
        [
            r#"["openstack","127.0.0.1:8080","GET /a;b=1/c"]"#,
            r#"["127.0.0.1:8080","openstack","200 OK /a;b=1/c"]"#,
            r#"["openstack","name with (brackets)","GET /%23/end"]"#,
            r#"["name with (brackets)","openstack","200 OK /%23/end"]"#,
            r#"["openstack","end","GET /x%25y"]"#,
            r#"["end","openstack","200 OK /x%25y"]"#,
            r#"["openstack","nova-xvpvncproxy","GET /x"]"#,
            r#"["nova-xvpvncproxy","openstack","200 OK /x"]"#,
            r#"["openstack","box.example.org","GET /x"]"#,
            r#"["box.example.org","openstack","200 OK /x"]"#,
            r#"["openstack","1 of 2","GET /x"]"#,
            r#"["1 of 2","openstack","200 OK /x"]"#,
        ]
    );
}

/// What doctool makes of a diagram, in the words of `parse.mjs`.
fn read(text: &str) -> Result<Vec<[String; 3]>, String> {
    let diagram = Diagram::parse(text).map_err(|fault| fault.message)?;
    let decoded = |text: &str| {
        let entity = Regex::new(r"#(\d+);").expect("the pattern is valid");
        let letter = |found: &Captures<'_>| {
            let code = found[1].parse().ok().and_then(char::from_u32);
            code.map_or_else(|| found[0].to_owned(), String::from)
        };
        entity.replace_all(text, letter).into_owned()
    };
    let arrows = diagram.arrows().into_iter();
    Ok(arrows
        .map(|arrow| [&arrow.from, &arrow.to, &arrow.text].map(|text| decoded(text)))
        .collect())
}

/// Fails unless Mermaid and doctool accept or refuse each diagram alike and find the same messages.
/// Gives how many were accepted and how many refused.
fn compare(diagrams: &[String]) -> (usize, usize) {
    let mut differing = Vec::new();
    let (mut accepted, mut refused) = (0, 0);
    for (text, answer) in diagrams.iter().zip(parsed(diagrams)) {
        let own = read(text);
        let is_same = match (&own, answer.get("messages")) {
            (Ok(own), Some(messages)) => {
                accepted += 1;
                serde_json::to_value(own).expect("texts are JSON") == *messages
            }
            (Err(_), None) => {
                refused += 1;
                true
            }
            _ => false,
        };
        if !is_same {
            differing.push(format!("---\n{text}\nMermaid: {answer}\ndoctool: {own:?}\n"));
        }
    }
    let count = differing.len();
    differing.sort_by_key(String::len);
    differing.truncate(10);
    assert!(differing.is_empty(), "{count} of {} differ:\n{}", diagrams.len(), differing.concat());
    (accepted, refused)
}

#[test]
fn every_construct_is_read_as_mermaid_reads_it() {
    let collected = include_str!("mermaid/collected.txt");
    let diagrams: Vec<String> = collected
        .split("\n====\n")
        .map(|body| format!("sequenceDiagram\n{}\n", body.trim_end_matches('\n')))
        .collect();
    let (accepted, refused) = compare(&diagrams);
    println!(
        "{} diagrams of all constructs: {accepted} accepted, {refused} refused",
        diagrams.len()
    );
    assert!(accepted > 40 && refused > 25, "{accepted} accepted, {refused} refused");
}

#[test]
fn diagrams_of_pages_are_read_as_mermaid_reads_them() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [project.join("docs"), project.join("../shared/pages/docs")];
    let files = folders.iter().flat_map(WalkDir::new).filter_map(Result::ok);
    let is_diagram =
        |name: &str| name == "diagram.md" || name.starts_with("diagram-") && name.ends_with(".md");
    let files = files.filter(|entry| is_diagram(&entry.file_name().to_string_lossy()));
    let content = |path: &Path| fs::read_to_string(path).expect("it is text");
    let fragments: Vec<String> = files.map(|entry| content(entry.path())).collect();
    let diagrams: Vec<String> = fragments.iter().map(|fragment| whole(fragment)).collect();
    assert_eq!(compare(&diagrams), (diagrams.len(), 0));
    println!("{} diagrams of pages: all accepted", diagrams.len());
    for (fragment, diagram) in fragments.iter().zip(&diagrams) {
        assert_eq!(self::read(fragment), self::read(diagram), "a part is read as the whole is");
    }
}

#[test]
fn made_up_diagrams_are_read_as_mermaid_reads_them() {
    const SEED: u64 = 20_261_124;
    const DIAGRAMS: usize = 1500;
    let mut maker = Maker { state: SEED };
    let diagrams: Vec<String> = (0..DIAGRAMS).map(|_| maker.diagram()).collect();
    let (accepted, refused) = compare(&diagrams);
    println!("{DIAGRAMS} made-up diagrams, seed {SEED}: {accepted} accepted, {refused} refused");
    assert!(
        accepted > DIAGRAMS / 4 && refused > DIAGRAMS / 10,
        "{accepted} accepted, {refused} refused"
    );
}

/// Makes diagrams of the dialect's building blocks, and breaks some.
struct Maker {
    state: u64,
}

impl Maker {
    fn below(&mut self, limit: usize) -> usize {
        // SplitMix64.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("it is below the limit")
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn name(&mut self) -> &'static str {
        self.one(&[
            "a",
            "b",
            "glance-api",
            "한글 이름",
            "swift proxy",
            "c1",
            "x.y",
            "d(e",
            "\"q\"",
            "f#58;8",
            "7 of 9",
        ])
    }

    fn text(&mut self) -> &'static str {
        self.one(&[
            "GET /v2/images",
            "200 OK /x?y=1",
            "",
            " wrap: long",
            "a#59;b",
            "what # comment",
            "x<br/>y",
            "일 이",
            "{id} (5)",
            "a: b",
            "end",
            "-> x",
            "%% no",
            "nowrap:z",
            "a, b",
        ])
    }

    fn statements(&mut self, out: &mut String, depth: usize) {
        for _ in 0..self.below(5) {
            self.statement(out, depth);
            let end = self.one(&[
                "\n",
                "\n",
                "\n",
                "\n    ",
                ";",
                " ;",
                "\r\n",
                "\n\n",
                "\n%% words\n",
                "\n# words\n",
            ]);
            out.push_str(end);
        }
    }

    fn statement(&mut self, out: &mut String, depth: usize) {
        let (from, to, text) = (self.name(), self.name(), self.text());
        let arrow = self.one(&[
            "->>", "-->>", "->", "-->", "-x", "--x", "-)", "--)", "<<->>", "<<-->>", "->>+",
            "-->>-", "-|\\", "--//", "/|-", "\\\\--", " ->> ", "->>()", "()->>", "~>",
        ]);
        match self.below(if depth < 3 { 22 } else { 15 }) {
            0..=8 => out.push_str(&format!("{from}{arrow}{to}:{text}")),
            9 => {
                let place = self.one(&["left of", "right of", "over", "Over", "under"]);
                out.push_str(&format!("note {place} {from}: {text}"));
            }
            10 => out.push_str(&format!("Note over {from},{to}: {text}")),
            11 => {
                let number = self.one(&["", " 5", " 5 10", " off", " 1.5", " x", " "]);
                out.push_str(&format!("autonumber{number}"));
            }
            12 => {
                let word = self.one(&[
                    "participant",
                    "actor",
                    "create participant",
                    "destroy",
                    "Participant",
                ]);
                let alias = self.one(&[
                    "",
                    "",
                    " as Other",
                    " as",
                    "@{ \"type\": \"queue\" }",
                    "@{ \"type\" : \"database\" } as DB",
                ]);
                out.push_str(&format!("{word} {from}{alias}"));
            }
            13 => {
                let word = self.one(&[
                    "activate",
                    "deactivate",
                    "title",
                    "title:",
                    "accTitle:",
                    "accDescr:",
                    "links",
                    "link",
                ]);
                out.push_str(&format!("{word} {from}"));
            }
            14 => {
                let word = self.one(&["title", "accTitle:", "accDescr {", "properties", "details"]);
                out.push_str(&format!("{word} {from}: {text}"));
            }
            15..=18 => {
                let word = self.one(&["opt", "loop", "rect", "break", "OPT"]);
                out.push_str(&format!("{word} {text}\n"));
                self.statements(out, depth + 1);
                out.push_str("end");
            }
            _ => {
                let (word, further) =
                    [("alt", "else"), ("par", "and"), ("par_over", "and"), ("critical", "option")]
                        [self.below(4)];
                out.push_str(&format!("{word} {text}\n"));
                self.statements(out, depth + 1);
                for _ in 0..self.below(3) {
                    out.push_str(&format!("\n{further} {from}\n"));
                    self.statements(out, depth + 1);
                }
                out.push_str("\nend");
            }
        }
    }

    fn diagram(&mut self) -> String {
        let mut text = "sequenceDiagram\n".to_owned();
        self.statements(&mut text, 0);
        if self.below(3) == 0 {
            let letters: Vec<char> = text.chars().collect();
            let head = "sequenceDiagram\n".len();
            let at = head + self.below(letters.len() - head + 1);
            let mut letters = letters;
            match self.below(3) {
                0 if at < letters.len() => drop(letters.remove(at)),
                1 if at + 1 < letters.len() => letters.swap(at, at + 1),
                _ => letters.insert(at, ['-', ':', '\n', ';', '>', '{', '@', ' '][self.below(8)]),
            }
            text = letters.into_iter().collect();
        }
        text
    }
}
