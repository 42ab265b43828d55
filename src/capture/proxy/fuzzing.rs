//! What fuzz targets reach of the proxy: any bytes, read as it reads them. There is no such module
//! without `--cfg fuzzing`, which `cargo fuzz` sets.
//!
//! In: bytes. Out: nothing; what must not be panics.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::body::{Decoder, Length, Step};
use super::head::{Field, Fields, Next, RequestHead, ResponseHead, trailers};
use super::kept::Kept;
use super::target::Target;
use super::wire::head_length;
use crate::model::Body;

/// A head and the body behind it. What is passed on has to mean the same to the next one who
/// reads it.
pub fn message(data: &[u8]) {
    let Some(length) = head_length(data, 0) else { return };
    let (head, body) = data.split_at(length);
    let head = Bytes::copy_from_slice(head);
    if head.starts_with(b"HTTP/") {
        let Ok(read) = ResponseHead::read(head) else { return };
        let Ok(length) = read.length("GET") else { return };
        let mut out = BytesMut::new();
        read.write(&mut out, length == Length::Chunked, None);
        let again = ResponseHead::read(out.freeze()).expect("what was passed on is a response");
        assert_eq!((again.code, &again.reason), (read.code, &read.reason));
        assert_eq!(again.length("GET").expect("it has a length"), length);
        assert_eq!(shown(&again.fields), shown(&read.fields));
        content(length, body);
        return;
    }
    let Ok(read) = RequestHead::read(head) else { return };
    let Ok(target) = Target::read(&read.method, &read.line_target) else { return };
    if read.fields.all("host").count() > 1 {
        return;
    }
    let Ok(length) = read.length() else { return };
    let mut out = BytesMut::new();
    read.write(&mut out, &target, Next::Service);
    let again = RequestHead::read(out.freeze()).expect("what was passed on is a request");
    assert_eq!((&*again.method, &*again.line_target), (&*read.method, target.origin_form()));
    assert_eq!(again.length().expect("it has a length"), length);
    let hosts: Vec<_> = again.fields.all("host").collect();
    assert!(hosts.len() == 1 && target.is_host(hosts[0]), "{hosts:?}");
    content(length, body);
}

/// Reads content in one piece and byte by byte, and its trailers.
fn content(length: Length, body: &[u8]) {
    let whole = decoded(length, body, body.len());
    assert_eq!(decoded(length, body, 1), whole);
    if let Some((_, lines)) = whole
        && let Some(fields) = trailers(&lines)
    {
        let mut out = BytesMut::new();
        fields.iter().for_each(|field| field.write(&mut out));
        out.extend_from_slice(b"\r\n");
        let again = trailers(&out).expect("what was passed on is trailers");
        let parts = |field: &Field| (field.name.clone(), field.value.clone());
        assert!(again.iter().map(parts).eq(fields.iter().map(parts)));
    }
}

/// Content and trailers; none where the bytes are no such body, or not all of it.
fn decoded(length: Length, body: &[u8], portion: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut decoder = Decoder::new(length);
    let (mut all, mut from, mut to) = (Vec::new(), 0, portion.min(body.len()));
    loop {
        let (used, step) = decoder.step(&body[from..to]).ok()?;
        let waits = match step {
            Step::Data(data) => {
                all.extend_from_slice(data);
                false
            }
            Step::End(lines) => return Some((all, lines.to_vec())),
            Step::More => true,
        };
        from += used;
        if waits && to == body.len() {
            return decoder.may_end().then_some((all, Vec::new()));
        }
        to = if waits { body.len().min(to + portion) } else { to };
    }
}

fn shown(fields: &Fields) -> Vec<(Bytes, Bytes)> {
    fields.end_to_end().map(|field| (field.name.clone(), field.value.clone())).collect()
}

/// A body in one of the codings, which the first byte chooses; the second says how much is kept.
pub fn kept(data: &[u8]) {
    const CODINGS: [&str; 6] = ["", "gzip", "deflate", "br", "zstd", "snappy"];
    let [coding, limit, data @ ..] = data else { return };
    let coding = CODINGS[usize::from(*coding) % CODINGS.len()];
    let limit = usize::from(*limit) * 16;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: {coding}\r\n\r\n"
    );
    let head = ResponseHead::read(Bytes::from(head)).expect("this is a head");
    let mut kept = Kept::new(&head.fields, limit, Arc::default());
    for portion in data.chunks(100) {
        kept.push(portion);
    }
    match kept.body() {
        Body::Text(text) => assert!(text.len() <= limit, "more is kept than may be"),
        Body::Cut { text, length } => assert!(text.len() <= limit && text.len() as u64 <= length),
        Body::Bytes { head, length } => {
            assert!(data.starts_with(&head) && length == Some(data.len() as u64));
        }
        Body::Empty => {}
    }
}
