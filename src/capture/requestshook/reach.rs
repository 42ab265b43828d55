//! How the log of a service is reached: as a file here, through `ssh`, or over HTTP.
//!
//! In: where the log is. Out: how long it is, and what it holds from some byte on.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_LENGTH, RANGE};
use same_file::Handle;

use crate::system;

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Where the log is.
#[derive(Debug)]
pub(super) enum Reach {
    File(PathBuf),
    Ssh { host: String, port: Option<String>, path: String },
    Web { url: String, client: Client },
}

impl Reach {
    /// Reads `ssh://[USER@]HOST[:PORT]/PATH`, an HTTP URL, or a path, seen from a folder.
    pub(super) fn new(place: &str, folder: &std::path::Path) -> Result<Self, Cause> {
        if place.starts_with("http://") || place.starts_with("https://") {
            let client = Client::builder().timeout(PATIENCE).build()?;
            return Ok(Self::Web { url: place.to_owned(), client });
        }
        let Some(rest) = place.strip_prefix("ssh://") else {
            return Ok(Self::File(folder.join(place)));
        };
        let (authority, path) = rest.split_once('/').ok_or("there is no path behind the host")?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (host, Some(port.to_owned()))
            }
            _ => (authority, None),
        };
        // What begins with a dash would be an option of `ssh`.
        if host.is_empty() || host.starts_with('-') {
            return Err("there is no host".into());
        }
        Ok(Self::Ssh { host: host.to_owned(), port, path: format!("/{path}") })
    }

    /// The log now. A file that is not there yet is empty.
    pub(super) fn open(&self) -> Result<Option<File>, Cause> {
        let Self::File(path) = self else { return Ok(None) };
        match File::open(path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps off other doctools that read the same file, until what it gives is dropped. Says before it has to
    /// wait for one.
    pub(super) fn turn(&self, waits: impl FnOnce()) -> Result<Option<File>, Cause> {
        let Self::File(path) = self else { return Ok(None) };
        Ok(system::take_turn(path, waits)?)
    }

    /// Its length in bytes.
    pub(super) fn length(&self) -> Result<u64, Cause> {
        match self {
            Self::File(_) => Ok(self.open()?.map_or(Ok(0), |file| length(&file))?),
            Self::Ssh { path, .. } => {
                let path = quoted(path)?;
                let said =
                    self.ssh(&format!("if [ -e {path} ]; then wc -c < {path}; else echo 0; fi"))?;
                Ok(String::from_utf8_lossy(&said).trim().parse()?)
            }
            Self::Web { url, client } => {
                let answer = client.head(url).header(ACCEPT_ENCODING, "identity").send()?;
                if answer.status() == StatusCode::NOT_FOUND {
                    return Ok(0);
                }
                let answer = answer.error_for_status()?;
                let length = answer.headers().get(CONTENT_LENGTH).ok_or("it has no length")?;
                Ok(length.to_str()?.parse()?)
            }
        }
    }

    /// What it holds from this byte on; nothing where it is shorter.
    pub(super) fn read(&self, from: u64) -> Result<Vec<u8>, Cause> {
        match self {
            Self::File(_) => Ok(self.open()?.map_or(Ok(Vec::new()), |file| read(&file, from))?),
            Self::Ssh { path, .. } => {
                let path = quoted(path)?;
                self.ssh(&format!("if [ -e {path} ]; then tail -c +{} {path}; fi", from + 1))
            }
            Self::Web { url, client } => {
                let request = client.get(url).header(ACCEPT_ENCODING, "identity");
                let answer = request.header(RANGE, format!("bytes={from}-")).send()?;
                part(answer, from)
            }
        }
    }

    fn ssh(&self, script: &str) -> Result<Vec<u8>, Cause> {
        let Self::Ssh { host, port, .. } = self else { return Ok(Vec::new()) };
        let mut command = Command::new("ssh");
        command.args(["-o", "BatchMode=yes"]);
        if let Some(port) = port {
            command.args(["-p", port]);
        }
        let said = command.args([host, script]).stdin(Stdio::null()).output()?;
        if said.status.success() {
            return Ok(said.stdout);
        }
        let why = String::from_utf8_lossy(&said.stderr);
        Err(format!("`ssh` says: {}", why.lines().last().unwrap_or("nothing")).into())
    }
}

fn quoted(path: &str) -> Result<String, Cause> {
    Ok(shlex::try_quote(path)?.into_owned())
}

/// The part that was asked for, also where the server gives the whole.
fn part(answer: Response, from: u64) -> Result<Vec<u8>, Cause> {
    match answer.status() {
        StatusCode::RANGE_NOT_SATISFIABLE | StatusCode::NOT_FOUND => Ok(Vec::new()),
        StatusCode::PARTIAL_CONTENT => Ok(answer.bytes()?.into()),
        _ => {
            let whole: Vec<u8> = answer.error_for_status()?.bytes()?.into();
            let from = usize::try_from(from)?.min(whole.len());
            Ok(whole[from..].to_vec())
        }
    }
}

/// The length of an open file.
pub(super) fn length(file: &File) -> io::Result<u64> {
    Ok(file.metadata()?.len())
}

/// What tells an open file from others, whatever its name becomes.
pub(super) fn identity(file: &File) -> io::Result<Handle> {
    Handle::from_file(file.try_clone()?)
}

/// What an open file holds from this byte on.
pub(super) fn read(mut file: &File, from: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(from))?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
