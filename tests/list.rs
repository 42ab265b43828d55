//! What `list` says: which commands a page documents, and why one is not run.

mod support;

use doctool::model::FileCache;
use doctool::page;
use doctool::settings;
use serde_json::Value;
use support::Site;

const PAGE: &str = r##"# Page

??? example "openstack image show tiny"
    ``` json title="Output"
    {}
    ```

``` cmd
$ python setup.py install
```

``` bash
# systemctl restart glance
```

``` console
$ openstack image list | grep tiny
$ openstack image list
```
"##;

#[test]
fn each_command_is_listed_with_its_line_and_the_reason_if_it_is_not_run() {
    let config = "markdown_extensions: [pymdownx.details, pymdownx.superfences]\n";
    let site = Site::new(&[("mkdocs.yml", config), ("docs/page.md", PAGE)]);
    let said = site.doctool(&["list", "--format", "json"]).exits(0);
    let listing: Value = serde_json::from_str(&said.out).expect("it is JSON");
    let commands = listing["pages"][0]["commands"].as_array().expect("a list").iter();
    let told: Vec<_> = commands
        .map(|command| {
            let text = |key: &str| command[key].as_str().unwrap_or_default();
            (command["line"].as_u64().unwrap_or_default(), text("command"), text("reason"))
        })
        .collect();
    let expected = [
        (3, "openstack image show tiny", ""),
        (9, "python setup.py install", "`python` is not in `run.allow`"),
        (13, "systemctl restart glance", "`#` is root's prompt or a comment"),
        (17, "openstack image list | grep tiny", "needs a shell for `|`"),
        (18, "openstack image list", ""),
    ];
    assert_eq!(told, expected);
    let said = site.doctool(&["list"]).exits(0);
    assert!(
        said.out.contains("  not run  docs/page.md:9  python setup.py install  (`python` is not"),
        "{}",
        said.out
    );
    assert!(said.out.contains("2 commands to run, 3 not run, 2 views"), "{}", said.out);
}

#[test]
fn fences_of_an_included_file_are_looked_for_once_and_are_the_same() {
    let config = "markdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets:\n      \
                  base_path: [docs]\n      auto_append: [end.txt]\n";
    let part = "\n# Part\n\n``` json title=\"a\"\n{\n\n}\n```\n\n    ```\n    b\n    ```\n";
    let open = "``` json\n{}\n```\n\n```\nopen\n";
    let index = "one\n\n--8<-- \"part.md\"\n\n  --8<-- \"part.md\"\n\n```\n--8<-- \"part.md\"\n```\n\n\
                 --8<-- \"open.md\"\nend\n```\n\n--8<-- \"part.md\"\n";
    let files = [
        ("mkdocs.yml", config),
        ("docs/end.txt", "end"),
        ("docs/part.md", part),
        ("docs/open.md", open),
        ("docs/index.md", index),
    ];
    let site = Site::new(&files);
    let root = site.path("").canonicalize().expect("it is there");
    let settings = settings::Site::find(&root).expect("the settings are right");
    let read = |files: &FileCache, name: &str| {
        page::read(&settings, files, &root.join("docs").join(name)).expect("it is a page")
    };
    let afresh = read(&FileCache::new(&root), "index.md");
    let files = FileCache::new(&root);
    let part = read(&files, "part.md");
    read(&files, "open.md");
    let index = read(&files, "index.md");
    assert_eq!(index.fences, afresh.fences);
    assert_eq!(index.diagnostics, afresh.diagnostics);
    let shared = |fence: &doctool::model::Fence| {
        part.fences.iter().any(|other| std::sync::Arc::ptr_eq(&other.block, &fence.block))
    };
    let shared: Vec<usize> =
        index.fences.iter().filter(|fence| shared(fence)).map(|fence| fence.lines.start).collect();
    assert_eq!(shared.len(), 2 * part.fences.len(), "{shared:?}");
}
