//! A documented command line as program and arguments, without a shell.
//!
//! In: the line as a person would type it. Out: its words, or why it needs a shell. Quotes, `\` and
//! comments are read as a POSIX shell reads them.

/// Program and arguments.
///
/// # Errors
///
/// Says why the line cannot be started directly.
pub(super) fn words(line: &str) -> Result<Vec<String>, String> {
    if let Some(operator) = shell_operator(line) {
        return Err(format!("needs a shell for `{operator}`"));
    }
    match shlex::split(line) {
        None => Err("has a quote that is not closed".to_owned()),
        Some(words) if words.is_empty() => Err("is empty".to_owned()),
        Some(words) => Ok(words),
    }
}

/// The first thing in the line that only a shell can do.
fn shell_operator(line: &str) -> Option<String> {
    let mut quote = None;
    let mut characters = line.chars().peekable();
    let mut at_word_start = true;
    while let Some(character) = characters.next() {
        let starts_word = std::mem::replace(&mut at_word_start, character.is_whitespace());
        match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => {
                characters.next();
            }
            (_, '`') => return Some("`".to_owned()),
            (_, '$') => match characters.peek() {
                Some('(' | '{') => return Some(format!("${}", characters.next()?)),
                Some(next) if next.is_ascii_alphanumeric() || "_?#@*!$".contains(*next) => {
                    return Some("$".to_owned());
                }
                _ => {}
            },
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '#') if starts_word => return None,
            (None, '|' | '&' | ';' | '<' | '>') => {
                let doubled = characters.next_if_eq(&character);
                return Some([character].into_iter().chain(doubled).collect());
            }
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_read_as_a_shell_reads_them() {
        let line = r#"openstack image set --property 'a=b c' --name "it's" a\ b # why"#;
        let expected =
            ["openstack", "image", "set", "--property", "a=b c", "--name", "it's", "a b"];
        assert_eq!(words(line), Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn what_only_a_shell_can_do_is_refused() {
        for (line, operator) in [
            ("openstack image list | head", "|"),
            ("openstack image list; rm -r x", ";"),
            ("a && b", "&&"),
            ("a > file", ">"),
            ("a $(b)", "$("),
            ("a \"$(b)\"", "$("),
            ("a `b`", "`"),
            ("a \"$HOME\"", "$"),
            ("a <<EOF", "<<"),
        ] {
            assert_eq!(words(line), Err(format!("needs a shell for `{operator}`")), "{line}");
        }
        assert!(words("a '$HOME | `b`' \\; \"c;d\" 5$ a#b").is_ok());
        assert!(words("a 'b").is_err());
    }
}
