//! Files that change together, all or none, whatever point a doctool is killed at.
//!
//! In: whole files and what they are to become. Out: all of them replaced. What is to happen stands in a
//! journal before it happens, so that the next doctool can finish it, or take back what was only being
//! prepared.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tempfile::NamedTempFile;

use crate::error::{Error, ErrorKind, Result};
use crate::model::Place;
use crate::system;

use super::Prepared;

/// What is to happen.
#[derive(Debug, Deserialize, Serialize)]
struct Set {
    /// Whether all new files are complete, so that the set can be finished.
    ready: bool,
    steps: Vec<Step>,
}

/// One file and the one that takes its place.
#[derive(Debug, Deserialize, Serialize)]
struct Step {
    file: PathBuf,
    /// Checksum of what stood there; none if nothing did.
    old: Option<String>,
    /// Checksum of what is to stand there.
    new: String,
}

/// The journal of a site.
#[derive(Debug)]
pub(super) struct Journal {
    file: PathBuf,
}

impl Journal {
    /// The journal in this folder, which is there only while something is under way.
    pub(super) fn below(folder: &Path) -> Self {
        Self { file: folder.join(".journal") }
    }

    /// Replaces the files, all or none.
    pub(super) fn exchange(&self, prepared: &[Prepared]) -> Result<()> {
        if prepared.is_empty() {
            return Ok(());
        }
        let steps = prepared.iter().map(|prepared| Step {
            file: prepared.file.clone(),
            old: prepared.original.as_deref().map(checksum),
            new: checksum(&prepared.content),
        });
        let mut set = Set { ready: false, steps: steps.collect() };
        let done = self.prepare(&mut set, prepared).and_then(|()| rename(&set.steps, prepared));
        if done.is_err() {
            // Those that took their place are there no more.
            set.steps.iter().for_each(|step| drop(fs::remove_file(beside(&step.file))));
        }
        self.remove();
        done
    }

    /// Writes all new files beside the old ones.
    fn prepare(&self, set: &mut Set, prepared: &[Prepared]) -> Result<()> {
        self.write(set)?;
        for (step, prepared) in set.steps.iter().zip(prepared) {
            write_new(&beside(&step.file), prepared).map_err(|cause| {
                Error::new(ErrorKind::File, "cannot write this file")
                    .because(cause)
                    .at(Place::file(&prepared.shown))
                    .hint("see whether its folder can be written, and has room; nothing of this page was written")
            })?;
        }
        set.ready = true;
        self.write(set)
    }

    /// Brings to its end what a doctool that was killed had begun. Gives the files that somebody has
    /// changed since then, which stay as they are, and so do those outside of these folders: a
    /// journal may be part of what somebody else has put into the site.
    pub(super) fn recover(&self, roots: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
        let text = match fs::read(&self.file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut changed = Vec::new();
        // It is written whole, so one that cannot be read is nobody's.
        if let Ok(set) = serde_json::from_slice::<Set>(&text) {
            let (ours, foreign): (Vec<Step>, Vec<Step>) =
                set.steps.into_iter().partition(|step| is_inside(&step.file, roots));
            changed.extend(foreign.into_iter().map(|step| step.file));
            for step in &ours {
                let beside = beside(&step.file);
                if !set.ready {
                    remove(&beside)?;
                    continue;
                }
                let now = read(&step.file)?.as_deref().map(checksum);
                if now.as_ref() == Some(&step.new) {
                    remove(&beside)?;
                } else if now == step.old {
                    fs::rename(&beside, &step.file)?;
                } else {
                    remove(&beside)?;
                    changed.push(step.file.clone());
                }
            }
            sync_folders(&ours)?;
        }
        self.remove();
        Ok(changed)
    }

    fn write(&self, set: &Set) -> Result<()> {
        let written = || -> io::Result<()> {
            let folder = self.file.parent().unwrap_or(&self.file);
            fs::create_dir_all(folder)?;
            let mut new = NamedTempFile::with_prefix_in(".journal-", folder)?;
            serde_json::to_writer(&mut new, set)?;
            new.as_file().sync_all()?;
            new.persist(&self.file)?;
            system::sync_folder(folder)
        };
        written().map_err(|cause| {
            Error::new(ErrorKind::File, "cannot write down what is about to be written")
                .because(cause)
                .at(Place::file(&self.file))
                .hint("see whether the site's folder can be written, and has room; nothing of this page was written")
        })
    }

    fn remove(&self) {
        // What is left of it is found by the next doctool, which does then what was to be done now.
        let _ = fs::remove_file(&self.file);
        // It stays where anything else is in it.
        let _ = self.file.parent().map(fs::remove_dir);
    }
}

/// Lets all new files take their places. When one cannot, those that did are put back.
fn rename(steps: &[Step], prepared: &[Prepared]) -> Result<()> {
    for (index, step) in steps.iter().enumerate() {
        let Err(cause) = fs::rename(beside(&step.file), &step.file) else { continue };
        let error = Error::new(ErrorKind::File, "cannot replace this file")
            .because(cause)
            .at(Place::file(&prepared[index].shown));
        return Err(match put_back(&prepared[..index]) {
            Ok(()) => error.hint("nothing of this page was written"),
            Err(path) => {
                error.hint(format!("look at `{}`, which could not be put back", path.display()))
            }
        });
    }
    sync_folders(steps).map_err(|cause| {
        Error::new(ErrorKind::File, "cannot be sure that the page is on disk").because(cause)
    })
}

fn put_back(done: &[Prepared]) -> std::result::Result<(), PathBuf> {
    for prepared in done {
        let put = match &prepared.original {
            Some(bytes) => fs::write(&prepared.file, &**bytes),
            None => fs::remove_file(&prepared.file),
        };
        put.map_err(|_| prepared.file.clone())?;
    }
    Ok(())
}

/// Writes a new file whole, with the rights of the one whose place it takes.
fn write_new(beside: &Path, prepared: &Prepared) -> io::Result<()> {
    remove(beside)?;
    let mut new = File::create_new(beside)?;
    new.write_all(&prepared.content)?;
    if let Ok(data) = fs::metadata(&prepared.file) {
        new.set_permissions(data.permissions())?;
    }
    new.sync_all()
}

fn sync_folders(steps: &[Step]) -> io::Result<()> {
    let mut folders: Vec<&Path> = steps.iter().filter_map(|step| step.file.parent()).collect();
    folders.sort_unstable();
    folders.dedup();
    folders.into_iter().try_for_each(system::sync_folder)
}

/// Whether a file lies in one of the folders, without links that lead out.
fn is_inside(file: &Path, roots: &[PathBuf]) -> bool {
    let is_real = super::target(file).is_ok_and(|target| target == file);
    is_real && roots.iter().any(|root| file.starts_with(root))
}

/// The new file's name: hidden, so that it is no page, and always the same, so that one that is left
/// behind is written over.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.doctool-new"))
}

fn read(file: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(file) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn checksum(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Journal, Set, Step, beside, checksum};

    /// A folder with files `a` and `b`, and a journal of a set in which both become `new`.
    fn cut_off(folder: &Path, ready: bool) -> Journal {
        let folder = &real(folder);
        let steps = ["a", "b"].map(|name| {
            let file = folder.join(name);
            fs::write(&file, "old").expect("the folder can be written");
            fs::write(beside(&file), "new").expect("the folder can be written");
            Step { file, old: Some(checksum("old")), new: checksum("new") }
        });
        let journal = Journal::below(folder);
        journal.write(&Set { ready, steps: steps.into() }).expect("the folder can be written");
        journal
    }

    fn real(folder: &Path) -> PathBuf {
        crate::system::canonical(folder).expect("it is there")
    }

    fn files(folder: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(folder).expect("it is there").flatten();
        let mut files: Vec<_> = entries
            .map(|entry| {
                let text = fs::read_to_string(entry.path()).expect("it is text");
                (entry.file_name().to_string_lossy().into_owned(), text)
            })
            .collect();
        files.sort();
        files
    }

    fn both(one: &str, two: &str) -> Vec<(String, String)> {
        [("a", one), ("b", two)].map(|(name, text)| (name.to_owned(), text.to_owned())).into()
    }

    #[test]
    fn a_set_that_is_ready_is_finished_wherever_it_was_cut_off() {
        for renamed in 0..=2 {
            let folder = tempfile::tempdir().expect("there is room for a folder");
            let journal = cut_off(folder.path(), true);
            for name in &["a", "b"][..renamed] {
                let file = folder.path().join(name);
                fs::rename(beside(&file), &file).expect("both are there");
            }
            assert!(
                journal.recover(&[real(folder.path())]).expect("it can be finished").is_empty()
            );
            assert_eq!(files(folder.path()), both("new", "new"), "after {renamed}");
        }
    }

    #[test]
    fn a_set_that_is_not_ready_is_taken_back() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let journal = cut_off(folder.path(), false);
        journal.recover(&[real(folder.path())]).expect("it can be taken back");
        assert_eq!(files(folder.path()), both("old", "old"));
    }

    #[test]
    fn what_somebody_has_changed_since_then_is_left_alone_and_told() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let journal = cut_off(folder.path(), true);
        let root = real(folder.path());
        let file = root.join("b");
        fs::write(&file, "theirs").expect("the folder can be written");
        assert_eq!(journal.recover(&[root]).expect("it can be finished"), [file]);
        assert_eq!(files(folder.path()), both("new", "theirs"));
    }

    #[test]
    fn files_outside_of_the_site_are_left_alone_whatever_a_journal_says() {
        for ready in [true, false] {
            let folder = tempfile::tempdir().expect("there is room for a folder");
            let journal = cut_off(folder.path(), ready);
            let (outside, site) = (real(folder.path()), real(folder.path()).join("site"));
            let before = files(&outside);
            let left = journal.recover(&[site]).expect("nothing is done");
            assert_eq!(left, [outside.join("a"), outside.join("b")]);
            let after = files(&outside);
            let but_journal =
                before.into_iter().filter(|(name, _)| name != ".journal").collect::<Vec<_>>();
            assert_eq!(after, but_journal);
        }
        assert!(!super::is_inside(Path::new("/site/../etc/x"), &["/site".into()]));
    }
}
