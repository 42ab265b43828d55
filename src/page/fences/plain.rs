//! Fences as Python-Markdown's own `fenced_code` reads them, for sites without superfences: at
//! column 0 only, with braces or `hl_lines` and nothing else.

use std::collections::HashMap;

use super::header::{Header, attributes, has_remainder};
use super::{Failed, Failure, Found, Scan, marker};
use crate::page::normal::Normal;
use crate::page::python::is_word;

/// Finds the fences of a page.
pub(super) fn find(normal: &Normal<'_>) -> Scan {
    let lines = normal.dropped..normal.len();
    // Where each marker could close a fence, so that a fence that nothing closes costs no search.
    let mut closers: HashMap<&str, Vec<usize>> = HashMap::new();
    for index in lines.clone() {
        let line = normal.line(index).trim_end_matches(' ');
        if marker(line) == Some(line) {
            closers.entry(line).or_default().push(index);
        }
    }
    let mut scan = Scan::default();
    let mut next = lines.start;
    for index in lines {
        if index < next {
            continue;
        }
        let line = normal.line(index);
        let rest = line.trim_start_matches(' ');
        let Some(marker) = marker(rest) else {
            continue;
        };
        let indent = &line[..line.len() - rest.len()];
        let mut fail = |reason| {
            let (marker, indent) = (marker.to_owned(), indent.to_owned());
            scan.failed.push(Failed { line: index, marker, indent, reason });
        };
        let Some(header) = header(rest[marker.len()..].trim_start_matches(' ')) else {
            fail(Failure::Header);
            continue;
        };
        if !indent.is_empty() {
            fail(Failure::Indent);
            continue;
        }
        let ends = closers.get(marker).map(Vec::as_slice).unwrap_or_default();
        let Some(end) = ends.get(ends.partition_point(|end| *end <= index)) else {
            fail(Failure::Unclosed(None));
            continue;
        };
        let (lines, marker) = (index..end + 1, marker.to_owned());
        let mut fence = Found::new(lines, marker, String::new(), header);
        fence.take_content(|_, _| normal.joined(index + 1..*end).into_owned());
        scan.found.push(fence);
        next = end + 1;
    }
    scan
}

fn header(text: &str) -> Option<Header> {
    if let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        if has_remainder(inner) {
            return None;
        }
        let mut header = Header { braces: true, ..Header::default() };
        for (key, value) in attributes(inner) {
            let value = value.unwrap_or(key).to_owned();
            match key {
                "." if header.language.is_none() => header.language = Some(value),
                "." => header.options.push(("class".to_owned(), value)),
                _ => header.options.push((key.to_owned(), value)),
            }
        }
        return Some(header);
    }
    let dotless = text.strip_prefix('.').unwrap_or(text);
    let rest =
        dotless.trim_start_matches(|c: char| is_word(c) || matches!(c, '#' | '.' | '+' | '-'));
    let word = &dotless[..dotless.len() - rest.len()];
    // `hl_lines` may follow without a blank, and without a language it would be read as one.
    let (word, rest) = match word.strip_suffix("hl_lines") {
        Some(shorter) if rest.starts_with("=\"") || rest.starts_with("='") => {
            (shorter, &dotless[shorter.len()..])
        }
        _ => (word, rest.trim_start_matches(' ')),
    };
    let language = (!word.is_empty()).then(|| word.to_owned());
    let mut header = Header { language, ..Header::default() };
    if rest.is_empty() {
        return Some(header);
    }
    let value = rest.strip_prefix("hl_lines=")?.trim_end_matches(' ');
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let inner = value[1..].strip_suffix(quote)?;
    header.options.push(("hl_lines".to_owned(), inner.to_owned()));
    Some(header)
}
