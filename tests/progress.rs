//! What is told while commands run: little where there is no terminal, and as much as is asked for.

mod support;

use support::Site;

fn site() -> Site {
    Site::new(&[
        ("mkdocs.yml", "site_name: x\nmarkdown_extensions: [pymdownx.superfences]\n"),
        ("doctool.yml", "cloud: none\nclouds: {none: {env: {WHO: me}}}\nrun: {allow: [echo]}\n"),
        ("docs/one.md", "``` console\n$ echo a\na\n$ echo b\nb\n```\n"),
        ("docs/two.md", "``` console\n$ echo c\nc\n```\n"),
    ])
}

#[test]
fn each_page_is_named_once() {
    let said = site().doctool(&["check"]).exits(0);
    assert_eq!(said.err, "running one.md\nrunning two.md\n");
}

#[test]
fn quiet_tells_results_only() {
    let said = site().doctool(&["check", "--quiet"]).exits(0);
    assert_eq!(said.err, "");
    assert!(!said.out.is_empty());
}

#[test]
fn verbose_tells_each_command_and_how_long_it_took() {
    let said = site().doctool(&["check", "-v"]).exits(0);
    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines.len(), 5, "{}", said.err);
    assert!(lines[1].starts_with("one.md: echo a (") && lines[1].ends_with(" s)"), "{}", said.err);
}
