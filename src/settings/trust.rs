//! Which files are a site's own, and what is left of settings that nobody has looked at.
//!
//! In: settings as they stand. Out: the folders that files may be in; settings that can start
//! nothing and reach nothing outside of the site's folder.

use std::path::{Path, PathBuf};

use super::site::BasePath;
use super::{Config, Site};
use crate::error::{Error, ErrorKind, Result};
use crate::model::Place;
use crate::system;

impl Site {
    /// The folders that the site's files are in, without links: that of its configuration, that of
    /// its pages, and those that includes are looked for in.
    pub fn roots(&self) -> Vec<PathBuf> {
        let bases = self.snippets.iter().flat_map(|snippets| &snippets.base_paths);
        let bases = bases.filter_map(|base| match base {
            BasePath::Path(path) => Some(path),
            BasePath::PageFolder => None,
        });
        let roots = [&self.folder, &self.docs_dir].into_iter().chain(bases);
        roots.filter_map(|root| system::canonical(root).ok()).collect()
    }

    /// The site as it may be read when its settings are part of a change that nobody has looked at:
    /// includes stay below its folder.
    ///
    /// # Errors
    ///
    /// When its pages lie elsewhere.
    pub fn untrusted(mut self) -> Result<Self> {
        let folder = real(&self.folder);
        if !real(&self.docs_dir).starts_with(&folder) {
            let message = "`docs_dir` leads out of the site's folder";
            let error = Error::new(ErrorKind::Settings, message).at(Place::file(&self.file));
            return Err(error.hint("leave `--untrusted` away once somebody has read the change"));
        }
        if let Some(snippets) = &mut self.snippets {
            snippets.restrict_base_path = true;
            snippets.base_paths.retain(|base| match base {
                BasePath::Path(path) => real(path).starts_with(&folder),
                BasePath::PageFolder => true,
            });
        }
        Ok(self)
    }
}

impl Config {
    /// The settings without what could run anything that is not asked for by name.
    ///
    /// # Errors
    ///
    /// When they ask for a shell.
    pub fn untrusted(self) -> Result<Self> {
        if self.run.shell {
            let message = "`run.shell` is not for changes that nobody has looked at";
            let hint = "leave `--untrusted` away once somebody has read the change";
            return Err(Error::new(ErrorKind::Settings, message).hint(hint));
        }
        Ok(self)
    }
}

fn real(path: &Path) -> PathBuf {
    system::canonical(path).unwrap_or_else(|_| path.to_owned())
}
