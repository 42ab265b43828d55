//! Bodies that are larger than what a recorder may hold: they pass unchanged, in little memory.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::hash::Hasher;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doctool::capture::Capture;
use doctool::capture::proxy::{Options, Proxy};
use doctool::model::Body;

const LENGTH: usize = 200 * 1000 * 1000;
/// Peak growth of this process, which holds both ends and the proxy between them.
const MOST_MEMORY: u64 = 16 * 1024 * 1024;

/// Bytes that repeat at no distance that a buffer has.
struct Source {
    block: Vec<u8>,
}

impl Source {
    fn new() -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        Self { block: (0..1_000_003).map(|_| next()).collect() }
    }

    fn portions(&self) -> impl Iterator<Item = &[u8]> {
        let whole = LENGTH / self.block.len();
        let rest = &self.block[..LENGTH % self.block.len()];
        std::iter::repeat_n(&self.block[..], whole).chain([rest])
    }

    fn checksum(&self) -> u64 {
        let mut sum = std::hash::DefaultHasher::new();
        self.portions().for_each(|portion| sum.write(portion));
        sum.finish()
    }
}

/// Sends the source in this many bytes at a time, as chunks or plainly.
fn send(mut to: &TcpStream, source: &Source, chunked: bool) {
    for portion in source.portions() {
        for part in portion.chunks(77_777) {
            if chunked {
                to.write_all(format!("{:x}\r\n", part.len()).as_bytes()).unwrap();
            }
            to.write_all(part).unwrap();
            if chunked {
                to.write_all(b"\r\n").unwrap();
            }
        }
    }
    if chunked {
        to.write_all(b"0\r\n\r\n").unwrap();
    }
}

/// Reads a message; gives its head, and the length and checksum of its body.
fn receive(from: &mut BufReader<TcpStream>) -> (String, usize, u64) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(from.read_line(&mut head).unwrap() > 0, "a head");
    }
    let mut sum = std::hash::DefaultHasher::new();
    let mut total = 0;
    let mut buffer = vec![0; 50_000];
    let mut read = |from: &mut BufReader<TcpStream>, mut left: usize| {
        while left > 0 {
            let length = from.read(&mut buffer[..left.min(50_000)]).unwrap();
            assert!(length > 0, "the whole body");
            sum.write(&buffer[..length]);
            total += length;
            left -= length;
        }
    };
    if head.contains("chunked") {
        loop {
            let mut line = String::new();
            from.read_line(&mut line).unwrap();
            let length = usize::from_str_radix(line.trim_end(), 16).unwrap();
            read(from, length);
            from.read_exact(&mut [0; 2]).unwrap();
            if length == 0 {
                break;
            }
        }
    } else {
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        read(from, length.map_or(0, |length| length.parse().unwrap()));
    }
    (head, total, sum.finish())
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
}

/// Takes an upload and answers with a download, both chunked or both with a length; then the same
/// once more the other way.
fn serve(stream: TcpStream) {
    let source = Source::new();
    let mut stream = BufReader::new(stream);
    for chunked in [false, true] {
        let (_, length, sum) = receive(&mut stream);
        assert_eq!((length, sum), (LENGTH, source.checksum()));
        // Slower than the proxy, so that what is not held back would pile up.
        thread::sleep(Duration::from_millis(200));
        let head = framing(chunked);
        write!(stream.get_mut(), "HTTP/1.1 200 OK\r\n{head}").unwrap();
        send(stream.get_ref(), &source, chunked);
    }
}

fn framing(chunked: bool) -> String {
    if chunked {
        "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()
    } else {
        format!("Content-Type: text/plain\r\nContent-Length: {LENGTH}\r\n\r\n")
    }
}

#[test]
fn two_hundred_megabytes_pass_unchanged_both_ways_in_little_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/image", listener.local_addr().unwrap());
    let service = thread::spawn(move || serve(listener.accept().unwrap().0));
    let mut proxy = Proxy::start(Options::default(), None, &|_| {}).unwrap();
    proxy.begin().unwrap();
    let caller = proxy.caller("openstack");
    let credentials = STANDARD.encode(format!("{}:{}", caller.name, caller.key));
    let source = Source::new();
    let mut stream = BufReader::new(TcpStream::connect(proxy.address()).unwrap());
    let before = peak_memory();
    for chunked in [false, true] {
        let head = framing(chunked);
        let line = format!("PUT {url} HTTP/1.1\r\nProxy-Authorization: Basic {credentials}\r\n");
        write!(stream.get_mut(), "{line}{head}").unwrap();
        send(stream.get_ref(), &source, chunked);
        let (_, length, sum) = receive(&mut stream);
        assert_eq!((length, sum), (LENGTH, source.checksum()));
    }
    let grown = peak_memory() - before;
    service.join().unwrap();
    assert!(grown < MOST_MEMORY, "{grown} bytes more");
    let recording = proxy.end().unwrap();
    let body = |index: usize| &recording.exchanges[index].response.as_ref().unwrap().body;
    let head = source.block[..32].to_vec();
    let expected = Body::Bytes { head, length: Some(LENGTH as u64) };
    assert_eq!((body(0), body(1)), (&expected, &expected));
}
