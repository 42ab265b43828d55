//! A cloud that somebody else runs: the variables of its profile lead there.
//!
//! In: the profile, and the `clouds.yaml` that it names. Out: a [`Cloud`] whose passwords and tokens
//! are known, so that they can be kept out of pages.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::PathBuf;

use serde_yaml::Value;

use super::cache;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{CERTIFICATE_VARIABLES, Cloud, host_of};
use crate::settings::doctool::CloudProfile;
use crate::system;

/// The cloud that the profile's variables lead to.
///
/// # Errors
///
/// When the profile says nothing, or takes a variable from an environment that does not have it.
pub(super) fn cloud(name: &str, profile: &CloudProfile) -> Result<Cloud> {
    if profile.env.is_empty() {
        let message = format!("cloud `{name}` says nothing of how to reach it");
        let hint = "give it `embedded: openstack`, or `env:` with variables such as `OS_CLOUD`";
        return Err(Error::new(ErrorKind::Settings, message).hint(hint));
    }
    let mut variables = BTreeMap::new();
    for (variable, value) in &profile.env {
        let value = match value {
            Some(value) => value.clone(),
            None => env::var(variable).map_err(|_| {
                let message = format!("cloud `{name}` takes `{variable}` from the environment");
                let hint = format!("set `{variable}`, or give it a value in doctool.yml");
                Error::new(ErrorKind::Settings, message).hint(hint)
            })?,
        };
        variables.insert(variable.clone(), value);
    }
    let mut secrets: Vec<(String, String)> = variables
        .iter()
        .filter_map(|(variable, value)| Some((kind(variable)?.to_owned(), value.clone())))
        .collect();
    let files = client_files(&variables).into_iter();
    let files = files.filter_map(|file| fs::read_to_string(file).ok());
    let files: Vec<Value> =
        files.filter_map(|text| serde_yaml::from_str::<Value>(&text).ok()).collect();
    files.iter().for_each(|value| collect(value, &mut secrets));
    let identity = address(&variables, &files).unwrap_or_default();
    let hosts = match &profile.hosts {
        Some(hosts) => hosts.clone(),
        None => named_hosts(&variables, &identity),
    };
    Ok(Cloud {
        name: name.to_owned(),
        identity,
        hosts,
        learns_hosts: profile.hosts.is_none(),
        authorities: authorities(&variables, &files),
        env: variables,
        secrets,
        ..Cloud::default()
    })
}

/// The hosts that the profile's variables lead to, without those of proxies.
fn named_hosts(variables: &BTreeMap<String, String>, identity: &str) -> Vec<String> {
    let is_proxy = |name: &str| name.to_ascii_lowercase().ends_with("_proxy");
    let values = variables.iter().filter(|(name, _)| !is_proxy(name)).map(|(_, value)| &**value);
    let hosts = values.chain([identity]).filter_map(host_of);
    hosts.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The files of certificates that the profile has commands believe.
fn authorities(variables: &BTreeMap<String, String>, files: &[Value]) -> Vec<PathBuf> {
    let named = CERTIFICATE_VARIABLES.iter().filter_map(|name| variables.get(*name));
    let of_cloud = variables.get("OS_CLOUD").into_iter().flat_map(|cloud| {
        let certificate = move |file| of_cloud(file, cloud)?.get("cacert")?.as_str();
        files.iter().filter_map(certificate)
    });
    let all: BTreeSet<&str> = named.map(|file| &**file).chain(of_cloud).collect();
    all.into_iter().filter(|file| !file.is_empty()).map(PathBuf::from).collect()
}

/// What a `clouds.yaml` says of a cloud.
fn of_cloud<'a>(file: &'a Value, cloud: &str) -> Option<&'a Value> {
    file.get("clouds")?.get(cloud)
}

/// Where openstacksdk looks for clouds and their secrets (openstacksdk, "Configuring OpenStack SDK
/// Applications").
fn client_files(variables: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let named = ["OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE"];
    let named = named.iter().filter_map(|name| variables.get(*name)).map(PathBuf::from);
    let roots = system::config_folders(cache::named, "OpenStack").into_iter();
    let folders = roots.chain([PathBuf::from("/etc")]).map(|root| root.join("openstack"));
    named
        .chain(
            folders.flat_map(|folder| ["clouds.yaml", "secure.yaml"].map(|name| folder.join(name))),
        )
        .collect()
}

/// The address at which the variables, or the `clouds.yaml` that they lead to, have users log in.
fn address(variables: &BTreeMap<String, String>, files: &[Value]) -> Option<String> {
    if let Some(url) = variables.get("OS_AUTH_URL") {
        return Some(url.clone());
    }
    let cloud = variables.get("OS_CLOUD")?;
    let url = |file: &Value| {
        Some(of_cloud(file, cloud)?.get("auth")?.get("auth_url")?.as_str()?.to_owned())
    };
    files.iter().find_map(url)
}

/// Adds every value below a key that names a secret.
fn collect(value: &Value, secrets: &mut Vec<(String, String)>) {
    match value {
        Value::Mapping(members) => {
            for (key, value) in members {
                match (key.as_str().and_then(kind), value) {
                    (Some(kind), Value::String(value)) => {
                        secrets.push((kind.to_owned(), value.clone()))
                    }
                    (Some(kind), Value::Number(value)) => {
                        secrets.push((kind.to_owned(), value.to_string()))
                    }
                    (_, value) => collect(value, secrets),
                }
            }
        }
        Value::Sequence(values) => values.iter().for_each(|value| collect(value, secrets)),
        _ => {}
    }
}

/// What to call the value of a variable or key, if it is secret.
fn kind(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let kinds = [
        ("password", "password"),
        ("passcode", "password"),
        ("secret", "secret"),
        ("token", "token"),
    ];
    kinds.iter().find(|(end, _)| name.ends_with(end)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{CloudProfile, cloud};

    #[test]
    fn passwords_of_the_profile_and_of_its_clouds_file_are_secrets() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let file = folder.path().join("clouds.yaml");
        let text = "clouds: {one: {cacert: /of-the-file.pem, auth: {username: me, password: of-the-file, auth_url: http://x}}}";
        std::fs::write(&file, text).expect("the folder can be written");
        let variables = [
            ("OS_CLIENT_CONFIG_FILE", file.to_str().expect("the path is text")),
            ("OS_CLOUD", "one"),
            ("OS_PASSWORD", "of-the-profile"),
            ("OS_USERNAME", "me"),
            ("OS_CACERT", "/own.pem"),
            ("HTTP_PROXY", "http://somewhere:3128"),
        ];
        let env = variables.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        let cloud = cloud("mine", &CloudProfile { env: env.into(), ..CloudProfile::default() });
        let cloud = cloud.expect("the profile is complete");
        assert_eq!(cloud.identity, "http://x");
        assert_eq!((cloud.hosts, cloud.learns_hosts), (vec!["x".to_owned()], true));
        assert_eq!(cloud.authorities, [Path::new("/of-the-file.pem"), Path::new("/own.pem")]);
        let secrets = cloud.secrets;
        for value in ["of-the-file", "of-the-profile"] {
            assert!(secrets.contains(&("password".to_owned(), value.to_owned())), "{value}");
        }
        assert!(!secrets.iter().any(|(_, value)| value == "me"));
    }

    #[test]
    fn a_variable_without_a_value_must_be_set() {
        let env = [("DOCTOOL_TEST_NOT_SET".to_owned(), None)].into();
        let error = cloud("mine", &CloudProfile { env, ..CloudProfile::default() })
            .expect_err("it is not set");
        assert!(error.to_string().contains("`DOCTOOL_TEST_NOT_SET`"));
    }
}
