//! Which response belongs to which request.
//!
//! In: the messages of a log in their order. Out: for each response the number of its request.
//! Memory grows with the requests that are open, not with the log.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;
use std::sync::Arc;

use foldhash::HashMap;

use crate::model::{Entry, path_of};

use super::entries::PAIRING_HEADER;

/// The requests that have no response yet.
///
/// A response belongs to the earliest open request with its pairing header, or, where one of them
/// has no such header, to the earliest with its participants, method and URL, or at least the path: not
/// every log tells the query of a request.
#[derive(Debug, Default)]
pub struct Pairing {
    open: BTreeMap<usize, Side>,
    by_id: HashMap<Arc<str>, BTreeSet<usize>>,
    by_url: HashMap<Place, BTreeSet<usize>>,
    by_path: HashMap<Place, BTreeSet<usize>>,
}

/// What a message says of the exchange of which it is one side.
#[derive(Debug, Clone)]
pub struct Side {
    id: Option<Arc<str>>,
    url: Place,
    path: Place,
}

/// Participants, method and URL or path, one behind the other, and where all but the last end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place(Arc<str>, [usize; 3]);

impl Side {
    /// What this message says.
    pub fn of(entry: &Entry<'_>) -> Self {
        let Entry { from, to, method, url, .. } = entry;
        let place = |url: &str| {
            let parts = [from, to, method, url];
            let to_end = from.len() + to.len();
            Place(parts.concat().into(), [from.len(), to_end, to_end + method.len()])
        };
        let id = entry.header(PAIRING_HEADER).map(Arc::from);
        Self { id, url: place(url), path: place(path_of(url)) }
    }
}

impl Pairing {
    /// Notes a request under a number that no other has.
    pub fn asked(&mut self, side: Side, number: usize) {
        if let Some(id) = &side.id {
            self.by_id.entry(Arc::clone(id)).or_default().insert(number);
        }
        self.by_url.entry(side.url.clone()).or_default().insert(number);
        self.by_path.entry(side.path.clone()).or_default().insert(number);
        self.open.insert(number, side);
    }

    /// The number of the request that this response answers; that is then no longer open.
    pub fn answered(&mut self, Side { id, url, path }: &Side) -> Option<usize> {
        let by_id = id.as_ref().and_then(|id| self.by_id.get(id)?.first().copied());
        let is_other = |number: &usize| id.is_some() && self.open[number].id.is_some();
        let earliest =
            |numbers: &BTreeSet<usize>| numbers.iter().find(|number| !is_other(number)).copied();
        let number = by_id
            .or_else(|| self.by_url.get(url).and_then(earliest))
            .or_else(|| self.by_path.get(path).and_then(earliest))?;
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
        let Some(Side { id, url, path }) = self.open.remove(&number) else { return };
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
