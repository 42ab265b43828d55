//! The heading of an entry: who, whom, and what.
//!
//! In: one line. Out: its parts, or that it is no heading.

/// What every heading begins with.
pub(super) const MARK: &str = "### (";

const REQUEST: &str = ") REQ >>> (";
const RESPONSE: &str = ") RESP <<< (";
const WHAT: &str = ") : ";

/// The parts of a heading.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heading<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    /// None for a request.
    pub(super) status: Option<&'a str>,
    pub(super) method: &'a str,
    pub(super) url: &'a str,
}

impl<'a> Heading<'a> {
    /// The parts of `### (FROM) REQ >>> (TO) : METHOD URL` or
    /// `### (FROM) RESP <<< (TO) : STATUS METHOD URL`.
    pub(super) fn read(line: &'a str) -> Option<Self> {
        let Sides { from, to, is_request, what } = sides(line)?;
        if is_request {
            let end = memchr::memchr(b' ', what.as_bytes());
            let (method, url) = end.map_or((what, ""), |end| around(what, end));
            return Some(Self { from, to, status: None, method, url });
        }
        let (status, method, url) = answered(what);
        Some(Self { from, to, status: Some(status), method, url })
    }
}

/// What every heading has, and what stands behind that.
pub(super) struct Sides<'a> {
    from: &'a str,
    to: &'a str,
    is_request: bool,
    what: &'a str,
}

/// The sides of a line that is a heading.
pub(super) fn sides(line: &str) -> Option<Sides<'_>> {
    let line = line.strip_prefix(MARK)?;
    let (from, behind) = brackets(line)
        .find(|(_, behind)| behind.starts_with(REQUEST) || behind.starts_with(RESPONSE))?;
    let is_request = behind.starts_with(REQUEST);
    let rest = &behind[if is_request { REQUEST.len() } else { RESPONSE.len() }..];
    let (to, behind) = brackets(rest).find(|(_, behind)| behind.starts_with(WHAT))?;
    Some(Sides { from, to, is_request, what: &behind[WHAT.len()..] })
}

/// What is before each closing bracket, and what is from there on.
fn brackets(text: &str) -> impl Iterator<Item = (&str, &str)> {
    memchr::memchr_iter(b')', text.as_bytes()).map(|at| text.split_at(at))
}

/// What is before a byte, and what is behind it.
fn around(text: &str, at: usize) -> (&str, &str) {
    (&text[..at], &text[at + 1..])
}

/// Status, method and URL of a response. A reason has blanks, and a URL may have them, too: so the
/// method is the last word in capitals behind which a URL stands.
fn answered(text: &str) -> (&str, &str, &str) {
    for end in memchr::memrchr_iter(b' ', text.as_bytes()) {
        let (before, url) = around(text, end);
        let start = memchr::memrchr(b' ', before.as_bytes());
        let (status, method) = start.map_or(("", before), |start| around(before, start));
        if is_method(method) && !status.is_empty() && is_address(url) {
            return (status, method, url);
        }
    }
    let (what, url) = text.rsplit_once(' ').unwrap_or((text, ""));
    let (status, method) = what.rsplit_once(' ').unwrap_or((what, ""));
    (status, method, url)
}

fn is_method(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-')
}

/// Whether this may stand where a URL does. The middleware writes `None` for what it does not know.
fn is_address(text: &str) -> bool {
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let scheme = text.bytes().take_while(is_scheme).count();
    text[scheme..].starts_with("://") || text.starts_with('/') || text == "None" || text == "*"
}

#[cfg(test)]
mod tests {
    use super::Heading;

    #[test]
    fn a_response_has_a_reason_of_any_words() {
        for (text, parts) in [
            ("200 OK GET http://h/x", ("200 OK", "GET", "http://h/x")),
            ("300 MULTIPLE CHOICES GET http://h/", ("300 MULTIPLE CHOICES", "GET", "http://h/")),
            ("200 OK GET None", ("200 OK", "GET", "None")),
            ("200 OK GET http://h/a GET b", ("200 OK", "GET", "http://h/a GET b")),
            ("200 GET http://h/x", ("200", "GET", "http://h/x")),
            ("200 OK VERSION-CONTROL /x", ("200 OK", "VERSION-CONTROL", "/x")),
            ("odd", ("odd", "", "")),
        ] {
            let line = format!("### (a) RESP <<< (b) : {text}");
            let heading = Heading::read(&line).expect("it is a heading");
            let read = (heading.status.unwrap_or("-"), heading.method, heading.url);
            assert_eq!(read, parts, "{text}");
        }
    }

    #[test]
    fn participants_may_have_brackets_in_their_names() {
        let heading = Heading::read("### (a (1)) REQ >>> (unknown) : GET http://h/a b");
        let heading = heading.expect("it is a heading");
        assert_eq!((heading.from, heading.to), ("a (1)", "unknown"));
        assert_eq!((heading.method, heading.url), ("GET", "http://h/a b"));
    }

    #[test]
    fn other_lines_are_no_headings() {
        for line in
            ["", "### (a", "### (1) GET /x", "### (a) REQ >>> (b)", "#### (a) REQ >>> (b) : "]
        {
            assert_eq!(Heading::read(line), None, "{line}");
        }
    }
}
