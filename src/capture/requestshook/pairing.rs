//! Which response belongs to which request.
//!
//! In: the messages of a log in their order. Out: for each response the number of its request.
//! Memory grows with the requests that are open, not with the log.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use crate::model::{Entry, path_of};

use super::entries::PAIRING_HEADER;

/// The requests that have no response yet.
///
/// A response belongs to the earliest open request with its pairing header, or, where one of them
/// has no such header, to the earliest with its participants, method and URL, or at least the path: not
/// every log tells the query of a request.
#[derive(Debug, Default)]
pub struct Pairing {
    open: BTreeMap<usize, Asked>,
    by_id: HashMap<String, BTreeSet<usize>>,
    by_url: HashMap<Place, BTreeSet<usize>>,
    by_path: HashMap<Place, BTreeSet<usize>>,
}

/// Participants, method and URL or path.
type Place = [String; 4];

#[derive(Debug)]
struct Asked {
    id: Option<String>,
    url: Place,
    path: Place,
}

impl Asked {
    fn of(entry: &Entry) -> Self {
        let Entry { from, to, method, url, .. } = entry;
        let place = |text: &str| [from, to, method, text].map(str::to_owned);
        let id = entry.header(PAIRING_HEADER).map(str::to_owned);
        Self { id, url: place(url), path: place(path_of(url)) }
    }
}

impl Pairing {
    /// Notes a request under a number that no other has.
    pub fn asked(&mut self, entry: &Entry, number: usize) {
        let asked = Asked::of(entry);
        if let Some(id) = &asked.id {
            self.by_id.entry(id.clone()).or_default().insert(number);
        }
        self.by_url.entry(asked.url.clone()).or_default().insert(number);
        self.by_path.entry(asked.path.clone()).or_default().insert(number);
        self.open.insert(number, asked);
    }

    /// The number of the request that this response answers; that is then no longer open.
    pub fn answered(&mut self, entry: &Entry) -> Option<usize> {
        let Asked { id, url, path } = Asked::of(entry);
        let by_id = id.as_ref().and_then(|id| self.by_id.get(id)?.first().copied());
        let is_other = |number: &usize| id.is_some() && self.open[number].id.is_some();
        let earliest =
            |numbers: &BTreeSet<usize>| numbers.iter().find(|number| !is_other(number)).copied();
        let number = by_id
            .or_else(|| self.by_url.get(&url).and_then(earliest))
            .or_else(|| self.by_path.get(&path).and_then(earliest))?;
        self.give_up(number);
        Some(number)
    }

    /// How many requests are open.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// The open request with the lowest number.
    pub fn earliest(&self) -> Option<usize> {
        self.open.first_key_value().map(|(number, _)| *number)
    }

    /// The request with this number is no longer open.
    pub fn give_up(&mut self, number: usize) {
        let Some(Asked { id, url, path }) = self.open.remove(&number) else { return };
        if let Some(id) = id {
            remove(&mut self.by_id, &id, number);
        }
        remove(&mut self.by_url, &url, number);
        remove(&mut self.by_path, &path, number);
    }
}

/// Takes a number out of the set under a key, and the set once it is empty.
fn remove<K: Eq + Hash>(sets: &mut HashMap<K, BTreeSet<usize>>, key: &K, number: usize) {
    let Some(numbers) = sets.get_mut(key) else { return };
    numbers.remove(&number);
    if numbers.is_empty() {
        sets.remove(key);
    }
}
