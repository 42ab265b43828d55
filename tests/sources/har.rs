//! HAR files that other programs write.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::support::Site;

const PAGE: &str = "# Page\n\n```console\n$ talk new\nold\n```\n";

/// A site whose one program writes a HAR file anew, with an entry for each time that it ran.
fn site() -> (Site, Site) {
    let (site, programs) = (Site::new(&[("docs/index.md", PAGE)]), Site::new(&[]));
    site.write("mkdocs.yml", "site_name: x\nmarkdown_extensions: [pymdownx.superfences]\n");
    let entry = "{\"startedDateTime\": \"2026-01-01T00:00:00Z\", \"time\": 5, \"_from\": \"talk\", \
                 \"request\": {\"method\": \"GET\", \"url\": \"http://h/'\"$1\"'\", \"headers\": []}, \
                 \"response\": {\"status\": 200, \"statusText\": \"OK\", \"headers\": [], \"content\": \
                 {\"text\": \"hello\"}}}";
    let folder = site.path(".");
    let script = format!(
        "#!/bin/sh\necho said\nentry='{entry}'\nif [ -s {0}/list ]; then printf ',' >> {0}/list; fi\n\
         printf '%s' \"$entry\" >> {0}/list\nprintf '{{\"log\": {{\"entries\": [%s]}}}}' \"$(cat {0}/list)\" > {0}/x.har\n",
        folder.display()
    );
    programs.write("bin/talk", script);
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(programs.path("bin/talk"), executable).expect("it is ours");
    let settings = format!(
        "cloud: mine\nrun: {{allow: [talk, 'true']}}\nclouds:\n  mine:\n    env: {{PATH: '{}:/usr/bin:/bin'}}\n    \
         capture: {{har: x.har}}\nparticipants: [{{url: '^http://h', name: service}}]\n",
        programs.path("bin").display()
    );
    site.write("doctool.yml", settings);
    let cache = site.path("cache").display().to_string();
    (site.with("DOCTOOL_CACHE_DIR", cache), programs)
}

#[test]
fn what_a_command_adds_to_a_file_is_its_recording() {
    let (site, _programs) = site();
    let log = "\n### (talk) REQ >>> (service) : GET http://h/new\n\nnone\n\n\
               \n### (talk) RESP <<< (service) : 200 OK GET http://h/new\n\nhello\n\n";
    // The entry of the second time is the same, and it is one more.
    for _ in 0..2 {
        site.doctool(&["record", "--out", "kept"]).exits(0);
        assert_eq!(site.read("kept/log.md"), log);
    }
    site.write("docs/index.md", PAGE.replace("talk new", "true"));
    let said = site.doctool(&["check"]);
    let not_seen = "not seen on `index.md`: anything: nothing was added to `x.har` meanwhile\n";
    assert!(said.out.contains(not_seen), "{said:?}");
    site.write("x.har", "{\"log\": \n}");
    let said = site.doctool(&["check"]).exits(2);
    assert!(
        said.err.contains("this is no HAR: ") && said.err.contains("x.har:2:1"),
        "{}",
        said.err
    );
}
