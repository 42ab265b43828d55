//! Snippets that are included by URL, from a real server on loopback: what they bring in, how they
//! fail, how often they are asked for, and that nothing in them is run or written.

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use doctool::fetch::Fetcher;
use doctool::model::{Fetched, FileCache, Page};
use doctool::settings::{Config, Site as Settings, Snippets};
use support::Site;
use support::web::{Web, answer};

const OK: &str = "200 OK";

/// A site that includes URLs, with more settings of snippets.
fn site(page: &str, more: &str) -> Site {
    let config = format!(
        "markdown_extensions:\n- pymdownx.superfences\n- pymdownx.snippets:\n    base_path: docs\n    url_download: true\n{more}"
    );
    let files = [("mkdocs.yml", config.as_str()), ("docs/page.md", page), ("docs/own.md", "own\n")];
    Site::new(&files).with("NO_PROXY", "127.0.0.1")
}

fn settings(site: &Site) -> Settings {
    Settings::read(&site.path("mkdocs.yml")).expect("the settings are right")
}

fn snippets() -> Snippets {
    Snippets { url_download: true, backoff_factor: 0.01, ..Snippets::default() }
}

/// The page with what stands at its URLs.
fn fetched(site: &Site) -> Page {
    fetched_with(site, &FileCache::new(site.path("")))
}

fn fetched_with(site: &Site, files: &FileCache) -> Page {
    let settings = settings(site);
    let fetcher = Fetcher::new(settings.snippets.as_ref().expect("they are enabled"));
    let remote = |url: &str| fetcher.fetch(url);
    doctool::page::read_with(&settings, files, &remote, &site.path("docs/page.md"))
        .expect("the page can be read")
}

fn told(page: &Page) -> Vec<String> {
    page.diagnostics.iter().map(|found| format!("{} {}", found.kind, found.message)).collect()
}

#[test]
fn a_url_brings_in_its_lines_and_what_they_include_by_url() {
    let web = Web::new(|path, _| match path {
        "/a.md" => answer(OK, "", "one\r\n  --8<-- \"../b.md\"\r--8<-- \"own.md\"\ntwo\n"),
        "/outer.md" => answer(OK, "", "outer\n"),
        _ => answer("404 Not Found", "", ""),
    });
    let page = format!("--8<-- \"{}\"\nend\n", web.url("/a.md"));
    assert_eq!(fetched(&site(&page, "")).text, "one\ntwo\n\nend\n");
    let other = Web::new({
        let url = web.url("/outer.md");
        move |_, _| answer(OK, "", format!("x\n  --8<-- \"{url}\"\n"))
    });
    let page = format!("  --8<-- \"{}\"\nend\n", other.url("/"));
    let page = fetched(&site(&page, ""));
    assert_eq!(page.text, "  x\n    outer\n    \n  \nend\n");
    assert!(page.origin(0).is_none(), "there is no file to edit");
    assert_eq!(page.origin(4).map(|origin| origin.line), Some(2));
    assert_eq!(page.nearest_origin(1).map(|origin| origin.line), Some(1));
}

#[test]
fn sections_and_lines_of_a_url_can_be_selected() {
    let text = "a\n--8<-- [start:x]\nb\n--8<-- [end:x]\nc\n";
    let web = Web::new(move |_, _| answer(OK, "", text));
    let url = web.url("/s.md");
    let page = format!("--8<--\n{url}:x\n{url}:5:5\n{url}:y\n--8<--\n");
    let page = fetched(&site(&page, ""));
    assert_eq!(page.text, "b\nc\n");
    assert_eq!(
        told(&page),
        [format!("missing-section nothing is included: `{url}` has no section `y`")]
    );
    assert_eq!(web.times("/s.md"), 1);
}

#[test]
fn what_cannot_be_had_is_told_and_asked_for_once() {
    let web = Web::new(|path, _| {
        match path {
        "/large" => answer(OK, "", "x".repeat(50)),
        "/endless" => b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n0123456789012345678901234567890123456789012345678901".to_vec(),
        "/latin" => answer(OK, "", b"caf\xe9\n"),
        "/none" => answer("204 No Content", "", ""),
        "/round" => answer("302 Found", "Location: /round\r\n", ""),
        _ => answer("404 Not Found", "", "no\n"),
    }
    });
    for (path, status, reason) in [
        ("/gone", "missing-include nothing is included: `URL` is not there: ", "HTTP 404"),
        ("/none", "missing-include nothing is included: `URL` is not there: ", "HTTP 204"),
        (
            "/round",
            "missing-include nothing is included: `URL` is not there: ",
            "too many redirects",
        ),
        (
            "/large",
            "broken-include `URL` cannot be included; the site's build stops here: ",
            "it has 50 bytes or more (`url_max_size`)",
        ),
        (
            "/endless",
            "broken-include `URL` cannot be included; the site's build stops here: ",
            "it has 50 bytes or more (`url_max_size`)",
        ),
        (
            "/latin",
            "broken-include `URL` cannot be included; the site's build stops here: ",
            "it is not utf-8",
        ),
    ] {
        let url = web.url(path);
        let page = format!("--8<-- \"{url}\"\n\ntext\n\n--8<-- \"{url}\"\n");
        let page = fetched(&site(&page, "    url_max_size: 50\n"));
        assert_eq!(page.text, "\ntext\n\n");
        let expected = status.replace("URL", &url) + reason;
        assert_eq!(told(&page), [expected.clone(), expected]);
        assert_eq!(page.diagnostics[1].place.line, 5);
        assert_eq!(web.times(path), if path == "/round" { 11 } else { 1 }, "{path}");
    }
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        format!("http://{}/x", listener.local_addr().expect("it has an address"))
    };
    let page = fetched(&site(&format!("--8<-- \"{closed}\"\n"), ""));
    let expected =
        format!("broken-include `{closed}` cannot be included; the site's build stops here: ");
    assert!(told(&page)[0].starts_with(&expected), "{:?}", told(&page));
}

#[test]
fn a_server_that_does_not_speak_tls_is_told_where_it_should() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("https://{}/", listener.local_addr().expect("it has an address"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        // What it says is read first, or closing would tear down the answer.
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(&answer("400 Bad Request", "", ""));
    });
    let settings = snippets();
    let fetched = Fetcher::new(&settings).fetch(&url);
    let Fetched::Failed(reason) = fetched else { panic!("{fetched:?}") };
    assert!(reason.contains("InvalidContentType"), "{reason}");
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let busy = |headers: &'static str, until: usize| {
        move |_: &str, times: usize| match times < until {
            true => answer("429 Too Many Requests", headers, ""),
            false => answer(OK, "", "text\n"),
        }
    };
    let text = Fetched::Content(b"text\n".as_slice().into());
    let settings = snippets();
    let fetch = |web: &Web| Fetcher::new(&settings).fetch(&web.url("/"));
    let web = Web::new(busy("", 3));
    assert_eq!(fetch(&web), text);
    assert_eq!(web.times("/"), 4);
    let web = Web::new(busy("", 4));
    assert_eq!(fetch(&web), Fetched::Nothing("HTTP 429".to_owned()));
    assert_eq!(web.times("/"), 4);
    let web = Web::new(busy("Retry-After: 0\r\n", 1));
    assert_eq!(fetch(&web), text);
    let web = Web::new(busy("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", 1));
    assert_eq!(fetch(&web), text);
    // Longer than doctool would wait by itself: it gives up at once.
    let web = Web::new(busy("Retry-After: 3600\r\n", 1));
    assert_eq!(fetch(&web), Fetched::Nothing("HTTP 429, to be asked again in 3600 s".to_owned()));
    assert_eq!(web.times("/"), 1);
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let web = Web::new(|_, _| {
        std::thread::sleep(std::time::Duration::from_secs(600));
        Vec::new()
    });
    let settings = Snippets { url_timeout: 0.2, ..snippets() };
    let fetched = Fetcher::new(&settings).fetch(&web.url("/"));
    assert!(matches!(fetched, Fetched::Failed(_)), "{fetched:?}");
}

#[test]
fn headers_of_the_settings_are_sent() {
    let web = Web::new(|_, _| answer(OK, "", "x\n"));
    let headers = vec![("X-Docs".to_owned(), "yes".to_owned())];
    let settings = Snippets { url_request_headers: headers, ..snippets() };
    Fetcher::new(&settings).fetch(&web.url("/"));
    assert!(web.asked()[0].to_lowercase().contains("x-docs: yes\r\n"), "{:?}", web.asked());
}

#[test]
fn threads_that_want_the_same_url_ask_once() {
    let web = Web::new(|_, _| answer(OK, "", "x\n"));
    let settings = snippets();
    let fetcher = Fetcher::new(&settings);
    let url = web.url("/");
    std::thread::scope(|scope| {
        (0..8).for_each(|_| {
            scope.spawn(|| fetcher.fetch(&url));
        });
    });
    assert_eq!(web.times("/"), 1);
}

#[test]
fn nothing_that_stands_at_a_url_is_run_or_written() {
    let web = Web::new(|path, _| match path {
        "/fence.md" => answer(OK, "", "``` console\n$ openstack image delete tiny\nx\n```\n"),
        "/more.md" => answer(OK, "", "  --all\n"),
        "/body.md" => answer(OK, "", "### GET /\n`openstack` --> `keystone`\n"),
        _ => answer("404 Not Found", "", ""),
    });
    let page = format!(
        "--8<-- \"{}\"\n\n``` console\n$ openstack image list \\\n--8<-- \"{}\"\n```\n\n--8<-- \"{}\"\n\n--8<-- \"{}\"\n",
        web.url("/fence.md"),
        web.url("/more.md"),
        web.url("/body.md"),
        web.url("/missing.md"),
    );
    let site = site(&page, "");
    let files = FileCache::new(site.path(""));
    let page = fetched_with(&site, &files);
    let plan =
        doctool::plan::plan(&settings(&site), &Config::default(), &files, &page).expect("a plan");
    let not_run: Vec<_> = plan
        .not_run
        .iter()
        .map(|command| (command.text.as_str(), command.place.line, command.reason.as_str()))
        .collect();
    assert_eq!(
        not_run,
        [
            ("openstack image delete tiny", 1, "it comes from a URL"),
            ("openstack image list --all", 4, "it comes from a URL"),
        ]
    );
    assert!(plan.commands.is_empty() && plan.views.is_empty(), "{:?}", plan.views);
}

#[test]
fn a_view_that_is_wanted_at_a_url_is_an_error() {
    let url = "https://example.org/body.md";
    let page = format!(
        "---\ndoctool:\n  views:\n    body: {url}\n---\n\n``` console\n$ openstack x\n```\n\n--8<-- \"{url}\"\n"
    );
    let said = site(&page, "").doctool(&["list"]).exits(2);
    assert!(
        said.err.starts_with(&format!(
            "error: the body cannot be at `{url}`: doctool writes files only\n"
        )),
        "{}",
        said.err
    );
}

#[test]
fn the_network_is_left_alone_by_list_and_by_a_replay_and_used_by_a_run() {
    let web = Web::new(|_, _| answer("404 Not Found", "", ""));
    let page = format!("``` console\n$ true\n```\n\n--8<-- \"{}\"\n", web.url("/x.md"));
    let site = site(&page, "");
    let config = "cloud: none\nclouds:\n  none:\n    env:\n      X: x\nrun:\n  allow: ['true']\n";
    site.write("doctool.yml", config);
    let said = site.doctool(&["list", "docs/page.md", "--format", "json"]).exits(0);
    assert!(said.out.contains("\"status\":\"disabled\""), "{}", said.out);
    assert!(said.out.contains("\"diagnostics\":[]"), "{}", said.out);
    site.write("recorded/page/console.txt", "$ true\n");
    site.write("recorded/page/log.md", "");
    site.doctool(&["check", "docs/page.md", "--replay", "recorded"]).exits(0);
    assert_eq!(web.times("/x.md"), 0);
    let said = site.doctool(&["check", "docs/page.md"]).exits(1);
    assert!(said.out.contains("is not there: HTTP 404\n --> docs/page.md:5:9\n"), "{}", said.out);
    assert_eq!(web.times("/x.md"), 1);
}
