//! Who may use the proxy, and under which name.
//!
//! In: names. Out: keys for them, and the name behind a `Proxy-Authorization`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Caller;

/// The callers of one run.
pub(super) struct Callers {
    secret: [u8; 32],
    /// By what they send: `NAME:KEY`. Looked up as a whole, so how long a comparison takes tells
    /// nothing about a key.
    names: RwLock<HashMap<Vec<u8>, Arc<str>>>,
}

impl Callers {
    /// Nobody yet.
    pub(super) fn new() -> Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|error| {
            let message = "the system gives no random bytes for the recorder's keys";
            Error::new(ErrorKind::Recording, message).because(error)
        })?;
        Ok(Self { secret, names: RwLock::default() })
    }

    /// Admits a caller that has its key from somebody else.
    pub(super) fn admit(&self, caller: &Caller) {
        let credentials = format!("{}:{}", user(&caller.name), caller.key).into_bytes();
        let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
        names.insert(credentials, caller.name.as_str().into());
    }

    /// Admits a caller of this name with a key of this run, the same whenever it is asked for.
    pub(super) fn issue(&self, name: &str) -> Caller {
        let digest = Sha256::new().chain_update(self.secret).chain_update(name).finalize();
        let key = digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let caller = Caller { name: name.to_owned(), key };
        self.admit(&caller);
        caller
    }

    /// The name that goes with the value of a `Proxy-Authorization` line.
    pub(super) fn name(&self, authorization: &[u8]) -> Option<Arc<str>> {
        let (scheme, credentials) = authorization.split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"basic ") {
            return None;
        }
        let credentials = STANDARD.decode(credentials.trim_ascii()).ok()?;
        self.names.read().unwrap_or_else(PoisonError::into_inner).get(&credentials).cloned()
    }
}

/// The user that stands for a name: a colon would end it (RFC 7617, section 2).
pub(super) fn user(name: &str) -> String {
    name.replace(':', "-")
}
