//! What `list` says of a site as a whole: which files are shared, and which views nobody includes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::model::{FileCache, FileId, Page};
use crate::plan;
use crate::report::list_json::SharedFile;

/// Which page includes which files.
#[derive(Default)]
pub(super) struct Includes {
    pages_of: BTreeMap<PathBuf, Vec<FileId>>,
    /// Pages with the form of a view.
    view_like: Vec<FileId>,
}

impl Includes {
    /// Notes what a page includes.
    pub(super) fn add(&mut self, files: &FileCache, page: &Page) {
        if plan::has_form_of_view(&files.bytes(page.file)) {
            self.view_like.push(page.file);
        }
        // What the settings append to every page is meant to be shared.
        for include in page.includes.iter().filter(|include| include.origin.is_some()) {
            let Some(file) = include.file else { continue };
            let pages = self.pages_of.entry(files.path(file)).or_default();
            if pages.last() != Some(&page.file) {
                pages.push(page.file);
            }
        }
    }

    /// Files with the form of a view that no page includes.
    pub(super) fn orphans(&self, files: &FileCache) -> Vec<String> {
        let is_orphan = |file: &&FileId| !self.pages_of.contains_key(&files.path(**file));
        self.view_like
            .iter()
            .filter(is_orphan)
            .map(|&file| shown(files, &files.path(file)))
            .collect()
    }

    /// Files that several pages include.
    pub(super) fn shared(&self, files: &FileCache) -> Vec<SharedFile> {
        let several = self.pages_of.iter().filter(|(_, pages)| pages.len() > 1);
        let name = |&page: &FileId| shown(files, &files.path(page));
        several
            .map(|(file, pages)| SharedFile {
                file: shown(files, file),
                pages: pages.iter().map(name).collect(),
            })
            .collect()
    }
}

fn shown(files: &FileCache, path: &Path) -> String {
    files.shown_path(path).to_string_lossy().into_owned()
}
