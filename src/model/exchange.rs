//! What callers and services said to each other, as values.

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
}

/// One arrow: which exchange, and which half of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
