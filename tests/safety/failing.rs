//! A page whose command fails says so, and keeps no other page from being looked at.

use serde_json::Value;

use super::server::Server;
use super::{page, site};
use crate::support::Site;

/// A site of three pages, of which the second fails, and which is torn down all the same.
fn three(server: &Server, failing: &str) -> Site {
    let first = page("", &["echo one"]).replace("$ echo one\n", "$ echo one\none\n");
    let site = site(&first, "/bin", "[curl, echo, sleep, 'false', cat]", "    keep: true\n");
    let teardown = format!("  teardown:\n    - {}\n", server.create("down"));
    site.write("docs/second.md", page(&teardown, &["echo two", failing, "echo never"]));
    site.write("docs/third.md", page("", &["echo three"]));
    site
}

#[test]
fn the_other_pages_are_checked_and_the_page_is_torn_down() {
    let server = Server::start();
    let site = three(&server, "cat no-such-file");
    let said = site.doctool(&["check", "--format", "json", "--report", "junit=r.xml"]).exits(2);
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let pages = report["pages"].as_array().unwrap();
    let kinds = |page: &Value| -> Vec<String> {
        let findings = page["findings"].as_array().unwrap().iter();
        findings.map(|found| found["kind"].as_str().unwrap().to_owned()).collect()
    };
    let kinds: Vec<_> = pages.iter().map(kinds).collect();
    assert_eq!(kinds, [vec![], vec!["command-failed"], vec!["output-changed"]]);
    let failed = &pages[1]["findings"][0];
    assert_eq!(failed["message"], "`cat no-such-file` exited with status 1");
    assert_eq!((&failed["file"], &failed["line"]), (&"docs/second.md".into(), &11.into()));
    let said_so = "it said: /bin/cat: no-such-file: No such file or directory";
    assert_eq!(failed["notes"], serde_json::json!([said_so]));
    assert_eq!(pages[1]["views"], serde_json::json!([]), "nothing of it is verified");
    assert_eq!(report.get("failure"), None, "the check was finished");
    assert_eq!(server.names(), ["foreign", "down"], "the teardown ran");
    assert!(site.read("r.xml").contains("<failure type=\"command-failed\""));

    let text = site.doctool(&["check"]).exits(2);
    let told =
        "error[command-failed]: `cat no-such-file` exited with status 1\n  --> docs/second.md:11\n";
    assert!(text.out.contains(told), "{}", text.out);
    assert!(text.out.ends_with("\n1 of 2 views stale on 2 pages, live; 1 error\n"), "{}", text.out);
    site.write("report.json", &said.out);
    site.doctool(&["report", "merge", "report.json"]).exits(2);
}

#[test]
fn the_other_pages_are_written_and_the_page_stays() {
    let server = Server::start();
    let site = three(&server, "false");
    let before = site.read("docs/second.md");
    let said = site.doctool(&["refresh"]).exits(2);
    assert_eq!(site.read("docs/second.md"), before);
    assert!(site.read("docs/third.md").contains("$ echo three\nthree\n"));
    assert!(said.out.contains("second.md: a command failed; not rewritten\n"), "{}", said.out);
    assert!(said.out.ends_with("\n1 of 2 views rewritten on 2 pages\n"), "{}", said.out);
    let error = "error: `false` exited with status 1\n  --> docs/second.md:11\nhint: ";
    assert!(said.err.contains(error), "{}", said.err);
    let said = site.doctool(&["record", "--out", "recorded"]).exits(2);
    assert_eq!(said.out, "recorded index.md\nrecorded third.md\n");
    assert!(said.err.contains(error), "{}", said.err);
}

#[test]
fn a_page_that_takes_too_long_keeps_no_other_from_its_run() {
    let server = Server::start();
    let site = three(&server, "sleep 67.5");
    let settings = site.read("doctool.yml").replace("run:\n", "run:\n  timeout: 1\n");
    site.write("doctool.yml", settings);
    let said = site.doctool(&["check"]).exits(2);
    assert!(said.out.contains("error[command-failed]: `sleep 67.5` took longer than 1 s\n"));
    assert!(said.out.contains("docs/third.md:5: the console is stale\n"), "{}", said.out);
    assert_eq!(server.names(), ["foreign", "down"], "the teardown ran");
}

#[test]
fn settings_make_less_of_a_failure_and_never_call_its_page_verified() {
    let server = Server::start();
    let site = three(&server, "false");
    site.doctool(&["refresh"]).exits(2);
    let settings = site.read("doctool.yml");
    let with = |level: &str| {
        site.write("doctool.yml", format!("{settings}diagnostics:\n  command-failed: {level}\n"));
        site.doctool(&["check"])
    };
    let said = with("warning").exits(1);
    assert!(said.out.contains("warning[command-failed]: "), "{}", said.out);
    let said = with("off").exits(0);
    let told = "2 views up to date on 2 pages, live\nskipped `second.md`: a command failed\n";
    assert_eq!(said.out, told);
    // Where it is the only page, nothing was verified.
    let said = site.doctool(&["check", "docs/second.md"]).exits(2);
    assert!(said.err.contains("\nerror: "), "{}", said.err);
}
