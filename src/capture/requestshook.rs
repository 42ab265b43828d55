//! Reads the log format: one entry a message, under a heading that says who, whom and what.
//!
//! In: the text of a log, as `render::log` or requestshook writes it. Out: the recording it holds.
//! Pages keep their last recording in this format, so it is read back before every refresh.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::{Body, Exchange, Header, Message, Recording, Request, Response, path_of};

static HEADING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^### \((?<from>.*?)\) (?:(?<request>REQ >>>)|RESP <<<) \((?<to>.*?)\) : (?<rest>.*)$",
    )
    .expect("the pattern is valid")
});

/// The header by which requestshook itself pairs requests and responses.
const PAIRING_HEADER: &str = "x-requestshook-request-id";

/// The recording in a log; none when the text has no entry.
///
/// A heading counts only behind two blank lines, because a body may hold a line that looks like one.
/// A response belongs to the earliest open request with its pairing header, or, where there is no
/// such header, with its participants, method and path.
pub fn parse(text: &str) -> Option<Recording> {
    let lines: Vec<&str> = text.lines().collect();
    let starts: Vec<usize> = (0..lines.len())
        .filter(|&index| lines[index.saturating_sub(2)..index].iter().all(|line| line.is_empty()))
        .filter(|&index| HEADING.is_match(lines[index]))
        .collect();
    let mut recording = Recording::default();
    let mut open: Vec<usize> = Vec::new();
    for (number, &start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(lines.len());
        add(&mut recording, &mut open, &Entry::read(&lines[start..end]));
    }
    (!starts.is_empty()).then_some(recording)
}

/// One entry of the log.
struct Entry<'a> {
    from: &'a str,
    to: &'a str,
    /// None for a request.
    status: Option<&'a str>,
    method: &'a str,
    url: &'a str,
    headers: Vec<Header>,
    body: Body,
}

impl<'a> Entry<'a> {
    /// Expects a heading in the first line.
    fn read(lines: &[&'a str]) -> Self {
        let heading = HEADING.captures(lines[0]).expect("entries start where a heading matched");
        let part = |name| heading.name(name).map_or("", |part: regex::Match<'a>| part.as_str());
        let (what, url) = part("rest").rsplit_once(' ').unwrap_or((part("rest"), ""));
        let (status, method) = match heading.name("request") {
            Some(_) => (None, what),
            None => {
                let (status, method) = what.rsplit_once(' ').unwrap_or((what, ""));
                (Some(status), method)
            }
        };
        let header_end = lines.iter().position(|line| line.is_empty()).unwrap_or(lines.len());
        let body_lines = lines.get(header_end + 1..).unwrap_or_default();
        Self {
            from: part("from"),
            to: part("to"),
            status,
            method,
            url,
            headers: lines[1..header_end].iter().map(|line| header(line)).collect(),
            body: body(body_lines),
        }
    }

    fn pairing(&self) -> Option<&str> {
        pairing(&self.headers)
    }
}

fn add(recording: &mut Recording, open: &mut Vec<usize>, entry: &Entry<'_>) {
    let Some(status) = entry.status else {
        open.push(recording.exchanges.len());
        recording.messages.push(Message::Request(recording.exchanges.len()));
        recording.exchanges.push(exchange(entry));
        return;
    };
    let answered = open.iter().position(|&index| answers(entry, &recording.exchanges[index]));
    let index = match answered {
        Some(position) => open.remove(position),
        None => {
            // A log that was cut at its start: the answer is all there is of the exchange.
            recording.exchanges.push(exchange(entry));
            recording.exchanges.len() - 1
        }
    };
    recording.messages.push(Message::Response(index));
    recording.exchanges[index].response = Some(Response {
        status: status.to_owned(),
        url: entry.url.to_owned(),
        headers: entry.headers.clone(),
        body: entry.body.clone(),
    });
}

fn exchange(entry: &Entry<'_>) -> Exchange {
    let is_request = entry.status.is_none();
    Exchange {
        from: entry.from.to_owned(),
        to: entry.to.to_owned(),
        request: Request {
            method: entry.method.to_owned(),
            url: entry.url.to_owned(),
            headers: if is_request { entry.headers.clone() } else { Vec::new() },
            body: if is_request { entry.body.clone() } else { Body::Empty },
        },
        response: None,
    }
}

fn answers(entry: &Entry<'_>, exchange: &Exchange) -> bool {
    match (entry.pairing(), pairing(&exchange.request.headers)) {
        (Some(ours), Some(theirs)) => ours == theirs,
        _ => {
            (entry.from, entry.to, entry.method)
                == (&*exchange.from, &*exchange.to, &*exchange.request.method)
                && path_of(entry.url) == path_of(&exchange.request.url)
        }
    }
}

fn pairing(headers: &[Header]) -> Option<&str> {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(PAIRING_HEADER))?;
    Some(&header.value)
}

fn header(line: &str) -> Header {
    let (name, value) = line.split_once(':').unwrap_or((line, ""));
    Header { name: name.to_owned(), value: value.trim().to_owned() }
}

fn body(lines: &[&str]) -> Body {
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
    let lines: Vec<String> = lines[..end].iter().map(|line| without_escape(line)).collect();
    match &*lines {
        [] => Body::Empty,
        [only] if only == "none" => Body::Empty,
        [only] if let Some((head, length)) = bytes(only) => Body::Bytes { head, length },
        [kept @ .., last] if let Some(length) = left_out(last) => {
            Body::Cut { text: kept.join("\n"), length }
        }
        lines => Body::Text(lines.join("\n")),
    }
}

/// The length in `... (1234 bytes)`.
fn left_out(line: &str) -> Option<u64> {
    line.strip_prefix("... (")?.strip_suffix(" bytes)")?.parse().ok()
}

/// The bytes of `b'…'...`, and the length behind it if the log says it.
fn bytes(line: &str) -> Option<(Vec<u8>, Option<u64>)> {
    let quote =
        line.strip_prefix('b')?.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    let (literal, rest) = line[2..].rsplit_once(quote)?;
    let length = match rest {
        "..." => None,
        rest => Some(left_out(rest)?),
    };
    let mut out = Vec::new();
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            out.push(u8::try_from(character).ok()?);
            continue;
        }
        out.push(match characters.next()? {
            'n' => b'\n',
            'r' => b'\r',
            't' => b'\t',
            'x' => u8::from_str_radix(characters.as_str().get(..2)?, 16).ok().inspect(|_| {
                characters.nth(1);
            })?,
            other => u8::try_from(other).ok()?,
        });
    }
    Some((out, length))
}

/// Takes off the `;` that protects a line from PyMdown's snippets.
fn without_escape(line: &str) -> String {
    let start = line.len() - line.trim_start_matches([' ', '\t']).len();
    let rest = line[start..].trim_start_matches(';');
    let scissors = rest.trim_start_matches('-');
    let is_escaped = rest.len() < line[start..].len()
        && scissors.len() < rest.len()
        && scissors.strip_prefix("8<").is_some_and(|rest| rest.starts_with('-'));
    if is_escaped { format!("{}{}", &line[..start], &line[start + 1..]) } else { line.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{bytes, parse, without_escape};
    use crate::model::Message;

    const INTERLEAVED: &str = "
### (a) REQ >>> (b) : GET http://h/x
Accept:\u{20}

none


### (c) REQ >>> (b) : GET http://h/x

none


### (c) RESP <<< (b) : 300 MULTIPLE CHOICES GET http://h/x

none


### (a) RESP <<< (b) : 200 OK GET http://h/x?y=1
Content-Type: text/plain

### (c) REQ >>> (b) : GET is no heading

";

    #[test]
    fn interleaved_exchanges_are_paired_by_their_participants() {
        let recording = parse(INTERLEAVED).expect("there are entries");
        assert_eq!(
            recording.messages,
            [Message::Request(0), Message::Request(1), Message::Response(1), Message::Response(0)]
        );
        let answer = recording.exchanges[0].response.as_ref().expect("it is answered");
        assert_eq!((&*answer.status, &*answer.url), ("200 OK", "http://h/x?y=1"));
    }

    #[test]
    fn a_text_without_entries_is_no_recording() {
        assert_eq!(parse("# A title\n\ntext\n"), None);
    }

    #[test]
    fn reads_python_bytes_back() {
        assert_eq!(bytes(r"b'QFI\xfb\n\\\''..."), Some((b"QFI\xfb\n\\'".to_vec(), None)));
        assert_eq!(bytes("b\"it's\"... (9 bytes)"), Some((b"it's".to_vec(), Some(9))));
        assert_eq!(bytes("b'open"), None);
    }

    #[test]
    fn takes_the_escape_off() {
        assert_eq!(without_escape("  ;--8<-- \"a\""), "  --8<-- \"a\"");
        assert_eq!(without_escape(";text"), ";text");
    }
}
