//! How each process of the cloud is started. In: folders and state. Out: commands.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::folders::Folders;
use super::ports::loopback;
use super::state::{Part, State};
use crate::error::{Error, ErrorKind, Result};

/// The command that runs a part until it is told to end. A service expects the socket it listens on
/// as its input.
pub(super) fn command(part: Part, folders: &Folders, state: &State) -> Result<Command> {
    match part {
        Part::Relay => relay(folders, state),
        Part::Keystone => Ok(service(part, folders, state, "keystone.wsgi.api", "/identity")),
        Part::GlanceApi => Ok(service(part, folders, state, "glance.wsgi.api", "/image")),
    }
}

/// The relay is this program itself, so that it is there wherever doctool is.
fn relay(folders: &Folders, state: &State) -> Result<Command> {
    let program = env::current_exe().map_err(|cause| {
        Error::new(ErrorKind::Cloud, "doctool does not know where its own program lies")
            .because(cause)
    })?;
    let mut command = Command::new(program);
    command
        .args(["cloud", "relay", "--listen"])
        .arg(loopback(state.ports.relay).to_string())
        .arg("--control")
        .arg(loopback(state.ports.control).to_string())
        .arg("--credentials")
        .arg(folders.file("relay.json"));
    clean(&mut command, &state.venv);
    Ok(command)
}

fn service(part: Part, folders: &Folders, state: &State, module: &str, prefix: &str) -> Command {
    let mut command = script("serve.py", folders, state);
    command
        .args([part.name(), module, prefix])
        .env("OS_KEYSTONE_CONFIG_DIR", folders.file("keystone"))
        .env("OS_GLANCE_CONFIG_DIR", folders.file("glance"));
    // Each service is known to the relay by its name, and sends everything through it. Without a
    // name and a colon behind it Python's requests would send no credentials.
    let key = &state.secrets.caller_keys[part.name()];
    let proxy = format!("http://{}:{key}@{}", part.name(), loopback(state.ports.relay));
    command.env("http_proxy", &proxy);
    command
}

/// One of the recipe's Python files, in the cloud's Python environment.
pub(super) fn script(name: &str, folders: &Folders, state: &State) -> Command {
    let mut command = Command::new(python(&state.venv));
    command.arg(folders.file(name)).current_dir(&folders.data);
    clean(&mut command, &state.venv);
    command
}

/// The interpreter of a Python environment.
pub(super) fn python(venv: &Path) -> PathBuf {
    venv.join("bin/python")
}

/// True for the command line of a process that belongs to the cloud in this folder.
pub(super) fn is_ours(words: &[OsString], data: &Path) -> bool {
    let is = |index: usize, name: &str| {
        words.get(index).is_some_and(|word| Path::new(word) == data.join(name))
    };
    let program = words.first().and_then(|word| Path::new(word).file_name());
    let python =
        program.is_some_and(|name| name.to_string_lossy().to_lowercase().starts_with("python"));
    let script = ["serve.py", "prepare.py", "seed.py"].iter().any(|name| is(1, name));
    let relay = words.get(1).is_some_and(|word| word == "cloud")
        && words.get(2).is_some_and(|word| word == "relay")
        && is(8, "relay.json");
    python && script || relay
}

/// Takes everything out of the environment that could make one cloud differ from another: proxies,
/// settings of Python, and of OpenStack.
fn clean(command: &mut Command, venv: &Path) {
    let inherited =
        ["HOME", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SSL_CERT_FILE"];
    command.env_clear();
    for name in inherited {
        if let Some(value) = env::var_os(name) {
            command.env(name, value);
        }
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [venv.join("bin")].into_iter().chain(env::split_paths(&path));
    command
        .env("PATH", env::join_paths(folders).unwrap_or(path))
        .env("LANG", "C.UTF-8")
        .env("PYTHONHASHSEED", "0")
        .env("PYTHONWARNINGS", "ignore")
        // Without this macOS ends a child that was forked after certain libraries were loaded.
        .env("OBJC_DISABLE_INITIALIZE_FORK_SAFETY", "YES");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(line: &[&str]) -> bool {
        let words: Vec<_> = line.iter().map(OsString::from).collect();
        is_ours(&words, Path::new("/cache/cloud"))
    }

    #[test]
    fn knows_the_processes_of_this_cloud() {
        assert!(ours(&["/cache/venv/bin/python", "/cache/cloud/serve.py", "keystone"]));
        assert!(ours(&["python3", "/cache/cloud/seed.py"]));
        assert!(ours(&[
            "/bin/doctool",
            "cloud",
            "relay",
            "--listen",
            "127.0.0.1:1",
            "--control",
            "127.0.0.1:2",
            "--credentials",
            "/cache/cloud/relay.json"
        ]));
    }

    #[test]
    fn leaves_editors_and_other_clouds_alone() {
        assert!(!ours(&["vim", "/cache/cloud/serve.py"]));
        assert!(!ours(&["/cache/venv/bin/python", "/cache/other/serve.py", "keystone"]));
        assert!(!ours(&["less", "/cache/cloud/relay.json"]));
        assert!(!ours(&[]));
    }

    #[test]
    fn gives_each_service_its_name_and_key_and_no_way_around_the_relay() {
        let folders = Folders::below(Path::new("/cache"));
        let state = State::new(PathBuf::from("/venv")).unwrap();
        let command = command(Part::GlanceApi, &folders, &state).unwrap();
        let value = |name: &str| {
            let found = command.get_envs().find(|(other, _)| *other == name);
            found.and_then(|(_, value)| value).map(|value| value.to_string_lossy().into_owned())
        };
        let key = &state.secrets.caller_keys["glance-api"];
        let expected = format!("http://glance-api:{key}@127.0.0.1:{}", state.ports.relay);
        assert_eq!(value("http_proxy"), Some(expected));
        assert_eq!(value("no_proxy"), None);
        assert_eq!(value("PYTHONHASHSEED").as_deref(), Some("0"));
    }
}
