//! Where the embedded cloud keeps its things. In: a cache folder, or the environment. Out: paths,
//! and the lock that makes concurrent doctools take turns.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Event, Events};

/// Marks the data folder as ours, and as nothing a backup needs (<https://bford.info/cachedir/>).
const TAG_NAME: &str = "CACHEDIR.TAG";
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# The embedded cloud of doctool.\n";

/// The folder that clouds share, and the one that holds this cloud's data.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    /// Python environments; they take long to make and hold nothing of a particular cloud.
    pub(super) shared: PathBuf,
    /// Configuration, databases, keys, images, logs and state of one cloud.
    pub(super) data: PathBuf,
}

impl Folders {
    /// The usual places below a cache folder.
    pub(super) fn below(cache: &Path) -> Self {
        let shared = absolute(cache).join("openstack");
        Self { data: shared.join("cloud"), shared }
    }

    /// Waits until no other doctool changes this cloud, and keeps others from it while the lock
    /// lives.
    pub(super) fn lock(&self, events: Events<'_>) -> Result<Lock> {
        // Beside the data and not in it, for the data may be removed while somebody waits.
        let mut name = self.data.file_name().unwrap_or(OsStr::new("cloud")).to_owned();
        name.push(".lock");
        let path = self.data.with_file_name(name);
        make(path.parent().unwrap_or(&self.data))?;
        Lock::take(&path, events)
    }

    /// Waits until no other doctool makes a Python environment.
    pub(super) fn lock_shared(&self, events: Events<'_>) -> Result<Lock> {
        Lock::take(&self.shared.join("venv.lock"), events)
    }

    /// Makes the folders.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Cloud`] when the data folder holds something else than a cloud.
    pub(super) fn create(&self) -> Result<()> {
        make(&self.shared)?;
        make(&self.data)?;
        let tag = self.data.join(TAG_NAME);
        if tag.exists() {
            return Ok(());
        }
        let mut entries =
            fs::read_dir(&self.data).map_err(|cause| cannot("read", &self.data, cause))?;
        if entries.next().is_some() {
            return Err(Error::new(
                ErrorKind::Cloud,
                format!("`{}` holds something else than a cloud", self.data.display()),
            )
            .hint("name an empty folder in DOCTOOL_CLOUD_DIR"));
        }
        fs::write(&tag, TAG).map_err(|cause| cannot("write", &tag, cause))
    }

    /// Removes the cloud's data, if the folder is one that [`Folders::create`] made.
    pub(super) fn remove_data(&self) -> Result<()> {
        if !self.data.join(TAG_NAME).exists() {
            return Ok(());
        }
        fs::remove_dir_all(&self.data).map_err(|cause| cannot("remove", &self.data, cause))
    }

    /// Makes the data folder empty.
    pub(super) fn clear_data(&self) -> Result<()> {
        self.remove_data()?;
        self.create()
    }

    /// Makes the folders a service expects to find.
    pub(super) fn create_data(&self) -> Result<()> {
        for name in [
            "glance",
            "images",
            "keystone/credential",
            "keystone/fernet",
            "lock",
            "logs",
            "policy.d",
            "staging",
            "tasks",
        ] {
            make(&self.data.join(name))?;
        }
        Ok(())
    }

    /// A file in the cloud's data.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    /// Where a process of the cloud writes what it has to say.
    pub(super) fn log(&self, name: &str) -> PathBuf {
        self.data.join("logs").join(format!("{name}.log"))
    }
}

/// Makes a folder that only its owner may enter, unless it is there.
fn make(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|cause| cannot("create", folder, cause))
}

/// The path from the root and without links, so that it means the same to every process and is the
/// same however one came there.
pub(super) fn absolute(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // Its end need not exist yet.
    let known = path.ancestors().find_map(|start| Some((start, start.canonicalize().ok()?)));
    match known {
        Some((start, real)) => match path.strip_prefix(start) {
            Ok(rest) if rest.as_os_str().is_empty() => real,
            Ok(rest) => real.join(rest),
            Err(_) => path,
        },
        None => path,
    }
}

/// A place in the queue; kept until dropped, or until the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl Lock {
    fn take(path: &Path, events: Events<'_>) -> Result<Self> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(|cause| cannot("open", path, cause))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            events(Event::Cloud("waiting for another doctool that changes the cloud".to_owned()));
            flock(&file, FlockOperation::LockExclusive)
                .map_err(|cause| cannot("lock", path, cause.into()))?;
        }
        Ok(Self(file))
    }
}

/// Writes a file that only its owner may read, all of it or nothing.
pub(super) fn write_private(path: &Path, content: &str) -> Result<()> {
    let write = || {
        let folder = path.parent().expect("a file of the cloud lies in a folder");
        // Temporary files are made with mode 600.
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(content.as_bytes())?;
        file.persist(path)?;
        Ok(())
    };
    write().map_err(|cause| cannot("write", path, cause))
}

/// The error for a file or folder that refuses.
pub(super) fn cannot(verb: &str, path: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Cloud, format!("cannot {verb} `{}`", path.display())).because(cause)
}
