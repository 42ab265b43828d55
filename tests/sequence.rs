//! The diagram as the specification of the sequence: what it leaves open is no drift, and what differs
//! between runs is proposed as blocks.

mod support;

use support::{Said, Site};

const PAGE: &str = "docs/openstack/image/list";

/// This project's site, and its list page recorded twice: as it is documented, when glance-api has
/// a token, and as it is when glance-api has to ask for one.
fn site() -> Site {
    let site = Site::of_this_project();
    let page = site.read(&format!("{PAGE}/index.md"));
    let lines = page.lines().skip_while(|line| !line.trim_start().starts_with("$ "));
    let block = lines.take_while(|line| !line.trim_start().starts_with("```"));
    let console: String = block.map(|line| format!("{}\n", line.trim_start())).collect();
    let log = site.read(&format!("{PAGE}/log.md"));
    for (run, log) in [("warm", log.clone()), ("cold", cold(&log))] {
        site.write(&format!("{run}/openstack/image/list/console.txt"), &console);
        site.write(&format!("{run}/openstack/image/list/log.md"), log);
    }
    site
}

/// The log with the requests of `openstack` for a token made by glance-api, too, within the one that
/// it is asked for images by.
fn cold(log: &str) -> String {
    let mut entries: Vec<String> = log.split("### (").skip(1).map(str::to_owned).collect();
    let own: Vec<String> = entries[..4]
        .iter()
        .map(|entry| entry.replacen("openstack)", "glance-api)", 1).replace("req-", "req-f"))
        .collect();
    let asked =
        entries.iter().position(|entry| entry.contains("GET http") && entry.contains("/v2/images"));
    let behind = asked.expect("images are asked for") + 1;
    entries.splice(behind..behind, own);
    entries.iter().map(|entry| format!("\n### ({}\n\n\n", entry.trim_end())).collect()
}

fn check(site: &Site, run: &str) -> Said {
    site.doctool(&["check", PAGE, "--replay", run])
}

fn refresh(site: &Site, more: &[&str]) -> Said {
    site.doctool(&[&["refresh", PAGE][..], more].concat())
}

/// The page with the blocks that both runs call for.
fn learnt() -> Site {
    let site = site();
    refresh(&site, &["--replay", "cold", "--replay", "warm", "--accept"]).exits(0);
    site
}

#[test]
fn what_not_every_run_sends_is_proposed_and_written_once_accepted() {
    let site = site();
    let before = site.files();
    let said = refresh(&site, &["--replay", "cold", "--replay", "warm"]).exits(1);
    assert!(
        said.out.contains("+opt glance-api asks keystone for tokens: 1 of 2 runs"),
        "{}",
        said.out
    );
    assert!(said.out.contains("`--accept`"), "{}", said.out);
    assert_eq!(site.files(), before, "nothing is written");

    let site = learnt();
    let diagram = site.read(&format!("{PAGE}/diagram.md"));
    let expected = "\
openstack->>glance-api: GET /image/v2/images
opt glance-api asks keystone for tokens: 1 of 2 runs
  glance-api->>keystone: GET /identity
  keystone-->>glance-api: 300 MULTIPLE CHOICES /identity
  glance-api->>keystone: POST /identity/v3/auth/tokens
  keystone-->>glance-api: 201 CREATED /identity/v3/auth/tokens
end
glance-api->>keystone: GET /identity/v3/auth/tokens
";
    assert!(diagram.contains(expected), "{diagram}");
    let headings = |file: &str| {
        let text = site.read(&format!("{PAGE}/{file}"));
        text.lines().filter(|line| line.starts_with("### ")).count()
    };
    assert_eq!((headings("body.md"), headings("log.md")), (14, 14));
}

#[test]
fn an_optional_step_that_happens_or_not_is_no_drift() {
    let site = learnt();
    let before = site.files();
    for run in ["warm", "cold", "warm"] {
        check(&site, run).exits(0);
        let said = refresh(&site, &["--replay", run]).exits(0);
        assert!(said.out.ends_with("0 of 4 views rewritten on 1 page\n"), "{run}: {}", said.out);
        assert_eq!(site.files(), before, "{run}");
    }
    refresh(&site, &["--replay", "cold", "--replay", "warm"]).exits(0);
    assert_eq!(site.files(), before, "there is nothing more to learn");
}

#[test]
fn a_label_that_a_person_wrote_stays() {
    let site = learnt();
    let file = format!("{PAGE}/diagram.md");
    let named = site.read(&file).replace(
        "opt glance-api asks keystone for tokens: 1 of 2 runs",
        "opt glance-api 인증 토큰 발급",
    );
    site.write(&file, &named);
    for run in ["warm", "cold"] {
        check(&site, run).exits(0);
    }
    refresh(&site, &["--replay", "cold", "--replay", "warm", "--accept"]).exits(0);
    assert_eq!(site.read(&file), named);
}

#[test]
fn a_step_that_must_happen_and_did_not_is_told_by_name() {
    let site = site();
    let log = site.read("warm/openstack/image/list/log.md");
    let mut entries: Vec<&str> = log.split("### (").collect();
    let without: Vec<usize> = (1..entries.len())
        .filter(|&entry| {
            entries[entry].starts_with("glance-api)") && entries[entry].contains("/auth/tokens")
        })
        .collect();
    assert_eq!(without.len(), 2, "glance-api checks the token");
    for entry in without.into_iter().rev() {
        entries.remove(entry);
    }
    site.write("warm/openstack/image/list/log.md", entries.join("### ("));
    let said = check(&site, "warm").exits(1);
    assert!(said.out.contains("[sequence-changed]"), "{}", said.out);
    assert!(said.out.contains("GET /identity/v3/auth/tokens"), "{}", said.out);
}

#[test]
fn participants_that_are_shown_under_another_name_keep_the_short_one() {
    let site = site();
    let file = format!("{PAGE}/diagram.md");
    let drawn = site.read(&file);
    let short = format!("participant k as keystone\n{}", drawn.replace("keystone", "k"));
    site.write(&file, &short);
    check(&site, "warm").exits(0);
    refresh(&site, &["--replay", "cold"]).exits(0);
    let new = "glance-api->>k: POST /identity/v3/auth/tokens\n\
               k-->>glance-api: 201 CREATED /identity/v3/auth/tokens\n";
    let diagram = site.read(&file);
    assert!(diagram.contains(new), "{diagram}");
    assert_eq!(diagram.matches("keystone").count(), 1, "{diagram}");
}

/// The recording of the warm run with the question for Glance's versions before all others.
fn with_another_order(site: &Site) {
    let log = site.read("warm/openstack/image/list/log.md");
    let mut entries: Vec<&str> = log.split("### (").collect();
    let versions: Vec<&str> = entries.drain(5..7).collect();
    assert!(versions[0].contains("/image\n"), "{}", versions[0]);
    entries.splice(1..1, versions);
    site.write("other/openstack/image/list/log.md", entries.join("### ("));
    let console = site.read("warm/openstack/image/list/console.txt");
    site.write("other/openstack/image/list/console.txt", console);
}

#[test]
fn runs_that_differ_in_their_order_get_branches() {
    let site = site();
    with_another_order(&site);
    let before = site.files();
    let both = ["--replay", "warm", "--replay", "other"];
    let said = refresh(&site, &both).exits(1);
    let par = "+par openstack asks keystone for tokens: another order in 1 of 2 runs\n";
    assert!(said.out.contains(par), "{}", said.out);
    assert_eq!(site.files(), before, "it is only proposed");

    refresh(&site, &[&both[..], &["--accept"]].concat()).exits(0);
    let diagram = site.read(&format!("{PAGE}/diagram.md"));
    let expected = "\
par openstack asks keystone for tokens: another order in 1 of 2 runs
  openstack->>keystone: GET /identity
  keystone-->>openstack: 300 MULTIPLE CHOICES /identity
  openstack->>keystone: POST /identity/v3/auth/tokens
  keystone-->>openstack: 201 CREATED /identity/v3/auth/tokens
and openstack asks glance-api for image
  openstack->>glance-api: GET /image
  glance-api-->>openstack: 300 Multiple Choices /image
end
openstack->>glance-api: GET /image/v2/images
";
    assert!(diagram.starts_with(expected), "{diagram}");
    let accepted = site.files();
    for run in ["warm", "other"] {
        check(&site, run).exits(0);
        refresh(&site, &["--replay", run]).exits(0);
        assert_eq!(site.files(), accepted, "{run}");
    }
    refresh(&site, &[&both[..], &["--accept"]].concat()).exits(0);
    assert_eq!(site.files(), accepted, "there is nothing more to learn");

    // A person's words stay, and more runs change nothing.
    let file = format!("{PAGE}/diagram.md");
    let named = diagram
        .replace("openstack asks keystone for tokens: another order in 1 of 2 runs", "identity");
    site.write(&file, &named);
    refresh(&site, &[&both[..], &["--replay", "warm", "--accept"]].concat()).exits(0);
    assert_eq!(site.read(&file), named);
}

#[test]
fn runs_that_are_answered_differently_are_told_and_not_written() {
    let site = site();
    let log = site.read("warm/openstack/image/list/log.md");
    let console = site.read("warm/openstack/image/list/console.txt");
    site.write("other/openstack/image/list/console.txt", console);
    site.write("other/openstack/image/list/log.md", log.replace("300 Multiple Choices", "200 OK"));
    let before = site.files();
    let both = ["--replay", "warm", "--replay", "other", "--accept"];
    let said = refresh(&site, &both).exits(1);
    let told = "the runs differ, and not in steps that come, go or change places";
    assert!(said.out.contains(told), "{}", said.out);
    assert_eq!(site.files(), before);
    let said = site.doctool(&[&["check", PAGE], &both[..4]].concat()).exits(1);
    assert!(said.out.contains("the runs differ"), "{}", said.out);
}
