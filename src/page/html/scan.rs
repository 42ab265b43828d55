//! What else HTML is looked through for: blank lines, entities, and the ends of things that are not
//! tags, as Python-Markdown and Python's `html.parser` look for them.

use crate::page::python::is_space;

/// Whether a text begins with two line ends, with nothing but blanks before each.
pub(super) fn blank_line_follows(text: impl Iterator<Item = char>) -> bool {
    let mut others = text.filter(|c| *c != ' ');
    others.next() == Some('\n') && others.next() == Some('\n')
}

/// Whether a text that begins with a line end goes on with a blank line.
pub(super) fn blank_line_begins(text: &str) -> bool {
    text[1..].trim_start_matches([' ', '\t']).starts_with('\n')
}

pub(super) fn has_blank_line(text: &str) -> bool {
    text.match_indices('\n').any(|(index, _)| blank_line_begins(&text[index..]))
}

/// How long the text of a `script` or `style` is.
pub(super) fn verbatim_end(text: &str, name: &str) -> Option<usize> {
    text.match_indices("</").map(|(index, _)| index).find(|index| {
        let rest = text[index + 2..].trim_start_matches(is_space);
        let same = rest.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        same && rest[name.len()..].trim_start_matches(is_space).starts_with('>')
    })
}

/// How long a `<![CDATA[` section is: up to `]]>`, with blanks allowed in that.
pub(super) fn marked_end(text: &str) -> Option<usize> {
    text.match_indices(']').find_map(|(index, _)| {
        let rest = text[index + 1..].trim_start_matches(is_space).strip_prefix(']')?;
        let rest = rest.trim_start_matches(is_space).strip_prefix('>')?;
        (index > 2).then_some(text.len() - rest.len())
    })
}

/// What stands at an ampersand.
pub(super) enum Entity {
    /// An entity of this length.
    Whole(usize),
    /// `&#` without a number behind it.
    Broken,
    /// Just the character.
    Ampersand,
}

pub(super) fn entity(text: &str) -> Entity {
    if let Some(number) = text.strip_prefix("&#") {
        let (digits, offset) = match number.strip_prefix(['x', 'X']) {
            Some(hex) => (hex.bytes().take_while(u8::is_ascii_hexdigit).count(), 3),
            None => (number.bytes().take_while(u8::is_ascii_digit).count(), 2),
        };
        let end = offset + digits;
        let next = text[end..].chars().next();
        // A decimal number must not run on into hexadecimal digits.
        return match next {
            Some(c) if digits > 0 && !c.is_ascii_hexdigit() => {
                Entity::Whole(end + usize::from(c == ';'))
            }
            _ => Entity::Broken,
        };
    }
    let name = &text[1..];
    let length = name
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        .count();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_name && name[length..].starts_with(';') {
        Entity::Whole(length + 2)
    } else {
        Entity::Ampersand
    }
}
