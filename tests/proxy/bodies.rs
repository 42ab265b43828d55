//! What is kept of bodies.

use std::io::Write;

use doctool::capture::Capture;
use doctool::capture::proxy::{Options, Proxy};
use doctool::model::Body;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use crate::peers::{Client, Service, proxy};

/// `{"a": 1}`, a hundred times, as Google's own packer makes it.
const BROTLI: &[u8] = &[
    0x1b, 0x1f, 0x03, 0xf8, 0x8d, 0xd3, 0x15, 0xf7, 0x21, 0x0d, 0x7e, 0xb2, 0x14, 0x89, 0xd9, 0x6b,
    0x10, 0x9d, 0xb0, 0x3e, 0xd1, 0x5b, 0x38, 0x40, 0xda, 0x22, 0x0d,
];

/// What a recorder that keeps so many bytes makes of an answer.
fn kept(limit: usize, headers: &str, body: &[u8]) -> Body {
    let (head, body) = (
        format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len()),
        body.to_vec(),
    );
    let length = body.len();
    let passed = body.clone();
    let service = Service::start(move |mut peer| {
        peer.head();
        peer.send(&head);
        peer.send(&body);
        peer.head();
    });
    let options = Options { body_limit: limit, ..Options::default() };
    let mut proxy = Proxy::start(options, None, &|_| {}).unwrap();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    client.send(&format!("GET {}", service.url("/")), "\r\n");
    client.peer.head();
    assert_eq!(client.peer.exactly(length), passed, "it passes on as it was");
    let recording = proxy.end().unwrap();
    recording.exchanges[0].response.as_ref().unwrap().body.clone()
}

fn text(text: &str) -> Body {
    Body::Text(text.to_owned())
}

#[test]
fn text_and_json_are_kept_as_they_are() {
    let json = "{ \"n\": 12345678901234567890123, \"\u{e9}\": [] }\n";
    assert_eq!(kept(100, "Content-Type: application/json\r\n", json.as_bytes()), text(json));
    assert_eq!(kept(100, "", json.as_bytes()), text(json), "it looks like JSON");
    assert_eq!(kept(100, "Content-Type: text/html; charset=UTF-8\r\n", b"<p>"), text("<p>"));
    let patch = "application/openstack-images-v2.1-json-patch";
    assert_eq!(kept(100, &format!("content-type: {patch}\r\n"), b" []"), text(" []"));
}

#[test]
fn long_text_is_cut_between_characters() {
    let body = "\u{e9}".repeat(1000);
    let cut = Body::Cut { text: "\u{e9}".repeat(50), length: 2000 };
    assert_eq!(kept(101, "Content-Type: text/plain\r\n", body.as_bytes()), cut);
    assert_eq!(kept(2000, "Content-Type: text/plain\r\n", body.as_bytes()), text(&body));
    let json = format!("[{}]", "1,".repeat(5000));
    let cut = Body::Cut { text: json[..64].to_owned(), length: json.len() as u64 };
    assert_eq!(kept(64, "", json.as_bytes()), cut);
}

#[test]
fn of_anything_else_the_first_bytes_are_kept() {
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let head = bytes[..32].to_vec();
    let expected = Body::Bytes { head, length: Some(100_000) };
    assert_eq!(kept(1000, "Content-Type: application/octet-stream\r\n", &bytes), expected);
    assert_eq!(kept(1000, "Content-Type: application/json\r\n", &bytes), expected);
    let short = Body::Bytes { head: b"plain".to_vec(), length: Some(5) };
    assert_eq!(kept(1000, "Content-Type: application/octet-stream\r\n", b"plain"), short);
    assert_eq!(kept(1000, "", b""), Body::Empty);
}

#[test]
fn packed_text_is_unpacked_for_the_recording_only() {
    let plain = "{\"a\": 1}".repeat(100);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(plain.as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(plain.as_bytes()).unwrap();
    let zlib = zlib.finish().unwrap();
    let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
    raw.write_all(plain.as_bytes()).unwrap();
    let raw = raw.finish().unwrap();
    let zstd = compress_to_vec(plain.as_bytes(), CompressionLevel::Fastest);
    let two_frames = [&plain[..300], &plain[300..]]
        .map(|half| compress_to_vec(half.as_bytes(), CompressionLevel::Fastest))
        .concat();
    let brotli = BROTLI.to_vec();
    for (coding, packed) in [
        ("gzip", &gzip),
        ("deflate", &zlib),
        ("deflate", &raw),
        ("br", &brotli),
        ("zstd", &zstd),
        ("zstd", &two_frames),
    ] {
        let head = format!("Content-Encoding: {coding}\r\n");
        assert_eq!(kept(10_000, &head, packed), text(&plain), "{coding}");
        let cut = Body::Cut { text: plain[..200].to_owned(), length: 800 };
        assert_eq!(kept(200, &head, packed), cut, "{coding}");
    }
    let head = gzip[..32].to_vec();
    let unknown = Body::Bytes { head, length: Some(gzip.len() as u64) };
    assert_eq!(kept(10_000, "Content-Encoding: snappy\r\n", &gzip), unknown);
    let broken = Body::Bytes { head: b"no gzip".to_vec(), length: Some(7) };
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let head = format!("Content-Encoding: {coding}\r\n");
        assert_eq!(kept(10_000, &head, b"no gzip"), broken, "{coding}");
    }
}

#[test]
fn the_bodies_of_requests_are_kept_the_same_way() {
    let service = Service::echo();
    let mut proxy = proxy();
    proxy.begin().unwrap();
    let mut client = Client::of(&proxy, "openstack");
    client.post(&service.url("/"), "application/json", "{}");
    client.post(&service.url("/"), "application/octet-stream", "image");
    client.get(&service.url("/"));
    let recording = proxy.end().unwrap();
    let bodies: Vec<_> =
        recording.exchanges.iter().map(|exchange| &exchange.request.body).collect();
    let image = Body::Bytes { head: b"image".to_vec(), length: Some(5) };
    assert_eq!(bodies, [&text("{}"), &image, &Body::Empty]);
}
