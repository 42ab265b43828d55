//! A diagram: message lines follow the run, everything around them stays.
//!
//! Blocks, notes, comments, participants and indents are a person's, and so are placeholders such
//! as `{image_id}` in a message, which stand for one path segment or a part of one, and queries.

use std::sync::LazyLock;

use regex::Regex;
use similar::{Algorithm, DiffOp, capture_diff_slices};

static MESSAGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?<message>[^\s:][^:]*?-{1,2}>>[^:]*:.*?)\s*$").expect("the pattern is valid")
});
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\\\{[A-Za-z_][\w-]*\\\}").expect("the pattern is valid"));

/// The old diagram with the messages of the new one.
pub(super) fn merge<'a>(old: &'a str, new: &'a str) -> String {
    let old_lines: Vec<&str> = old.lines().collect();
    let messages: Vec<(usize, &str)> = old_lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| Some((index, message(line)?)))
        .collect();
    if messages.is_empty() {
        return new.to_owned();
    }
    let old_keys: Vec<&str> = messages.iter().map(|(_, message)| *message).collect();
    let templates: Vec<(&str, Regex)> =
        old_keys.iter().filter_map(|message| Some((*message, template(message)?))).collect();
    let new_lines: Vec<&str> = new.lines().collect();
    let stands_for = |line: &&'a str| -> &'a str {
        let fits = |(_, template): &&(&str, Regex)| template.is_match(line);
        if old_keys.contains(line) {
            line
        } else {
            templates.iter().find(fits).map_or(line, |(message, _)| message)
        }
    };
    let new_keys: Vec<&str> = new_lines.iter().map(stands_for).collect();

    let mut out: Vec<String> = Vec::new();
    let mut done = 0;
    let mut indent = "";
    for op in capture_diff_slices(Algorithm::Myers, &old_keys, &new_keys) {
        for step in 0..op.old_range().len() {
            let (line, _) = messages[op.old_range().start + step];
            out.extend(old_lines[done..line].iter().map(|&line| line.to_owned()));
            indent = indent_of(old_lines[line]);
            if matches!(op, DiffOp::Equal { .. }) {
                out.push(old_lines[line].to_owned());
            }
            done = line + 1;
        }
        if !matches!(op, DiffOp::Equal { .. }) {
            out.extend(new_lines[op.new_range()].iter().map(|line| format!("{indent}{line}")));
        }
    }
    out.extend(old_lines[done..].iter().map(|&line| line.to_owned()));
    out.iter().map(|line| format!("{line}\n")).collect()
}

/// The message in a line, without the blanks around it; none for any other line.
fn message(line: &str) -> Option<&str> {
    MESSAGE.captures(line).and_then(|found| found.name("message")).map(|found| found.as_str())
}

fn indent_of(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// What a message stands for that a person made out of the drawn one: a placeholder for any part of
/// a path, a query for none, because drawn paths have none. None for a message as it is drawn.
fn template(message: &str) -> Option<Regex> {
    let (path, query) = match message.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (message, None),
    };
    let escaped = regex::escape(path);
    if query.is_none() && !PLACEHOLDER.is_match(&escaped) {
        return None;
    }
    Regex::new(&format!("^{}$", PLACEHOLDER.replace_all(&escaped, "[^/\\s]+"))).ok()
}

#[cfg(test)]
mod tests {
    use super::merge;

    #[test]
    fn blocks_notes_and_placeholders_stay_around_their_messages() {
        let old = "participant a\na->>b: GET /x/{id}\nopt when cold\n  b->>c: GET /t\n  c-->>b: 200 OK /t\nend\nb-->>a: 200 OK /x/{id}\n%% end\n";
        let new =
            "a->>b: GET /x/12-34\nb->>c: GET /t\nc-->>b: 200 OK /t\nb-->>a: 200 OK /x/12-34\n";
        assert_eq!(merge(old, new), old);
    }

    #[test]
    fn a_query_that_was_added_stays_while_its_message_is_sent() {
        let old = "a->>b: GET /x?name=demo\nb-->>a: 200 OK /x\n";
        assert_eq!(merge(old, "a->>b: GET /x\nb-->>a: 200 OK /x\n"), old);
        let other = "a->>b: GET /y\nb-->>a: 200 OK /y\n";
        assert_eq!(merge(old, other), other);
    }

    #[test]
    fn messages_follow_the_run() {
        let old = "a->>b: GET /x\n  b->>c: GET /t\n  c-->>b: 200 OK /t\nb-->>a: 200 OK /x\n";
        let new = "a->>b: GET /x\nb->>c: GET /t\nb->>d: GET /u\nc-->>b: 404 Not Found /t\nb-->>a: 200 OK /x\n";
        assert_eq!(
            merge(old, new),
            "a->>b: GET /x\n  b->>c: GET /t\n  b->>d: GET /u\n  c-->>b: 404 Not Found /t\nb-->>a: 200 OK /x\n"
        );
        assert_eq!(merge("", new), new);
    }
}
