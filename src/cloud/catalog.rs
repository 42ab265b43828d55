//! What Keystone says about who answers where, and other rules by which exchanges tell of the cloud.
//!
//! In: an exchange. Out: services with their URL prefixes, read from the catalog that comes with every
//! token, and named like the processes that serve them. Whoever records is given this as a
//! [`Directory`], and knows nothing of OpenStack itself.

use serde_json::Value;

use crate::model::{Body, Directory, Exchange, Service};

/// The rules of OpenStack.
pub const DIRECTORY: Directory =
    Directory { may_tell, services, program, request_ids: REQUEST_IDS, tokens: TOKENS };

/// Headers of an answer that tell it from all others: what oslo.middleware writes, and what Nova did
/// before.
const REQUEST_IDS: &[&str] = &["x-openstack-request-id", "x-compute-request-id"];

/// Headers with tokens: what keystonemiddleware asks about, and who asks.
const TOKENS: &[&str] = &["x-subject-token", "x-auth-token"];

/// Libraries that name themselves in place of the program that uses them.
const AGENTS: &[(&str, &str)] =
    &[("openstacksdk", "openstack"), ("python-openstackclient", "openstack")];

/// The process that usually serves a service type of the catalog.
///
/// Types as in OpenStack's service-types-authority, with the older spellings that catalogs still
/// hold; process names as in DevStack's units, without the `devstack@` and short forms.
const PROCESSES: &[(&str, &str)] = &[
    ("identity", "keystone"),
    ("image", "glance-api"),
    ("compute", "nova-api"),
    ("compute_legacy", "nova-api"),
    ("network", "neutron-server"),
    ("placement", "placement-api"),
    ("volume", "cinder-api"),
    ("volumev2", "cinder-api"),
    ("volumev3", "cinder-api"),
    ("block-storage", "cinder-api"),
    ("block-store", "cinder-api"),
    ("object-store", "swift-proxy-server"),
    ("orchestration", "heat-api"),
    ("cloudformation", "heat-api-cfn"),
    ("load-balancer", "octavia-api"),
    ("dns", "designate-api"),
    ("key-manager", "barbican-api"),
    ("baremetal", "ironic-api"),
    ("baremetal-introspection", "ironic-inspector"),
    ("shared-file-system", "manila-api"),
    ("share", "manila-api"),
    ("sharev2", "manila-api"),
    ("container-infrastructure-management", "magnum-api"),
    ("container-infra", "magnum-api"),
    ("alarm", "aodh-api"),
    ("alarming", "aodh-api"),
    ("metric", "gnocchi-api"),
    ("rating", "cloudkitty-api"),
    ("workflow", "mistral-api"),
    ("workflowv2", "mistral-api"),
    ("messaging", "zaqar-server"),
    ("instance-ha", "masakari-api"),
    ("reservation", "blazar-api"),
];

/// The services that an exchange names, if it got a token.
fn services(exchange: &Exchange) -> Vec<Service> {
    let Some(Body::Text(text)) = token_body(exchange) else { return Vec::new() };
    serde_json::from_str::<Value>(text).map(|answer| in_token(&answer)).unwrap_or_default()
}

/// The program that is meant where this library names itself.
fn program(agent: &str) -> Option<&'static str> {
    AGENTS.iter().find(|(library, _)| *library == agent).map(|(_, program)| *program)
}

/// Whether an exchange with this method and URL may name services.
fn may_tell(method: &str, url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    method == "POST" && path.trim_end_matches('/').ends_with("/auth/tokens")
}

fn token_body(exchange: &Exchange) -> Option<&Body> {
    let response = exchange.response.as_ref()?;
    let issued = may_tell(&exchange.request.method, &exchange.request.url);
    (issued && response.status.starts_with("201")).then_some(&response.body)
}

fn in_token(answer: &Value) -> Vec<Service> {
    let entries = answer["token"]["catalog"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut services = Vec::new();
    for entry in entries {
        let Some(name) = process(entry) else { continue };
        let endpoints = entry["endpoints"].as_array().map(Vec::as_slice).unwrap_or_default();
        let urls = endpoints.iter().filter_map(|endpoint| endpoint["url"].as_str());
        services.extend(urls.map(|url| Service { name: name.clone(), url: root(url).to_owned() }));
    }
    services
}

fn process(entry: &Value) -> Option<String> {
    let kind = entry["type"].as_str()?;
    let known = PROCESSES.iter().find(|(service_type, _)| *service_type == kind);
    // A type that nobody listed: its own service name says more than a port does.
    known.map(|(_, process)| *process).or(entry["name"].as_str()).map(str::to_owned)
}

/// An endpoint without its version and what follows: `http://h/volume/v3/PROJECT` is
/// `http://h/volume`, because the service answers above its versions as well (discovery).
fn root(url: &str) -> &str {
    let path_at = url.find("://").map_or(0, |at| at + 3);
    let mut end = path_at;
    for (at, segment) in segments(url, path_at) {
        if is_version(segment) {
            return url[..end].trim_end_matches('/');
        }
        end = at + segment.len();
    }
    url.trim_end_matches('/')
}

fn segments(url: &str, from: usize) -> impl Iterator<Item = (usize, &str)> {
    url[from..].split('/').scan(from, |at, segment| {
        let start = *at;
        *at += segment.len() + 1;
        Some((start, segment))
    })
}

fn is_version(segment: &str) -> bool {
    let Some(number) = segment.strip_prefix('v') else { return false };
    number.starts_with(|first: char| first.is_ascii_digit())
        && number.chars().all(|other| other.is_ascii_digit() || other == '.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Request, Response};

    #[test]
    fn an_endpoint_belongs_to_its_service_above_its_version() {
        assert_eq!(root("http://h/volume/v3/abc"), "http://h/volume");
        assert_eq!(root("http://h:8774/v2.1"), "http://h:8774");
        assert_eq!(root("http://h:8080/v1/AUTH_x"), "http://h:8080");
        assert_eq!(root("http://h/identity/"), "http://h/identity");
        assert_eq!(root("http://h/video"), "http://h/video");
    }

    #[test]
    fn a_token_tells_who_answers_where() {
        let text = r#"{"token": {"catalog": [
            {"type": "image", "name": "glance", "endpoints": [{"url": "http://h/image"}, {"url": "http://h/image"}]},
            {"type": "strange", "name": "own", "endpoints": [{"url": "http://h:1/v1"}]},
            {"type": "nameless", "endpoints": [{"url": "http://h:2"}]}]}}"#;
        let exchange = token_exchange("http://h/identity/v3/auth/tokens?nocatalog", text);
        assert_eq!(DIRECTORY.hosts(std::slice::from_ref(&exchange)), ["h", "h"]);
        let found = DIRECTORY.all_services(&[exchange.clone(), exchange]);
        let found: Vec<_> = found.iter().map(|s| (s.name.as_str(), s.url.as_str())).collect();
        assert_eq!(found, [("glance-api", "http://h/image"), ("own", "http://h:1")]);
    }

    #[test]
    fn other_answers_tell_nothing() {
        let text =
            r#"{"token": {"catalog": [{"type": "image", "endpoints": [{"url": "http://h"}]}]}}"#;
        assert!(services(&token_exchange("http://h/v3/users", text)).is_empty());
        assert!(services(&token_exchange("http://h/v3/auth/tokens", "no json")).is_empty());
    }

    fn token_exchange(url: &str, text: &str) -> Exchange {
        let request = Request {
            method: "POST".into(),
            url: url.into(),
            headers: Vec::new(),
            body: Body::Empty,
        };
        let response = Response {
            status: "201 CREATED".into(),
            url: url.into(),
            headers: Vec::new(),
            body: Body::Text(text.into()),
        };
        Exchange {
            from: "a".into(),
            to: String::new(),
            request,
            response: Some(response),
            process: None,
        }
    }
}
