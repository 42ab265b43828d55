//! What MkDocs 1.6.1 takes off the top of a page: a page's text in, the rest and the YAML out.

use serde_yaml::Value;

use super::python::strip;
use super::source::{Row, Source};
use super::yaml;
use crate::model::FrontMatter;

/// The first line that is left, and the front matter if there is some.
pub(super) struct Split {
    pub(super) offset: usize,
    pub(super) number: usize,
    pub(super) front_matter: Option<FrontMatter>,
    /// What keeps something that looks like front matter from being it.
    pub(super) broken: Option<Broken>,
}

/// Front matter that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    /// 1-based line of the file.
    pub(super) line: usize,
    /// What YAML says about it; none when it is YAML, but no mapping.
    pub(super) cause: Option<String>,
}

/// Splits a page. YAML between `---` lines goes when it is a mapping, and stays as text otherwise;
/// without it, `key: value` lines go. Empty lines behind either go too.
pub(super) fn split(source: &Source<'_>) -> Split {
    let whole = Split { offset: 0, number: 1, front_matter: None, broken: None };
    if let Some((yaml, after)) = between_dashes(source) {
        let text = source.text[yaml.start..yaml.end].replace("\r\n", "\n").replace('\r', "\n");
        let value = match mapping(&text) {
            Ok(value) => value,
            Err(broken) => {
                // Rules with prose between them look alike, and are meant to be shown.
                let is_meant =
                    text.lines().find(|line| !strip(line).is_empty()).is_some_and(is_key);
                return Split { broken: is_meant.then_some(broken), ..whole };
            }
        };
        let Row { start, number, .. } = skip_empty(source, after);
        let front_matter =
            FrontMatter { text, value, lines: 1..after.number, span: 0..source.span(after).0 };
        return Split { offset: start, number, front_matter: Some(front_matter), broken: None };
    }
    let first = source.rows(0, 1).next().unwrap_or(Row { start: 0, end: 0, number: 1 });
    let after = behind_keys(source).unwrap_or(Row {
        start: source.text.len(),
        end: source.text.len(),
        ..first
    });
    let Row { start, number, .. } = skip_empty(source, after);
    Split { offset: start, number, ..whole }
}

/// The YAML between a `---` line and the next `---` or `...` line, and the line behind that.
fn between_dashes(source: &Source<'_>) -> Option<(Row, Row)> {
    let mut rows = source.rows(0, 1);
    let first = rows.next()?;
    if !is_edge(source.row(first), &["---"]) {
        return None;
    }
    let begin = rows.next()?;
    // At least one line stands between the two, whatever it says.
    let close = rows.find(|row| is_edge(source.row(*row), &["---", "..."]))?;
    let after = rows.next()?;
    Some((Row { end: close.start, ..begin }, after))
}

fn is_edge(line: &str, edges: &[&str]) -> bool {
    let line = line.trim_end_matches([' ', '\t']);
    edges.contains(&line)
}

/// The value, if it is a mapping that Python's safe loader accepts.
fn mapping(text: &str) -> Result<Value, Broken> {
    let broken = |line, cause: Option<&str>| Broken { line, cause: cause.map(str::to_owned) };
    if yaml::is_too_deep(text) {
        return Err(broken(1, Some("its brackets are nested too deep")));
    }
    let value: Value = serde_yaml::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line() + 1);
        let cause = error.to_string();
        let cause = cause.split_once(" at line ").map_or(&*cause, |(cause, _)| cause);
        broken(line, Some(cause))
    })?;
    if !value.is_mapping() {
        return Err(broken(1, None));
    }
    if has_tags(&value) {
        let tagged = text.lines().position(|line| line.contains('!'));
        return Err(broken(tagged.map_or(1, |index| index + 2), Some("a tag that is not known")));
    }
    Ok(value)
}

fn has_tags(value: &Value) -> bool {
    match value {
        Value::Tagged(_) => true,
        Value::Sequence(items) => items.iter().any(has_tags),
        Value::Mapping(entries) => {
            entries.iter().any(|(key, value)| has_tags(key) || has_tags(value))
        }
        _ => false,
    }
}

/// The first line that is not `key: value`, or the one behind the blank line that ends them.
fn behind_keys(source: &Source<'_>) -> Option<Row> {
    let mut rows = source.rows(0, 1);
    let mut any = false;
    while let Some(row) = rows.next() {
        let line = source.row(row);
        if strip(line).is_empty() {
            return rows.next();
        }
        if is_key(line) {
            any = true;
        } else if !(any && (line.starts_with("    ") || line.starts_with('\t'))) {
            return Some(row);
        }
    }
    None
}

/// Whether a line begins with at most three blanks, a key and a colon.
pub(super) fn is_key(line: &str) -> bool {
    let rest = line.trim_start_matches(' ');
    let key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = rest.bytes().take_while(|byte| key(byte)).count();
    line.len() - rest.len() <= 3 && length > 0 && rest[length..].starts_with(':')
}

fn skip_empty(source: &Source<'_>, row: Row) -> Row {
    let mut rows = source.rows(row.start, row.number);
    let mut last = row;
    rows.find(|row| {
        last = *row;
        row.start < row.end
    })
    .unwrap_or(last)
}
