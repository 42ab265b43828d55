//! `mkdocs.yml` as MkDocs 1.6.1 loads it: a file in, one YAML mapping out, with `INHERIT` merged
//! and `!ENV` replaced. Tags that nobody here needs, such as `!!python/name:`, are left alone.

use std::path::Path;

use serde_yaml::{Mapping, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Place;

/// How many files may inherit from each other; more is taken for a circle.
const MOST_PARENTS: usize = 32;

/// Loads a configuration file and what it inherits from.
pub(super) fn load(file: &Path) -> Result<Mapping> {
    let mut chain = Vec::new();
    let mut next = Some(file.to_path_buf());
    while let Some(file) = next {
        if chain.len() == MOST_PARENTS {
            let message = "`INHERIT` goes round in a circle";
            return Err(Error::new(ErrorKind::Settings, message).at(Place::file(&file)));
        }
        let mut mapping = load_one(&file)?;
        next = match mapping.shift_remove("INHERIT") {
            None => None,
            Some(Value::String(path)) => Some(file.parent().unwrap_or(Path::new("/")).join(path)),
            Some(_) => {
                let message = "`INHERIT` is no path";
                return Err(Error::new(ErrorKind::Settings, message).at(Place::file(&file)));
            }
        };
        chain.push(mapping);
    }
    let mut merged = Mapping::new();
    for mapping in chain.into_iter().rev() {
        merge(&mut merged, mapping);
    }
    Ok(merged)
}

fn load_one(file: &Path) -> Result<Mapping> {
    let failed = |message: &str| {
        let message = format!("{message} `{}`", file.display());
        Error::new(ErrorKind::Settings, message).at(Place::file(file))
    };
    let text =
        std::fs::read_to_string(file).map_err(|error| failed("cannot read").because(error))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut value: Value = serde_yaml::from_str(text).map_err(|error| {
        let place = error.location().map_or(Place::file(file), |location| Place {
            file: file.to_path_buf(),
            line: location.line(),
            column: location.column(),
        });
        failed("cannot understand").at(place).because(error)
    })?;
    value.apply_merge().map_err(|error| failed("cannot understand").because(error))?;
    match resolve(value) {
        Value::Mapping(mapping) => Ok(mapping),
        Value::Null => Ok(Mapping::new()),
        _ => Err(failed("no mapping in")),
    }
}

/// Replaces `!ENV NAME` and `!ENV [NAME, OTHER, default]` by what the environment says.
fn resolve(value: Value) -> Value {
    match value {
        Value::Sequence(items) => Value::Sequence(items.into_iter().map(resolve).collect()),
        Value::Mapping(entries) => {
            Value::Mapping(entries.into_iter().map(|(key, value)| (key, resolve(value))).collect())
        }
        Value::Tagged(tagged) if tagged.tag == "ENV" => environment(tagged.value),
        other => other,
    }
}

fn environment(value: Value) -> Value {
    let (names, default) = match value {
        Value::Sequence(mut items) => {
            let default = if items.len() > 1 { items.pop() } else { None };
            (items, default)
        }
        name => (vec![name], None),
    };
    let found = names.iter().filter_map(text).find_map(|name| std::env::var(name).ok());
    match found {
        // The text is typed as a word of YAML: `true` is a flag. Quotes and brackets mean nothing.
        Some(text) if text.is_empty() => Value::Null,
        Some(text) => match serde_yaml::from_str(&text) {
            Ok(scalar @ (Value::Bool(_) | Value::Number(_))) => scalar,
            Ok(Value::Null) if matches!(&*text, "~" | "null" | "Null" | "NULL") => Value::Null,
            _ => Value::String(text),
        },
        None => default.map_or(Value::Null, resolve),
    }
}

/// Mappings are merged key by key, everything else is replaced.
fn merge(into: &mut Mapping, from: Mapping) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Mapping(old)), Value::Mapping(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// What Python-Markdown takes the value of a flag for. Flags of YAML 1.1, such as `no`, are texts
/// here.
pub(super) fn truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            let text = text.to_ascii_lowercase();
            !matches!(&*text, "" | "no" | "n" | "off" | "0" | "false" | "none")
        }
        Value::Sequence(items) => !items.is_empty(),
        Value::Mapping(entries) => !entries.is_empty(),
        Value::Tagged(tagged) => truthy(&tagged.value),
    }
}

/// A scalar as text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
