//! The main job on a real cloud: Keystone, Glance and the client, nothing simulated.

mod support;

#[path = "live/at_once.rs"]
mod at_once;
#[path = "live/expected.rs"]
mod expected;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use support::Site;
use support::front::Front;

const LIST: &str = "docs/openstack/image/list";

/// A copy of this project's list page, and a cloud of its own that is wiped when the test is over.
struct Live {
    site: Site,
    data: PathBuf,
}

impl Live {
    fn new() -> Self {
        let cache = std::env::var_os("DOCTOOL_CACHE_DIR")
            .map_or_else(|| Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache"), PathBuf::from);
        let site = Site::of_this_project();
        let data = site.path("cloud");
        let data_text = data.to_str().expect("the path is text").to_owned();
        let cache = cache.to_str().expect("the path is text").to_owned();
        let site = site.with("DOCTOOL_CACHE_DIR", cache).with("DOCTOOL_CLOUD_DIR", data_text);
        Self { site, data }
    }

    fn docs(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let docs = self.site.path("docs");
        self.site.files().into_iter().filter(|(path, _)| path.starts_with(&docs)).collect()
    }

    /// What the cloud was made with and nobody may see.
    fn passwords(&self) -> Vec<String> {
        let state = std::fs::read_to_string(self.data.join("state.json")).expect("the cloud is up");
        let state: serde_json::Value = serde_json::from_str(&state).expect("it is JSON");
        let mut passwords = Vec::new();
        let mut open = vec![&state["secrets"]];
        while let Some(value) = open.pop() {
            match value {
                serde_json::Value::String(password) => passwords.push(password.clone()),
                serde_json::Value::Object(members) => open.extend(members.values()),
                _ => {}
            }
        }
        assert!(passwords.len() >= 5, "the cloud has passwords");
        passwords
    }

    /// Ends Glance as a crash would.
    fn kill_glance(&self) {
        let status = self.site.doctool(&["cloud", "status"]).exits(0).out;
        let line = status.lines().find(|line| line.starts_with("glance-api")).expect("it runs");
        let pid = line
            .split_once("pid ")
            .and_then(|(_, rest)| rest.split(',').next())
            .expect("it has a pid");
        assert!(
            Command::new("kill").args(["-9", pid]).status().expect("kill can be run").success()
        );
    }

    /// Nobody may find a secret of the cloud in the docs, nor in what doctool says.
    #[track_caller]
    fn shows_no_secret(&self, said: &str) {
        let mut texts: Vec<(String, String)> =
            vec![("doctool's output".to_owned(), said.to_owned())];
        for (path, bytes) in self.docs() {
            texts.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
        }
        for (place, text) in texts {
            assert!(!text.contains("gAAAAA"), "a token is in {place}");
            for password in self.passwords() {
                for written in [
                    password.clone(),
                    utf8_percent_encode(&password, NON_ALPHANUMERIC).to_string(),
                    STANDARD.encode(&password).trim_end_matches('=').to_owned(),
                    URL_SAFE_NO_PAD.encode(&password),
                ] {
                    assert!(!text.contains(&written), "a password is in {place}");
                }
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.site.doctool(&["cloud", "down", "--wipe"]);
    }
}

#[test]
fn a_page_is_made_stays_as_it_is_and_is_mended() {
    let live = Live::new();
    let site = &live.site;
    for view in ["diagram", "body", "log"] {
        site.write(&format!("{LIST}/{view}.md"), "");
    }

    // The first refresh brings the cloud up and fills the views.
    let said = site.doctool(&["refresh", LIST]).exits(0);
    assert!(said.out.ends_with("rewritten on 1 page\n"), "{}", said.out);
    assert!(said.err.contains("starting keystone"), "{}", said.err);
    live.shows_no_secret(&format!("{}{}", said.out, said.err));
    let diagram = site.read(&format!("{LIST}/diagram.md"));
    assert_eq!(
        diagram,
        "openstack->>keystone: GET /identity\n\
         keystone-->>openstack: 300 MULTIPLE CHOICES /identity\n\
         openstack->>keystone: POST /identity/v3/auth/tokens\n\
         keystone-->>openstack: 201 CREATED /identity/v3/auth/tokens\n\
         openstack->>glance-api: GET /image\n\
         glance-api-->>openstack: 300 Multiple Choices /image\n\
         openstack->>glance-api: GET /image/v2/images\n\
         glance-api->>keystone: GET /identity/v3/auth/tokens\n\
         keystone-->>glance-api: 200 OK /identity/v3/auth/tokens\n\
         glance-api-->>openstack: 200 OK /image/v2/images\n"
    );
    assert!(site.read(&format!("{LIST}/log.md")).contains("X-Subject-Token: [redacted:token]\n"));

    // The second changes no byte, on this cloud and on one with other ids and tokens.
    let made = live.docs();
    let said = site.doctool(&["refresh", LIST]).exits(0);
    assert!(said.out.starts_with("openstack/image/list/index.md: unchanged\n"), "{}", said.out);
    assert_eq!(live.docs(), made);
    let first = live.passwords();
    site.doctool(&["cloud", "down", "--wipe"]).exits(0);
    let said = site.doctool(&["check", LIST]).exits(0);
    assert_eq!(said.out, "4 views up to date on 1 page, live\n");
    assert_ne!(live.passwords(), first, "it is another cloud");
    assert_eq!(live.docs(), made);

    // A stale line is told, and mended.
    let log = format!("{LIST}/log.md");
    let stale = site.read(&log).replacen("Server: waitress", "Server: apache", 1);
    site.write(&log, &stale);
    let said = site.doctool(&["check", LIST]).exits(1);
    assert!(said.out.contains("\n-Server: apache\n+Server: waitress\n"), "{}", said.out);
    site.doctool(&["refresh", LIST]).exits(0);
    assert_eq!(live.docs(), made);

    a_command_that_fails_changes_nothing(&live);
    clients_that_run_at_the_same_time_have_no_order(&live);
    what_is_sent_while_no_command_runs_is_noise(&live);
    what_services_send_only_when_cold_is_learnt(&live);
    a_cloud_behind_tls_is_recorded_as_one_that_is_not(&live);
    a_service_that_is_gone_is_an_error(&live);
}

/// The same cloud behind an address of its own, plain first and then with TLS. What its services say
/// to each other does not come this way.
fn a_cloud_behind_tls_is_recorded_as_one_that_is_not(live: &Live) {
    let site = &live.site;
    let before = live.docs();
    let state = std::fs::read_to_string(live.data.join("state.json")).expect("the cloud is up");
    let state: serde_json::Value = serde_json::from_str(&state).expect("it is JSON");
    let at = |port: &str| format!("127.0.0.1:{}", state["ports"][port]);
    let services = vec![("/identity", at("keystone")), ("/image", at("glance_api"))];
    let front = Front::new(services, &site.path(""));
    let clouds = std::fs::read_to_string(live.data.join("clouds.yaml")).expect("the cloud is up");
    let refreshed = |scheme: &str| {
        let own = format!("{scheme}://{}", front.address());
        let clouds = clouds.replace(&format!("http://{}", at("keystone")), &own);
        site.write("clouds.yaml", clouds);
        let settings = format!(
            "clouds:\n  front:\n    env:\n      OS_CLOUD: doctool\n      OS_CLIENT_CONFIG_FILE: {}\n      \
             OS_CACERT: {}\n      PATH: {}\n",
            site.path("clouds.yaml").display(),
            front.authority().display(),
            path_to_the_client(live),
        );
        site.write("doctool.yml", settings);
        for (path, bytes) in &before {
            std::fs::write(path, bytes).expect("the folder can be written");
        }
        // The words about what Glance asks Keystone have lost what they are about.
        let said = site.doctool(&["refresh", LIST, "--cloud", "front"]).exits(1);
        assert!(!said.err.contains("warning"), "{}", said.err);
        ["diagram", "body", "log"].map(|view| site.read(&format!("{LIST}/{view}.md")))
    };
    let plain = refreshed("http");
    front.turn_to_tls();
    let secure = refreshed("https");
    assert!(secure[2].contains("### (openstack) REQ >>> (keystone) : GET https://127.0.0.1:"));
    // A letter more in an address counts in the length of what holds it.
    let without_scheme = |views: [String; 3]| {
        let lines = views.concat().replace("https://", "http://");
        let lines = lines.lines().filter(|line| !line.contains("Content-Length: "));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    assert_eq!(without_scheme(secure), without_scheme(plain));
    for (path, bytes) in &before {
        std::fs::write(path, bytes).expect("the folder can be written");
    }
}

fn a_command_that_fails_changes_nothing(live: &Live) {
    let site = &live.site;
    site.write(
        "docs/failing.md",
        "---\ndoctool:\n  setup:\n    - openstack image create --disk-format raw --container-format bare left-over\n  \
         teardown:\n    - openstack image delete left-over\n---\n# Failing\n\n\
         ``` console\n$ openstack image show left-over --format value --column name\nold\n```\n\n\
         ``` console\n$ openstack image show no-such-image\n```\n",
    );
    let before = live.docs();
    let said = site.doctool(&["refresh", "docs/failing.md"]).exits(2);
    assert!(
        said.err.contains("error: `openstack image show no-such-image` exited with status 1\n  --> docs/failing.md:16\n"),
        "{}",
        said.err
    );
    assert!(said.err.contains("| No Image found for no-such-image"), "{}", said.err);
    assert!(said.out.starts_with("failing.md: a command failed; not rewritten\n"), "{}", said.out);
    assert_eq!(live.docs(), before);
    // What the page had set up is gone again: the list of images is the documented one.
    site.doctool(&["check", LIST]).exits(0);
}

/// Who is first changes from run to run, and means nothing.
fn clients_that_run_at_the_same_time_have_no_order(live: &Live) {
    let site = &live.site;
    let settings = site.read("doctool.yml");
    site.write(
        "doctool.yml",
        settings.replace("    - openstack\n", "    - openstack\n    - bash\n"),
    );
    let clients = [
        "image show cirros-0.6.3-x86_64-disk",
        "image list",
        "image show cirros-0.6.3-x86_64-disk",
        "image list",
        "image list --name cirros-0.6.3-x86_64-disk",
        "image list",
        "image show cirros-0.6.3-x86_64-disk",
        "image list --long",
        "image show cirros-0.6.3-x86_64-disk",
        "project list",
    ];
    let mut script: String =
        clients.iter().map(|client| format!("openstack {client} > /dev/null &\n")).collect();
    script += "wait\nopenstack token issue > /dev/null\n";
    site.write("docs/together/clients.sh", &script);
    site.write(
        "docs/together/index.md",
        "---\ndoctool: {files: [clients.sh]}\n---\n# Together\n\n``` console\n$ bash clients.sh\n```\n\n\
         ``` mermaid\nsequenceDiagram\n    autonumber\n    --8<-- \"together/diagram.md\"\n```\n\n\
         --8<-- \"together/body.md\"\n\n``` text\n--8<-- \"together/log.md\"\n```\n",
    );
    for view in ["diagram", "body", "log"] {
        site.write(&format!("docs/together/{view}.md"), "");
    }
    site.doctool(&["refresh", "docs/together"]).exits(0);
    for _ in 0..3 {
        let said = site.doctool(&["check", "docs/together"]).exits(0);
        assert_eq!(said.out, "4 views up to date on 1 page, live\n");
    }
    // One that asks for something else is found, though the diagram leaves out for what.
    let other = script.replace("--name cirros-0.6.3-x86_64-disk", "--name debian-12-generic-amd64");
    assert_ne!(other, script);
    site.write("docs/together/clients.sh", other);
    let said = site.doctool(&["check", "docs/together"]).exits(1);
    assert!(said.out.contains("?name=debian-12-generic-amd64"), "{}", said.out);
    assert!(!said.out.contains("docs/together/diagram.md"), "{}", said.out);
    site.write("docs/together/clients.sh", script);
    // Whoever comes last does so because the others are over.
    let diagram = site.read("docs/together/diagram.md");
    let (before, last) =
        diagram.split_at(diagram.rfind("bash->>keystone: GET /identity\n").expect("it is asked"));
    site.write("docs/together/diagram.md", format!("{last}{before}"));
    site.doctool(&["check", "docs/together"]).exits(1);
    std::fs::remove_dir_all(site.path("docs/together")).expect("it is there");
    site.write("doctool.yml", settings);
}

fn what_is_sent_while_no_command_runs_is_noise(live: &Live) {
    let site = &live.site;
    let quiet = site.doctool(&["noise", "--for", "1"]).exits(0);
    assert_eq!(quiet.out, "watched cloud `embedded` for 1 s: nothing was sent\n");

    let noisy = || {
        let caller = Background::start(live);
        let said = site.doctool(&["noise", "--for", "2"]).exits(0);
        drop(caller);
        said.out
    };
    let said = noisy();
    let seen = "glance-api->>keystone: GET /identity/v3/users/{uuid}: ";
    assert!(said.contains(seen), "{said}");
    let (_, rules) = said.split_once("add to doctool.yml:\n\n").expect("there are rules");
    assert_eq!(
        rules,
        "ignore:\n  rules:\n  - from: glance-api\n    to: keystone\n    method: GET\n    \
         path: ^/identity/v3/users/{uuid}$\n"
    );
    live.shows_no_secret(&said);

    // What was pasted holds.
    let settings = std::fs::read_to_string(site.path("doctool.yml")).unwrap_or_default();
    site.write("doctool.yml", format!("{settings}\n{rules}"));
    let said = noisy();
    assert!(said.contains("; ignored already\n") && !said.contains("ignore:"), "{said}");
    let caller = Background::start(live);
    let said = site.doctool(&["check", LIST]).exits(0);
    drop(caller);
    let ignored = said.out.strip_prefix("4 views up to date on 1 page, live; ");
    assert!(ignored.is_some_and(|rest| rest.ends_with("ignored\n")), "{}", said.out);
    site.write("doctool.yml", settings);
}

/// Somebody who asks Keystone the same thing over and over, in the name of glance-api and on its way.
struct Background {
    go_on: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    fn start(live: &Live) -> Self {
        let read = |file: &str| -> serde_json::Value {
            let text = std::fs::read_to_string(live.data.join(file)).expect("the cloud is up");
            serde_json::from_str(&text).expect("it is JSON")
        };
        let (relay, ports) = (read("relay.json"), read("state.json")["ports"].clone());
        let callers = relay["callers"].as_array().expect("callers are a list");
        let glance = callers.iter().find(|caller| caller["name"] == "glance-api");
        let key = glance.and_then(|caller| caller["key"].as_str()).expect("it has a key");
        let request = format!(
            "GET http://127.0.0.1:{}/identity/v3/users/0123456789abcdef0123456789abcdef HTTP/1.1\r\n\
             Host: 127.0.0.1\r\nProxy-Authorization: Basic {}\r\nConnection: close\r\n\r\n",
            ports["keystone"],
            STANDARD.encode(format!("glance-api:{key}"))
        );
        let address = format!("127.0.0.1:{}", ports["relay"]);
        let go_on = Arc::new(AtomicBool::new(true));
        let asks = Arc::clone(&go_on);
        let thread = std::thread::spawn(move || {
            while asks.load(Ordering::Relaxed) {
                let mut stream = TcpStream::connect(&address).expect("the relay listens");
                stream.write_all(request.as_bytes()).expect("the relay reads");
                stream.read_to_end(&mut Vec::new()).expect("the relay answers");
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        Self { go_on, thread: Some(thread) }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.go_on.store(false, Ordering::Relaxed);
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            assert!(ended.is_some_and(|ended| ended.is_ok()), "every request was answered");
        }
    }
}

fn what_services_send_only_when_cold_is_learnt(live: &Live) {
    let site = &live.site;
    let before = live.docs();
    let said = site.doctool(&["refresh", LIST, "--runs", "3"]).exits(1);
    let opt = "+opt glance-api asks keystone for tokens: 1 of 3 runs\n";
    assert_eq!(said.out.matches("+opt ").count(), 1, "{}", said.out);
    assert!(said.out.contains(opt), "{}", said.out);
    assert_eq!(live.docs(), before, "it is only proposed");
    site.doctool(&["refresh", LIST, "--runs", "2", "--accept"]).exits(0);
    let learnt = live.docs();
    for _ in 0..3 {
        // The first of the two runs finds cold caches, and the one after them warm ones.
        let said = site.doctool(&["check", LIST, "--runs", "2"]).exits(0);
        assert_eq!(said.out, "4 views up to date on 1 page, live\n");
        site.doctool(&["check", LIST]).exits(0);
    }
    site.doctool(&["refresh", LIST]).exits(0);
    assert_eq!(live.docs(), learnt);
}

fn a_service_that_is_gone_is_an_error(live: &Live) {
    let site = &live.site;
    let clouds = live.data.join("clouds.yaml");
    site.write(
        "doctool.yml",
        format!(
            "clouds:\n  mine:\n    env:\n      OS_CLOUD: doctool\n      OS_CLIENT_CONFIG_FILE: {}\n      PATH: {}\n",
            clouds.display(),
            path_to_the_client(live),
        ),
    );
    let before = live.docs();
    live.kill_glance();
    let said = site.doctool(&["check", LIST]).exits(2);
    assert_eq!(
        said.err,
        "error: `glance-api` of the embedded cloud does not run\n\
         hint: run `doctool cloud up`: it starts what is missing\n"
    );
    let said = site.doctool(&["refresh", LIST, "--cloud", "mine"]).exits(2);
    assert!(said.err.contains("exited with status 1\n"), "{}", said.err);
    assert!(
        said.err.contains("hint: see why `glance-api` does not answer at `http://127.0.0.1:"),
        "{}",
        said.err
    );
    live.shows_no_secret(&said.err);
    assert_eq!(live.docs(), before);
    site.doctool(&["cloud", "up"]).exits(0);
    site.doctool(&["check", LIST]).exits(0);
}

/// A `PATH` with the embedded cloud's client in it, as `doctool cloud up` names it.
fn path_to_the_client(live: &Live) -> String {
    let said = live.site.doctool(&["cloud", "up"]).exits(0).out;
    let line =
        said.lines().find_map(|line| line.trim().strip_prefix("export PATH=")).expect("it is told");
    let folder = line.strip_suffix(":\"$PATH\"").expect("the folder comes first");
    format!("{folder}:{}", std::env::var("PATH").expect("there is a PATH"))
}
