//! A page about some API that has nothing to do with OpenStack: `curl`, a small server, and the rules
//! in doctool.yml.

mod support;

use support::Site;
use support::web::{Web, answer};

const PAGE: &str = "---\ndoctool:\n  files:\n    - key.txt\n---\n\n# Things\n\n\
    ``` console\n$ curl --silent --show-error --header @key.txt SERVER/v1/things\n```\n\n\
    ``` mermaid\nsequenceDiagram\n    --8<-- \"things/diagram.md\"\n```\n\n\
    --8<-- \"things/body.md\"\n\n\
    ``` text\n--8<-- \"things/log.md\"\n```\n";

const SETTINGS: &str = "cloud: things\n\
    clouds:\n  things:\n    env:\n      THINGS_URL: SERVER\n\
    run:\n  allow: [curl]\n\
    participants:\n  - url: ^SERVER/v1/\n    name: thing-api\n\
    redact:\n  headers: [X-Api-Key]\n  fields: [pin_code]\n";

fn site(web: &Web) -> Site {
    let server = web.url("");
    Site::new(&[
        (
            "mkdocs.yml",
            "site_name: Things\nmarkdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets:\n      base_path: [docs]\n",
        ),
        ("doctool.yml", &SETTINGS.replace("SERVER", &server)),
        ("docs/index.md", &PAGE.replace("SERVER", &server)),
        ("docs/key.txt", "X-Api-Key: key-0123456789\n"),
        ("docs/things/diagram.md", ""),
        ("docs/things/body.md", ""),
        ("docs/things/log.md", ""),
    ])
}

#[test]
fn a_page_about_any_api_is_refreshed_with_rules_from_the_settings_alone() {
    let web = Web::new(|_, times| {
        let body =
            format!("{{\"things\": [{{\"name\": \"one\", \"pin_code\": \"48151623{times}\"}}]}}\n");
        answer("200 OK", "Content-Type: application/json\r\n", body)
    });
    let site = site(&web);
    let said = site.doctool(&["refresh"]).exits(0);
    assert!(said.out.ends_with("4 of 4 views rewritten on 1 page\n"), "{}", said.out);
    assert_eq!(
        site.read("docs/things/diagram.md"),
        "curl->>thing-api: GET /v1/things\nthing-api-->>curl: 200 OK /v1/things\n"
    );
    let log = site.read("docs/things/log.md");
    assert!(
        log.contains(&format!("### (curl) REQ >>> (thing-api) : GET {}", web.url("/v1/things")))
    );
    assert!(log.contains("\nX-Api-Key: [redacted:"), "{log}");
    assert!(site.read("docs/things/body.md").contains("\"name\": \"one\""));
    let generated = ["docs/things/body.md", "docs/things/log.md"].map(|file| site.read(file));
    for text in generated {
        assert!(!text.contains("48151623") && !text.contains("key-0123456789"), "{text}");
    }
    // Only the secret differs the next time.
    let docs = || {
        let (docs, mut files) = (site.path("docs"), site.files());
        files.retain(|(path, _)| path.starts_with(&docs));
        files
    };
    let before = docs();
    site.doctool(&["check"]).exits(0);
    site.doctool(&["refresh"]).exits(0);
    assert_eq!(docs(), before);
}

#[test]
fn what_is_not_allowed_does_not_run() {
    let web = Web::new(|_, _| answer("200 OK", "", "[]"));
    let site = site(&web);
    let settings = site.read("doctool.yml").replace("[curl]", "[wget]");
    site.write("doctool.yml", settings);
    let said = site.doctool(&["refresh"]).exits(2);
    assert!(said.err.contains("none of these pages documents a command"), "{}", said.err);
    assert!(web.asked().is_empty());
}
