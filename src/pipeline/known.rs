//! What is known of a cloud from earlier runs: which of its values the documented ones stand for.
//!
//! Kept in a file a cloud below `.doctool`, which git ignores, because it says nothing to anybody
//! who uses another cloud. A file that cannot be read is as good as none: the next run makes it anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::error::Result;
use crate::model::Cloud;
use crate::settings::Site;
use crate::stabilise::Bindings;
use crate::write::Writer;

/// Bindings of one cloud, and where they are kept.
#[derive(Debug, Clone)]
pub(super) struct Known {
    file: PathBuf,
    /// What is known.
    pub(super) bindings: Bindings,
}

impl Known {
    /// What earlier runs on this cloud have found out.
    pub(super) fn of(site: &Site, cloud: &Cloud) -> Self {
        // A page's folder cannot begin with a dot.
        let file = site.folder.join(".doctool").join(".clouds").join(file_name(cloud));
        let pairs: Option<BTreeMap<String, String>> =
            fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok());
        Self { file, bindings: Bindings::new(pairs.unwrap_or_default()) }
    }

    /// Keeps it for later runs.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub(super) fn keep(&self, writer: &Writer) -> Result<()> {
        if self.bindings.pairs().is_empty() {
            return Ok(());
        }
        let ignore = self.file.with_file_name(".gitignore");
        if !ignore.exists() {
            writer.keep(&ignore, "*\n")?;
        }
        let text = serde_json::to_string_pretty(self.bindings.pairs()).expect("texts are JSON");
        writer.keep(&self.file, &(text + "\n"))
    }

    /// The file, to tell people of.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }
}

/// The profile's name, as far as it can be a part of a file's name, and what tells the cloud from
/// others.
pub(super) fn file_name(cloud: &Cloud) -> String {
    let readable = |part: char| if part.is_ascii_alphanumeric() { part } else { '-' };
    let name: String = cloud.name.chars().map(readable).collect();
    let digest = Sha256::digest(format!("{}\n{}", cloud.name, cloud.identity));
    let mark: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{name}-{mark}.json")
}

#[cfg(test)]
mod tests {
    use super::{Cloud, file_name};

    #[test]
    fn another_cloud_has_another_file() {
        let name = |name: &str, identity: &str| {
            let (name, identity) = (name.to_owned(), identity.to_owned());
            file_name(&Cloud { name, identity, ..Cloud::default() })
        };
        assert!(name("my/lab", "http://x").starts_with("my-lab-"));
        assert_eq!(name("lab", "http://x"), name("lab", "http://x"));
        assert_ne!(name("lab", "http://x"), name("lab", "http://y"));
        assert_ne!(name("lab", "http://x"), name("lap", "http://x"));
    }
}
