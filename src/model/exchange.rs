//! What callers and services said to each other, as values.

use std::time::Duration;

use memchr::{memchr, memchr_iter, memchr2};

/// One header line, in the spelling of the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Name as sent; compared without case.
    pub name: String,
    /// Value without the blanks around it. Bytes outside UTF-8 are read as Latin-1.
    pub value: String,
}

/// A message's content, as far as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Body {
    /// No content.
    #[default]
    Empty,
    /// Text, JSON among it, complete and as sent.
    Text(String),
    /// The beginning of a text that was longer than what is kept.
    Cut {
        /// What was kept.
        text: String,
        /// Bytes in the whole body.
        length: u64,
    },
    /// Anything that is not text.
    Bytes {
        /// The first 32 bytes, or fewer.
        head: Vec<u8>,
        /// Bytes in the whole body; unknown when read back from a log that does not say.
        length: Option<u64>,
    },
}

/// What a caller asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Method in upper case.
    pub method: String,
    /// Absolute URL with query.
    pub url: String,
    /// In wire order.
    pub headers: Vec<Header>,
    /// The content.
    pub body: Body,
}

/// What a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Status and reason in the server's own case, such as `300 MULTIPLE CHOICES`.
    pub status: String,
    /// URL of the request as the log names it with the response.
    pub url: String,
    /// In wire order.
    pub headers: Vec<Header>,
    /// The content.
    pub body: Body,
}

/// A request with its response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Who asked: a participant name.
    pub from: String,
    /// Who was asked: a participant name.
    pub to: String,
    /// The question.
    pub request: Request,
    /// The answer; none when the connection ended before it came.
    pub response: Option<Response>,
    /// Which process asked; none where nobody saw it.
    pub process: Option<Process>,
}

/// A process that sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Its number in the system.
    pub id: u32,
    /// When it began, since the recording did.
    pub began: Duration,
    /// When its last message was seen, since the recording began.
    pub last_seen: Duration,
}

/// How exactly systems say when a process began: two ticks of 10 ms.
const TICKS: Duration = Duration::from_millis(20);

impl Process {
    /// Whether all that it did was over when another one began. What cannot be told was so.
    pub fn is_before(&self, other: &Self) -> bool {
        self.last_seen <= other.began + TICKS
    }

    /// Whether both were there at the same time.
    pub fn is_beside(&self, other: &Self) -> bool {
        !self.is_before(other) && !other.is_before(self)
    }
}

/// One arrow: which exchange, and which half of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Message {
    /// The request of the exchange with this index.
    Request(usize),
    /// The response of the exchange with this index.
    Response(usize),
}

/// Everything that was said while something ran: the exchanges, and the order of their messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recording {
    /// In the order of their requests.
    pub exchanges: Vec<Exchange>,
    /// All messages in the order in which they were seen.
    pub messages: Vec<Message>,
}

/// Everything one run of a page's commands printed and sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Run {
    /// What each command printed, in the order of the commands.
    pub outputs: Vec<String>,
    /// What was sent meanwhile.
    pub recording: Recording,
}

/// One message of a recording as the views show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrow<'a> {
    /// 1-based step number, as `autonumber` counts.
    pub step: usize,
    /// Which message of the recording this is.
    pub message: Message,
    /// Who asked, also where the arrow is a response.
    pub from: &'a str,
    /// Who was asked.
    pub to: &'a str,
    /// Method of the request.
    pub method: &'a str,
    /// Status and reason; none where the arrow is a request.
    pub status: Option<&'a str>,
    /// Absolute URL.
    pub url: &'a str,
    /// Header lines.
    pub headers: &'a [Header],
    /// The content.
    pub body: &'a Body,
}

impl<'a> Arrow<'a> {
    /// What heading and diagram call the message: `GET /identity` or `200 OK /identity`.
    pub fn label(&self) -> String {
        format!("{} {}", self.status.unwrap_or(self.method), self.path())
    }

    /// The URL's path without query.
    pub fn path(&self) -> &'a str {
        path_of(self.url)
    }
}

impl Recording {
    /// Takes out the exchanges that are meant, with their messages. Gives how many there were.
    pub fn leave_out(&mut self, is_meant: impl Fn(&Exchange) -> bool) -> usize {
        let before = self.exchanges.len();
        let mut kept = 0;
        let places = self.exchanges.iter().map(|exchange| {
            let place = (!is_meant(exchange)).then_some(kept);
            kept += usize::from(place.is_some());
            place
        });
        let places: Vec<Option<usize>> = places.collect();
        let moved = |message: &Message| match *message {
            Message::Request(exchange) => places[exchange].map(Message::Request),
            Message::Response(exchange) => places[exchange].map(Message::Response),
        };
        self.messages = self.messages.iter().filter_map(moved).collect();
        let mut places = places.iter();
        self.exchanges.retain(|_| places.next().is_some_and(Option::is_some));
        before - kept
    }

    /// Whether processes of one caller ran at the same time.
    pub fn has_several_at_once(&self) -> bool {
        let asked =
            || self.exchanges.iter().filter_map(|asked| Some((&asked.from, asked.process?)));
        asked().any(|(caller, process)| {
            asked().any(|(other, its)| {
                caller == other && its.id != process.id && its.is_beside(&process)
            })
        })
    }

    /// The messages in order, with what the views need of them.
    pub fn arrows(&self) -> impl Iterator<Item = Arrow<'_>> {
        self.messages.iter().enumerate().filter_map(|(index, &message)| {
            let (Message::Request(exchange) | Message::Response(exchange)) = message;
            let Exchange { from, to, request, response, .. } = &self.exchanges[exchange];
            let (status, url, headers, body) = match message {
                Message::Request(_) => (None, &request.url, &request.headers, &request.body),
                Message::Response(_) => {
                    let response = response.as_ref()?;
                    (Some(&*response.status), &response.url, &response.headers, &response.body)
                }
            };
            let method = &request.method;
            Some(Arrow { step: index + 1, message, from, to, method, status, url, headers, body })
        })
    }
}

/// The path of an absolute URL, without query and fragment; `/` where it is empty. What is no URL,
/// such as `*`, or the `None` that a log has for a path it does not know, stands for itself.
pub fn path_of(url: &str) -> &str {
    let bytes = url.as_bytes();
    let scheme = memchr_iter(b':', bytes).find(|at| bytes[at + 1..].starts_with(b"//"));
    let rest = scheme.map_or(url, |end| &url[end + 3..]);
    let rest = &rest[..memchr2(b'?', b'#', rest.as_bytes()).unwrap_or(rest.len())];
    match memchr(b'/', rest.as_bytes()) {
        Some(start) => &rest[start..],
        None if matches!(url, "*" | "None") => url,
        None => "/",
    }
}
