//! What pages' authors are told about them: each kind of finding with its place, what is no finding,
//! and what the settings make of both.

mod support;

use std::path::Path;

use doctool::model::{DiagnosticKind, FileCache};
use serde_json::Value;
use support::Site;

const SUPER: &str = "markdown_extensions:
- admonition
- pymdownx.superfences
- pymdownx.snippets: {base_path: docs}
";

/// A site with this page, and files that it may include.
fn site(page: &str) -> Site {
    let files = [
        ("mkdocs.yml", SUPER),
        ("docs/index.md", page),
        ("docs/parts/two.md", "one\n--8<-- [start:first]\ntwo\n--8<-- [end:first]\n"),
        ("docs/parts/open.md", "one\n--8<--\nparts/two.md\nthree\n"),
        ("docs/parts/fence.md", "text\n\n  ``` py copy\n  x\n  ```\n"),
    ];
    let site = Site::new(&files);
    site.write("docs/parts/latin.md", b"one\r\ncaf\xe9\r\n");
    site.write("outside.md", "x\n");
    site
}

/// The findings of the page as `kind file:line:column`, each with the text that is marked.
fn findings(site: &Site) -> Vec<(String, String)> {
    let said = site.doctool(&["list", "docs/index.md", "--format", "json"]).exits(0);
    let listing: Value = serde_json::from_str(&said.out).expect("it is JSON");
    let found = listing["pages"][0]["diagnostics"].as_array().expect("a list").iter();
    let one = |found: &Value| {
        let word = |key: &str| found[key].as_str().expect("a text").to_owned();
        let number = |key: &str| {
            usize::try_from(found[key].as_u64().expect("a number")).expect("a small one")
        };
        let (line, column) = (number("line"), number("column"));
        let bytes = std::fs::read(site.path(&word("file"))).expect("the file exists");
        let text = String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned();
        let text = text.lines().nth(line - 1).expect("it has the line");
        let marked = text.chars().skip(column - 1).take(number("end_column") - column).collect();
        (format!("{} {}:{line}:{column}", word("kind"), word("file")), marked)
    };
    found.map(one).collect()
}

#[track_caller]
fn finds(page: &str, expected: &[(&str, &str)]) {
    let found = findings(&site(page));
    let found: Vec<_> = found.iter().map(|(what, text)| (what.as_str(), text.as_str())).collect();
    assert_eq!(found, expected, "{page}");
}

#[test]
fn an_include_that_brings_in_nothing_is_told_where_it_stands() {
    finds("--8<-- \"no.md\"\n", &[("missing-include docs/index.md:1:9", "no.md")]);
    finds(
        "x\n\n--8<-- \"parts/two.md:second\"\n",
        &[("missing-section docs/index.md:3:9", "parts/two.md:second")],
    );
    finds(
        "x\n\n    --8<-- \"parts/two.md:9:\"\n",
        &[("missing-lines docs/index.md:3:13", "parts/two.md:9:")],
    );
    finds("--8<-- \"../outside.md\"\n", &[("outside-base docs/index.md:1:9", "../outside.md")]);
    finds("--8<-- \"parts\"\n", &[("broken-include docs/index.md:1:9", "parts")]);
}

#[test]
fn an_open_block_is_told_once_and_not_each_line_behind_it() {
    let page = "x\n\n--8<--\nparts/two.md\n\nSome text.\n\nMore text.\n";
    finds(page, &[("unclosed-block docs/index.md:3:1", "--8<--")]);
    finds(
        "--8<-- \"parts/open.md\"\n\n--8<--\nno.md\n--8<--\n",
        &[
            ("missing-include docs/index.md:4:1", "no.md"),
            ("unclosed-block docs/parts/open.md:2:1", "--8<--"),
        ],
    );
}

#[test]
fn a_line_that_opens_no_fence_is_told_with_the_part_at_fault() {
    for (line, column, marked) in [
        ("``` py copy", 8, "copy"),
        ("``` py title=T", 8, "title=T"),
        ("~~~ py hl_lines=\"1,2\"", 18, "1,2"),
        ("```js:app.js", 6, ":app.js"),
        ("\t``` py\tcopy", 9, "copy"),
        ("> ``` py linenums=\"1\" copy", 23, "copy"),
    ] {
        let before = &line[..line.len() - line.trim_start_matches(['>', ' ', '\t']).len()];
        let marker = &line.trim_start_matches(['>', ' ', '\t'])[..3];
        let page = format!("!!! note\n{line}\n{before}x\n{before}{marker}\n");
        let place = format!("disabled-fence docs/index.md:2:{column}");
        finds(&page, &[(&place, marked)]);
    }
}

#[test]
fn a_fault_in_an_included_file_is_told_in_that_file() {
    finds(
        "!!! note\n    --8<-- \"parts/fence.md\"\n",
        &[("disabled-fence docs/parts/fence.md:3:10", "copy")],
    );
}

#[test]
fn a_fence_that_nothing_closes_is_told_where_it_begins() {
    finds("x\n\n``` py\nx\n````\n", &[("unclosed-fence docs/index.md:3:1", "```")]);
    finds("x\n\n  ~~~~ py\n  x\ny\n", &[("unclosed-fence docs/index.md:3:3", "~~~~")]);
    let hint = |page: &str| site(page).doctool(&["list", "docs/index.md"]).exits(0).err;
    let near = hint("``` py\nx\n ```\n");
    assert!(
        near.contains("= hint: close it with ``` at the same indent: line 3 is not that\n"),
        "{near}"
    );
    let left = hint("  ``` py\n  x\ny\n");
    assert!(left.contains(": nothing closes this fence before line 3, so it is none\n"), "{left}");
}

#[test]
fn a_fence_in_an_indented_code_block_is_told() {
    finds("x\n\n    ``` py\n    x\n    ```\n", &[("indented-fence docs/index.md:3:5", "```")]);
}

#[test]
fn a_stray_quote_among_options_is_told_though_the_fence_is_one() {
    finds(
        "``` py linenums=\"1\" \"hl_lines=\"3\"\nx\n```\n",
        &[("mangled-option docs/index.md:1:21", "\"")],
    );
    finds(
        "``` py linenums=\"1 hl_lines=\"3\"\nx\n```\n",
        &[("mangled-option docs/index.md:1:8", "linenums=\"1 hl_lines=\"3\"")],
    );
}

#[test]
fn what_follows_from_a_fault_is_not_told_as_another_one() {
    // The closing line opens a fence that nothing closes.
    finds("``` py copy\nx\n```\n\ntext\n", &[("disabled-fence docs/index.md:1:8", "copy")]);
    // So does each line after the one that ends the fence too early.
    finds(
        "  ``` py\n  x\n y\n  ```\n\n``` js\nz\n```\n\ntext\n",
        &[("unclosed-fence docs/index.md:1:3", "```")],
    );
    // A second fault that has nothing to do with the first is told.
    finds(
        "``` py copy\nx\n```\n```\n\n``` js copy\ny\n```\n\ntext\n",
        &[
            ("disabled-fence docs/index.md:1:8", "copy"),
            ("disabled-fence docs/index.md:6:8", "copy"),
        ],
    );
}

#[test]
fn what_only_looks_like_a_fault_is_not_told() {
    for page in [
        // In a fence that shows it.
        "````\n``` py copy\nx\n```\n````\n",
        // In a comment.
        "<!--\n``` py copy\nx\n```\n-->\n",
        // In an indented code block, which shows it in either case.
        "x\n\n    ``` py copy\n    x\n\ny\n",
        // Code within a line, or over two.
        "``` a``b ``` is code.\n\n```\nx\n```\n",
        "``` a b\nc ``` is code.\n\n```\nx\n```\n",
        "```` ``` ````\n",
        // Prose, which nothing closes.
        "``` is how a fence begins.\n",
        // Rules with text between them.
        "---\n\nText.\n\n---\n\nText.\n",
        // Options with quotes of the other sort.
        "``` py title=\"it's\" linenums=\"1\"\nx\n```\n",
        "``` { .py title='a \"b\"' data-x=y }\nx\n```\n",
        // A directive that is to be shown.
        ";--8<-- \"no.md\"\n\n;--8<--\n",
        // An include that is switched off.
        "--8<-- \"; no.md\"\n",
    ] {
        finds(page, &[]);
    }
}

#[test]
fn bytes_that_are_no_text_are_told_in_the_file_that_has_them() {
    let page = "--8<-- \"parts/latin.md\"\n";
    finds(page, &[("not-utf8 docs/parts/latin.md:2:4", "\u{fffd}")]);
    let site = site("");
    site.write("docs/index.md", b"\xef\xbb\xbfone\r\ntwo \xff three\r\n");
    let found = findings(&site);
    assert_eq!(found, [("not-utf8 docs/index.md:2:5".to_owned(), "\u{fffd}".to_owned())]);
}

#[test]
fn front_matter_that_is_none_is_told_with_its_line() {
    finds(
        "---\ntitle: a: b\n---\n\ntext\n",
        &[("broken-front-matter docs/index.md:2:1", "title: a: b")],
    );
    finds("---\ntitle: a\n---\n\ntext\n", &[]);
}

#[test]
fn a_site_without_superfences_is_told_of_fences_that_it_does_not_read() {
    let found = |page: &str| {
        let site = site(page);
        site.write("mkdocs.yml", "site_name: x\n");
        findings(&site).into_iter().map(|(what, _)| what).collect::<Vec<_>>()
    };
    assert_eq!(found("* x\n\n    ``` py\n    x\n    ```\n"), ["indented-fence docs/index.md:3:5"]);
    assert_eq!(found("``` py title=\"x\"\nx\n```\n"), ["disabled-fence docs/index.md:1:5"]);
    assert_eq!(found("``` py\nx\n"), ["unclosed-fence docs/index.md:1:1"]);
    assert_eq!(found("``` py hl_lines=\"1\"\nx\n```\n"), [""; 0]);
}

#[test]
fn settings_silence_and_raise_each_kind() {
    let site = site("--8<-- \"no.md\"\n\n``` py copy\nx\n```\n");
    let list = || site.doctool(&["list", "docs/index.md"]);
    let said = list().exits(0);
    assert!(
        said.err.contains("warning[missing-include]: ")
            && said.err.contains("warning[disabled-fence]: ")
    );
    assert!(said.out.ends_with(", 2 warnings\n"), "{}", said.out);
    site.write("doctool.yml", "diagnostics:\n  missing-include: off\n");
    let said = list().exits(0);
    assert!(!said.err.contains("missing-include"), "{}", said.err);
    assert!(said.out.ends_with(", 1 warning\n"), "{}", said.out);
    site.write("doctool.yml", "diagnostics:\n  missing-include: off\n  disabled-fence: error\n");
    let said = list().exits(1);
    assert!(said.err.starts_with("error[disabled-fence]: this opens no fence: "), "{}", said.err);
    let json = site.doctool(&["list", "docs/index.md", "--format", "json"]).exits(1);
    assert!(json.out.contains("\"severity\":\"error\""), "{}", json.out);
    site.write("doctool.yml", "diagnostics:\n  disabled-fense: off\n");
    let said = list().exits(2);
    assert!(said.err.contains("doctool.yml:2:3"), "{}", said.err);
    assert!(
        said.err.ends_with("hint: write `disabled-fence` if that is what you mean\n"),
        "{}",
        said.err
    );
}

#[test]
fn check_counts_findings_on_pages_without_commands_too() {
    let site = Site::of_this_project();
    let page = "docs/openstack/image/list/index.md";
    let text = site.read(page);
    let lines = text.lines().skip_while(|line| !line.trim_start().starts_with("$ "));
    let console: String = lines
        .take_while(|line| !line.trim_start().starts_with("```"))
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    site.write("recorded/openstack/image/list/console.txt", console);
    let log = site.read("docs/openstack/image/list/log.md");
    site.write("recorded/openstack/image/list/log.md", log);
    // The slip hides the command, so that nothing on this page is run.
    site.write("docs/slip.md", "``` console copy\n$ openstack image list\n```\n");
    let said =
        |command: &str| site.doctool(&[command, page, "docs/slip.md", "--replay", "recorded"]);
    let checked = said("check").exits(1);
    assert!(checked.out.contains("warning[disabled-fence]: "), "{}", checked.out);
    assert!(
        checked.out.ends_with("4 views up to date on 1 page, by replay; 1 warning\n"),
        "{}",
        checked.out
    );
    let refreshed = said("refresh").exits(0);
    assert!(refreshed.out.contains("--> docs/slip.md:1:13\n"), "{}", refreshed.out);
    site.write("doctool.yml", "diagnostics:\n  disabled-fence: error\n");
    let checked = said("check").exits(1);
    assert!(
        checked.out.ends_with("4 views up to date on 1 page, by replay; 1 error\n"),
        "{}",
        checked.out
    );
    said("refresh").exits(1);
    site.write("doctool.yml", "diagnostics:\n  disabled-fence: off\n");
    said("check").exits(0);
}

#[test]
fn the_guide_has_a_chapter_and_an_example_of_each_kind() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = doctool::settings::Site::read(&project.join("mkdocs.yml")).expect("our own settings");
    let guide = project.join("docs/guide/diagnostics.md");
    let guide = doctool::page::read(&own, &FileCache::new(project), &guide).expect("our own page");
    let heading = |index: usize| {
        (0..index).rev().find_map(|index| guide.line(index).strip_prefix("## ")).unwrap_or_default()
    };
    for kind in DiagnosticKind::OF_PAGES {
        let chapter = (0..guide.lines.len()).any(|index| guide.line(index) == format!("## {kind}"));
        assert!(chapter, "{kind} has no chapter");
        let Some(example) =
            guide.fences.iter().find(|fence| heading(fence.opener()) == kind.name())
        else {
            assert_eq!(kind, DiagnosticKind::NotUtf8, "only this one cannot be shown");
            continue;
        };
        let site = site(&example.text);
        site.write("docs/parts/itself.md", "--8<-- \"parts/itself.md\"\n");
        let found = findings(&site);
        let kinds: Vec<_> = found.iter().filter_map(|(what, _)| what.split(' ').next()).collect();
        assert_eq!(kinds, [kind.name()], "{}", example.text);
    }
}

#[test]
fn the_guide_has_a_chapter_of_each_kind_of_drift_with_its_severity() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/drift.md");
    let guide = std::fs::read_to_string(guide).expect("our own page");
    let mut chapters = guide.split("\n## ").skip(1);
    for kind in DiagnosticKind::OF_DRIFT {
        let chapter = chapters.next().expect("each kind has a chapter");
        let severity = kind.severity().name();
        let begins = chapter.to_lowercase().starts_with(&format!("{kind}\n\n*{severity}"));
        assert!(begins, "{kind} is {severity}: {chapter}");
    }
    assert_eq!(chapters.next(), None, "a chapter of no kind");
}
