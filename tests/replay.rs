//! Refresh and check from recordings: what changes, what does not, and what is said about it.

mod support;

use std::collections::HashMap;

use regex::{Captures, Regex};
use support::Site;

const PAGE: &str = "docs/openstack/image/list";

/// This project's site, and its list page recorded as it is documented.
fn recorded() -> Site {
    let site = Site::of_this_project();
    let console = console(&site.read(&format!("{PAGE}/index.md")));
    site.write("recorded/openstack/image/list/console.txt", console);
    site.write("recorded/openstack/image/list/log.md", site.read(&format!("{PAGE}/log.md")));
    site
}

/// The console session on a page: the lines of its console block.
fn console(page: &str) -> String {
    let lines = page.lines().skip_while(|line| !line.trim_start().starts_with("$ "));
    let block = lines.take_while(|line| !line.trim_start().starts_with("```"));
    block.map(|line| format!("{}\n", line.trim_start())).collect()
}

fn check(site: &Site) -> support::Said {
    site.doctool(&["check", PAGE, "--replay", "recorded"])
}

fn refresh(site: &Site) -> support::Said {
    site.doctool(&["refresh", PAGE, "--replay", "recorded"])
}

#[test]
fn what_is_documented_is_up_to_date() {
    let site = recorded();
    let before = site.files();
    let said = check(&site).exits(0);
    assert_eq!(said.out, "4 views up to date on 1 page, by replay\n");
    assert_eq!(said.err, "");
    let said = refresh(&site).exits(0);
    assert_eq!(
        said.out,
        "openstack/image/list/index.md: unchanged\n0 of 4 views rewritten on 1 page\n"
    );
    assert_eq!(site.files(), before, "nothing is written");
}

#[test]
fn a_changed_line_of_any_view_is_named_and_restored() {
    for (file, was, is, by_hand) in [
        ("index.md", "| ID ", "| Id ", false),
        ("diagram.md", "300 MULTIPLE CHOICES", "200 OK", true),
        ("body.md", "\"id\": \"v3.14\"", "\"id\": \"v3.13\"", true),
        ("body.md", "### (5) ", "### (6) ", false),
        ("log.md", "Accept: application/json", "Accept: text/plain", false),
    ] {
        let site = recorded();
        let file = format!("{PAGE}/{file}");
        let before = site.read(&file);
        let changed = before.replacen(was, is, 1);
        assert_ne!(changed, before, "`{was}` is in {file}");
        let line = 1 + before
            .lines()
            .zip(changed.lines())
            .position(|(one, two)| one != two)
            .expect("one is");
        site.write(&file, &changed);
        let said = check(&site).exits(1);
        assert!(said.out.contains(&format!("{file}:{line}")), "{}", said.out);
        assert_eq!(site.read(&file), changed, "check writes nothing");
        let edited = changed.lines().nth(line - 1).expect("it is there").trim_start();
        if by_hand {
            // What differs from the page's own recording is a person's, and stays until told.
            assert!(said.out.starts_with("note[hand-edit]: "), "{}", said.out);
            assert!(said.out.contains(" = page: ") && said.out.contains(edited), "{}", said.out);
            refresh(&site).exits(0);
            assert_eq!(site.read(&file), changed);
            let args = ["refresh", PAGE, "--replay", "recorded", "--conflict", "theirs"];
            site.doctool(&args).exits(0);
        } else {
            assert!(said.out.starts_with(&format!("{file}:{line}: the ")), "{}", said.out);
            assert!(said.out.contains(edited) && said.out.contains("\n-"), "{}", said.out);
            assert!(
                said.out.ends_with("1 of 4 views stale on 1 page, by replay\n"),
                "{}",
                said.out
            );
            refresh(&site).exits(0);
        }
        assert_eq!(site.read(&file), before);
    }
}

/// The text with every id, time and port replaced, each by one and the same other. Checksums stay:
/// they follow from content.
fn renewed(text: &str, known: &mut HashMap<String, String>) -> String {
    let pattern = Regex::new(
        r"(?x)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b
        |127\.0\.0\.1:\d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z|\d\d:\d\d:\d\d\x20GMT",
    )
    .expect("the pattern is valid");
    let mut renew = |found: &Captures<'_>| {
        let next = known.len();
        let other = || match &found[0] {
            address if address.starts_with("127.0.0.1:") => format!("127.0.0.1:{}", 40000 + next),
            time if time.ends_with('Z') => format!("2031-01-01T00:00:{next:02}.000000Z"),
            time if time.ends_with("GMT") => format!("01:02:{next:02} GMT"),
            uuid if uuid.contains('-') => format!("00000000-0000-4000-8000-{next:012x}"),
            _ => format!("{next:032x}"),
        };
        known.entry(found[0].to_owned()).or_insert_with(other).clone()
    };
    let lines = text.split_inclusive('\n').map(|line| match line.contains("\"checksum\"") {
        true => line.to_owned(),
        false => pattern.replace_all(line, &mut renew).into_owned(),
    });
    lines.collect()
}

#[test]
fn what_only_differs_by_volatile_values_is_no_change() {
    let site = recorded();
    let before = site.files();
    let mut known = HashMap::new();
    for file in ["log.md", "console.txt"] {
        let file = format!("recorded/openstack/image/list/{file}");
        let text = site.read(&file);
        let other = renewed(&text, &mut known);
        assert_ne!(text, other);
        site.write(&file, other);
    }
    assert!(known.len() > 20, "the page is full of volatile values: {}", known.len());
    let said = check(&site).exits(0);
    assert_eq!(said.out, "4 views up to date on 1 page, by replay\n");
    refresh(&site).exits(0);
    let docs = |files: Vec<(std::path::PathBuf, Vec<u8>)>| -> Vec<_> {
        files.into_iter().filter(|(path, _)| path.starts_with(site.path("docs"))).collect()
    };
    assert_eq!(docs(site.files()), docs(before));
}

#[test]
fn the_order_of_json_keys_is_the_documented_one() {
    let site = recorded();
    let file = "recorded/openstack/image/list/log.md";
    let log = site.read(file);
    let ours = "    \"identity\": {\n      \"methods\": [\n        \"password\"\n      ],";
    assert!(log.contains(ours), "the log has a token request");
    let swapped = Regex::new(
        r#"(?s)("methods": \[\s*"password"\s*\]),(\s*)("password": \{.*?\n      \})(\s*\})"#,
    )
    .expect("the pattern is valid")
    .replace(&log, "$3,$2$1$4")
    .into_owned();
    assert_ne!(swapped, log);
    site.write(file, swapped);
    check(&site).exits(0);
}

#[test]
fn two_documented_ids_that_are_one_live_id_are_drift() {
    let site = recorded();
    let page = site.read(&format!("{PAGE}/index.md"));
    let rows: Vec<&str> = page.lines().filter(|line| line.contains("| active |")).collect();
    let id = |row: &str| row.split_whitespace().nth(1).expect("a row has an id").to_owned();
    for file in ["log.md", "console.txt"] {
        let file = format!("recorded/openstack/image/list/{file}");
        site.write(&file, site.read(&file).replace(&id(rows[0]), &id(rows[1])));
    }
    check(&site).exits(1);
}

#[test]
fn what_people_wrote_stays() {
    let site = recorded();
    let body = format!("{PAGE}/body.md");
    let written = site
        .read(&body)
        .replace(
            "### (5) GET /image\n`openstack` --> `glance-api`\n",
            "### (5) GET /image\n`openstack` --> `glance-api`\n\n!!! note \"by hand\"\n    which versions\n",
        )
        .replacen("linenums=\"1\"\n    Content-Length", "linenums=\"1\" hl_lines=\"3\"\n    Content-Length", 1);
    assert!(written.contains("by hand") && written.contains("hl_lines"));
    site.write(&body, &written);
    let diagram = format!("{PAGE}/diagram.md");
    let drawn = site
        .read(&diagram)
        .replace("glance-api->>keystone", "opt once in a while\n  glance-api->>keystone");
    let drawn = drawn.replacen("/tokens\nglance-api-->>", "/tokens\nend\nglance-api-->>", 1);
    assert!(drawn.contains("\nend\n"));
    site.write(&diagram, &drawn);
    check(&site).exits(0);
    // The cloud changes, too.
    let log = "recorded/openstack/image/list/log.md";
    site.write(log, site.read(log).replace("\"v3.14\"", "\"v3.15\""));
    let said = refresh(&site).exits(0);
    assert!(said.out.contains("2 of 4 views rewritten"), "{}", said.out);
    assert_eq!(site.read(&body), written.replace("\"v3.14\"", "\"v3.15\""));
    assert_eq!(site.read(&diagram), drawn);
}

#[test]
fn only_the_changed_lines_of_a_page_change() {
    let site = recorded();
    let page = format!("{PAGE}/index.md");
    let before = format!("\u{feff}{}", site.read(&page))
        .replace('\n', "\r\n")
        .replace("Sequence\r", "Sequence  \r");
    let before = before.trim_end_matches("\r\n").to_owned();
    site.write(&page, &before);
    check(&site).exits(0);
    let console = "recorded/openstack/image/list/console.txt";
    site.write(console, site.read(console).replace("| active |", "| queued |"));
    let git = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(["-c", "user.name=x", "-c", "user.email=x", "-c", "core.autocrlf=false"]);
        let output =
            git.args(args).current_dir(site.path("")).output().expect("git can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("the page is text")
    };
    git(&["init", "--quiet"]);
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "x"]);
    refresh(&site).exits(0);
    assert_eq!(site.read(&page), before.replace("| active |", "| queued |"));
    let changed = before.lines().filter(|line| line.contains("| active |")).count();
    let told = git(&["diff", "--numstat"]);
    assert_eq!(told, format!("{changed}\t{changed}\t{page}\n"), "git shows these lines only");
}

#[test]
fn a_page_that_shows_no_log_keeps_its_recording_elsewhere() {
    let site = recorded();
    let page = format!("{PAGE}/index.md");
    let text = site.read(&page);
    let shown = text.split("## Full log").next().expect("there is a beginning").to_owned();
    site.write(&page, shown);
    refresh(&site).exits(0);
    assert_eq!(
        site.read(".doctool/openstack/image/list/log.md"),
        site.read(&format!("{PAGE}/log.md"))
    );
    let log = "recorded/openstack/image/list/log.md";
    let other = renewed(&site.read(log), &mut HashMap::new());
    site.write(log, other);
    let said = check(&site).exits(0);
    assert_eq!(said.out, "3 views up to date on 1 page, by replay\n");
}

#[test]
fn new_view_files_are_made() {
    let site = recorded();
    for file in ["diagram.md", "body.md", "log.md"] {
        std::fs::remove_file(site.path(&format!("{PAGE}/{file}"))).expect("the file is there");
    }
    let config = site.read("mkdocs.yml").replace("check_paths: true", "check_paths: false");
    site.write("mkdocs.yml", config);
    let said = refresh(&site).exits(0);
    assert!(!said.out.contains("missing-include"), "{}", said.out);
    check(&site).exits(0);
    let [log, recorded] =
        [format!("{PAGE}/log.md"), "recorded/openstack/image/list/log.md".to_owned()];
    assert_eq!(site.read(&log), site.read(&recorded));
}

#[test]
fn a_view_that_two_pages_share_is_told_by_the_first() {
    let site = recorded();
    site.write("docs/openstack/image/list/twin.md", site.read(&format!("{PAGE}/index.md")));
    for file in ["log.md", "console.txt"] {
        let recording = site.read(&format!("recorded/openstack/image/list/{file}"));
        site.write(&format!("recorded/openstack/image/list/twin/{file}"), recording);
    }
    let said = check(&site).exits(0);
    assert_eq!(said.out, "5 views up to date on 2 pages, by replay\n");
    assert_eq!(
        said.err.matches("is told by `openstack/image/list/index.md`").count(),
        3,
        "{}",
        said.err
    );
}

#[test]
fn rows_with_ids_may_come_in_any_order_and_others_may_not() {
    let site = recorded();
    let console = "recorded/openstack/image/list/console.txt";
    let session = site.read(console);
    let lines: Vec<&str> = session.lines().collect();
    let with = |order: [usize; 8]| order.map(|index| format!("{}\n", lines[index])).concat();
    assert_eq!(with([0, 1, 2, 3, 4, 5, 6, 7]), session);
    site.write(console, with([0, 1, 2, 3, 6, 4, 5, 7]));
    check(&site).exits(0);
    site.write(console, with([0, 1, 2, 3, 4, 5, 7, 6]));
    check(&site).exits(1);
}

#[test]
fn a_path_that_leads_nowhere_and_a_page_without_commands_are_errors() {
    let site = recorded();
    let said = site.doctool(&["check", "docs/nowhere"]).exits(2);
    assert!(said.err.starts_with("error: "), "{}", said.err);
    assert_eq!(said.out, "");
    site.write("docs/plain.md", "# Plain\n\n``` bash\n$ make\n```\n");
    let said = site.doctool(&["check", "docs/plain.md"]).exits(2);
    assert_eq!(
        said.err,
        "error: none of these pages documents a command that may run\n\
         hint: see what doctool finds on them, and why it is not run, with `doctool list`\n"
    );
    site.write("docs/plain.md", "# Plain\n\n``` console\n$ openstack image list; id\n```\n");
    let said = site.doctool(&["check", "docs/plain.md"]).exits(2);
    assert_eq!(
        said.err,
        "error: none of these pages documents a command that may run: this command is not run: \
         it needs a shell for `;`\n  --> docs/plain.md:4:3\n\
         hint: write one command without it, or set `run.shell` in doctool.yml\n"
    );
}

#[test]
fn an_include_that_brings_in_nothing_is_told_with_its_place() {
    let site = recorded();
    let page = format!("{PAGE}/index.md");
    site.write(&page, site.read(&page) + "\n??? note\n    --8<-- \"no/such.md\"\n");
    let line = site.read(&page).lines().count();
    let warning = format!(
        "warning[missing-include]: nothing is included: there is no `no/such.md`\n  \
         --> {page}:{line}:13\n   |\n{line} |     --8<-- \"no/such.md\"\n   |             ^^^^^^^^^^\n   \
         = hint: correct the path, which starts at a `base_path` of pymdownx.snippets, or create the file\n\n"
    );
    let said = check(&site).exits(1);
    assert_eq!(said.out, format!("{warning}4 views up to date on 1 page, by replay; 1 warning\n"));
    let said = site.doctool(&["list", PAGE]).exits(0);
    assert_eq!(said.err, warning);
    assert!(said.out.ends_with("4 includes (1 broken), 1 warning\n"), "{}", said.out);
}

#[test]
fn a_recording_of_another_command_is_refused() {
    let site = recorded();
    site.write("recorded/openstack/image/list/console.txt", "$ openstack server list\n");
    let said = check(&site).exits(2);
    assert!(
        said.err.contains("this session is not of the commands of `openstack/image/list/index.md`")
    );
    assert!(said.err.contains("console.txt"));
}

#[test]
fn an_unknown_key_of_the_settings_is_an_error_with_its_place() {
    let site = recorded();
    site.write("doctool.yml", "run:\n  alow: [curl]\n");
    let said = check(&site).exits(2);
    assert!(said.err.contains("doctool.yml:2:3"), "{}", said.err);
    assert!(said.err.ends_with("hint: write `allow` if that is what you mean\n"), "{}", said.err);
}

/// The recorded run with one more exchange at its beginning, of which nobody has heard.
fn with_news(log: &str) -> String {
    let first =
        log.find("\n### (openstack) REQ >>> (keystone) : POST").expect("a token is asked for");
    let entry = |what: &str, header: &str| {
        format!(
            "\n### (openstack) {what} http://127.0.0.1:15000/identity/news\n{header}\n\nnone\n\n"
        )
    };
    let news = entry("REQ >>> (keystone) : GET", "Accept: */*")
        + &entry("RESP <<< (keystone) : 200 OK GET", "Content-Length: 0");
    format!("{}{news}{}", &log[..first], &log[first..])
}

#[test]
fn line_ends_and_words_in_any_script_survive_and_numbers_follow() {
    let site = recorded();
    let (page, body) = (format!("{PAGE}/index.md"), format!("{PAGE}/body.md"));
    let words = "`GET /image` 요청 설명. `(1-2)`, (3) 그리고 (5)-(6) (2023)\n";
    let own = site.read(&body).replacen(
        "`openstack` --> `glance-api`\n",
        &format!("`openstack` --> `glance-api`\n\n{words}"),
        1,
    );
    site.write(&body, own.replace('\n', "\r\n"));
    site.write(&page, site.read(&page) + "\n" + words);
    check(&site).exits(0);
    let log = "recorded/openstack/image/list/log.md";
    site.write(log, with_news(&site.read(log)));
    let said = refresh(&site).exits(0);
    assert!(said.out.contains("prose"), "{}", said.out);
    let followed = "`GET /image` 요청 설명. `(1-2)`, (5) 그리고 (7)-(8) (2023)";
    let new = site.read(&body);
    assert!(
        new.contains(&format!(
            "(7) GET /image\r\n`openstack` --> `glance-api`\r\n\r\n{followed}\r\n"
        )),
        "{new}"
    );
    assert!(!new.replace("\r\n", "").contains('\n'), "every line ends as before");
    assert!(site.read(&page).ends_with(&format!("\n{followed}\n")));
    check(&site).exits(0);
}

#[test]
fn a_reference_to_a_message_that_is_gone_is_told_with_its_place() {
    let site = recorded();
    let log = "recorded/openstack/image/list/log.md";
    let old = site.read(log);
    let own = format!("{PAGE}/log.md");
    site.write(&own, with_news(&old));
    for view in ["diagram.md", "body.md"] {
        std::fs::write(site.path(&format!("{PAGE}/{view}")), "").expect("it can be emptied");
    }
    let page = format!("{PAGE}/index.md");
    site.write(&page, site.read(&page) + "\nThe news (3).\n");
    let line = site.read(&page).lines().count();
    let said = refresh(&site).exits(1);
    let told = format!(
        "warning[stale-reference]: step (3) meant `GET /identity/news`, which is no longer sent\n  \
         --> {page}:{line}:10\n"
    );
    assert!(said.out.contains(&told), "{}", said.out);
    assert!(site.read(&page).ends_with("\nThe news (3).\n"), "it stays");
    refresh(&site).exits(0);
}

#[test]
fn marks_of_a_console_block_follow_their_lines() {
    let site = recorded();
    let page = format!("{PAGE}/index.md");
    let before = site.read(&page);
    let fence = before.lines().find(|line| line.contains("``` console")).expect("there is one");
    // The last row of the table, which is the block's eighth line but one.
    let marked = before.replace(fence, &format!("{fence} hl_lines=\"7\""));
    site.write(&page, &marked);
    check(&site).exits(0);
    let console = "recorded/openstack/image/list/console.txt";
    let session = site.read(console);
    let row = session.lines().nth(4).expect("the table has rows");
    let id = row.split_whitespace().nth(1).expect("a row has an id");
    let other = row.replace(id, "00000000-0000-4000-8000-000000000001");
    site.write(console, session.replacen(row, &format!("{other}\n{row}"), 1));
    refresh(&site).exits(0);
    let new = site.read(&page);
    assert!(new.contains("hl_lines=\"8\""), "{new}");
    check(&site).exits(0);
}

#[test]
fn a_conflict_is_told_and_decided_by_an_option() {
    let site = recorded();
    let (body, log) = (format!("{PAGE}/body.md"), "recorded/openstack/image/list/log.md");
    let own = site.read(&body).replace("\"v3.14\"", "\"v3.13\"");
    site.write(&body, &own);
    site.write(log, site.read(log).replace("\"v3.14\"", "\"v3.15\""));
    let said = refresh(&site).exits(1);
    assert_eq!(site.read(&body), own);
    for told in ["warning[conflict]: ", "was: ", "page: ", "run: ", "\"v3.13\"", "\"v3.15\""] {
        assert!(said.out.contains(told), "{told}: {}", said.out);
    }
    let theirs = ["refresh", PAGE, "--replay", "recorded", "--conflict", "theirs"];
    site.doctool(&theirs).exits(0);
    assert_eq!(site.read(&body), own.replace("\"v3.13\"", "\"v3.15\""));
    check(&site).exits(0);
}
