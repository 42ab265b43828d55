//! A documented command line as program and arguments, without a shell.
//!
//! In: the line as a person would type it. Out: its words, or why it needs a shell. Quotes, `\` and
//! comments are read as a POSIX shell reads them.

/// Why a line cannot be started directly.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Continues a sentence that begins with the line.
    pub(super) reason: String,
    /// Whether a shell could run it.
    pub(super) is_for_a_shell: bool,
}

/// Program and arguments.
///
/// # Errors
///
/// Says why the line cannot be started directly.
pub(super) fn words(line: &str) -> Result<Vec<String>, Fault> {
    if let Some(operator) = shell_operator(line) {
        // It cannot stand between backquotes.
        let operator = match &*operator {
            "`" => "a backquote".to_owned(),
            operator => format!("`{operator}`"),
        };
        let reason = format!("needs a shell for {operator}");
        return Err(Fault { reason, is_for_a_shell: true });
    }
    let fault = |reason: &str| Fault { reason: reason.to_owned(), is_for_a_shell: false };
    match shlex::split(line) {
        None => Err(fault("has a quote that is not closed")),
        Some(words) if words.is_empty() => Err(fault("is empty")),
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
    use super::{Fault, words};

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
            ("a \"$HOME\"", "$"),
            ("a <<EOF", "<<"),
        ] {
            let reason = format!("needs a shell for `{operator}`");
            assert_eq!(words(line), Err(Fault { reason, is_for_a_shell: true }), "{line}");
        }
        let reason = "needs a shell for a backquote".to_owned();
        assert_eq!(words("a `b`"), Err(Fault { reason, is_for_a_shell: true }));
        assert!(words("a '$HOME | `b`' \\; \"c;d\" 5$ a#b").is_ok());
        assert!(words("a 'b").is_err());
    }
}
