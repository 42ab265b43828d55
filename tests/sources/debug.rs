//! What a client tells with `--debug`.

use super::support::Site;
use super::{LIST, Live};

/// The client's side of the page, with the words of statuses that are not told.
const CLIENT_SIDE: [&str; 8] = [
    "openstack->>keystone: GET /identity",
    "keystone-->>openstack: 300 /identity",
    "openstack->>keystone: POST /identity/v3/auth/tokens",
    "keystone-->>openstack: 201 /identity/v3/auth/tokens",
    "openstack->>glance-api: GET /image",
    "glance-api-->>openstack: 300 /image",
    "openstack->>glance-api: GET /image/v2/images",
    "glance-api-->>openstack: 200 /image/v2/images",
];

#[test]
fn a_page_is_told_by_its_client_alone() {
    let live = Live::new("debug");
    let site = &live.site;
    let console = site.read(&format!("{LIST}/index.md"));
    let is_client = |line: &&str| line.contains("openstack->>") || line.contains(">>openstack:");
    let documented = site.read(&format!("{LIST}/diagram.md"));
    let of_client: Vec<&str> = documented.lines().filter(is_client).collect();
    let said = site.doctool(&["refresh", LIST]).exits(1).out;
    // The words of statuses stay as they are documented.
    assert_eq!(site.read(&format!("{LIST}/diagram.md")).lines().collect::<Vec<_>>(), of_client);
    let not_seen = "not seen on `openstack/image/list/index.md`: what services send each other; the words \
                    of statuses; headers and content of the request for a token; 1 token, of which it \
                    tells a checksum\n";
    assert!(said.contains(not_seen), "{said}");
    // What the client prints besides, because it is asked to, is not shown.
    let block = |page: &str| {
        let start = page.find("$ openstack").expect("there is a command");
        page[start..].split("```").next().map(str::to_owned)
    };
    assert_eq!(block(&site.read(&format!("{LIST}/index.md"))), block(&console));
    let log = site.read(&format!("{LIST}/log.md"));
    assert!(log.contains("\"name\": \"cirros-0.6.3-x86_64-disk\""), "{log}");
    assert!(
        log.contains("### (openstack) RESP <<< (keystone) : 201 CREATED POST http://"),
        "{log}"
    );
    assert!(!log.contains("gAAAAA") && !log.contains("{SHA256}"), "{log}");
    let checked = site.doctool(&["check", LIST, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&checked.out).expect("it is JSON");
    let page = &report["pages"][0];
    assert_eq!(page["not_seen"].as_array().map(Vec::len), Some(4), "{report}");
    let stale = page["views"].as_array().into_iter().flatten();
    assert!(stale.clone().count() >= 4 && stale.clone().all(|view| view["stale"] == false));

    // What the client prints for a person says the same, line by line or as a file.
    let words = ["openstack", "--debug", "--log-file", "told.log", "image", "list"];
    let output = live.program(&words, &[]);
    assert!(output.status.success(), "{output:?}");
    site.write("list.debug", &output.stderr);
    for (file, more) in [("list.debug", &[][..]), ("told.log", &["--from", "debug"])] {
        let said = site.doctool(&[&["render", file, "--to", "diagram"], more].concat()).exits(0);
        assert_eq!(said.out.lines().collect::<Vec<_>>(), CLIENT_SIDE);
        assert!(said.err.starts_with("not seen: what services send each other; "), "{}", said.err);
        let har = site.doctool(&[&["render", file, "--to", "har"], more].concat()).exits(0).out;
        let har: serde_json::Value = serde_json::from_str(&har).expect("it is JSON");
        assert_eq!(har["log"]["entries"].as_array().map(Vec::len), Some(4));
        let body = site.doctool(&[&["render", file, "--to", "body"], more].concat()).exits(0).out;
        assert!(body.contains("### (8) 200 /image/v2/images"), "{body}");
    }
}

#[test]
fn a_program_that_tells_nothing_of_itself_is_named() {
    let page = "# Page\n\n```console\n$ printf said\nsaid\n```\n";
    let settings = "cloud: mine\nrun: {allow: [printf]}\nclouds:\n  mine:\n    env: {A: b}\n    capture: debug\n";
    let site = Site::new(&[
        ("mkdocs.yml", "site_name: x\nmarkdown_extensions: [pymdownx.superfences]\n"),
        ("docs/index.md", page),
        ("doctool.yml", settings),
    ]);
    let cache = site.path("cache").display().to_string();
    let site = site.with("DOCTOOL_CACHE_DIR", cache);
    let said = site.doctool(&["check"]).exits(0).out;
    let not_seen = "not seen on `index.md`: what `printf` sends in `printf said`\n";
    assert!(said.ends_with(not_seen), "{said}");
}

#[test]
fn what_cannot_be_paired_is_told_with_its_line() {
    let text =
        "REQ: curl -g -i -X GET http://h/a\nREQ: curl -g -i -X GET http://h/a\nRESP: [200] A: b\n";
    let site = Site::new(&[("x.debug", text), ("empty.debug", "nothing\n")]);
    let said = site.doctool(&["render", "x.debug", "--to", "diagram"]).exits(0);
    assert_eq!(said.out, "openstack->>h: GET /a\nopenstack->>h: GET /a\n");
    let warning =
        "warning: not drawn: an answer to one of several requests at once\n  --> x.debug:3\n";
    assert!(said.err.starts_with(warning), "{}", said.err);
    let said = site.doctool(&["render", "empty.debug", "--to", "diagram"]).exits(2);
    assert!(said.err.contains("no client tells here what it sends"), "{}", said.err);
}
