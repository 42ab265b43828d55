//! Calls that have nothing to do with the documented commands: left out as doctool.yml says, and counted.

mod support;

use support::{Said, Site};

const PAGE: &str = "docs/openstack/image/list";

/// A call that nova-compute makes by itself, as an entry of a log.
const BACKGROUND: &str = "
### (nova-compute) REQ >>> (placement-api) : GET http://192.0.2.1/placement/resource_providers/d3adbeef-0000-4000-8000-0123456789ab/traits
Host: 192.0.2.1

none


### (nova-compute) RESP <<< (placement-api) : 200 OK GET http://192.0.2.1/placement/resource_providers/d3adbeef-0000-4000-8000-0123456789ab/traits
Content-Type: application/json

{}

";

/// This project's site, and its list page recorded as documented but for two calls of nova-compute: one
/// before everything, one in the middle of an exchange.
fn site(settings: &str) -> Site {
    let site = Site::of_this_project();
    let page = site.read(&format!("{PAGE}/index.md"));
    let lines = page.lines().skip_while(|line| !line.trim_start().starts_with("$ "));
    let block = lines.take_while(|line| !line.trim_start().starts_with("```"));
    let console: String = block.map(|line| format!("{}\n", line.trim_start())).collect();
    site.write("recorded/openstack/image/list/console.txt", &console);
    let log = site.read(&format!("{PAGE}/log.md"));
    let middle = log.rfind("\n### (").expect("the log has entries");
    let noisy = format!("{BACKGROUND}{}{BACKGROUND}{}", &log[..middle], &log[middle..]);
    site.write("recorded/openstack/image/list/log.md", noisy);
    let own = std::fs::read_to_string(site.path("doctool.yml")).unwrap_or_default();
    site.write("doctool.yml", format!("{own}\n{settings}"));
    site
}

fn check(site: &Site) -> Said {
    site.doctool(&["check", PAGE, "--replay", "recorded"])
}

#[test]
fn ignored_calls_are_no_drift_and_are_counted() {
    let noisy = check(&site("")).exits(1);
    assert!(noisy.out.contains("nova-compute"), "{}", noisy.out);

    let rule = "{from: Nova-Compute, to: placement-api, method: get, \
                path: '^/placement/resource_providers/{uuid}/traits$'}";
    let site = site(&format!("ignore:\n  rules:\n    - {rule}\n    - {{from: nobody}}\n"));
    let before = site.files();
    let said = check(&site).exits(0);
    assert_eq!(said.out, "4 views up to date on 1 page, by replay; 2 exchanges ignored\n");
    let said = site.doctool(&["refresh", PAGE, "--replay", "recorded"]).exits(0);
    assert_eq!(
        said.out,
        "openstack/image/list/index.md: unchanged\n\
         0 of 4 views rewritten on 1 page; 2 exchanges ignored\n"
    );
    assert_eq!(site.files(), before, "nothing is written");
    let said = site.doctool(&["record", PAGE, "--replay", "recorded", "--out", "again"]).exits(0);
    assert_eq!(said.out, "recorded openstack/image/list/index.md\n2 exchanges ignored\n");
    assert!(!site.read("again/openstack/image/list/log.md").contains("nova-compute"));
}

#[test]
fn a_file_of_requestshook_is_read_as_it_is() {
    let site = site("ignore:\n  import: hook/should_not_hook.json\n");
    let missing = check(&site).exits(2);
    assert!(missing.err.contains("should_not_hook.json`"), "{}", missing.err);

    let file = r#"{
    "mappings": {"{uuid}": "([a-fA-F0-9-]+)"},
    "filters": [
        {
            "from": "glance-api",
            "to": "keystone",
            "method": "GET",
            "urls": ["/identity/{version}/limits", "/identity/{version}/endpoints/{endpoint_id}"]
        },
        {
            "from": "nova-compute",
            "to": "placement-api",
            "urls": ["/placement/resource_providers/{uuid}/traits"]
        }
    ]
}
"#;
    site.write("hook/should_not_hook.json", file);
    let said = check(&site).exits(0);
    assert_eq!(said.out, "4 views up to date on 1 page, by replay; 2 exchanges ignored\n");

    site.write("hook/should_not_hook.json", "[]");
    let wrong = check(&site).exits(2);
    assert!(wrong.err.contains("holds no rules of requestshook"), "{}", wrong.err);
}

#[test]
fn a_rule_that_would_ignore_everything_is_refused() {
    let said = check(&site("ignore: {rules: [{}]}")).exits(2);
    assert_eq!(
        said.err.lines().next(),
        Some("error: `ignore`: a rule without keys fits every exchange"),
        "{}",
        said.err
    );
}

#[test]
fn a_cloud_whose_services_do_not_send_through_the_proxy_cannot_be_watched() {
    let site = site("clouds: {mine: {env: {OS_CLOUD: mine}}}");
    let said = site.doctool(&["noise", "--cloud", "mine"]).exits(2);
    assert_eq!(
        said.err,
        "error: what the services of cloud `mine` send does not come this way\n\
         hint: watch an embedded cloud, whose services send through doctool's proxy, or write \
         rules below `ignore` by hand\n"
    );
    assert_eq!(said.out, "");
}
