//! What the embedded cloud is made from, carried in the binary. Out: the pins, the scripts and the
//! configuration of one cloud.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::folders::{Folders, write_private};
use super::state::{Part, State};
use crate::error::Result;

/// The pinned packages that come as wheels, with hashes.
pub(super) const REQUIREMENTS: &str = include_str!("openstack/requirements.txt");
/// The pinned packages that come as source only, with hashes.
pub(super) const REQUIREMENTS_SOURCE: &str = include_str!("openstack/requirements-source.txt");

const SERVE: &str = include_str!("openstack/serve.py");
const PREPARE: &str = include_str!("openstack/prepare.py");
const SEED: &str = include_str!("openstack/seed.py");
const KEYSTONE: &str = include_str!("openstack/keystone.conf");
const GLANCE_API: &str = include_str!("openstack/glance-api.conf");
const CLOUDS: &str = include_str!("openstack/clouds.yaml");

/// Python files that run inside the cloud's Python environment.
pub(super) const SCRIPTS: [(&str, &str); 3] =
    [("serve.py", SERVE), ("prepare.py", PREPARE), ("seed.py", SEED)];

/// What a cloud was made from, in a few letters. Data made from something else is not touched up
/// but made anew.
pub(super) fn mark() -> String {
    short_hash(&[
        env!("CARGO_PKG_VERSION"),
        REQUIREMENTS,
        REQUIREMENTS_SOURCE,
        SERVE,
        PREPARE,
        SEED,
        KEYSTONE,
        GLANCE_API,
        CLOUDS,
    ])
}

/// What a Python environment was made from, in a few letters.
pub(super) fn requirements_mark() -> String {
    short_hash(&[REQUIREMENTS, REQUIREMENTS_SOURCE])
}

fn short_hash(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text.len().to_le_bytes());
        hash.update(text);
    }
    hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// How many packages are pinned.
pub(super) fn package_count() -> usize {
    REQUIREMENTS
        .lines()
        .chain(REQUIREMENTS_SOURCE.lines())
        .filter(|line| line.contains("=="))
        .count()
}

/// Writes everything the processes of the cloud read.
pub(super) fn write(folders: &Folders, state: &State) -> Result<()> {
    for (name, content) in SCRIPTS {
        write_private(&folders.file(name), content)?;
    }
    let words = words(&folders.data, state);
    for (name, template) in [
        ("keystone/keystone.conf", KEYSTONE),
        ("glance/glance-api.conf", GLANCE_API),
        ("clouds.yaml", CLOUDS),
    ] {
        write_private(&folders.file(name), &fill(template, &words))?;
    }
    write_private(&folders.file("relay.json"), &relay_credentials(state))
}

fn words(data: &Path, state: &State) -> BTreeMap<String, String> {
    // oslo.config takes `$` for the beginning of another option's name.
    let path = |path: &Path| path.display().to_string().replace('$', "$$");
    let mut words = BTreeMap::from([
        ("data".to_owned(), path(data)),
        ("venv".to_owned(), path(&state.venv)),
        ("keystone_url".to_owned(), state.url(Part::Keystone)),
        ("glance_api_url".to_owned(), state.url(Part::GlanceApi)),
    ]);
    for (user, password) in &state.secrets.passwords {
        words.insert(format!("{user}_password"), password.clone());
    }
    words
}

/// Puts each word in the place of its name in braces.
fn fill(template: &str, words: &BTreeMap<String, String>) -> String {
    words
        .iter()
        .fold(template.to_owned(), |text, (name, word)| text.replace(&format!("{{{name}}}"), word))
}

/// Whom the relay serves.
fn relay_credentials(state: &State) -> String {
    let callers: Vec<_> = state
        .secrets
        .callers()
        .into_iter()
        .map(|caller| json!({"name": caller.name, "key": caller.key}))
        .collect();
    json!({"control_key": state.secrets.control_key, "callers": callers}).to_string()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    #[test]
    fn leaves_no_blank_in_a_configuration() {
        let state = State::new(PathBuf::from("/cache/venv")).unwrap();
        let words = words(Path::new("/cache/cloud"), &state);
        for template in [KEYSTONE, GLANCE_API, CLOUDS] {
            let text = fill(template, &words);
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }

    #[test]
    fn keeps_a_dollar_in_a_path_from_being_read_as_an_option() {
        let state = State::new(PathBuf::from("/cache/venv")).unwrap();
        let text = fill(KEYSTONE, &words(Path::new("/home/a$b"), &state));
        assert!(
            text.contains("connection = sqlite:////home/a$$b/keystone.db?timeout=60"),
            "{text}"
        );
    }

    #[test]
    fn tells_the_relay_its_key_and_the_services() {
        let state = State::new(PathBuf::from("/venv")).unwrap();
        let file: serde_json::Value = serde_json::from_str(&relay_credentials(&state)).unwrap();
        assert_eq!(file["control_key"], state.secrets.control_key.as_str());
        assert_eq!(file["callers"][0]["name"], "glance-api");
        assert_eq!(file["callers"][1]["name"], "keystone");
        assert_eq!(file["callers"][1]["key"], state.secrets.caller_keys["keystone"].as_str());
    }

    #[test]
    fn pins_every_package_with_a_hash_and_names_no_index() {
        for text in [REQUIREMENTS, REQUIREMENTS_SOURCE] {
            assert!(!text.contains("index-url"));
            for entry in text.split("\n").filter(|line| line.contains("==")) {
                assert!(entry.ends_with('\\'), "a hash follows: {entry}");
            }
        }
        assert_eq!(package_count(), 138);
    }
}
