//! Files. In: paths. Out: what stands there, or who may see it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// The user's folder for what can be made again, as the variables of the environment tell; otherwise the one
/// that is missing.
pub(crate) fn cache_folder(
    named: impl Fn(&str) -> Option<PathBuf>,
) -> Result<PathBuf, &'static str> {
    // The specification says that a relative path there is to be ignored.
    if let Some(folder) = named("XDG_CACHE_HOME").filter(|folder| folder.is_absolute()) {
        return Ok(folder.join("doctool"));
    }
    let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    Ok(named("HOME").ok_or("HOME")?.join(caches).join("doctool"))
}

/// The folders that programs have their settings in, as the variables of the environment tell; the vendor
/// has none of its own.
pub(crate) fn config_folders(named: impl Fn(&str) -> Option<PathBuf>, _: &str) -> Vec<PathBuf> {
    let home = named("HOME");
    let config = named("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let mut folders: Vec<PathBuf> = config.into_iter().collect();
    if cfg!(target_os = "macos") {
        let library = Path::new("Library/Application Support");
        folders.extend(home.map(|home| home.join(library)));
        folders.push(Path::new("/").join(library));
    }
    folders
}

/// The path without links.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    path.canonicalize()
}

/// The path as people write it.
pub(crate) fn with_slashes(path: PathBuf) -> PathBuf {
    path
}

/// Opens a file unless its path is that of a link.
pub(crate) fn open_no_link(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).expect("it is one bit of a C int");
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

/// Has a new file made so that only its owner may read it.
pub(crate) fn only_for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Lets everybody read a file.
pub(crate) fn readable_by_all(file: &File) -> io::Result<()> {
    file.set_permissions(Permissions::from_mode(0o644))
}

/// Has what was done to the names in a folder on disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Whether a program at this path is called by the name.
pub(crate) fn has_name(path: &Path, name: &str) -> bool {
    path.file_name() == Some(name.as_ref())
}

/// The file that is started for this path, if it is a program.
pub(crate) fn program(path: &Path) -> Option<PathBuf> {
    let data = fs::metadata(path).ok()?;
    (data.is_file() && data.permissions().mode() & 0o111 != 0).then(|| path.to_owned())
}
