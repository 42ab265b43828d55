//! Pages that people made: what they edited is recognised and counted, and the rest is told.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;
use serde_json::Value;
use support::Site;

const CONFIG: &str = "site_name: x\nmarkdown_extensions:\n  - admonition\n  - tables\n  - pymdownx.superfences\n  - pymdownx.tabbed\n  - pymdownx.snippets:\n      base_path: [docs]\n";

const INDEX: &str = "# Page

``` console
$ openstack x
first
...
```

``` mermaid
sequenceDiagram
    autonumber
    --8<-- \"diagram.md\"
```

| name | value |
| --- | --- |
| `id` | a42bfade |

First `(1)`, then (1-2), not (3) or (2023).

``` mermaid
sequenceDiagram
    a->>b: of my own
```

--8<-- \"body.md\"

``` text
--8<-- \"log.md\"
```
";

const DIAGRAM: &str = "%% of two messages
opt when it is asked
  openstack->>keystone: GET /v3/{id}?name=demo
end
keystone-->>openstack: 200 OK /v3/{id}
";

const BODY: &str = "
### (1) GET /v3/a42bfade
`openstack` --> `keystone`

!!! reference \"API\"
    [GET](https://docs.example.org)

It asks, see (2).

``` text
(1)
```

=== \"Header\"
    ``` http title=\"GET /v3/a42bfade\" linenums=\"1\" hl_lines=\"1\"
    Host: h
    X-Auth-Token: gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJvLXX1HNPG_aFEylyLg7rBQwXEckDcnO__Yjj7akLG
    ```

=== \"Body\"
    ``` json title=\"GET /v3/a42bfade\" linenums=\"1\" \"hl_lines=\"1\"
    none
    ```


### 200 OK /v3/{id}
`openstack` <-- `keystone`

=== \"Header\"
    ``` http title=\"the answer\" linenums=\"1\"
    Content-Type: application/json
    ```

=== \"Body\"
    ``` json title=\"200 OK /v3/a42bfade\" linenums=\"1\"
    {
    ...
    }
    ```
";

const LOG: &str = "
### (openstack) REQ >>> (keystone) : GET http://h/v3/a42bfade
Host: h
X-Auth-Token: gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJvLXX1HNPG_aFEylyLg7rBQwXEckDcnO__Yjj7akLG

none


### (openstack) RESP <<< (keystone) : 200 OK GET http://h/v3/a42bfade
Content-Type: application/json

{
  \"a\": 1
}

";

fn site() -> Site {
    Site::new(&[
        ("mkdocs.yml", CONFIG),
        ("docs/index.md", INDEX),
        ("docs/diagram.md", DIAGRAM),
        ("docs/body.md", BODY),
        ("docs/log.md", LOG),
    ])
}

#[test]
fn every_sort_of_edit_is_recognised() {
    let site = site();
    let before = site.files();
    let said = site.doctool(&["adopt", "docs/index.md"]).exits(0);
    let expected = "\
index.md
  console  docs/index.md:5  the log does not say what it must be
  diagram  docs/diagram.md:1  2 messages, as in the log
  body     docs/body.md:1  2 messages, as in the log
  log      docs/log.md:1  2 messages, as in the log
      1  step numbers in headings
      1  references below headings
      1  sections with prose
      2  fences with highlighted lines
      3  references to steps in prose
      1  blocks in diagrams
      3  messages with names for ids
      1  queries added to messages
      1  tables or notes that say what a name stands for
      1  other lines in diagrams
      1  further diagrams
      2  places where lines are left out
      1  fences with other options, title or language
      1  slips in info strings
  published: 2 tokens (1 value)

all pages
      1  step numbers in headings
      1  references below headings
      1  sections with prose
      2  fences with highlighted lines
      3  references to steps in prose
      1  blocks in diagrams
      3  messages with names for ids
      1  queries added to messages
      1  tables or notes that say what a name stands for
      1  other lines in diagrams
      1  further diagrams
      2  places where lines are left out
      1  fences with other options, title or language
      1  slips in info strings
  published: 2 tokens (1 value); take them out with `doctool redact`
1 page with views of 1, 20 hand edits, 0 places not recognised, 2 secrets
";
    assert_eq!((&*said.out, &*said.err), (expected, ""));
    let said = site.doctool(&["adopt", "docs/index.md", "--places"]).exits(0);
    for place in
        ["docs/diagram.md:2  when it is asked", "docs/body.md:8  (2)", "docs/log.md:4:15  token"]
    {
        assert!(said.out.contains(&format!("\n         {place}\n")), "{place}: {}", said.out);
    }
    assert_eq!(site.files(), before);
}

#[test]
fn what_is_not_recognised_is_told_with_its_place() {
    for (file, was, is, place, reason) in [
        (
            "body.md",
            "    Host: h\n",
            "    Host: g\n",
            16,
            "from here on `Header` is not as in the log",
        ),
        ("body.md", "### (1) GET", "### (2) GET", 2, "the heading of message 1 says 2"),
        (
            "body.md",
            "### (1) GET /v3/a42bfade",
            "### (1) GET /v4",
            2,
            "this heading is not the one of its message",
        ),
        (
            "body.md",
            "`openstack` <-- `keystone`\n",
            "\n",
            26,
            "below this heading is not the arrow of its message",
        ),
        (
            "body.md",
            "=== \"Body\"\n    ``` json title=\"GET",
            "=== \"Was\"\n    ``` json title=\"GET",
            2,
            "this section has no tab `Body` with a fence",
        ),
        (
            "body.md",
            "\n### 200 OK",
            "\n### PUT /own\n`a` --> `b`\n\n### 200 OK",
            26,
            "the message of this section is not in the log",
        ),
        (
            "diagram.md",
            "keystone-->>openstack: 200",
            "keystone-->>openstack: 404",
            5,
            "this message is not in the log",
        ),
        ("diagram.md", "end\n", "end\nwhatever\n", 5, "this line of a diagram is unknown"),
        ("log.md", "none\n", "none\n\n", 9, "from here on the log reads differently"),
    ] {
        let site = site();
        let path = format!("docs/{file}");
        let old = site.read(&path);
        assert!(old.contains(was), "{was}");
        site.write(&path, old.replacen(was, is, 1));
        let said = site.doctool(&["adopt", "docs/index.md"]).exits(1);
        let line = format!("         docs/{file}:{place}  {reason}\n");
        assert!(said.out.contains(&line), "{line}{}", said.out);
    }
}

#[test]
fn a_view_that_lacks_messages_says_which() {
    let site = site();
    site.write("docs/body.md", &BODY[..BODY.find("\n\n### 200").expect("it is there")]);
    site.write("docs/diagram.md", "openstack->>keystone: POST /own\n");
    let said = site.doctool(&["adopt", "docs/index.md"]).exits(1);
    for line in [
        "docs/body.md:2  message 2 of the log is not here",
        "docs/diagram.md:1  messages 1 to 2 of the log are not here",
        "docs/diagram.md:1  this message is not in the log",
    ] {
        assert!(said.out.contains(line), "{line}: {}", said.out);
    }
    assert!(
        said.out.contains("docs/diagram.md:1  1 message, 3 not as in the log\n"),
        "{}",
        said.out
    );
}

#[test]
fn a_page_without_log_has_nothing_to_be_compared_with() {
    let site = site();
    site.write("docs/log.md", "");
    let said = site.doctool(&["adopt", "docs/index.md"]).exits(1);
    assert!(said.out.contains("docs/body.md:1  2 messages, no log\n"), "{}", said.out);
    let reason = "docs/body.md:1  the page has no log with which this could be compared\n";
    assert!(said.out.contains(reason), "{}", said.out);
}

#[test]
fn json_tells_every_place_and_no_secret() {
    let site = site();
    let said = site.doctool(&["adopt", "--format", "json"]).exits(0);
    assert!(!said.out.contains("gAAAAA"), "{}", said.out);
    let report: Value = serde_json::from_str(&said.out).expect("it is JSON");
    assert_eq!(report["edits"]["step-reference"], 3);
    assert_eq!(report["secrets"]["token"], 2);
    let page = &report["pages"][0];
    let edit = page["edits"].as_array().expect("there are edits");
    let blocks: Vec<_> = edit.iter().filter(|edit| edit["kind"] == "block").collect();
    assert_eq!(blocks.len(), 1);
    assert_eq!((&blocks[0]["file"], &blocks[0]["line"]), (&"docs/diagram.md".into(), &2.into()));
    assert_eq!(page["secrets"][0]["line"], 17);
    let schema = site.doctool(&["schema", "adopt"]).exits(0);
    let schema: Value = serde_json::from_str(&schema.out).expect("it is JSON");
    for key in report.as_object().expect("it is an object").keys() {
        assert!(schema["properties"].get(key).is_some(), "`{key}` is not in the schema");
    }
}

/// Counts on pages that people published, beside counts made with nothing but regular expressions.
#[test]
fn published_pages_have_the_edits_that_a_search_finds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pages");
    if !root.exists() {
        return;
    }
    let site = Site::new(&[]);
    for folder in ["docs", "inc"] {
        site.copy(&root.join(folder), folder);
    }
    site.write("mkdocs.yml", fs::read(root.join("mkdocs.yml")).expect("it is there"));
    let said = site.doctool(&["adopt", "docs", "--format", "json"]).exits(0);
    let report: Value = serde_json::from_str(&said.out).expect("it is JSON");

    let files: BTreeMap<PathBuf, Vec<u8>> = site.files().into_iter().collect();
    let count = |name: &str, pattern: &str| {
        let pattern = Regex::new(&format!("(?m){pattern}")).expect("it is valid");
        let named = files.iter().filter(|(path, _)| path.ends_with(name));
        named.map(|(_, bytes)| pattern.find_iter(&String::from_utf8_lossy(bytes)).count()).sum()
    };
    let searched: [(&str, usize); 7] = [
        ("step-number", count("body.md", r"^### \(\d+\) ")),
        ("reference", count("body.md", r"^!!! reference ")),
        ("highlight", count("body.md", r"^    ``` .*hl_lines=")),
        ("slip", count("body.md", r#" "hl_lines="#)),
        ("block", count("diagram.md", r"^opt ")),
        ("placeholder", count("diagram.md", r"^.*\{\w+\}")),
        (
            "step-reference",
            count("index.md", r"\(\d+(-\d+)?\)(-\(\d+\)|, \(\d+\))*")
                + count("body.md", r"^[^#\n]*?`\(\d+(-\d+)?\)(-\(\d+\)|, \(\d+\))*`"),
        ),
    ];
    for (kind, searched) in searched {
        assert_eq!(report["edits"][kind], searched, "{kind}");
    }
    assert_eq!(report["edits"]["own-diagram"], 1);
    assert_eq!(report["edits"]["legend"], 1);
    assert_eq!(report["unplaced"], 0);
    assert_eq!(report["secrets"], serde_json::json!({"password": 15, "token": 61}));
    let messages = |page: &Value| page["messages"].as_u64().unwrap_or_default();
    let pages = report["pages"].as_array().expect("there are pages");
    assert_eq!(pages.iter().map(messages).sum::<u64>(), 52);
}
