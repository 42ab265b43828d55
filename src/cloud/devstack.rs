//! DevStack's services, sent through the standing proxy and back.
//!
//! In: the root of a system on which DevStack made units of systemd. Out: a drop-in for each of
//! them, or none again.

use std::fs;
use std::io;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind, Result};
use crate::system;

/// Where DevStack's units are.
const UNITS: &str = "etc/systemd/system";
/// The drop-in's name.
const DROP_IN: &str = "doctool-proxy.conf";

/// Short names in DevStack's units, and the processes that they stand for.
const PROCESSES: &[(&str, &str)] = &[
    ("g-api", "glance-api"),
    ("n-api", "nova-api"),
    ("n-api-meta", "nova-api-metadata"),
    ("n-cond-cell1", "nova-conductor"),
    ("n-cpu", "nova-compute"),
    ("n-sch", "nova-scheduler"),
    ("n-super-cond", "nova-conductor"),
    ("q-agt", "neutron-agent"),
    ("q-dhcp", "neutron-dhcp-agent"),
    ("q-l3", "neutron-l3-agent"),
    ("q-meta", "neutron-metadata-agent"),
    ("q-svc", "neutron-server"),
    ("neutron-api", "neutron-server"),
    ("c-api", "cinder-api"),
    ("c-bak", "cinder-backup"),
    ("c-sch", "cinder-scheduler"),
    ("c-vol", "cinder-volume"),
    ("s-proxy", "swift-proxy-server"),
    ("h-api", "heat-api"),
    ("h-api-cfn", "heat-api-cfn"),
    ("h-eng", "heat-engine"),
    ("o-api", "octavia-api"),
];

/// Units that are no services of OpenStack: nobody documents what they say.
const OTHERS: &[&str] = &["dstat", "etcd", "file_tracker", "memory_tracker"];

/// A unit of DevStack's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name, such as `devstack@g-api.service`.
    pub name: String,
    /// Who sends in diagrams, such as `glance-api`.
    pub process: String,
}

/// The units of services, by name.
///
/// # Errors
///
/// When there are none.
pub fn units(root: &Path) -> Result<Vec<Unit>> {
    let folder = root.join(UNITS);
    let entries = fs::read_dir(&folder).map_err(|cause| cannot("read", &folder, cause))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut units: Vec<Unit> = names.filter_map(unit).collect();
    units.sort_by(|one, other| one.name.cmp(&other.name));
    if units.is_empty() {
        let message = format!("there are no units of DevStack in `{}`", folder.display());
        return Err(Error::new(ErrorKind::Cloud, message)
            .hint("run this on the machine that DevStack runs on"));
    }
    Ok(units)
}

fn unit(name: String) -> Option<Unit> {
    let short = name.strip_prefix("devstack@")?.strip_suffix(".service")?;
    let infrastructure = OTHERS.contains(&short) || short.contains("ovn") || short.contains("ovs");
    if infrastructure || short.is_empty() {
        return None;
    }
    let known = PROCESSES.iter().find(|(unit, _)| *unit == short);
    let process = known.map_or(short, |(_, process)| process).to_owned();
    Some(Unit { name, process })
}

/// Writes a unit's drop-in. Only its owner can read it, because it holds a key.
///
/// # Errors
///
/// When it cannot be written.
pub fn send_through_proxy(root: &Path, unit: &Unit, drop_in: &str) -> Result<()> {
    let file = drop_in_of(root, &unit.name);
    let write = || {
        fs::create_dir_all(file.parent().expect("a drop-in is in a folder"))?;
        let mut options = fs::OpenOptions::new();
        let options = system::only_for_owner(options.write(true).create(true).truncate(true));
        let mut open = options.open(&file)?;
        open.write_all(drop_in.as_bytes())
    };
    write().map_err(|cause| cannot("write", &file, cause))
}

/// Removes all drop-ins that were written; gives the units that had one.
///
/// # Errors
///
/// When one cannot be removed.
pub fn send_directly(root: &Path) -> Result<Vec<String>> {
    let folder = root.join(UNITS);
    let entries = fs::read_dir(&folder).map_err(|cause| cannot("read", &folder, cause))?;
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let is_ours = |name: &String| name.starts_with("devstack@") && name.ends_with(".service.d");
    let mut units = Vec::new();
    for name in names.filter(is_ours) {
        let unit = name.trim_end_matches(".d").to_owned();
        let file = drop_in_of(root, &unit);
        match fs::remove_file(&file) {
            Ok(()) => units.push(unit),
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(cannot("remove", &file, error)),
        }
        // It stays if somebody else has a drop-in there.
        let _ = fs::remove_dir(folder.join(name));
    }
    units.sort();
    Ok(units)
}

fn drop_in_of(root: &Path, unit: &str) -> PathBuf {
    root.join(UNITS).join(format!("{unit}.d")).join(DROP_IN)
}

fn cannot(verb: &str, path: &Path, cause: io::Error) -> Error {
    Error::new(ErrorKind::File, format!("cannot {verb} `{}`", path.display())).because(cause)
}
