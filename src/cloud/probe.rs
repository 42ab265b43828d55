//! Whether a cloud answers. In: a [`Cloud`]. Out: nothing, or which of its services is silent.

use std::fs;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Certificate;
use reqwest::blocking::{Client, ClientBuilder};
use reqwest::redirect::Policy;

use crate::error::{Error, ErrorKind, Result};
use crate::model::{Cloud, Relay};

/// How long a service may take for an answer before it counts as silent.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks every service of the cloud whose address is known, and the relay.
///
/// # Errors
///
/// [`ErrorKind::Cloud`] that names the first service which does not answer, or answers with a
/// status of 500 or above.
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

/// A client that asks directly, whatever proxies the environment names, and takes a redirect for an
/// answer.
pub(super) fn client(patience: Duration) -> Result<Client> {
    client_that_believes(&[], patience)
}

/// One that also believes the certificates in these files. A file that cannot be read counts for
/// nothing: what then is not believed says so.
pub(super) fn client_that_believes(files: &[PathBuf], patience: Duration) -> Result<Client> {
    let texts = files.iter().filter_map(|file| fs::read(file).ok());
    let certificates = texts.filter_map(|text| Certificate::from_pem_bundle(&text).ok()).flatten();
    let builder = Client::builder().no_proxy().redirect(Policy::none()).timeout(patience);
    certificates.fold(builder, ClientBuilder::add_root_certificate).build().map_err(|cause| {
        Error::new(ErrorKind::Cloud, "the HTTP client cannot be made").because(cause)
    })
}

/// True when something at the address speaks HTTP and is not in trouble: 300 and 401 are answers.
pub(super) fn answers(client: &Client, url: &str) -> bool {
    client.get(url).send().is_ok_and(|response| response.status().as_u16() < 500)
}

/// True when this very relay listens: another one does not know the key. What to say is written in
/// `capture::relay`.
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::model::Service;

    /// A service that gives every request the same answer.
    fn service(name: &str, answer: &'static str) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/{name}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Service { name: name.to_owned(), url }
    }

    fn cloud(services: Vec<Service>) -> Cloud {
        Cloud { name: "lab".to_owned(), services, ..Cloud::default() }
    }

    #[test]
    fn takes_choices_and_refusals_for_answers() {
        let services = vec![
            service(
                "identity",
                "HTTP/1.1 300 MULTIPLE CHOICES\r\nLocation: /v3\r\nContent-Length: 0\r\n\r\n",
            ),
            service("image", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"),
        ];
        probe(&cloud(services)).unwrap();
    }

    #[test]
    fn names_the_service_that_is_in_trouble() {
        let answers = service("identity", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let fails =
            service("image", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        let url = fails.url.clone();
        let error = probe(&cloud(vec![answers, fails])).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cloud);
        assert_eq!(error.to_string(), format!("`image` does not answer at `{url}`"));
        assert!(error.hint_text().unwrap().contains("profile `lab`"));
    }

    #[test]
    fn does_not_take_anybody_who_listens_for_the_relay() {
        let stranger = service("stranger", "refused\n");
        let control = stranger.url["http://".len()..].split('/').next().unwrap().parse().unwrap();
        let relay = Relay { control, key: "key".to_owned(), callers: Vec::new() };
        let error = probe(&Cloud { relay: Some(relay), ..cloud(Vec::new()) }).unwrap_err();
        assert_eq!(error.to_string(), format!("`relay` does not answer at `{control}`"));
        assert!(error.hint_text().unwrap().starts_with("run `doctool cloud up`"));
    }
}
