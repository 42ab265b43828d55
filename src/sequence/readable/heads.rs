//! The participants at the beginning of each part, in one order in all of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Drawing;
use super::hiding::about;

/// Lines that declare participants together: one line, or a box.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    names: Vec<String>,
    lines: Vec<String>,
}

/// The participants of a diagram.
pub(super) struct Heads {
    order: Vec<String>,
    units: Vec<Unit>,
}

/// The declarations at the beginning of a text.
pub(super) fn units<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Unit> {
    let text: Vec<&str> = lines.collect();
    let text = text.join("\n");
    let drawing = Drawing::read(&text);
    let mut units: Vec<Unit> = Vec::new();
    let mut is_in_box = false;
    for line in &drawing.lines {
        let names = || about(line).into_iter().map(str::to_owned).collect();
        match line.word().as_deref() {
            Some("box") => {
                is_in_box = true;
                units.push(Unit { names: Vec::new(), lines: vec![line.text.to_owned()] });
            }
            Some(word @ ("participant" | "actor" | "end")) if is_in_box => {
                let unit = units.last_mut().expect("a box has been opened");
                unit.names.extend::<Vec<String>>(names());
                unit.lines.push(line.text.to_owned());
                is_in_box = word != "end";
            }
            Some("participant" | "actor") => {
                units.push(Unit { names: names(), lines: vec![line.text.to_owned()] });
            }
            _ if line.message.is_some() => break,
            _ => {}
        }
    }
    units
}

impl Heads {
    /// `declared` are the declarations of each part so far, `appearing` who appears in each part
    /// that is to be, in order.
    pub(super) fn of(declared: Vec<Vec<Unit>>, appearing: &[Vec<String>]) -> Self {
        let names = |units: &Vec<Unit>| {
            units.iter().flat_map(|unit| unit.names.clone()).collect::<Vec<String>>()
        };
        let mut sequences: Vec<Vec<String>> = declared.iter().map(names).collect();
        // Nobody declares who appears in the first part: that stands as it is.
        if let (Some(first), Some(appearing)) = (sequences.first_mut(), appearing.first()) {
            first.extend(appearing.iter().cloned());
        }
        sequences.push(appearing.concat());
        Self { order: in_one_order(&sequences), units: declared.into_iter().flatten().collect() }
    }

    /// The lines that declare these participants.
    pub(super) fn lines(&self, appearing: &[String], created: &HashSet<&str>) -> Vec<String> {
        let mut lines = Vec::new();
        let mut done: HashSet<&str> = created.iter().copied().collect();
        for name in self.order.iter().filter(|name| appearing.contains(name)) {
            if !done.insert(name) {
                continue;
            }
            match self.units.iter().find(|unit| unit.names.contains(name)) {
                Some(unit) => {
                    done.extend(unit.names.iter().map(String::as_str));
                    lines.extend(unit.lines.iter().cloned());
                }
                None => lines.push(format!("participant {name}")),
            }
        }
        lines
    }
}

/// All names in an order that each of the sequences agrees with; where they do not agree among each
/// other, the first ones count.
fn in_one_order(sequences: &[Vec<String>]) -> Vec<String> {
    let mut names: Vec<&String> = Vec::new();
    let mut before: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for sequence in sequences {
        let mut once: Vec<&String> = Vec::new();
        for name in sequence.iter() {
            if !once.contains(&name) {
                before.entry(name).or_default().extend(once.last().copied());
                once.push(name);
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let mut order: Vec<String> = Vec::new();
    while !names.is_empty() {
        let is_next = |name: &&&String| before[*name].iter().all(|one| order.contains(one));
        let at = names.iter().position(|name| is_next(&name)).unwrap_or_default();
        order.push(names.remove(at).clone());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::in_one_order;

    #[test]
    fn an_order_agrees_with_every_part() {
        let part = |names: &str| names.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let parts = [part("a b d"), part("a c d"), part("e c")];
        let order = in_one_order(&parts);
        for part in &parts {
            let places: Vec<usize> = part
                .iter()
                .map(|name| order.iter().position(|one| one == name).expect("all names are there"))
                .collect();
            assert!(places.is_sorted(), "{part:?} in {order:?}");
        }
    }

    #[test]
    fn where_parts_do_not_agree_the_first_one_counts() {
        let parts = [vec!["a".to_owned(), "b".to_owned()], vec!["b".to_owned(), "a".to_owned()]];
        assert_eq!(in_one_order(&parts), ["a", "b"]);
    }
}
