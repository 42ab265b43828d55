//! One message by itself, as a log holds it, for work on logs that need not fit into memory.
//!
//! Its texts are the log's own letters wherever those say what is meant, so that most of a long log is
//! never copied before it is drawn.

use std::borrow::Cow;

use super::exchange::{Arrow, Body, Header, path_of};

/// One entry of a log: a message, and which exchange it says it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Line of the heading in the log, from 1.
    pub line: usize,
    /// Who asked, also where the entry is a response.
    pub from: Cow<'a, str>,
    /// Who was asked.
    pub to: Cow<'a, str>,
    /// Status and reason; none where the entry is a request.
    pub status: Option<Cow<'a, str>>,
    /// Method of the request.
    pub method: Cow<'a, str>,
    /// Absolute URL as the entry names it.
    pub url: Cow<'a, str>,
    /// Header lines.
    pub headers: Vec<Line<'a>>,
    /// The content.
    pub body: Content<'a>,
}

/// A header line: name and value, as in a [`Header`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Name as sent; compared without case.
    pub name: Cow<'a, str>,
    /// Value without the blanks around it.
    pub value: Cow<'a, str>,
}

/// A message's content, as in a [`Body`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content<'a> {
    /// No content.
    Empty,
    /// Text, JSON among it, complete and as sent.
    Text(Cow<'a, str>),
    /// The beginning of a text, and the bytes of the whole.
    Cut(Cow<'a, str>, u64),
    /// The first bytes of what is no text, and how many there are.
    Bytes(Cow<'a, [u8]>, Option<u64>),
}

impl<'a> Entry<'a> {
    /// The message of an arrow; its line is its step.
    pub fn of(arrow: &Arrow<'a>) -> Self {
        Self {
            line: arrow.step,
            from: arrow.from.into(),
            to: arrow.to.into(),
            status: arrow.status.map(Cow::Borrowed),
            method: arrow.method.into(),
            url: arrow.url.into(),
            headers: arrow.headers.iter().map(Line::of).collect(),
            body: Content::of(arrow.body),
        }
    }

    /// What heading and diagram call the message: `GET /identity` or `200 OK /identity`.
    pub fn label(&self) -> String {
        let what = self.status.as_ref().unwrap_or(&self.method);
        [what, " ", path_of(&self.url)].concat()
    }

    /// The value of the first header of this name, which is compared without case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let line = self.headers.iter().find(|line| line.name.eq_ignore_ascii_case(name))?;
        Some(&line.value)
    }

    /// The same apart from the log.
    pub fn into_owned(self) -> Entry<'static> {
        Entry {
            line: self.line,
            from: owned(self.from),
            to: owned(self.to),
            status: self.status.map(owned),
            method: owned(self.method),
            url: owned(self.url),
            headers: self.headers.into_iter().map(Line::into_owned).collect(),
            body: self.body.into_owned(),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

impl<'a> Line<'a> {
    fn of(Header { name, value }: &'a Header) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// The same apart from whatever holds its text.
    pub fn into_owned(self) -> Line<'static> {
        Line { name: owned(self.name), value: owned(self.value) }
    }
}

impl From<Line<'_>> for Header {
    fn from(Line { name, value }: Line<'_>) -> Self {
        Self { name: name.into_owned(), value: value.into_owned() }
    }
}

impl<'a> Content<'a> {
    /// The same as a body says.
    pub fn of(body: &'a Body) -> Self {
        match body {
            Body::Empty => Self::Empty,
            Body::Text(text) => Self::Text(text.into()),
            Body::Cut { text, length } => Self::Cut(text.into(), *length),
            Body::Bytes { head, length } => Self::Bytes(head.into(), *length),
        }
    }

    /// The same apart from whatever holds its text.
    pub fn into_owned(self) -> Content<'static> {
        match self {
            Self::Empty => Content::Empty,
            Self::Text(text) => Content::Text(owned(text)),
            Self::Cut(text, length) => Content::Cut(owned(text), length),
            Self::Bytes(head, length) => Content::Bytes(Cow::Owned(head.into_owned()), length),
        }
    }
}

impl From<Content<'_>> for Body {
    fn from(content: Content<'_>) -> Self {
        match content {
            Content::Empty => Self::Empty,
            Content::Text(text) => Self::Text(text.into_owned()),
            Content::Cut(text, length) => Self::Cut { text: text.into_owned(), length },
            Content::Bytes(head, length) => Self::Bytes { head: head.into_owned(), length },
        }
    }
}
