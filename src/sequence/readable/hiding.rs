//! Which lines of a diagram are about participants that are not shown.

use std::collections::HashSet;

use crate::sequence::diagram::Diagram;

use super::exchanges::Exchanges;
use super::{Drawing, Line};

/// For each line whether it is not shown because it is about these participants only. They may be
/// called as messages call them, or as the diagram shows them.
pub(super) fn hidden(
    drawing: &Drawing<'_>,
    exchanges: &Exchanges,
    text: &str,
    hide: &[String],
) -> Vec<bool> {
    if hide.is_empty() {
        return vec![false; drawing.lines.len()];
    }
    let mut names: HashSet<String> = hide.iter().cloned().collect();
    let diagram = Diagram::parse(text).unwrap_or_default();
    for participant in diagram.participants() {
        if participant.alias.as_ref().is_some_and(|alias| hide.contains(alias)) {
            names.insert(participant.name.clone());
        }
    }
    let is_hidden = |line: &Line<'_>| match line.message {
        Some(message) => {
            let message = &exchanges.messages[message];
            names.contains(&message.from) || names.contains(&message.to)
        }
        None => {
            let about = about(line);
            !about.is_empty() && about.iter().all(|name| names.contains(*name))
        }
    };
    let mut hidden: Vec<bool> = drawing.lines.iter().map(is_hidden).collect();
    for (block, lines) in drawing.blocks.iter().enumerate() {
        let mut inside = drawing.inside(block);
        if !inside.is_empty() && inside.all(|message| hidden[drawing.messages[message]]) {
            hidden[lines.open..=lines.close].fill(true);
        }
    }
    hidden
}

/// The participants that a line is about which is no message.
pub(super) fn about<'a>(line: &Line<'a>) -> Vec<&'a str> {
    let Some(word) = line.word() else { return Vec::new() };
    let text = line.text.trim();
    let rest = text.get(word.len()..).unwrap_or_default().trim_start();
    match word.as_str() {
        "participant" | "actor" | "activate" | "deactivate" | "destroy" => vec![declared(rest)],
        "create" => {
            let declaration = rest.split_once(char::is_whitespace).map_or("", |(_, name)| name);
            vec![declared(declaration.trim_start())]
        }
        "note" => {
            let place = rest.split_once(':').map_or("", |(place, _)| place);
            let place = place.trim_start_matches("over ");
            let place = place.split_once(" of ").map_or(place, |(_, names)| names);
            place.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
        }
        _ => Vec::new(),
    }
}

/// The name in a declaration, without what is shown instead of it.
fn declared(text: &str) -> &str {
    let end = text.find(" as ").or_else(|| text.find('@')).unwrap_or(text.len());
    text[..end].trim()
}
