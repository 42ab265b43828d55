//! Which documented value a live value stands for.

use std::collections::{HashMap, HashSet};

use super::volatile::{Class, Volatile};

/// Live values and the documented values that stand for them, one for one.
#[derive(Debug, Clone, Default)]
pub struct Pins {
    documented: HashMap<Value, String>,
    taken: HashSet<Value>,
    /// Times have no partner of their own; where every place agrees, the value can be carried over.
    times: HashMap<String, Option<String>>,
    /// Live values that mean something where they stand, and so are no ids elsewhere either.
    meaningful: HashSet<String>,
    /// Live checksums of content that differs by volatile values only.
    checksums: HashSet<String>,
}

/// A value and, for those of a site's rule, which rule: `7` may be a serial and a revision.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Value {
    rule: Option<usize>,
    text: String,
}

impl Value {
    fn new(class: Class, text: &str) -> Self {
        let rule = if let Class::Site(rule) = class { Some(rule) } else { None };
        Self { rule, text: text.to_owned() }
    }
}

impl Pins {
    /// Says that at one place `live` stands where `documented` stood, and gives what to show there:
    /// the documented value, unless one of the two already has another partner.
    pub(super) fn pin(&mut self, class: Class, live: &str, documented: &str) -> String {
        if class == Class::Token {
            // What was documented may be a secret.
            return live.to_owned();
        }
        if !class.is_identity() {
            let time =
                self.times.entry(live.to_owned()).or_insert_with(|| Some(documented.to_owned()));
            if time.as_deref() != Some(documented) {
                *time = None;
            }
            return documented.to_owned();
        }
        if class == Class::Checksum {
            self.checksums.insert(live.to_owned());
        }
        if !self.means_something(live) {
            self.bind(Value::new(class, live), Value::new(class, documented));
        }
        self.shown(class, live)
    }

    /// What to show for a value that follows from content: itself, because a change of content means
    /// something, unless the content is known to differ by volatile values only.
    pub(super) fn content(&mut self, live: &str) -> String {
        self.meaningful.insert(live.to_owned());
        self.shown(Class::Checksum, live)
    }

    fn means_something(&self, live: &str) -> bool {
        self.meaningful.contains(live) && !self.checksums.contains(live)
    }

    /// Makes two values partners unless one of them has a partner.
    fn bind(&mut self, live: Value, documented: Value) {
        if !self.documented.contains_key(&live) && !self.taken.contains(&documented) {
            self.taken.insert(documented.clone());
            self.documented.insert(live, documented.text);
        }
    }

    /// What to show for a live value at a place that documents nothing.
    pub(super) fn shown(&self, class: Class, live: &str) -> String {
        let pinned = if self.means_something(live) {
            // Somebody may have taken it for an id before its meaning was known.
            None
        } else if class.is_identity() {
            self.documented.get(&Value::new(class, live))
        } else {
            self.times.get(live).and_then(Option::as_ref)
        };
        pinned.map_or_else(|| live.to_owned(), Clone::clone)
    }

    /// The text with every live value that is pinned replaced.
    pub(super) fn apply(&self, volatile: &Volatile, text: &str) -> String {
        volatile.replaced(text, |class, value| self.shown(class, value))
    }

    /// Adds what was learnt from another page, or before, where it contradicts nothing here.
    pub fn add(&mut self, other: &Self) {
        self.meaningful.extend(other.meaningful.iter().cloned());
        self.checksums.extend(other.checksums.iter().cloned());
        for (live, documented) in &other.documented {
            let documented = Value { rule: live.rule, text: documented.clone() };
            self.bind(live.clone(), documented);
        }
    }

    /// The pairs of live and documented values, times left out.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.documented.iter().map(|(live, documented)| (&*live.text, &**documented))
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
    fn what_another_page_says_does_not_contradict() {
        let (mut pins, mut other) = (Pins::default(), Pins::default());
        pins.pin(Class::Uuid, "live", "old");
        other.pin(Class::Uuid, "live", "other");
        other.pin(Class::Uuid, "second", "old");
        other.pin(Class::Uuid, "third", "new");
        pins.add(&other);
        let shown = ["live", "second", "third"].map(|live| pins.shown(Class::Uuid, live));
        assert_eq!(shown, ["old", "second", "new"]);
    }

    #[test]
    fn a_time_is_carried_over_only_where_all_places_agree() {
        let mut pins = Pins::default();
        pins.pin(Class::IsoTime, "now", "then");
        assert_eq!(pins.shown(Class::IsoTime, "now"), "then");
        assert_eq!(pins.pin(Class::IsoTime, "now", "later"), "later");
        assert_eq!(pins.shown(Class::IsoTime, "now"), "now");
    }

    #[test]
    fn values_of_two_rules_have_nothing_to_do_with_each_other() {
        let mut pins = Pins::default();
        assert_eq!(pins.pin(Class::Site(0), "7", "1"), "1");
        assert_eq!(pins.pin(Class::Site(1), "7", "2"), "2");
        assert_eq!(pins.shown(Class::Uuid, "7"), "7");
    }

    #[test]
    fn what_follows_from_content_is_no_id() {
        let mut pins = Pins::default();
        pins.pin(Class::Hex32, "sum", "other");
        assert_eq!(pins.content("sum"), "sum", "a checksum that changed is drift");
        assert_eq!(pins.shown(Class::Hex32, "sum"), "sum", "wherever it stands");
        assert_eq!(pins.pin(Class::Checksum, "sum", "other"), "other", "its content is volatile");
        assert_eq!(pins.shown(Class::Hex32, "sum"), "other");
    }
}
