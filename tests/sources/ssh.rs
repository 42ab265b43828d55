//! A log on another machine, read through the system's `ssh` and a real server.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::support::Site;

const SERVERS: [&str; 2] = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"];

/// A server on a port of 127.0.0.1 that lets in whoever has the key.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    /// None where there is no such program, or it cannot serve here.
    fn start(folder: &Path) -> Option<Self> {
        let program = SERVERS.into_iter().find(|program| Path::new(program).exists())?;
        for key in ["host", "user"] {
            let mut command = Command::new("ssh-keygen");
            command.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(folder.join(key));
            assert!(command.status().ok()?.success(), "a key is made");
        }
        // What the system makes when it starts the server; nobody else but root needs it.
        let _ = fs::create_dir("/run/sshd");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        drop(listener);
        let settings = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {0}/host\nAuthorizedKeysFile {0}/user.pub\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nPermitRootLogin yes\n",
            folder.display()
        );
        fs::write(folder.join("sshd_config"), settings).expect("the folder can be written");
        let mut command = Command::new(program);
        command.args(["-D", "-e", "-f"]).arg(folder.join("sshd_config"));
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if child.try_wait().ok()?.is_some() {
                return None;
            }
            assert!(Instant::now() < deadline, "it listens");
            thread::sleep(Duration::from_millis(20));
        }
        Some(Self { child, port })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn entries(path: &str) -> String {
    let entry = |heading: &str| {
        format!("\n### (talk) {heading}\nX-Requestshook-Request-Id: {path}\n\nnone\n\n")
    };
    entry(&format!("REQ >>> (service) : GET http://h/{path}"))
        + &entry(&format!("RESP <<< (service) : 200 OK GET http://h/{path}"))
}

#[test]
fn a_log_is_read_through_ssh_with_its_keys_and_settings() {
    let (keys, programs) = (Site::new(&[]), Site::new(&[]));
    let folder = keys.path(".").canonicalize().expect("it is there");
    let Some(server) = Server::start(&folder) else {
        #[expect(clippy::print_stderr, reason = "a test that compared nothing must say so")]
        let () = eprintln!("there is no sshd that can serve, so no log is read through ssh");
        return;
    };
    // A user has such settings at home; the name says nothing of the address.
    let settings = format!(
        "Host clouds\n  HostName 127.0.0.1\n  Port {}\n  IdentityFile {1}/user\n  IdentitiesOnly yes\n  \
         UserKnownHostsFile {1}/known\n  StrictHostKeyChecking accept-new\n",
        server.port,
        folder.display()
    );
    keys.write("config", settings);
    programs.write(
        "bin/ssh",
        format!("#!/bin/sh\nexec /usr/bin/ssh -F {}/config \"$@\"\n", folder.display()),
    );
    // A name that a shell would take apart.
    let log = folder.join("the log's $HOME.log");
    fs::write(&log, entries("before")).expect("the folder can be written");
    keys.write("new", entries("new"));
    programs.write(
        "bin/talk",
        format!("#!/bin/sh\necho said\ncat {}/new >> \"$LOG\"\n", folder.display()),
    );
    for program in ["bin/ssh", "bin/talk"] {
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(programs.path(program), executable).expect("it is ours");
    }
    let bin = programs.path("bin").display().to_string();
    let site = Site::new(&[
        ("mkdocs.yml", "site_name: x\nmarkdown_extensions: [pymdownx.superfences]\n"),
        ("docs/index.md", "# Page\n\n```console\n$ talk\nold\n```\n"),
    ]);
    let settings = |place: &str| {
        format!(
            "cloud: mine\nrun: {{allow: [talk]}}\nclouds:\n  mine:\n    env: {{PATH: '{bin}:/usr/bin:/bin', \
             LOG: \"{}\"}}\n    capture: {{requestshook: \"ssh://{place}\"}}\n",
            log.display()
        )
    };
    site.write("doctool.yml", settings(&format!("clouds{}", log.display())));
    let cache = site.path("cache").display().to_string();
    let site = site.with("DOCTOOL_CACHE_DIR", cache).with("PATH", format!("{bin}:/usr/bin:/bin"));
    site.doctool(&["record", "--out", "kept"]).exits(0);
    assert_eq!(site.read("kept/log.md"), entries("new"));

    // A log that is not there yet is empty.
    fs::remove_file(&log).expect("it is there");
    site.doctool(&["record", "--out", "kept"]).exits(0);
    assert_eq!(site.read("kept/log.md"), entries("new"));

    // Nobody is asked for a password, and why it failed is told.
    site.write("doctool.yml", settings(&format!("127.0.0.1:{}{}", server.port, log.display())));
    let said = site.doctool(&["record", "--out", "kept"]).exits(2).err;
    assert!(said.contains("cannot read the log at `ssh://127.0.0.1:"), "{said}");
    assert!(said.contains("`ssh` says: "), "{said}");
}
