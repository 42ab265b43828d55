//! The proxy by itself: what it shows, and how services find it.

mod support;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use support::Site;
use support::web::{Web, answer};

fn site(web: &Web) -> Site {
    let settings = format!(
        "cloud: mine\nclouds:\n  mine:\n    env:\n      OS_AUTH_URL: {}\nignore:\n  rules:\n  - path: ^/ping$\n",
        web.url("/identity")
    );
    let site = Site::new(&[("mkdocs.yml", "site_name: x\n"), ("doctool.yml", &settings)]);
    let cache = site.path("cache").display().to_string();
    site.with("DOCTOOL_CACHE_DIR", cache)
}

/// A running `doctool proxy`.
struct Standing(Child);

impl Drop for Standing {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address").port().to_string()
}

/// The value of a variable among lines of a shell.
fn value(lines: &str, name: &str) -> String {
    let start = format!("export {name}='");
    let line = lines.lines().find_map(|line| line.strip_prefix(&start)).expect("it is there");
    line.trim_end_matches('\'').to_owned()
}

#[test]
fn shows_what_passes_to_those_that_were_told_of_it_at_any_time() {
    let web = Web::new(|_, _| answer("200 OK", "Content-Type: application/json\r\n", "{\"a\": 1}"));
    let site = site(&web);
    let port = free_port();
    // The service was told before the proxy ran.
    let told = site.doctool(&["proxy", "env", "glance-api", "--port", &port]).exits(0).out;
    let proxy = value(&told, "http_proxy");
    assert_eq!(value(&told, "no_proxy"), "");
    let bundle = std::fs::read_to_string(value(&told, "OS_CACERT")).expect("it was written");
    assert!(bundle.contains("BEGIN CERTIFICATE"));

    let mut standing = Command::new(env!("CARGO_BIN_EXE_doctool"));
    standing.args(["proxy", "--port", &port, "--out", "log.md"]).current_dir(site.path(""));
    standing.env("DOCTOOL_CACHE_DIR", site.path("cache")).stdout(Stdio::piped());
    let mut standing = Standing(standing.spawn().expect("doctool can be started"));
    let (credentials, address) =
        proxy.strip_prefix("http://").and_then(|rest| rest.split_once('@')).expect("a proxy");
    assert_eq!(address, format!("127.0.0.1:{port}"));
    let ask = |credentials: &str, path: &str| {
        let start = Instant::now();
        let mut stream = loop {
            match TcpStream::connect(address) {
                Ok(stream) => break stream,
                Err(_) if start.elapsed() < Duration::from_secs(30) => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(error) => panic!("the proxy does not listen: {error}"),
            }
        };
        let request = format!(
            "GET {} HTTP/1.1\r\nX-Auth-Token: gAAAAAsecret\r\nProxy-Authorization: Basic {}\r\nConnection: close\r\n\r\n",
            web.url(path),
            STANDARD.encode(credentials)
        );
        stream.write_all(request.as_bytes()).expect("the proxy reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the proxy answers");
        answer
    };
    assert!(ask("glance-api:guessed", "/image").starts_with("HTTP/1.1 407 "));
    assert!(ask(credentials, "/ping").starts_with("HTTP/1.1 200 "));
    assert!(ask(credentials, "/image?a=b").ends_with("{\"a\": 1}"));
    let mut line = String::new();
    let out = standing.0.stdout.take().expect("it is piped");
    BufReader::new(out).read_line(&mut line).expect("it is told");
    let to = web.url("").replace("http://", "");
    assert_eq!(line, format!("glance-api->>{to}: GET /image 200 OK\n"));
    let start = Instant::now();
    while !site.read("log.md").contains("RESP <<<") && start.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(standing);
    let log = site.read("log.md");
    assert!(
        log.contains(&format!("### (glance-api) REQ >>> ({to}) : GET {}", web.url("/image?a=b")))
    );
    assert!(log.contains("X-Auth-Token: [redacted:token]\n"), "{log}");
    assert!(!log.contains("/ping"), "{log}");
}

#[test]
fn tells_units_and_containers_in_their_own_words() {
    let web = Web::new(|_, _| answer("200 OK", "", ""));
    let site = site(&web);
    let env = |format| {
        site.doctool(&["proxy", "env", "my api", "--format", format, "--port", "7"]).exits(0).out
    };
    let shell = env("shell");
    let proxy = value(&shell, "https_proxy");
    assert!(proxy.starts_with("http://my%20api:") && proxy.ends_with("@127.0.0.1:7"), "{proxy}");
    let unit = env("systemd");
    let line = format!("\nEnvironment=\"https_proxy={}\"\n", proxy.replace('%', "%%"));
    assert!(unit.starts_with("[Service]\n") && unit.contains(&line), "{unit}");
    let options = env("container");
    assert!(options.starts_with("--network host \\\n--volume '"), "{options}");
    assert!(options.contains(&format!("--env 'https_proxy={proxy}'")), "{options}");
}

#[test]
fn devstacks_units_are_sent_through_the_proxy_and_back() {
    use std::os::unix::fs::PermissionsExt as _;
    let web = Web::new(|_, _| answer("200 OK", "", ""));
    let site = site(&web);
    let units = "root/etc/systemd/system";
    for unit in ["devstack@g-api", "devstack@keystone", "devstack@etcd", "ssh"] {
        site.write(&format!("{units}/{unit}.service"), "[Service]\n");
    }
    site.write(&format!("{units}/devstack@keystone.service.d/own.conf"), "[Service]\n");
    let before = site.files();
    let root = site.path("root").display().to_string();
    let said = site.doctool(&["proxy", "devstack", "--root", &root]).exits(0);
    assert_eq!(
        said.out,
        "changed 2 units; make them see it:\n\n    systemctl daemon-reload\n    \
         systemctl restart devstack@g-api.service devstack@keystone.service\n"
    );
    let drop_in = format!("{units}/devstack@g-api.service.d/doctool-proxy.conf");
    assert!(site.read(&drop_in).contains("\"http_proxy=http://glance-api:"));
    let mode = site.path(&drop_in).metadata().expect("it is there").permissions().mode();
    assert_eq!(mode & 0o077, 0, "it holds a key");
    let again = site.doctool(&["proxy", "devstack", "--root", &root]).exits(0);
    assert_eq!(again.out, said.out);
    let undone = site.doctool(&["proxy", "devstack", "--undo", "--root", &root]).exits(0);
    assert_eq!(undone.out, said.out);
    let below = |files: Vec<(std::path::PathBuf, Vec<u8>)>| {
        let files = files.into_iter().filter(|(path, _)| path.starts_with(&root));
        files.collect::<Vec<_>>()
    };
    assert_eq!(below(site.files()), below(before));
    assert!(!site.path(&format!("{units}/devstack@g-api.service.d")).exists());
    let undone = site.doctool(&["proxy", "devstack", "--undo", "--root", &root]).exits(0);
    assert_eq!(undone.out, "nothing was changed\n");
}
