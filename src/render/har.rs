//! HAR 1.2, the format in which browsers and proxies exchange recordings.
//!
//! In: exchanges, one after another. Out: the parts of a JSON document. What HAR cannot hold stands
//! in fields that begin with `_`, as its specification wants: participants, the steps of request and
//! response, and how long content is of which only the beginning is there.

mod message;

use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::stabilise::StableEntry;

use super::push_number;

/// What stands before the first exchange.
pub fn har_begin(out: &mut String) {
    let version = env!("CARGO_PKG_VERSION");
    out.extend(["{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"doctool\",\"version\":\""]);
    out.extend([version, "\"},\"entries\":["]);
}

/// What stands behind the last exchange.
pub fn har_end(out: &mut String) {
    out.push_str("\n]}}\n");
}

/// A request or a response, drawn apart from the other side of its exchange, which may be far off.
/// What is drawn stands in a text with others.
#[derive(Debug, Clone)]
pub struct HarSide {
    is_request: bool,
    /// As JSON, without the brace at its end.
    drawn: Range<usize>,
    /// The participants as JSON.
    names: Range<usize>,
    method: Range<usize>,
    url: Range<usize>,
    time: Option<SystemTime>,
}

impl HarSide {
    /// Draws a message behind others.
    pub fn of(text: &mut String, entry: &StableEntry<'_>) -> Self {
        let entry = entry.entry();
        let is_request = entry.status.is_none();
        let mut part = |draw: &dyn Fn(&mut String)| {
            let start = text.len();
            draw(text);
            start..text.len()
        };
        let date = message::header(&entry.headers, "date").filter(|_| !is_request);
        Self {
            is_request,
            drawn: part(&|out| match is_request {
                true => message::request(out, entry),
                false => message::response(out, entry),
            }),
            names: part(&|out| {
                message::field(out, "\"_from\":", &entry.from);
                message::field(out, ",\"_to\":", &entry.to);
            }),
            method: part(&|out| out.push_str(&entry.method)),
            url: part(&|out| out.push_str(&entry.url)),
            time: date.and_then(|date| httpdate::parse_http_date(date).ok()),
        }
    }

    /// Whether it is no response.
    pub fn is_request(&self) -> bool {
        self.is_request
    }

    /// The same in a text that holds nothing else.
    #[must_use]
    pub fn by_itself(&self, text: &str) -> (Self, String) {
        let (start, end) = (self.drawn.start, self.url.end);
        let moved = |part: &Range<usize>| part.start - start..part.end - start;
        let side = Self {
            drawn: moved(&self.drawn),
            names: moved(&self.names),
            method: moved(&self.method),
            url: moved(&self.url),
            ..*self
        };
        (side, text[start..end].to_owned())
    }
}

/// One side of an exchange: its step, and the text in which it is drawn.
pub type HarStep<'a> = (usize, &'a HarSide, &'a str);

/// Draws exchanges as HAR entries.
#[derive(Debug)]
pub struct Har {
    is_first: bool,
    /// When the last exchange took place that says so, as it is written.
    time: (SystemTime, String),
}

impl Default for Har {
    fn default() -> Self {
        Self { is_first: true, time: (UNIX_EPOCH, timestamp(UNIX_EPOCH)) }
    }
}

impl Har {
    /// Adds an exchange, of which the request or the response may be missing, each with its step.
    /// A log says when an exchange took place in the `Date` of the response only; without one, it
    /// was when the one before was.
    pub fn exchange(
        &mut self,
        out: &mut String,
        request: Option<HarStep<'_>>,
        response: Option<HarStep<'_>>,
    ) {
        let Some((_, any, any_text)) = request.or(response) else { return };
        let (method, url) = (&any_text[any.method.clone()], &any_text[any.url.clone()]);
        if let Some(time) = response.and_then(|(_, side, _)| side.time)
            && time != self.time.0
        {
            self.time = (time, timestamp(time));
        }
        out.push_str(if self.is_first { "\n" } else { ",\n" });
        self.is_first = false;
        out.extend(["{\"startedDateTime\":\"", &self.time.1, "\",\"time\":0,\"request\":"]);
        match request {
            Some((_, side, text)) => out.push_str(&text[side.drawn.clone()]),
            None => message::no_request(out, method, url),
        }
        out.push_str("},\"response\":");
        match response {
            Some((_, side, text)) => {
                out.push_str(&text[side.drawn.clone()]);
                if text[side.url.clone()] != *url {
                    // What the response calls its URL, where that is not the request's.
                    message::field(out, ",\"_url\":", &text[side.url.clone()]);
                }
            }
            None => message::no_response(out),
        }
        out.push_str("},\"cache\":{},\"timings\":{\"send\":0,\"wait\":0,\"receive\":0},");
        out.push_str(&any_text[any.names.clone()]);
        for (name, side) in [("request", request), ("response", response)] {
            let Some((step, ..)) = side else { continue };
            out.extend([",\"_", name, "Step\":"]);
            push_number(out, step);
        }
        out.push('}');
    }
}

/// A time as RFC 3339 writes it, in UTC.
fn timestamp(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Years from March on, so that the day that comes and goes is the last: 400 of them have 146,097
    // days, and their months repeat every five.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    let year = era * 400 + year + carry;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn dates_of_responses_become_timestamps() {
        for (date, written) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00.000Z"),
            ("Tue, 29 Feb 2000 23:59:59 GMT", "2000-02-29T23:59:59.000Z"),
            ("Mon, 02 Jan 2023 06:46:12 GMT", "2023-01-02T06:46:12.000Z"),
            ("Tue, 31 Dec 2024 12:00:01 GMT", "2024-12-31T12:00:01.000Z"),
        ] {
            let time = httpdate::parse_http_date(date).expect("it is a date");
            assert_eq!(timestamp(time), written);
        }
    }
}
