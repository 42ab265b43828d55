//! `zensical.toml` as Zensical 0.1 loads it: a file in, the mapping out that an `mkdocs.yml` with the
//! same settings would give.
//!
//! Zensical renders pages with the same Markdown and the same extensions as MkDocs. What differs is
//! how settings are written, and what is enabled when nothing is said.

use std::path::Path;

use serde_yaml::{Mapping, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::model::Place;

/// The extensions of a site that names none, in their order, with the options that matter here.
const DEFAULTS: &str = "
abbr:
admonition:
attr_list:
def_list:
footnotes:
md_in_html:
toc:
pymdownx.details:
pymdownx.highlight:
pymdownx.inlinehilite:
pymdownx.superfences: {custom_fences: [{name: mermaid, class: mermaid}]}
pymdownx.tabbed: {alternate_style: true}
pymdownx.tasklist:
";

const SUPERFENCES: &str = "pymdownx.superfences";

/// Loads a configuration file.
pub(super) fn load(file: &Path) -> Result<Mapping> {
    let failed = |message: &str| {
        let message = format!("{message} `{}`", file.display());
        Error::new(ErrorKind::Settings, message).at(Place::file(file))
    };
    let text =
        std::fs::read_to_string(file).map_err(|error| failed("cannot read").because(error))?;
    let mut root: Mapping = toml::from_str(&text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let place = before.map_or(Place::file(file), |before| Place {
            file: file.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before.chars().rev().take_while(|c| *c != '\n').count() + 1,
        });
        failed("cannot understand").at(place).because(error.message().to_owned())
    })?;
    // Settings may also stand at the top.
    let mut project = match root.shift_remove("project") {
        None => root,
        Some(Value::Mapping(project)) => project,
        Some(_) => return Err(failed("`project` is no table in")),
    };
    let listed = project.shift_remove("markdown_extensions");
    project.insert("markdown_extensions".into(), extensions(listed));
    Ok(project)
}

/// The extensions with their full names, and superfences among them, which Zensical always loads.
fn extensions(listed: Option<Value>) -> Value {
    match listed {
        None => serde_yaml::from_str(DEFAULTS).expect("the defaults are YAML"),
        Some(Value::Mapping(entries)) => {
            let mut entries = unpacked(entries);
            if !entries.contains_key(SUPERFENCES) {
                entries.insert(SUPERFENCES.into(), Value::Null);
            }
            Value::Mapping(entries)
        }
        Some(Value::Sequence(mut items)) => {
            let is_superfences = |item: &Value| {
                item.as_str() == Some(SUPERFENCES) || item.get(SUPERFENCES).is_some()
            };
            if !items.iter().any(is_superfences) {
                items.push(SUPERFENCES.into());
            }
            Value::Sequence(items)
        }
        Some(other) => other,
    }
}

/// Extensions without the tables that stand for the dots in their names. Those come behind all
/// others, which counts for the order in which blocks are tried.
fn unpacked(mut entries: Mapping) -> Mapping {
    if let Some(group) = entries.shift_remove("pymdownx") {
        for (name, options) in tables(group) {
            if name == "blocks" {
                for (block, options) in tables(options) {
                    entries.insert(format!("pymdownx.blocks.{block}").into(), options);
                }
            } else {
                entries.insert(format!("pymdownx.{name}").into(), options);
            }
        }
    }
    entries
}

fn tables(value: Value) -> Vec<(String, Value)> {
    let Value::Mapping(entries) = value else {
        return Vec::new();
    };
    let named = entries.into_iter();
    named.filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value))).collect()
}
