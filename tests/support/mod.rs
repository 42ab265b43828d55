//! One builder for tests of the command: a site in a folder of its own, and the command run on it.

#![allow(dead_code, unreachable_pub, reason = "each test binary uses a part of it")]

pub mod front;
pub mod node;
pub mod python;
pub mod web;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A site that is gone when the test is over.
pub struct Site {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Site {
    /// A site with these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a site");
        let site = Self { folder, variables: Vec::new() };
        for (path, content) in files {
            site.write(path, content);
        }
        site
    }

    /// A copy of this project's own documentation.
    pub fn of_this_project() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let site = Self::new(&[]);
        copy(&project.join("docs"), &site.path("docs"));
        for file in ["mkdocs.yml", "doctool.yml"] {
            if project.join(file).exists() {
                fs::copy(project.join(file), site.path(file)).expect("the file can be copied");
            }
        }
        site
    }

    /// Sets a variable for every command.
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Copies a folder from elsewhere into the site.
    pub fn copy(&self, from: &Path, to: &str) {
        copy(from, &self.path(to));
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("it can be made");
        fs::write(path, content).expect("the file can be written");
    }

    /// Every file with its content, sorted by path.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = walkdir::WalkDir::new(self.folder.path()).sort_by_file_name().into_iter();
        files
            .map(|entry| entry.expect("the folder can be read").into_path())
            .filter(|path| path.is_file())
            .map(|path| (path.clone(), fs::read(path).expect("the file can be read")))
            .collect()
    }

    /// The same site, seen from one of its folders.
    pub fn in_folder<'a>(&'a self, folder: &str) -> Inside<'a> {
        Inside { site: self, folder: self.path(folder) }
    }

    /// Runs doctool on the site.
    pub fn doctool(&self, args: &[&str]) -> Said {
        self.in_folder("").doctool(args)
    }
}

/// A folder of a site.
pub struct Inside<'a> {
    site: &'a Site,
    folder: PathBuf,
}

impl Inside<'_> {
    /// Runs doctool in the folder.
    pub fn doctool(&self, args: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_doctool"));
        command.args(args).current_dir(&self.folder);
        command.envs(self.site.variables.iter().map(|(name, value)| (name, value)));
        said(command.output().expect("doctool can be started"))
    }
}

impl Said {
    /// Expects this exit code, and shows what was said if it is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "out: {}\nerr: {}", self.out, self.err);
        self
    }
}

/// What a program said and how it ended.
pub fn said(output: Output) -> Said {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("doctool says UTF-8");
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let target = to.join(path.file_name().expect("a file has a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("the file can be copied");
            // The copy is ours, also where the original is not to be touched.
            fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).expect("it is ours");
        }
    }
}
