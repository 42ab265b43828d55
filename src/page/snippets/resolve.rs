//! From an include's path to a file, as `get_snippet_path` of `pymdownx.snippets` 13.1 finds it.

use std::path::{Path, PathBuf};

use crate::model::FileCache;
use crate::settings::{BasePath, Snippets};

/// Where an include leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// To this file or folder; the spelling tells it from others, as PyMdown compares spellings.
    File(PathBuf),
    /// To nothing.
    Nothing,
    /// To something that lies outside of the base paths.
    Outside,
}

/// The base paths that exist, for one page.
pub(super) struct Resolver<'a> {
    files: &'a FileCache,
    bases: Vec<(PathBuf, bool)>,
    restrict: bool,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(files: &'a FileCache, settings: &Snippets, page_folder: &Path) -> Self {
        let bases = settings.base_paths.iter().map(|base| match base {
            BasePath::Path(path) => path.clone(),
            BasePath::PageFolder => page_folder.to_path_buf(),
        });
        let bases = bases.filter_map(|base| {
            let is_folder = files.is_folder(&base)?;
            Some((base, is_folder))
        });
        Self { files, bases: bases.collect(), restrict: settings.restrict_base_path }
    }

    /// The first base path below which the path exists. Links are followed and not checked.
    pub(super) fn find(&self, path: &str) -> Found {
        if path.contains('\0') {
            return Found::Nothing;
        }
        let mut outside = false;
        for (base, is_folder) in &self.bases {
            let folder = if *is_folder { base } else { base.parent().unwrap_or(base) };
            let joined = folder.join(path);
            if !*is_folder {
                if same_file(&joined, base) {
                    return Found::File(joined);
                }
            } else if !self.restrict {
                if self.exists(&joined) {
                    return Found::File(joined);
                }
            } else {
                let absolute = self.files.absolute(&joined);
                if self.exists(&absolute) {
                    if absolute != *base && absolute.starts_with(base) {
                        return Found::File(absolute);
                    }
                    outside = true;
                }
            }
        }
        if outside { Found::Outside } else { Found::Nothing }
    }

    /// Whether something stands at a path. Pages of a site include the same files, and lack the same.
    fn exists(&self, path: &Path) -> bool {
        self.files.is_folder(path).is_some()
    }
}

fn same_file(path: &Path, other: &Path) -> bool {
    match (path.canonicalize(), other.canonicalize()) {
        (Ok(path), Ok(other)) => path == other,
        _ => false,
    }
}
