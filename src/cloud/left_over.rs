//! Taking away what a run has left on a cloud.
//!
//! In: things that a run was seen making, and a token. Out: which of them are gone.

use std::thread;
use std::time::Duration;

use super::probe;
use crate::error::Result;
use crate::model::Created;

/// The client's command that prints a token and nothing else.
pub const TOKEN: &str = "openstack token issue --format value --column id";

/// The header that a token stands in (Keystone's API reference, "Authentication").
const HEADER: &str = "X-Auth-Token";

/// How long a service may take for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often what is still in use is tried again, and how long to wait before that.
const ROUNDS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);

/// What came of it.
#[derive(Debug, Default)]
pub struct Removal {
    /// Things that are gone, in the order in which they went.
    pub gone: Vec<Created>,
    /// Things that are left, and why.
    pub left: Vec<(Created, String)>,
}

/// Takes the things away, the last one first. One that is in use is tried again. `gone` is told of
/// each at once.
///
/// # Errors
///
/// When no request can be made at all.
pub fn remove(
    things: Vec<Created>,
    token: Option<&str>,
    mut gone: impl FnMut(&Created),
) -> Result<Removal> {
    let client = probe::client(PATIENCE)?;
    let mut removal = Removal::default();
    let mut waiting: Vec<Created> = things.into_iter().rev().collect();
    for round in 0..ROUNDS {
        if waiting.is_empty() {
            break;
        }
        if round > 0 {
            thread::sleep(PAUSE);
        }
        removal.left.clear();
        for thing in waiting {
            let request = client.delete(&thing.url);
            let request = match token {
                Some(token) => request.header(HEADER, token),
                None => request,
            };
            match request.send().map(|response| response.status()) {
                Ok(status) if status.is_success() || status.as_u16() == 404 => {
                    gone(&thing);
                    removal.gone.push(thing);
                }
                Ok(status) => removal.left.push((thing, format!("it answers with {status}"))),
                Err(error) => {
                    // The cause may name the address again, but never the header.
                    removal
                        .left
                        .push((thing, format!("it does not answer: {}", error.without_url())));
                }
            }
        }
        waiting = removal.left.iter().map(|(thing, _)| thing.clone()).collect();
    }
    Ok(removal)
}
