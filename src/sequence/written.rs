//! Names and texts written so that Mermaid reads them as they are: what its grammar knows becomes an
//! entity, such as `#59;`.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::parse::is_whole_name;

/// A participant's name.
pub fn name(name: &str) -> String {
    let plain = escaped(name, |character| ":;#,+<>()/\\@".contains(character));
    if is_whole_name(&plain) {
        return plain;
    }
    // It begins with a word of the grammar, or has a dash that an arrow could begin with.
    let mut letters = name.chars();
    let first = letters.next().map(entity).unwrap_or_default();
    first + &escaped(letters.as_str(), |character| ":;#,+<>()/\\@-".contains(character))
}

/// What a message says.
pub fn text(text: &str) -> Cow<'_, str> {
    if memchr::memchr2(b';', b'#', text.as_bytes()).is_none() {
        return text.into();
    }
    escaped(text, |character| matches!(character, ';' | '#')).into()
}

fn escaped(text: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_special(character) {
            out.push_str(&entity(character));
        } else {
            out.push(character);
        }
    }
    out
}

fn entity(character: char) -> String {
    let mut out = String::new();
    write!(out, "#{};", u32::from(character)).expect("writing to a string does not fail");
    out
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn only_names_that_mermaid_would_misread_are_written_otherwise() {
        assert_eq!(name("glance-api"), "glance-api");
        assert_eq!(name("127.0.0.1:8080"), "127.0.0.1#58;8080");
        assert_eq!(name("end"), "#101;nd");
        assert_eq!(name("box.example.org"), "#98;ox.example.org");
        assert_eq!(name("nova-xvpvncproxy"), "#110;ova#45;xvpvncproxy");
    }
}
