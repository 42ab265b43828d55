//! Several pages at once, on a real cloud: the same as one after another.

use std::fs;

use super::Live;

/// A page with a command, a diagram and a log, none of which shows anything yet.
fn page(live: &Live, name: &str, front_matter: &str, command: &str) {
    let head = match front_matter {
        "" => String::new(),
        text => format!("---\ndoctool:\n{text}---\n\n"),
    };
    let text = format!(
        "{head}# {name}\n\n``` console\n$ {command}\n```\n\n``` mermaid\nsequenceDiagram\n--8<-- \"{name}/diagram.md\"\n```\n\n\
         ``` text\n--8<-- \"{name}/log.md\"\n```\n"
    );
    live.site.write(&format!("docs/{name}/index.md"), text);
    live.site.write(&format!("docs/{name}/diagram.md"), "");
    live.site.write(&format!("docs/{name}/log.md"), "");
}

/// A report without how long things took, which is new each time.
fn without_times(report: &str) -> serde_json::Value {
    let mut report: serde_json::Value = serde_json::from_str(report).expect("it is JSON");
    let mut open = vec![&mut report];
    while let Some(value) = open.pop() {
        match value {
            serde_json::Value::Object(members) => {
                members.remove("milliseconds");
                open.extend(members.values_mut());
            }
            serde_json::Value::Array(values) => open.extend(values),
            _ => {}
        }
    }
    report
}

#[test]
fn pages_that_run_at_once_are_told_as_if_one_ran_after_another() {
    let live = Live::new();
    let site = &live.site;
    fs::remove_dir_all(site.path("docs")).expect("the docs are there");
    site.write(
        "mkdocs.yml",
        "site_name: Site\nmarkdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets:\n      base_path: [docs]\n",
    );
    let image = "openstack image create --disk-format raw --container-format bare";
    let removes = "  teardown:\n    - openstack image delete of-all\n";
    page(&live, "a-images", "", "openstack image list");
    page(&live, "b-projects", "", "openstack project list");
    page(&live, "c-images", "", "openstack image list --long");
    page(&live, "d-create", removes, &format!("{image} of-all"));
    page(&live, "e-images", "", "openstack image list --format json");
    page(&live, "f-fails", "", "openstack image member list no-such-image");
    page(&live, "g-users", "", "openstack user list");
    // What is first asked of a cloud finds caches cold.
    site.doctool(&["check"]).exits(2);

    // The pages as they are to be, and what is said of them. One of them fails.
    let said = site.doctool(&["refresh"]).exits(2);
    assert!(
        said.out.contains("f-fails/index.md: a command failed; not rewritten\n"),
        "{}",
        said.out
    );
    let glance = site.read("docs/c-images/diagram.md");
    assert!(glance.contains("glance-api->>keystone: GET /identity/v3/auth/tokens"), "{glance}");
    let made = live.docs();
    let check = |jobs: &str| {
        without_times(&site.doctool(&["check", "--format", "json", "--jobs", jobs]).exits(2).out)
    };
    let one = check("1");
    for jobs in ["2", "4"] {
        assert_eq!(check(jobs), one, "--jobs {jobs}");
    }
    let said = site.doctool(&["refresh", "--jobs", "3"]).exits(2);
    assert!(said.out.contains("0 of 18 views rewritten on 6 pages"), "{}", said.out);
    assert_eq!(live.docs(), made, "there is nothing to write");

    // Stale in the same places, they are written to the same bytes.
    for name in ["a-images", "c-images", "e-images", "g-users"] {
        for view in ["diagram", "log"] {
            let file = format!("docs/{name}/{view}.md");
            site.write(&file, site.read(&file).replace("200 OK", "201 Other"));
        }
    }
    let stale = check("1");
    assert_eq!(check("3"), stale);
    assert!(stale.to_string().contains("sequence-changed"), "{stale}");
    site.doctool(&["refresh", "--jobs", "3"]).exits(2);
    assert_eq!(live.docs(), made);
}
