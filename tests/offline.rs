//! `check --offline`: what is found on pages by themselves, with no cloud and no recording.

mod support;

use support::Site;

const PAGE: &str = "docs/openstack/image/list";

fn check(site: &Site) -> support::Said {
    site.doctool(&["check", "--offline", "docs/openstack"])
}

#[test]
fn pages_that_agree_with_themselves_pass_without_a_cloud() {
    let site = Site::of_this_project().with("PATH", "");
    let before = site.files();
    let said = check(&site).exits(0);
    assert!(said.out.ends_with(" pages, offline\n"), "{}", said.out);
    assert!(said.out.starts_with("40 views consistent"), "{}", said.out);
    assert_eq!(site.files(), before, "nothing is written");
}

#[test]
fn each_flaw_is_named_with_its_place() {
    for (file, was, is, kind, line) in [
        // A message that the log does not have, a heading and a diagram that say something else.
        ("diagram.md", "300 MULTIPLE CHOICES", "200 OK", "views-disagree", 2),
        ("body.md", "### (5) ", "### (6) ", "views-disagree", 0),
        ("log.md", ">>>", ">>", "views-disagree", 0),
        ("index.md", "`(8-9)`", "`(8-99)`", "stale-reference", 0),
        ("index.md", "list/body.md", "list/nobody.md", "missing-include", 0),
        (
            "index.md",
            "## Sequence",
            "`{\"password\": \"q1w2e3r4\"}`\n\n## Sequence",
            "published-secret",
            0,
        ),
        (
            "log.md",
            "[redacted:token]",
            "gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJv",
            "published-secret",
            0,
        ),
        ("diagram.md", "openstack->>keystone", "openstack->keystone->", "unreadable-diagram", 0),
    ] {
        let site = Site::of_this_project();
        let config = site.read("mkdocs.yml").replace("check_paths: true", "check_paths: false");
        site.write("mkdocs.yml", config);
        let file = format!("{PAGE}/{file}");
        let text = site.read(&file);
        assert!(text.contains(was), "`{was}` is in {file}");
        site.write(&file, text.replacen(was, is, 1));
        let said = check(&site).exits(1);
        assert!(said.out.contains(&format!("[{kind}]")), "{kind} by `{is}`: {}", said.out);
        let place = if line > 0 { format!("{file}:{line}") } else { file };
        assert!(said.out.contains(&place), "{place}: {}", said.out);
        assert!(!said.out.contains("q1w2e3r4"), "{}", said.out);
    }
}

#[test]
fn a_text_that_differs_is_told_once_with_what_the_log_says() {
    let differing = |edits: &[(&str, &str)]| {
        let site = Site::of_this_project();
        let file = format!("{PAGE}/body.md");
        let text = edits.iter().fold(site.read(&file), |text, (was, is)| {
            assert!(text.contains(was), "`{was}` is in {file}");
            text.replacen(was, is, 1)
        });
        site.write(&file, text);
        let said = check(&site);
        let told = said.out.lines().filter(|line| line.starts_with("warning[views-disagree]"));
        told.map(str::to_owned).collect::<Vec<_>>()
    };
    let body = "warning[views-disagree]: from here on `Body` is not as in the log";
    let (status, updated) = ("        \"status\": \"stable\",\n", "        \"updated\": \"2020");
    let other =
        [(status, "        \"status\": \"new\",\n"), (updated, "        \"updated\": \"2021")];
    assert_eq!(differing(&other), [format!("{body}, which says `\"status\": \"stable\",`")]);
    assert_eq!(
        differing(&[(
            "    ]\n      }\n    }\n    ```",
            "    ]\n      }\n    }\n    ...\n    !\n    ```"
        )]),
        [format!("{body}, which ends there")]
    );
    let header = "warning[views-disagree]: from here on `Header` is not as in the log";
    assert_eq!(
        differing(&[("    Server: waitress\n", "")]),
        [format!("{header}, which says `Server: waitress`")]
    );
    // A long line is not shown in part: a secret could be cut in two.
    let agent = "    User-Agent: openstacksdk";
    let told = [format!("{header}, which has another long line there")];
    assert_eq!(differing(&[(agent, "    User-Agent: own")]), told);
    // What a person left out is no difference, and neither is what hides a secret otherwise.
    assert_eq!(differing(&[(status, "    ...\n")]), [""; 0]);
    let token = "gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJv";
    assert_eq!(differing(&[("[redacted:token]", token)]), [""; 0]);
    // But what else differs there is one.
    let line = "X-Auth-Token: [redacted:token]\n";
    let told = differing(&[(line, &format!("X-Auth-Token: {token} \n    X-Own: 1\n"))]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with(header) && !told[0].contains(token), "{told:?}");
}

#[test]
fn a_secret_of_several_lines_is_compared_as_a_whole() {
    let site = Site::of_this_project();
    for (file, indent, id) in [("body.md", 14, "q1w2e3r4t5"), ("log.md", 10, "[redacted:token]")] {
        let file = format!("{PAGE}/{file}");
        let text = site.read(&file);
        let was = "\"password\": \"[redacted:password]\"";
        assert!(text.contains(was), "{file}");
        let [inner, outer] = [indent + 2, indent].map(|blanks| " ".repeat(blanks));
        let is = format!("\"token\": {{\n{inner}\"id\": \"{id}\"\n{outer}}}");
        site.write(&file, text.replacen(was, &is, 1));
    }
    let said = check(&site).exits(1);
    assert!(!said.out.contains("is not as in the log"), "{}", said.out);
    assert!(said.out.contains("published-secret"), "{}", said.out);
    assert!(!said.out.contains("q1w2e3r4t5"), "{}", said.out);
}

#[test]
fn what_is_skipped_is_told_and_can_be_made_a_failure() {
    let site = Site::of_this_project();
    let page = format!("{PAGE}/index.md");
    site.write(&page, format!("---\ndoctool:\n  skip: true\n---\n{}", site.read(&page)));
    let said = check(&site).exits(0);
    let skipped = "skipped `openstack/image/list/index.md`: the page asks to be left alone\n";
    assert!(said.out.ends_with(skipped), "{}", said.out);
    let require = |level: &str| {
        site.doctool(&["check", "--offline", "docs/openstack", "--require", level]).exits(1).out
    };
    assert_eq!(require("offline").matches("[not-verified]").count(), 1);
    assert_eq!(require("live").matches("[not-verified]").count(), 10);
}

#[test]
fn a_site_without_pages_is_not_verified() {
    let site = Site::new(&[("mkdocs.yml", "site_name: x\n"), ("docs/a.txt", "")]);
    site.doctool(&["check", "--offline"]).exits(2);
}

#[test]
fn a_site_is_named_from_elsewhere() {
    let broken = "--8<-- \"gone.md\"\n``` console\n$ openstack image list\n```\n";
    let mkdocs = "site_name: x\nmarkdown_extensions: [pymdownx.superfences, pymdownx.snippets]\n";
    let site = Site::new(&[("handbook/mkdocs.yml", mkdocs), ("handbook/docs/a.md", broken)]);
    let said = site.doctool(&["check", "--offline"]).exits(2);
    assert!(said.err.contains("or name it with `--site`"), "{}", said.err);
    for folder in ["handbook", "./handbook/docs", "other/../handbook"] {
        let said = site.doctool(&["check", "--offline", "--site", folder]).exits(1);
        assert!(said.out.contains("--> handbook/docs/a.md:1:"), "{}", said.out);
    }
    for page in ["a.md", "handbook/docs/a.md"] {
        site.doctool(&["check", page, "--offline", "--site", "handbook"]).exits(1);
    }
    // The site above is not meant.
    site.write("mkdocs.yml", mkdocs);
    let said = site.doctool(&["check", "--offline", "--site", "handbok"]).exits(2);
    assert!(said.err.contains("no folder `handbok`"), "{}", said.err);
}
