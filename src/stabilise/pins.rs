//! Which documented value a live value stands for.

use std::collections::{HashMap, HashSet};

use super::volatile::{Class, replaced};

/// Live values and the documented values that stand for them, one for one.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    documented: HashMap<String, String>,
    taken: HashSet<String>,
    /// Times have no partner of their own; where every place agrees, the value can be carried over.
    times: HashMap<String, Option<String>>,
    /// Live values that mean something where they stand, and so are no ids elsewhere either.
    meaningful: HashSet<String>,
}

impl Pins {
    /// Says that at one place `live` stands where `documented` stood, and gives what to show there:
    /// the documented value, unless one of the two already has another partner.
    pub(super) fn pin(&mut self, class: Class, live: &str, documented: &str) -> String {
        if !class.is_identity() {
            let time =
                self.times.entry(live.to_owned()).or_insert_with(|| Some(documented.to_owned()));
            if time.as_deref() != Some(documented) {
                *time = None;
            }
            return documented.to_owned();
        }
        if !self.documented.contains_key(live) && !self.taken.contains(documented) {
            self.documented.insert(live.to_owned(), documented.to_owned());
            self.taken.insert(documented.to_owned());
        }
        self.shown(class, live)
    }

    /// Notes that a value follows from content, so that it is not taken for an id elsewhere.
    pub(super) fn mean(&mut self, value: &str) {
        self.meaningful.insert(value.to_owned());
    }

    /// Whether a value is known to follow from content.
    pub(super) fn is_meaningful(&self, value: &str) -> bool {
        self.meaningful.contains(value)
    }

    /// Whether the live value has a partner.
    pub(super) fn has(&self, live: &str) -> bool {
        self.documented.contains_key(live)
    }

    /// What to show for a live value at a place that documents nothing.
    pub(super) fn shown(&self, class: Class, live: &str) -> String {
        let pinned = if class.is_identity() {
            self.documented.get(live)
        } else {
            self.times.get(live).and_then(Option::as_ref)
        };
        pinned.map_or_else(|| live.to_owned(), Clone::clone)
    }

    /// The text with every live value that is pinned replaced.
    pub(super) fn apply(&self, text: &str) -> String {
        replaced(text, |class, value| self.shown(class, value))
    }

    /// Adds another page's pins where this one has none of its own.
    pub fn add(&mut self, other: &Self) {
        for (live, documented) in &other.documented {
            if !self.documented.contains_key(live) && self.taken.insert(documented.clone()) {
                self.documented.insert(live.clone(), documented.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Class, Pins};

    #[test]
    fn one_live_value_stands_for_one_documented_value_and_the_other_way_round() {
        let mut pins = Pins::default();
        assert_eq!(pins.pin(Class::Uuid, "live", "old"), "old");
        assert_eq!(pins.pin(Class::Uuid, "live", "other"), "old", "the first partner stays");
        assert_eq!(pins.pin(Class::Uuid, "second", "old"), "second", "two things are not one");
    }

    #[test]
    fn a_time_is_carried_over_only_where_all_places_agree() {
        let mut pins = Pins::default();
        pins.pin(Class::Time, "now", "then");
        assert_eq!(pins.shown(Class::Time, "now"), "then");
        assert_eq!(pins.pin(Class::Time, "now", "later"), "later");
        assert_eq!(pins.shown(Class::Time, "now"), "now");
    }
}
