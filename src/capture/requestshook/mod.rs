//! Reads the log format: one entry a message, under a heading that says who, whom and what.
//!
//! In: a log, as `render::log` or the requestshook middleware writes it. Out: its entries, or the
//! recording it holds. Pages keep their last recording in this format, so it is read back before
//! every refresh. [`HookedLog`] is the log of services as a source of exchanges.

mod content;
mod entries;
mod heading;
mod pairing;
mod piece;
mod reach;
mod source;

pub use entries::Entries;
pub use pairing::{Pairing, Side};
pub use piece::Piece;
pub use source::HookedLog;

use crate::model::{Content, Entry, Exchange, Header, Message, Recording, Request, Response};

/// The recording in a log; none when the text has no entry.
///
/// [`Entries`] says what counts as one, and [`Pairing`] which response belongs to which request.
pub fn parse(text: &str) -> Option<Recording> {
    let mut recording = Recording::default();
    let mut pairing = Pairing::default();
    let mut add = |entry: Entry<'_>| add(&mut recording, &mut pairing, entry);
    match Entries::of_short(text) {
        Some(mut entries) => {
            let piece = entries.piece(Vec::new());
            piece.entries().for_each(|(entry, _)| add(entry));
        }
        None => Entries::new(text.as_bytes())
            .for_each(|entry| add(entry.expect("a text in memory can be read"))),
    }
    (!recording.messages.is_empty()).then_some(recording)
}

/// Adds a message to the recording that the entries before it make.
fn add(recording: &mut Recording, pairing: &mut Pairing, mut entry: Entry<'_>) {
    let next = recording.exchanges.len();
    let Entry { status: Some(_), .. } = &entry else {
        pairing.asked(Side::of(&entry), next);
        recording.messages.push(Message::Request(next));
        recording.exchanges.push(exchange(entry));
        return;
    };
    let asked = pairing.answered(&Side::of(&entry));
    let response = Response {
        status: entry.status.take().unwrap_or_default().into_owned(),
        url: entry.url.to_string(),
        headers: std::mem::take(&mut entry.headers).into_iter().map(Header::from).collect(),
        body: std::mem::replace(&mut entry.body, Content::Empty).into(),
    };
    let index = asked.unwrap_or_else(|| {
        // A log that was cut at its start: the answer is all there is of the exchange.
        recording.exchanges.push(exchange(entry));
        next
    });
    recording.messages.push(Message::Response(index));
    recording.exchanges[index].response = Some(response);
}

fn exchange(entry: Entry<'_>) -> Exchange {
    let Entry { from, to, method, url, headers, body, .. } = entry;
    Exchange {
        from: from.into_owned(),
        to: to.into_owned(),
        request: Request {
            method: method.into_owned(),
            url: url.into_owned(),
            headers: headers.into_iter().map(Header::from).collect(),
            body: body.into(),
        },
        response: None,
        process: None,
    }
}

#[cfg(test)]
mod tests;
