//! Commands that are to fail, on the cloud that refuses them.

use std::fs;

use super::Live;

/// A page that deletes an image which may not be deleted.
const PROTECTED: &str = "---
doctool:
  setup:
    - openstack image create --protected --disk-format raw --container-format bare kept-here
  teardown:
    - openstack image set --unprotected kept-here
    - openstack image delete kept-here
  expect: fail 403
---
# A protected image

``` console
$ openstack image delete kept-here
```

``` mermaid
sequenceDiagram
--8<-- \"refused/diagram.md\"
```
";

/// A page that makes the same project twice, in a block with a command that succeeds.
const TWICE: &str = "---
doctool:
  teardown:
    - openstack project delete made-twice
  expect:
    openstack project create --description again made-twice: fail 409
---
# A project that is there

``` console
$ openstack project create made-twice --format value --column name
$ openstack project create --description again made-twice
$ openstack project show made-twice --format value --column name
```
";

#[test]
fn a_command_that_is_to_fail_is_documented_like_any_other() {
    let live = Live::new();
    let site = &live.site;
    fs::remove_dir_all(site.path("docs")).expect("the docs are there");
    let settings = "\nmarkdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets:\n      base_path: [docs]\n";
    site.write("mkdocs.yml", format!("site_name: Site\n{settings}"));
    site.write("docs/refused/index.md", PROTECTED);
    site.write("docs/refused/diagram.md", "");
    site.write("docs/twice.md", TWICE);

    // What the client prints when it is refused is what the page shows.
    site.doctool(&["refresh"]).exits(0);
    let refused = site.read("docs/refused/index.md");
    assert!(
        refused.contains("$ openstack image delete kept-here\nFailed to delete image"),
        "{refused}"
    );
    assert!(refused.contains("Failed to delete 1 of 1 images.\n```\n"), "{refused}");
    let diagram = site.read("docs/refused/diagram.md");
    assert!(diagram.contains("openstack->>glance-api: DELETE /image/v2/images/"), "{diagram}");
    assert!(
        diagram.contains("glance-api-->>openstack: 403 Forbidden /image/v2/images/"),
        "{diagram}"
    );
    let twice = site.read("docs/twice.md");
    assert!(
        twice.contains("made-twice\n$ openstack project create --description again"),
        "{twice}"
    );
    assert!(twice.contains("409"), "{twice}");
    assert!(twice.ends_with("name\nmade-twice\n```\n"), "the commands behind it ran: {twice}");
    live.shows_no_secret(&twice);
    let said = site.doctool(&["check"]).exits(0);
    assert_eq!(said.out, "5 views up to date on 2 pages, live\n");
    let before = live.docs();

    // Another status is another story, and so is no failure at all.
    site.write("docs/refused/index.md", refused.replace("fail 403", "fail 404"));
    site.write(
        "docs/twice.md",
        twice.replace(
            "--description again made-twice: fail 409",
            "made-twice --format value --column name: fail",
        ),
    );
    let said = site.doctool(&["check"]).exits(2);
    let told = "error[unexpected-result]: `openstack image delete kept-here` failed with 403, and the page expects 404\n  \
                --> docs/refused/index.md:13\n";
    assert!(said.out.contains(told), "{}", said.out);
    // The second one fails, and that was not said.
    let told = "error[command-failed]: `openstack project create --description again made-twice` exited with status 1\n";
    assert!(said.out.contains(told), "{}", said.out);
    site.write("docs/twice.md", "---\ndoctool:\n  expect: fail\n---\n\n``` console\n$ openstack project list --format value --column Name\n```\n");
    let now = live.docs();
    let said = site.doctool(&["refresh"]).exits(1);
    let told = "twice.md: a command did not fail as the page expects; not rewritten\n\nerror: `openstack project list --format \
                value --column Name` succeeded, and the page expects it to fail\n  --> docs/twice.md:7\n    | ";
    assert!(said.out.contains(told), "{}", said.out);
    assert_eq!(live.docs(), now, "neither is written");

    // A replay knows what the cloud answered.
    site.write("docs/refused/index.md", &refused);
    site.write("docs/twice.md", &twice);
    site.doctool(&["record", "--out", "recorded"]).exits(0);
    let replayed = site.doctool(&["check", "--replay", "recorded"]).exits(0);
    assert_eq!(replayed.out, "5 views up to date on 2 pages, by replay\n");
    site.write("docs/refused/index.md", refused.replace("fail 403", "fail 404"));
    let replayed = site.doctool(&["check", "--replay", "recorded"]).exits(1);
    assert!(
        replayed.out.contains("failed with 403, and the page expects 404\n"),
        "{}",
        replayed.out
    );
    site.write("docs/refused/index.md", &refused);
    assert_eq!(live.docs(), before);

    for (word, error) in [
        ("fail 200", "`expect: fail 200` says nothing that a command could do"),
        (
            "{openstack image delte kept-here: fail}",
            "`expect` names `openstack image delte kept-here`, which the page does not run",
        ),
    ] {
        site.write("docs/refused/index.md", refused.replace("fail 403", word));
        let said = site.doctool(&["check"]).exits(2);
        assert!(said.err.contains(error), "{}", said.err);
    }
}
