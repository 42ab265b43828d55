//! Which pages are meant: a site and the paths of the command line in, files of pages out.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::path::{Path, PathBuf, is_separator};

use same_file::Handle;
use walkdir::WalkDir;

use crate::error::{Error, ErrorKind, Result};
use crate::model::FileCache;
use crate::settings::Site;
use crate::side_by_side;

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
/// the paths, which are absolute and without `.`, and quicker compared.
fn names(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_encoded_bytes().iter();
    let names = bytes.map(|byte| if is_separator(char::from(*byte)) { 0 } else { *byte });
    names.chain([0]).collect()
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

/// All pages below a folder, in no order. As in MkDocs, what begins with a dot is no page. Links are
/// followed, but not to a folder that they lie in.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    // First one level after the other, until there are enough folders to look into side by side.
    while !folders.is_empty() {
        let deepest = if folders.len() < MANY { 1 } else { usize::MAX };
        let mut deeper = Vec::new();
        let Ok(()) = side_by_side::each_large(
            &folders,
            |here| inside(folder, here, deepest),
            |(inner, found)| {
                deeper.extend(inner);
                pages.extend(found);
                Ok::<(), Infallible>(())
            },
        );
        folders = deeper;
    }
    pages
}

/// So many folders keep all threads busy.
const MANY: usize = 8;

/// The pages in a folder below the first one down to a depth, and the folders that are left to be looked
/// into. What cannot be read is none.
fn inside(first: &Path, folder: &Path, deepest: usize) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (mut folders, mut pages) = (Vec::new(), Vec::new());
    let mut entries = WalkDir::new(folder).min_depth(1).max_depth(deepest).into_iter();
    while let Some(entry) = entries.next() {
        let Ok(entry) = entry else { continue };
        let kind = entry.file_type();
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            if kind.is_dir() {
                entries.skip_current_dir();
            }
            continue;
        }
        let is_deepest = entry.depth() == deepest;
        let path = entry.into_path();
        let (is_folder, is_file) = if kind.is_symlink() {
            let Ok(found) = path.metadata() else { continue };
            (found.is_dir() && !leads_up(first, &path), found.is_file())
        } else {
            (kind.is_dir() && is_deepest, kind.is_file())
        };
        if is_folder {
            folders.push(path);
        } else if is_file && is_page(&path) {
            pages.push(path);
        }
    }
    (folders, pages)
}

/// Whether what a link leads to is a folder that the link lies in, up to the first one.
fn leads_up(first: &Path, link: &Path) -> bool {
    let Ok(found) = Handle::from_path(link) else { return false };
    let mut above = link.ancestors().skip(1).take_while(|above| above.starts_with(first));
    above.any(|above| Handle::from_path(above).is_ok_and(|above| above == found))
}

/// Whether MkDocs takes a file of this name for a page.
fn is_page(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("md" | "markdown" | "mdown" | "mkdn" | "mkd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_are_followed_but_not_in_circles() {
        use std::fs;
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().expect("there is room for a folder");
        let root = folder.path();
        for page in ["docs/a.md", "docs/.b.md", "docs/.c/d.md", "docs/e/f.md", "beside/g.md"] {
            let page = root.join(page);
            fs::create_dir_all(page.parent().expect("it is below")).expect("there is room");
            fs::write(page, "").expect("there is room");
        }
        for (link, to) in [
            ("docs/e/up", "docs"),
            ("docs/e/here", "docs/e"),
            ("docs/h", "beside"),
            ("docs/i.md", "beside/g.md"),
            ("docs/nowhere.md", "no"),
        ] {
            symlink(root.join(to), root.join(link)).expect("there is room");
        }
        let mut found = below(&root.join("docs"));
        found.sort();
        let expected = ["a.md", "e/f.md", "h/g.md", "i.md"];
        assert_eq!(found, expected.map(|page| root.join("docs").join(page)));
    }

    #[test]
    fn names_are_in_the_order_of_paths() {
        let paths = ["/", "/a", "/a/b", "/a-b", "/a.md", "/a/b.md", "/ab", "/ä/b", "/b/../a", "c"];
        for one in paths.map(Path::new) {
            for other in paths.map(Path::new) {
                assert_eq!(names(one).cmp(&names(other)), one.cmp(other), "{one:?} {other:?}");
            }
        }
    }
}
