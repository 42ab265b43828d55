//! Who may import whom: data goes one way, and a stage knows no other stage.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

/// Each room with the rooms it may import. `model` stands at the bottom, `pipeline` and `cli` on
/// top; the rooms between are stages, which meet only there.
const MAY_IMPORT: [(&str, &[&str]); 27] = [
    ("adopt", &["error", "model", "sections", "sequence", "settings"]),
    ("capture", &["error", "model", "settings", "system"]),
    ("changes", &["error"]),
    (
        "cli",
        &[
            "capture", "changes", "cloud", "discover", "error", "merge", "model", "page",
            "pipeline", "render", "report", "settings", "starter", "system",
        ],
    ),
    ("cloud", &["error", "model", "settings", "system"]),
    ("discover", &["error", "model", "settings", "side_by_side"]),
    ("error", &["model"]),
    ("fetch", &["model", "settings"]),
    ("ledger", &["error", "model", "system"]),
    ("merge", &["error", "model", "pairing", "sections", "sequence", "settings"]),
    ("model", &["system"]),
    ("noise", &["error", "model", "settings"]),
    ("page", &["error", "model", "settings"]),
    // Compares sequences and is no stage.
    ("pairing", &[]),
    (
        "pipeline",
        &[
            "adopt",
            "capture",
            "cloud",
            "discover",
            "error",
            "fetch",
            "ledger",
            "merge",
            "model",
            "noise",
            "page",
            "plan",
            "render",
            "report",
            "run",
            "sequence",
            "settings",
            "side_by_side",
            "stabilise",
            "starter",
            "write",
        ],
    ),
    ("plan", &["error", "model", "sequence", "settings", "system"]),
    // The wanted exception: only what `stabilise` has made can be drawn.
    ("render", &["error", "model", "sequence", "settings", "stabilise"]),
    // A diff shows a file as `write` would leave it.
    ("report", &["error", "model", "settings", "side_by_side", "write"]),
    ("run", &["error", "model", "settings", "system"]),
    // Reads a format and is no stage.
    ("sections", &["model"]),
    ("sequence", &["model"]),
    ("settings", &["error", "model", "system"]),
    // Works on many things at once and is no stage.
    ("side_by_side", &[]),
    ("stabilise", &["error", "model", "pairing", "settings", "side_by_side"]),
    ("starter", &["model"]),
    // Stands below everything: what each system does in its own way.
    ("system", &[]),
    ("write", &["error", "model", "settings", "system"]),
];

/// Lines of a source file, at most.
const LONGEST: usize = 500;

/// The source files of each room, with their paths below `src`.
fn rooms() -> BTreeMap<String, Vec<(String, String)>> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rooms: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for entry in WalkDir::new(&src).sort_by_file_name() {
        let entry = entry.expect("the sources can be read");
        let path = entry.path().strip_prefix(&src).expect("it is below src");
        if entry.path().extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let path = path.to_string_lossy().into_owned();
        let room = path.split(['/', '.']).next().expect("a path has a part").to_owned();
        let text = fs::read_to_string(entry.path()).expect("the source is text");
        rooms.entry(room).or_default().push((path, text));
    }
    rooms.remove("lib");
    rooms.remove("main");
    rooms
}

/// The rooms that a source file names after `crate::`, outside comments.
fn imports(text: &str) -> Vec<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code: String = code.map(|line| format!("{line}\n")).collect();
    let mut imports = Vec::new();
    for part in code.split("crate::").skip(1) {
        if let Some(group) = part.strip_prefix('{') {
            let group = group.split("};").next().unwrap_or(group);
            let names = group.split(['\n', ',']).map(str::trim);
            imports.extend(names.map(|name| name.split(':').next().unwrap_or(name).to_owned()));
        } else {
            let end = part.find(|next: char| !next.is_alphanumeric() && next != '_');
            imports.push(part[..end.unwrap_or(part.len())].to_owned());
        }
    }
    imports.retain(|name| !name.is_empty());
    imports
}

#[test]
fn rooms_import_only_what_the_table_says() {
    let table = BTreeMap::from(MAY_IMPORT);
    for (room, files) in rooms() {
        let allowed = table.get(&*room).unwrap_or_else(|| panic!("`{room}` is not in the table"));
        for (path, text) in files {
            for import in imports(&text) {
                assert!(
                    import == room || allowed.contains(&&*import),
                    "src/{path} imports `{import}`, which `{room}` may not"
                );
            }
        }
    }
}

#[test]
fn every_room_of_the_table_exists() {
    let rooms: Vec<String> = rooms().into_keys().collect();
    assert_eq!(rooms, MAY_IMPORT.map(|(room, _)| room));
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    for (path, text) in rooms().into_values().flatten() {
        let lines = text.lines().count();
        assert!(lines <= LONGEST, "src/{path} has {lines} lines, more than {LONGEST}");
        assert!(text.starts_with("//! "), "src/{path} does not begin by saying what it is for");
    }
}

#[test]
fn rooms_have_a_name_of_their_own() {
    for (path, _) in rooms().into_values().flatten() {
        for name in ["utils", "util", "common", "helpers", "types", "misc"] {
            assert!(
                !path.split(['/', '.']).any(|part| part == name),
                "src/{path} is named `{name}`"
            );
        }
    }
}

#[test]
fn only_the_edge_prints() {
    for (room, files) in rooms() {
        for (path, text) in files {
            let prints = ["println!(", "eprintln!(", "print!(", "eprint!("]
                .iter()
                .any(|word| text.contains(word));
            assert!(!prints || room == "cli" || room == "report", "src/{path} prints");
        }
    }
}

/// Sources that as a whole are there on some systems only: the embedded cloud and its stand-in, and who asks
/// Linux for the process behind a connection.
const OF_SOME_SYSTEMS: [&str; 3] =
    ["cloud/embedded/", "cloud/mod.rs", "capture/proxy/processes.rs"];

#[test]
fn nothing_else_asks_which_system_this_is() {
    let words = ["cfg(unix", "cfg(windows", "cfg(not(unix", "target_os", "std::os::", "rustix::"];
    for (path, text) in rooms().into_values().flatten() {
        if path.starts_with("system/") || OF_SOME_SYSTEMS.iter().any(|one| path.starts_with(one)) {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let word = words.iter().find(|word| code.contains(**word));
        assert_eq!(word, None, "src/{path} asks which system this is");
    }
}

/// Names of OpenStack's services, of what its clients read, and of what stands in its headers.
const OF_OPENSTACK: [&str; 12] = [
    "openstack",
    "keystone",
    "glance",
    "nova-",
    "neutron",
    "cinder",
    "swift-",
    "x-auth-token",
    "x-subject-token",
    "x-openstack-",
    "gaaaaa",
    "/auth/tokens",
];

/// Who may know of it besides `cloud`: what the settings default to and are called, which tokens and ids
/// are secret or differ in each run, and examples in what the command says of itself.
const KNOW_OPENSTACK: [&str; 4] = ["cli", "cloud", "settings", "stabilise"];

#[test]
fn nothing_else_knows_openstack() {
    for (room, files) in rooms() {
        if KNOW_OPENSTACK.contains(&&*room) {
            continue;
        }
        for (path, text) in files.iter().filter(|(path, _)| !path.ends_with("/tests.rs")) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let known = OF_OPENSTACK.iter().find(|word| line.to_lowercase().contains(**word));
                assert_eq!(known, None, "src/{path} knows OpenStack: {line}");
            }
        }
    }
}
