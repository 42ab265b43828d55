//! Puts changed lines into a file's bytes and leaves all others as they are.

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::model::Change;

/// The file's bytes with the changes, made from the bottom up so that places stay true.
///
/// Lines that stay keep their bytes, endings included; new ones end as the file's first line does.
pub fn spliced(bytes: &[u8], changes: &[&Change]) -> Vec<u8> {
    let ending = ending_of(bytes);
    let mut changes = changes.to_vec();
    changes.sort_by_key(|change| std::cmp::Reverse(change.region.span.start));
    let mut out = bytes.to_vec();
    for change in changes {
        let span = change.region.span.clone();
        let before_is_open =
            bytes[..span.start].last().is_some_and(|&byte| byte != b'\n' && byte != b'\r')
                && !bytes[..span.start].ends_with(b"\xEF\xBB\xBF");
        let mut lines = region(&bytes[span.clone()], change, ending);
        if before_is_open && !lines.is_empty() {
            lines.splice(0..0, ending.iter().copied());
        }
        out.splice(span, lines);
    }
    out
}

/// The new bytes of a region.
fn region(old: &[u8], change: &Change, ending: &[u8]) -> Vec<u8> {
    let old_bytes = lines(old);
    let old_texts: Vec<&str> = change.region.text.lines().collect();
    let new_texts: Vec<&str> = change.text.lines().collect();
    debug_assert_eq!(old_bytes.len(), old_texts.len(), "a region's text has its lines");
    let mut out: Vec<Vec<u8>> = Vec::new();
    for op in capture_diff_slices(Algorithm::Myers, &old_texts, &new_texts) {
        if let DiffOp::Equal { old_index, len, .. } = op {
            out.extend(old_bytes[old_index..old_index + len].iter().map(|&line| line.to_vec()));
            continue;
        }
        for text in &new_texts[op.new_range()] {
            let prefix = if text.is_empty() {
                change.region.prefix.trim_end()
            } else {
                &change.region.prefix
            };
            out.push([prefix.as_bytes(), text.as_bytes(), ending].concat());
        }
    }
    // A last line without ending stays so only while it is the last one.
    let last = out.len().saturating_sub(1);
    for line in &mut out[..last] {
        if !line.ends_with(b"\n") && !line.ends_with(b"\r") {
            line.extend_from_slice(ending);
        }
    }
    out.concat()
}

/// The lines with their endings: `\n`, `\r\n` or a lone `\r`, as Python's universal newlines.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        let ends = byte == b'\n' || (byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
        if ends {
            lines.push(&bytes[start..=index]);
            start = index + 1;
        }
    }
    if start < bytes.len() {
        lines.push(&bytes[start..]);
    }
    lines
}

fn ending_of(bytes: &[u8]) -> &'static [u8] {
    match bytes.iter().position(|&byte| byte == b'\n') {
        Some(index) if index > 0 && bytes[index - 1] == b'\r' => b"\r\n",
        _ => b"\n",
    }
}

#[cfg(test)]
mod tests {
    use super::spliced;
    use crate::model::{Change, Place, Region, ViewKind};

    fn change(bytes: &[u8], span: std::ops::Range<usize>, prefix: &str, new: &str) -> Change {
        let text = std::str::from_utf8(&bytes[span.clone()]).expect("the text is UTF-8");
        let text = text.lines().map(|line| format!("{}\n", &line[prefix.len().min(line.len())..]));
        let region = Region {
            file: "page.md".into(),
            place: Place::file("page.md"),
            span,
            prefix: prefix.to_owned(),
            text: text.collect::<String>().into(),
        };
        Change { kind: ViewKind::Console(0), region, text: new.to_owned(), findings: Vec::new() }
    }

    #[test]
    fn only_changed_lines_change() {
        let bytes = b"\xEF\xBB\xBFtitle  \r\n    one  \r\n    two\r\n    three\r\nend";
        let change = change(bytes, 12..43, "    ", "one  \n2\nthree\n\nfour\n");
        let new = spliced(bytes, &[&change]);
        let expected =
            b"\xEF\xBB\xBFtitle  \r\n    one  \r\n    2\r\n    three\r\n\r\n    four\r\nend";
        assert_eq!(String::from_utf8_lossy(&new), String::from_utf8_lossy(expected));
    }

    #[test]
    fn a_missing_final_newline_stays_missing_where_the_last_line_stays() {
        let bytes = b"a\nb";
        assert_eq!(spliced(bytes, &[&change(bytes, 0..3, "", "x\nb\n")]), b"x\nb");
        assert_eq!(spliced(bytes, &[&change(bytes, 0..3, "", "a\nb\nc\n")]), b"a\nb\nc\n");
    }

    #[test]
    fn several_changes_do_not_move_each_other() {
        let bytes = b"1\n2\n3\n";
        let first = change(bytes, 0..2, "", "one\nmore\n");
        let last = change(bytes, 4..6, "", "");
        assert_eq!(spliced(bytes, &[&first, &last]), b"one\nmore\n2\n");
    }
}
