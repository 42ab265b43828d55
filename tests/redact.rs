//! Secrets that pages publish: taken out of every file that readers see, and nothing else with them.

mod support;

use std::fs;
use std::path::Path;

use regex::Regex;
use support::Site;

const TOKEN: &str = "gAAAAABjrkD9cqBlaLtF1-FlWZfHjo2u7cJvLXX1HNPG_aFEylyLg7rBQwXEckDcnO__Yjj7akLG";
const CONFIG: &str = "site_name: x\nmarkdown_extensions:\n  - pymdownx.superfences\n  - pymdownx.snippets:\n      base_path: [docs]\n";

/// A page with every sort of view, as people publish it, with secrets in its files.
fn site() -> Site {
    Site::new(&[
        ("mkdocs.yml", CONFIG),
        (
            "docs/one/index.md",
            "\u{feff}# One\r\n\r\nThe password is `asdf`, asdf is a word, and `admin` a name.  \r\n\
             Send X-Auth-Token: or what you have; `q1w2e3r4` too.\r\n\r\n\
             ``` console\r\n$ openstack server create --password q1w2e3r4 one\r\n\
             | adminPass | q1w2e3r4 |\r\n```\r\n\r\n--8<-- \"one/body.md\"\r\n\r\n\
             ``` text\r\n--8<-- \"one/log.md\"\r\n```\r\n--8<-- \"shared.md\"",
        ),
        (
            "docs/one/body.md",
            &format!(
                "\n### (1) POST /v3/auth/tokens\n`openstack` --> `keystone`\n\n이것은 `asdf`이다 `{}...`\n\n\
                 === \"Header\"\n    ``` http title=\"x\"\n    X-Auth-Token: 0123456789abcdef\n    X-Subject-Token: {TOKEN}  \n    ```\n\n\
                 === \"Body\"\n    ``` json\n    {{\"password\": \"asdf\", \"name\": \"admin\"}}\n    ```\n",
                &TOKEN[..40],
            ),
        ),
        (
            "docs/one/log.md",
            &format!(
                "\n### (openstack) REQ >>> (keystone) : POST http://h/v3/auth/tokens\nX-Auth-Token: 0123456789abcdef\n\n\
                 {{\"password\": \"asdf\", \"name\": \"admin\", \"adminPass\": \"q1w2e3r4\", \"secret\": \"admin\"}}\n\n\n\
                 ### (openstack) RESP <<< (keystone) : 201 CREATED POST http://h/v3/auth/tokens\nX-Subject-Token: {TOKEN}\n\nnone",
            ),
        ),
        ("docs/shared.md", "a token: 0123456789abcdef and <password>\n"),
        (
            "docs/two.md",
            "# Two\n\n`asdf` is a word here, 0123456789abcdef is none\n\n--8<-- \"shared.md\"\n",
        ),
        ("elsewhere.md", "\"password\": \"asdf\" 0123456789abcdef\n"),
    ])
}

const SAID: &str = "\
docs/one/body.md:5:6: password
docs/one/body.md:5:15: token
docs/one/body.md:9:19: token
docs/one/body.md:10:22: token
docs/one/body.md:15:19: password
docs/one/index.md:3:18: password
docs/one/index.md:4:39: password
docs/one/index.md:7:38: password
docs/one/index.md:8:15: password
docs/one/log.md:3:15: token
docs/one/log.md:5:15: password
docs/one/log.md:5:53: password
docs/one/log.md:5:75: secret
docs/one/log.md:9:18: token
docs/shared.md:1:10: token
docs/two.md:3:24: token
";

#[test]
fn every_secret_goes_and_nothing_else_changes() {
    let site = site();
    let before = site.files();
    let said = site.doctool(&["redact"]).exits(0);
    let summary = "16 secrets taken out of 5 files on 5 pages: 8 passwords (2 values), 1 secret, 7 tokens (3 values)\n";
    assert_eq!((&*said.out, &*said.err), (&*format!("{SAID}{summary}"), ""));
    let expected = before.into_iter().map(|(path, bytes)| {
        let mut text = String::from_utf8(bytes).expect("the files are text");
        if path.starts_with(site.path("docs")) {
            text = text.replace(TOKEN, "[redacted:token]");
            text = text.replace(&TOKEN[..40], "[redacted:token]");
            text = text.replace("0123456789abcdef", "[redacted:token]");
            text = text.replace("q1w2e3r4", "[redacted:password]");
            text = text.replace("\"asdf\"", "\"[redacted:password]\"");
            text = text.replace("\"secret\": \"admin\"", "\"secret\": \"[redacted:secret]\"");
        }
        if path.starts_with(site.path("docs/one")) {
            text = text.replace("`asdf`", "`[redacted:password]`");
        }
        (path, text)
    });
    let after = site.files().into_iter();
    let after = after.map(|(path, bytes)| (path, String::from_utf8(bytes).expect("it is text")));
    assert_eq!(after.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    let said = site.doctool(&["redact"]).exits(0);
    assert_eq!(said.out, "no secrets on 5 pages\n", "twice is once");
}

#[test]
fn a_check_tells_the_same_and_writes_nothing() {
    let site = site();
    let before = site.files();
    let said = site.doctool(&["redact", "--check"]).exits(1);
    assert!(said.out.starts_with(SAID), "{}", said.out);
    assert_eq!(site.files(), before);
    site.doctool(&["redact"]).exits(0);
    site.doctool(&["redact", "--check"]).exits(0);
}

#[test]
fn only_the_pages_that_are_meant_are_touched() {
    let site = site();
    let said = site.doctool(&["redact", "docs/two.md"]).exits(0);
    assert_eq!(said.out, "no secrets on 1 page\n", "a value alone is none");
    let said = site.doctool(&["redact", "docs/one/log.md"]).exits(0);
    assert!(said.out.contains("docs/one/log.md:3:15: token\n"), "{}", said.out);
    assert!(site.read("docs/one/body.md").contains(TOKEN));
}

#[test]
fn when_one_file_cannot_be_written_none_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = site();
    let before = site.files();
    let folder = site.path("docs/one");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("it is ours");
    // For a user who may write anywhere, permissions say nothing.
    if fs::write(folder.join("probe"), "").is_ok() {
        fs::remove_file(folder.join("probe")).expect("it is there");
        return;
    }
    site.doctool(&["redact"]).exits(2);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("it is ours");
    assert_eq!(site.files(), before);
}

#[test]
fn settings_allow_values_and_name_further_places() {
    let site = site();
    site.write("doctool.yml", "redact:\n  allow: [asdf, q1w2e3r4, admin]\n  fields: [pin]\n");
    site.write("docs/two.md", "# Two\n\n`{\"pin\": \"1234\"}`\n");
    let said = site.doctool(&["redact"]).exits(0);
    assert!(said.out.ends_with(": 1 secret, 6 tokens (3 values)\n"), "{}", said.out);
    assert_eq!(site.read("docs/two.md"), "# Two\n\n`{\"pin\": \"[redacted:secret]\"}`\n");
}

/// Pages as people published them: no secret is left, and no other byte is different.
#[test]
fn published_pages_lose_their_secrets_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/pages");
    if !root.exists() {
        return;
    }
    let site = Site::new(&[]);
    for folder in ["docs", "inc"] {
        site.copy(&root.join(folder), folder);
    }
    site.write("mkdocs.yml", fs::read(root.join("mkdocs.yml")).expect("it is there"));
    let before = site.files();
    let said = site.doctool(&["redact", "docs"]).exits(0);
    assert!(said.out.ends_with(": 15 passwords (1 value), 61 tokens (9 values)\n"), "{}", said.out);
    let secret =
        Regex::new(r#"gAAAAA[\w-]{20,}|"(?i:\w*pass\w*)": "[^\[]|asdf"#).expect("it is valid");
    let mark = Regex::new(r"\\\[redacted:(token|password)\\\]").expect("it is valid");
    for ((path, old), (same, new)) in before.into_iter().zip(site.files()) {
        assert_eq!(path, same);
        let [old, new] = [old, new].map(|bytes| String::from_utf8(bytes).expect("pages are text"));
        assert_eq!(secret.find(&new), None, "{}", path.display());
        assert_eq!(old.split('\n').count(), new.split('\n').count());
        for (old, new) in old.split('\n').zip(new.split('\n')).filter(|(old, new)| old != new) {
            let was = mark.replace_all(&regex::escape(new), r"(gAAAAA[\w-]+|asdf)").into_owned();
            let was = Regex::new(&format!("^{was}$")).expect("it is valid");
            assert!(was.is_match(old), "{}: {old:?} became {new:?}", path.display());
        }
    }
}

/// A link to a folder of pages: each of them is there under two names.
#[test]
fn a_page_with_two_names_is_written_once() {
    let site = Site::new(&[
        ("mkdocs.yml", CONFIG),
        ("docs/one/index.md", "# One\n\n\"password\": \"q1w2e3r4\"\n\n--8<-- \"one/part.md\"\n"),
        ("docs/one/part.md", "\"secret\": \"hunter2hunter2\"\n"),
    ]);
    std::os::unix::fs::symlink("one", site.path("docs/two")).expect("a link can be made");
    let said = site.doctool(&["redact"]).exits(0);
    for file in ["docs/one/index.md", "docs/one/part.md", "docs/two/index.md"] {
        assert!(said.out.contains(file), "{}", said.out);
    }
    let page = fs::read_to_string(site.path("docs/one/index.md")).expect("the page is there");
    assert!(page.contains("\"password\": \"[redacted:password]\""), "{page}");
    let part = fs::read_to_string(site.path("docs/two/part.md")).expect("the file is there");
    assert_eq!(part, "\"secret\": \"[redacted:secret]\"\n");
    assert!(site.path("docs/two").is_symlink());
    site.doctool(&["redact", "--check"]).exits(0);
}
