//! What one record says about an exchange.
//!
//! In: a record's text. Out: a request, an answer, a content, or what goes with them; nothing where it
//! is about something else. The forms are those of keystoneauth1 5.18 and of urllib3 2.

use crate::model::Header;

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said<'a> {
    /// A request is about to be sent.
    Asks { method: &'a str, url: &'a str, headers: Vec<Header>, content: Option<&'a str> },
    /// A request for a token is about to be sent. Nothing else of it is told.
    LogsIn { url: &'a str },
    /// A request has been answered with this status, as the connection tells it.
    Carried { method: &'a str, url: String, status: &'a str, length: Option<u64> },
    /// An answer.
    Answered { status: &'a str, headers: Vec<Header> },
    /// The content of an answer.
    Content(&'a str),
    /// The answer to a request for a token.
    Token(&'a str),
    /// Which request an answer with this id belongs to.
    Used { method: &'a str, url: &'a str, id: &'a str },
}

impl<'a> Said<'a> {
    pub(super) fn of(text: &'a str) -> Option<Self> {
        if let Some(rest) = text.strip_prefix("REQ: curl ") {
            return asks(rest);
        }
        if let Some(content) = text.strip_prefix("RESP BODY: ") {
            return Some(Self::Content(content));
        }
        if let Some(rest) = text.strip_prefix("RESP: [") {
            let (status, rest) = rest.split_once(']')?;
            return Some(Self::Answered { status, headers: headers(rest.trim()) });
        }
        if let Some(url) = text.strip_prefix("Making authentication request to ") {
            return Some(Self::LogsIn { url });
        }
        if text.starts_with("{\"token\": {") {
            return Some(Self::Token(text));
        }
        carried(text).or_else(|| used(text))
    }
}

/// `-g -i --cacert "FILE" -X METHOD URL -H "NAME: VALUE" -d 'CONTENT'`, where nothing is escaped.
fn asks(text: &str) -> Option<Said<'_>> {
    let (_, rest) = text.split_once("-X ")?;
    let (method, rest) = rest.split_once(' ')?;
    let (url, mut rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => rest.split_at(rest.find(' ').unwrap_or(rest.len())),
    };
    let mut headers = Vec::new();
    while let Some(header) = rest.strip_prefix(" -H \"") {
        // A value may hold quotes: its end is where something else begins, or nothing more stands.
        let ends = [header.find("\" -H \""), header.find("\" -d '")].into_iter().flatten().min();
        let end = ends.or_else(|| header.strip_suffix('"').map(str::len))?;
        let (name, value) = header[..end].split_once(':')?;
        headers.push(Header { name: name.to_owned(), value: value.trim().to_owned() });
        rest = &header[end + 1..];
    }
    let content = match rest.strip_prefix(" -d '") {
        Some(content) => Some(content.strip_suffix('\'')?),
        None => None,
    };
    (content.is_some() || rest.is_empty()).then_some(Said::Asks { method, url, headers, content })
}

/// Header lines that stand one behind the other, parted by blanks. They are in the order of their
/// names, so what looks like a name and is not in order belongs to the value before it.
fn headers(text: &str) -> Vec<Header> {
    let mut starts: Vec<usize> = Vec::new();
    let words = text.split(' ').scan(0, |at, word| {
        let start = *at;
        *at += word.len() + 1;
        Some((start, word))
    });
    for (start, word) in words {
        let Some(name) = word.strip_suffix(':').filter(|name| is_name(name)) else { continue };
        let before = starts.last().map(|before| name_at(text, *before));
        if before.is_none_or(|before| before <= name) {
            starts.push(start);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let header = |(start, end): (&usize, usize)| {
        let name = name_at(text, *start);
        let value = text[start + name.len() + 1..end].trim();
        Header { name: name.to_owned(), value: value.to_owned() }
    };
    starts.iter().zip(ends).map(header).collect()
}

fn name_at(text: &str, start: usize) -> &str {
    text[start..].split(':').next().unwrap_or_default()
}

/// Whether a word may be the name of a header (RFC 9110, section 5.6.2).
fn is_name(word: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !word.is_empty() && word.bytes().all(is_token)
}

/// `http://HOST:PORT "METHOD PATH HTTP/1.1" STATUS LENGTH`.
fn carried(text: &str) -> Option<Said<'_>> {
    let (origin, rest) = text.split_once(" \"")?;
    let (line, rest) = rest.split_once("\" ")?;
    let (method, rest_of_line) = line.split_once(' ')?;
    let (target, version) = rest_of_line.rsplit_once(' ')?;
    if !origin.contains("://") || !version.starts_with("HTTP/") {
        return None;
    }
    let (status, length) = rest.split_once(' ').unwrap_or((rest, ""));
    // Through a proxy the target is a whole URL.
    let url = if target.contains("://") { target.to_owned() } else { format!("{origin}{target}") };
    Some(Said::Carried { method, url, status, length: length.parse().ok() })
}

/// `METHOD call to SERVICE for URL used request id ID`, or without `SERVICE for`.
fn used(text: &str) -> Option<Said<'_>> {
    let (method, rest) = text.split_once(" call to ")?;
    let (what, id) = rest.rsplit_once(" used request id ")?;
    let url = what.rsplit_once(" for ").map_or(what, |(_, url)| url);
    Some(Said::Used { method, url, id })
}

#[cfg(test)]
mod tests {
    use super::{Said, headers};

    fn pairs(text: &str) -> Vec<(String, String)> {
        headers(text).into_iter().map(|header| (header.name, header.value)).collect()
    }

    #[test]
    fn headers_on_one_line_end_where_the_next_name_in_order_begins() {
        let text = "Content-Type: text/plain; note: x Date: Sat, 28 Nov 2026 14:32:26 GMT Empty:  \
                    Vary: Accept: no http://h/ X-Id: req-1";
        let expected = [
            ("Content-Type", "text/plain; note: x"),
            ("Date", "Sat, 28 Nov 2026 14:32:26 GMT"),
            ("Empty", ""),
            ("Vary", "Accept: no http://h/"),
            ("X-Id", "req-1"),
        ];
        // `note` would be in order behind `Content-Type`, so such a value cannot be told from a header.
        let read = pairs(&text.replace("note: x", "note x"));
        let expected: Vec<_> = expected
            .map(|(name, value)| (name.to_owned(), value.replace("note: x", "note x")))
            .to_vec();
        assert_eq!(read, expected);
        assert_eq!(pairs(""), []);
    }

    #[test]
    fn a_request_is_read_with_quotes_in_its_values() {
        let text = "REQ: curl -g -i --cacert \"/a b\" -X PUT \"http://h/x?a=b c\" -H \"A: say \"hi\" -d\" \
                    -H \"B: \" -d '{\"it\": \"isn't\"}'";
        let Some(Said::Asks { method, url, headers, content }) = Said::of(text) else {
            panic!("it is a request")
        };
        assert_eq!((method, url), ("PUT", "http://h/x?a=b c"));
        assert_eq!(headers.len(), 2);
        assert_eq!((&*headers[0].value, &*headers[1].value), ("say \"hi\" -d", ""));
        assert_eq!(content, Some("{\"it\": \"isn't\"}"));
        assert_eq!(Said::of("REQ: curl -g -i -X PUT http://h -d 'half"), None);
    }

    #[test]
    fn what_goes_with_an_answer_is_read() {
        assert_eq!(
            Said::of("http://h:80 \"GET /a b HTTP/1.1\" 200 None"),
            Some(Said::Carried {
                method: "GET",
                url: "http://h:80/a b".into(),
                status: "200",
                length: None
            })
        );
        assert_eq!(
            Said::of("GET call to image for http://h/v2 used request id req-1"),
            Some(Said::Used { method: "GET", url: "http://h/v2", id: "req-1" })
        );
        assert_eq!(
            Said::of("GET call to http://h/v2 used request id req-1"),
            Some(Said::Used { method: "GET", url: "http://h/v2", id: "req-1" })
        );
        assert_eq!(Said::of("Auth plugin password selected"), None);
    }
}
