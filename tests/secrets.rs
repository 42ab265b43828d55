//! Secrets: planted where they do not belong, in every encoding, and searched for in all that
//! doctool writes and says.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use support::{Said, Site};

/// With every character that some encoding writes in another way.
const PASSWORD: &str = "Pa55/w0rd&+ \"q<é>~x";
const TOKEN: &str = "gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJvLXX1HNPG_aFEylyLg7rBQwXEckDcnO__Yjj7akLG";

const PAGE: &str = "# Page\n\n``` console\n$ openstack x\n```\n\n``` mermaid\nsequenceDiagram\n--8<-- \"diagram.md\"\n```\n\n\
                    --8<-- \"body.md\"\n\n``` text\n--8<-- \"log.md\"\n```\n";
const CONFIG: &str = "site_name: x\nmarkdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets:\n      base_path: [docs]\n";

/// The ways in which a value may be written, each with its name.
fn written(value: &str) -> Vec<(&'static str, String)> {
    let percent = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
    let json = serde_json::to_string(value).expect("a string is JSON");
    let mut ways = vec![
        ("raw", value.to_owned()),
        ("json", json[1..json.len() - 1].to_owned()),
        ("percent", percent.clone()),
        ("percent, small", percent.to_lowercase().replace(&value.to_lowercase(), value)),
        (
            "html",
            value
                .replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
                .replace('"', "&quot;"),
        ),
        ("hex", value.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ];
    for (name, prefix) in [
        ("base64", ""),
        ("base64, 1 on", "a"),
        ("base64, 2 on", "ab"),
        ("base64, with a user", "admin:"),
    ] {
        ways.push((name, STANDARD.encode(format!("{prefix}{value}"))));
        ways.push((name, URL_SAFE_NO_PAD.encode(format!("{prefix}{value} and more"))));
    }
    ways.retain(|(name, _)| {
        *name != "percent, small" || !value.chars().any(|c| c.is_ascii_uppercase())
    });
    ways
}

/// A site with a recording in which the secrets stand in their own places and, written in one way
/// each, in places where nobody expects them.
fn planted(stray: &str) -> Site {
    let password = serde_json::to_string(PASSWORD).expect("a string is JSON");
    let stray_json = stray.replace('\\', "\\\\").replace('"', "\\\"");
    let log = format!(
        "\n### (openstack) REQ >>> (keystone) : POST http://h/v3/auth/tokens\nContent-Type: application/json\n\n\
         {{\"auth\": {{\"password\": {{\"user\": {{\"name\": \"admin\", \"password\": {password}}}}}}}}}\n\n\n\
         ### (openstack) RESP <<< (keystone) : 201 CREATED POST http://h/v3/auth/tokens\nX-Subject-Token: {TOKEN}\n\n\
         {{\"note\": \"{stray_json}\"}}\n\n\n\
         ### (openstack) REQ >>> (glance-api) : GET http://h/image/{path}\nX-Auth-Token: {TOKEN}\nX-Stray: before {stray} after\n\n\
         text with {stray} in it\n\n",
        path = utf8_percent_encode(stray, NON_ALPHANUMERIC),
    );
    let site = Site::new(&[("mkdocs.yml", CONFIG), ("docs/index.md", PAGE)]);
    for view in ["diagram", "body", "log"] {
        site.write(&format!("docs/{view}.md"), "");
    }
    site.write("recorded/log.md", log);
    site.write("recorded/console.txt", format!("$ openstack x\nit says {stray}\n"));
    site
}

#[track_caller]
fn shows_nothing(site: &Site, said: &Said, planted: &[(&str, String)]) {
    let mut texts =
        vec![("output".to_owned(), said.out.clone()), ("messages".to_owned(), said.err.clone())];
    let docs = site.files().into_iter().filter(|(path, _)| path.starts_with(site.path("docs")));
    texts.extend(docs.map(|(path, bytes)| {
        (path.display().to_string(), String::from_utf8(bytes).expect("docs are text"))
    }));
    for (place, text) in texts {
        for (way, value) in planted {
            assert!(!text.contains(&**value), "written as {way} in {place}:\n{text}");
        }
    }
}

#[test]
fn a_secret_is_shown_nowhere_in_whatever_way_it_is_written() {
    for secret in [PASSWORD, TOKEN] {
        for (way, stray) in written(secret) {
            let site = planted(&stray);
            let mut all = written(PASSWORD);
            all.extend(written(TOKEN));
            all.retain(|(_, value)| value.len() > 8);
            let said = site.doctool(&["check", "--replay", "recorded"]).exits(1);
            shows_nothing(&site, &said, &all);
            let said = site.doctool(&["refresh", "--replay", "recorded"]).exits(0);
            shows_nothing(&site, &said, &all);
            let console = site.read("docs/index.md");
            let kind = if secret == TOKEN { "token" } else { "password" };
            assert!(console.contains(&format!("[redacted:{kind}]")), "{way}: {console}");
            let log = site.read("docs/log.md");
            assert!(log.contains("\"password\": \"[redacted:password]\""), "{log}");
            assert!(log.contains("X-Subject-Token: [redacted:token]\n"), "{log}");
            assert!(log.contains(" in it\n"), "what stands around a secret stays: {log}");
            site.doctool(&["check", "--replay", "recorded"]).exits(0);
        }
    }
}

#[test]
fn a_secret_that_is_on_a_page_already_is_not_shown_again() {
    let site = planted("nothing");
    let old = "\n### (openstack) REQ >>> (keystone) : POST http://h/v3/auth/tokens\nX-Auth-Token: 0123456789abcdef0123456789abcdef\n\n\
               {\"auth\": {\"password\": {\"user\": {\"password\": \"of-an-old-cloud\"}}}}\n\n";
    site.write("docs/log.md", old);
    site.write(
        "docs/body.md",
        "\n### (1) GET /x\n`a` --> `b`\n\n0123456789abcdef0123456789abcdef of-an-old-cloud\n",
    );
    let said = site.doctool(&["check", "--replay", "recorded"]).exits(1);
    assert!(said.out.contains("-X-Auth-Token: [redacted:token]\n"), "{}", said.out);
    for secret in ["0123456789abcdef0123456789abcdef", "of-an-old-cloud"] {
        assert!(!said.out.contains(secret) && !said.err.contains(secret), "{}", said.out);
    }
}

#[test]
fn a_recording_holds_no_secret() {
    let site = planted(PASSWORD);
    site.doctool(&["record", "--out", "again", "--replay", "recorded"]).exits(0);
    for file in ["again/log.md", "again/console.txt"] {
        let text = site.read(file);
        assert!(!text.contains(PASSWORD) && !text.contains(TOKEN), "{text}");
        assert!(text.contains("[redacted:password]"), "{text}");
    }
}

#[test]
fn settings_name_further_secrets() {
    let site = Site::new(&[
        ("mkdocs.yml", CONFIG),
        ("docs/index.md", PAGE),
        ("doctool.yml", "redact:\n  headers: [X-Mine]\n  fields: [pin]\n"),
        ("recorded/console.txt", "$ openstack x\n1234567 and abcdefg\n"),
        (
            "recorded/log.md",
            "\n### (a) REQ >>> (b) : GET http://h/x\nX-Mine: abcdefg\n\n{\"pin\": \"1234567\"}\n\n",
        ),
    ]);
    for view in ["diagram", "body", "log"] {
        site.write(&format!("docs/{view}.md"), "");
    }
    site.doctool(&["refresh", "--replay", "recorded"]).exits(0);
    assert!(site.read("docs/index.md").contains("[redacted:secret] and [redacted:secret]"));
}
