//! The Python environment that holds Keystone, Glance and the client. In: pinned packages, and a
//! Python of the system's. Out: the environment's folder, complete or not there at all.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::folders::{Folders, cannot, write_private};
use super::process;
use super::recipe;
use super::services::python;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Event, Events};

/// The versions of Python for which the pinned packages have wheels.
const VERSIONS: std::ops::RangeInclusive<u32> = 11..=14;

/// The file whose presence says that nothing is missing in the environment.
const COMPLETE: &str = "complete";

/// The environment for the pinned packages; made when it is not there yet.
///
/// # Errors
///
/// [`ErrorKind::Cloud`] with a hint when there is no fitting Python, or packages cannot be had.
pub(super) fn environment(folders: &Folders, events: Events<'_>) -> Result<PathBuf> {
    if let Some(venv) = finished(folders) {
        return Ok(venv);
    }
    let _turn = folders.lock_shared(events)?;
    if let Some(venv) = finished(folders) {
        return Ok(venv);
    }
    let interpreter = Interpreter::find()?;
    let venv = folders.shared.join(format!(
        "venv-3.{}-{}",
        interpreter.minor,
        recipe::requirements_mark()
    ));
    make(&interpreter, &venv, folders, events)?;
    Ok(venv)
}

/// An environment of these very packages, whatever Python it has, as long as that Python is still
/// there.
fn finished(folders: &Folders) -> Option<PathBuf> {
    let ending = format!("-{}", recipe::requirements_mark());
    fs::read_dir(&folders.shared).ok()?.flatten().map(|entry| entry.path()).find(|venv| {
        let name = venv.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("venv-")
            && name.ends_with(&ending)
            && venv.join(COMPLETE).exists()
            && python(venv).exists()
    })
}

/// A Python of the system's.
struct Interpreter {
    program: OsString,
    minor: u32,
}

impl Interpreter {
    /// `python3` if it fits, else one that says its version in its name.
    fn find() -> Result<Self> {
        let named = VERSIONS.rev().map(|minor| OsString::from(format!("python3.{minor}")));
        let mut unfit = None;
        for program in [OsString::from("python3")].into_iter().chain(named) {
            match Self::look_at(program) {
                Some(Ok(interpreter)) => return Ok(interpreter),
                Some(Err(error)) => unfit = unfit.or(Some(error)),
                None => {}
            }
        }
        Err(unfit.unwrap_or_else(|| {
            Error::new(ErrorKind::Cloud, "there is no `python3`")
                .hint(format!("install Python {}, and put it on PATH", versions()))
        }))
    }

    /// None when there is no such program, an error when it cannot be used.
    fn look_at(program: OsString) -> Option<Result<Self>> {
        let script = "import sys, importlib.util as u; print(*sys.version_info[:2], \
                      all(u.find_spec(m) for m in ('venv', 'ensurepip')))";
        let output = Command::new(&program).args(["-I", "-c", script]).output().ok()?;
        if !output.status.success() {
            return None;
        }
        let said = String::from_utf8_lossy(&output.stdout);
        Some(judge(&said).map(|minor| Self { program, minor }))
    }
}

/// The minor version, from what the interpreter said: major, minor, and whether it can make
/// environments.
fn judge(said: &str) -> Result<u32> {
    let words: Vec<_> = said.split_whitespace().collect();
    let (version, complete) = match words[..] {
        [major, minor, complete] => (format!("{major}.{minor}"), complete == "True"),
        _ => ("of an unknown version".to_owned(), false),
    };
    let minor = version.strip_prefix("3.").and_then(|minor| minor.parse().ok());
    match minor.filter(|minor| VERSIONS.contains(minor)) {
        None => Err(Error::new(
            ErrorKind::Cloud,
            format!("the cloud needs Python {}, and `python3` is {version}", versions()),
        )
        .hint(format!("install Python 3.{} beside it", VERSIONS.end()))),
        Some(_) if !complete => Err(Error::new(
            ErrorKind::Cloud,
            format!("Python {version} comes without the modules `venv` and `ensurepip`"),
        )
        .hint("install them, on Debian and Ubuntu with `apt install python3-venv`")),
        Some(minor) => Ok(minor),
    }
}

fn versions() -> String {
    format!("3.{} to 3.{}", VERSIONS.start(), VERSIONS.end())
}

/// Makes the environment in place, for it cannot be moved, and marks it complete at the very end.
fn make(
    interpreter: &Interpreter,
    venv: &Path,
    folders: &Folders,
    events: Events<'_>,
) -> Result<()> {
    // A pip that outlived its doctool would go on writing into the folder.
    let program = python(venv);
    process::end(&process::find(|words| {
        words.first().is_some_and(|word| *word == program) && words.iter().any(|word| word == "pip")
    }))?;
    if venv.exists() {
        events(Event::Cloud("removing an incomplete Python environment".to_owned()));
        fs::remove_dir_all(venv).map_err(|cause| cannot("remove", venv, cause))?;
    }

    events(Event::Cloud(format!("making a Python environment in `{}`, once", venv.display())));
    let log = folders.shared.join("install.log");
    fs::write(&log, "").map_err(|cause| cannot("write", &log, cause))?;
    let mut command = Command::new(&interpreter.program);
    run(command.args(["-I", "-m", "venv"]).arg(venv), &log, |_| {})?;

    let count = recipe::package_count();
    events(Event::Cloud(format!("fetching {count} packages: Keystone, Glance and the client")));
    let mut fetched = 0;
    let mut tell = |line: &str| {
        if line.starts_with("Collecting ") {
            fetched += 1;
            if fetched % 30 == 0 {
                events(Event::Cloud(format!("fetched {fetched} of {count} packages")));
            }
        } else if line.starts_with("Installing ") && line.contains(',') {
            // Without a comma it is the second lot, which is over at once.
            events(Event::Cloud("installing the packages".to_owned()));
        }
    };
    // The first lot holds the tools that build the second, so nothing unpinned is fetched for
    // building.
    for (name, pins, how) in [
        ("requirements.txt", recipe::REQUIREMENTS, ["--only-binary", ":all:"].as_slice()),
        (
            "requirements-source.txt",
            recipe::REQUIREMENTS_SOURCE,
            ["--no-binary", ":all:", "--no-build-isolation"].as_slice(),
        ),
    ] {
        let file = venv.join(name);
        write_private(&file, pins)?;
        let mut pip = Command::new(&program);
        pip.args(["-I", "-m", "pip", "install", "--no-deps", "--require-hashes"])
            // What is used is compiled when it is first used; the rest never is.
            .args(["--no-compile", "--no-input", "--disable-pip-version-check"])
            .args(["--progress-bar", "off"])
            .args(how)
            .arg("--requirement")
            .arg(&file)
            // Settings that would put the packages elsewhere.
            .env("PIP_USER", "0")
            .env_remove("PIP_TARGET")
            .env_remove("PIP_PREFIX")
            .env_remove("PIP_ROOT");
        run(&mut pip, &log, &mut tell)?;
    }
    let mark = venv.join(COMPLETE);
    fs::write(&mark, "").map_err(|cause| cannot("write", &mark, cause))
}

/// Runs a step of the making, keeps what it says in the log, and hands on each line of its output.
fn run(command: &mut Command, log: &Path, mut each_line: impl FnMut(&str)) -> Result<()> {
    let open = || File::options().append(true).open(log);
    let mut written = open().map_err(|cause| cannot("write", log, cause))?;
    let errors = open().map_err(|cause| cannot("write", log, cause))?;
    let program = command.get_program().to_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(errors)
        .spawn()
        .map_err(|cause| cannot("start", Path::new(&program), cause))?;
    let output = child.stdout.take().expect("the output is piped");
    for line in BufReader::new(output).split(b'\n').map_while(std::result::Result::ok) {
        let line = String::from_utf8_lossy(&line);
        each_line(&line);
        writeln!(written, "{line}").map_err(|cause| cannot("write", log, cause))?;
    }
    let status = child.wait().map_err(|cause| cannot("run", Path::new(&program), cause))?;
    if status.success() {
        return Ok(());
    }
    Err(failure(&fs::read_to_string(log).unwrap_or_default(), log, &program))
}

/// What probably went wrong, from the words pip has for it.
fn failure(said: &str, log: &Path, program: &OsStr) -> Error {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    let error = |message: &str| Error::new(ErrorKind::Cloud, message);
    let details = format!("`{}` has the details", log.display());
    // A full disk makes pip say other things too, so it is asked about first.
    if says(&["No space left on device", "Disk quota exceeded"]) {
        error("there is no room for the packages").hint(format!(
            "make 400 MB free, or name another folder in DOCTOOL_CACHE_DIR; {details}"
        ))
    } else if says(&[
        "Failed to establish a new connection",
        "NewConnectionError",
        "NameResolutionError",
        "ProxyError",
        "ReadTimeoutError",
        "ConnectTimeoutError",
        "Connection refused",
        "SSLError",
    ]) {
        error("the packages cannot be fetched: the package index does not answer")
            .hint(format!("check the network, and pip's settings for proxy and index; {details}"))
    } else if says(&["DO NOT MATCH THE HASHES"]) {
        error("a fetched package is not the one that is pinned")
            .hint(format!("check whether pip's index is a true mirror of PyPI; {details}"))
    } else if says(&["No matching distribution found"]) {
        error("a pinned package is not to be had for this system")
            .hint(format!("check whether pip's index is a full mirror of PyPI; {details}"))
    } else {
        error(&format!("`{}` failed", program.display())).hint(format!("read `{}`", log.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(error: &Error) -> &str {
        error.hint_text().unwrap()
    }

    #[test]
    fn takes_a_python_that_fits() {
        assert_eq!(judge("3 11 True\n").unwrap(), 11);
        assert_eq!(judge("3 14 True\n").unwrap(), 14);
    }

    #[test]
    fn says_which_python_is_there_when_it_does_not_fit() {
        for (said, version) in [("3 9 True", "3.9"), ("3 15 True", "3.15"), ("2 7 False", "2.7")] {
            let error = judge(said).unwrap_err();
            let expected =
                format!("the cloud needs Python 3.11 to 3.14, and `python3` is {version}");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn says_what_to_install_when_venv_is_missing() {
        let error = judge("3 12 False").unwrap_err();
        assert_eq!(
            error.to_string(),
            "Python 3.12 comes without the modules `venv` and `ensurepip`"
        );
        assert!(hint(&error).contains("apt install python3-venv"));
    }

    #[test]
    fn tells_a_missing_network_from_a_full_disk_and_a_wrong_package() {
        let told = |said| failure(said, Path::new("/log"), OsStr::new("pip")).to_string();
        assert!(told("WARNING: Retrying … NewConnectionError(…)").contains("does not answer"));
        assert!(told("OSError: [Errno 28] No space left on device").contains("no room"));
        assert!(told("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM").contains("not the one"));
        assert!(told("ERROR: No matching distribution found for x").contains("not to be had"));
        assert_eq!(told("Segmentation fault"), "`pip` failed");
    }

    #[test]
    fn does_not_take_an_environment_that_was_never_finished() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::below(root.path());
        folders.create().unwrap();
        let venv = folders.shared.join(format!("venv-3.11-{}", recipe::requirements_mark()));
        fs::create_dir_all(venv.join("bin")).unwrap();
        fs::write(python(&venv), "").unwrap();
        assert_eq!(finished(&folders), None);
        fs::write(venv.join(COMPLETE), "").unwrap();
        assert_eq!(finished(&folders), Some(venv.clone()));
        fs::remove_file(python(&venv)).unwrap();
        assert_eq!(finished(&folders), None, "the Python it was made with is gone");
    }
}
