//! Which file is started for a program's name.
//!
//! In: a name as documented, the folders to look in, and those that pages are in. Out: an absolute
//! path, the same for the whole run.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::path::{self, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Command;
use crate::system;

/// Programs that commands start, each looked up once.
#[derive(Debug, Default)]
pub struct Programs {
    /// Folders of doctool's own, looked in first.
    own: Vec<PathBuf>,
    /// What else is looked through.
    path: OsString,
    /// Files that the settings name, which go before what is found.
    named: Vec<PathBuf>,
    /// Folders whose files are no programs, without links: whoever may change pages may change
    /// those.
    site: Vec<PathBuf>,
    found: Mutex<BTreeMap<String, PathBuf>>,
}

impl Programs {
    /// Looks in `own` first, then in `PATH` as given or as it is set for doctool. `allowed` may name
    /// files; those below `site` are refused unless it does.
    pub fn new(
        own: Vec<PathBuf>,
        path: Option<&str>,
        allowed: &[String],
        site: Vec<PathBuf>,
    ) -> Self {
        let path = path.map(OsString::from).or_else(|| env::var_os("PATH")).unwrap_or_default();
        let named = allowed.iter().map(PathBuf::from).filter(|path| path.is_absolute()).collect();
        Self { own, path, named, site, found: Mutex::default() }
    }

    /// `PATH` as commands see it.
    pub fn search_path(&self) -> OsString {
        let folders = self.own.iter().cloned().chain(env::split_paths(&self.path));
        env::join_paths(folders).unwrap_or_else(|_| self.path.clone())
    }

    /// The file of a command's program.
    ///
    /// # Errors
    ///
    /// When there is none, or it may not be started; at the place of the command.
    pub fn file(&self, command: &Command) -> Result<PathBuf> {
        let name = &command.argv[0];
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = found.get(name) {
            return Ok(file.clone());
        }
        let file = self.find(name).map_err(|(reason, hint)| {
            Error::new(ErrorKind::Command, format!("cannot start `{name}`: {reason}"))
                .at(command.place.clone())
                .hint(hint)
        })?;
        found.insert(name.clone(), file.clone());
        Ok(file)
    }

    /// The file, or why there is none and what may help.
    fn find(&self, name: &str) -> std::result::Result<PathBuf, (String, String)> {
        let missing = format!("install `{name}`, or take it out of `run.allow`");
        if name.contains(path::is_separator) {
            // A path that depends on a folder could mean any file; the plan lets only those through
            // that the settings name.
            let file = PathBuf::from(name);
            if !file.is_absolute() {
                return Err(("it is a path that is not absolute".to_owned(), missing));
            }
            return Ok(file);
        }
        if let Some(file) = self.named.iter().find(|file| system::has_name(file, name)) {
            return system::program(file)
                .ok_or_else(|| (format!("`{}` is no program", file.display()), missing));
        }
        let in_folder = |folder: &PathBuf| system::program(&folder.join(name));
        if let Some(file) = self.own.iter().find_map(in_folder) {
            return Ok(file);
        }
        let folders = env::split_paths(&self.path).filter(|folder| folder.is_absolute());
        let Some(file) = folders.into_iter().find_map(|folder| in_folder(&folder)) else {
            return Err(("it is in no folder of `PATH`".to_owned(), missing));
        };
        if self.is_of_site(&file) {
            let reason = format!("`{}` is a file of the site", file.display());
            let hint = "name it by its absolute path in `run.allow` if it may run".to_owned();
            return Err((reason, hint));
        }
        Ok(file)
    }

    /// Whether the file, or what a link there leads to, is one of the site.
    fn is_of_site(&self, file: &Path) -> bool {
        let folder = file.parent().and_then(|folder| system::canonical(folder).ok());
        let real = system::canonical(file).ok();
        let mut places = [folder, real].into_iter().flatten();
        places.any(|place| self.site.iter().any(|root| place.starts_with(root)))
    }
}
