//! Reading files so that links do not lead out of a site.
//!
//! In: a path that lies in one of the folders as it is spelt. Out: its bytes, unless the file
//! itself lies elsewhere. Costs nothing per file but a look at what is known of its folder.

use std::collections::HashMap;
use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::system;

/// The folders that files may be in.
#[derive(Debug)]
pub(super) struct Confined {
    /// Without links.
    roots: Vec<PathBuf>,
    /// Folders as they are spelt, and whether they lie in one of the roots.
    folders: Mutex<HashMap<OsString, bool>>,
}

/// A link leads out of the site.
#[derive(Debug)]
pub struct LeavesSite;

impl fmt::Display for LeavesSite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a link leads out of the site")
    }
}

impl Error for LeavesSite {}

impl LeavesSite {
    /// Whether this is why a file was not read.
    pub fn is_cause_of(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|cause| cause.is::<Self>())
    }
}

impl Confined {
    pub(super) fn to(roots: Vec<PathBuf>) -> Self {
        Self { roots, folders: Mutex::default() }
    }

    /// The file's bytes.
    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let folder = path.parent().unwrap_or(path);
        if !self.is_inside(folder) {
            return Err(leaves());
        }
        match system::open_no_link(path) {
            Ok(mut file) => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            Err(error) if fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink()) => {
                let real = system::canonical(path).map_err(|_| error)?;
                if self.contains(&real) { fs::read(real) } else { Err(leaves()) }
            }
            Err(error) => Err(error),
        }
    }

    fn is_inside(&self, folder: &Path) -> bool {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        self.leads_inside(folder, &mut folders)
    }

    fn leads_inside(&self, folder: &Path, folders: &mut HashMap<OsString, bool>) -> bool {
        if let Some(known) = folders.get(folder.as_os_str()) {
            return *known;
        }
        // What is no link lies where the folder above it lies, which is asked once for all in it.
        let is_below = folder.parent().is_some_and(|above| self.leads_inside(above, folders))
            && fs::symlink_metadata(folder).is_ok_and(|data| data.is_dir());
        // A folder that is not there holds nothing, which the reading will say.
        let is_inside =
            is_below || system::canonical(folder).map_or(true, |real| self.contains(&real));
        folders.insert(folder.into(), is_inside);
        is_inside
    }

    fn contains(&self, real: &Path) -> bool {
        self.roots.iter().any(|root| real.starts_with(root))
    }
}

fn leaves() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, LeavesSite)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Confined, LeavesSite};
    use crate::system;

    /// Makes links to a file and to a folder; false where somebody may not do that.
    fn link(file: (&Path, &Path), folder: (&Path, &Path)) -> bool {
        #[cfg(unix)]
        use std::os::unix::fs::{symlink as to_file, symlink as to_folder};
        #[cfg(windows)]
        use std::os::windows::fs::{symlink_dir as to_folder, symlink_file as to_file};
        let made = to_file(file.0, file.1).and_then(|()| to_folder(folder.0, folder.1));
        made.is_ok() && fs::symlink_metadata(folder.1).is_ok()
    }

    #[test]
    fn what_a_link_leads_to_is_read_only_inside() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let all = system::canonical(folder.path()).expect("it is there");
        let (site, outside) = (all.join("site"), all.join("outside"));
        for folder in [&site, &outside, &site.join("in")] {
            fs::create_dir(folder).expect("there is room");
            fs::write(folder.join("a.md"), "text").expect("there is room");
        }
        let confined = Confined::to(vec![site.clone()]);
        assert_eq!(confined.read(&site.join("a.md")).expect("it lies there"), b"text");
        assert!(LeavesSite::is_cause_of(
            &confined.read(&outside.join("a.md")).expect_err("outside")
        ));
        let inner = (&*site.join("in"), &*site.join("to-in"));
        if !link((&site.join("a.md"), &site.join("to-a.md")), inner) {
            return;
        }
        let outer = (&*outside, &*site.join("to-out"));
        assert!(link((&outside.join("a.md"), &site.join("out.md")), outer));
        for inside in ["to-a.md", "to-in/a.md"] {
            assert_eq!(confined.read(&site.join(inside)).expect(inside), b"text");
        }
        for leaving in ["out.md", "to-out/a.md"] {
            let error = confined.read(&site.join(leaving)).expect_err(leaving);
            assert!(LeavesSite::is_cause_of(&error), "{leaving}: {error}");
        }
    }
}
