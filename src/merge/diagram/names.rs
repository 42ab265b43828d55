//! Names that a person gave to parts of paths, such as `{image_id}`, and queries that they added.
//!
//! In: messages as they stand and as they were generated. Out: which value each name stands for, so
//! that new messages can be told in the same names.

use std::collections::{BTreeMap, HashMap};

use crate::sequence::diagram::Diagram;
use crate::sequence::{Template, ends, label, normal};

/// What the page calls participants that it shows under another name, as after
/// `participant k as keystone`: by the name that is shown.
pub(super) fn short(page: &str) -> HashMap<String, String> {
    let Ok(diagram) = Diagram::parse(page) else { return HashMap::new() };
    let declared = diagram.participants().into_iter();
    declared
        .filter_map(|participant| Some((participant.alias.clone()?, participant.name.clone())))
        .collect()
}

/// Generated lines in the page's own names.
pub(super) fn shortened(text: &str, short: &HashMap<String, String>) -> String {
    let line = |line: &str| {
        let ends = ends(line).filter(|_| !short.is_empty());
        let (Some((from, to, is_reply)), Some((_, label))) = (ends, label(line)) else {
            return format!("{line}\n");
        };
        let own = |name: String| short.get(&name).cloned().unwrap_or(name);
        let arrow = if is_reply { "-->>" } else { "->>" };
        format!("{}{arrow}{}: {label}\n", own(from), own(to))
    };
    text.lines().map(line).collect()
}

/// Values and the names that stand for them.
#[derive(Debug, Default)]
pub(super) struct Names {
    of_values: BTreeMap<String, String>,
}

impl Names {
    /// The names in messages, from pairs of a message as it stands and as it was generated.
    pub(super) fn learnt<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut names = Self::default();
        for (own, generated) in pairs {
            for (value, name) in bound(own, generated) {
                // A value so short may stand anywhere.
                if value.len() >= 3 {
                    names.of_values.entry(value).or_insert(name);
                }
            }
        }
        names
    }

    /// A generated message with the names for the values in its path.
    pub(super) fn applied(&self, generated: &str) -> String {
        let Some((start, text)) = label(generated) else { return generated.to_owned() };
        let named = self.named(text, &self.of_values);
        format!("{}{named}", &generated[..start])
    }

    /// A generated message in the names, and with the query, of the line that stands for what it
    /// was before.
    pub(super) fn told(&self, new: &str, own: &str, base: &str) -> String {
        let own_names: BTreeMap<String, String> = bound(own, base).into_iter().collect();
        let Some((start, text)) = label(new) else { return new.to_owned() };
        let mut named = self.named(text, &own_names);
        let query = label(own).and_then(|(_, own)| own.split_once('?')).map(|(_, query)| query);
        if let Some(query) =
            query.filter(|_| Template::of(&normal(own)).is_some() && !named.contains('?'))
        {
            named = format!("{named}?{query}");
        }
        format!("{}{named}", &new[..start])
    }

    /// A label with names for the values that are whole segments of its path, or whole words of one.
    fn named(&self, label: &str, names: &BTreeMap<String, String>) -> String {
        let mut text = label.to_owned();
        for (value, name) in names {
            let mut done = 0;
            while let Some(found) = text[done..].find(&**value).map(|found| done + found) {
                let end = found + value.len();
                let touches = |part: Option<char>| part.is_some_and(char::is_alphanumeric);
                let whole = !touches(text[..found].chars().next_back())
                    && !touches(text[end..].chars().next());
                if whole && text[..found].contains('/') {
                    text.replace_range(found..end, name);
                    done = found + name.len();
                } else {
                    done = end;
                }
            }
        }
        text
    }
}

/// The values in a generated message that stand behind the names of the page's, with their names.
fn bound(own: &str, generated: &str) -> Vec<(String, String)> {
    let values = Template::of(&normal(own)).map(|template| template.values(&normal(generated)));
    values
        .unwrap_or_default()
        .into_iter()
        .map(|(name, value)| (value, format!("{{{name}}}")))
        .collect()
}
