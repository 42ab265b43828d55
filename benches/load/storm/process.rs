//! `doctool proxy` as a process of its own, watched from outside.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Resource, getrlimit, setrlimit};
use tempfile::TempDir;

use super::caller::Way;
use super::log::{self, Recorded};

/// How long the proxy may take to listen.
const START: Duration = Duration::from_secs(60);

/// A running proxy.
pub struct Standing {
    process: Child,
    pub way: Way,
    recorded: Recorded,
    reader: Option<JoinHandle<()>>,
    _site: TempDir,
}

/// What a process holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held {
    /// Resident memory, in KiB.
    pub memory: u64,
    /// File descriptors, sockets among them.
    pub files: usize,
}

impl Held {
    /// What this process holds now; nothing if it is gone.
    pub fn by(process: u32) -> Self {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.and_then(|value| value.split_whitespace().next()?.parse().ok());
        let files = fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count);
        Self { memory: memory.unwrap_or(0), files }
    }
}

/// A port that nobody listens on.
pub fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

/// Lets this process hold both ends of many connections.
pub fn hold_many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    let _ = setrlimit(Resource::Nofile, limit);
}

/// Waits until somebody listens there.
pub fn wait_for(address: SocketAddr) -> io::Result<()> {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(_) => return Ok(()),
            Err(error) if start.elapsed() > START => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

impl Standing {
    /// Starts it. What it records goes through a pipe, so that it fills no disk.
    pub fn start(service: SocketAddr) -> io::Result<Self> {
        let site = tempfile::tempdir()?;
        let (folder, cache) = (site.path(), site.path().join("cache"));
        fs::write(folder.join("mkdocs.yml"), "site_name: load\n")?;
        let settings = format!(
            "cloud: load\nclouds:\n  load:\n    env:\n      OS_AUTH_URL: http://{service}/\n"
        );
        fs::write(folder.join("doctool.yml"), settings)?;
        let address = free_port()?;
        let port = address.port().to_string();
        let mut told = Command::new(env!("CARGO_BIN_EXE_doctool"));
        told.args(["proxy", "env", "load", "--port", &port]).current_dir(folder);
        let told = told.env("DOCTOOL_CACHE_DIR", &cache).output()?;
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let authorization = authorization(&told).ok_or_else(|| io::Error::other(told))?;
        let pipe = folder.join("recorded");
        let made = Command::new("mkfifo").arg(&pipe).status()?;
        assert!(made.success(), "mkfifo");
        let recorded = Recorded::default();
        let reader = read(&pipe, recorded.clone());
        let mut process = Command::new("sh");
        // Most shells begin with a low limit, which the proxy has to raise.
        process.args(["-c", "ulimit -Sn 256 && exec \"$@\"", "sh"]);
        process.arg(env!("CARGO_BIN_EXE_doctool")).args(["proxy", "--quiet", "--port", &port]);
        process.arg("--out").arg(&pipe).current_dir(folder).env("DOCTOOL_CACHE_DIR", &cache);
        let process = process.stdout(Stdio::null()).spawn()?;
        let way = Way { address, authorization: Some(authorization) };
        let standing = Self { process, way, recorded, reader: Some(reader), _site: site };
        wait_for(address)?;
        Ok(standing)
    }

    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has recorded so far.
    pub fn recorded(&self) -> &Recorded {
        &self.recorded
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

/// The line that proves who calls, from what `proxy env` prints.
fn authorization(told: &str) -> Option<String> {
    let line = told.lines().find_map(|line| line.strip_prefix("export http_proxy='http://"))?;
    let (credentials, _) = line.split_once('@')?;
    Some(format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(credentials)))
}

/// Reads what is recorded until the proxy is gone.
fn read(pipe: &Path, recorded: Recorded) -> JoinHandle<()> {
    let pipe = pipe.to_owned();
    std::thread::spawn(move || {
        // Opening waits for the proxy to open it, too.
        let Ok(file) = File::open(pipe) else { return };
        let mut lines = BufReader::with_capacity(1 << 20, file);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            log::line(&line, &recorded);
            line.clear();
        }
    })
}
