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
