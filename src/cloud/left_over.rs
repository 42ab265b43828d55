//! Looking for what a run has left on a cloud, and taking it away.
//!
//! In: things that a run was seen making or asking for, and a token. Out: what services say of them, and
//! which of them are gone.

use std::thread;
use std::time::{Duration, SystemTime};

use reqwest::Url;
use reqwest::blocking::RequestBuilder;
use reqwest::header::DATE;

use super::probe;
use crate::error::Result;
use crate::model::{Cloud, Created};

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

/// What a service says.
#[derive(Debug)]
pub struct Said {
    /// Its answer's content.
    pub text: String,
    /// What its clock shows.
    pub date: Option<SystemTime>,
}

/// What the service says at an address, or of the things of this name below it. The token goes to the cloud
/// alone. Where there is no answer of use, what is there instead.
///
/// # Errors
///
/// When no request can be made at all.
pub fn look(
    cloud: &Cloud,
    address: &str,
    name: Option<&str>,
    token: Option<&str>,
) -> Result<std::result::Result<Said, String>> {
    let client = probe::client_that_believes(&cloud.authorities, PATIENCE)?;
    let Ok(mut url) = Url::parse(address) else { return Ok(Err("it is no address".to_owned())) };
    if let Some(name) = name {
        url.query_pairs_mut().append_pair("name", name);
    }
    let response = match shown(client.get(url), cloud, address, token).send() {
        Ok(response) if response.status().is_success() => response,
        Ok(response) => return Ok(Err(format!("it answers with {}", response.status()))),
        Err(error) => return Ok(Err(format!("it does not answer: {}", error.without_url()))),
    };
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let text = response.text();
    Ok(text.map(|text| Said { text, date }).map_err(|error| error.without_url().to_string()))
}

/// The request with the token, if it goes to the cloud.
fn shown(
    request: RequestBuilder,
    cloud: &Cloud,
    address: &str,
    token: Option<&str>,
) -> RequestBuilder {
    match token.filter(|_| cloud.owns(address)) {
        Some(token) => request.header(HEADER, token),
        None => request,
    }
}

/// Takes the things away, the last one first. One that is in use is tried again. `gone` is told of
/// each at once. The token goes to the cloud alone: a page may have made something elsewhere.
///
/// # Errors
///
/// When no request can be made at all.
pub fn remove(
    cloud: &Cloud,
    things: Vec<Created>,
    token: Option<&str>,
    mut gone: impl FnMut(&Created),
) -> Result<Removal> {
    let client = probe::client_that_believes(&cloud.authorities, PATIENCE)?;
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
            let request = shown(client.delete(&thing.url), cloud, &thing.url, token);
            match request.send().map(|response| response.status()) {
                Ok(status) if status.is_success() || status.as_u16() == 404 => {
                    gone(&thing);
                    removal.gone.push(thing);
                }
                Ok(status) => {
                    let mut reason = format!("it answers with {status}");
                    if token.is_some() && !cloud.owns(&thing.url) {
                        reason.push_str(
                            "; its host is not known for the cloud's, so it was shown no token: \
                             name it below `hosts` in the profile if it is",
                        );
                    }
                    removal.left.push((thing, reason));
                }
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

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::{Cloud, Created, remove};

    #[test]
    fn a_token_goes_to_the_cloud_alone() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let server = thread::spawn(move || {
            let heads = listener.incoming().take(2).map(|stream| {
                let mut stream = stream.expect("somebody asks");
                let (mut head, mut byte) = (Vec::new(), [0]);
                while !head.ends_with(b"\r\n\r\n") {
                    stream.read_exact(&mut byte).expect("the head has an end");
                    head.push(byte[0]);
                }
                let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                stream.write_all(answer).expect("somebody listens");
                String::from_utf8(head).expect("it is ASCII").to_lowercase()
            });
            heads.collect::<Vec<String>>()
        });
        let thing = |host: &str| Created {
            url: format!("http://{host}:{port}/things/a"),
            sort: "thing".to_owned(),
            id: "a".to_owned(),
            name: None,
        };
        let cloud = Cloud { hosts: vec!["127.0.0.1".to_owned()], ..Cloud::default() };
        let things = vec![thing("127.0.0.1"), thing("localhost")];
        let removal = remove(&cloud, things, Some("secret"), |_| {}).expect("both can be asked");
        assert_eq!(removal.gone.len(), 2);
        let heads = server.join().expect("it served both");
        assert!(heads[0].contains("host: localhost") && !heads[0].contains("secret"));
        assert!(heads[1].contains("host: 127.0.0.1") && heads[1].contains("x-auth-token: secret"));
    }
}
