//! Who may use the proxy, and under which name.
//!
//! In: names. Out: keys for them, and the name behind a `Proxy-Authorization`.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::authority::write_private;
use super::journal::Lane;
use super::processes::Seen;
use crate::error::{Error, ErrorKind, Result};
use crate::model::Caller;

/// The callers of one run.
pub(super) struct Callers {
    secret: [u8; 32],
    /// Whether keys hold that were issued at another time.
    is_kept: bool,
    /// By what they send: `NAME:KEY`. Looked up as a whole, so how long a comparison takes tells
    /// nothing about a key.
    names: RwLock<HashMap<Vec<u8>, Known>>,
}

/// A caller that was admitted.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) name: Arc<str>,
    /// Whether it was told to believe the proxy's certificate authority.
    pub(super) believes: bool,
    /// The process at the other end, where that was asked for and found.
    pub(super) process: Option<Seen>,
    /// The recording that it belongs to. None for services, which serve several.
    pub(super) lane: Option<Lane>,
}

impl Callers {
    /// Nobody yet.
    pub(super) fn new() -> Result<Self> {
        Ok(Self { secret: secret()?, is_kept: false, names: RwLock::default() })
    }

    /// Everybody who was or is issued a key by a proxy that keeps its secret in this folder.
    pub(super) fn kept(folder: &Path) -> Result<Self> {
        let file = folder.join("callers.key");
        let cannot = |error: io::Error| {
            let message = format!("cannot keep the keys of callers in `{}`", file.display());
            Error::new(ErrorKind::File, message).because(error)
        };
        let read =
            || fs::read(&file).ok().and_then(|kept| STANDARD.decode(kept).ok()?.try_into().ok());
        let secret = match read() {
            Some(secret) => secret,
            None => {
                let secret = secret()?;
                fs::create_dir_all(folder).map_err(cannot)?;
                write_private(&file, &STANDARD.encode(secret)).map_err(cannot)?;
                secret
            }
        };
        Ok(Self { secret, is_kept: true, names: RwLock::default() })
    }

    /// Admits a caller that has its key from somebody else.
    pub(super) fn admit(&self, caller: &Caller, believes: bool) {
        self.insert(caller, believes, None);
    }

    fn insert(&self, caller: &Caller, believes: bool, lane: Option<Lane>) {
        let credentials = format!("{}:{}", user(&caller.name), caller.key).into_bytes();
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(
            credentials,
            Known { name: caller.name.as_str().into(), believes, process: None, lane },
        );
    }

    /// Admits a caller of this name with a key of this run and this recording, the same whenever it is
    /// asked for.
    pub(super) fn issue(&self, name: &str, lane: Lane) -> Caller {
        let caller = Caller { name: name.to_owned(), key: self.key(name, lane) };
        self.insert(&caller, true, Some(lane));
        caller
    }

    /// Who goes with the value of a `Proxy-Authorization` line.
    pub(super) fn known(&self, authorization: &[u8]) -> Option<Known> {
        let (scheme, credentials) = authorization.split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"basic ") {
            return None;
        }
        let credentials = STANDARD.decode(credentials.trim_ascii()).ok()?;
        let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
        names.get(&credentials).cloned().or_else(|| self.issued(&credentials))
    }

    /// Who was issued these credentials at another time.
    fn issued(&self, credentials: &[u8]) -> Option<Known> {
        let (name, key) = std::str::from_utf8(credentials).ok()?.split_once(':')?;
        // Digests are compared, so how long it takes tells nothing about the key.
        let is_same = Sha256::digest(key) == Sha256::digest(self.key(name, 0));
        (self.is_kept && is_same).then(|| Known {
            name: name.into(),
            believes: true,
            process: None,
            lane: None,
        })
    }

    fn key(&self, name: &str, lane: Lane) -> String {
        let mut digest = Sha256::new().chain_update(self.secret).chain_update(user(name));
        if lane > 0 {
            // A name has no colon here, so that no other name has the same key.
            digest.update(format!(":{lane}"));
        }
        let digest = digest.finalize();
        digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn secret() -> Result<[u8; 32]> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| {
        let message = "the system gives no random bytes for the recorder's keys";
        Error::new(ErrorKind::Recording, message).because(error)
    })?;
    Ok(secret)
}

/// The user that stands for a name: a colon would end it (RFC 7617, section 2).
pub(super) fn user(name: &str) -> String {
    name.replace(':', "-")
}
