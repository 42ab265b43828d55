//! How a client is asked to tell what it sends.
//!
//! In: the words of a command. Out: the same with those that have it write its requests and answers into a
//! file. Of the clients on keystoneauth, only those on osc-lib can write into a file, which alone tells
//! details from what is for everybody.

use std::env::consts::EXE_SUFFIX;
use std::path::Path;

/// The client that is meant where nothing says which one told something.
pub const CLIENT: &str = "openstack";

/// Clients whose own options stand right behind their name, `--debug` and `--log-file` among them.
const CLIENTS: &[&str] = &[CLIENT];

/// The words with `--debug` and the file for what that tells; none where the program knows no such words,
/// or writes a file of its own already.
pub fn debugged(argv: &[String], file: &Path) -> Option<Vec<String>> {
    let (program, rest) = argv.split_first()?;
    let has_file = rest.iter().any(|word| {
        let name = word.split('=').next().unwrap_or_default();
        // As argparse takes the beginnings of options that name no other.
        name.len() > "--l".len() && "--log-file".starts_with(name)
    });
    let name = Path::new(program).file_name()?.to_str()?;
    let name = name.strip_suffix(EXE_SUFFIX).unwrap_or(name);
    if !CLIENTS.contains(&name) || has_file {
        return None;
    }
    let added = ["--debug".to_owned(), "--log-file".to_owned(), file.to_str()?.to_owned()];
    Some([std::slice::from_ref(program), &added, rest].concat())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::debugged;

    fn words(line: &str) -> Option<String> {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        debugged(&argv, Path::new("/t/0")).map(|argv| argv.join(" "))
    }

    #[test]
    fn a_client_is_asked_right_behind_its_name() {
        let asked = "/bin/openstack --debug --log-file /t/0 image list --long";
        assert_eq!(words("/bin/openstack image list --long").as_deref(), Some(asked));
        for line in ["curl http://h", "openstack --log-file x image list", "openstack --log=x a"] {
            assert_eq!(words(line), None, "{line}");
        }
    }
}
