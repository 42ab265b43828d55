//! Which pages are meant: a site and the paths of the command line in, files of pages out.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::error::{Error, ErrorKind, Result};
use crate::model::FileCache;
use crate::settings::Site;

/// The files of the pages below the paths, or of all pages when there are none. Those of the
/// navigation come first, in its order; the others follow, sorted by path.
///
/// A path may be a folder, a page, or a page without `.md`. Fails with [`ErrorKind::Usage`] when a
/// path leads to no page.
pub fn pages(site: &Site, files: &FileCache, paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if paths.is_empty() {
        found = below(&site.docs_dir);
        if found.is_empty() {
            let shown = files.shown_path(&site.docs_dir);
            return Err(
                nothing(&shown).hint("set `docs_dir` in `mkdocs.yml` to the folder of your pages")
            );
        }
    }
    for path in paths {
        let here = named(&files.absolute(path));
        // From anywhere in the project a path may also be given as it stands below docs_dir.
        let here = if here.is_empty() { named(&site.docs_dir.join(path)) } else { here };
        if here.is_empty() {
            let hint = "name a page, or a folder with pages in it";
            return Err(nothing(path).hint(hint));
        }
        found.extend(here);
    }
    if paths.len() > 1 {
        let mut seen = HashSet::new();
        found.retain(|page| seen.insert(page.clone()));
    }
    let order: HashMap<PathBuf, usize> = site
        .nav
        .iter()
        .enumerate()
        .rev()
        .map(|(index, page)| (site.docs_dir.join(page), index))
        .collect();
    found.sort_by_cached_key(|page| (order.get(page).copied().unwrap_or(usize::MAX), names(page)));
    Ok(found)
}

/// The names on the way to a file, each with a zero byte behind it: these bytes are in the order of
/// the paths, and quicker compared.
fn names(path: &Path) -> Vec<u8> {
    let mut names = Vec::with_capacity(path.as_os_str().len() + 2);
    for name in path {
        names.extend_from_slice(name.as_encoded_bytes());
        names.push(0);
    }
    names
}

fn nothing(path: &Path) -> Error {
    Error::new(ErrorKind::Usage, format!("no page at `{}`", path.display()))
}

/// The pages that a path stands for.
fn named(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        return below(path);
    }
    let with_extension = path.with_extension("md");
    let candidates = [path, &with_extension];
    candidates
        .into_iter()
        .find(|path| is_page(path) && path.is_file())
        .map(Path::to_path_buf)
        .into_iter()
        .collect()
}

/// All pages below a folder. As in MkDocs, what begins with a dot is no page.
fn below(folder: &Path) -> Vec<PathBuf> {
    let hidden = |name: &std::ffi::OsStr| name.as_encoded_bytes().starts_with(b".");
    WalkDir::new(folder)
        .follow_links(true)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !hidden(entry.file_name()))
        .filter_map(std::result::Result::ok)
        .filter(|entry| entry.file_type().is_file() && is_page(entry.path()))
        .map(walkdir::DirEntry::into_path)
        .collect()
}

/// Whether MkDocs takes a file of this name for a page.
fn is_page(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("md" | "markdown" | "mdown" | "mkdn" | "mkd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_the_order_of_paths() {
        let paths = [
            "/", "/a", "/a/b", "/a-b", "/a.md", "/a/b.md", "/ab", "/ä/b", "/a/./c", "/b/../a", "c",
        ];
        for one in paths.map(Path::new) {
            for other in paths.map(Path::new) {
                assert_eq!(names(one).cmp(&names(other)), one.cmp(other), "{one:?} {other:?}");
            }
        }
    }
}
