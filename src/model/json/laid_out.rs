//! Whether JSON is laid out already, told line by line without building it.
//!
//! In: a text. Out: whether its lines are those that laying it out would give. Logs hold nothing but
//! such JSON, and reading each body into a tree to print it as it was takes most of the time.

/// The group of a line, and what the line before it was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Opened,
    Comma,
    Value,
}

/// Whether the text is an object or array, with an indent of two and one value a line.
pub(super) fn is_laid_out(text: &[u8]) -> bool {
    if matches!(text, b"{}" | b"[]") {
        return true;
    }
    let mut lines = text.split(|byte| *byte == b'\n');
    let mut closers = Vec::new();
    match lines.next() {
        Some(b"{") => closers.push(b'}'),
        Some(b"[") => closers.push(b']'),
        _ => return false,
    }
    let mut before = Before::Opened;
    for line in lines {
        let Some(&closer) = closers.last() else { return false };
        let indent = line.iter().take_while(|byte| **byte == b' ').count();
        let rest = &line[indent..];
        if rest.first() == Some(&closer) {
            closers.pop();
            let is_last = before == Before::Value && indent == 2 * closers.len();
            match &rest[1..] {
                b"" if is_last => before = Before::Value,
                b"," if is_last && !closers.is_empty() => before = Before::Comma,
                _ => return false,
            }
            continue;
        }
        if before == Before::Value || indent != 2 * closers.len() {
            return false;
        }
        let value = if closer == b'}' { behind_key(rest) } else { Some(rest) };
        before = match value {
            Some(b"{") => {
                closers.push(b'}');
                Before::Opened
            }
            Some(b"[") => {
                closers.push(b']');
                Before::Opened
            }
            Some(value) => match behind_value(value) {
                Some(b"") => Before::Value,
                Some(b",") => Before::Comma,
                _ => return false,
            },
            None => return false,
        };
    }
    closers.is_empty()
}

fn behind_key(line: &[u8]) -> Option<&[u8]> {
    behind_string(line)?.strip_prefix(b": ")
}

/// What follows a value that is on one line.
fn behind_value(text: &[u8]) -> Option<&[u8]> {
    match text {
        [b'"', ..] => behind_string(text),
        [b'{', b'}', rest @ ..] | [b'[', b']', rest @ ..] => Some(rest),
        _ => {
            let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
            let length = text.iter().take_while(|byte| is_word(byte)).count();
            (length > 0).then(|| &text[length..])
        }
    }
}

fn behind_string(text: &[u8]) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b"\"")?;
    loop {
        let end = memchr::memchr3(b'"', b'\\', b'\r', rest)?;
        match rest[end] {
            b'"' => return Some(&rest[end + 1..]),
            b'\\' => rest = rest.get(end + 2..)?,
            _ => return None,
        }
    }
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
