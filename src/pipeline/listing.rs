//! What `list` says of a site as a whole: which files are shared, and which views nobody includes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::model::{FileCache, FileId, Page};
use crate::plan;
use crate::report::list_json::{SharedFile, SiteListing};

/// What a page includes.
pub(super) struct PageIncludes {
    page: FileId,
    has_form_of_view: bool,
    files: Vec<FileId>,
}

impl PageIncludes {
    /// What this page includes.
    pub(super) fn of(files: &FileCache, page: &Page) -> Self {
        // What the settings append to every page is meant to be shared.
        let own = page.includes.iter().filter(|include| include.origin.is_some());
        Self {
            page: page.file,
            has_form_of_view: plan::has_form_of_view(&files.bytes(page.file)),
            files: own.filter_map(|include| include.file).collect(),
        }
    }
}

/// Which page includes which files.
#[derive(Default)]
pub(super) struct Includes {
    pages_of: BTreeMap<FileId, Vec<FileId>>,
    /// Pages with the form of a view.
    view_like: Vec<FileId>,
}

impl Includes {
    /// Notes what a page includes.
    pub(super) fn add(&mut self, of_page: PageIncludes) {
        let PageIncludes { page, has_form_of_view, files } = of_page;
        if has_form_of_view {
            self.view_like.push(page);
        }
        for file in files {
            let pages = self.pages_of.entry(file).or_default();
            if pages.last() != Some(&page) {
                pages.push(page);
            }
        }
    }

    /// What that says of the site. Views that nobody includes are only known when all of it was
    /// looked at.
    pub(super) fn listing(&self, files: &FileCache, whole: bool) -> SiteListing {
        let orphans = if whole { self.orphans(files) } else { Vec::new() };
        SiteListing { orphans, shared: self.shared(files) }
    }

    /// Files with the form of a view that no page includes.
    fn orphans(&self, files: &FileCache) -> Vec<String> {
        let orphans = self.view_like.iter().filter(|file| !self.pages_of.contains_key(file));
        orphans.map(|file| shown(files, *file)).collect()
    }

    /// Files that several pages include, by path.
    fn shared(&self, files: &FileCache) -> Vec<SharedFile> {
        let several = self.pages_of.iter().filter(|(_, pages)| pages.len() > 1);
        let by_path: BTreeMap<Arc<Path>, _> =
            several.map(|(file, pages)| (files.path(*file), (*file, pages))).collect();
        by_path
            .into_values()
            .map(|(file, pages)| SharedFile {
                file: shown(files, file),
                pages: pages.iter().map(|page| shown(files, *page)).collect(),
            })
            .collect()
    }
}

fn shown(files: &FileCache, file: FileId) -> String {
    files.shown(file).to_string_lossy().into_owned()
}
