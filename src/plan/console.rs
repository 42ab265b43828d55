//! A console block as the commands typed in it and what each printed.
//!
//! In: the text of a fence. Out: entries with the lines of the command and of its output, as
//! indices. Reads `$ ` prompts, `\` at the end of a line, `> ` prompts of such lines, and
//! here-documents.

use std::ops::Range;

use memchr::memchr;

/// A command and its output in a console block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The command on one line, without prompt and here-document.
    pub(super) command: String,
    /// The here-document, without the line that ends it.
    pub(super) input: Option<String>,
    /// The line with the prompt.
    pub(super) start: usize,
    /// The lines of the output.
    pub(super) output: Range<usize>,
}

/// The entries of a block. A lone `$` is a prompt that waits, and ends the output before it.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    // Most blocks of a site are no consoles, and that is quick to see.
    if memchr(b'$', text.as_bytes()).is_none() {
        return entries;
    }
    let lines: Vec<&str> = text.split('\n').collect();
    let mut index = 0;
    while index < lines.len() {
        if !is_prompt(lines[index]) {
            index += 1;
            continue;
        }
        if let Some(last) = entries.last_mut() {
            last.output.end = last.output.end.min(index);
        }
        let start = index;
        let (command, end) = command(&lines, start);
        let (command, input, end) = here_document(&lines, command, end);
        index = end;
        if !command.is_empty() {
            entries.push(Entry { command, input, start, output: end..lines.len() });
        }
    }
    entries
}

/// Whether the line begins with a `$` prompt.
pub(super) fn is_prompt(line: &str) -> bool {
    line.trim_end() == "$" || line.starts_with("$ ")
}

/// The command that starts at a prompt, and the line behind it.
fn command(lines: &[&str], start: usize) -> (String, usize) {
    let mut command = String::new();
    let mut end = start;
    let mut rest = lines[start][1..].trim();
    loop {
        end += 1;
        let Some(continued) = continued(rest) else {
            command.push_str(rest);
            return (command, end);
        };
        command.push_str(continued);
        let Some(next) = lines.get(end) else { return (command, end) };
        rest = next.strip_prefix("> ").unwrap_or(next).trim_start();
    }
}

/// The line without the `\` that continues it on the next one.
fn continued(line: &str) -> Option<&str> {
    let line = line.strip_suffix('\\')?;
    let backslashes = line.len() - line.trim_end_matches('\\').len();
    backslashes.is_multiple_of(2).then_some(line)
}

/// Takes `<<WORD` off the command, and the lines up to `WORD` as its input.
fn here_document(lines: &[&str], command: String, end: usize) -> (String, Option<String>, usize) {
    let Some((before, after)) = command.split_once("<<") else { return (command, None, end) };
    let word: String = after.trim_start_matches('-').trim().to_owned();
    let word = word.trim_matches(['"', '\'']);
    let is_word =
        !word.is_empty() && word.chars().all(|part| part.is_alphanumeric() || part == '_');
    let typed = |line: &str| line.strip_prefix("> ").unwrap_or(line).to_owned();
    let closing = (end..lines.len()).find(|&index| typed(lines[index]).trim() == word);
    match closing {
        Some(closing) if is_word => {
            let input = lines[end..closing].iter().map(|line| typed(line) + "\n").collect();
            (before.trim_end().to_owned(), Some(input), closing + 1)
        }
        _ => (command, None, end),
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, entries};

    #[test]
    fn each_prompt_begins_a_command_and_ends_the_output_before_it() {
        let lines = ["$ a --b \\", ">   c", "one", "two", "$ d", "$ e", "three", "$"];
        let entry = |command: &str, start, output| Entry {
            command: command.to_owned(),
            input: None,
            start,
            output,
        };
        assert_eq!(
            entries(&lines.join("\n")),
            [entry("a --b c", 0, 2..4), entry("d", 4, 5..5), entry("e", 5, 6..7)]
        );
    }

    #[test]
    fn a_here_document_is_the_input() {
        let lines = ["$ a - <<'EOF'", "> x", "> y", "> EOF", "out"];
        let [entry] = &*entries(&lines.join("\n")) else { panic!("there is one command") };
        assert_eq!((&*entry.command, entry.input.as_deref()), ("a -", Some("x\ny\n")));
        assert_eq!(entry.output, 4..5);
    }

    #[test]
    fn a_line_without_prompt_is_no_command() {
        assert_eq!(entries("$HOME\n$5\ntext"), []);
    }
}
