//! Files. In: paths. Out: what stands there, or who may see it.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf, Prefix};

/// Opens what a link is, not what it leads to (`FILE_FLAG_OPEN_REPARSE_POINT`).
const LINK_ITSELF: u32 = 0x0020_0000;

/// What programs end with, in the order in which Windows tries it.
const PROGRAMS: [&str; 4] = ["com", "exe", "bat", "cmd"];

/// The user's folder for what can be made again, as the variables of the environment tell; otherwise the one
/// that is missing.
pub(crate) fn cache_folder(
    named: impl Fn(&str) -> Option<PathBuf>,
) -> Result<PathBuf, &'static str> {
    Ok(named("LOCALAPPDATA").ok_or("LOCALAPPDATA")?.join("doctool").join("cache"))
}

/// The folders that programs of a vendor have their settings in, as the variables of the environment tell.
pub(crate) fn config_folders(
    named: impl Fn(&str) -> Option<PathBuf>,
    vendor: &str,
) -> Vec<PathBuf> {
    let own = ["LOCALAPPDATA", "PROGRAMDATA"].map(|name| Some(named(name)?.join(vendor)));
    let as_elsewhere =
        named("XDG_CONFIG_HOME").or_else(|| Some(named("USERPROFILE")?.join(".config")));
    own.into_iter().chain([as_elsewhere]).flatten().collect()
}

/// The path without links, as people write it: `C:\a`, not `\\?\C:\a`.
pub(crate) fn canonical(path: &Path) -> io::Result<PathBuf> {
    Ok(without_prefix(&path.canonicalize()?))
}

fn without_prefix(path: &Path) -> PathBuf {
    let mut parts = path.components();
    let Some(Component::Prefix(prefix)) = parts.next() else { return path.to_owned() };
    let start = match prefix.kind() {
        Prefix::VerbatimDisk(disk) => OsString::from(format!("{}:", char::from(disk))),
        Prefix::VerbatimUNC(server, share) => {
            let mut start = OsString::from(r"\\");
            start.push(server);
            start.push(r"\");
            start.push(share);
            start
        }
        _ => return path.to_owned(),
    };
    let mut short = PathBuf::from(start);
    short.extend(parts);
    short
}

/// The path with `/`, as it stands in pages and settings.
pub(crate) fn with_slashes(path: PathBuf) -> PathBuf {
    match path.to_str() {
        Some(text) if text.contains('\\') => text.replace('\\', "/").into(),
        _ => path,
    }
}

/// Opens a file unless its path is that of a link.
pub(crate) fn open_no_link(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().read(true).custom_flags(LINK_ITSELF).open(path)?;
    match file.metadata()?.is_symlink() {
        true => Err(io::Error::other("it is a link")),
        false => Ok(file),
    }
}

/// Who may read a new file is what its folder says; Windows gives a user's own folders to the user alone.
pub(crate) fn only_for_owner(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Who may read a file is what its folder says.
pub(crate) fn readable_by_all(_: &File) -> io::Result<()> {
    Ok(())
}

/// A folder cannot be flushed. What is done to names is in the log of the file system in the order in which
/// it was done, and a file's content is flushed before it gets its name.
pub(crate) fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether a program at this path is called by the name: with its ending or without.
pub(crate) fn has_name(path: &Path, name: &str) -> bool {
    let is_name = |own: &str| own.eq_ignore_ascii_case(name);
    let whole = path.file_name().and_then(|own| own.to_str()).is_some_and(is_name);
    whole
        || (is_program(path) && path.file_stem().and_then(|own| own.to_str()).is_some_and(is_name))
}

/// The file that is started for this path, which may lack its ending.
pub(crate) fn program(path: &Path) -> Option<PathBuf> {
    if is_program(path) && path.is_file() {
        return Some(path.to_owned());
    }
    let with_ending = PROGRAMS.iter().map(|ending| {
        let mut whole = path.as_os_str().to_owned();
        whole.push(".");
        whole.push(ending);
        PathBuf::from(whole)
    });
    with_ending.into_iter().find(|path| path.is_file())
}

fn is_program(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| PROGRAMS.iter().any(|own| own.eq_ignore_ascii_case(ending)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{has_name, with_slashes, without_prefix};

    #[test]
    fn paths_are_those_that_people_write() {
        for (long, short) in [
            (r"\\?\C:\site\docs", r"C:\site\docs"),
            (r"\\?\UNC\server\share\docs", r"\\server\share\docs"),
            (r"C:\site", r"C:\site"),
        ] {
            assert_eq!(without_prefix(Path::new(long)).to_str(), Some(short));
        }
        assert_eq!(with_slashes(r"docs\a/b.md".into()).to_str(), Some("docs/a/b.md"));
    }

    #[test]
    fn a_program_needs_no_ending_in_its_name() {
        let path = Path::new(r"C:\client\openstack.EXE");
        assert!(has_name(path, "openstack") && has_name(path, "openstack.exe"));
        assert!(!has_name(path, "open") && !has_name(Path::new(r"C:\openstack.py"), "openstack"));
    }
}
