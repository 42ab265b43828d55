//! A text as a JSON string.
//!
//! In: any text. Out: the text in quotes, with escapes where JSON wants them, as `serde_json` writes it.
//! Content that is JSON itself has some on every line, so this takes most of what writing it costs.

use super::words;

/// Bytes that are written at once.
const PART: usize = 512;

/// Adds a text as a JSON string.
pub(super) fn push(out: &mut String, text: &str) {
    out.push('"');
    if words::letters(text.as_bytes(), 0) == text.len() {
        out.push_str(text);
    } else {
        push_escaped(out, text);
    }
    out.push('"');
}

fn push_escaped(out: &mut String, text: &str) {
    let mut escaped = [0; 2 * PART + words::WIDTH];
    let mut rest = text;
    while !rest.is_empty() {
        let (part, behind) = rest.split_at(rest.floor_char_boundary(PART));
        let written = escape(part.as_bytes(), &mut escaped);
        match written.and_then(|length| std::str::from_utf8(&escaped[..length]).ok()) {
            Some(written) => out.push_str(written),
            None => {
                let quoted = serde_json::to_string(part).expect("a text is JSON");
                out.push_str(&quoted[1..quoted.len() - 1]);
            }
        }
        rest = behind;
    }
}

/// Writes a part with its escapes, and gives how long that is; nothing where an escape is a number.
fn escape(part: &[u8], out: &mut [u8; 2 * PART + words::WIDTH]) -> Option<usize> {
    let (mut at, mut length) = (0, 0);
    while at < part.len() {
        let letters = match (part[at..].first_chunk(), out[length..].first_chunk_mut()) {
            (Some(word), Some(written)) => {
                // All of it: what is no letter is written over.
                *written = *word;
                words::letters_in(word)
            }
            _ => {
                let letters = words::letters(part, at) - at;
                out[length..length + letters].copy_from_slice(&part[at..at + letters]);
                letters
            }
        };
        (at, length) = (at + letters, length + letters);
        if letters < words::WIDTH && at < part.len() {
            let letter = match part[at] {
                byte @ (b'"' | b'\\') => byte,
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                _ => return None,
            };
            (out[length], out[length + 1]) = (b'\\', letter);
            (at, length) = (at + 1, length + 2);
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use crate::model::Json;

    #[test]
    fn texts_are_quoted_as_serde_quotes_them() {
        let odd = "a\"\\\n\r\té/\u{7f}\u{2028}🦀";
        for text in ["", "none", "12345678", odd, "\u{1}\u{8}\u{c}"] {
            for length in [1, 7, 8, 9, 40, 600] {
                for before in 0..9 {
                    let text = "x".repeat(before) + &text.repeat(length) + &"y".repeat(before % 4);
                    let mut quoted = String::new();
                    Json::push_quoted(&mut quoted, &text);
                    assert_eq!(quoted, serde_json::to_string(&text).expect("a text is JSON"));
                }
            }
        }
    }
}
