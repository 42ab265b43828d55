//! Snippets that pages include by URL: a URL in, its content out, asked for once and within the
//! limits that the site sets, as `pymdownx.snippets` 13.1 asks.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io::Read as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::blocking::{Client, Response};
use reqwest::header::{CONTENT_LENGTH, RETRY_AFTER};

use crate::model::Fetched;
use crate::settings::Snippets;

/// Fetches URLs and keeps what came of each, failures too. Threads may share it.
pub struct Fetcher<'a> {
    settings: &'a Snippets,
    /// Made for the first URL, since it reads the system's certificates.
    client: OnceLock<Result<Client, String>>,
    kept: Mutex<HashMap<String, Arc<OnceLock<Fetched>>>>,
}

/// What one request came to.
enum Answer {
    Final(Fetched),
    /// Too many requests; what the server says of how long to wait.
    Later(Option<Duration>),
}

impl<'a> Fetcher<'a> {
    /// A fetcher that has asked for nothing yet.
    pub fn new(settings: &'a Snippets) -> Self {
        Self { settings, client: OnceLock::new(), kept: Mutex::default() }
    }

    /// What stands at a URL. Whoever asks for the same one meanwhile waits for the same answer.
    pub fn fetch(&self, url: &str) -> Fetched {
        // A panic elsewhere leaves the table whole: every change to it is a single insertion.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = Arc::clone(kept.entry(url.to_owned()).or_default());
        drop(kept);
        entry.get_or_init(|| self.ask(url)).clone()
    }

    fn ask(&self, url: &str) -> Fetched {
        let client = match self.client.get_or_init(|| client(self.settings)) {
            Ok(client) => client,
            Err(reason) => return Fetched::Failed(reason.clone()),
        };
        let retries = self.settings.max_retries;
        for attempt in 1..=retries {
            let asked = match self.ask_once(client, url) {
                Answer::Final(fetched) => return fetched,
                Answer::Later(asked) => asked,
            };
            let longest = self.settings.backoff_factor * f64::from(retries);
            match asked {
                // To ask sooner is pointless, and nobody is to wait that long.
                Some(asked) if asked.as_secs_f64() > longest => {
                    let wait = asked.as_secs();
                    return Fetched::Nothing(format!("HTTP 429, to be asked again in {wait} s"));
                }
                Some(asked) => thread::sleep(asked),
                None => {
                    let wait = self.settings.backoff_factor * f64::from(attempt);
                    thread::sleep(Duration::try_from_secs_f64(wait).unwrap_or_default());
                }
            }
        }
        match self.ask_once(client, url) {
            Answer::Final(fetched) => fetched,
            Answer::Later(_) => Fetched::Nothing("HTTP 429".to_owned()),
        }
    }

    fn ask_once(&self, client: &Client, url: &str) -> Answer {
        let mut request = client.get(url);
        for (name, value) in &self.settings.url_request_headers {
            request = request.header(name, value);
        }
        Answer::Final(match request.send() {
            Ok(response) => match response.status() {
                StatusCode::OK => self.content(response),
                StatusCode::TOO_MANY_REQUESTS => return Answer::Later(asked_to_wait(&response)),
                status => Fetched::Nothing(format!("HTTP {}", status.as_u16())),
            },
            Err(error) if error.is_redirect() => Fetched::Nothing("too many redirects".to_owned()),
            Err(error) => Fetched::Failed(cause(&error)),
        })
    }

    fn content(&self, response: Response) -> Fetched {
        let limit = match self.settings.url_max_size {
            0 => u64::MAX,
            limit => limit,
        };
        let too_large =
            || Fetched::Failed(format!("it has {limit} bytes or more (`url_max_size`)"));
        let announced = response.headers().get(CONTENT_LENGTH);
        let announced = announced.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length >= limit) {
            return too_large();
        }
        let mut content = Vec::new();
        match response.take(limit).read_to_end(&mut content) {
            Ok(length) if length as u64 >= limit => too_large(),
            Ok(_) => Fetched::Content(content.into()),
            Err(error) => Fetched::Failed(cause(&error)),
        }
    }
}

fn client(settings: &Snippets) -> Result<Client, String> {
    let timeout = match settings.url_timeout {
        0.0 => None,
        // Python waits without an end where a number is too large.
        seconds => Duration::try_from_secs_f64(seconds).ok(),
    };
    let name = concat!("doctool/", env!("CARGO_PKG_VERSION"));
    Client::builder().user_agent(name).timeout(timeout).build().map_err(|error| cause(&error))
}

/// The innermost cause: the outer ones say that a request failed, and its URL.
fn cause(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

/// How long the server asks to wait: seconds, or a date.
fn asked_to_wait(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
