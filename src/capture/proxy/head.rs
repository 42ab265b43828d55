//! The heads of messages, read and written so that both neighbours understand the same.
//!
//! In: the bytes up to the empty line. Out: request and status lines, fields in wire order and
//! spelling, and the length of the body that follows. What two readers could take for different
//! messages is refused, because a recorder between them would be how they come to disagree.

use bytes::{BufMut, Bytes, BytesMut};

use super::body::Length;
use super::refusal::Refusal;
use super::target::Target;
use crate::capture::hops::HOP_BY_HOP;

/// Fields of one head; a head with more is refused.
const MOST_FIELDS: usize = 128;

/// One header line as it was on the wire, without the blanks around its value.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: Bytes,
    pub(super) value: Bytes,
}

/// All fields of a head, in wire order.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<Field>);

/// What a caller asks of the proxy.
#[derive(Debug)]
pub(super) struct RequestHead {
    pub(super) method: String,
    /// The target as it stands on the request line.
    pub(super) line_target: String,
    /// Whether the caller speaks HTTP/1.0.
    pub(super) old: bool,
    pub(super) fields: Fields,
}

/// What a service answers.
#[derive(Debug)]
pub(super) struct ResponseHead {
    pub(super) code: u16,
    pub(super) reason: Bytes,
    /// Whether the service speaks HTTP/1.0.
    pub(super) old: bool,
    pub(super) fields: Fields,
}

impl RequestHead {
    /// Reads a head, its empty line included.
    pub(super) fn read(head: Bytes) -> Result<Self, Refusal> {
        if has_bare_line_feed(&head) {
            return Err(Refusal::bad_request("a line of the head ends without a carriage return"));
        }
        let mut lines = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut parsed = httparse::Request::new(&mut lines);
        match parsed.parse(&head) {
            Ok(httparse::Status::Complete(length)) if length == head.len() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Refusal::too_large()),
            _ => return Err(Refusal::bad_request("the head is no HTTP/1.1 request")),
        }
        Ok(Self {
            method: parsed.method.unwrap_or_default().to_owned(),
            line_target: parsed.path.unwrap_or_default().to_owned(),
            old: parsed.version == Some(0),
            fields: Fields::of(&head, parsed.headers),
        })
    }

    /// How the body's end is found.
    pub(super) fn length(&self) -> Result<Length, Refusal> {
        let refuse = |reason| Err(Refusal::bad_request(reason));
        match self.fields.declared()? {
            Declared::Chunked if self.old => refuse("HTTP/1.0 knows no transfer coding"),
            Declared::Chunked => Ok(Length::Chunked),
            Declared::Other => {
                Err(Refusal::not_implemented("only `chunked` is understood in `Transfer-Encoding`"))
            }
            Declared::Exactly(length) => Ok(Length::Exactly(length)),
            Declared::Nothing => Ok(Length::Exactly(0)),
        }
    }

    /// Whether the caller wants to go on using its connection.
    pub(super) fn keeps_alive(&self) -> bool {
        // Old clients put the word for a proxy into a header of its own.
        let says = |word| {
            self.fields.lists("connection", word) || self.fields.lists("proxy-connection", word)
        };
        if self.old { says("keep-alive") } else { !says("close") }
    }

    /// Whether asking twice is the same as asking once (RFC 9110, section 9.2.2).
    pub(super) fn is_idempotent(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE" | "PUT" | "DELETE")
    }

    /// Whether the caller wants to go on in another protocol. One that is HTTP again in another form
    /// would pass unseen, so that wish is not passed on, and the service answers as it was asked.
    pub(super) fn upgrades(&self) -> bool {
        let is_http =
            |value: &Bytes| items(value).any(|item| item.to_ascii_lowercase().starts_with(b"h2"));
        let mut wanted = self.fields.all("upgrade").peekable();
        wanted.peek().is_some()
            && !self.old
            && self.fields.lists("connection", "upgrade")
            && !wanted.any(is_http)
    }

    /// Writes the head for the service itself, or for another proxy on the way to it.
    pub(super) fn write(&self, out: &mut BytesMut, target: &Target, next: Next) {
        let line_target = match next {
            Next::Service => target.origin_form(),
            Next::Proxy => &self.line_target,
        };
        put(out, &[self.method.as_bytes(), b" ", line_target.as_bytes(), b" HTTP/1.1\r\n"]);
        let named = self.fields.named_by_connection();
        let upgrades = self.upgrades();
        if self.fields.all("host").next().is_none() {
            put(out, &[b"Host: ", target.authority().as_bytes(), b"\r\n"]);
        }
        for field in &self.fields.0 {
            let authorises = field.is("proxy-authorization") && next == Next::Proxy;
            if field.is("host") && !target.is_host(&field.value) {
                // The request line says whom it is for (RFC 9112, section 3.2.2).
                put(out, &[&field.name, b": ", target.authority().as_bytes(), b"\r\n"]);
            } else if upgrades && field.is("upgrade") {
                put(out, &[b"Connection: Upgrade\r\n"]);
                field.write(out);
            } else if authorises || field.is_framing() || !field.is_hop_by_hop(&named) {
                field.write(out);
            }
        }
        out.put_slice(b"\r\n");
    }
}

/// Who reads a request next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The service that the request is for.
    Service,
    /// A recorder, to which the caller must prove itself as it did here.
    Proxy,
}

impl ResponseHead {
    /// Reads a head, its empty line included.
    pub(super) fn read(head: Bytes) -> Result<Self, Refusal> {
        let mut lines = [httparse::EMPTY_HEADER; MOST_FIELDS];
        let mut parsed = httparse::Response::new(&mut lines);
        let no_answer = || Refusal::bad_gateway("the service does not answer in HTTP/1.1");
        match parsed.parse(&head) {
            Ok(httparse::Status::Complete(length)) if length == head.len() => {}
            _ => return Err(no_answer()),
        }
        // Three digits of which the first is no 0 (RFC 9110, section 15).
        let code = parsed.code.filter(|code| *code >= 100).ok_or_else(no_answer)?;
        let old = parsed.version == Some(0);
        let fields = Fields::of(&head, parsed.headers);
        Ok(Self { code, reason: reason(&head), old, fields })
    }

    /// Whether another head follows: the final one.
    pub(super) fn is_interim(&self) -> bool {
        (100..200).contains(&self.code)
    }

    /// How the end of the body that answers this method is found.
    pub(super) fn length(&self, method: &str) -> Result<Length, Refusal> {
        let empty = method == "HEAD" || self.code == 204 || self.code == 304;
        if empty || self.is_interim() {
            return Ok(Length::Exactly(0));
        }
        match self.fields.declared() {
            Ok(Declared::Chunked) if !self.old => Ok(Length::Chunked),
            Ok(Declared::Exactly(length)) => Ok(Length::Exactly(length)),
            Ok(Declared::Nothing) => Ok(Length::UntilClose),
            _ => Err(Refusal::bad_gateway("the service's answer has no clear length")),
        }
    }

    /// Whether the service will take another request on the same connection.
    pub(super) fn keeps_alive(&self) -> bool {
        !self.old && !self.fields.lists("connection", "close")
    }

    /// Status and reason as on the wire.
    pub(super) fn status(&self) -> String {
        format!("{} {}", self.code, text(&self.reason)).trim_end().to_owned()
    }

    /// Writes the head for the caller.
    pub(super) fn write(&self, out: &mut BytesMut, chunked: bool, connection: Option<&str>) {
        put(out, &[b"HTTP/1.1 ", self.code.to_string().as_bytes(), b" ", &self.reason, b"\r\n"]);
        let named = self.fields.named_by_connection();
        for field in &self.fields.0 {
            let switches = self.code == 101 && field.is("upgrade");
            if switches || chunked && field.is_framing() || !field.is_hop_by_hop(&named) {
                field.write(out);
            }
        }
        if let Some(option) = connection {
            put(out, &[b"Connection: ", option.as_bytes(), b"\r\n"]);
        }
        out.put_slice(b"\r\n");
    }
}

impl Fields {
    fn of(head: &Bytes, parsed: &[httparse::Header<'_>]) -> Self {
        let field = |line: &httparse::Header<'_>| Field {
            name: head.slice_ref(line.name.as_bytes()),
            value: head.slice_ref(line.value.trim_ascii()),
        };
        Self(parsed.iter().map(field).collect())
    }

    /// The fields of a head that has no lines.
    pub(super) fn of_map(map: &http::HeaderMap) -> Self {
        let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| Field {
            name: Bytes::copy_from_slice(name.as_ref()),
            value: Bytes::copy_from_slice(value.as_bytes()),
        };
        Self(map.iter().map(field).collect())
    }

    /// The values of all lines with this name, given in lower case.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &Bytes> {
        self.0.iter().filter(move |field| field.is(name)).map(|field| &field.value)
    }

    /// The fields that are meant for the other end, not for the next hop.
    pub(super) fn end_to_end(&self) -> impl Iterator<Item = &Field> {
        let named = self.named_by_connection();
        self.0.iter().filter(move |field| !field.is_hop_by_hop(&named))
    }

    /// Whether a comma-separated list in the lines with this name holds the word.
    fn lists(&self, name: &str, word: &str) -> bool {
        self.all(name)
            .any(|value| items(value).any(|item| item.eq_ignore_ascii_case(word.as_bytes())))
    }

    /// The fields that `Connection` makes a matter of this hop. What tells a message's length or
    /// its addressee cannot be among them: naming it there is an attack.
    fn named_by_connection(&self) -> Vec<Bytes> {
        let named =
            self.all("connection").flat_map(|value| items(value).map(|item| value.slice_ref(item)));
        let vital = |item: &[u8]| {
            item.eq_ignore_ascii_case(b"content-length") || item.eq_ignore_ascii_case(b"host")
        };
        named.filter(|item| !item.is_empty() && !vital(item)).collect()
    }

    fn declared(&self) -> Result<Declared, Refusal> {
        let mut lengths = self.all("content-length");
        let mut codings = self.all("transfer-encoding");
        match (lengths.next(), codings.next()) {
            (None, None) => Ok(Declared::Nothing),
            (Some(_), Some(_)) => {
                Err(Refusal::bad_request("both `Content-Length` and `Transfer-Encoding` are there"))
            }
            (Some(length), None) => {
                let digits = length.iter().all(u8::is_ascii_digit) && !length.is_empty();
                let number =
                    text(length).parse().ok().filter(|_| digits && lengths.next().is_none());
                number
                    .map(Declared::Exactly)
                    .ok_or_else(|| Refusal::bad_request("`Content-Length` is not one number"))
            }
            (None, Some(coding)) => {
                let chunked = coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
                Ok(if chunked { Declared::Chunked } else { Declared::Other })
            }
        }
    }
}

/// What a head says of its body's length.
enum Declared {
    Nothing,
    Exactly(u64),
    Chunked,
    /// A transfer coding other than `chunked`.
    Other,
}

/// Reads the fields that may follow a chunked body; none when they are no fields.
pub(super) fn trailers(lines: &[u8]) -> Option<Vec<Field>> {
    let lines = Bytes::copy_from_slice(lines);
    let mut parsed = [httparse::EMPTY_HEADER; MOST_FIELDS];
    match httparse::parse_headers(&lines, &mut parsed) {
        Ok(httparse::Status::Complete((length, parsed))) if length == lines.len() => {
            let fields = Fields::of(&lines, parsed).0;
            // Those would change a message that has been understood already.
            let late = |field: &Field| {
                field.is("content-length") || field.is("host") || field.is_hop_by_hop(&[])
            };
            Some(fields.into_iter().filter(|field| !late(field)).collect())
        }
        _ => None,
    }
}

impl Field {
    fn is(&self, lower_case_name: &str) -> bool {
        self.name.eq_ignore_ascii_case(lower_case_name.as_bytes())
    }

    /// Whether it goes along with a chunked body, which stays chunked on the next hop.
    fn is_framing(&self) -> bool {
        self.is("transfer-encoding") || self.is("trailer")
    }

    fn is_hop_by_hop(&self, named: &[Bytes]) -> bool {
        HOP_BY_HOP.iter().any(|name| self.is(name))
            || named.iter().any(|name| name.eq_ignore_ascii_case(&self.name))
    }

    /// Writes the line.
    pub(super) fn write(&self, out: &mut BytesMut) {
        put(out, &[&self.name, b": ", &self.value, b"\r\n"]);
    }
}

/// Bytes of a head as text: UTF-8, else Latin-1.
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

/// The reason as on the wire; the parser gives none when it is not ASCII.
fn reason(head: &Bytes) -> Bytes {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let reason = line.splitn(3, |byte| *byte == b' ').nth(2).unwrap_or_default();
    head.slice_ref(reason.trim_ascii())
}

fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii)
}

fn has_bare_line_feed(head: &[u8]) -> bool {
    let mut before = 0;
    for byte in head {
        if *byte == b'\n' && before != b'\r' {
            return true;
        }
        before = *byte;
    }
    false
}

fn put(out: &mut BytesMut, parts: &[&[u8]]) {
    for part in parts {
        out.put_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::ResponseHead;

    #[test]
    fn a_status_that_begins_with_0_is_none() {
        let read = |line: &str| {
            let head = format!("HTTP/1.1 {line}\r\nA: b\r\n\r\n");
            ResponseHead::read(Bytes::from(head)).map(|head| head.code)
        };
        assert!(read("034 x").is_err());
        assert_eq!(read("100 x").ok(), Some(100));
        assert_eq!(read("999 x").ok(), Some(999));
    }
}
