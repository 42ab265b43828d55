//! Whether JSON is laid out already, told line by line without building it.
//!
//! In: a text. Out: whether its lines are those that laying it out would give. Logs hold nothing but
//! such JSON, and reading each body into a tree to print it as it was takes most of the time.

use super::words;

/// Whether the text is an object or array, with an indent of two and one value a line.
pub(super) fn is_laid_out(text: &[u8]) -> bool {
    matches!(text, b"{}" | b"[]") || end(text) == Some(text.len())
}

/// Where what is laid out ends; nothing where it is not.
fn end(text: &[u8]) -> Option<usize> {
    let mut closers = Vec::with_capacity(16);
    closers.push(closer(*text.first()?)?);
    let mut at = line_end(text, 1)?;
    // The first line of a group is a value, and so is one behind a comma.
    let mut is_value = true;
    while let Some(&closing) = closers.last() {
        let indent = words::blanks(text, at);
        at += indent;
        if is_value {
            if indent != 2 * closers.len() {
                return None;
            }
            if closing == b'}' {
                at = string(text, at)?;
                if text.get(at..at + 2)? != b": " {
                    return None;
                }
                at += 2;
            }
            let first = *text.get(at)?;
            match closer(first) {
                None if first == b'"' => at = string(text, at)?,
                None => at = word(text, at)?,
                Some(closing) if text.get(at + 1) == Some(&closing) => at += 2,
                Some(closing) => {
                    closers.push(closing);
                    at = line_end(text, at + 1)?;
                    continue;
                }
            }
        } else {
            closers.pop();
            if indent != 2 * closers.len() || text.get(at) != Some(&closing) {
                return None;
            }
            at += 1;
            if closers.is_empty() {
                break;
            }
        }
        is_value = text.get(at) == Some(&b',');
        at = line_end(text, at + usize::from(is_value))?;
    }
    Some(at)
}

fn closer(opener: u8) -> Option<u8> {
    match opener {
        b'{' => Some(b'}'),
        b'[' => Some(b']'),
        _ => None,
    }
}

fn line_end(text: &[u8], at: usize) -> Option<usize> {
    (*text.get(at)? == b'\n').then_some(at + 1)
}

/// Where a string that begins here ends.
fn string(text: &[u8], at: usize) -> Option<usize> {
    let mut at = at + 1;
    if text.get(at - 1) != Some(&b'"') {
        return None;
    }
    loop {
        at = words::letters(text, at);
        match (*text.get(at)?, text.get(at + 1)) {
            (b'"', _) => return Some(at + 1),
            (b'\\', Some(escaped)) if *escaped != b'\n' => at += 2,
            (b'\\' | b'\r' | b'\n', _) => return None,
            _ => at += 1,
        }
    }
}

fn word(text: &[u8], at: usize) -> Option<usize> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let length = text[at..].iter().take_while(|byte| is_word(byte)).count();
    (length > 0).then_some(at + length)
}

#[cfg(test)]
mod tests {
    use crate::model::Json;

    #[test]
    fn what_is_laid_out_is_told_from_what_is_not() {
        let texts = [
            r#"{"a": 1, "b": [], "c": {}, "d": [1, "x\"y", {"e": null}], "f": {"g": [[2]]}}"#,
            r#"[{}, [], "", -1.5e+3, true]"#,
            "{}",
            "[]",
            r#"["a"]"#,
        ];
        for text in texts {
            let laid_out = Json::parse(text).expect("it is JSON").indented();
            assert!(Json::is_laid_out(&laid_out), "{laid_out}");
            assert_eq!(Json::is_laid_out(text), text == laid_out, "{text}");
            // Whatever one byte changes is either no longer laid out, or is as it would be.
            for at in 0..laid_out.len() {
                for byte in ["", " ", "\n", ",", "\"", "\\", "]", "}", "{", "x", "\r"] {
                    let changed = format!("{}{byte}{}", &laid_out[..at], &laid_out[at + 1..]);
                    let anew = Json::parse(&changed).map(|json| json.indented());
                    if Json::is_laid_out(&changed)
                        && let Some(anew) = anew
                    {
                        assert_eq!(anew, changed);
                    }
                }
            }
        }
    }

    #[test]
    fn other_texts_are_not_laid_out() {
        for text in ["", "none", "{", "{\n}", "[\n  1,\n]", "[\n  1\n]\n", "[\n  1\n]\n[\n  1\n]"] {
            assert!(!Json::is_laid_out(text), "{text}");
        }
    }
}
