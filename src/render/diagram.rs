//! The diagram: one Mermaid line a message, without the `sequenceDiagram` line, which the page has.

use std::fmt::Write as _;

use crate::model::Arrow;
use crate::stabilise::StableRecording;

/// The diagram view.
pub fn diagram(recording: &StableRecording) -> String {
    let mut out = String::new();
    for arrow in recording.recording().arrows() {
        writeln!(out, "{}", message_line(&arrow)).expect("writing to a string does not fail");
    }
    out
}

fn message_line(arrow: &Arrow<'_>) -> String {
    let (from, to) = (participant(arrow.from), participant(arrow.to));
    let label = escaped(&arrow.label(), &[';', '#']);
    match arrow.status {
        None => format!("{from}->>{to}: {label}"),
        Some(_) => format!("{to}-->>{from}: {label}"),
    }
}

/// A participant's name with what would end it in Mermaid's grammar written as an entity.
fn participant(name: &str) -> String {
    let name = escaped(name, &[':', ';', '#', ',', '+', '<', '>', '(', ')']);
    // A word of its own in the grammar, in any case.
    if name.eq_ignore_ascii_case("end") {
        format!("#{};{}", name.as_bytes()[0], &name[1..])
    } else {
        name
    }
}

/// Replaces the characters by Mermaid's `#code;` entities.
fn escaped(text: &str, special: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if special.contains(&character) {
            write!(out, "#{};", u32::from(character)).expect("writing to a string does not fail");
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::participant;

    #[test]
    fn a_host_and_port_is_one_participant() {
        assert_eq!(participant("127.0.0.1:8080"), "127.0.0.1#58;8080");
        assert_eq!(participant("glance-api"), "glance-api");
        assert_eq!(participant("end"), "#101;nd");
    }
}
