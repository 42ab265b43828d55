//! Which response belongs to which request.
//!
//! In: the messages of a log in their order. Out: for each response the number of its request.
//! Memory grows with the requests that are open, not with the log.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use crate::model::{Entry, path_of};

use super::entries::PAIRING_HEADER;

/// The requests that have no response yet.
///
/// A response belongs to the earliest open request with its pairing header, or, where one of them
/// has no such header, to the earliest with its participants, method and path.
#[derive(Debug, Default)]
pub struct Pairing {
    open: BTreeMap<usize, Side>,
    by_id: HashMap<Arc<str>, BTreeSet<usize>>,
    by_place: HashMap<Place, BTreeSet<usize>>,
}

/// What a message says of the exchange of which it is one side.
#[derive(Debug, Clone)]
pub struct Side {
    id: Option<Arc<str>>,
    place: Place,
}

/// Participants, method and path, one behind the other, and where all but the last end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Place(Arc<str>, [usize; 3]);

impl Side {
    /// What this message says.
    pub fn of(entry: &Entry<'_>) -> Self {
        let Entry { from, to, method, url, .. } = entry;
        let parts = [from, to, method, path_of(url)];
        let to_end = from.len() + to.len();
        let place = Place(parts.concat().into(), [from.len(), to_end, to_end + method.len()]);
        Self { id: entry.header(PAIRING_HEADER).map(Arc::from), place }
    }
}

impl Pairing {
    /// Notes a request under a number that no other has.
    pub fn asked(&mut self, side: Side, number: usize) {
        if let Some(id) = &side.id {
            self.by_id.entry(Arc::clone(id)).or_default().insert(number);
        }
        self.by_place.entry(side.place.clone()).or_default().insert(number);
        self.open.insert(number, side);
    }

    /// The number of the request that this response answers; that is then no longer open.
    pub fn answered(&mut self, Side { id, place }: &Side) -> Option<usize> {
        let by_id = id.as_ref().and_then(|id| self.by_id.get(id)?.first().copied());
        let is_other = |number: &usize| id.is_some() && self.open[number].id.is_some();
        let by_place =
            || self.by_place.get(place)?.iter().find(|number| !is_other(number)).copied();
        let number = by_id.or_else(by_place)?;
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
        let Some(Side { id, place }) = self.open.remove(&number) else { return };
        if let Some(id) = id {
            remove(&mut self.by_id, &id, number);
        }
        remove(&mut self.by_place, &place, number);
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
