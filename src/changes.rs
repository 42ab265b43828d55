//! Which files differ from a revision: a folder and what git calls the revision in, paths out.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, ErrorKind, Result};

/// The files below the repository of a folder that differ from where the revision and the working
/// directory parted, and those that git does not know yet; absolute.
///
/// # Errors
///
/// With [`ErrorKind::Usage`] when there is no git, no repository, or no such revision.
pub fn since(folder: &Path, revision: &str) -> Result<HashSet<PathBuf>> {
    let top = git(folder, &["rev-parse", "--show-toplevel"])?;
    let top = PathBuf::from(String::from_utf8_lossy(&top).trim_end_matches(['\n', '\r']));
    let commit = format!("{revision}^{{commit}}");
    let commit = git(folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])
        .map_err(|_| {
            let message = format!("git knows no revision `{revision}` here");
            Error::new(ErrorKind::Usage, message)
                .hint("fetch it first: a clone of a job mostly holds the last commit only")
        })?;
    let commit = String::from_utf8_lossy(&commit).trim().to_owned();
    // What the other side changed since is not what this side changed. Where the clone does not go
    // back so far, the revision itself has to do.
    let base = git(folder, &["merge-base", &commit, "HEAD"]);
    let base = base.map_or(commit, |base| String::from_utf8_lossy(&base).trim().to_owned());
    let differing = git(&top, &["diff", "--name-only", "--no-renames", "-z", &base, "--"])?;
    let new = git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let paths = differing.split(|byte| *byte == 0).chain(new.split(|byte| *byte == 0));
    let paths = paths.filter(|path| !path.is_empty());
    Ok(paths.map(|path| top.join(&*String::from_utf8_lossy(path))).collect())
}

/// What git prints.
fn git(folder: &Path, args: &[&str]) -> Result<Vec<u8>> {
    let failed = |message: &str| Error::new(ErrorKind::Usage, message.to_owned());
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(args.iter().map(OsStr::new));
    let output =
        command.output().map_err(|cause| failed("git cannot be started").because(cause))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(failed("git cannot say what changed here").said(said.trim_end()))
}
