//! What is known of the cloud between two calls of doctool. In and out: `state.json` in the data
//! folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::folders::{Folders, cannot, write_private};
use super::ports::{Ports, loopback};
use super::process::Process;
use super::recipe;
use crate::error::Result;
use crate::model::{Caller, Cloud, Relay, Service};

/// A process of the cloud. The order is the one in which they are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    /// Passes on what the services send, through a run's recorder while one is attached.
    Relay,
    /// The Identity service.
    Keystone,
    /// The Image service.
    GlanceApi,
}

impl Part {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Relay, Self::Keystone, Self::GlanceApi];

    /// The services: those whose requests go through the relay.
    pub(super) const SERVICES: [Self; 2] = [Self::Keystone, Self::GlanceApi];

    /// The name people know it by.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Keystone => "keystone",
            Self::GlanceApi => "glance-api",
        }
    }
}

/// Passwords and keys of one cloud.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// Of each user of the cloud.
    pub(super) passwords: BTreeMap<String, String>,
    /// Of the relay's control address.
    pub(super) control_key: String,
    /// With which each service makes itself known to the relay.
    pub(super) caller_keys: BTreeMap<String, String>,
}

impl Secrets {
    fn random() -> Result<Self> {
        let for_each = |names: &[&str]| {
            names.iter().map(|name| Ok(((*name).to_owned(), random_word()?))).collect::<Result<_>>()
        };
        Ok(Self {
            passwords: for_each(&["admin", "demo", "partner", "glance"])?,
            control_key: random_word()?,
            caller_keys: for_each(&Part::SERVICES.map(Part::name))?,
        })
    }

    /// Those who may use the relay.
    pub(super) fn callers(&self) -> Vec<Caller> {
        let caller =
            |(name, key): (&String, &String)| Caller { name: name.clone(), key: key.clone() };
        self.caller_keys.iter().map(caller).collect()
    }
}

/// 24 random bytes in hexadecimal: at home in URLs, YAML and INI without quoting.
fn random_word() -> Result<String> {
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 24];
    File::open(source)
        .and_then(|mut file| file.read_exact(&mut bytes))
        .map_err(|cause| cannot("read", source, cause))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// How far the cloud has come.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct State {
    /// What it was made from; another doctool may make it otherwise.
    pub(super) recipe: String,
    /// The Python environment its processes run in.
    pub(super) venv: PathBuf,
    /// Where its processes listen.
    pub(super) ports: Ports,
    /// What must never be shown.
    pub(super) secrets: Secrets,
    /// True once databases and keys are there.
    pub(super) prepared: bool,
    /// The addresses for which users, catalog and images were last made.
    pub(super) seeded: Option<Ports>,
    /// True while the services hold the tokens they need.
    pub(super) warm: bool,
    /// What was started last.
    pub(super) processes: BTreeMap<Part, Process>,
}

impl State {
    /// A cloud of which nothing is there yet.
    pub(super) fn new(venv: PathBuf) -> Result<Self> {
        Ok(Self {
            recipe: recipe::mark(),
            venv,
            ports: Ports::choose()?,
            secrets: Secrets::random()?,
            prepared: false,
            seeded: None,
            warm: false,
            processes: BTreeMap::new(),
        })
    }

    /// What is known; nothing when there is no cloud or its state cannot be understood.
    pub(super) fn read(folders: &Folders) -> Option<Self> {
        serde_json::from_slice(&fs::read(folders.file("state.json")).ok()?).ok()
    }

    /// Keeps it, for the owner's eyes only.
    pub(super) fn write(&self, folders: &Folders) -> Result<()> {
        let text = serde_json::to_string_pretty(self).expect("the state consists of plain values");
        write_private(&folders.file("state.json"), &text)
    }

    /// The process of a part, if it runs.
    pub(super) fn running(&self, part: Part) -> Option<&Process> {
        self.processes.get(&part).filter(|process| process.runs())
    }

    /// True when nothing is left for `up` to do, as far as is known without asking the services.
    pub(super) fn is_up(&self) -> bool {
        self.prepared
            && self.seeded == Some(self.ports)
            && self.warm
            && Part::ALL.iter().all(|part| self.running(*part).is_some())
    }

    /// The address of a part; of the relay, the one for services.
    pub(super) fn url(&self, part: Part) -> String {
        let at = |port, path| format!("http://{}{path}", loopback(port));
        match part {
            Part::Relay => at(self.ports.relay, ""),
            Part::Keystone => at(self.ports.keystone, "/identity"),
            Part::GlanceApi => at(self.ports.glance_api, "/image"),
        }
    }

    /// The ports a part listens on.
    pub(super) fn ports_of(&self, part: Part) -> Vec<u16> {
        match part {
            Part::Relay => vec![self.ports.relay, self.ports.control],
            Part::Keystone => vec![self.ports.keystone],
            Part::GlanceApi => vec![self.ports.glance_api],
        }
    }

    /// The relay as a run sees it.
    pub(super) fn relay(&self) -> Relay {
        Relay {
            control: loopback(self.ports.control),
            key: self.secrets.control_key.clone(),
            callers: self.secrets.callers(),
        }
    }

    /// What tells this cloud's data from that of another: a new one has a new key.
    fn identity(&self) -> String {
        let digest = Sha256::digest(format!("identity {}", self.secrets.control_key));
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The cloud as a command sees it.
    pub(super) fn cloud(&self, folders: &Folders) -> Cloud {
        let secrets = &self.secrets;
        let env = [
            ("OS_CLOUD", "doctool".to_owned()),
            ("OS_CLIENT_CONFIG_FILE", folders.file("clouds.yaml").display().to_string()),
        ];
        let service = |part: Part| Service { name: part.name().to_owned(), url: self.url(part) };
        Cloud {
            name: "embedded".to_owned(),
            identity: self.identity(),
            env: env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            path: vec![self.venv.join("bin")],
            services: Part::SERVICES.map(service).to_vec(),
            secrets: secrets
                .passwords
                .values()
                .map(|word| ("password".to_owned(), word.clone()))
                .chain(
                    secrets
                        .caller_keys
                        .values()
                        .chain([&secrets.control_key])
                        .map(|word| ("key".to_owned(), word.clone())),
                )
                .collect(),
            relay: Some(self.relay()),
            ..Cloud::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folders() -> (tempfile::TempDir, Folders) {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::below(root.path());
        folders.create().unwrap();
        (root, folders)
    }

    #[test]
    fn reads_back_what_it_wrote_and_shows_it_to_nobody_else() {
        let (_root, folders) = folders();
        let mut state = State::new(PathBuf::from("/venv")).unwrap();
        let own = Process::with_pid(std::process::id()).unwrap();
        state.processes.insert(Part::GlanceApi, own.clone());
        state.write(&folders).unwrap();

        let read = State::read(&folders).unwrap();
        assert_eq!(read.ports, state.ports);
        assert_eq!(read.secrets.passwords, state.secrets.passwords);
        assert_eq!(read.running(Part::GlanceApi), Some(&own));
        assert_eq!(read.running(Part::Keystone), None);
        let mode = fs::metadata(folders.file("state.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn takes_a_state_it_cannot_understand_for_none() {
        let (_root, folders) = folders();
        fs::write(folders.file("state.json"), "{\"recipe\": ").unwrap();
        assert!(State::read(&folders).is_none());
    }

    #[test]
    fn a_new_cloud_is_another_one() {
        let (_root, folders) = folders();
        let new = || State::new(PathBuf::from("/venv")).unwrap();
        let state = new();
        state.write(&folders).unwrap();
        let again = State::read(&folders).unwrap().cloud(&folders).identity;
        assert_eq!(again, state.cloud(&folders).identity);
        assert_ne!(again, new().cloud(&folders).identity);
        assert!(!again.contains(&state.secrets.control_key));
    }

    #[test]
    fn names_every_password_and_key_as_secret() {
        let (_root, folders) = folders();
        let state = State::new(PathBuf::from("/venv")).unwrap();
        let cloud = state.cloud(&folders);
        let kinds: Vec<_> = cloud.secrets.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["password", "password", "password", "password", "key", "key", "key"]);
        let mut values: Vec<_> = cloud.secrets.iter().map(|(_, value)| value).collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), 7, "no two are alike");
        assert!(values.iter().all(|value| value.len() == 48));
    }
}
