//! What passes through the standing proxy, a line each, and what a service needs to pass there.
//!
//! In: a recording without secrets, or variables. Out: text for people, shells, systemd and
//! container engines.

use std::fmt::Write as _;

use crate::model::{Message, Recording, path_of};

/// One line for each exchange whose end is in the recording.
pub fn lines(recording: &Recording) -> String {
    let mut out = String::new();
    for message in &recording.messages {
        let (Message::Request(index) | Message::Response(index)) = message;
        let exchange = &recording.exchanges[*index];
        let status = match (message, &exchange.response) {
            (Message::Response(_), Some(response)) => &*response.status,
            (Message::Request(_), None) => "no answer",
            _ => continue,
        };
        let (from, to, method) = (&exchange.from, &exchange.to, &exchange.request.method);
        let path = path_of(&exchange.request.url);
        writeln!(out, "{from}->>{to}: {method} {path} {status}")
            .expect("writing to a string does not fail");
    }
    out
}

/// For a POSIX shell.
pub fn shell(variables: &[(String, String)]) -> String {
    let line = |(name, value): &(String, String)| format!("export {name}={}\n", quoted(value));
    variables.iter().map(line).collect()
}

/// A drop-in for a unit of systemd.
pub fn systemd(variables: &[(String, String)]) -> String {
    // `%` begins a specifier (systemd.unit(5)).
    let line = |(name, value): &(String, String)| {
        format!("Environment=\"{name}={}\"\n", value.replace('%', "%%"))
    };
    let lines: String = variables.iter().map(line).collect();
    format!("[Service]\n{lines}")
}

/// Options for `docker run` and `podman run`.
pub fn container(variables: &[(String, String)]) -> String {
    let mut options = vec!["--network host".to_owned()];
    if let Some((_, bundle)) = variables.iter().find(|(name, _)| name == "SSL_CERT_FILE") {
        options.push(format!("--volume {}", quoted(&format!("{bundle}:{bundle}:ro"))));
    }
    let environment =
        |(name, value): &(String, String)| format!("--env {}", quoted(&format!("{name}={value}")));
    options.extend(variables.iter().map(environment));
    options.join(" \\\n") + "\n"
}

fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "'\\''"))
}
