//! Whether a cloud answers. In: a [`Cloud`]. Out: nothing, or which of its services is silent.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::blocking::Client;
use reqwest::redirect::Policy;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Relay};

/// How long a service may take for an answer before it counts as silent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks every service of the cloud whose address is known, and the relay.
///
/// # Errors
///
/// [`ErrorKind::Cloud`] that names the first service which does not answer, or answers with a status of 500 or above.
pub fn probe(cloud: &Cloud) -> Result<()> {
    let silent = |name: &str, address: &str| {
        let error =
            Error::new(ErrorKind::Cloud, format!("`{name}` does not answer at `{address}`"));
        match cloud.relay {
            Some(_) => error.hint("run `doctool cloud up`: it starts what is missing"),
            None => error.hint(format!(
                "check that the cloud runs, or the address in the profile `{}`",
                cloud.name
            )),
        }
    };
    if let Some(relay) = &cloud.relay
        && !relay_answers(relay)
    {
        return Err(silent("relay", &relay.control.to_string()));
    }
    let client = client(PATIENCE)?;
    for service in &cloud.services {
        if !answers(&client, &service.url) {
            return Err(silent(&service.name, &service.url));
        }
    }
    Ok(())
}

/// A client that asks directly, whatever proxies the environment names, and takes a redirect for an answer.
pub(super) fn client(patience: Duration) -> Result<Client> {
    Client::builder().no_proxy().redirect(Policy::none()).timeout(patience).build().map_err(
        |cause| Error::new(ErrorKind::Cloud, "the HTTP client cannot be made").because(cause),
    )
}

/// True when something at the address speaks HTTP and is not in trouble: 300 and 401 are answers.
pub(super) fn answers(client: &Client, url: &str) -> bool {
    client.get(url).send().is_ok_and(|response| response.status().as_u16() < 500)
}

/// True when this very relay listens: another one does not know the key. What to say is written in `capture::relay`.
pub(super) fn relay_answers(relay: &Relay) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect_timeout(&relay.control, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("ping {}\n", relay.key).as_bytes())?;
        let mut answer = String::new();
        stream.take(16).read_to_string(&mut answer)?;
        Ok::<_, io::Error>(answer)
    };
    ask().is_ok_and(|answer| answer == "pong\n")
}
