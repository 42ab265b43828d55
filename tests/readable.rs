//! Diagrams that pages show in parts, with steps for several messages, or without some participants:
//! they are compared as if all of them was shown.

mod support;

use std::path::{Path, PathBuf};

use support::{Said, Site};

const PAGE: &str = "docs/openstack/image/save";

/// This project's site with these settings for diagrams, and its page about saving an image, recorded
/// as it is documented.
fn site(settings: &str) -> Site {
    let site = Site::of_this_project();
    let console = "$ openstack image save --file cirros.qcow2 cirros-0.6.3-x86_64-disk\n";
    site.write("recorded/openstack/image/save/console.txt", console);
    site.write("recorded/openstack/image/save/log.md", site.read(&format!("{PAGE}/log.md")));
    set(&site, settings);
    site
}

fn set(site: &Site, settings: &str) {
    site.write("doctool.yml", format!("diagrams: {settings}\n"));
}

fn check(site: &Site) -> Said {
    site.doctool(&["check", PAGE, "--replay", "recorded"])
}

fn refresh(site: &Site) -> Said {
    site.doctool(&["refresh", PAGE, "--replay", "recorded"])
}

fn file(site: &Site, name: &str) -> String {
    site.read(&format!("{PAGE}/{name}"))
}

/// The page's files with their content.
fn files(site: &Site) -> Vec<(PathBuf, Vec<u8>)> {
    let files = site.files().into_iter();
    files.filter(|(path, _)| path.starts_with(site.path(PAGE))).collect()
}

/// What a diagram shows: its lines without comments.
fn drawn(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.trim_start().starts_with("%%")).collect()
}

#[test]
fn a_long_diagram_is_split_and_put_together_again() {
    let site = site("{split: 6}");
    let before = files(&site);
    let said = check(&site).exits(1);
    assert!(said.out.contains("diagram-part2.md"), "{}", said.out);
    assert_eq!(files(&site), before, "check writes nothing");
    refresh(&site).exits(0);
    assert_eq!(drawn(&file(&site, "diagram.md")).len(), 4);
    let part = file(&site, "diagram-part2.md");
    assert!(
        part.starts_with(
            "participant openstack\nparticipant keystone\nparticipant glance-api\nautonumber 5\n"
        ),
        "{part}"
    );
    let part = file(&site, "diagram-part3.md");
    assert!(
        part.starts_with("participant openstack\nparticipant glance-api\nautonumber 11\n"),
        "{part}"
    );
    let page = file(&site, "index.md");
    let blocks = "
``` mermaid
sequenceDiagram
    autonumber
    --8<-- \"openstack/image/save/diagram.md\"
```

``` mermaid
sequenceDiagram
    autonumber
    --8<-- \"openstack/image/save/diagram-part2.md\"
```

``` mermaid
sequenceDiagram
    autonumber
    --8<-- \"openstack/image/save/diagram-part3.md\"
```

* The client asks";
    assert!(page.contains(blocks), "{page}");
    check(&site).exits(0);
    let split = files(&site);
    refresh(&site).exits(0);
    assert_eq!(files(&site), split, "nothing is left to do");

    // Without settings a diagram stays as it is cut.
    site.write("doctool.yml", "");
    check(&site).exits(0);
    set(&site, "{split: 10}");
    check(&site).exits(0);

    set(&site, "{split: 0}");
    refresh(&site).exits(0);
    assert_eq!(files(&site), before);
}

#[test]
fn a_message_in_any_part_is_compared() {
    let site = site("{split: 6}");
    refresh(&site).exits(0);
    for (name, was, is) in [
        ("diagram.md", "300 MULTIPLE CHOICES", "200 OK"),
        ("diagram-part2.md", "404 Not Found", "200 OK"),
        ("diagram-part3.md", "/file", "/data"),
    ] {
        let before = file(&site, name);
        let changed = before.replacen(was, is, 1);
        assert_ne!(before, changed);
        site.write(&format!("{PAGE}/{name}"), &changed);
        let line = 1 + before
            .lines()
            .zip(changed.lines())
            .position(|(one, two)| one != two)
            .expect("one is");
        let said = check(&site).exits(1);
        assert!(said.out.contains(&format!("{name}:{line}")), "{}", said.out);
        site.write(&format!("{PAGE}/{name}"), &before);
    }
}

#[test]
fn what_a_page_says_counts_before_what_the_site_says() {
    let site = site("{split: 6}");
    let page = file(&site, "index.md");
    site.write(
        &format!("{PAGE}/index.md"),
        format!("---\ndoctool:\n  diagrams:\n    split: 0\n    fold: [token]\n---\n\n{page}"),
    );
    refresh(&site).exits(0);
    assert!(!site.path(&format!("{PAGE}/diagram-part2.md")).exists());
    let diagram = file(&site, "diagram.md");
    assert_eq!(
        drawn(&diagram)[..3],
        [
            "Note over openstack,keystone: (1-4) token",
            "autonumber 5",
            "openstack->>glance-api: GET /image"
        ]
    );
    check(&site).exits(0);
}

#[test]
fn what_happens_in_a_step_is_still_compared_and_told() {
    let site = site("{fold: [token, polling], hide: [keystone], split: 8}");
    refresh(&site).exits(0);
    check(&site).exits(0);
    set(&site, "{fold: [token]}");
    refresh(&site).exits(0);
    let renamed = file(&site, "diagram.md").replace("(1-4) token", "(1-4) how the client gets in");
    site.write(&format!("{PAGE}/diagram.md"), &renamed);
    check(&site).exits(0);

    let log = "recorded/openstack/image/save/log.md";
    let changed = site.read(log).replacen("300 MULTIPLE CHOICES", "200 OK", 1);
    site.write(log, changed);
    let said = check(&site).exits(1);
    assert!(said.out.contains("300 MULTIPLE CHOICES /identity"), "{}", said.out);
    assert!(said.out.contains("[sequence-changed]"), "{}", said.out);
    assert!(said.out.contains("diagram.md:1"), "{}", said.out);
    refresh(&site).exits(0);
    let diagram = file(&site, "diagram.md");
    assert!(diagram.starts_with("Note over openstack,keystone: (1-4) how the client gets in\n"));
    assert!(diagram.contains("%% | keystone-->>openstack: 200 OK /identity\n"), "{diagram}");
    check(&site).exits(0);
}

#[test]
fn steps_lead_to_their_sections() {
    let site = site("{split: 6, links: true}");
    let before = files(&site);
    refresh(&site).exits(0);
    let page = file(&site, "index.md");
    let expected = "diagram-part3.md\"\n```\n\nSteps: [11](#11-get-imagev2images) [12](#12-200-ok-imagev2images)";
    assert!(page.contains(expected), "{page}");
    assert!(page.contains("diagram.md\"\n```\n\nSteps: [1](#1-get-identity) "), "{page}");
    check(&site).exits(0);

    // What people write before the numbers stays.
    site.write(&format!("{PAGE}/index.md"), page.replace("Steps: ", "See "));
    set(&site, "{split: 4, links: true}");
    refresh(&site).exits(0);
    let page = file(&site, "index.md");
    assert!(page.contains("diagram-part5.md\"\n```\n\nSee [1"), "{page}");
    assert_eq!(page.matches("See [").count(), 5, "{page}");
    assert_eq!(page.matches("Steps: ").count(), 0, "{page}");
    check(&site).exits(0);

    set(&site, "{split: 0}");
    refresh(&site).exits(0);
    let page = file(&site, "index.md");
    let numbers = page.lines().find(|line| line.starts_with("See [1](")).expect("they stay");
    site.write(&format!("{PAGE}/index.md"), page.replace(&format!("\n{numbers}\n"), ""));
    assert_eq!(files(&site), before);
}

#[test]
fn ids_have_names_and_a_table_tells_what_they_stand_for() {
    let id = "5d0c4a3e-7f52-4b0e-9a52-3c1b6f0f5e21";
    let site = site("{names: auto, split: 10}");
    refresh(&site).exits(0);
    let diagrams = file(&site, "diagram.md") + &file(&site, "diagram-part2.md");
    assert!(!diagrams.contains(id), "{diagrams}");
    assert_eq!(diagrams.matches("/images/{image_id}/file\n").count(), 2, "{diagrams}");
    let page = file(&site, "index.md");
    let table = format!(
        "part2.md\"\n```\n\n| Name | Stands for |\n| --- | --- |\n| `{{image_id}}` | `{id}` |\n\n* The"
    );
    assert!(page.contains(&table), "{page}");
    check(&site).exits(0);
    let named = files(&site);
    refresh(&site).exits(0);
    assert_eq!(files(&site), named, "nothing is left to do");

    // Rows that people write stay, a row that is missing comes back, and so does a value.
    let row = format!("| `{{image_id}}` | `{id}` |");
    for (now, then) in [
        (format!("| `cirros` | an image |\n{row}"), format!("| `cirros` | an image |\n{row}")),
        ("| `{image_id}` | `another` |".to_owned(), row.clone()),
    ] {
        site.write(&format!("{PAGE}/index.md"), page.replace(&row, &now));
        refresh(&site).exits(0);
        assert_eq!(file(&site, "index.md"), page.replace(&row, &then));
    }

    // A name that people give is kept, in the diagram and in the table.
    for name in ["index.md", "diagram.md", "diagram-part2.md"] {
        let text = file(&site, name).replace("{image_id}", "{cirros}");
        site.write(&format!("{PAGE}/{name}"), text);
    }
    let renamed = files(&site);
    check(&site).exits(0);
    refresh(&site).exits(0);
    assert_eq!(files(&site), renamed);
}

/// A page whose command starts ten clients at once, with what they sent: 122 messages of which many
/// say the same.
fn several() -> Site {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readable/several");
    let site = Site::new(&[
        (
            "mkdocs.yml",
            "site_name: x\nmarkdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets: {base_path: [docs]}\n",
        ),
        ("docs/several/diagram.md", ""),
        ("docs/several/body.md", ""),
    ]);
    site.copy(&fixture, "docs/several");
    let page = site.read("docs/several/index.md");
    let command = page.lines().find(|line| line.starts_with("$ ")).expect("there is a command");
    site.write("recorded/several/console.txt", format!("{command}\n"));
    site.write("recorded/several/log.md", site.read("docs/several/log.md"));
    site
}

#[test]
fn clients_that_speak_at_once_are_drawn_in_parts_that_can_be_read() {
    let site = several();
    let run = "run: {allow: [openstack, bash]}\n";
    let doctool = |command| site.doctool(&[command, "docs/several", "--replay", "recorded"]);
    site.write("doctool.yml", format!("{run}diagrams: {{split: 40, names: auto, links: true}}\n"));
    doctool("refresh").exits(0);
    doctool("check").exits(0);
    let names = ["diagram.md", "diagram-part2.md", "diagram-part3.md", "diagram-part4.md"];
    let mut next = 1;
    for (index, name) in names.iter().enumerate() {
        let part = site.read(&format!("docs/several/{name}"));
        let messages = part.lines().filter(|line| line.contains(">>")).count();
        assert!((1..=40).contains(&messages), "{name} has {messages} messages");
        assert_eq!(part.contains(&format!("autonumber {next}\n")), index > 0, "{part}");
        next += messages;
    }
    assert_eq!(next - 1, 122);
    let page = site.read("docs/several/index.md");
    assert_eq!(page.matches("](#").count(), 122, "every step leads to its section");

    // Without Keystone, nothing is left of the first part.
    site.write("doctool.yml", format!("{run}diagrams: {{split: 40, hide: [keystone]}}\n"));
    doctool("refresh").exits(0);
    doctool("check").exits(0);
    for name in &names[..2] {
        assert!(drawn(&site.read(&format!("docs/several/{name}"))).len() > 4, "{name}");
    }
}

#[test]
fn adopt_compares_the_whole_diagram() {
    let site = site("{split: 6, fold: [token]}");
    refresh(&site).exits(0);
    let part = file(&site, "diagram-part2.md");
    let line =
        1 + part.lines().position(|line| line.contains("404 Not Found")).expect("it is there");
    site.write(&format!("{PAGE}/diagram-part2.md"), part.replace("404 Not Found", "200 OK"));
    let said = site.doctool(&["adopt", PAGE]);
    assert!(said.out.contains(&format!("diagram-part2.md:{line}")), "{}", said.out);
    assert_eq!(said.out.matches("this message is not in the log").count(), 1, "{}", said.out);
    assert!(!said.out.contains("further diagrams"), "{}", said.out);
}

#[test]
fn a_diagram_that_people_cut_is_refreshed_in_its_parts() {
    let site = site("{}");
    let diagram = file(&site, "diagram.md");
    let lines: Vec<&str> = diagram.split_inclusive('\n').collect();
    let page = file(&site, "index.md");
    let block = "``` mermaid\nsequenceDiagram\n    autonumber\n    --8<-- \"openstack/image/save/diagram.md\"\n```\n";
    // By the number that the block begins with, whatever the file is called.
    let next = block.replace("autonumber", "autonumber 11").replace("diagram.md", "images.md");
    let cut = page.replace(block, &format!("{block}\nThen it looks for the name.\n\n{next}"));
    assert_ne!(cut, page);
    site.write(&format!("{PAGE}/index.md"), &cut);
    site.write(&format!("{PAGE}/diagram.md"), lines[..10].concat());
    site.write(&format!("{PAGE}/images.md"), lines[10..].concat());
    let before = files(&site);
    check(&site).exits(0);
    refresh(&site).exits(0);
    assert_eq!(files(&site), before);

    // The version of Glance is no longer asked for.
    let log = "recorded/openstack/image/save/log.md";
    let entries = site.read(log);
    let entries: Vec<&str> = entries.split_inclusive("\n\n\n").collect();
    let fewer = [&entries[..4], &entries[6..]].concat().concat();
    site.write(log, fewer);
    let said = check(&site).exits(1);
    assert!(said.out.contains("`openstack->>glance-api: GET /image` was not sent"), "{}", said.out);
    // What the words say of it is for people to take out.
    refresh(&site).exits(1);
    assert_eq!(file(&site, "diagram.md"), [&lines[..4], &lines[6..10]].concat().concat());
    assert_eq!(file(&site, "images.md"), lines[10..].concat());
    let page = file(&site, "index.md");
    assert!(
        page.contains("    autonumber 9\n    --8<-- \"openstack/image/save/images.md\""),
        "{page}"
    );
}

#[test]
fn a_block_that_draws_more_than_the_diagram_stays_whole() {
    let site = site("{split: 6}");
    let include = "    --8<-- \"openstack/image/save/diagram.md\"\n";
    let page = file(&site, "index.md");
    let drawn = format!("{include}    Note over openstack: compares the hash\n");
    site.write(&format!("{PAGE}/index.md"), page.replace(include, &drawn));
    check(&site).exits(0);
}
