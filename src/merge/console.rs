//! Console output: follows the run, but for what people left out of it and the marks that they put
//! behind lines.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Finding, FindingKind};

use super::Merged;
use super::lines::{Hunk, hunks, is_elision, shows};

/// A mark of Material's code annotations, such as `# (1)!`.
static ANNOTATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\s*(?:(?:#|//|--|;|%)\s*\(\d+\)!?|<!--\s*\(\d+\)!?\s*-->|\(\d+\)!)\s*$")
        .expect("the pattern is valid")
});

/// The new output with what people made of the old one.
pub(super) fn merge(old: &str, new: &str) -> Merged {
    let old: Vec<&str> = old.lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let bare: Vec<&str> = old.iter().map(|line| without_annotation(line)).collect();
    let mut merged = Merged::default();
    if shows(&bare, &new) {
        merged.lines = old.iter().map(|&line| line.to_owned()).collect();
        return merged;
    }
    let mut at = 0;
    let end = Hunk { old: old.len()..old.len(), new: new.len()..new.len() };
    for hunk in joined(&bare, hunks(&bare, &new)).into_iter().chain([end]) {
        merged.lines.extend(old[at..hunk.old.start].iter().map(|&line| line.to_owned()));
        let lines = merged.lines.len();
        edited(&old[hunk.old.clone()], &new[hunk.new.clone()], &mut merged.lines);
        let kept = &merged.lines[lines..];
        let lost = hunk.old.clone().filter(|&line| is_lost(old[line], kept));
        merged
            .findings
            .extend(lost.map(|line| finding(line, lines, old[line])).collect::<Vec<_>>());
        at = hunk.old.end;
    }
    merged
}

/// Edits that touch are one where somebody left something out: what is left out may be anywhere.
fn joined(old: &[&str], hunks: Vec<Hunk>) -> Vec<Hunk> {
    let mut joined: Vec<Hunk> = Vec::new();
    for hunk in hunks {
        match joined.last_mut() {
            Some(last) if last.old.end == hunk.old.start && last.new.end == hunk.new.start => {
                let has_elision =
                    |hunk: &Hunk| old[hunk.old.clone()].iter().any(|line| is_elision(line));
                if has_elision(last) || has_elision(&hunk) {
                    (last.old.end, last.new.end) = (hunk.old.end, hunk.new.end);
                } else {
                    joined.push(hunk);
                }
            }
            _ => joined.push(hunk),
        }
    }
    joined
}

/// New lines in the place of old ones. Those around an elision stand for those around it.
fn edited(old: &[&str], new: &[&str], out: &mut Vec<String>) {
    let is_left_out: fn(&&str) -> bool = |line| is_elision(line);
    let (Some(first), Some(last)) =
        (old.iter().position(is_left_out), old.iter().rposition(is_left_out))
    else {
        annotated(old, new, out);
        return;
    };
    let before = first.min(new.len());
    let after = (old.len() - last - 1).min(new.len() - before);
    annotated(&old[..before], &new[..before], out);
    // What stood between two elisions and is gone says nothing any more.
    let kept = old[first..=last].iter().filter(|line| is_left_out(line) || new.contains(line));
    let mut kept: Vec<String> = kept.map(|&line| line.to_owned()).collect();
    kept.dedup_by(|one, next| is_elision(one) && is_elision(next));
    out.append(&mut kept);
    annotated(&old[old.len() - after..], &new[new.len() - after..], out);
}

/// New lines with the marks of the old lines that they stand for.
fn annotated(old: &[&str], new: &[&str], out: &mut Vec<String>) {
    let mark = |index: usize| {
        old.get(index).filter(|_| old.len() == new.len()).and_then(|line| ANNOTATION.find(line))
    };
    out.extend(new.iter().enumerate().map(|(index, line)| match mark(index) {
        Some(mark) => format!("{line}{}", mark.as_str()),
        None => (*line).to_owned(),
    }));
}

/// Whether a line's mark is behind none of the lines that stand there now.
fn is_lost(line: &str, kept: &[String]) -> bool {
    let Some(mark) = ANNOTATION.find(line) else { return false };
    !kept.iter().any(|line| line.ends_with(mark.as_str()))
}

fn finding(page_line: usize, new_line: usize, line: &str) -> Finding {
    let mark = ANNOTATION.find(line).map_or("", |mark| mark.as_str().trim());
    let start = line.rfind(mark).unwrap_or(0);
    Finding {
        kind: FindingKind::LostHighlight,
        page_line,
        new_line,
        text: line.to_owned(),
        span: start..start + mark.len(),
        message: format!("the line that `{mark}` marked is gone"),
        hint: Some("mark another line, or take the note out that belongs to it".to_owned()),
        sides: None,
    }
}

fn without_annotation(line: &str) -> &str {
    ANNOTATION.find(line).map_or(line, |mark| &line[..mark.start()])
}

#[cfg(test)]
mod tests {
    use super::merge;

    fn merged(old: &str, new: &str) -> String {
        merge(old, new).lines.iter().map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn what_was_left_out_stays_out() {
        let new = "a\nb\nc\nd\ne\n";
        for old in ["a\n...\ne\n", "...\n", "a\n...\nc\n...\n", "a\nb\n...\n"] {
            assert_eq!(merged(old, new), old);
        }
        assert_eq!(merged("a\nb\n", new), new);
    }

    #[test]
    fn what_stands_around_an_elision_follows_the_run() {
        let table = "+---+\n| id |\n+---+\n| a | active |\n...\n+---+\n";
        let new = "+---+\n| id |\n+---+\n| a | queued |\n| b | active |\n| c | active |\n+---+\n";
        assert_eq!(merged(table, new), table.replace("active", "queued"));
        assert_eq!(merged("a\n...\nd\n", "a\nb\nc\nd\ne\n"), "a\n...\nd\ne\n");
        assert_eq!(merged("x\n...\nz\n", "a\nb\nc\n"), "a\n...\nc\n");
    }

    #[test]
    fn marks_behind_lines_stay() {
        let old = "name: x # (1)!\nsize: 1 (2)!\nlast\n";
        assert_eq!(merged(old, "name: x\nsize: 1\nlast\n"), old);
        assert_eq!(
            merged(old, "name: y\nnew: 0\nsize: 2\nlast\n"),
            "name: y # (1)!\nnew: 0\nsize: 2 (2)!\nlast\n"
        );
        assert_eq!(merged("f(1)\n", "f(2)\n"), "f(2)\n");
        let lost = merge(old, "size: 1\nlast\n");
        assert_eq!(lost.lines, ["size: 1 (2)!", "last"]);
        let [finding] = &*lost.findings else { panic!("{:?}", lost.findings) };
        assert_eq!((&finding.text[finding.span.clone()], finding.page_line), ("# (1)!", 0));
        assert_eq!(merge(old, "name: y\nsize: 2\nlast\n").findings, []);
    }
}
