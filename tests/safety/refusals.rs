//! What is not run and not read, whatever a page asks for.

use std::os::unix::fs::symlink;

use super::{executable, page, program, site};

/// A program that notes what it is told, and the folder that it and the notes are in.
fn noting(name: &str) -> (tempfile::TempDir, String) {
    let folder = program(name, "echo \"$*\" >> \"$(dirname \"$0\")/calls\"");
    let path = folder.path().to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn what_needs_a_shell_is_told_with_its_place_and_not_run() {
    let (client, path) = noting("openstack");
    let canary = client.path().join("canary");
    let canary = canary.to_str().unwrap();
    let lines = [
        "openstack image list".to_owned(),
        format!("openstack image list; touch {canary}"),
        format!("openstack image list && touch {canary}"),
        format!("openstack image list | tee {canary}"),
        format!("openstack image list > {canary}"),
        format!("openstack image show `touch {canary}`"),
        format!("openstack image show $(touch {canary})"),
        format!("openstack image show \"$(touch {canary})\""),
        format!("openstack image list & touch {canary}"),
        format!("touch {canary}"),
        format!("./openstack {canary}"),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let site = site(&page("", &lines), &path, "[openstack]", "");
    let said = site.doctool(&["check"]).exits(1);
    for (index, operator) in
        ["`;`", "`&&`", "`|`", "`>`", "a backquote", "`$(`", "`$(`", "`&`"].into_iter().enumerate()
    {
        let line = index + 5;
        let pad = if line < 10 { "" } else { " " };
        let told = format!(
            "this command is not run: it needs a shell for {operator}\n{pad} --> docs/index.md:{line}:3\n"
        );
        assert!(said.out.contains(&told), "{told}\n{}", said.out);
    }
    let listed = site.doctool(&["list"]).exits(0).out;
    assert!(listed.contains("`touch` is not in `run.allow`"), "{listed}");
    assert!(listed.contains("`./openstack` is not in `run.allow`"), "{listed}");
    assert!(!client.path().join("canary").exists(), "nothing else was run");
    let calls = std::fs::read_to_string(client.path().join("calls")).unwrap();
    assert_eq!(calls, "image list\n", "only the first line was run");
}

#[test]
fn a_shell_runs_lines_where_the_settings_ask_for_it() {
    let (_client, path) = noting("openstack");
    let site = site(&page("", &["openstack x | cat; echo yes"]), &path, "[openstack]", "");
    let settings = site.read("doctool.yml");
    site.write("doctool.yml", format!("{settings}  shell: true\n"));
    site.doctool(&["refresh"]).exits(0);
    assert!(site.read("docs/index.md").contains("yes\n```"), "{}", site.read("docs/index.md"));
    let said = site.doctool(&["check", "--untrusted", "--replay", "recorded"]).exits(2);
    assert!(said.err.contains("`run.shell` is not for changes"), "{}", said.err);
}

#[test]
fn a_file_of_the_site_is_no_program_unless_it_is_named() {
    let (client, path) = noting("openstack");
    let site = site(&page("", &["openstack first", "tool"]), &path, "[openstack, tool]", "");
    let canary = client.path().join("canary");
    executable(&site.path("docs/bin/tool"), &format!("touch {}", canary.display()));
    let folder = site.path("docs/bin");
    let settings = site.read("doctool.yml");
    site.write("doctool.yml", settings.replace("PATH: ", &format!("PATH: {}:", folder.display())));
    let said = site.doctool(&["refresh"]).exits(2);
    assert!(
        said.err.contains("tool` is a file of the site\n  --> docs/index.md:5"),
        "{}",
        said.err
    );
    // Nor is one that a link elsewhere leads to.
    symlink(site.path("docs/bin/tool"), client.path().join("tool")).unwrap();
    site.write("doctool.yml", settings);
    site.doctool(&["refresh"]).exits(2);
    assert!(!canary.exists() && !client.path().join("calls").exists(), "nothing was run");
    let settings = site.read("doctool.yml");
    let named = format!("[openstack, {}]", site.path("docs/bin/tool").display());
    site.write("doctool.yml", settings.replace("[openstack, tool]", &named));
    site.doctool(&["refresh"]).exits(0);
    assert!(canary.exists());
}

#[test]
fn nothing_outside_of_the_site_is_read() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret.md");
    std::fs::write(&secret, "root:x:0:0\n").unwrap();
    let text = "--8<-- \"/etc/passwd\"\n\n--8<-- \"link.md\"\n\n--8<-- \"folder/secret.md\"\n";
    let site = site(text, "/bin", "[openstack]", "");
    symlink(&secret, site.path("docs/link.md")).unwrap();
    symlink(outside.path(), site.path("docs/folder")).unwrap();
    let said = site.doctool(&["list", "docs/index.md"]).exits(0);
    for (target, line) in [("/etc/passwd", 1), ("link.md", 3), ("folder/secret.md", 5)] {
        let told = format!(
            "warning[outside-base]: nothing is included: `{target}` lies outside of the base paths\n \
             --> docs/index.md:{line}:9\n"
        );
        assert!(said.err.contains(&told), "{told}\n{}", said.err);
    }
    let said = site.doctool(&["list", "docs/link.md"]).exits(2);
    assert!(said.err.contains("a link leads out of the site"), "{}", said.err);
    assert!(!said.out.contains("root:"), "{}", said.out);
    site.write(
        "docs/index.md",
        page("  files: [../../../../../../etc/passwd]\n", &["openstack x"]),
    );
    let said = site.doctool(&["list", "docs/index.md"]).exits(2);
    assert!(said.err.contains("in `files` lies outside of the site"), "{}", said.err);
}

#[test]
fn settings_of_a_change_that_nobody_has_read_open_nothing() {
    let site = site("--8<-- \"etc/passwd\"\n", "/bin", "[openstack]", "");
    let settings = site.read("mkdocs.yml");
    let open = settings.replace("[docs]", "[/]\n      restrict_base_path: false");
    site.write("mkdocs.yml", open);
    site.write("docs/other.md", page("", &["openstack x"]));
    site.write("recorded/other/log.md", "");
    let said = site.doctool(&["check", "--untrusted", "--replay", "recorded"]);
    assert!(said.out.contains("there is no `etc/passwd`"), "{}\n{}", said.out, said.err);
}

#[test]
fn an_untrusted_change_runs_nothing_and_cannot_widen_what_may_run() {
    let (client, path) = noting("openstack");
    let site = site(&page("", &["openstack image list"]), &path, "[openstack]", "");
    for command in ["check", "refresh", "record"] {
        let out = if command == "record" { &["--out", "x"][..] } else { &[] };
        let said = site.doctool(&[&[command, "--untrusted"], out].concat()).exits(2);
        assert!(said.err.contains("`--untrusted` runs no command"), "{}", said.err);
        assert!(said.err.contains("hint: add `--replay DIR`"), "{}", said.err);
    }
    site.write("docs/index.md", page("  allow: [touch]\n", &["touch x"]));
    for arguments in [&["check"][..], &["check", "--untrusted", "--replay", "recorded"]] {
        let said = site.doctool(arguments).exits(2);
        assert!(said.err.contains("unknown field `allow`"), "{}", said.err);
        assert!(said.err.contains(" --> docs/index.md:2"), "{}", said.err);
    }
    assert!(!client.path().join("calls").exists(), "nothing was run");
}
